"""Counts along the years, as drawings of which a link leads on from each part: bars, and services as a heat map."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log

from index.query import Query
from kb.search.crosstab import ServiceYears
from kb.search.facets import UNDATED
from kb.services import Service
from webui.http.address import address_of

HEIGHT = 56  # pixels, of the highest bar
_LOWEST = 3  # pixels: that there is something is seen
_MOST = 40  # years in a row, before those without anything are left out
_NAMED = 8  # bars that are named on a phone
_SHADES = 4


@dataclass(frozen=True, slots=True)
class Bar:
    """One year: what it is, how many it has, its address, its place in hundredths of the width, its height in pixels.

    Where the drawing is narrow, not all of them are `named`.
    """

    year: str
    count: int
    url: str
    chosen: bool
    left: float
    width: float
    height: int
    named: bool

    @property
    def middle(self) -> float:
        """Where its name stands, in hundredths of the width."""
        return round(self.left + self.width / 2, 2)


@dataclass(frozen=True, slots=True)
class Undated:
    """How many are of no year, and their address: they stand beside the years, for they are none."""

    year: str
    count: int
    url: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Timeline:
    """A drawing of bars: the years, the `most` that one of them has, and what is of no year."""

    bars: tuple[Bar, ...] = ()
    most: int = 0
    undated: Undated | None = None


def timeline(counts: Mapping[str, int], address: Callable[[str], str], chosen: Collection[str] = ()) -> Timeline:
    """Return a bar for each year from the first to the last that has anything, and what is of no year beside them.

    There is none where all is of one year, or of no year, and nothing is chosen.
    """
    years = in_a_row(year for year in counts if year.isdigit() and (counts[year] or year in chosen))
    undated = next(
        (Undated(one, counts[one], address(one), one in chosen) for one in counts if not one.isdigit() and counts[one]),
        None,
    )
    if not chosen and (not years or (len(years) == 1 and not undated)):
        return Timeline()
    most = max((counts.get(year, 0) for year in years), default=0)
    slot = 100 / max(len(years), 1)
    step = -(-len(years) // _NAMED)
    bars = (
        Bar(
            year=year,
            count=counts.get(year, 0),
            url=address(year),
            chosen=year in chosen,
            left=round(slot * (place + 0.08), 2),
            width=round(slot * 0.84, 2),
            height=max(_LOWEST, round(HEIGHT * counts[year] / most)) if counts.get(year) else 0,
            named=(len(years) - 1 - place) % step == 0,
        )
        for place, year in enumerate(years)
    )
    return Timeline(tuple(bars), most, undated)


def in_a_row(years: Iterable[str]) -> list[str]:
    """Return the years from the first to the last of some, those between too where they are not too many."""
    known = sorted(years)
    if known and int(known[-1]) - int(known[0]) < _MOST:
        return [str(year) for year in range(int(known[0]), int(known[-1]) + 1)]
    return known


@dataclass(frozen=True, slots=True)
class Cell:
    """What a service has in a year: how many notes, how strongly that is drawn (1 to 4), and their address."""

    notes: int
    shade: int
    url: str


@dataclass(frozen=True, slots=True)
class HeatMap:
    """Years, UNDATED the last where there is anything of none, and services with a cell for each of them."""

    years: tuple[str, ...]
    rows: tuple[tuple[Service, tuple[Cell, ...]], ...]


def heat_map(counted: Sequence[ServiceYears]) -> HeatMap | None:
    """Return the heat map of services, None where all is of one year."""
    known = {year for one in counted for year in one.notes}
    years = (*in_a_row(known - {UNDATED}), *(known & {UNDATED}))
    if len(years) <= 1:
        return None
    most = max(notes for one in counted for notes in one.notes.values())

    def cell(one: ServiceYears, year: str) -> Cell:
        notes, asked = one.notes.get(year, 0), Query().select("service", one.service.slug).select("year", year)
        return Cell(notes, shade(notes, most), address_of(asked))

    return HeatMap(years, tuple((one.service, tuple(cell(one, year) for year in years)) for one in counted))


def shade(notes: int, most: int) -> int:
    """Return how strongly a number of notes is drawn: by its logarithm, for few services have most of the notes."""
    return 1 + int((_SHADES - 0.01) * log(notes) / log(most + 1)) if notes else 1
