"""Hands out parts of reports to assistants, and keeps what they say beside kb.toml.

An assistant has one open part at a time. It can say something about the lines of this part only, whatever a text in
them asks for; a person's corrections win over it, and a person can take each of its readings back.
"""

import datetime as dt
import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import Meta, Struct, structs

from index.datafiles import one_line
from kb.assistant.parts import ROLES, Part, PartLine, Record, lines_with_beliefs, parts_of
from kb.library.contents import ReportEntry
from kb.library.file_changes import digest_of
from kb.library.files import Library, Members
from kb.library.line_readings import readings_in
from kb.library.places import SAMPLES
from kb.readers.formats import read_outline
from kb.report.dates import is_date
from kb.report.model import About, Kind, LineReading
from kb.report.problems import FileProblem, LibraryError, UnreadableError
from kb.search.browser import Browser
from kb.search.collection import Collection as KnowledgeCollection

_MAX_PROBLEMS = 10  # that a refused answer lists
_MAX_LINES = 1_000  # of one answer; a part has about a hundred
_MAX_BEGINNING = 40  # characters of a line that its reading has, for people
_KINDS: tuple[Kind, ...] = get_args(Kind)

_Text = Annotated[str, Meta(max_length=200)]
_Names = Annotated[tuple[Annotated[str, Meta(max_length=100)], ...], Meta(max_length=30)]


class LineAnswer(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The answer of an assistant on a line."""

    line: Annotated[int, Meta(ge=1, le=1_000_000, description="The number of the line.")]
    is_: Literal["talk", "part", "other", "advice", "problem", "question", "statement", "impression", "label"] = (
        msgspec.field(name="is")
    )
    title: Annotated[_Text, Meta(description="Of a talk.")] | None = None
    speakers: Annotated[_Names, Meta(description="Of a talk; [] if nobody is named.")] | None = None
    about: About | None = None
    services: _Names | None = None
    remedies: Annotated[int, Meta(ge=0, le=1_000_000)] | None = None
    answers: Annotated[int, Meta(ge=0, le=1_000_000)] | None = None
    outdated_by: _Names | None = None


class PartAnswers(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The answers of an assistant on a part: on each of its unread lines, and on the report."""

    lines: Annotated[tuple[LineAnswer, ...], Meta(max_length=_MAX_LINES)]
    event: Annotated[_Text, Meta(description='"" if the report names none')] | None = None
    day: Annotated[str, Meta(max_length=10, description='2018, 2018-03 or 2018-03-10; "" for none')] | None = None


class RefusedReadingsError(ValueError):
    """Answers that cannot be kept, with a line for each problem; nothing of them was kept."""


class StalePartError(RefusedReadingsError):
    """The report of the part has changed since."""


def every_source(_source: str) -> bool:
    """Return True: every report is to be read."""
    return True


class Readings:
    """The readings of a library, by assistants."""

    def __init__(self, collection: KnowledgeCollection) -> None:
        self._collection = collection
        self._browser = Browser(collection)
        self._open: dict[str, Part] = {}  # by assistant
        self._read_whole: dict[str, tuple[str, object]] = {}  # by source: digest, and stamp of readings, of reports
        self._lock = threading.Lock()

    def next_part(
        self, assistant: str, skip: Collection[str] = (), wanted: Callable[[str], bool] = every_source
    ) -> Part | None:
        """Return what an assistant reads next, which is its open part from now on; None if everything is read.

        That is the first part with unread lines of the report whose file is the newest: out of order, readers lost
        what the lines before decide. `skip` are the keys of parts to leave out, `wanted` says of which sources it
        reads. The index must be current. Raises SearchIndexError, LibraryError.
        """
        part = next((one for one in self.parts(wanted) if one.key not in skip), None)
        with self._lock:
            known = self._open.pop(assistant, None)
            if part:
                if known and (known.key, known.unread) == (part.key, part.unread):  # it asks again: the id stays
                    part = replace(part, id=known.id)
                self._open[assistant] = part
        return part

    def parts(self, wanted: Callable[[str], bool] = every_source) -> Iterator[Part]:
        """Yield all parts with unread lines, those of the newest files first. Raises SearchIndexError, LibraryError."""
        members = lru_cache(1)(self._library().members)  # else an export would be divided again for each of its posts
        for entry in self._newest_files(wanted):
            yield from self._parts_of(entry, members)

    def put(self, assistant: str, part_id: str, answers: PartAnswers) -> Record:
        """Keep what an assistant says of its open part; return how many lines, and how many differ from kb's belief.

        Raises RefusedReadingsError if it is not the open part, if its file has changed since, or if an answer is
        invalid or missing: then nothing is kept. Raises LibraryError if it cannot be written.
        """
        part = self._open_part(assistant, part_id)
        if problems := [*_problems(part, answers)]:
            more = [f"and {len(problems) - _MAX_PROBLEMS} more problems"] if len(problems) > _MAX_PROBLEMS else []
            raise RefusedReadingsError("\n".join([*problems[:_MAX_PROBLEMS], *more, "Nothing was kept."]))
        at = dt.datetime.now(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        said = {one.of: one for one in _readings(part, answers, assistant, at)}
        taken_back: list[str] = []

        def kept(before: Mapping[str, LineReading]) -> Mapping[str, LineReading | None]:
            taken_back.extend(of for of in said if of in before and before[of].undone)
            return {
                # What kb said before a first reading is what a person compares it with.
                of: structs.replace(one, was={**one.was, **before[of].was}) if of in before else one
                for of, one in said.items()
                if of not in taken_back
            }

        self._library().keep_readings(part.entry.source, kept)
        differ = sum(bool(one.was) for of, one in said.items() if of not in taken_back)
        return {"read": len(answers.lines), "differ": differ, "taken_back_by_a_person": len(taken_back)}

    def undo(self, assistant: str, part_id: str) -> Record:
        """Take out what an assistant said of its open part; return how many lines are unread again.

        Raises RefusedReadingsError if it is not its open part, LibraryError if it cannot be written.
        """
        part = self._open_part(assistant, part_id)
        keys = {part.report_key, *(line.key for line in part.lines)}

        def without(before: Mapping[str, LineReading]) -> Mapping[str, LineReading | None]:
            return {of: None for of, one in before.items() if of in keys and one.by == assistant and not one.undone}

        return {"undone": self._library().keep_readings(part.entry.source, without)}

    def _open_part(self, assistant: str, part_id: str) -> Part:
        """Return the open part of an assistant, whose file is as it was. Raises RefusedReadingsError."""
        with self._lock:
            part = self._open.get(assistant)
        if part is None or part.id != part_id:
            raise RefusedReadingsError(f"part {part_id!r} is not the one that you read now; ask for the next one")
        if self._library().digest(part.entry.source) != part.entry.digest:
            raise StalePartError("the report has changed since; ask for the next part")
        return part

    def _library(self) -> Library:
        if self._collection.is_samples:
            raise LibraryError("{0}: these are the bundled samples; they stay as they are", SAMPLES)
        return self._collection.library

    def _newest_files(self, wanted: Callable[[str], bool]) -> list[ReportEntry]:
        """Return the wanted reports in the index, those in the newest files first."""
        library, contents = self._library(), self._collection.contents()

        def age(entry: ReportEntry) -> float:
            with suppress(OSError):
                return -library.file(library.container(entry.source) or entry.source).stat().st_mtime
            return 0.0

        return sorted((one for one in contents.reports if wanted(one.source)), key=age) if contents else []

    def _parts_of(self, entry: ReportEntry, members: Members | None = None) -> list[Part]:
        """Return the parts of a report with unread lines; none while the index has another state of its file."""
        library, problems = self._library(), list[FileProblem]()
        state = entry.digest, library.readings_stamp(entry.source)
        if self._read_whole.get(entry.source) == state:
            return []
        try:
            data = library.data(entry.source, members)
            kept = library.readings(entry.source, problems)
            # If the file of readings cannot be read, answers cannot be kept.
            if digest_of(data) != entry.digest or any(problem.line is None for problem in problems):
                return []
            outline = read_outline(data, entry.source)
        except (OSError, UnreadableError):  # the next sync says so
            return []
        notes = self._browser.report(entry.id)[1]
        lines = tuple(lines_with_beliefs(outline, entry, notes))
        whole = Part(entry, outline.title or "", lines, frozenset(), self._collection.domain)
        parts = list(parts_of(whole, readings_in(kept)))
        if not parts:
            self._read_whole[entry.source] = state
        return parts


def _problems(part: Part, answers: PartAnswers) -> Iterator[str]:
    """Yield why answers cannot be kept, each with its line."""
    lines = part.by_number
    counts = Counter(answer.line for answer in answers.lines)
    for number in (number for number, count in counts.items() if count > 1):
        yield f"line {number} has more than one answer"
    for answer in answers.lines:
        line = lines.get(answer.line)
        found = _line_problems(part, line, answer) if line else ["is not in this part"]
        yield from (f"line {answer.line} {problem}" for problem in found)
    if missing := sorted(part.unread - counts.keys()):
        yield f"these lines have no answer: {', '.join(map(str, missing[:50]))}"
    if answers.day and not is_date(answers.day):
        yield f"day cannot be {answers.day!r}; write 2018, 2018-03 or 2018-03-10"


def _line_problems(part: Part, line: PartLine, answer: LineAnswer) -> Iterator[str]:
    """Yield why the answer to a line cannot be kept."""
    if answer.is_ == "part" and line.needs != "role":
        yield "is no heading: it cannot be 'part'; say its kind, or talk or other"
    elif answer.is_ in _KINDS and line.line.level:
        yield "is a heading: say talk, part or other"
    elif answer.is_ in _KINDS and not line.needs:
        yield "is no note of its own: leave it out, or say talk or other"
    catalogue = part.domain.catalogue
    for name in answer.services or ():
        if catalogue.find(name) is None:
            near = ", ".join(service.short_name for service in catalogue.near(name))
            yield f"no service is known as {name!r}" + (f"; known are {near}" if near else "; leave it out")
    for name in ("remedies", "answers"):
        number = getattr(answer, name)
        if number and (number == line.number or not (other := part.by_number.get(number)) or not other.note):
            yield f"{name} cannot be {number}: say the number of another note of this part, or 0"
    shown = part.beliefs(line).get("outdated_by", {})
    for change in answer.outdated_by or ():
        if change not in shown:
            yield f"outdated_by cannot be {change!r}: " + (
                f"shown are {', '.join(shown)}" if shown else "none is shown"
            )


def _readings(part: Part, answers: PartAnswers, assistant: str, at: str) -> Iterator[LineReading]:
    """Yield the readings that valid answers make, each with what kb believed where it differs."""
    entry, lines = part.entry, part.by_number
    event, day = answers.event if answers.event is None else one_line(answers.event), answers.day
    was: dict[str, Any]
    if event is not None or day is not None:
        was = {} if event is None or event == (entry.event or "") else {"event": entry.event}
        was |= {} if day is None or day == (entry.held_on or "") else {"held_on": entry.held_on}
        text = part.outline_title[:_MAX_BEGINNING]
        yield LineReading(part.report_key, assistant, at, text, event=event, held_on=day, was=was)
    for answer in answers.lines:
        line = lines[answer.line]
        said = _of_talk(answer) if answer.is_ in ROLES or line.needs == "role" else {}
        said |= _of_note(part, line, answer) if answer.is_ in _KINDS else {}
        if answer.is_ == "other" and line.note:  # it ends the talk above
            said["kind"] = "label"
        was = {name: before for name, before in _before(part, line).items() if name in said and said[name] != before}
        if "add" in said or "remove" in said:
            was["services"] = [mention.service for mention in line.note.services] if line.note else []
        if line.talk and answer.is_ != "talk":
            was = {"talk": True}
        elif answer.is_ == "talk" and not line.talk:
            was = {"talk": False}
        yield LineReading(line.key, assistant, at, line.line.text[:_MAX_BEGINNING], **said, was=was)


def _of_talk(answer: LineAnswer) -> dict[str, Any]:
    """Return what is said of the role of a line, and of the talk that begins there."""
    if answer.is_ != "talk":
        return {"role": answer.is_ if answer.is_ in ROLES else "other"}
    said: dict[str, Any] = {"role": "talk"}
    if title := one_line(answer.title):
        said["title"] = title
    if answer.speakers is not None:
        said["speakers"] = tuple(dict.fromkeys(filter(None, map(one_line, answer.speakers))))
    return said


def _of_note(part: Part, line: PartLine, answer: LineAnswer) -> dict[str, Any]:
    """Return what is said of a note."""
    said: dict[str, Any] = {"kind": answer.is_}
    if answer.about:
        said["about"] = answer.about
    if answer.services is not None:
        found = dict.fromkeys(service.slug for name in answer.services if (service := part.domain.catalogue.find(name)))
        before = [mention.service for mention in line.note.services] if line.note else []
        added, removed = (tuple(slug for slug in found if slug not in before), tuple(set(before) - found.keys()))
        said |= {"add": added} if added else {}
        said |= {"remove": removed} if removed else {}
    for field, number in (("remedy_of", answer.remedies), ("answers", answer.answers)):
        if number is not None:
            said[field] = part.by_number[number].key if number else ""
    if answer.outdated_by is not None:
        said["changes"] = tuple(dict.fromkeys(answer.outdated_by))
    return said


def _before(part: Part, line: PartLine) -> Mapping[str, object]:
    """Return what kb believes of a line, as a reading has it."""
    if line.talk:
        return {"title": line.talk.title, "speakers": line.talk.speakers}
    note = line.note
    if note is None:
        return {}
    remedied, answered = part.by_note.get(note.remedy_of), part.by_note.get(note.answers)
    return {
        "kind": note.kind,
        "about": note.about,
        "remedy_of": remedied.key if remedied else "",
        "answers": answered.key if answered else "",
        "changes": tuple(change.id for change in part.domain.changes_for(note)),
    }
