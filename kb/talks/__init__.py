"""From an outline to a report: which event it is about, which headings are talks, which blocks are notes."""

from kb.talks.matching import ReportTalks, match_talks
from kb.talks.report import NO_OVERRIDES, TalkOverrides, candidates_of, report_of, talk_reasons

__all__ = ["NO_OVERRIDES", "ReportTalks", "TalkOverrides", "candidates_of", "match_talks", "report_of", "talk_reasons"]
