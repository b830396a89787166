"""Notes as documents of the index: which fields they have and what is counted."""

from collections.abc import Iterator, Mapping

from index.analysis import Analyzer, Term
from index.schema import Document, Schema, TextField
from kb.identity import slug
from kb.model import Note
from kb.reading import Reading
from kb.records import dump_note
from kb.services.catalogue import Catalogue

SCHEMA = Schema(
    texts=(TextField("text", 3.0), TextField("trail", 1.5), TextField("talk", 1.0)),
    facets=(
        "service", "service_explicit", "service_inherited", "via", "category", "kind", "event", "year", "talk", "report",
    ),
)  # fmt: skip


def documents(reading: Reading, analyzer: Analyzer, catalogue: Catalogue) -> Iterator[Document]:
    """Yield a document for each note of a report, in reading order."""
    terms = {text: analyzer.terms(morphemes) for text, morphemes in reading.morphemes.items()}
    for note in reading.report.notes:
        yield Document(
            id=note.id,
            texts=_texts(note, terms),
            facets=_facets(note, catalogue),
            date=note.held_on,
            stored=dump_note(note),
        )


def _texts(note: Note, terms: Mapping[str, tuple[Term, ...]]) -> dict[str, tuple[Term, ...]]:
    return {
        "text": terms[note.text],
        "trail": tuple(term for crumb in note.trail for term in terms[crumb.text]),
        "talk": terms[note.talk.title] if note.talk else (),
    }


def _facets(note: Note, catalogue: Catalogue) -> dict[str, tuple[str, ...]]:
    by_via = {via: tuple(m.service for m in note.services if m.via == via) for via in ("explicit", "inherited")}
    slugs = tuple(dict.fromkeys(m.service for m in note.services))
    groups = {
        "service": slugs,
        "service_explicit": by_via["explicit"],
        "service_inherited": by_via["inherited"],
        "via": tuple(via for via, values in by_via.items() if values),
        "category": tuple(dict.fromkeys(catalogue.by_slug[slug].category for slug in slugs)),
        "kind": (note.kind,),
        "event": (slug(note.event),) if note.event else (),
        "year": (note.held_on[:4],) if note.held_on else (),
        "talk": (note.talk.id,) if note.talk else (),
        "report": (note.report,),
    }
    return {group: values for group, values in groups.items() if values}
