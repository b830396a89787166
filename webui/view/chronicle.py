"""A time line as the figures of a drawing: for each year its talks and the dated changes."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from kb.search.directory import TalkEntry, year
from kb.search.facets import UNDATED
from kb.services import Change
from webui.view.timeline import in_a_row

_NAMED = 8  # years that are named on a phone
_HIGHEST, _LOWEST = 56, 4  # pixels, of the bars of talks


@dataclass(frozen=True, slots=True)
class Year:
    """What a year has: its talks, those with most notes first, and what changed.

    `middle` and `width` are its place in the drawing, in hundredths of the width; `height` is that of its bar in
    pixels. Where the drawing is narrow, not all years are `named`.
    """

    year: str
    talks: tuple[tuple[TalkEntry, int], ...]
    changes: tuple[Change, ...]
    middle: float
    width: float
    height: int
    named: bool

    @property
    def anchor(self) -> str:
        """The id of its part of the page."""
        return f"y{self.year}"

    @property
    def is_empty(self) -> bool:
        """Whether it has nothing."""
        return not (self.talks or self.changes)


def chronicle(talks: Iterable[tuple[TalkEntry, int]], changes: Iterable[Change]) -> tuple[Year, ...]:
    """Return the years from the first to the last that has anything; what is of no known year is left out.

    `talks` come with how many notes each has.
    """
    spoken: defaultdict[str, list[tuple[TalkEntry, int]]] = defaultdict(list)
    changed: defaultdict[str, list[Change]] = defaultdict(list)
    for talk, notes in sorted(talks, key=lambda one: (-one[1], one[0].talk.id)):
        spoken[year(talk.held_on)].append((talk, notes))
    for change in sorted(changes, key=lambda change: change.changed_on):
        changed[change.changed_on[:4]].append(change)
    return tuple(_years(spoken, changed))


def _years(
    talks: Mapping[str, Sequence[tuple[TalkEntry, int]]], changes: Mapping[str, Sequence[Change]]
) -> Iterator[Year]:
    every = in_a_row({*talks, *changes} - {UNDATED})
    most_talks = max(map(len, talks.values()), default=1)
    width = 100 / max(len(every), 1)
    for place, one in enumerate(every):
        spoken = talks.get(one, ())
        yield Year(
            year=one,
            talks=tuple(spoken),
            changes=tuple(changes.get(one, ())),
            middle=round(width * (place + 0.5), 2),
            width=round(width, 2),
            height=max(_LOWEST, round(_HIGHEST * len(spoken) / most_talks)) if spoken else 0,
            named=(len(every) - 1 - place) % -(-len(every) // _NAMED) == 0,
        )
