"""From an outline to a report: which event it is about, which headings are talks, which blocks are notes."""

from kb.talks.meeting import Told, meeting
from kb.talks.report import NOTHING_TOLD, ToldLines, report_of
from kb.talks.unsure import talk_reasons, unsure_of

__all__ = ["NOTHING_TOLD", "Told", "ToldLines", "meeting", "report_of", "talk_reasons", "unsure_of"]
