"""The search data of a site: every note with its address, text and facets, in one JSON file."""

import unicodedata
from collections import defaultdict
from typing import Any

import msgspec

from kb.knowledge_base import KnowledgeBase
from kb.report.model import Note
from kb.search.facets import BY_KEY
from kb.translation import _
from webui import wording
from webui.http.address import GROUPS, page_address
from webui.site.rewriting import Place, Places, link


def folded(text: str) -> str:
    """Return a text with width and case folded, as the search script compares it."""
    return unicodedata.normalize("NFKC", text).lower()


class NotesFile:
    """Collects the notes of a knowledge base, newest first, with shared values and places stored once.

    A note is a list of its address, text, place, values, trail and attached text. `names` maps the names of services
    to values, so that a name finds the notes that mention the service.
    """

    def __init__(self, knowledge_base: KnowledgeBase, places: Places) -> None:
        self._knowledge_base = knowledge_base
        self._places = places
        self._values: dict[tuple[str, str], int] = {}
        self._names: defaultdict[str, list[int]] = defaultdict(list)
        self._note_places: dict[tuple[str, str], int] = {}
        self._facts: list[str] = []
        self._notes: list[msgspec.Raw] = []

    def data(self, here: str) -> bytes:
        """Return the bytes of the file, with links relative to the page `here`."""
        for report in self._knowledge_base.browser.reports():
            _, notes = self._knowledge_base.browser.report(report.id)
            for note in notes:
                self._notes.append(msgspec.Raw(msgspec.json.encode(self._row(note, report.title, here))))
        return msgspec.json.encode(self._record(here))

    def _record(self, here: str) -> dict[str, Any]:
        contents = self._knowledge_base.collection.contents()
        labels = {group: self._knowledge_base.searcher.labels(group, contents) for group in GROUPS}
        return {
            "groups": {group: wording.facet_label(group) for group in GROUPS},
            "values": [
                (group, value, wording.value_name(group, value, labels[group].get(value, value)))
                for group, value in self._values
            ],
            "names": self._names,
            "places": [
                (self._link(address, here), title, facts)
                for (address, title), facts in zip(self._note_places, self._facts, strict=True)
            ],
            "notes": self._notes,
        }

    def _row(self, note: Note, title: str, here: str) -> tuple[object, ...]:
        catalogue = self._knowledge_base.collection.catalogue
        place = (page_address("talk", note.talk.id), note.talk.title) if note.talk else None
        place = place or (page_address("report", note.report), title)
        if place not in self._note_places:
            self._note_places[place] = len(self._note_places)
            self._facts.append(wording.listed((note.event or _("event unknown"), wording.day(note.held_on))))
        return (
            self._link(page_address("note", note.id), here),
            note.text,
            self._note_places[place],
            [self._value(group, value) for group in GROUPS for value in BY_KEY[group].values(note, catalogue)],
            [crumb.text for crumb in note.trail],
            *(("\n".join(note.attached),) if note.attached else ()),
        )

    def _value(self, group: str, value: str) -> int:
        if (group, value) not in self._values:
            number = self._values[group, value] = len(self._values)
            service = self._knowledge_base.collection.catalogue.by_slug.get(value) if group == "service" else None
            if service:
                for name in {folded(one) for one in (*service.names, *service.short_name.split())}:
                    self._names[name].append(number)
        return self._values[group, value]

    def _link(self, address: str, here: str) -> str:
        place = self._places.of(address)
        return link(place, here) if isinstance(place, Place) else ""
