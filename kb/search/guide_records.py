"""Guides as the JSON objects that commands and pages give out."""

from typing import Any

from kb.points import Candidate, Contradiction, Point
from kb.search.guiding import Entry, Guide
from kb.search.records import change_record, note_record, service_record
from kb.services import Domain


def guide_record(guide: Guide, domain: Domain, most: int | None = None) -> dict[str, Any]:
    """Return the guide of a service: of each part the first `most` points, and in `totals` how many there are."""
    return {
        "service": {
            **service_record(guide.service, guide.notes),
            "history": domain.catalogue.history(guide.service),
        },
        "compared": guide.compared,
        **{name: [entry_record(entry, domain) for entry in part[:most]] for name, part in guide.parts.items()},
        "totals": {name: len(part) for name, part in guide.parts.items()},
        "contradictions": [contradiction_record(one, domain) for one in guide.contradictions[:most]],
        "candidates": [candidate_record(one, domain) for one in guide.candidates[:most]],
        "changes": [change_record(change) for change in guide.changes],
    }


def entry_record(entry: Entry, domain: Domain) -> dict[str, Any]:
    """Return a point as a guide tells it, with all its notes."""
    return {
        **point_record(entry.point),
        "text": entry.note.text,
        "notes": [note_record(note, domain) for note in entry.point.notes],
        "remedies": [note_record(note, domain) for note in entry.remedies],
        "leads_to": [note_record(note, domain) for note in entry.leads_to],
        "changes": [change_record(change) for change in entry.changes],
    }


def point_record(point: Point) -> dict[str, Any]:
    """Return what is told of a point beside its notes: how many talks say so, from when to when, and who."""
    return {
        "id": point.id,
        "talks": point.talks,
        "since": point.since,
        "until": point.until,
        "speakers": list(point.speakers),
        "confirmed": point.confirmed,
        "sure": round(point.sure, 4),
    }


def candidate_record(one: Candidate, domain: Domain) -> dict[str, Any]:
    """Return two notes that may say the same, and how sure that is."""
    return {"sure": round(one.sure, 4), "notes": [note_record(note, domain) for note in one.notes]}


def contradiction_record(one: Contradiction, domain: Domain) -> dict[str, Any]:
    """Return two notes that seem to contradict each other, and why it seems so."""
    return {
        "differs": one.differs,
        "sure": round(one.sure, 4),
        "notes": [note_record(note, domain) for note in one.notes],
    }
