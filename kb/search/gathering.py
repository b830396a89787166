"""What a guide is made of: the notes of a service, or of a search, that are worth comparing, and their remedies."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from index.query import Query
from kb.kinds.pairs import PROBLEMS
from kb.report.model import Note
from kb.search.collection import Snapshot
from kb.search.records import load_relations
from kb.services import Service

# Notes of a service that are compared: its newest problems, what is most like advice, the newest of all, and the newest
# that may confirm these. The commonest service of 100,000 notes has thousands, and each is compared with each.
_PROBLEMS, _ADVICE, _NEWEST, _BESIDE = 200, 300, 300, 100
FOUND = 300  # notes of any other query
TELLING = ("advice", "problem", "statement")
"""The kinds of notes that points are made of; others may say the same beside them: 「…に驚いたそうです」."""

_BESIDES = ("impression", "question")
_PROSE = tuple("。、．，.!！?？…")  # how a paragraph ends that is prose, and not a line of its own


@dataclass(frozen=True, slots=True)
class Gathered:
    """The notes of a service that are compared, of how many, and what remedies which problem among them."""

    total: int
    notes: tuple[Note, ...]
    remedies: Mapping[str, Sequence[Note]]


def found(query: Query, snapshot: Snapshot) -> Gathered:
    """Return the notes that a query finds."""
    results = snapshot.reader.search(query)
    notes = (snapshot.note(hit.stored) for hit in results.hits)
    return Gathered(results.total, tuple(note for note in notes if note.kind in (*TELLING, *_BESIDES)), {})


def on_service(service: Service, snapshot: Snapshot) -> Gathered:
    """Return the notes on a service: its newest problems, what is most like advice, and the newest of all."""
    about = Query().select("service", service.slug)
    telling, beside = (replace(about.select("kind", *kinds), sort="new") for kinds in (TELLING, _BESIDES))
    problems = replace(about.select("state", *PROBLEMS), sort="new", limit=_PROBLEMS, context="place")
    asked = (
        *(problems, replace(telling, sort="boost", limit=_ADVICE)),
        *(replace(telling, limit=_NEWEST), replace(beside, limit=_BESIDE)),
    )
    results = [snapshot.reader.search(query) for query in asked]
    stored = {hit.id: hit.stored for result in results for hit in result.hits}
    wanted = {hit.id for hit in results[0].hits}
    remedies: defaultdict[str, list[Note]] = defaultdict(list)
    for one in dict.fromkeys(one for kin in results[0].context.values() for one in kin):
        remedied = load_relations(one).remedy_of
        if remedied in wanted:
            remedies[remedied].append(snapshot.note(one))
    notes = tuple(note for note in map(snapshot.note, stored.values()) if _speaks_of(note, service))
    total = snapshot.reader.search(replace(about, limit=0)).total
    return Gathered(total, notes, remedies)


def _speaks_of(note: Note, service: Service) -> bool:
    """Tell whether a note by itself speaks of a service: prose that only stands under it goes on with a story."""
    named = any(mention.service == service.slug and mention.via == "explicit" for mention in note.services)
    return named or not (note.type == "paragraph" and note.text.endswith(_PROSE))
