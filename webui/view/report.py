"""The notes of a report in reading order: their trees, sections by talk, and the chart of their kinds."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, groupby
from urllib.parse import quote

from msgspec import structs
from werkzeug.datastructures import MultiDict

from index.query import Query
from kb.library.contents import Contents
from kb.report.model import Crumb, Kind, Note, Talk
from webui.http.address import address_of, page_address
from webui.view.listing import Page, address, asked_page, paged

_Path = tuple[tuple[Crumb, ...], Note]  # the crumbs that still lead to a note, its own last
NOTES = 200
"""The notes on a page of a report or talk."""
AT_NOTE = "note"
"""The key of an address that asks for the page with a note."""
_KINDS: tuple[Kind, ...] = ("advice", "problem", "question")
_MIN_NOTES = 20  # of a report with a chart
_PLACES = 50  # along the chart; on a phone each is six pixels wide
HEIGHT = 18  # pixels of the highest mark
_MIN_HEIGHT = 4  # pixels


@dataclass(frozen=True, slots=True)
class Branch:
    """A line of a tree with the branches under it.

    `note` is the note of the line. A line without one has the `crumbs` that lead to the notes under it.
    """

    crumbs: tuple[Crumb, ...]
    note: Note | None
    branches: tuple["Branch", ...]


def tree(notes: Iterable[Note]) -> tuple[Branch, ...]:
    """Return the tree of notes in reading order; neighbours share the branches of their common trail."""
    return _branches([((*note.trail, Crumb(note.text, note.line, note.id)), note) for note in notes])


def below(note: Note, notes: Iterable[Note]) -> tuple[Branch, ...]:
    """Return the tree of the notes that have `note` in their trail."""
    depth = len(note.trail) + 1
    under = [other for other in notes if any(crumb.note == note.id for crumb in other.trail)]
    return tree([structs.replace(other, trail=other.trail[depth:]) for other in under])


def notes_in(branches: Iterable[Branch]) -> int:
    """Return the number of notes in a tree."""
    return sum((branch.note is not None) + notes_in(branch.branches) for branch in branches)


def _branches(paths: Sequence[_Path]) -> tuple[Branch, ...]:
    return tuple(_branch(crumb, list(group)) for crumb, group in groupby(paths, key=lambda path: path[0][0]))


def _branch(crumb: Crumb, paths: Sequence[_Path]) -> Branch:
    own = next((note for rest, note in paths if len(rest) == 1), None)
    branches = _branches([(rest[1:], note) for rest, note in paths if len(rest) > 1])
    if own is None and len(branches) == 1 and branches[0].note is None:
        return replace(branches[0], crumbs=(crumb, *branches[0].crumbs))
    return Branch((crumb,), own, branches)


@dataclass(frozen=True, slots=True)
class Section:
    """The notes of a report on one talk, or outside of talks, as a tree."""

    talk: Talk | None
    branches: tuple[Branch, ...]


@dataclass(frozen=True, slots=True)
class TocEntry:
    """An entry of the table of contents: a section, its address, and its number of notes."""

    title: str
    url: str
    notes: int


def report_url(note: Note, number: int) -> str:
    """Return the address of a note in its report; `number` is its number there, from 1."""
    page = (number - 1) // NOTES + 1
    return f"{page_address('report', note.report)}{f'?page={page}' if page > 1 else ''}#{quote(note.id)}"


def place_url(note: Note, contents: Contents | None) -> str:
    """Return the address of a note in its talk or, outside of talks, in its report."""
    path = page_address("talk", note.talk.id) if note.talk else page_address("report", note.report)
    is_long = contents and any(entry.notes > NOTES for entry in contents.reports_of_id(note.report))
    return address(path, (AT_NOTE, note.id if is_long else "")) + f"#{quote(note.id)}"


def asked_notes(path: str, notes: Sequence[Note], args: MultiDict[str, str]) -> Page[Note]:
    """Return the page of a report or talk that the arguments of an address ask for, by number or by a note."""
    places = (place for place, note in enumerate(notes) if note.id == args.get(AT_NOTE))
    place = next(places, None)
    return paged(path, notes, asked_page(args) if place is None else place // NOTES + 1, NOTES)


def sections(notes: Sequence[Note]) -> Iterator[Section]:
    """Yield the sections of notes in reading order."""
    for talk, group in groupby(notes, lambda note: note.talk):
        yield Section(talk, tree(group))


def table_of_contents(notes: Sequence[Note]) -> Iterator[TocEntry]:
    """Yield the table of contents of a report with these notes."""
    number = 1
    for _, group in groupby(notes, lambda note: note.talk):
        own = tuple(group)
        yield TocEntry(own[0].place_title, report_url(own[0], number), len(own))
        number += len(own)


@dataclass(frozen=True, slots=True)
class Mark:
    """The notes of a kind at one place of the chart: their number, and the first with its address.

    With `likely`, all of them only likely are of the kind. `left` and `width` are percentages of the chart, `height` is
    in pixels.
    """

    first: Note
    notes: int
    url: str
    likely: bool
    left: float
    width: float
    height: int


@dataclass(frozen=True, slots=True)
class Strip:
    """The notes of a kind along the report, their number, how many are only likely, and the search for them."""

    kind: Kind
    notes: int
    likely: int
    url: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """The chart of a report: a strip for each kind, and the sections with their left and width in percent."""

    strips: tuple[Strip, ...]
    sections: tuple[tuple[TocEntry, float, float], ...]


def shape(notes: Sequence[Note]) -> Shape | None:
    """Return the chart of a report with these notes, None if it has too few notes or none of these kinds."""
    places = min(len(notes), _PLACES)
    found: dict[Kind, dict[int, list[int]]] = {kind: {} for kind in _KINDS}  # indices of notes by kind and place
    for number, note in enumerate(notes):
        for kind in found.keys() & {note.kind, note.likely}:
            found[kind].setdefault(number * places // len(notes), []).append(number)
    most = max((len(own) for by_place in found.values() for own in by_place.values()), default=0)
    if len(notes) < _MIN_NOTES or not most:
        return None
    width = 100 / places

    def mark(kind: Kind, place: int, own: Sequence[int]) -> Mark:
        return Mark(
            first=notes[own[0]],
            notes=len(own),
            url=report_url(notes[own[0]], own[0] + 1),
            likely=all(notes[number].likely == kind for number in own),
            left=round(width * place, 2),
            width=round(width * 0.8, 2),
            height=max(_MIN_HEIGHT, round(HEIGHT * len(own) / most)),
        )

    strips = (
        Strip(
            kind=kind,
            notes=sum(map(len, by_place.values())),
            likely=sum(notes[number].likely == kind for own in by_place.values() for number in own),
            url=address_of(Query().select("report", notes[0].report).select("kind", kind)),
            marks=tuple(mark(kind, place, own) for place, own in by_place.items()),
        )
        for kind, by_place in found.items()
        if by_place
    )
    contents = tuple(table_of_contents(notes))
    before = accumulate((step.notes for step in contents), initial=0)
    sections = (
        (step, round(100 * begin / len(notes), 2), round(100 * step.notes / len(notes), 2))
        for step, begin in zip(contents, before, strict=False)
    )
    return Shape(tuple(strips), tuple(sections))
