"""What is answered to who asks for the guide of a service: points, each told once, with how many talks say so."""

from typing import Any

from kb.knowledge_base import KnowledgeBase
from kb.programs.answers import Record, about, nothing_in
from kb.programs.arguments import Guide
from kb.programs.cards import Cards, clipped, within
from kb.search.answers import UnknownValueError
from kb.search.guiding import Entry
from kb.search.records import change_record

_MOST = 10  # points of a part, contradictions
_MOST_NOTES = 5  # notes that say a point, and remedies of a problem
_A_PART = 8_000  # bytes of the points of a part


def guide(kb: KnowledgeBase, asked: Guide, root: str | None) -> Record:
    """Return what the notes on a service say together. Raises UnknownValueError."""
    service = kb.collection.catalogue.find(asked.service)
    if service is None:
        near = tuple(one.slug for one in kb.collection.catalogue.near(asked.service))
        raise UnknownValueError("service", asked.service, near)
    made, cards = kb.guides.of(service), Cards(kb, root)
    parts: Record = {
        name: list(within((_entry(cards, entry) for entry in part[:_MOST]), _A_PART))
        for name, part in made.parts.items()
    }
    pairs = (
        {"differs": one.differs, "notes": [cards.brief(note) for note in one.notes]}
        for one in made.contradictions[:_MOST]
    )
    return {
        **about(kb),
        **({} if made.notes else {"nothing": nothing_in(kb)}),
        "service": {"slug": service.slug, "name": service.name, "notes": made.notes, "compared": made.compared},
        **parts,
        "totals": {name: len(part) for name, part in made.parts.items()},
        "contradictions": list(within(pairs, _A_PART)),
        "changes": list(within(map(change_record, made.changes), _A_PART)),
    }


def _entry(cards: Cards, entry: Entry) -> dict[str, Any]:
    """Return a point with the notes that say so, the best told first, where that stands, and what follows from it."""
    point = entry.point
    others = [note for note in point.notes if note.id != entry.note.id]
    remedies = [note for note in entry.remedies if note.id != entry.note.id]
    return {
        "talks_saying_so": point.talks,
        "since": point.since,
        "until": point.until,
        "speakers": [clipped(name, 100) for name in point.speakers[:_MOST_NOTES]],
        "changed_since": [change_record(change) for change in entry.changes],
        "notes": [cards.brief(note) for note in [entry.note, *others][:_MOST_NOTES]],
        "trail": cards.trail(entry.note),
        "remedies": [cards.brief(note) for note in remedies[:_MOST_NOTES]],
        "leads_to": [cards.brief(note) for note in entry.leads_to[:_MOST_NOTES]],
    }
