"""Which talks of several reports on one event are the same, though their titles are written otherwise."""

import re
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from index.text import letters
from kb.report.model import Talk
from kb.talks.words import words

# What stands between a title and its subtitle, or around what only some add to it: a level, a sponsor, who speaks.
_PARTS = re.compile(r"\s*[:：|｜/／~～〜()（）\[\]［］【】<>＜＞―—]+\s*|\s+[-–−ー]+\s*|\s*[-–−]+\s+")
_WORDS = re.compile(r"[\W_]+")
# A part of a title stands for the whole where it is no word like 「発表」, of which a day has many.
_SHORTEST_PART = 5  # letters
_WHOLE_DAY = len("2018-03-10")


@dataclass(frozen=True, slots=True)
class ReportTalks:
    """The talks of one report, and the day of its event as precisely as it tells that."""

    talks: Sequence[Talk]
    held_on: str | None


def match_talks(reports: Sequence[ReportTalks]) -> Mapping[str, str]:
    """Return for each talk of one event, by its own id, the id of the first that is the same talk, maybe itself.

    They match by their titles, however long vowels, spaces, quotes and the order of words in lists are written, with or
    without a subtitle; else by day, track and time. Two talks of one report never do.
    """
    clusters = _Clusters(reports)
    talks = [(report, talk) for report in reports for talk in report.talks]
    clusters.join(_by_key((_skeleton(talk.title), talk.id) for _, talk in talks))
    # The words between the marks of a title, whatever their order: speakers are named in any.
    clusters.join(_by_key((tuple(sorted(_pieces(_WORDS, talk.title))), talk.id) for _, talk in talks))
    clusters.join(_with_their_parts([talk for _, talk in talks]))
    clusters.join(_by_key((_place(report, talk), talk.id) for report, talk in talks))
    return clusters.first


class _Clusters:
    """Talks that are one, so far: for each own id the first id of its cluster."""

    def __init__(self, reports: Sequence[ReportTalks]) -> None:
        self._members: dict[str, list[str]] = {}
        self._reports: defaultdict[str, set[int]] = defaultdict(set)
        for number, report in enumerate(reports):
            for talk in report.talks:
                self._members.setdefault(talk.id, [talk.id])
                self._reports[talk.id].add(number)
        self.first = {talk: talk for talk in self._members}
        self._order = {talk: place for place, talk in enumerate(self._members)}

    def join(self, matches: Iterable[set[str]]) -> None:
        """Make one cluster of each set of talks, but where two of a report would meet."""
        for talks in matches:
            if len(talks) == 1:  # most match none
                continue
            first, *others = sorted({self.first[talk] for talk in talks}, key=self._order.__getitem__)
            reports = [report for one in (first, *others) for report in self._reports[one]]
            if len(reports) > len(set(reports)):
                continue
            for other in others:
                self._members[first] += self._members[other]
                self._reports[first] |= self._reports[other]
                self.first.update(dict.fromkeys(self._members[other], first))


def _by_key(keys: Iterable[tuple[Hashable, str]]) -> Iterable[set[str]]:
    """Return the talks that share a key, for each that is not empty, in the order of the talks."""
    talks: defaultdict[Hashable, set[str]] = defaultdict(set)
    for key, talk in keys:
        if key:
            talks[key].add(talk)
    return talks.values()


def _with_their_parts(talks: Sequence[Talk]) -> Iterator[set[str]]:
    """Yield the talks of a title together with those of which it is a part, where these are one title."""
    wholes: defaultdict[str, set[str]] = defaultdict(set)
    longer: defaultdict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for talk in talks:
        whole = _skeleton(talk.title)
        wholes[whole].add(talk.id)
        for part in _pieces(_PARTS, talk.title):
            if len(part) >= _SHORTEST_PART and part not in _labels():
                longer[part][whole].add(talk.id)
    for title, talks_of_title in wholes.items():
        others = [ids for whole, ids in longer[title].items() if whole != title]
        if len(others) == 1:
            yield talks_of_title | others[0]


def _place(report: ReportTalks, talk: Talk) -> tuple[str, str, str] | None:
    """Return the day, track and time of a talk where all of them are known: nobody else speaks there then."""
    if report.held_on and len(report.held_on) == _WHOLE_DAY and talk.track and talk.start:
        return report.held_on, _skeleton(talk.track), talk.start
    return None


@cache
def _labels() -> frozenset[str]:
    return frozenset(map(_skeleton, (*words("labels"), *words("groups"))))


def _pieces(separator: re.Pattern[str], title: str) -> Iterator[str]:
    return filter(None, map(_skeleton, separator.split(title)))


@lru_cache(50_000)  # a server asks again at each sync, and titles have words in common
def _skeleton(text: str) -> str:
    """Return the letters and digits of a text, but for long vowels: サーバーレス is サバレス so."""
    return letters(text).replace("ー", "")
