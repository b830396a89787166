"""Japanese text to morphemes and terms, with exact offsets: the one door to sudachipy."""

from index.analysis.analyzer import Analyzer
from index.analysis.lexicon import LexiconEntry
from index.analysis.morphemes import MOST_ANALYSED, Morpheme
from index.analysis.terms import Term, TermKind, same_sound, sound_of

__all__ = ["MOST_ANALYSED", "Analyzer", "LexiconEntry", "Morpheme", "Term", "TermKind", "same_sound", "sound_of"]
