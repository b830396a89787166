"""The list of what assistants read differently from kb, and the routes that take it back."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from flask import Blueprint, Response, request
from msgspec.structs import replace

from kb.knowledge_base import KnowledgeBase
from kb.library.contents import ReportEntry
from kb.library.file_changes import ChangedSinceError
from kb.library.line_readings import readings_in
from kb.report.identity import own_part
from kb.report.model import LineReading
from kb.report.problems import UnreadableError
from kb.search.collection import Cached
from kb.search.results import UnknownIdError
from kb.storage.walk import readings_path
from kb.translation import _, marked, ngettext
from kb.wording import KINDS, day, listed, since
from webui.http.undo_log import Undo, UndoLog, came_from
from webui.http.uploads import RefusedError
from webui.pages.updating import Updater
from webui.wording import moment

_FIELDS = {  # of what a reading changes, in the order of the page
    "event": marked("Event"),
    "held_on": marked("Date"),
    "talk": marked("Talk"),
    "title": marked("Title"),
    "speakers": marked("Speakers"),
    "kind": marked("Kind"),
    "about": marked("About"),
    "services": marked("Services"),
    "remedy_of": marked("Remedy of"),
    "answers": marked("Answer to"),
    "changes": marked("Changed since"),
}
_ABOUT = {"matter": marked("the matter"), "event": marked("the event or the writer's day")}


@dataclass(frozen=True)
class ReadLine:
    """A line, or the title, of a report that an assistant read differently from kb."""

    report: ReportEntry
    reading: LineReading

    @cached_property
    def changes(self) -> Mapping[str, tuple[Any, Any]]:
        """The statements of kb and of the assistant, by field."""
        was, said = self.reading.was, self._said
        return {
            field: (was[field], said[field])
            for field in _FIELDS
            if field in was and said[field] is not None and _comparable(was[field]) != _comparable(said[field])
        }

    @property
    def record(self) -> dict[str, Any]:
        """The line as a JSON object."""
        one = self.reading
        changes = {field: {"before": before, "after": after} for field, (before, after) in self.changes.items()}
        return {"report": self.report, "of": one.of, "text": one.text, "by": one.by, "at": one.at, "changes": changes}

    @property
    def _said(self) -> Mapping[str, Any]:
        one, before = self.reading, self.reading.was.get("services")
        known = before if isinstance(before, list) else []
        return {
            **{field: getattr(one, field, None) for field in _FIELDS},
            "talk": one.role and one.role == "talk",
            "services": [*(slug for slug in known if slug not in one.remove), *one.add],
        }


def lines_read(knowledge_base: KnowledgeBase) -> Callable[[], list[ReadLine]]:
    """Return a function that lists what assistants read differently; it reads the files again only if one changed."""
    cached = Cached(knowledge_base.collection, lambda _stamps: read_lines(knowledge_base))

    def current() -> list[ReadLine]:
        sources = [entry.source for entry in knowledge_base.browser.reports() if entry.read_by]
        return cached(tuple(map(knowledge_base.collection.library.readings_stamp, sources)))

    return current


def read_lines(knowledge_base: KnowledgeBase) -> list[ReadLine]:
    """Return what assistants read differently from kb and nobody took back, newest first."""
    library = knowledge_base.collection.library
    found = (
        ReadLine(entry, one)
        for entry in knowledge_base.browser.reports()
        if entry.read_by
        for one in readings_in(library.readings(entry.source)).values()
        if one.was and not one.undone
    )
    return sorted((line for line in found if line.changes), key=lambda line: line.reading.at, reverse=True)


class ShownLines:
    """Lines as the page shows them: their places in their reports, and their changes as text."""

    def __init__(self, knowledge_base: KnowledgeBase, lines: Sequence[ReadLine]) -> None:
        self._browser, self._collection = knowledge_base.browser, knowledge_base.collection
        self._domain = knowledge_base.collection.domain
        self._corrections = knowledge_base.collection.library.configuration()[0].corrections
        self._places = {report: self._places_in(report) for report in {line.report.id for line in lines}}

    def note(self, line: ReadLine) -> str | None:
        """Return the id of the line's note, None if it has none."""
        return self._places[line.report.id].get(line.reading.of, ("", None))[1]

    def is_there(self, line: ReadLine) -> bool:
        """Return whether the report still has the line."""
        return line.reading.of in self._places[line.report.id] or line.reading.of.startswith("report-")

    def is_corrected(self, line: ReadLine) -> bool:
        """Return whether a person corrected the kind of the line's note, which wins."""
        note, contents = self.note(line), self._collection.contents()
        ids = contents.ids_of(line.report.id) if note and contents else ()
        found = (self._corrections.get(f"{report}/{own_part(note or '')}") for report in ids)
        return any(one.of_kind for one in found if one)

    def changes(self, line: ReadLine) -> Iterator[tuple[str, str, str]]:
        """Yield the label of each change, and the texts before and after it."""
        for field, values in line.changes.items():
            before, after = (self._text(line, field, value) for value in values)
            yield _(_FIELDS[field]), before or _("none"), after or _("none")

    def moment(self, line: ReadLine) -> str:
        """Return when the line was read."""
        try:
            return moment(datetime.fromisoformat(line.reading.at))
        except ValueError:  # of a file that somebody edited
            return line.reading.at

    def _text(self, line: ReadLine, field: str, value: object) -> str:
        text = "" if value is None else str(value)
        if field == "talk":
            return _("Yes") if value else _("No")
        if isinstance(value, list | tuple):
            names = {"services": self._domain.catalogue.name, "changes": self._change}
            return listed(map(names.get(field, str), map(str, value)))
        if field in ("remedy_of", "answers"):
            return self._places[line.report.id].get(text, (text, None))[0]
        if field == "held_on":
            return day(text) if text else ""
        return _({**KINDS, **_ABOUT}.get(text, text)) if field in ("kind", "about") else text

    def _change(self, key: str) -> str:
        change = self._domain.change(key)
        return since(change) if change else key

    def _places_in(self, report: str) -> Mapping[str, tuple[str, str | None]]:
        try:
            return self._browser.lines(report)
        except (UnknownIdError, UnreadableError, OSError):  # the file was removed or damaged since it was indexed
            return {}


def pages(knowledge_base: KnowledgeBase, updater: Updater, undo_log: UndoLog) -> Blueprint:
    """Return the route that takes back what assistants read in a line, in a report, or in all."""
    blueprint = Blueprint("assisted", __name__)
    browser, corrector = knowledge_base.browser, knowledge_base.corrector

    @blueprint.post("/todo/readings")
    def take_back() -> Response:
        report, by, of = (request.form.get(name, "") for name in ("report", "by", "of"))
        entries = (browser.entry(report),) if report or of else browser.reports()
        before: Mapping[str, Mapping[str, LineReading]] = dict(_taken_back(knowledge_base, entries, by, of))
        if of and (not before or before[entries[0].source][of].at != request.form.get("at")):
            raise ChangedSinceError(readings_path(entries[0].source))
        count = sum(map(len, before.values()))
        if not count:
            raise RefusedError(_("Nothing is chosen. Choose what to answer."), "report")
        after: Mapping[str, Mapping[str, LineReading]] = {
            source: {of: replace(one, undone=True) for of, one in own.items()} for source, own in before.items()
        }
        undo = Undo(corrector.replace_readings, corrector.replace_readings((before, after)))
        text = ngettext(
            "Took back what an assistant read in {count:,} line.",
            "Took back what assistants read in {count:,} lines.",
            count,
        )
        undo_entry = undo_log.add(text, undo)
        return undo_log.redirect_back(undo_entry, came_from("/todo?what=assistant"), synced=updater.update(0))

    return blueprint


def _taken_back(
    knowledge_base: KnowledgeBase, entries: Sequence[ReportEntry], by: str, of: str
) -> Iterator[tuple[str, Mapping[str, LineReading]]]:
    """Yield the source of each report with readings to take back, and these; `by` and `of` may be empty for all."""
    for entry in entries:
        known = readings_in(knowledge_base.collection.library.readings(entry.source))
        own = {key: one for key, one in known.items() if not one.undone and by in ("", one.by) and of in ("", key)}
        if own:
            yield entry.source, own


def _comparable(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value
