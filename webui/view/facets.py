"""The filters beside a result: groups of values with counts, services by category, the chips of what is selected."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from index.query import Query
from kb.search.answers import Answer, FacetValue
from kb.search.facets import keys
from kb.services import Catalogue
from webui.address import address_of
from webui.texts import ja as texts

_SHOWN = 8  # values of a group before the rest is folded
_OPEN_SERVICES = 10  # services that unfolded categories show before the other categories are folded
_FILTER_BOX = 15  # values of a group above which it gets a box to look for one
_LISTED = 60  # values of a group on the page: nobody reads thousands, and 4,000 make 200 kB of it

MOST_VALUES = (*((key, _LISTED) for key in keys("list")), ("report", 0))
"""How many values of its groups the page asks for; a report is selected by its own page, and then shown as a chip."""


@dataclass(frozen=True, slots=True)
class Group:
    """A group of facet values: those shown, those folded, and how many are left out. Every selected value is shown."""

    key: str
    shown: tuple[FacetValue, ...]
    folded: tuple[FacetValue, ...] = ()
    left_out: int = 0

    @property
    def has_filter_box(self) -> bool:
        """Whether it is so long that one looks for a value."""
        return len(self.shown) + len(self.folded) > _FILTER_BOX


@dataclass(frozen=True, slots=True)
class Category:
    """A category of services: itself as a value of its group, its services, and whether it is unfolded."""

    facet: FacetValue
    services: Sequence[FacetValue]
    unfolded: bool


@dataclass(frozen=True, slots=True)
class Chip:
    """A selected value, the search without it, and how many notes that would find."""

    group: str
    label: str
    url: str
    without: int


def groups(answer: Answer) -> Iterator[Group]:
    """Yield the groups that any note has, in the order shown."""
    for key in keys("list"):
        values = answer.facets[key]
        shown = values[:_SHOWN] + tuple(value for value in values[_SHOWN:] if value.selected)
        folded = tuple(value for value in values[_SHOWN:] if not value.selected)
        if values:
            yield Group(key, shown, folded, answer.unlisted.get(key, 0))


def categories(answer: Answer, catalogue: Catalogue) -> tuple[Category, ...]:
    """Return the categories of the services that notes are about, the most noted first."""
    services = _by_category(answer.facets["service"], catalogue)
    counted = {facet.value: facet for facet in answer.facets["category"]}
    empty = [FacetValue(key, catalogue.categories[key], 0, selected=False) for key in services if key not in counted]
    facets = [*counted.values(), *empty]  # a selected service may have no note, and its category then none either
    listed = [services.get(facet.value, ()) for facet in facets]
    before = [0, *accumulate(map(len, listed))]
    return tuple(
        Category(facet, own, unfolded=count < _OPEN_SERVICES or any(v.selected for v in (facet, *own)))
        for facet, own, count in zip(facets, listed, before, strict=False)
    )


def chips(query: Query, answer: Answer) -> Iterator[Chip]:
    """Yield what is selected, each with the search that lacks it."""
    for group, values in query.selections:
        labels = {facet.value: facet.label for facet in answer.facets[group]}
        for value in values:
            smaller = query.toggle(group, value)
            label = texts.value(group, labels.get(value, value))
            yield Chip(group, label, address_of(smaller), answer.without.get((group, value), 0))


def _by_category(services: Iterable[FacetValue], catalogue: Catalogue) -> dict[str, list[FacetValue]]:
    """Return the services of each category that has one of them, categories in their order."""
    own: dict[str, list[FacetValue]] = {category: [] for category in catalogue.categories}
    for value in services:
        if service := catalogue.by_slug.get(value.value):
            own[service.category].append(value)
    return {category: values for category, values in own.items() if values}
