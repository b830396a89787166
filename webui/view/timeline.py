"""Talks along the years, as the figures of a drawing: where each dot stands and how large it is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

WIDTH = 720
_MARGIN = 28
_BASE = 24  # room below the line, for the years
_STEP = 15  # between dots of one day
_SMALLEST, _LARGEST = 4.0, 7.0
_HIGHEST = 10  # dots of one day, before they share a place


@dataclass(frozen=True, slots=True)
class Dot:
    """One talk: its place, its size, and what it is."""

    x: float
    y: float
    radius: float
    label: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """A drawing of talks: its height, its years with their places, its dots."""

    height: int
    years: tuple[tuple[int, float], ...]
    dots: tuple[Dot, ...]

    @property
    def base(self) -> int:
        """The height at which the line of the years runs."""
        return self.height - _BASE


def timeline(talks: Iterable[tuple[str, str, int]]) -> Timeline | None:
    """Return the drawing of talks, each given by its date, its label and its number of notes; None without any date."""
    dated = sorted(talk for talk in talks if talk[0])
    if not dated:
        return None
    first, last = int(dated[0][0][:4]), int(dated[-1][0][:4])
    stacks: dict[float, int] = {}
    placed = []
    for held_on, label, notes in dated:
        x = _x(_year(held_on), first, last)
        stacks[x] = level = stacks.get(x, 0) + 1
        placed.append((x, min(level, _HIGHEST), label, notes))
    height = _BASE + _STEP * (max(level for _, level, _, _ in placed) + 1)
    most = max(notes for *_, notes in placed)
    dots = tuple(
        Dot(x, height - _BASE - _STEP * level + 2, _radius(notes, most), label) for x, level, label, notes in placed
    )
    return Timeline(height, tuple((year, _x(year + 0.5, first, last)) for year in _labelled(first, last)), dots)


def _labelled(first: int, last: int) -> Sequence[int]:
    """Return the years that are written: all, or every other where there are many, and the last always."""
    step = 1 + (last - first) // 10
    return range(last, first - 1, -step)[::-1]


def _year(held_on: str) -> float:
    """Return a date as a year with its part gone by; a year alone is taken at its middle."""
    year, month = (int(part) for part in (held_on + "-07").split("-")[:2])
    return year + (month - 1) / 12


def _x(year: float, first: int, last: int) -> float:
    return round(_MARGIN + (WIDTH - 2 * _MARGIN) * (year - first) / (last + 1 - first), 1)


def _radius(notes: int, most: int) -> float:
    return round(_SMALLEST + (_LARGEST - _SMALLEST) * sqrt(notes / most), 1)
