"""Notes as documents of the index: their fields, their facets, and the stored note itself."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct
from msgspec.structs import force_setattr, replace

from index.schema import Document, Schema, TextField
from kb.report.dates import day_of
from kb.report.model import Note, Report
from kb.search.facets import FACETS, values_of

if TYPE_CHECKING:  # a search must not load what reads reports (tests/kb/cli/test_starts.py)
    from index.analysis import Analyzer, Term
    from kb.library.contents import Contents
    from kb.pipeline.reports import Morphemes
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

_MAX_CONTEXT_TERMS = 1000
"""Terms that a note takes from each text around it. A heading above 100,000 notes is written 100,000 times; one of 200
characters has 300 terms. Of a longer text, tokens come before shingles and phonetic keys."""

_LABEL_BOOST, _ADVICE_BOOST = 0.9, 0.07
"""The factor of the score of a label, and of a note on the event itself; the addition to the factor of certain advice,
which readers look for."""


def documents(report: Report, morphemes: "Morphemes", analyzer: "Analyzer", domain: "Domain") -> "Iterator[Document]":
    """Yield a document for each note of a report, in reading order, given the morphemes of its texts."""
    notes, by_slug = report.notes, domain.catalogue.by_slug
    terms = {text: analyzer.terms(own) for text, own in morphemes.items()}
    context = {text: own[:_MAX_CONTEXT_TERMS] for text, own in terms.items()}

    def all_terms(text: str) -> "tuple[Term, ...]":
        return (*terms[text], *analyzer.shingles(morphemes[text]), *analyzer.phonetic_keys(morphemes[text]))

    crumbs = {crumb.text for note in notes for crumb in note.trail}
    above = {text: all_terms(text)[:_MAX_CONTEXT_TERMS] for text in crumbs}
    below: dict[str | None, list[Term]] = defaultdict(list)
    for note in notes:
        below[note.parent] += context[note.text]
    slugs = {mention.service for note in notes for mention in note.services}
    names = {slug: analyzer.terms_of(by_slug[slug].short_name) for slug in slugs}
    for note in notes:
        parents = (*(crumb.note for crumb in note.trail), note.remedy_of, note.answers)
        yield Document(
            id=note.id,
            texts={
                "text": all_terms(note.text),
                "trail": tuple(term for crumb in note.trail for term in above[crumb.text]),
                "talk": context[note.talk.heading] if note.talk else (),
                "services": tuple(term for mention in note.services for term in names[mention.service]),
                "attached": tuple(term for text in note.attached for term in context[text]),
                "below": tuple(below[note.id]),
            },
            facets=values_of(note, domain.catalogue),
            date=day_of(note),
            stored=dump_note(note, domain.overtaking(note)),
            literal=note.text,
            boost=_boost(note),
            passage=note.passage,
            parents=tuple(filter(None, parents)),
        )


def _boost(note: Note) -> float:
    if note.kind == "label" or note.about == "event":  # house rules are no advice that readers look for
        return _LABEL_BOOST
    return 1 + _ADVICE_BOOST * note.advice


class _Stored(Struct, frozen=True):
    """A note as the index stores it: without its report's title and its talk, which the contents hold once."""

    talk: str | None
    overtaken: tuple[str, ...]
    note: Note


class _Above(Struct, frozen=True):
    note: str | None


class Relations(Struct, frozen=True):
    """The relations of a note to other notes, and its first line in the file."""

    id: str
    line: int
    trail: tuple[_Above, ...]
    remedy_of: str | None
    answers: str | None

    def is_related_to(self, ids: Collection[str]) -> bool:
        """Return whether the note is, is below, remedies or answers a note with one of these ids."""
        return (
            self.id in ids
            or self.remedy_of in ids
            or self.answers in ids
            or any(crumb.note in ids for crumb in self.trail)
        )


class _StoredRelations(Struct, frozen=True):
    note: Relations


class _StoredMarks(Struct, frozen=True):
    overtaken: tuple[str, ...]


# Fields that a type does not have are skipped, which is faster than decoding them.
_decoder = msgspec.json.Decoder(_Stored)
_marks_decoder = msgspec.json.Decoder(_StoredMarks)
_relations_decoder = msgspec.json.Decoder(_StoredRelations)


def dump_note(note: Note, overtaken: Sequence[str] = ()) -> str:
    """Return the stored form of a note and of the ids of the dated changes that have overtaken it."""
    talk = note.talk.id if note.talk else None
    return msgspec.json.encode(_Stored(talk, tuple(overtaken), replace(note, talk=None, report_title=""))).decode()


def load_note(stored: str, contents: "Contents") -> Note:
    """Return a stored note, with its talk and its report's title from the contents of its generation."""
    found = _decoder.decode(stored)
    # Nobody else has the note yet, and a copy of it would cost as much as decoding it.
    force_setattr(found.note, "report_title", contents.report_titles[found.note.report])
    if found.talk:
        force_setattr(found.note, "talk", contents.talks_of_reports[found.note.report, found.talk])
    return found.note


def load_relations(stored: str) -> Relations:
    """Return the relations of a stored note, faster than `load_note` does."""
    return _relations_decoder.decode(stored).note


def load_overtaken(stored: str) -> tuple[str, ...]:
    """Return the ids of the dated changes that have overtaken a stored note."""
    return _marks_decoder.decode(stored).overtaken
