"""From an outline to a report: its event, its talks and its notes."""

from kb.talks.dates import possible_day
from kb.talks.lines import line_keys, lines_of
from kb.talks.matching import ReportTalks, match_talks
from kb.talks.report import (
    NO_OVERRIDES,
    Candidates,
    TalkOverrides,
    begun_talk,
    line_ids,
    report_of,
    report_with_candidates,
    talk_reasons,
    title_id,
    with_own_id,
)

__all__ = [
    "NO_OVERRIDES",
    "Candidates",
    "ReportTalks",
    "TalkOverrides",
    "begun_talk",
    "line_ids",
    "line_keys",
    "lines_of",
    "match_talks",
    "possible_day",
    "report_of",
    "report_with_candidates",
    "talk_reasons",
    "title_id",
    "with_own_id",
]
