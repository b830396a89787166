"""Which talks of several reports on one event are the same, though their titles are written otherwise."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
class Told:
    """The talks that one report tells of, and the day of its event as precisely as it tells that."""

    talks: Sequence[Talk]
    held_on: str | None


def meeting(reports: Sequence[Told]) -> Mapping[str, str]:
    """Return the id under which each talk of one event meets others, by its own id; two talks of a report never meet.

    It is the id of the first of them. They meet by their titles, however long vowels, spaces, quotes and the order of
    words in lists are written, with or without a subtitle; else by day, track and time.
    """
    groups = _Groups(reports)
    talks = [(told, talk) for told in reports for talk in told.talks]
    for signs in (_titles, _lists):
        groups.join_all(_by_sign((sign, talk.id) for _, talk in talks for sign in signs(talk)))
    groups.join_all(_with_their_parts([talk for _, talk in talks]))
    groups.join_all(_by_sign((sign, talk.id) for told, talk in talks for sign in _place(told, talk)))
    return groups.first


class _Groups:
    """Talks that are one, so far: for each own id the first id of its group."""

    def __init__(self, reports: Sequence[Told]) -> None:
        self._members: dict[str, list[str]] = {}
        self._reports: defaultdict[str, set[int]] = defaultdict(set)
        for number, told in enumerate(reports):
            for talk in told.talks:
                self._members.setdefault(talk.id, [talk.id])
                self._reports[talk.id].add(number)
        self.first = {talk: talk for talk in self._members}
        self._order = {talk: place for place, talk in enumerate(self._members)}

    def join_all(self, every: Iterable[set[str]]) -> None:
        """Make one group of each set of talks, but where two of a report would meet."""
        for talks in every:
            if len(talks) > 1:  # most have a sign of their own
                self._join(sorted({self.first[talk] for talk in talks}, key=self._order.__getitem__))

    def _join(self, firsts: Sequence[str]) -> None:
        reports = [report for first in firsts for report in self._reports[first]]
        if len(reports) > len(set(reports)):
            return
        for other in firsts[1:]:
            self._members[firsts[0]] += self._members[other]
            self._reports[firsts[0]] |= self._reports[other]
            self.first.update(dict.fromkeys(self._members[other], firsts[0]))


def _by_sign(signs: Iterable[tuple[object, str]]) -> Iterable[set[str]]:
    """Return the talks that share a sign, for each sign, in the order of the talks."""
    talks: defaultdict[object, set[str]] = defaultdict(set)
    for sign, talk in signs:
        talks[sign].add(talk)
    return talks.values()


def _titles(talk: Talk) -> Iterator[str]:
    if title := _skeleton(talk.title):
        yield title


def _lists(talk: Talk) -> Iterator[tuple[str, ...]]:
    """Yield the words between the marks of a title, whatever their order: speakers are named in any."""
    if named := sorted(filter(None, map(_skeleton, _WORDS.split(talk.title)))):
        yield tuple(named)


def _with_their_parts(talks: Sequence[Talk]) -> Iterable[set[str]]:
    """Yield the talks of a title together with those of which it is a part, where these are one title."""
    wholes: defaultdict[str, set[str]] = defaultdict(set)
    longer: defaultdict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for talk in talks:
        whole = _skeleton(talk.title)
        wholes[whole].add(talk.id)
        for part in map(_skeleton, _PARTS.split(talk.title)):
            if len(part) >= _SHORTEST_PART and part not in _labels():
                longer[part][whole].add(talk.id)
    for title, talks_of_title in wholes.items():
        others = [ids for whole, ids in longer[title].items() if whole != title]
        if len(others) == 1:
            yield talks_of_title | others[0]


def _place(told: Told, talk: Talk) -> Iterator[tuple[str, str, str]]:
    """Yield the day, track and time of a talk where all of them are known: nobody else speaks there then."""
    if told.held_on and len(told.held_on) == _WHOLE_DAY and talk.track and talk.start:
        yield told.held_on, _skeleton(talk.track), talk.start


@cache
def _labels() -> frozenset[str]:
    return frozenset(map(_skeleton, (*words("labels"), *words("groups"))))


@lru_cache(50_000)  # a server asks again at each sync, and titles have words in common
def _skeleton(text: str) -> str:
    """Return the letters and digits of a text, but for long vowels: サーバーレス is サーバレス so."""
    return letters(text).replace("ー", "")
