"""The notes of a report as they stood in it: in trees, under its talks, and drawn along it as its shape."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, groupby
from urllib.parse import quote

from msgspec import structs

from index.query import Query
from kb.report.model import Crumb, Kind, Note, Talk
from webui.http.address import address_of, page_address

_Path = tuple[tuple[Crumb, ...], Note]  # what is left of the way to a note, itself last
NOTES = 200
"""How many of a report or talk a page shows."""
_KINDS: tuple[Kind, ...] = ("advice", "problem", "question")
_FEWEST = 20  # notes of a report that has a shape
_PLACES = 50  # along it: on a phone each is six pixels wide
HEIGHT = 18  # pixels, of the highest mark
_LOWEST = 4


@dataclass(frozen=True, slots=True)
class Branch:
    """One line of the tree and what stands under it.

    `note` is the note of the line; None where it only leads to notes: then `crumbs` are the steps that lead there.
    """

    crumbs: tuple[Crumb, ...]
    note: Note | None
    branches: tuple["Branch", ...]


def tree(notes: Iterable[Note]) -> tuple[Branch, ...]:
    """Return the tree of notes given in reading order; the part of their trails that neighbours share is one branch."""
    return _grown([((*note.trail, Crumb(note.text, note.line, note.id)), note) for note in notes])


def below(note: Note, notes: Iterable[Note]) -> tuple[Branch, ...]:
    """Return the tree of those of the notes that stand under a note."""
    depth = len(note.trail) + 1
    under = [other for other in notes if any(crumb.note == note.id for crumb in other.trail)]
    return tree(structs.replace(other, trail=other.trail[depth:]) for other in under)


def notes_in(branches: Iterable[Branch]) -> int:
    """Return how many notes a tree holds."""
    return sum((branch.note is not None) + notes_in(branch.branches) for branch in branches)


def _grown(paths: Sequence[_Path]) -> tuple[Branch, ...]:
    return tuple(_branch(crumb, list(below)) for crumb, below in groupby(paths, key=lambda path: path[0][0]))


def _branch(crumb: Crumb, paths: Sequence[_Path]) -> Branch:
    own = next((note for rest, note in paths if len(rest) == 1), None)
    branches = _grown([(rest[1:], note) for rest, note in paths if len(rest) > 1])
    if own is None and len(branches) == 1 and branches[0].note is None:
        return replace(branches[0], crumbs=(crumb, *branches[0].crumbs))
    return Branch((crumb,), own, branches)


@dataclass(frozen=True, slots=True)
class Section:
    """The notes of a report on one talk, or outside of talks, in their tree."""

    talk: Talk | None
    branches: tuple[Branch, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """A line of the list of contents: a section, its address, and how many notes it has."""

    title: str
    url: str
    notes: int


def report_url(note: Note, number: int) -> str:
    """Return the address of a note, which has a number from 1, in the whole of its report."""
    page = (number - 1) // NOTES + 1
    return f"{page_address('report', note.report)}{f'?page={page}' if page > 1 else ''}#{quote(note.id)}"


def sections(notes: Sequence[Note]) -> Iterator[Section]:
    """Yield the notes of a report, in reading order, in the trees of its talks."""
    for talk, group in groupby(notes, lambda note: note.talk):
        yield Section(talk, tree(group))


def steps(notes: Sequence[Note]) -> Iterator[Step]:
    """Yield the sections of a whole report, each with the address where it begins."""
    number = 1
    for _, group in groupby(notes, lambda note: note.talk):
        own = tuple(group)
        yield Step(own[0].place_title, report_url(own[0], number), len(own))
        number += len(own)


@dataclass(frozen=True, slots=True)
class Mark:
    """The notes of a kind in one place: how many, the first with its address; left, width (hundredths), height."""

    first: Note
    notes: int
    url: str
    left: float
    width: float
    height: int


@dataclass(frozen=True, slots=True)
class Strip:
    """All notes of a kind along the report, how many there are, and the search for them."""

    kind: Kind
    notes: int
    url: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """A strip for each kind that there is, and the sections with their left and width (hundredths)."""

    strips: tuple[Strip, ...]
    sections: tuple[tuple[Step, float, float], ...]


def shape(notes: Sequence[Note]) -> Shape | None:
    """Return the shape of a report with these notes, given in reading order; None of one that has few or no kinds."""
    places = min(len(notes), _PLACES)
    found: dict[Kind, dict[int, list[int]]] = {kind: {} for kind in _KINDS}  # the numbers of notes, from 0, by place
    for number, note in enumerate(notes):
        if note.kind in found:
            found[note.kind].setdefault(number * places // len(notes), []).append(number)
    most = max((len(own) for by_place in found.values() for own in by_place.values()), default=0)
    if len(notes) < _FEWEST or not most:
        return None
    width = 100 / places

    def mark(place: int, own: Sequence[int]) -> Mark:
        return Mark(
            first=notes[own[0]],
            notes=len(own),
            url=report_url(notes[own[0]], own[0] + 1),
            left=round(width * place, 2),
            width=round(width * 0.8, 2),
            height=max(_LOWEST, round(HEIGHT * len(own) / most)),
        )

    strips = (
        Strip(
            kind=kind,
            notes=sum(map(len, by_place.values())),
            url=address_of(Query().select("report", notes[0].report).select("kind", kind)),
            marks=tuple(mark(place, own) for place, own in by_place.items()),
        )
        for kind, by_place in found.items()
        if by_place
    )
    contents = tuple(steps(notes))
    before = accumulate((step.notes for step in contents), initial=0)
    sections = (
        (step, round(100 * begin / len(notes), 2), round(100 * step.notes / len(notes), 2))
        for step, begin in zip(contents, before, strict=False)
    )
    return Shape(tuple(strips), tuple(sections))
