"""From an outline to a report: which event it is about, which headings are talks, which blocks are notes."""

from kb.talks.report import report_of
from kb.talks.sections import headings_without_talk

__all__ = ["headings_without_talk", "report_of"]
