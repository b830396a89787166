"""The guide of a service to take away, as Markdown: each thing once, with who says so and where that stands."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kb.report.model import Note
from kb.search.guiding import Entry, Guide
from kb.search.quotation import Quoting, escaped
from kb.services import Change


@dataclass(frozen=True, slots=True)
class QuotedGuide:
    """A guide, and how its notes are quoted."""

    guide: Guide
    quoting: Quoting

    def lines(self) -> Iterator[str]:
        """Yield the lines of all of it, a heading for each part, under each entry all notes that say so."""
        guide, said = self.guide, self.quoting.said
        yield f"# {guide.service.name}\n"
        yield f"{said.compared(guide.compared, guide.notes)}\n"
        for name, part in guide.parts.items():
            yield from _part(said.GUIDE_PARTS[name], (line for entry in part for line in self._entry(entry)))
        yield from _part(said.GUIDE_CHANGES, (f"- {self._changed(change)}" for change in guide.changes))

    def _entry(self, entry: Entry) -> Iterator[str]:
        said = self.quoting.said
        told = said.said(entry.talks, entry.since, entry.until, entry.speakers)
        above = self.guide.under(entry)
        under = f"*{' › '.join(map(escaped, above))}*: " if above else ""
        yield f"- {under}{escaped(entry.note.text)} — {escaped(told)}"
        yield from (f"  - {said.REMEDY}: {self._note(note)}" for note in entry.remedies)
        yield from (f"  - {self._note(note)}" for note in entry.leads_to)
        yield from (f"  - {self._changed(change)}" for change in entry.changes)
        # The words of the one that tells it best stand above already.
        yield from (f"  - {self._source(one) if one.id == entry.note.id else self._note(one)}" for one in entry.notes)

    def _changed(self, change: Change) -> str:
        source = f" <{change.source}>" if change.source else ""
        return f"{escaped(self.quoting.said.since(change))}{source}"

    def _note(self, note: Note) -> str:
        """Return a note with its talk, its event, its day, and where it can be read."""
        return f"{escaped(note.text)} — {self._source(note)}"

    def _source(self, note: Note) -> str:
        return f"{escaped(self.quoting.told(note))} {self.quoting.where(note)}"


def _part(title: str, lines: Iterable[str]) -> Iterator[str]:
    """Yield a part under its heading, nothing where it is empty."""
    if told := list(lines):
        yield f"## {title}\n"
        yield from told
        yield ""
