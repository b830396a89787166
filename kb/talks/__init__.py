"""From an outline to a report: which event it is about, which headings are talks, which blocks are notes."""

from kb.talks.meeting import Told, meeting
from kb.talks.report import NOTHING_TOLD, ToldLines, report_of
from kb.talks.unsure import unsure_of

__all__ = ["NOTHING_TOLD", "Told", "ToldLines", "meeting", "report_of", "unsure_of"]
