"""Counts along the years, as the figures of a drawing of bars: one that a link leads on from for each year."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

HEIGHT = 56  # pixels, of the highest bar
_LOWEST = 3  # pixels: that there is something is seen
_MOST = 40  # years in a row, before those without anything are left out
_NAMED = 8  # bars that are named on a phone


@dataclass(frozen=True, slots=True)
class Bar:
    """One year: what it is, how many it has, its address, its place in hundredths of the width, its height in pixels.

    Where the drawing is narrow, not all of them are `named`. The height is measured by the year that has most; that of
    what is of no year is no higher than that.
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
    def dated(self) -> bool:
        """Whether it is of a year."""
        return self.year.isdigit()

    @property
    def middle(self) -> float:
        """Where its name stands, in hundredths of the width."""
        return round(self.left + self.width / 2, 2)


def timeline(counts: Mapping[str, int], address: Callable[[str], str], chosen: Collection[str] = ()) -> tuple[Bar, ...]:
    """Return a bar for each year from the first to the last that has anything, and one for what is of no year.

    There is none where all is of one year and nothing is chosen.
    """
    years = in_a_row(year for year in counts if year.isdigit() and (counts[year] or year in chosen))
    others = [year for year in counts if not year.isdigit() and counts[year]]
    shown = [*years, *others]
    if len(shown) <= 1 and not chosen:
        return ()
    most = max((counts.get(year, 0) for year in years or others), default=0)
    slot = 100 / max(len(shown), 1)
    step = -(-len(shown) // _NAMED)
    return tuple(
        Bar(
            year=year,
            count=counts.get(year, 0),
            url=address(year),
            chosen=year in chosen,
            left=round(slot * (place + 0.08), 2),
            width=round(slot * 0.84, 2),
            height=_height(counts.get(year, 0), most),
            named=(len(shown) - 1 - place) % step == 0,
        )
        for place, year in enumerate(shown)
    )


def in_a_row(years: Iterable[str]) -> list[str]:
    """Return the years from the first to the last of some, those between too where they are not too many."""
    known = sorted(years)
    if known and int(known[-1]) - int(known[0]) < _MOST:
        return [str(year) for year in range(int(known[0]), int(known[-1]) + 1)]
    return known


def _height(count: int, most: int) -> int:
    return min(HEIGHT, max(_LOWEST, round(HEIGHT * count / most))) if count else 0
