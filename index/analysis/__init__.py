"""Splits Japanese text into morphemes and terms, with exact offsets. The only package that imports sudachipy."""

from index.analysis.analyzer import Analyzer, Term, TermKind, folded_reading, marks, phonetic_key, snippet, spelled_out
from index.analysis.morphemes import MAX_ANALYSED, LexiconEntry, Morpheme

__all__ = [
    "MAX_ANALYSED",
    "Analyzer",
    "LexiconEntry",
    "Morpheme",
    "Term",
    "TermKind",
    "folded_reading",
    "marks",
    "phonetic_key",
    "snippet",
    "spelled_out",
]
