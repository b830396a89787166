"""From an outline to a report: which event it is about, which headings are talks, which blocks are notes."""

from kb.model import Given, Report
from kb.outline import Outline


def report_of(outline: Outline, given: Given | None = None) -> Report:
    """Return the report that an outline holds, its notes without services and of kind `fact`."""
    raise NotImplementedError
