"""The parts of reports that assistants read: numbered lines with what kb believes of each."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib.resources import files
from typing import Any, Literal, TypeAlias, get_args

from index.datafiles import CONTROL
from kb.library.contents import ReportEntry
from kb.pipeline.reports import report_key
from kb.report.identity import digest
from kb.report.model import Kind, LineReading, LineRole, Note, Talk
from kb.report.outline import Outline
from kb.search.records import as_json
from kb.services import Domain
from kb.talks import line_keys, lines_of
from kb.talks.lines import Line, ends_of

Is: TypeAlias = LineRole | Kind
Record: TypeAlias = dict[str, Any]

GUIDE = (files("kb.assistant") / "guide.txt").read_text("utf-8").rstrip()
"""How to read the lines of a part, for assistants and for the prompt of a model."""

ROLES: tuple[LineRole, ...] = get_args(LineRole)
MAX_TOKENS = 4_000  # of a part, as an assistant gets it
BYTES_PER_TOKEN = 3  # a character of Japanese in UTF-8 has three, and is about a token
_MAX_PART = (MAX_TOKENS - 300) * BYTES_PER_TOKEN  # bytes of its lines; the rest are its title, event and names
_MAX_TEXT = 1_500  # characters of a line that are shown; a paragraph may be longer


@dataclass(frozen=True, slots=True)
class PartLine:
    """A line of a report, with its number among the lines that have text, and its key (`kb.talks.line_keys`).

    `note` or `talk` is what kb has there. `needs` is what an answer must say: a role for a heading or a talk, a kind
    for a note, nothing for a further line of a paragraph or a row of a table.
    """

    number: int
    key: str
    line: Line
    text: str  # of the whole note, if the note has one line
    needs: Literal["role", "kind", ""]
    note: Note | None = None
    talk: Talk | None = None
    is_part: bool = False  # a heading inside a talk

    @property
    def believed(self) -> Is | None:
        """The role or kind that kb believes of the line."""
        if self.talk:
            return "talk"
        return self.note.kind if self.note else ("part" if self.is_part else "other") if self.needs else None


@dataclass(frozen=True)
class Part:
    """A part of a report as an assistant gets it: `lines` in file order, of which it reads the `unread` ones.

    `id` is random, so that no text of a report can name the part of another one.
    """

    entry: ReportEntry
    outline_title: str
    lines: tuple[PartLine, ...]
    unread: frozenset[int]
    domain: Domain = field(repr=False)
    id: str = field(default_factory=lambda: secrets.token_hex(4))

    @property
    def key(self) -> str:
        """A key of the report's bytes and the lines, the same in each process."""
        return digest(self.entry.digest, *(line.key for line in self.lines), length=16)

    @property
    def report_key(self) -> str:
        """The key of the reading of the report as a whole."""
        return report_key(self.outline_title)

    @cached_property
    def by_number(self) -> Mapping[int, PartLine]:
        """The lines by their numbers."""
        return {line.number: line for line in self.lines}

    @cached_property
    def by_note(self) -> Mapping[str | None, PartLine]:
        """The lines by the ids of their notes."""
        return {line.note.id: line for line in self.lines if line.note}

    def record(self) -> Record:
        """Return the part as JSON: the report, what kb believes of it, and the lines."""
        entry = self.entry
        return {
            "part": self.id,
            "report": {"title": _shown(entry.title, 200), "event": entry.event, "day": entry.held_on},
            "lines": [self._line_record(line) for line in self.lines],
        }

    def _line_record(self, line: PartLine) -> Record:
        record: Record = {"line": line.number, "text": _shown(line.text, _MAX_TEXT)}
        if line.line.level:
            record["heading"] = line.line.level
        elif line.line.depth:
            record["depth"] = line.line.depth
        if line.needs and line.number not in self.unread:
            record["read"] = True
        if line.believed:
            record["is"] = line.believed
        return record | self.beliefs(line)

    def beliefs(self, line: PartLine) -> Record:
        """Return what kb believes of a line besides what it is; a key is missing for nothing."""
        if line.talk:
            return {"title": line.talk.title, "speakers": list(line.talk.speakers)}
        note = line.note
        if note is None:
            return {}
        remedied, answered = self.by_note.get(note.remedy_of), self.by_note.get(note.answers)
        found: Record = {
            "services": [self.domain.catalogue.by_slug[one.service].short_name for one in note.services],
            "remedies": remedied and remedied.number,
            "answers": answered and answered.number,
            "about": note.about if note.about != "matter" else "",
            "outdated_by": {change.id: change.statement for change in self.domain.changes_for(note)},
        }
        return {name: value for name, value in found.items() if value}


def lines_with_beliefs(outline: Outline, entry: ReportEntry, notes: Sequence[Note]) -> list[PartLine]:
    """Return the lines of a report's outline with what the index has of each."""
    lines = lines_of(outline.blocks)
    of_notes = {note.line: note for note in reversed(notes)}
    of_talks = {talk.line: talk for talk in entry.talks}
    inside = _inside_talks(lines, of_talks)
    # The title may be a talk and in no line.
    above = {crumb.line for note in notes if note.talk for crumb in note.trail}
    found, seen = [], set[int]()
    for number, (line, key) in enumerate(zip(lines, line_keys(lines), strict=True), start=1):
        is_first = line.number not in seen  # of those that share a line of the file
        seen.add(line.number)
        talk = of_talks.get(line.number) if is_first else None
        note = of_notes.get(line.number) if is_first and not talk else None
        needs: Literal["role", "kind", ""] = "role" if talk or line.level else "kind" if note else ""
        goes_on = number < len(lines) and lines[number].block == line.block
        text = note.text if note and not goes_on else line.text
        found.append(PartLine(number, key, line, text, needs, note, talk, number - 1 in inside or line.number in above))
    return found


def _inside_talks(lines: Sequence[Line], talks: Mapping[int, Talk]) -> frozenset[int]:
    """Return the indices of the headings inside the sections of talks."""
    ends = ends_of(lines)
    return frozenset(
        j for i, line in enumerate(lines) if line.level and line.number in talks for j in range(i + 1, ends[i])
    )


def parts_of(whole: Part, read: Mapping[str, LineReading]) -> Iterator[Part]:
    """Yield the parts of a report with unread lines, each of at most `MAX_TOKENS`; they begin at headings if possible.

    A line is read if an assistant has read it, also if a person took that back.
    """
    lines = whole.lines
    sizes = [len(as_json(whole._line_record(line)).encode()) + 2 for line in lines]  # noqa: SLF001
    begin = size = 0
    for at, own in enumerate((*sizes, _MAX_PART)):
        if at > begin and size + own > _MAX_PART:
            end = _cut(lines, begin, at) if at < len(lines) else at
            some = lines[begin:end]
            unread = frozenset(line.number for line in some if line.needs and line.key not in read)
            if unread:
                yield Part(whole.entry, whole.outline_title, some, unread, whole.domain)
            size, begin = sum(sizes[end:at]), end
        size += own


def _cut(lines: Sequence[PartLine], begin: int, end: int) -> int:
    """Return where a part that must end before `end` ends best: before the last heading of its second half, if any."""
    headings = (at for at in range(end, (begin + end) // 2, -1) if lines[at].needs == "role")
    return next(headings, end)


def _shown(text: str, most: int) -> str:
    text = CONTROL.sub(" ", text)
    return text if len(text) <= most else text[:most] + "…"
