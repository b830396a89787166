"""Events and people that are likely one: proposals for a person, from spelling, day, talks and bylines."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from itertools import chain, combinations
from typing import Literal, TypeAlias, TypeVar, get_args

from msgspec import Struct

from index.terms import fewest_edits_away
from index.text import letters
from kb.library.configuration import Configuration
from kb.report.identity import digest, event_key
from kb.report.names import Same, person_key
from kb.search.directory import Directory, EventEntry, SpeakerEntry, TalkEntry

T = TypeVar("T")

Cause: TypeAlias = Literal["talk", "byline", "spelling", "day"]
"""Why two names are likely one, the best reason first: the same talk, a byline with both, the spelling, the day."""

_MIN_SIMILARITY = 0.85  # of the letters of two names
_MIN_LETTERS = 8  # of names that are compared by spelling: one letter makes another event of a short name
_MIN_PART = 4  # letters of a name that is a part of another one, or is left of one
_MIN_TITLE = 5  # letters of the title of a talk at both events
_DAY = len("2018-03-10")
_DIGITS = re.compile(r"\d+")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_HONORIFIC = re.compile(r"(?:さん|さま|様|氏|先生|\s+san)$", re.IGNORECASE)
_ASIDE = re.compile(r"\s*[(（\[【<＜][^)）\]】>＞]*[)）\]】>＞]\s*")
_OF_COMPANY = re.compile(r"^\S+の(?=\S{4})")  # 話題のhanako
_WORDS = re.compile(r"[\s_.]+")
_HANDLE = re.compile(r"@?[A-Za-z][\w.-]{2,}", re.ASCII)
_BRACKETS = " 　()（）[]【】<>＜＞"


class Proposal(Struct, frozen=True):
    """Two names that are likely one, the second of which would be shown, and why."""

    table: Same
    name: str
    shown: str
    cause: Cause

    @property
    def key(self) -> str:
        """A key that stays the same while other proposals are answered."""
        return digest(self.name, self.shown, length=8)

    def is_open(self, configuration: Configuration) -> bool:
        """Return whether kb.toml does not yet say if the two are one."""
        names = configuration.names(self.table)
        are_one = names.shown(self.name) == names.shown(self.shown)
        return not are_one and not configuration.are_different(self.table, self.name, self.shown)


def proposals(directory: Directory) -> Mapping[Same, tuple[Proposal, ...]]:
    """Return the events and the people that are likely one, those with the best reason first."""
    events = {event.name: len(event.reports) for event in directory.events.values()}
    people = {speaker.name: len(speaker.talks) for speaker in directory.speakers.values()}
    return {
        "events": _proposed("events", _events([*directory.events.values()]), events),
        "people": _proposed("people", _people(directory), people),
    }


def _proposed(table: Same, pairs: Iterable[tuple[Cause, str, str]], weights: Mapping[str, int]) -> tuple[Proposal, ...]:
    """Return each pair once, with its best reason; the name with more reports or talks would be shown."""
    found: dict[frozenset[str], Proposal] = {}
    causes = get_args(Cause)
    for cause, one, other in sorted(pairs, key=lambda pair: causes.index(pair[0])):
        if one == other:
            continue
        name, shown = sorted((one, other), key=lambda known: (weights[known], not _is_handle(known), len(known), known))
        found.setdefault(frozenset((one, other)), Proposal(table, name, shown, cause))
    return tuple(found.values())


def _events(events: Sequence[EventEntry]) -> Iterator[tuple[Cause, str, str]]:
    """Yield pairs of events that are likely one. Different numbers or days are never one event."""
    by_day = defaultdict[str, list[EventEntry]](list)
    by_key = {event_key(event.name): event for event in events}
    for event in events:
        if event.held_on and len(event.held_on) == _DAY:
            by_day[event.held_on].append(event)
        # AWS re:Invent 2021, re:Invent 2021
        without_owner = by_key.get(event_key(event.name.partition(" ")[2]))
        if without_owner and _YEAR.search(event.name) and _days_agree(event, without_owner):
            yield "spelling", event.name, without_owner.name
    for group in by_day.values():
        for one, other in combinations(group, 2):
            if _numbers_agree(one, other) and not _titles(one).isdisjoint(_titles(other)):
                yield "talk", one.name, other.name
            elif _numbers_agree(one, other) and _is_part(_bare(one), _bare(other)):
                yield "day", one.name, other.name
    for one, other in _near((_bare(event), event) for event in events):
        if _numbers(one) == _numbers(other) and _days_agree(one, other) and _is_similar(_bare(one), _bare(other)):
            yield "spelling", one.name, other.name


def _near(named: Iterable[tuple[str, T]]) -> Iterator[tuple[T, T]]:
    """Yield the pairs of long names that begin or end with the same letters, some of them twice."""
    groups = defaultdict[tuple[str, ...], list[T]](list)
    for name, value in named:
        if len(name) >= _MIN_LETTERS:
            groups["begins", name[:_MIN_PART]].append(value)
            groups["ends", name[-_MIN_PART:]].append(value)
    return chain.from_iterable(combinations(group, 2) for group in groups.values())


def _bare(event: EventEntry) -> str:
    """Return the letters of an event's name without numbers."""
    return event_key(event.name).partition("-")[0]


def _numbers(event: EventEntry) -> frozenset[int]:
    """Return the numbers and years of an event's name, the year of its day included."""
    name, *numbers = event_key(event.name).split("-")
    years = [int(event.held_on[:4])] if event.held_on else []
    return frozenset((*map(int, numbers), *map(int, _DIGITS.findall(name)), *years))


def _numbers_agree(one: EventEntry, other: EventEntry) -> bool:
    """Return whether one of two events of a day has no number that the other lacks."""
    first, second = _numbers(one), _numbers(other)
    return first == second or not (first - second and second - first)


def _days_agree(one: EventEntry, other: EventEntry) -> bool:
    if not one.held_on or not other.held_on:
        return True
    short, long = sorted((one.held_on, other.held_on), key=len)
    return long.startswith(short)


def _titles(event: EventEntry) -> frozenset[str]:
    titles = (letters(talk.talk.title) for talk in event.talks)
    return frozenset(title for title in titles if len(title) >= _MIN_TITLE)


def _is_part(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    return len(short) >= _MIN_PART and short in long


def _is_similar(one: str, other: str) -> bool:
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    # The quick ratios are upper bounds of the slow one.
    return matcher.real_quick_ratio() >= _MIN_SIMILARITY <= matcher.quick_ratio() and matcher.ratio() >= _MIN_SIMILARITY


def _people(directory: Directory) -> Iterator[tuple[Cause, str, str]]:
    """Yield pairs of people who are likely one."""
    speakers = [*directory.speakers.values()]
    yield from _spelled_alike(speakers)
    known = {person_key(name).lstrip("@"): name for name in directory.speakers}
    for talk in directory.talks.values():
        yield from _in_byline(talk, known)
        yield from _of_talk(talk)


def _spelled_alike(speakers: Sequence[SpeakerEntry]) -> Iterator[tuple[Cause, str, str]]:
    """Yield names that differ only in marks, case, title or the order of Latin words, and handles in one letter."""
    by_key: defaultdict[str, list[str]] = defaultdict(list)
    for speaker in speakers:
        for key in _keys(speaker.name):
            by_key[key].append(speaker.name)
    for names in by_key.values():
        yield from (("spelling", one, other) for one, other in combinations(names, 2))
    # 山田 太郎 and 山田 次郎 are two people, but handles of eight letters seldom differ in only one.
    for one, other in _near((key, key) for key in by_key if key.isascii()):
        is_near = one[0] == other[0] and _DIGITS.findall(one) == _DIGITS.findall(other)
        if is_near and fewest_edits_away(one, [other], 1):
            yield "spelling", by_key[one][0], by_key[other][0]


def _keys(name: str) -> frozenset[str]:
    """Return the letters of a person's name without company and title; Latin words also in alphabetical order.

    A short rest is no key: 山田さん may be anybody.
    """
    words = _WORDS.split(_OF_COMPANY.sub("", _HONORIFIC.sub("", _ASIDE.sub(" ", name).strip())))[-2:]
    keys = {letters("".join(words)), letters("".join(sorted(words) if name.isascii() else words))}
    return frozenset(key for key in keys if len(key) >= _MIN_PART or key == letters(name))


def _in_byline(talk: TalkEntry, known: Mapping[str, str]) -> Iterator[tuple[Cause, str, str]]:
    """Yield a known name and the known handle in brackets after it in the heading of a talk, or the other way round."""
    heading = talk.talk.heading
    for match in _ASIDE.finditer(heading):
        words = _HONORIFIC.sub("", heading[: match.start()]).split()
        inside = known.get(person_key(match[0].strip(_BRACKETS)).lstrip("@"))
        for name in (words[-1:], words[-2:]):
            before = known.get(person_key("".join(name)).lstrip("@"))
            if before and inside and _are_handle_and_name(before, inside):
                yield "byline", before, inside


def _of_talk(talk: TalkEntry) -> Iterator[tuple[Cause, str, str]]:
    """Yield the names of the only speaker of a talk, as two reports have it, if one is a handle or a part."""
    of_reports = {own.speakers for report in talk.reports for own in report.talks if own.id == talk.talk.id}
    alone = sorted(names[0] for names in of_reports if len(names) == 1)
    for one, other in combinations(alone, 2):
        keys = [letters(_HONORIFIC.sub("", name)) for name in (one, other)]
        if _are_handle_and_name(one, other) or keys[0] in keys[1] or keys[1] in keys[0]:
            yield "talk", one, other


def _are_handle_and_name(one: str, other: str) -> bool:
    return _is_handle(one) != _is_handle(other)


def _is_handle(name: str) -> bool:
    return _HANDLE.fullmatch(name) is not None
