"""The labels of reports by careful readers (`data/labels`), and the agreement of kb's reports with them."""

import csv
import difflib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NamedTuple

from kb.report.identity import event_key
from kb.report.model import Report

LABELS = Path("data/labels")
_YEAR_LENGTH = 4
_MIN_SIMILARITY = 0.9  # of two spellings of one title
_PLACE = re.compile(r"(\d+):(\d+)-(\d+)")
_LINE_BEFORE = re.compile(r"(\d+):(?=\D|\d+[:：時])")

Span = tuple[int, str]
"""The line number of a text, and the text."""


@dataclass(frozen=True, slots=True)
class LabelledTalk:
    """A talk as a reader labelled it."""

    line: int
    title: Span
    speakers: tuple[Span, ...] = ()
    affiliations: tuple[Span, ...] = ()
    track: tuple[Span, ...] = ()
    time: tuple[Span, ...] = ()


class Bullet(NamedTuple):
    """The labels of a bullet or paragraph; `-` is none."""

    explicit: str = "-"
    inherited: str = "-"
    kind: str = "-"
    pair: str = "-"
    question: str = "-"
    about: str = "-"


@dataclass(slots=True)
class Labelled:
    """The labels of a report."""

    file: Path
    author: str
    kind: str  # `notes`, which were collected, or `written` for the purpose
    event: str = ""
    held_on: str = ""
    talks: list[LabelledTalk] = field(default_factory=list)
    headings: dict[int, str] = field(default_factory=dict)
    bullets: dict[int, Bullet] = field(default_factory=dict)  # by line
    last: int = 1_000_000  # the last line that was read


def labelled(folder: Path) -> list[Labelled]:
    """Return the labels of the collected reports, which are in `folder`/notes, and of the written ones."""
    return [*_collected(folder / "notes"), *_written()]


def with_bullets(reports: Iterable[Labelled]) -> list[Labelled]:
    """Return the written reports, and the collected ones with labelled bullets."""
    return [one for one in reports if one.bullets or one.kind == "written"]


def also_labelled(folder: Path) -> Iterator[Labelled]:
    """Yield the labels of further collected reports, which are in `folder` with a table of their authors."""
    authors = dict(rows(folder / "authors.tsv")[1:])
    reports: dict[str, Labelled] = {}
    for name, line, *cells in rows(folder / "labels.tsv")[1:]:
        if name not in reports:
            reports[name] = Labelled(next(folder.glob(f"{name}.*")), authors[name], "notes")
        reports[name].bullets[int(line)] = _bullet(cells)
    yield from reports.values()


def _collected(notes: Path) -> Iterator[Labelled]:
    names = dict(rows(LABELS / "documents.tsv"))
    by_document = defaultdict[str, list[list[str]]](list)
    for number, sort, line, _, *cells in rows(LABELS / "notes.tsv")[1:]:
        by_document[number].append([sort, line, *cells])
    for number, own in by_document.items():
        file = notes / names[number]
        if not file.exists():  # a folder of labels may lack some of the reports
            continue
        lines = file.read_bytes().decode("utf-8", "replace").replace("\r\n", "\n").split("\n")
        yield _read(Labelled(file, names[number].split("/")[0], "notes"), own, partial(_places, lines))


def _written() -> Iterator[Labelled]:
    for file in sorted((LABELS / "reports").glob("*.labels.tsv")):
        report = next(one for one in file.parent.glob(file.name.replace(".labels.tsv", ".*")) if one.suffix != ".tsv")
        yield _read(Labelled(report, report.stem, "written"), rows(file), _texts)


def _places(lines: Sequence[str], cell: str, _: int) -> tuple[Span, ...]:
    """Return the texts at the places of a cell: `12:3-9` is six characters of line 12."""
    places = (tuple(map(int, match)) for match in _PLACE.findall(cell))
    return tuple((line, lines[line - 1][begin:end]) for line, begin, end in places)


def _texts(cell: str, line: int) -> tuple[Span, ...]:
    """Return the texts in a cell; one that begins with `12:` is on line 12, any other on the line of the row."""
    return tuple((at, text) for at, text in (_text(part, line) for part in cell.split(";")) if text != "-")


def _text(text: str, line: int) -> Span:
    match = _LINE_BEFORE.match(text)
    return (int(match[1]), text[match.end() :]) if match else (line, text)


def _read(report: Labelled, table: Iterable[list[str]], spans: Callable[[str, int], tuple[Span, ...]]) -> Labelled:
    """Return a report with the labels of a table; `spans` reads a cell with texts of the report."""
    for sort, at, *cells in table:
        line = int(at) if at.isdigit() else 0
        if sort == "B":
            report.bullets[line] = _bullet(cells)
        elif sort == "E":
            report.event = "".join(text for _, text in spans(cells[0], line)) or report.event
        elif sort == "D":
            report.held_on = report.held_on or cells[0]
        elif sort == "T":
            # A title of a written report is one text, even with a semicolon.
            title = spans(cells[0], line) if report.kind == "notes" else (_text(cells[0], line),)
            whole = (title[0][0], "".join(text for _, text in title)) if title else (line, "")
            report.talks.append(LabelledTalk(line, whole, *(spans(cell, line) for cell in cells[1:5])))
        elif sort == "H":
            report.headings[line] = cells[0]
        elif sort == "N" and "stopped" in cells:
            report.last = line
    return report


def _bullet(cells: Sequence[str]) -> Bullet:
    return Bullet(*(cell.strip() or "-" for cell in cells[: len(Bullet._fields)]))


def rows(file: Path) -> list[list[str]]:
    """Return the cells of a table."""
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def folded(text: str | None) -> str:
    """Return a title or name without white space, width, case, brackets and quotes."""
    folded_text = unicodedata.normalize("NFKC", text or "").lower()
    return re.sub(r"[\s「」『』【】〈〉《》()\[\]\"'“”・:：|｜/@*`~〜–—-]", "", folded_text)


def are_similar(title: str, other: str) -> bool:
    """Return whether two titles are spellings of one."""
    title, other = folded(title), folded(other)
    matcher = difflib.SequenceMatcher(None, title, other, autojunk=False)
    return bool(title and other) and (title == other or matcher.ratio() >= _MIN_SIMILARITY)


def f1(counts: Sequence[int]) -> float:
    """Return F1 of (hits, labelled, found)."""
    return 2 * counts[0] / max(counts[1] + counts[2], 1)


def summed(counts: Iterable[tuple[int, int, int]]) -> tuple[int, int, int]:
    """Return the sums of (hits, labelled, found)."""
    hits, labels, found = zip(*counts, strict=True)
    return sum(hits), sum(labels), sum(found)


def compared(report: Report, labels: Labelled) -> dict[str, tuple[int, int, int]]:
    """Return (hits, labelled, found) for a report's event, day, talks and, in the talks found, titles and speakers."""
    left = [talk for talk in report.talks if talk.line <= labels.last]
    found = len(left)
    pairs = []
    for talk in labels.talks:
        near = [one for one in left if one.line in (talk.line, talk.title[0])]
        same = [one for one in near if are_similar(one.title, talk.title[1])] or near
        same = same or [one for one in left if are_similar(one.title, talk.title[1])]
        if same:
            left.remove(same[0])
            pairs.append((talk, same[0]))
    names = [({folded(name) for _, name in a.speakers}, {folded(name) for name in b.speakers}) for a, b in pairs]
    return {
        "talks": (len(pairs), len(labels.talks), found),
        "titles": (sum(are_similar(b.title, a.title[1]) for a, b in pairs), len(pairs), len(pairs)),
        "speakers": (
            sum(len(one & other) for one, other in names),
            sum(len(one) for one, _ in names),
            sum(len(other) for _, other in names),
        ),
        "events": _same(labels.event, report.event, _same_event),
        "days": _same(labels.held_on or _named_year(labels.event, report.held_on), report.held_on, _same_day),
    }


def _same_event(label: str, found: str) -> bool:
    if event_key(label) == event_key(found):
        return True
    label, found = folded(label), folded(found)
    return label in found or found in label


def _same_day(label: str, found: str) -> bool:
    return label.startswith(found) or found.startswith(label)


def _named_year(event: str, found: str | None) -> str:
    """Return the year that was found if the event's name has it: readers labelled no day then, but it is right."""
    return found if found and len(found) == _YEAR_LENGTH and found in event else ""


def _same(label: str, found: str | None, same: Callable[[str, str], bool]) -> tuple[int, int, int]:
    return int(bool(label and found and same(label, found))), int(bool(label)), int(bool(found))
