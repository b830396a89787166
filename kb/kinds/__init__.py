"""What kind of note each note is, as learned from readers; which note remedies or answers which."""

from kb.kinds.classify import claims_unsure, classify, reasons, vectors_weighed
from kb.kinds.leading import leads_from
from kb.kinds.lesson import Lesson, taught_by, told_features
from kb.kinds.pairs import Pair, problems, questions

__all__ = [
    "Lesson",
    "Pair",
    "claims_unsure",
    "classify",
    "leads_from",
    "problems",
    "questions",
    "reasons",
    "taught_by",
    "told_features",
    "vectors_weighed",
]
