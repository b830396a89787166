"""What kind of note each note is: advice, a problem, a question and its like, told by the rules in `rules.toml`."""

from kb.kinds.classify import classify, explain

__all__ = ["classify", "explain"]
