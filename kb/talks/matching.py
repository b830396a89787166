"""Matches talks of several reports on one event whose titles differ."""

import re
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from index.text import letters
from kb.report.model import Talk
from kb.talks.words import words

# Marks between a title and its subtitle, or around an addition of some reports: a level, a sponsor, a speaker.
_PARTS = re.compile(r"\s*[:：|｜/／~～〜()（）\[\]［］【】<>＜＞―—]+\s*|\s+[-–−ー]+\s*|\s*[-–−]+\s+")
_WORDS = re.compile(r"[\W_]+")
_MIN_PART = 5  # letters of a part that stands for its title; 発表 and other labels never do
_DAY_LENGTH = len("2018-03-10")


@dataclass(frozen=True, slots=True)
class ReportTalks:
    """The talks of one report, and the date of its event."""

    talks: Sequence[Talk]
    held_on: str | None


def match_talks(reports: Sequence[ReportTalks]) -> Mapping[str, str]:
    """Map each talk id to the id of the first matching talk, or to itself.

    Titles match regardless of long vowels, spaces, quotes, subtitles and the order of listed words. Talks with
    different titles match by day, track and time. Two talks of one report never match.
    """
    clusters = _Clusters(reports)
    talks = [(report, talk) for report in reports for talk in report.talks]
    clusters.join(_by_key((_skeleton(talk.title), talk.id) for _, talk in talks))
    # The words in any order: reports list speakers differently.
    clusters.join(_by_key((tuple(sorted(_pieces(_WORDS, talk.title))), talk.id) for _, talk in talks))
    clusters.join(_titles_with_longer_title([talk for _, talk in talks]))
    # A track has one talk at a time.
    clusters.join(
        _by_key(
            ((report.held_on, _skeleton(talk.track), talk.start), talk.id)
            for report, talk in talks
            if report.held_on and len(report.held_on) == _DAY_LENGTH and talk.track and talk.start
        )
    )
    return clusters.first


class _Clusters:
    """A union-find structure over talk ids that never joins two talks of one report."""

    def __init__(self, reports: Sequence[ReportTalks]) -> None:
        self._members: dict[str, list[str]] = {}  # by the first id
        self._reports: defaultdict[str, set[int]] = defaultdict(set)
        for number, report in enumerate(reports):
            for talk in report.talks:
                self._members.setdefault(talk.id, [talk.id])
                self._reports[talk.id].add(number)
        self.first = {talk: talk for talk in self._members}
        self._order = {talk: place for place, talk in enumerate(self._members)}

    def join(self, matches: Iterable[set[str]]) -> None:
        """Join the clusters of each set of talks, unless two of them are in one report."""
        for talks in matches:
            if len(talks) == 1:  # most talks match no other
                continue
            first, *others = sorted({self.first[talk] for talk in talks}, key=self._order.__getitem__)
            reports = [report for cluster in (first, *others) for report in self._reports[cluster]]
            if len(reports) > len(set(reports)):
                continue
            for other in others:
                self._members[first] += self._members[other]
                self._reports[first] |= self._reports[other]
                self.first.update(dict.fromkeys(self._members[other], first))


def _by_key(keys: Iterable[tuple[Hashable, str]]) -> Iterable[set[str]]:
    """Return the talks of each key that is not empty, in the order of the talks."""
    talks: defaultdict[Hashable, set[str]] = defaultdict(set)
    for key, talk in keys:
        if key:
            talks[key].add(talk)
    return talks.values()


def _titles_with_longer_title(talks: Sequence[Talk]) -> list[set[str]]:
    """Return the talks of each title, joined with those of the only longer title that contains it."""
    by_title: defaultdict[str, set[str]] = defaultdict(set)
    longer: defaultdict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for talk in talks:
        title = _skeleton(talk.title)
        by_title[title].add(talk.id)
        for part in _pieces(_PARTS, talk.title):
            if len(part) >= _MIN_PART and part not in _labels():
                longer[part][title].add(talk.id)
    matches = []
    for title, ids in by_title.items():
        longer_titles = [longer_ids for longer_title, longer_ids in longer[title].items() if longer_title != title]
        if len(longer_titles) == 1:
            matches.append(ids | longer_titles[0])
    return matches


@cache
def _labels() -> frozenset[str]:
    return frozenset(map(_skeleton, (*words("labels"), *words("groups"))))


def _pieces(separator: re.Pattern[str], title: str) -> list[str]:
    return [piece for piece in map(_skeleton, separator.split(title)) if piece]


@lru_cache(50_000)  # a server matches again at each sync, and titles share words
def _skeleton(text: str) -> str:
    """Return the letters and digits of a text without long vowels: サバレス for サーバーレス."""
    return letters(text).replace("ー", "")
