"""Charts along the years whose parts are links: bars, the heat map of services, and time lines of talks and changes."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log

from index.query import Query
from kb.report.dates import day_of
from kb.search.crosstab import ServiceYears
from kb.search.directory import TalkEntry
from kb.search.facets import UNDATED, year
from kb.services import Change, Service
from webui.http.address import address_of

HEIGHT = 56  # pixels of the highest bar
MIN_DRAWN = 10  # items; a chart of fewer says no more than their list
_MIN_HEIGHT, _MIN_TALKS_HEIGHT = 3, 4  # pixels; the lowest visible bar of a chart, and of talks on a time line
_MAX_GAPLESS_YEARS = 40  # a longer row of years leaves out the empty ones
_NAMED = 8  # years with a label on a phone
_SHADES = 4


@dataclass(frozen=True, slots=True)
class Bar:
    """The bar of a year: its number, its address, its left and width in percent, and its height in pixels.

    On narrow screens only `named` bars have a label. Undated items are next to the chart, with no bar.
    """

    year: str
    count: int
    url: str
    chosen: bool = False
    left: float = 0
    width: float = 0
    height: int = 0
    named: bool = False

    @property
    def middle(self) -> float:
        """The position of the label in percent."""
        return round(self.left + self.width / 2, 2)


@dataclass(frozen=True, slots=True)
class Timeline:
    """A bar chart, its highest number, and its undated items."""

    bars: tuple[Bar, ...] = ()
    most: int = 0
    undated: Bar | None = None


def timeline(counts: Mapping[str, int], address: Callable[[str], str], chosen: Collection[str] = ()) -> Timeline:
    """Return a bar chart of counts by year; `address` returns the link of a year.

    It is empty if the items are few, or if all have the same year or none and no year is chosen.
    """
    if sum(counts.values()) < MIN_DRAWN:
        return Timeline()
    years = in_a_row(year for year in counts if year.isdigit() and (counts[year] or year in chosen))
    undated = next(
        (Bar(key, counts[key], address(key), key in chosen) for key in counts if not key.isdigit() and counts[key]),
        None,
    )
    if not chosen and (not years or (len(years) == 1 and not undated)):
        return Timeline()
    most = max((counts.get(year, 0) for year in years), default=0)
    slot = 100 / max(len(years), 1)
    bars = (
        Bar(
            year=year,
            count=counts.get(year, 0),
            url=address(year),
            chosen=year in chosen,
            left=round(slot * (place + 0.08), 2),
            width=round(slot * 0.84, 2),
            height=max(_MIN_HEIGHT, round(HEIGHT * counts[year] / most)) if counts.get(year) else 0,
            named=_is_named(place, len(years)),
        )
        for place, year in enumerate(years)
    )
    return Timeline(tuple(bars), most, undated)


def in_a_row(years: Iterable[str]) -> list[str]:
    """Return years in order, with the years between them unless there are too many."""
    known = sorted(years)
    if known and int(known[-1]) - int(known[0]) < _MAX_GAPLESS_YEARS:
        return [str(year) for year in range(int(known[0]), int(known[-1]) + 1)]
    return known


def _is_named(place: int, years: int) -> bool:
    """Return whether a year has a label on a phone: the last one and every n-th before it."""
    return (years - 1 - place) % -(-years // _NAMED) == 0


@dataclass(frozen=True, slots=True)
class HeatMap:
    """Years, UNDATED last if there are undated notes, and services with a cell for each year.

    A cell is its number of notes, its shade (1 to 4), and its address.
    """

    years: tuple[str, ...]
    rows: tuple[tuple[Service, tuple[tuple[int, int, str], ...]], ...]


def heat_map(services: Sequence[ServiceYears]) -> HeatMap | None:
    """Return the heat map of services, None if all notes have the same year."""
    known = {year for one in services for year in one.notes}
    years = (*in_a_row(known - {UNDATED}), *(known & {UNDATED}))
    if len(years) <= 1:
        return None
    most = max(notes for one in services for notes in one.notes.values())

    def cell(one: ServiceYears, year: str) -> tuple[int, int, str]:
        notes, query = one.notes.get(year, 0), Query().select("service", one.service.slug).select("year", year)
        return notes, shade(notes, most), address_of(query)

    return HeatMap(years, tuple((one.service, tuple(cell(one, year) for year in years)) for one in services))


def shade(notes: int, most: int) -> int:
    """Return the shade of a number of notes, 1 to 4, on a logarithmic scale: few services have most of the notes."""
    return 1 + int((_SHADES - 0.01) * log(notes) / log(most + 1)) if notes else 1


@dataclass(frozen=True, slots=True)
class Year:
    """A year of a time line: its talks with their numbers of notes, most notes first, and its changes.

    `middle` and `width` are in percent, `height` is that of the bar of talks in pixels. On narrow screens only `named`
    years have a label.
    """

    year: str
    talks: tuple[tuple[TalkEntry, int], ...]
    changes: tuple[Change, ...]
    middle: float
    width: float
    height: int
    named: bool

    @property
    def is_empty(self) -> bool:
        """Whether it has neither talks nor changes."""
        return not (self.talks or self.changes)


def chronicle(talks: Iterable[tuple[TalkEntry, int]], changes: Iterable[Change]) -> tuple[Year, ...]:
    """Return the years of talks, each with its number of notes, and of changes; undated talks are left out."""
    talks_of: defaultdict[str, list[tuple[TalkEntry, int]]] = defaultdict(list)
    changes_of: defaultdict[str, list[Change]] = defaultdict(list)
    for talk, notes in sorted(talks, key=lambda pair: (-pair[1], pair[0].talk.id)):
        talks_of[year(talk)].append((talk, notes))
    for change in sorted(changes, key=lambda change: change.changed_on):
        changes_of[change.changed_on[:4]].append(change)
    most = max(map(len, talks_of.values()), default=1)
    years = in_a_row({*talks_of, *changes_of} - {UNDATED})
    width = 100 / max(len(years), 1)
    return tuple(
        Year(
            year=one,
            talks=tuple(talks_of[one]),
            changes=tuple(changes_of[one]),
            middle=round(width * (place + 0.5), 2),
            width=round(width, 2),
            height=max(_MIN_TALKS_HEIGHT, round(HEIGHT * len(talks_of[one]) / most)) if talks_of[one] else 0,
            named=_is_named(place, len(years)),
        )
        for place, one in enumerate(years)
    )


def undated_talks(talks: Iterable[tuple[TalkEntry, int]], query: Query) -> Bar:
    """Return the number of undated talks of a search, and the search for their notes."""
    count = sum(day_of(talk) is None for talk, _ in talks)
    return Bar(UNDATED, count, address_of(query.select("year", UNDATED)))
