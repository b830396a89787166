"""Guides as the JSON objects that commands and pages give out."""

from typing import Any

from kb.search.guiding import Entry, Guide
from kb.search.records import change_record, note_record, service_record
from kb.services import Domain
from kb.texts import ja


def guide_record(guide: Guide, domain: Domain, most: int | None = None) -> dict[str, Any]:
    """Return the guide of a service: of each part the first `most` entries, and in `totals` how many there are."""
    return {
        "service": {
            **service_record(guide.service, guide.notes),
            "history": ja.history(guide.service, domain.catalogue.name),
        },
        "compared": guide.compared,
        **{name: [entry_record(entry, domain) for entry in part[:most]] for name, part in guide.parts.items()},
        "totals": {name: len(part) for name, part in guide.parts.items()},
        "changes": [change_record(change) for change in guide.changes],
    }


def entry_record(entry: Entry, domain: Domain) -> dict[str, Any]:
    """Return an entry with all its notes, and how many talks say so, from when to when, and who."""
    return {
        "id": entry.id,
        "talks": entry.talks,
        "since": entry.since,
        "until": entry.until,
        "speakers": list(entry.speakers),
        "text": entry.note.text,
        "notes": [note_record(note, domain) for note in entry.notes],
        "remedies": [note_record(note, domain) for note in entry.remedies],
        "leads_to": [note_record(note, domain) for note in entry.leads_to],
        "changes": [change_record(change) for change in entry.changes],
    }
