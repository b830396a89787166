"""Points: notes that say the same stand together as one, with how many independent talks say so, and when."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, product
from typing import TypeAlias

from kb.points.by_hand import HandTold, Pair
from kb.points.comparing import Compared, Comparison, Differs, Relation, compare
from kb.points.gist import Gist
from kb.report.identity import slug
from kb.report.model import Note

Cosine: TypeAlias = Callable[[Note, Note], float | None]
"""What tells how near two notes are in meaning; None where there are no vectors."""

_MOST = 40  # contradictions, and candidates, of one subject: more are read by nobody
# How likely notes of several talks say the same as those of others, in the mean and at least, that are one point.
_AMONG, _EACH = 0.35, 0.25
_OF_THREE = 1.35  # how likely, in sum, the pairs of three notes say the same that make one point though none is sure
_WEIGHTY = 1.0  # words that two notes must share one of to be compared at all

_NOTHING = HandTold()


@dataclass(frozen=True, slots=True)
class Point:
    """Notes that say the same, oldest first, undated last; one that nobody else says is a point too.

    `confirmed` tells that a person said so of all of them; `sure` how sure the least alike two of them are.
    """

    notes: tuple[Note, ...]
    confirmed: bool = False
    sure: float = 1.0

    @property
    def id(self) -> str:
        """The id of its oldest note."""
        return self.notes[0].id

    @property
    def talks(self) -> int:
        """How many independent talks say so."""
        return len(talks_in(self.notes))

    @property
    def since(self) -> str | None:
        """The day it was first said, None where no day is known."""
        return next((note.held_on for note in self.notes if note.held_on), None)

    @property
    def until(self) -> str | None:
        """The day it was last said, None where no day is known."""
        return max((note.held_on for note in self.notes if note.held_on), default=None)

    @property
    def speakers(self) -> tuple[str, ...]:
        """Who said it in the talks, the first first."""
        return tuple(dict.fromkeys(name for note in self.notes if note.talk for name in note.talk.speakers))


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two notes of two points that seem to contradict each other, the older first, and why it seems so."""

    notes: tuple[Note, Note]
    differs: Differs
    sure: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """Two notes of two points that may say the same, the older first, and how sure that is: a person can tell."""

    notes: tuple[Note, Note]
    sure: float


@dataclass(frozen=True, slots=True)
class Points:
    """The points among some notes, what seems to contradict each other, and what may say the same, the surest first."""

    points: tuple[Point, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()
    candidates: tuple[Candidate, ...] = ()


@dataclass(slots=True, eq=False)
class _Group:
    """Notes by their places that are taken to say the same, those together that were joined by hand."""

    joined: list[list[int]]
    sure: float = 1.0

    @property
    def members(self) -> list[int]:
        """All of its notes."""
        return [place for some in self.joined for place in some]


@dataclass(frozen=True, slots=True)
class _Pair:
    places: tuple[int, int]
    comparison: Comparison = field(compare=False)


def talks_in(notes: Iterable[Note]) -> frozenset[str]:
    """Return what tells the independent talks of notes apart.

    Two who noted one talk count once. A note outside of talks counts as one more only where no talk of its event does:
    it may tell of that very talk.
    """
    notes = tuple(notes)
    talks = {note.talk.id for note in notes if note.talk}
    events = {_event(note) for note in notes if note.talk}
    return frozenset(talks | {_event(note) for note in notes if not note.talk} - events)


def points_of(notes: Iterable[Note], gist: Callable[[Note], Gist], cosine: Cosine, told: HandTold = _NOTHING) -> Points:
    """Return the points among notes, in the order of their oldest notes: the same whatever order they are given in.

    What two talks say is one point where that is sure; what more say, where it is likely in the mean and may be of
    each, so that no chain joins what is merely related. What was told by hand holds whatever the texts say.
    """
    ordered = sorted(notes, key=lambda note: (note.held_on or "9", note.id))
    compared = [Compared.of(note, gist(note)) for note in ordered]
    pairs = sorted(_pairs(compared, cosine), key=lambda pair: (-pair.comparison.sure, pair.places))
    groups = _grouped(compared, pairs, told)
    group_of = {place: group for group in groups for place in group.members}
    return Points(
        points=tuple(_point(ordered, group, told) for group in sorted(groups, key=lambda group: min(group.members))),
        contradictions=tuple(
            Contradiction((ordered[first], ordered[second]), pair.differs, pair.sure)
            for (first, second), pair in _surest(ordered, pairs, group_of, {"contradicts"}, told)
            if pair.differs
        ),
        candidates=tuple(
            Candidate((ordered[first], ordered[second]), pair.sure)
            for (first, second), pair in _surest(ordered, pairs, group_of, {"same", "maybe"}, told)
        ),
    )


def _pairs(compared: Sequence[Compared], cosine: Cosine) -> Iterator[_Pair]:
    """Yield the notes that say the same or contradict each other, of those that share a weighty word."""
    having: defaultdict[str, list[int]] = defaultdict(list)
    for place, one in enumerate(compared):
        near: dict[int, None] = {}
        for word, weight in one.gist.words.items():
            if weight >= _WEIGHTY:
                near |= dict.fromkeys(having[word])
                having[word].append(place)
        for other in sorted(near):
            comparison = compare(compared[other], one, cosine(compared[other].note, one.note))
            if comparison:
                yield _Pair((other, place), comparison)


def _grouped(compared: Sequence[Compared], pairs: Sequence[_Pair], told: HandTold) -> list[_Group]:
    """Return notes in groups of those that say the same: what was told by hand is one first, then the surest join."""
    notes, talks = [one.note for one in compared], [one.talk for one in compared]
    apart = frozenset(_places(notes, told.apart))
    groups = _joined_by_hand(len(notes), _places(notes, told.same), apart)
    against = apart | {pair.places for pair in pairs if pair.comparison.relation == "contradicts"}
    sure = {pair.places: pair.comparison.sure for pair in pairs if pair.comparison.relation != "contradicts"}
    same = {pair.places for pair in pairs if pair.comparison.relation == "same"} | set(_agreeing(talks, sure))
    for places in sure:
        one, other = (groups[place] for place in places)
        if one is other or not (places in same or _of_several(talks, one) or _of_several(talks, other)):
            continue
        if _belong(talks, one, other, sure) and not any(
            pair in against or _side_by_side(compared[pair[0]], compared[pair[1]]) for pair in _between(one, other)
        ):
            both = _Group([*one.joined, *other.joined])
            both.sure = min(_likest(some, others, sure) for some, others in combinations(both.joined, 2))
            groups = [both if group in (one, other) else group for group in groups]
    return list(dict.fromkeys(groups))


def _agreeing(talks: Sequence[str], sure: Mapping[tuple[int, int], float]) -> Iterator[tuple[int, int]]:
    """Yield the pairs of notes that likely say the same as each other and as a third, of three talks."""
    near: defaultdict[int, set[int]] = defaultdict(set)
    likely = [pair for pair, how in sure.items() if how >= _EACH and talks[pair[0]] != talks[pair[1]]]
    for one, other in likely:
        near[one].add(other)
        near[other].add(one)
    for one, other in likely:
        threes = (combinations(sorted((one, other, third)), 2) for third in near[one] & near[other])
        if any(sum(sure[pair] for pair in three) >= _OF_THREE for three in threes):
            yield one, other


def _side_by_side(one: Compared, other: Compared) -> bool:
    """Tell whether one person took two notes of one talk: nobody notes the same twice in other words."""
    return one.talk == other.talk and one.note.report == other.note.report and one.letters != other.letters


def _of_several(talks: Sequence[str], group: _Group) -> bool:
    return len(group.joined) > 1 and len(_by_talk(talks, group)) > 1


def _belong(talks: Sequence[str], one: _Group, other: _Group, sure: Mapping[tuple[int, int], float]) -> bool:
    """Tell whether the notes of two groups say the same: each talk of one as each of the other, in the mean.

    What a talk says is what any says who noted it.
    """
    pairs = list(product(_by_talk(talks, one), _by_talk(talks, other)))
    likely = [_likest(some, others, sure) for some, others in pairs]
    return min(likely) >= _EACH and sum(likely) / len(likely) >= _AMONG


def _by_talk(talks: Sequence[str], group: _Group) -> Sequence[Sequence[int]]:
    """Return the notes of a group by their talks; what was joined by hand says the same whoever said it."""
    told: defaultdict[str, list[int]] = defaultdict(list)
    for some in group.joined:
        told[talks[some[0]]] += some
    return list(told.values())


def _joined_by_hand(notes: int, same: Iterable[tuple[int, int]], apart: frozenset[tuple[int, int]]) -> list[_Group]:
    """Return the group of each of so many notes: those told to be the same in one, unless any two are told apart."""
    groups = [_Group([[place]]) for place in range(notes)]
    for first, second in same:
        one, other = groups[first], groups[second]
        if one is not other and apart.isdisjoint(_between(one, other)):
            one.joined = [[*one.members, *other.members]]
            groups = [one if group is other else group for group in groups]
    return groups


def _places(notes: Sequence[Note], pairs: Iterable[Pair]) -> list[tuple[int, int]]:
    """Return the places of pairs of notes, in order, of those that are both there."""
    place_of = {note.id: place for place, note in enumerate(notes)}
    known = (sorted(place_of[note] for note in pair) for pair in pairs if pair <= place_of.keys())
    return sorted((pair[0], pair[1]) for pair in known if len(pair) > 1)


def _between(one: "_Group", other: "_Group") -> Iterator[tuple[int, int]]:
    """Yield each pair of a note of one group and a note of another."""
    for first, second in product(one.members, other.members):
        yield min(first, second), max(first, second)


def _likest(some: Sequence[int], others: Sequence[int], sure: Mapping[tuple[int, int], float]) -> float:
    """Return how sure it is that any of some notes says the same as any of others, 0 where none does."""
    return max(sure.get((min(one, other), max(one, other)), 0.0) for one, other in product(some, others))


def _point(notes: Sequence[Note], group: _Group, told: HandTold) -> Point:
    own = tuple(notes[place] for place in sorted(group.members))
    pairs = [frozenset((one.id, other.id)) for one, other in combinations(own, 2)]
    return Point(own, confirmed=bool(pairs) and _joined(own, told.same & frozenset(pairs)), sure=group.sure)


def _joined(notes: Sequence[Note], pairs: Iterable[Pair]) -> bool:
    """Tell whether pairs join all of some notes."""
    reached, left = {notes[0].id}, list(pairs)
    while more := [pair for pair in left if pair & reached]:
        reached |= {note for pair in more for note in pair}
        left = [pair for pair in left if pair not in more]
    return len(reached) == len(notes)


def _surest(
    notes: Sequence[Note],
    pairs: Sequence[_Pair],
    group_of: Mapping[int, _Group],
    relations: Collection[Relation],
    told: HandTold,
) -> Iterator[tuple[tuple[int, int], Comparison]]:
    """Yield the surest pair of each two points that stand so to each other, the surest first, but for what was told."""
    seen: set[frozenset[int]] = set()
    for pair in pairs:
        first, second = pair.places
        between = frozenset((id(group_of[first]), id(group_of[second])))
        by_hand = frozenset((notes[first].id, notes[second].id)) in told.apart
        if pair.comparison.relation in relations and len(between) > 1 and not by_hand and between not in seen:
            seen.add(between)
            yield pair.places, pair.comparison
            if len(seen) == _MOST:
                return


def _event(note: Note) -> str:
    return f"event {slug(note.event)}" if note.event else f"report {note.report}"
