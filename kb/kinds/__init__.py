"""What kind of note each note is, told by the rules in `rules.toml`; which note remedies or answers which."""

from kb.kinds.classify import classify, explain
from kb.kinds.pairs import Pair, pair, problems, questions

__all__ = ["Pair", "classify", "explain", "pair", "problems", "questions"]
