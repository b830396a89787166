"""From an outline to a report: which event it is about, which headings are talks, which blocks are notes."""

from kb.talks.report import report_of

__all__ = ["report_of"]
