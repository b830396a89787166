"""Notes and guides in Markdown: a citation of one note, or a sheet of many."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kb.report.model import Note
from kb.search.facets import by_place
from kb.services import Change, Domain
from kb.translation import _
from kb.wording import GUIDE_PARTS, LIKELY, changed_since, compared, dated, listed, said, since, years

if TYPE_CHECKING:
    from kb.search.guide import Guide, GuideEntry

# Markup inside a line: `_` not inside a word, and `&` only before the name of a character;
_MARKDOWN = re.compile(r"[\\`*\[\]<~]|(?<![^\W_])_|_(?![^\W_])|&(?=#?\w+;)")
# and at the beginning of a line: 「1.」, too, begins a list. A digit cannot be escaped.
_FIRST = re.compile(r"^\s*(?:\d+(?=[.)])|(?=[#>+=-]))")


@dataclass(frozen=True, slots=True)
class Quoting:
    """Quotes notes; `domain` has the dated changes, `address` returns the address of a note, None if unknown."""

    domain: Domain
    address: Callable[[Note], str | None]

    def citation(self, note: Note) -> str:
        """Return a note as a quotation: its text, talk, event, date and address."""
        return f"> {_quoted(note.text)}\n>\n> — {self._source(note)}\n"

    def sheet(self, notes: Iterable[Note]) -> Iterator[str]:
        """Yield the lines of a sheet: a heading for each talk, and its notes in their order."""
        for own in by_place(notes, lambda note: note).values():
            yield f"## {escaped(own[0].place_title)}\n"
            yield f"{escaped(self.source(own[0]))}\n"
            for note in own:
                if note.trail:
                    yield f"> *{' › '.join(escaped(crumb.text) for crumb in note.trail)}*\n>"
                yield f"> {_quoted(note.text)}\n"
                for change in self.domain.changes_for(note):
                    yield f"{changed_since(self._change(change))}\n"
                address = self.address(note)
                yield f"— {escaped(note.source)}:{note.line}{f' <{address}>' if address else ''}\n"

    def item(self, note: Note, remedies: Iterable[Note] = ()) -> Iterator[str]:
        """Yield a note as an item of a list, with its source, its remedies and its dated changes."""
        yield f"- {self._with_source(note)}"
        yield from (f"  - {_('Remedy')}: {self._with_source(remedy)}" for remedy in remedies)
        yield from (f"  - {self._change(change)}" for change in self.domain.changes_for(note))

    def source(self, note: Note) -> str:
        """Return the event, date and speakers of a note."""
        held = dated(note.event or _("event unknown"), note)
        return listed((held, *(note.talk.speakers if note.talk else ())))

    def guide(self, guide: "Guide") -> Iterator[str]:
        """Yield the lines of a guide: a heading for each part, and below each entry all its notes."""
        yield f"# {guide.service.name}\n"
        yield f"{compared(guide.compared, guide.notes)}\n"
        for name, part in guide.parts.items():
            lines = (line for entry in part for line in self._guide_entry(entry, guide.subject(entry)))
            yield from _guide_part(_(GUIDE_PARTS[name]), lines)
        yield from _guide_part(_("What has changed"), (f"- {self._change(change)}" for change in guide.changes))

    def _guide_entry(self, entry: "GuideEntry", above: tuple[str, ...]) -> Iterator[str]:
        said_by = said(entry.talks, years(entry.since, entry.until, entry.published), entry.speakers)
        under = f"*{' › '.join(map(escaped, above))}*: " if above else ""
        mark = f" ({_(LIKELY[entry.likely])})" if entry.likely else ""
        yield f"- {under}{escaped(entry.note.text)}{mark} — {escaped(said_by)}"
        remedy = _("Remedy")
        yield from (f"  - {remedy}: {self._with_source(note)}" for note in entry.remedies)
        yield from (f"  - {self._with_source(note)}" for note in entry.leads_to)
        yield from (f"  - {self._change(change)}" for change in entry.changes)
        for note in entry.notes:  # the text of the best note is above already
            yield f"  - {self._source(note) if note.id == entry.note.id else self._with_source(note)}"

    def _with_source(self, note: Note) -> str:
        return f"{escaped(note.text)} — {self._source(note)}"

    def _source(self, note: Note) -> str:
        """Return the talk or report, speakers, event and date of a note, and its address or file and line."""
        talk = listed((note.place_title, *(note.talk.speakers if note.talk else ()), note.event))
        address = self.address(note)
        where = f"<{address}>" if address else f"{escaped(note.source)}:{note.line}"
        return f"{escaped(dated(talk, note))} {where}"

    def _change(self, change: Change) -> str:
        source = f" <{change.source}>" if change.source else ""
        return f"{escaped(since(change))}{source}"


def _guide_part(title: str, lines: Iterable[str]) -> Iterator[str]:
    if part := list(lines):
        yield from (f"## {title}\n", *part, "")


def _quoted(text: str) -> str:
    return "\n> ".join(_FIRST.sub(r"\g<0>\\", escaped(line)) for line in text.splitlines())


def escaped(text: str) -> str:
    """Return a text with its Markdown inside a line escaped."""
    return _MARKDOWN.sub(r"\\\g<0>", text)
