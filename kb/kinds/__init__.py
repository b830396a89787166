"""The kind of each note, and which notes remedy problems or answer questions."""

from kb.kinds.classify import (
    MAX_LESSON,
    READING_WEIGHT,
    Lesson,
    classify,
    lesson_features,
    lesson_labels,
    likely_claims,
    max_changed,
    reasons,
    word_scores,
)
from kb.kinds.marks import without_arrow
from kb.kinds.pairs import PROBLEM_STATES, Pair, continued_notes, problems, questions

__all__ = [
    "MAX_LESSON", "PROBLEM_STATES", "READING_WEIGHT", "Lesson", "Pair", "classify", "continued_notes",
    "lesson_features", "lesson_labels", "likely_claims", "max_changed", "problems", "questions", "reasons",
    "without_arrow", "word_scores",
]  # fmt: skip
