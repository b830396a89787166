"""The filters beside a result: groups of values with counts, and the chips of what is selected."""

from collections.abc import Iterator
from dataclasses import dataclass

from index.query import Query
from kb.search.answers import Answer, FacetValue
from kb.search.facets import UNDATED, keys
from webui.address import address_of
from webui.texts import texts

ORDER = ("kind", "year", "event", "service", "talk", "speaker")
"""The groups in the order shown: what narrows a search most with the fewest values comes first."""

_CLOSED = ("talk", "speaker")  # long names, and as many as reports: closed until one looks for them
_SHOWN = 8  # values of a group before the rest is folded
_FILTER_BOX = 15  # values of a group above which it gets a box to look for one
# Values of a group on the page: nobody reads thousands (4,000 make 200 kB), and with these a first visit to a large
# library takes some 22 kB. Services are looked for by their aliases; talks and speakers are closed until asked for.
_LISTED = {"year": 30, "event": 16, "service": 36, "talk": 12, "speaker": 12}
MOST_VALUES = (*((key, _LISTED.get(key, 30)) for key in keys("list")), ("report", 0))
"""How many values of its groups the page asks for; a report is selected by its own page, and then shown as a chip."""


@dataclass(frozen=True, slots=True)
class Group:
    """A group of facet values: those shown, those folded, and how many are left out.

    Every selected value is shown, and how many notes have no date.
    """

    key: str
    shown: tuple[FacetValue, ...]
    folded: tuple[FacetValue, ...] = ()
    left_out: int = 0

    @property
    def has_filter_box(self) -> bool:
        """Whether it is so long that one looks for a value."""
        return len(self.shown) + len(self.folded) > _FILTER_BOX

    @property
    def is_data(self) -> bool:
        """Whether its values are called as notes call them, in every language of the page."""
        return self.key in ("event", "talk", "speaker")

    @property
    def is_selected(self) -> bool:
        """Whether any of its values is selected."""
        return any(value.selected for value in self.shown)

    @property
    def is_closed(self) -> bool:
        """Whether it stands there as its name alone until it is opened."""
        return self.key in _CLOSED and not self.is_selected


@dataclass(frozen=True, slots=True)
class Chip:
    """A selected value, the search without it, and how many notes that would find."""

    group: str
    label: str
    url: str
    without: int


def groups(answer: Answer) -> Iterator[Group]:
    """Yield the groups that any note has, in the order shown."""
    for key in ORDER:
        values = answer.facets[key]
        first = set(values[:_SHOWN])
        shown = tuple(v for v in values if v in first or v.selected or v.value == UNDATED)
        folded = tuple(value for value in values if value not in shown)
        if values:
            yield Group(key, shown, folded, answer.unlisted.get(key, 0))


def chips(query: Query, answer: Answer) -> Iterator[Chip]:
    """Yield what is selected, each with the search that lacks it."""
    for group, values in query.selections:
        labels = {facet.value: facet.label for facet in answer.facets[group]}
        for value in values:
            smaller = query.toggle(group, value)
            label = texts.value(group, value, labels.get(value, value))
            yield Chip(group, label, address_of(smaller), answer.without.get((group, value), 0))
