"""What kind of note each note is, as learned from readers; which note remedies or answers which."""

from kb.kinds.classify import (
    Lesson,
    classify,
    lesson_features,
    lesson_labels,
    reasons,
    uncertain_claims,
    vector_model,
)
from kb.kinds.pairs import Pair, leads_from, problems, questions, without_arrow

__all__ = [
    "Lesson",
    "Pair",
    "classify",
    "leads_from",
    "lesson_features",
    "lesson_labels",
    "problems",
    "questions",
    "reasons",
    "uncertain_claims",
    "vector_model",
    "without_arrow",
]
