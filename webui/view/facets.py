"""The filters beside a result: groups of values with counts, and the chips of what is selected."""

from collections.abc import Iterator
from dataclasses import dataclass

from index.query import Query
from kb.search.answers import Answer, FacetValue
from kb.search.facets import BY_KEY, FACETS, UNDATED
from webui.address import address_of
from webui.texts import texts

_SHOWN = 8  # values of a group before the rest is folded
_FILTER_BOX = 15  # values of a group above which it gets a box to look for one
_LISTED = sorted((facet.listed.place, facet.key, facet.listed) for facet in FACETS if facet.listed)
MOST_VALUES = (*((key, listed.most) for _, key, listed in _LISTED), ("report", 0))
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
        return BY_KEY[self.key].find is None

    @property
    def is_selected(self) -> bool:
        """Whether any of its values is selected."""
        return any(value.selected for value in self.shown)

    @property
    def is_closed(self) -> bool:
        """Whether it stands there as its name alone until it is opened."""
        listed = BY_KEY[self.key].listed
        return listed is not None and listed.closed and not self.is_selected


@dataclass(frozen=True, slots=True)
class Chip:
    """A selected value, the search without it, and how many notes that would find."""

    group: str
    label: str
    url: str
    without: int


def groups(answer: Answer) -> Iterator[Group]:
    """Yield the groups that any note has, in the order shown."""
    for _, key, _ in _LISTED:
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
