"""The talks of an event as its timetable: a column for each track, a row for each time at which any begins."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from kb.search.directory import TalkEntry

_FEWEST, _MOST = 3, 200  # talks of an event that are drawn
_DAY = len("2018-03-10")


@dataclass(frozen=True, slots=True)
class Slot:
    """The talks of a track that begin at a time, none where it is free, and over how many rows they go on."""

    track: str | None
    talks: tuple[TalkEntry, ...]
    rows: int = 1


@dataclass(frozen=True, slots=True)
class Timetable:
    """A day, None where there is but one; its tracks, and for each time the slots that begin then."""

    day: str | None
    tracks: tuple[str | None, ...]
    rows: tuple[tuple[str, tuple[Slot, ...]], ...]


def timetables(talks: Sequence[TalkEntry]) -> tuple[Timetable, ...]:
    """Return a timetable for each day on which talks have times; none where hardly any talk has one."""
    timed = [one for one in talks if one.talk.start]
    if not _FEWEST <= len(timed) <= _MOST:
        return ()
    several = len({one.held_on for one in timed if one.held_on and len(one.held_on) == _DAY}) > 1
    days: defaultdict[str | None, list[TalkEntry]] = defaultdict(list)
    for one in sorted(timed, key=lambda one: one.held_on or ""):
        days[one.held_on if several else None].append(one)
    return tuple(_timetable(day, own) for day, own in days.items())


def _timetable(day: str | None, talks: Sequence[TalkEntry]) -> Timetable:
    tracks = tuple(dict.fromkeys(one.talk.track for one in talks))
    if 3 * len(tracks) > 2 * len(talks):  # then it is rather a code of each talk
        tracks = (None,)
    times = sorted({one.talk.start or "" for one in talks})
    begun: dict[str, list[Slot]] = {time: [] for time in times}
    for track in tracks:
        own = [one for one in talks if tracks == (None,) or one.talk.track == track]
        for time, slot in _slots(track, own, times):
            begun[time].append(slot)
    return Timetable(day, tracks, tuple((time, tuple(slots)) for time, slots in begun.items()))


def _slots(track: str | None, talks: Sequence[TalkEntry], times: Sequence[str]) -> list[tuple[str, Slot]]:
    """Return the times that have a slot of their own: talks go on until they end or others of their track begin."""
    begin: dict[str, list[TalkEntry]] = {time: [] for time in times}
    for one in talks:
        begin[one.talk.start or ""].append(one)
    until = ""
    slots: list[tuple[str, Slot]] = []
    for time, own in begin.items():
        if own or time >= until:
            slots.append((time, Slot(track, tuple(own))))
            until = max((one.talk.end or "" for one in own), default="")
        else:
            begun, slot = slots[-1]
            slots[-1] = (begun, Slot(track, slot.talks, slot.rows + 1))
    return slots
