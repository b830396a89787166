"""The guide of a service: its advice, problems and facts, with notes of the same content grouped."""

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, groupby
from operator import attrgetter
from typing import Literal, TypeAlias, get_args

from index.query import Query
from index.text import folded_name
from kb.kinds import PROBLEM_STATES, continued_notes
from kb.pipeline.alignment import Similarity, aligned
from kb.report.dates import day_of
from kb.report.identity import normalized
from kb.report.model import Claim, Note
from kb.search.collection import Cached, Collection, Snapshot
from kb.search.documents import load_overtaken, load_relations
from kb.services import Change, Service

PartName: TypeAlias = Literal["advice", "solved", "unsolved", "cases"]
PARTS: tuple[PartName, ...] = get_args(PartName)
"""The parts of a guide in their order: advice, problems with remedies, open problems, facts."""

# The notes that a guide is made from. In 100,000 notes the most frequent service has thousands, too many to read.
_MAX_PROBLEMS, _MAX_ADVICE, _MAX_NEWEST = 200, 300, 300
_KINDS = ("advice", "problem", "statement")
_PROSE = tuple("。、．，.!！?？…")  # endings of prose, as opposed to a line of its own
_MAX_CACHED = 4  # guides; each holds 400 notes, a megabyte
_MAX_CRUMBS = 2  # the nearest headings or parent notes, which give the subject


@dataclass(frozen=True, slots=True)
class GuideEntry:
    """Notes of the same content: in the same words, or by several note takers of one talk.

    `note` is the best of them, `notes` are all, oldest first, undated last. `changes` are the dated changes later than
    all of them. `leads_to` are notes that follow one of them after an arrow (→), except remedies.
    """

    note: Note
    notes: tuple[Note, ...]
    remedies: tuple[Note, ...] = ()
    changes: tuple[Change, ...] = ()
    leads_to: tuple[Note, ...] = ()

    @property
    def id(self) -> str:
        """The id of the oldest note."""
        return self.notes[0].id

    @property
    def likely(self) -> Claim | None:
        """Advice or a problem if it is likely that; None if any of its notes surely is one."""
        notes = (*self.notes, *self.leads_to)
        if any(note.kind in get_args(Claim) for note in notes):
            return None
        return next((note.likely for note in notes if note.likely), None)

    @property
    def talks(self) -> int:
        """The number of talks, at least 1: notes outside of talks count only if there is no other."""
        return len({note.talk.id for note in self.notes if note.talk}) or 1

    @property
    def since(self) -> str | None:
        """The first known day of an event, or None."""
        return next((note.held_on for note in self.notes if note.held_on), None)

    @property
    def until(self) -> str | None:
        """The last known day of an event, or None."""
        return max((note.held_on for note in self.notes if note.held_on), default=None)

    @property
    def published(self) -> str | None:
        """The first known day of a post, or None."""
        return min((note.published for note in self.notes if note.published), default=None)

    @property
    def speakers(self) -> tuple[str, ...]:
        """The speakers of the talks, earliest first."""
        return tuple(dict.fromkeys(name for note in self.notes if note.talk for name in note.talk.speakers))


@dataclass(frozen=True, slots=True)
class Guide:
    """The entries of a service by part, made from `compared` of its `notes`.

    Each part is sorted by: sure before likely, still valid, probability of advice, newest, place in the report.
    """

    service: Service
    notes: int
    compared: int
    parts: Mapping[PartName, tuple[GuideEntry, ...]]
    changes: tuple[Change, ...]

    @property
    def likely(self) -> int:
        """The number of entries of advice that only likely are advice."""
        return sum(entry.likely is not None for entry in self.parts["advice"])

    def subject(self, entry: GuideEntry) -> tuple[str, ...]:
        """Return the two nearest crumbs above an entry, without the name of the service."""
        names = {folded_name(name) for name in (self.service.name, self.service.short_name)}
        return tuple(crumb.text for crumb in entry.note.trail[-_MAX_CRUMBS:] if folded_name(crumb.text) not in names)


class Guides:
    """Guides of services, the last ones cached by generation."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._cached = Cached(collection, self._make, _MAX_CACHED)

    def of(self, service: Service) -> Guide:
        """Return the guide of a service from the newest generation, empty without an index."""
        # Notes are aligned by their vectors, so that a guide may change until all notes have one.
        is_final = self._collection.has_all_vectors(self._collection.contents())
        return self._cached(service) if is_final else self._make(service)

    def _make(self, service: Service) -> Guide:
        snapshot, domain = self._collection.snapshot(), self._collection.domain
        changes = tuple(sorted(domain.changes_of(service.slug), key=attrgetter("changed_on"), reverse=True))
        total, notes, remedies, overtaken = _candidates(service, snapshot)
        # Group remedies on other services too: two note takers may have noted the same one.
        grouped = {note.id: note for note in chain(notes, *remedies.values())}
        groups = list(_groups(grouped.values(), snapshot.similarity))
        by_id = {change.id: change for change in domain.changes}
        outdating = {note: tuple(by_id[change] for change in ids if change in by_id) for note, ids in overtaken.items()}
        return Guide(service, total, len(notes), _parts(notes, groups, remedies, outdating), changes)


def _candidates(
    service: Service, snapshot: Snapshot
) -> tuple[int, Sequence[Note], Mapping[str, Sequence[Note]], Mapping[str, Sequence[str]]]:
    """Return the number of notes on a service, the notes for its guide, and the remedies by problem.

    The last value has the ids of the changes that have overtaken the notes and remedies, by note.
    """
    about = Query().select("service", service.slug)
    of_kinds = about.select("kind", *_KINDS)
    queries = (
        replace(about.select("state", *PROBLEM_STATES), sort="new", limit=_MAX_PROBLEMS, context="place"),
        replace(of_kinds, sort="boost", limit=_MAX_ADVICE),
        replace(of_kinds, sort="new", limit=_MAX_NEWEST),
    )
    results = [snapshot.reader.search(query) for query in queries]
    stored = {hit.id: hit.stored for result in results for hit in result.hits}
    problems = {hit.id for hit in results[0].hits}
    overtaken = {note: changes for note, document in stored.items() if (changes := load_overtaken(document))}
    remedies: defaultdict[str, list[Note]] = defaultdict(list)
    for document in dict.fromkeys(chain(*results[0].context.values())):
        problem = load_relations(document).remedy_of
        if problem in problems:
            note = snapshot.note(document)
            remedies[problem].append(note)
            overtaken[note.id] = load_overtaken(document)
    notes = [
        note
        for note in map(snapshot.note, stored.values())
        # Prose that only inherits the service usually continues a story. Advice and problems always count.
        if not (note.type == "paragraph" and note.text.endswith(_PROSE))
        or note.kind in get_args(Claim)
        or any(mention.service == service.slug and mention.via == "explicit" for mention in note.services)
    ]
    return snapshot.reader.search(replace(about, limit=0)).total, notes, remedies, overtaken


def _groups(notes: Iterable[Note], similarity: Similarity) -> Iterator[tuple[Note, ...]]:
    """Yield groups of notes with the same content: in the same words, or aligned between note takers of one talk."""
    by_text: dict[str, list[Note]] = {}
    for row in _rows(notes, similarity):
        texts = [normalized(note.text) for note in row]
        known = {id(group): group for text in texts if (group := by_text.get(text))}
        group = [*chain(*known.values()), *row]
        by_text |= dict.fromkeys((*texts, *(normalized(note.text) for note in chain(*known.values()))), group)
    for group in {id(group): group for group in by_text.values()}.values():
        yield tuple(sorted(group, key=lambda note: (day_of(note) or "9", note.id)))


def _rows(notes: Iterable[Note], similarity: Similarity) -> Iterator[Sequence[Note]]:
    """Yield rows of aligned notes of several note takers of one talk; other notes are rows of their own."""
    talks: defaultdict[str, list[Note]] = defaultdict(list)
    for note in sorted(notes, key=lambda note: (note.report, note.line)):
        talks[note.talk.id if note.talk else note.report].append(note)
    for own in talks.values():
        note_takers = [list(taken) for _, taken in groupby(own, attrgetter("report"))]
        for row in aligned(note_takers, similarity):
            yield [note for note in row.notes if note]


def _parts(
    notes: Iterable[Note],
    groups: Sequence[tuple[Note, ...]],
    remedies: Mapping[str, Sequence[Note]],
    outdating: Mapping[str, tuple[Change, ...]],
) -> Mapping[PartName, tuple[GuideEntry, ...]]:
    group_of = {note.id: group[0].id for group in groups for note in group}
    known = {note.id: note for note in notes}
    leads_to: defaultdict[str, list[Note]] = defaultdict(list)
    for note, start in continued_notes(known.values()).items():
        if known[note] not in remedies.get(start, ()):
            leads_to[start].append(known[note])
    entries: dict[PartName, list[GuideEntry]] = {name: [] for name in PARTS}
    for group in groups:
        if any(note.id in known for note in group):
            entry = _entry(group, remedies, leads_to, group_of, outdating)
            entries[_part_of(entry)].append(entry)
    parts = {name: tuple(sorted(part, key=_order)) for name, part in entries.items()}
    # Entries shown as remedies of a problem, or after an arrow, are left out, unless several talks have them.
    shown = {group_of[note.id] for entry in parts["solved"] for note in entry.remedies}
    for name in ("advice", "cases"):
        parts[name] = _without(parts[name], shown)
    shown = {group_of[note.id] for part in parts.values() for entry in part for note in entry.leads_to}
    return {name: _without(part, shown) for name, part in parts.items()}


def _without(part: tuple[GuideEntry, ...], shown: Container[str]) -> tuple[GuideEntry, ...]:
    """Return the entries of a part, without those of one talk that another entry already shows."""
    return tuple(entry for entry in part if entry.talks > 1 or entry.id not in shown)


def _entry(
    group: tuple[Note, ...],
    remedies: Mapping[str, Sequence[Note]],
    leads_to: Mapping[str, Sequence[Note]],
    group_of: Mapping[str, str],
    outdating: Mapping[str, tuple[Change, ...]],
) -> GuideEntry:
    best = max(group, key=_quality)
    # If two note takers noted both a problem and its remedy, the remedy appears once too.
    own_remedies, continuations = (
        {group_of[other.id]: other for note in group for other in others.get(note.id, ())}
        for others in (remedies, leads_to)
    )
    group_id = group[0].id
    changes = [outdating.get(note.id, ()) for note in group]
    return GuideEntry(
        note=best,
        notes=group,
        remedies=tuple(note for key, note in own_remedies.items() if key != group_id),
        # A change counts only if all notes are older than it.
        changes=tuple(change for change in changes[0] if all(change in others for others in changes[1:])),
        leads_to=tuple(note for key, note in continuations.items() if key not in own_remedies and key != group_id),
    )


def _quality(note: Note) -> tuple[bool, bool, int, str, str]:
    """Return the key by which the best note of a group is the greatest."""
    return bool(note.states), note.kind == "advice", int(note.advice * 4), day_of(note) or "", note.id


def _part_of(entry: GuideEntry) -> PartName:
    """Return the part of an entry.

    A problem that any talk remedies is solved. An entry that is or leads to likely advice belongs to the advice.
    """
    states = {state for note in entry.notes for state in note.states}
    if states & set(PROBLEM_STATES):
        return "solved" if "solved" in states else "unsolved"
    kinds = {kind for note in (*entry.notes, *entry.leads_to) for kind in (note.kind, note.likely)}
    return "advice" if "advice" in kinds else "cases"


def _order(entry: GuideEntry) -> tuple[bool, bool, float, int, str, int]:
    """Return the sort key of an entry: sure, still valid, probability of advice in quarters, newest, place."""
    note = entry.note
    advice = 0 if note.states else max(int(one.advice * 4) for one in (note, *entry.leads_to))
    newest = int((entry.until or entry.published or "0").replace("-", "").ljust(8, "0"))
    return entry.likely == "advice", bool(entry.changes), -advice, -newest, note.report, note.line
