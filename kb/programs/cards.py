"""Notes as other programs get them: short cards that say whose words they are, where they stand and how they aged."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urljoin

from kb.knowledge_base import KnowledgeBase
from kb.library.contents import ReportEntry
from kb.report.model import Note, Talk
from kb.search.answers import Found, Tier
from kb.search.records import as_json, change_record
from kb.texts import en

SCHEME = "kb"
_SHORT = 500  # characters of a note in a list; `show` gives it whole
_WHOLE = 8_000  # characters of a note by itself: the longest that we have seen has 2,300
_LABEL = 150  # characters of a title or a crumb
LONGEST_ANSWER = 40_000  # bytes of the notes of one answer, some 15,000 tokens


@dataclass(frozen=True, slots=True)
class Cards:
    """Makes cards of notes of a knowledge base; `root` is the address of its page, None where nobody serves it."""

    knowledge_base: KnowledgeBase
    root: str | None

    def brief(self, note: Note, longest: int = _SHORT) -> dict[str, Any]:
        """Return a note as short as can be: its words, as far as so many characters, and where they stand."""
        return {
            "id": note.id,
            "text": clipped(note.text, longest),
            "talk": clipped(note.talk.title, _LABEL) if note.talk else None,
            "report": clipped(note.report_title, _LABEL),
            "event": note.event,
            "day": note.held_on,
            "source": f"{note.source}:{note.line}",
            "address": self.address(note) or resource_address("note", note.id),
        }

    def card(self, note: Note, longest: int = _SHORT) -> dict[str, Any]:
        """Return a note as a card."""
        domain = self.knowledge_base.collection.domain
        return {
            **self.brief(note, longest),
            "talk_id": note.talk.id if note.talk else None,
            "trail": self.trail(note),
            "kind": note.kind,
            "services": [domain.catalogue.name(mention.service) for mention in note.services],
            "changed_since": [change_record(change) for change in domain.changes_for(note)],
        }

    def trail(self, note: Note) -> list[str]:
        """Return the headings and notes that a note stands under, outermost first."""
        return [clipped(crumb.text, _LABEL) for crumb in note.trail]

    def found(self, found: Found, tier: Tier) -> dict[str, Any]:
        """Return a found note as a card, with the ranges of its text that match, and whether it is only near."""
        marks = [list(mark) for mark in found.marks if mark[1] <= _SHORT]
        return {**self.card(found.note), "marks": marks, "tier": tier}

    def whole(self, note: Note) -> dict[str, Any]:
        """Return a note by itself: as a card, and what no list of notes tells."""
        called = self.knowledge_base.collection.catalogue.name
        return {
            **self.card(note, _WHOLE),
            "published": note.published,
            "speakers": list(note.talk.speakers) if note.talk else [],
            "attached": [clipped(text, _WHOLE) for text in note.attached],
            "why": [f"{called(one.service)}: {one.via}, {en.why(one.why)}" for one in note.services],
        }

    def address(self, note: Note) -> str | None:
        """Return where a note can be read: on the page, else in its post, None where that told no address."""
        if self.root:
            return urljoin(self.root, f"/note/{quote(note.id)}")
        contents = self.knowledge_base.collection.contents()
        entry = contents.by_id.get(note.report) if contents else None
        return entry.url if entry else None


def resource_address(what: str, identifier: str) -> str:
    """Return the address of a note or a talk as a resource of ours."""
    return f"{SCHEME}://{what}/{quote(identifier)}"


def clipped(text: str, longest: int) -> str:
    """Return a text as far as so many characters; three dots tell that it goes on."""
    return text if len(text) <= longest else f"{text[:longest]}…"


def talk_card(talk: Talk, event: str | None, held_on: str | None) -> dict[str, Any]:
    """Return a talk as a card."""
    return {
        "id": talk.id,
        "title": clipped(talk.title, _LABEL),
        "speakers": list(talk.speakers[:20]),
        "event": event,
        "day": held_on,
    }


def report_card(entry: ReportEntry) -> dict[str, Any]:
    """Return a report as a card."""
    return {
        "id": entry.id,
        "title": clipped(entry.title, _LABEL),
        "source": entry.source,
        "address": entry.url,
        "event": entry.event,
        "day": entry.held_on,
        "published": entry.published,
    }


def within(cards: Iterable[dict[str, Any]], longest: int = LONGEST_ANSWER) -> Iterator[dict[str, Any]]:
    """Yield cards as long as they fit into so many bytes together, the first in any case."""
    taken = 0
    for number, card in enumerate(cards):
        taken += len(as_json(card).encode(errors="replace"))
        if number and taken > longest:
            return
        yield card


def window(total: int, offset: int, given: Sequence[object]) -> dict[str, int | None]:
    """Return how many there are in all, and where to go on where not all were given."""
    end = offset + len(given)
    return {"total": total, "next_offset": end if given and end < total else None}
