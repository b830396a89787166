"""The guide of a service: what all notes on it say together, each thing told once, made once a generation."""

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal, TypeAlias

from index.engine import Reader
from index.query import Query
from index.text import folded_name
from kb.kinds import leads_from
from kb.kinds.pairs import PROBLEMS
from kb.library.contents import Contents
from kb.points import Candidate, Contradiction, HandTold, Point, Points, points_of
from kb.report.model import Note
from kb.search.collection import Collection, OfGeneration, Snapshot
from kb.search.gathering import FOUND, TELLING, Gathered, found, on_service
from kb.search.gisting import ABOVE, Gists
from kb.services import Change, Domain, Service

PartName: TypeAlias = Literal["advice", "solved", "unsolved", "cases"]
PARTS: tuple[PartName, ...] = ("advice", "solved", "unsolved", "cases")
"""The parts of a guide, in their order: advice, problems with remedies, open problems, and what else is told."""

_LIKELY = 0.35  # how likely advice a note must be to be told as such: of a stranger's, three in four are then
_KEPT = 64  # of a generation; one takes up to 2 MB


@dataclass(frozen=True, slots=True)
class Entry:
    """A point as a guide tells it: the note that tells it best, what remedies it, and what has changed since.

    `leads_to` are the notes that go on from it with an arrow, and remedy nothing that is known as a problem.
    """

    point: Point
    note: Note
    remedies: tuple[Note, ...] = ()
    changes: tuple[Change, ...] = ()
    leads_to: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Guide:
    """What the notes on a service say together: of all its notes those that were compared, told once.

    In each part what still holds stands first, then what many talks say, then what was said last; what stands together
    in a report stands so here too.
    """

    service: Service
    notes: int
    compared: int
    parts: Mapping[PartName, tuple[Entry, ...]]
    contradictions: tuple[Contradiction, ...]
    candidates: tuple[Candidate, ...]
    changes: tuple[Change, ...]

    @property
    def points(self) -> tuple[Point, ...]:
        """All of its points."""
        return tuple(entry.point for part in self.parts.values() for entry in part)

    def under(self, entry: Entry) -> tuple[str, ...]:
        """Return what tells what an entry is about: the two nearest headings or notes above it, but for the service."""
        own = {folded_name(name) for name in (self.service.name, self.service.short_name)}
        return tuple(crumb.text for crumb in entry.note.trail[-ABOVE:] if folded_name(crumb.text) not in own)

    def entry(self, note_id: str) -> Entry | None:
        """Return the entry whose point holds a note."""
        every = (entry for part in self.parts.values() for entry in part)
        return next((entry for entry in every if any(note.id == note_id for note in entry.point.notes)), None)


class Guides:
    """Gives out the guides of a collection, and the points among whatever a query finds; kept for a generation."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._known = OfGeneration[OrderedDict[Query, _Made]]()

    def of(self, service: Service) -> Guide:
        """Return the guide of a service, of one generation; an empty one while there is no index."""
        about = Query().select("service", service.slug)

        def make(snapshot: Snapshot) -> _Made:
            made = self._make(on_service(service, snapshot), snapshot)
            return replace(made, guide=_guide(service, made, self._collection.domain))

        made = self._made(about, make)
        return made.guide or _guide(service, made, self._collection.domain)

    def telling(self, note: Note) -> tuple[Guide, Entry] | None:
        """Return the guide in which most talks say what a note says, and the entry there; None where none has it.

        They are those of the services that it names and of the one it inherits first: to make a guide takes up to
        seconds once.
        """
        known = self._collection.catalogue.by_slug
        named, inherited = ([one for one in note.services if one.via == via] for via in ("explicit", "inherited"))
        guides = (self.of(known[mention.service]) for mention in (*named, *inherited[:1]))
        told = [(guide, entry) for guide in guides if (entry := guide.entry(note.id))]
        return max(told, key=lambda one: one[1].point.talks, default=None)

    def points(self, query: Query) -> Points:
        """Return the points among the first notes that a query finds."""
        asked = replace(query, offset=0, limit=FOUND, facets=(), context=None, explain=False)
        return self._made(asked, lambda snapshot: self._make(found(asked, snapshot), snapshot)).points

    def _made(self, key: Query, make: "Callable[[Snapshot], _Made]") -> "_Made":
        """Return what is kept of the newest generation by a key, made of that very generation where it is not."""
        snapshot = self._collection.snapshot()
        if snapshot is None:
            return _Made(Gathered(0, (), {}), Points(), by_meaning=False)
        known = self._known.get(snapshot.contents, OrderedDict)
        made = known.pop(key, None)
        if made is None or not made.holds(snapshot.reader):
            made = make(snapshot)
        known[key] = made  # at the end: what was not asked for longest goes first
        if len(known) > _KEPT:
            known.popitem(last=False)
        return made

    def _make(self, gathered: "Gathered", snapshot: Snapshot) -> "_Made":
        told = HandTold.of(self._collection.tools.configuration.points, lambda note: ids_now(note, snapshot.contents))
        gist_of = cache(Gists(self._collection.tools).of)
        named = {note for pair in told.same for note in pair}
        notes = tuple(
            note for note in gathered.notes if gist_of(note).says_something or _recommends(note) or note.id in named
        )
        # Remedies of other services are compared too, so that what two takers noted is told once.
        every = {note.id: note for some in (notes, *gathered.remedies.values()) for note in some}
        ids = list(every)
        rows = dict(zip(ids, snapshot.reader.likeness(ids, ids, "place"), strict=False))
        places = {note: place for place, note in enumerate(ids)}

        def cosine(one: Note, other: Note) -> float | None:
            return rows[one.id][places[other.id]] if rows else None

        points = _telling(points_of(every.values(), gist_of, cosine, told))
        return _Made(replace(gathered, notes=notes), points, by_meaning=bool(rows))


def _telling(points: Points) -> Points:
    """Return the points that are told, and not only wondered at or asked."""

    def tells(notes: Sequence[Note]) -> bool:
        return any(note.kind in TELLING for note in notes)

    return Points(
        points=tuple(point for point in points.points if point.confirmed or tells(point.notes)),
        contradictions=tuple(one for one in points.contradictions if tells(one.notes)),
        candidates=tuple(one for one in points.candidates if tells(one.notes)),
    )


def _recommends(note: Note) -> bool:
    """Tell whether a note advises a service by its name: 「Fargateがいい」."""
    return note.kind == "advice" and any(mention.via == "explicit" for mention in note.services)


def ids_now(note_id: str, contents: Contents) -> tuple[str, ...]:
    """Return the ids that a note may have now, given any that it has had."""
    report, _, own = note_id.rpartition("/")
    return tuple(f"{entry.id}/{own}" for entry in contents.called(report))


@dataclass(frozen=True, slots=True)
class _Made:
    """The points among some notes, whether these were compared by their meaning too, and the guide made of them."""

    gathered: Gathered
    points: Points
    by_meaning: bool
    guide: Guide | None = None

    def holds(self, reader: Reader) -> bool:
        """Tell whether they would be made so again: vectors may have come since."""
        ids = [note.id for note in self.gathered.notes]
        return self.by_meaning or not ids or not reader.likeness(ids[:1], ids, "place")


def _guide(service: Service, made: _Made, domain: Domain) -> Guide:
    point_of = {note.id: point.id for point in made.points.points for note in point.notes}
    leads_to, own = _led(made.gathered), {note.id for note in made.gathered.notes}
    entries = [
        _entry(point, made.gathered.remedies, leads_to, point_of, domain)
        for point in made.points.points
        if any(note.id in own for note in point.notes)
    ]
    parts: dict[PartName, tuple[Entry, ...]] = {
        name: tuple(sorted((entry for entry in entries if _part_of(entry) == name), key=_order)) for name in PARTS
    }
    # A remedy stands with its problem already, unless it says what other notes say too;
    shown = {point_of.get(note.id) for entry in parts["solved"] for note in entry.remedies}
    for name in ("advice", "cases"):
        parts[name] = _without(parts[name], shown)
    # and so does what an arrow leads to, if what it goes on from is told.
    shown = {point_of[note.id] for part in parts.values() for entry in part for note in entry.leads_to}
    return Guide(
        service=service,
        notes=made.gathered.total,
        compared=sum(note.kind in TELLING for note in made.gathered.notes),
        parts={name: _without(part, shown) for name, part in parts.items()},
        contradictions=tuple(
            one for one in made.points.contradictions if own.issuperset(note.id for note in one.notes)
        ),
        candidates=tuple(one for one in made.points.candidates if own.issuperset(note.id for note in one.notes)),
        changes=tuple(sorted(domain.changes_of(service.slug), key=lambda change: change.changed_on, reverse=True)),
    )


def _led(gathered: Gathered) -> Mapping[str, Sequence[Note]]:
    """Return what an arrow leads to from which note, beside its remedies."""
    led: defaultdict[str, list[Note]] = defaultdict(list)
    known = {note.id: note for note in gathered.notes}
    for note, start in leads_from(gathered.notes).items():
        if known[note] not in gathered.remedies.get(start, ()):
            led[start].append(known[note])
    return led


def _without(part: tuple[Entry, ...], shown: Container[str | None]) -> tuple[Entry, ...]:
    """Return the entries of a part, without those that are shown with others already and that one talk alone tells."""
    return tuple(entry for entry in part if entry.point.talks > 1 or entry.point.id not in shown)


def _entry(
    point: Point,
    remedies: Mapping[str, Sequence[Note]],
    leads_to: Mapping[str, Sequence[Note]],
    point_of: Mapping[str, str],
    domain: Domain,
) -> Entry:
    best = max(
        point.notes,
        key=lambda note: (note.kind in TELLING, bool(note.states), note.advice, note.held_on or "", note.id),
    )
    # Two takers of a talk noted the problem and its remedy each: the remedy is told once, too.
    own, led = (
        {point_of.get(other.id, other.id): other for note in point.notes for other in others.get(note.id, ())}
        for others in (remedies, leads_to)
    )
    own.pop(point.id, None)
    further = (note for said, note in led.items() if said not in own and said != point.id)
    return Entry(point, best, tuple(own.values()), _since(point, domain), tuple(further))


def _part_of(entry: Entry) -> PartName:
    """Return the part of a guide that an entry belongs to.

    What one talk remedied is no open problem of another, and what leads to advice is told as its reason.
    """
    states = {state for note in entry.point.notes for state in note.states}
    if states & set(PROBLEMS):
        return "solved" if "solved" in states else "unsolved"
    return "advice" if any(map(_is_advice, (*entry.point.notes, *entry.leads_to))) else "cases"


def _is_advice(note: Note) -> bool:
    return note.kind == "advice" or note.advice >= _LIKELY


def _since(point: Point, domain: Domain) -> tuple[Change, ...]:
    """Return what has changed since a point was last said: what some said before it, others may have said after."""
    each = [domain.changes_for(note) for note in point.notes]
    return tuple(change for change in each[0] if all(change in other for other in each[1:]))


def _order(entry: Entry) -> tuple[bool, int, bool, int, str, int]:
    """Return where an entry stands: what still holds, what many say, what is surely advice, what was said last."""
    point, note = entry.point, entry.note
    newest = int((point.until or "0").replace("-", "").ljust(8, "0"))
    return bool(entry.changes), -point.talks, note.kind == "statement", -newest, note.report, note.line
