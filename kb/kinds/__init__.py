"""What kind of note each note is, told by fitted evidence; which note remedies or answers which."""

from kb.kinds.classify import classify
from kb.kinds.leading import leads_from
from kb.kinds.pairs import Pair, pair, problems, questions

__all__ = ["Pair", "classify", "leads_from", "pair", "problems", "questions"]
