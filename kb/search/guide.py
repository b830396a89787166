"""The guide of a service: the notes on it that advise, name problems or state facts, each thing once."""

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, groupby
from operator import attrgetter
from typing import Literal, TypeAlias, get_args

from index.query import Query
from index.text import folded_name
from kb.kinds import PROBLEM_STATES, continued_notes
from kb.pipeline.alignment import aligned
from kb.report.identity import normalized
from kb.report.model import Claim, Note
from kb.search.collection import Collection, Snapshot
from kb.search.documents import load_relations
from kb.services import Change, Domain, Service

PartName: TypeAlias = Literal["advice", "solved", "unsolved", "cases"]
PARTS: tuple[PartName, ...] = ("advice", "solved", "unsolved", "cases")
"""The parts of a guide, in their order: advice, problems with remedies, open problems, and facts."""

# Notes of a service that are looked through: its newest problems, what is most like advice, and the newest of all. The
# commonest service of 100,000 notes has thousands, which nobody reads.
_PROBLEMS, _ADVICE, _NEWEST = 200, 300, 300
_KINDS = ("advice", "problem", "statement")
_PROSE = tuple("。、．，.!！?？…")  # how a paragraph ends that is prose, and not a line of its own
_ABOVE = 2  # headings or notes right above a note, which tell what it is about


@dataclass(frozen=True, slots=True)
class GuideEntry:
    """What notes say in the same words, or who noted one talk in their own: the note that tells it best, and all.

    `notes` are all of them, oldest first, undated last; `changes` is what has changed since all of them. `leads_to` are
    the notes that go on from it with an arrow, and remedy nothing that is known as a problem.
    """

    note: Note
    notes: tuple[Note, ...]
    remedies: tuple[Note, ...] = ()
    changes: tuple[Change, ...] = ()
    leads_to: tuple[Note, ...] = ()

    @property
    def id(self) -> str:
        """The id of its oldest note."""
        return self.notes[0].id

    @property
    def talks(self) -> int:
        """How many talks say so; what is noted outside of talks may tell of one of them, and counts only by itself."""
        return len({note.talk.id for note in self.notes if note.talk}) or 1

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
class Guide:
    """What the notes on a service say: `compared` of all its notes were looked through, and each thing is told once.

    In each part what still holds stands first, then what is most surely advice, then what was said last; what is as
    much worth stands as it stands in its report.
    """

    service: Service
    notes: int
    compared: int
    parts: Mapping[PartName, tuple[GuideEntry, ...]]
    changes: tuple[Change, ...]

    def under(self, entry: GuideEntry) -> tuple[str, ...]:
        """Return what tells what an entry is about: the two nearest headings or notes above it, but for the service."""
        own = {folded_name(name) for name in (self.service.name, self.service.short_name)}
        return tuple(crumb.text for crumb in entry.note.trail[-_ABOVE:] if folded_name(crumb.text) not in own)


def guide_of(service: Service, collection: Collection) -> Guide:
    """Return the guide of a service, of the newest generation; an empty one while there is no index."""
    snapshot = collection.snapshot()
    total, notes, remedies = _gathered(service, snapshot) if snapshot else (0, (), {})
    # Remedies that are about other services are grouped too, so that what two note takers noted is told once.
    every = {note.id: note for note in chain(notes, *remedies.values())}
    groups = list(_groups(every.values(), snapshot)) if snapshot else []
    return Guide(
        service=service,
        notes=total,
        compared=len(notes),
        parts=_parts(notes, groups, remedies, collection.domain),
        changes=tuple(sorted(collection.domain.changes_of(service.slug), key=attrgetter("changed_on"), reverse=True)),
    )


def _gathered(service: Service, snapshot: Snapshot) -> tuple[int, Sequence[Note], Mapping[str, Sequence[Note]]]:
    """Return how many notes are on a service, those that are told, and what remedies which problem among them."""
    about = Query().select("service", service.slug)
    telling = about.select("kind", *_KINDS)
    asked = (
        replace(about.select("state", *PROBLEM_STATES), sort="new", limit=_PROBLEMS, context="place"),
        replace(telling, sort="boost", limit=_ADVICE),
        replace(telling, sort="new", limit=_NEWEST),
    )
    results = [snapshot.reader.search(query) for query in asked]
    stored = {hit.id: hit.stored for result in results for hit in result.hits}
    problems = {hit.id for hit in results[0].hits}
    remedies: defaultdict[str, list[Note]] = defaultdict(list)
    for one in dict.fromkeys(chain(*results[0].context.values())):
        remedied = load_relations(one).remedy_of
        if remedied in problems:
            remedies[remedied].append(snapshot.note(one))
    notes = [note for note in map(snapshot.note, stored.values()) if _speaks_of(note, service)]
    return snapshot.reader.search(replace(about, limit=0)).total, notes, remedies


def _speaks_of(note: Note, service: Service) -> bool:
    """Tell whether a note by itself speaks of a service: prose that only stands under it goes on with a story.

    What is surely advice or a problem is told in any case.
    """
    named = any(mention.service == service.slug and mention.via == "explicit" for mention in note.services)
    return named or note.kind in get_args(Claim) or not (note.type == "paragraph" and note.text.endswith(_PROSE))


def _groups(notes: Iterable[Note], snapshot: Snapshot) -> Iterator[tuple[Note, ...]]:
    """Yield notes, those together that say the same: in the same words, or as note takers of one talk side by side."""
    by_text: dict[str, list[Note]] = {}
    for row in _rows(notes, snapshot):
        known = {id(group): group for note in row if (group := by_text.get(normalized(note.text)))}
        group = [*chain(*known.values()), *row]
        by_text |= {normalized(note.text): group for note in group}
    for group in {id(group): group for group in by_text.values()}.values():
        yield tuple(sorted(group, key=lambda note: (note.held_on or "9", note.id)))


def _rows(notes: Iterable[Note], snapshot: Snapshot) -> Iterator[Sequence[Note]]:
    """Yield each note alone, and those of several note takers of one talk that say the same in one row."""
    talks: defaultdict[str, list[Note]] = defaultdict(list)
    for note in sorted(notes, key=lambda note: (note.report, note.line)):
        talks[note.talk.id if note.talk else note.report].append(note)
    for own in talks.values():
        note_takers = [list(taken) for _, taken in groupby(own, attrgetter("report"))]
        for row in aligned(note_takers, snapshot.similarity):
            yield [note for note in row.notes if note]


def _parts(
    notes: Iterable[Note],
    groups: Sequence[tuple[Note, ...]],
    remedies: Mapping[str, Sequence[Note]],
    domain: Domain,
) -> Mapping[PartName, tuple[GuideEntry, ...]]:
    group_of = {note.id: group[0].id for group in groups for note in group}
    known = {note.id: note for note in notes}
    leads_to: defaultdict[str, list[Note]] = defaultdict(list)
    for note, start in continued_notes(known.values()).items():
        if known[note] not in remedies.get(start, ()):
            leads_to[start].append(known[note])
    entries = [
        _entry(group, remedies, leads_to, group_of, domain)
        for group in groups
        if any(note.id in known for note in group)
    ]
    parts: dict[PartName, tuple[GuideEntry, ...]] = {
        name: tuple(sorted((entry for entry in entries if _part_of(entry) == name), key=_order)) for name in PARTS
    }
    # A remedy stands with its problem already, unless it says what other talks say too;
    shown = {group_of[note.id] for entry in parts["solved"] for note in entry.remedies}
    for name in ("advice", "cases"):
        parts[name] = _without(parts[name], shown)
    # and so does what an arrow leads to, if what it goes on from is told.
    shown = {group_of[note.id] for part in parts.values() for entry in part for note in entry.leads_to}
    return {name: _without(part, shown) for name, part in parts.items()}


def _without(part: tuple[GuideEntry, ...], shown: Container[str]) -> tuple[GuideEntry, ...]:
    """Return the entries of a part, without those that are shown with others already and that one talk alone tells."""
    return tuple(entry for entry in part if entry.talks > 1 or entry.id not in shown)


def _entry(
    group: tuple[Note, ...],
    remedies: Mapping[str, Sequence[Note]],
    leads_to: Mapping[str, Sequence[Note]],
    group_of: Mapping[str, str],
    domain: Domain,
) -> GuideEntry:
    best = max(group, key=lambda note: (bool(note.states), int(note.advice * 4), note.held_on or "", note.id))
    # Two note takers of a talk noted the problem and its remedy each: the remedy is told once, too.
    own, led = (
        {group_of[other.id]: other for note in group for other in others.get(note.id, ())}
        for others in (remedies, leads_to)
    )
    itself = group[0].id
    each = [domain.changes_for(note) for note in group]
    return GuideEntry(
        note=best,
        notes=group,
        remedies=tuple(note for said, note in own.items() if said != itself),
        # What some said before a change, others may have said after.
        changes=tuple(change for change in each[0] if all(change in other for other in each[1:])),
        leads_to=tuple(note for said, note in led.items() if said not in own and said != itself),
    )


def _part_of(entry: GuideEntry) -> PartName:
    """Return the part of a guide that an entry belongs to.

    What one talk remedied is no open problem of another, and what leads to advice is told as its reason.
    """
    states = {state for note in entry.notes for state in note.states}
    if states & set(PROBLEM_STATES):
        return "solved" if "solved" in states else "unsolved"
    return "advice" if any(note.kind == "advice" for note in (*entry.notes, *entry.leads_to)) else "cases"


def _order(entry: GuideEntry) -> tuple[bool, float, int, str, int]:
    """Return where an entry stands: what still holds, what is surely advice, what was said last."""
    note = entry.note
    advice = 0 if note.states else max(int(one.advice * 4) for one in (note, *entry.leads_to))
    newest = int((entry.until or "0").replace("-", "").ljust(8, "0"))
    return bool(entry.changes), -advice, -newest, note.report, note.line
