"""What is answered to who asks for the guide of a service: each thing told once, with how many talks say so."""

from typing import Any

from kb.knowledge_base import KnowledgeBase
from kb.programs.answers import Record, about, nothing_in
from kb.programs.arguments import Guide
from kb.programs.cards import Cards, clipped, within
from kb.search.answers import UnknownValueError
from kb.search.guiding import Entry
from kb.search.records import change_record

_MOST = 10  # entries of a part
_MOST_NOTES = 5  # notes that say the same, and remedies of a problem
_A_PART = 8_000  # bytes of a part


def guide(kb: KnowledgeBase, asked: Guide, root: str | None) -> Record:
    """Return what the notes on a service say together. Raises UnknownValueError."""
    service = kb.collection.catalogue.find(asked.service)
    if service is None:
        near = tuple(one.slug for one in kb.collection.catalogue.near(asked.service))
        raise UnknownValueError("service", asked.service, near)
    made, cards = kb.guide(service), Cards(kb, root)
    parts: Record = {
        name: list(within((_entry(cards, entry) for entry in part[:_MOST]), _A_PART))
        for name, part in made.parts.items()
    }
    return {
        **about(kb),
        **({} if made.notes else {"nothing": nothing_in(kb)}),
        "service": {"slug": service.slug, "name": service.name, "notes": made.notes, "compared": made.compared},
        **parts,
        "totals": {name: len(part) for name, part in made.parts.items()},
        "changes": list(within(map(change_record, made.changes), _A_PART)),
    }


def _entry(cards: Cards, entry: Entry) -> dict[str, Any]:
    """Return the notes that say the same, the best told first, where that stands, and what follows from it."""
    others = [note for note in entry.notes if note.id != entry.note.id]
    return {
        "talks_saying_so": entry.talks,
        "since": entry.since,
        "until": entry.until,
        "speakers": [clipped(name, 100) for name in entry.speakers[:_MOST_NOTES]],
        "changed_since": [change_record(change) for change in entry.changes],
        "notes": [cards.brief(note) for note in [entry.note, *others][:_MOST_NOTES]],
        "trail": cards.trail(entry.note),
        "remedies": [cards.brief(note) for note in entry.remedies[:_MOST_NOTES]],
        "leads_to": [cards.brief(note) for note in entry.leads_to[:_MOST_NOTES]],
    }
