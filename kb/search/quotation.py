"""Notes as they are quoted elsewhere: each in its own words with its source, many as a sheet, in Markdown."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from types import ModuleType

from kb.report.model import Note
from kb.search.facets import place
from kb.services import Domain

# What would be read as Markdown inside a line: no _ inside a word, and & where it would be a character by its name;
_MARKDOWN = re.compile(r"[\\`*\[\]<~]|(?<![^\W_])_|_(?![^\W_])|&(?=#?\w+;)")
# and at its beginning: 「1.」, too, begins a list. A digit cannot be escaped.
_FIRST = re.compile(r"^\s*(?:\d+(?=[.)])|(?=[#>+=-]))")


@dataclass(frozen=True, slots=True)
class Quoting:
    """How notes are quoted.

    `said` is the room of texts of a language (`kb.texts`), `domain` tells what has changed since, `address` gives where
    a note can be read, None where nobody knows.
    """

    said: ModuleType
    domain: Domain
    address: Callable[[Note], str | None]

    def citation(self, note: Note) -> str:
        """Return a note as a quotation in Markdown: its words, talk, event, date and where it can be read."""
        return f"> {_quoted(note.text)}\n>\n> — {escaped(self.told(note))} {self.where(note)}\n"

    def told(self, note: Note) -> str:
        """Return in which talk or report of which event a note was taken, who spoke, and when."""
        named = self.said.listed((note.place_title, *(note.talk.speakers if note.talk else ()), note.event))
        return str(self.said.on(named, note.held_on))

    def where(self, note: Note) -> str:
        """Return where a note can be read: its address, else its file and line."""
        address = self.address(note)
        return f"<{address}>" if address else f"{escaped(note.source)}:{note.line}"

    def sheet(self, notes: Iterable[Note]) -> Iterator[str]:
        """Yield the lines of a sheet in Markdown: under each talk its notes, in the order in which they come."""
        for own in by_place(notes):
            yield f"## {escaped(own[0].place_title)}\n"
            yield f"{escaped(self.source(own[0]))}\n"
            for note in own:
                yield from self._entry(note)

    def source(self, note: Note) -> str:
        """Return where and when a note was taken, and who spoke."""
        held = self.said.on(note.event or self.said.NO_EVENT, note.held_on)
        return str(self.said.listed((held, *(note.talk.speakers if note.talk else ()))))

    def _entry(self, note: Note) -> Iterator[str]:
        if note.trail:
            yield f"> *{' › '.join(escaped(crumb.text) for crumb in note.trail)}*\n>"
        yield f"> {_quoted(note.text)}\n"
        for change in self.domain.changes_for(note):
            source = f" <{change.source}>" if change.source else ""
            yield f"{self.said.changed(escaped(self.said.since(change)))}{source}\n"
        line = f"{escaped(note.source)}:{note.line}"
        yield f"— {line} {self.where(note)}\n" if self.address(note) else f"— {line}\n"


def by_place(notes: Iterable[Note]) -> list[list[Note]]:
    """Return notes by the talk or report that they stand in, places and notes in the order in which they come."""
    places: dict[str, list[Note]] = {}
    for note in notes:
        places.setdefault(place(note), []).append(note)
    return list(places.values())


def _quoted(text: str) -> str:
    """Return a text as it stands inside a quotation, on as many lines as it has itself."""
    return "\n> ".join(_FIRST.sub(r"\g<0>\\", escaped(line)) for line in text.splitlines())


def escaped(text: str) -> str:
    """Return a text so that Markdown takes it for nothing but text inside a line."""
    return _MARKDOWN.sub(r"\\\g<0>", text)
