"""Notes as documents of the index: which fields they have and what is counted."""

from collections import defaultdict
from collections.abc import Iterator

from index.analysis import Analyzer, Term
from index.schema import Document
from kb.pipeline.understanding import FinishedReport
from kb.report.model import Note, Report
from kb.search.facets import values_of
from kb.search.records import dump_note
from kb.services import Catalogue, Domain

MOST_BORROWED = 1000
"""Terms that a note gets of each text around it: what stands above 100,000 notes is written 100,000 times. A heading of
200 characters has 300; of a longer text the words come before the helpers."""

LABEL, ADVICE = 0.9, 0.1
"""What the score of a label is multiplied by, and what is added for certain advice: it is what readers come for."""


def documents(finished: FinishedReport, analyzer: Analyzer, domain: Domain) -> Iterator[Document]:
    """Yield a document for each note of a report, in reading order."""
    catalogue = domain.catalogue
    terms = {text: analyzer.terms(morphemes) for text, morphemes in finished.morphemes.items()}
    borrowed = {text: own[:MOST_BORROWED] for text, own in terms.items()}

    def helped(text: str) -> tuple[Term, ...]:
        return (*terms[text], *analyzer.helpers(finished.morphemes[text]))

    crumbs = {crumb.text for note in finished.report.notes for crumb in note.trail}
    above = {text: helped(text)[:MOST_BORROWED] for text in crumbs}
    below: dict[str | None, list[Term]] = defaultdict(list)
    for note in finished.report.notes:
        below[note.parent] += borrowed[note.text]
    names = _name_terms(finished.report, analyzer, catalogue)
    for note in finished.report.notes:
        yield Document(
            id=note.id,
            texts={
                "text": helped(note.text),
                "trail": tuple(term for crumb in note.trail for term in above[crumb.text]),
                "talk": borrowed[note.talk.title] if note.talk else (),
                "services": tuple(term for mention in note.services for term in names[mention.service]),
                "attached": tuple(term for text in note.attached for term in borrowed[text]),
                "below": tuple(below[note.id]),
            },
            facets=values_of(note, catalogue),
            date=note.held_on,
            stored=dump_note(note, domain.overtaking(note)),
            literal=note.text,
            boost=LABEL if note.kind == "label" else 1 + ADVICE * note.advice,
            passage=note.passage,
            parents=_others(note),
        )


def _others(note: Note) -> tuple[str, ...]:
    """Return the ids of the notes that a note stands under, remedies and answers."""
    others = (*(crumb.note for crumb in note.trail), note.remedy_of, note.answers)
    return tuple(other for other in others if other)


def _name_terms(report: Report, analyzer: Analyzer, catalogue: Catalogue) -> dict[str, tuple[Term, ...]]:
    """Return the terms of the short name of each service that a report is about."""
    slugs = {mention.service for note in report.notes for mention in note.services}
    return {slug: analyzer.terms_of(catalogue.by_slug[slug].short_name) for slug in slugs}
