"""From an outline to a report: which event it is about, which headings are talks, which blocks are notes."""

from kb.talks.meeting import Told, meeting
from kb.talks.report import report_of
from kb.talks.unsure import headings_without_talk, possible_speakers

__all__ = ["Told", "headings_without_talk", "meeting", "possible_speakers", "report_of"]
