"""Notes as documents of the index: which fields they have, what is counted, and how the note itself is stored."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct
from msgspec.structs import force_setattr, replace

from index.schema import Document, Schema, TextField
from kb.report.model import Note
from kb.search.facets import FACETS, values_of

if TYPE_CHECKING:
    from index.analysis import Analyzer, Term
    from kb.library.contents import Contents
    from kb.pipeline.reports import FinishedReport
    from kb.services import Domain

SCHEMA = Schema(
    texts=(
        TextField("text", 1.0, length=0.75),
        TextField("trail", 0.7),
        TextField("talk", 0.3, score_only=True),
        TextField("services", 0.6),
        TextField("attached", 0.3),
        TextField("below", 0.3, score_only=True),
    ),
    facets=tuple(facet.key for facet in FACETS),
    titles=("talk", "talk"),
    names="name",
    sections="section",
)
"""The fields and facets of documents; the weights are those of `docs/relevance.md`."""

MOST_BORROWED = 1000
"""Terms that a note gets of each text around it: what stands above 100,000 notes is written 100,000 times. A heading of
200 characters has 300; of a longer text the words come before the helpers."""

LABEL, ADVICE = 0.9, 0.1
"""What the score of a label is multiplied by, and what is added for certain advice: it is what readers come for."""


def documents(finished: "FinishedReport", analyzer: "Analyzer", domain: "Domain") -> "Iterator[Document]":
    """Yield a document for each note of a report, in reading order."""
    notes, by_slug = finished.report.notes, domain.catalogue.by_slug
    terms = {text: analyzer.terms(morphemes) for text, morphemes in finished.morphemes.items()}
    borrowed = {text: own[:MOST_BORROWED] for text, own in terms.items()}

    def with_helpers(text: str) -> "tuple[Term, ...]":
        return (
            *terms[text],
            *analyzer.shingles(finished.morphemes[text]),
            *analyzer.phonetic_keys(finished.morphemes[text]),
        )

    crumbs = {crumb.text for note in notes for crumb in note.trail}
    above = {text: with_helpers(text)[:MOST_BORROWED] for text in crumbs}
    below: dict[str | None, list[Term]] = defaultdict(list)
    for note in notes:
        below[note.parent] += borrowed[note.text]
    slugs = {mention.service for note in notes for mention in note.services}
    names = {slug: analyzer.terms_of(by_slug[slug].short_name) for slug in slugs}
    for note in notes:
        parents = (*(crumb.note for crumb in note.trail), note.remedy_of, note.answers)
        yield Document(
            id=note.id,
            texts={
                "text": with_helpers(note.text),
                "trail": tuple(term for crumb in note.trail for term in above[crumb.text]),
                "talk": borrowed[note.talk.title] if note.talk else (),
                "services": tuple(term for mention in note.services for term in names[mention.service]),
                "attached": tuple(term for text in note.attached for term in borrowed[text]),
                "below": tuple(below[note.id]),
            },
            facets=values_of(note, domain.catalogue),
            date=note.held_on,
            stored=dump_note(note, domain.overtaking(note)),
            literal=note.text,
            boost=LABEL if note.kind == "label" else 1 + ADVICE * note.advice,
            passage=note.passage,
            parents=tuple(filter(None, parents)),
        )


class _Stored(Struct, frozen=True):
    """A note as the index stores it: talks and titles are held once, with their report; a note points to its own."""

    talk: str | None
    overtaken: tuple[str, ...]
    note: Note


class _Above(Struct, frozen=True):
    note: str | None


class Relations(Struct, frozen=True):
    """What of a note tells to which others it belongs, and the line of its file that it begins at."""

    id: str
    line: int
    trail: tuple[_Above, ...]
    remedy_of: str | None
    answers: str | None

    def touch(self, wanted: Collection[str]) -> bool:
        """Return whether the note is wanted, or stands under, remedies or answers one that is."""
        return (
            self.id in wanted
            or self.remedy_of in wanted
            or self.answers in wanted
            or any(above.note in wanted for above in self.trail)
        )


class _StoredRelations(Struct, frozen=True):
    note: Relations


class _StoredMarks(Struct, frozen=True):
    overtaken: tuple[str, ...]


# What is not asked for is skipped, not read.
_decoder = msgspec.json.Decoder(_Stored)
_marks_decoder = msgspec.json.Decoder(_StoredMarks)
_relations_decoder = msgspec.json.Decoder(_StoredRelations)


def dump_note(note: Note, overtaken: Sequence[str] = ()) -> str:
    """Return a note, and the ids of the changes that have overtaken it, as the index stores it."""
    talk = note.talk.id if note.talk else None
    return msgspec.json.encode(_Stored(talk, tuple(overtaken), replace(note, talk=None, report_title=""))).decode()


def load_note(stored: str, contents: "Contents") -> Note:
    """Return the note that `dump_note` wrote, with its talk and its report's title out of its generation."""
    found = _decoder.decode(stored)
    # Nobody else has the note yet, and a copy of it costs as much as to read it.
    force_setattr(found.note, "report_title", contents.report_titles[found.note.report])
    if found.talk:
        force_setattr(found.note, "talk", contents.talks_of_reports[found.note.report, found.talk])
    return found.note


def load_relations(stored: str) -> Relations:
    """Return what the note that `dump_note` wrote tells of others, in a part of the time that `load_note` takes."""
    return _relations_decoder.decode(stored).note


def load_overtaken(stored: str) -> tuple[str, ...]:
    """Return the ids of the changes that had overtaken the note that `dump_note` wrote."""
    return _marks_decoder.decode(stored).overtaken
