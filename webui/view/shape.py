"""The shape of a report: where along it its advice, problems and questions stand, and which talks it has there."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from index.query import Query
from kb.report.model import Kind, Note
from webui.address import address_of
from webui.view.sections import Step, report_url, steps

_KINDS: tuple[Kind, ...] = ("advice", "problem", "question")
_FEWEST = 20  # notes of a report that has a shape
_PLACES = 50  # along it: on a phone each is six pixels wide
HEIGHT = 18  # pixels, of the highest mark
_LOWEST = 4


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
    found = _found(notes)
    if len(notes) < _FEWEST or not found:
        return None
    most = max(len(own) for places in found.values() for own in places.values())
    return Shape(
        strips=tuple(
            Strip(
                kind=kind,
                notes=sum(map(len, found[kind].values())),
                url=address_of(Query().select("report", notes[0].report).select("kind", kind)),
                marks=tuple(_mark(place, own, notes, most) for place, own in found[kind].items()),
            )
            for kind in _KINDS
            if kind in found
        ),
        sections=tuple(_sections(notes)),
    )


def _found(notes: Sequence[Note]) -> dict[Kind, dict[int, list[int]]]:
    """Return by kind and place the numbers of the notes there, counted from 0."""
    places = min(len(notes), _PLACES)
    found: defaultdict[Kind, dict[int, list[int]]] = defaultdict(dict)
    for number, note in enumerate(notes):
        if note.kind in _KINDS:
            found[note.kind].setdefault(number * places // len(notes), []).append(number)
    return found


def _mark(place: int, own: Sequence[int], notes: Sequence[Note], most: int) -> Mark:
    width = 100 / min(len(notes), _PLACES)
    first = notes[own[0]]
    return Mark(
        first=first,
        notes=len(own),
        url=report_url(first, own[0] + 1),
        left=round(width * place, 2),
        width=round(width * 0.8, 2),
        height=max(_LOWEST, round(HEIGHT * len(own) / most)),
    )


def _sections(notes: Sequence[Note]) -> Iterator[tuple[Step, float, float]]:
    before = 0
    for step in steps(notes):
        yield step, round(100 * before / len(notes), 2), round(100 * step.notes / len(notes), 2)
        before += step.notes
