"""What kind of note each note is, told by fitted evidence; which note remedies or answers which."""

from kb.kinds.classify import classify
from kb.kinds.pairs import Pair, pair, problems, questions

__all__ = ["Pair", "classify", "pair", "problems", "questions"]
