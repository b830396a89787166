"""Services by years as a heat map: a cell for each, as strong as it has many notes, which a link leads on from."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

from index.query import Query
from kb.search.crosstab import ServiceYears
from kb.search.facets import UNDATED
from kb.services import Service
from webui.address import address_of
from webui.view.timeline import in_a_row

_SHADES = 4


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
    return HeatMap(years, tuple((one.service, tuple(_cell(one, year, most) for year in years)) for one in counted))


def shade(notes: int, most: int) -> int:
    """Return how strongly a number of notes is drawn: by its logarithm, for few services have most of the notes."""
    return 1 + int((_SHADES - 0.01) * log(notes) / log(most + 1)) if notes else 1


def _cell(one: ServiceYears, year: str, most: int) -> Cell:
    notes = one.notes.get(year, 0)
    return Cell(notes, shade(notes, most), address_of(Query().select("service", one.service.slug).select("year", year)))
