"""Japanese text to morphemes and terms, with exact offsets: the one door to sudachipy."""

from index.analysis.analyzer import Analyzer
from index.analysis.lexicon import LexiconEntry
from index.analysis.morphemes import MOST_ANALYSED, Morpheme
from index.analysis.terms import Term, TermKind, folded_reading, phonetic_key

__all__ = [
    "MOST_ANALYSED",
    "Analyzer",
    "LexiconEntry",
    "Morpheme",
    "Term",
    "TermKind",
    "folded_reading",
    "phonetic_key",
]
