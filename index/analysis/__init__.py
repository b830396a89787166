"""Japanese text to morphemes and terms, with exact offsets: the one door to sudachipy."""

from index.analysis.analyzer import Analyzer, Term, TermKind, folded_reading, marks, phonetic_key, snippet
from index.analysis.morphemes import MOST_ANALYSED, LexiconEntry, Morpheme

__all__ = [
    "MOST_ANALYSED",
    "Analyzer",
    "LexiconEntry",
    "Morpheme",
    "Term",
    "TermKind",
    "folded_reading",
    "marks",
    "phonetic_key",
    "snippet",
]
