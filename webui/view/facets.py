"""The filters: facet groups next to the results and above the list of talks, chips of the selected values."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from index.engine import FacetCount
from index.query import Query
from kb.knowledge_base import KnowledgeBase
from kb.search.crosstab import talk_facets
from kb.search.directory import TalkEntry
from kb.search.facets import BY_KEY, FACETS, UNDATED
from kb.search.results import SearchResults
from kb.wording import listed
from webui import wording
from webui.http.address import address_of
from webui.view.listing import address

_SHOWN = 8  # values of a group that are not folded
_FILTER_BOX = 15  # values; a longer group gets a box to find one
_LISTED = sorted((facet.listed.place, facet.key, facet.listed) for facet in FACETS if facet.listed)
MOST_VALUES = (*((key, listed.most) for _, key, listed in _LISTED), ("report", 0))
"""The most values of each group on the page. Reports have none: each is selected on its page, and shown as a chip."""
_MAX_TALK_VALUES = 60  # of a group above the list of talks; nobody reads thousands


@dataclass(frozen=True, slots=True)
class FacetGroup:
    """A group of facet values: shown, folded, and the number of values left out.

    Selected values and the undated year are always shown.
    """

    key: str
    shown: tuple[FacetCount, ...]
    folded: tuple[FacetCount, ...] = ()
    left_out: int = 0

    @property
    def has_filter_box(self) -> bool:
        """Whether the group has a box to find a value."""
        return len(self.shown) + len(self.folded) > _FILTER_BOX

    @property
    def is_data(self) -> bool:
        """Whether the labels are in the notes' language, whatever the language of the page."""
        return BY_KEY[self.key].find is None

    @property
    def is_selected(self) -> bool:
        """Whether a value is selected."""
        return any(value.selected for value in self.shown)

    @property
    def is_closed(self) -> bool:
        """Whether only the name of the group is shown until a reader opens it."""
        listed = BY_KEY[self.key].listed
        return listed is not None and listed.closed and not self.is_selected


@dataclass(frozen=True, slots=True)
class Chip:
    """A selected value, the address without it, and for searches the number of notes there."""

    group: str
    label: str
    url: str
    without: int = 0


def groups(answer: SearchResults) -> Iterator[FacetGroup]:
    """Yield the groups with values in the order of the page."""
    for _, key, _ in _LISTED:
        values = answer.facets[key]
        first = set(values[:_SHOWN])
        shown = tuple(v for v in values if v in first or v.selected or v.value == UNDATED)
        folded = tuple(value for value in values if value not in shown)
        if values:
            yield FacetGroup(key, shown, folded, answer.unlisted.get(key, 0))


def counts(answer: SearchResults, group: str) -> dict[str, int]:
    """Return the number of notes by value of a group, in the order of the answer."""
    return {facet.value: facet.count for facet in answer.facets[group]}


def chips(query: Query, answer: SearchResults) -> Iterator[Chip]:
    """Yield a chip for each selected value."""
    for group, values in query.selections:
        labels = {facet.value: facet.label for facet in answer.facets[group]}
        for value in values:
            label = wording.value_name(group, value, labels.get(value, value))
            url = address_of(query.toggle(group, value))
            yield Chip(group, label, url, answer.without.get((group, value), 0))


@dataclass(frozen=True, slots=True)
class TalkValue:
    """A facet value above the list of talks, as in JSON; `toggle_url` selects it, or deselects it."""

    value: str
    label: str
    count: int
    selected: bool
    toggle_url: str


@dataclass(frozen=True, slots=True)
class TalkGroup:
    """Facet values of talks. `left_out` counts omitted values, `without` the talks without this filter."""

    key: str
    values: tuple[TalkValue, ...]
    left_out: int
    without: int


def talk_groups(
    talks: Sequence[TalkEntry], filters: Mapping[str, str], knowledge_base: KnowledgeBase
) -> Iterator[TalkGroup]:
    """Yield the facet groups of talks under the `filters` of the address."""
    catalogue = knowledge_base.collection.catalogue
    events = knowledge_base.browser.directory().events
    service = catalogue.find(filters.get("service", ""))
    by_slug = {**filters, "service": service.slug} if service else filters
    labels: Mapping[str, Callable[[str], str]] = {
        "year": wording.year,
        "event": lambda value: events[value].name if value in events else value,
        "service": catalogue.short_name,
        "speaker": str,
    }
    selected = {group: by_slug[group] for group in labels if group in by_slug}
    for key, facet in talk_facets(talks, selected, knowledge_base.crosstab.services_of_talks()).items():
        order = sorted(facet.counts, key=lambda value: (-facet.counts[value], labels[key](value)))
        if key == "year":
            order.sort(key=lambda value: (value != UNDATED, value), reverse=True)
        chosen, shown = selected.get(key), order[:_MAX_TALK_VALUES]
        if chosen and chosen not in shown:
            shown = [*shown[: _MAX_TALK_VALUES - 1], chosen]
        values = tuple(
            TalkValue(
                value=value,
                label=labels[key](value),
                count=facet.counts.get(value, 0),
                selected=value == chosen,
                toggle_url=address("/talks", *{**filters, key: "" if value == chosen else value}.items()),
            )
            for value in shown
        )
        yield TalkGroup(key, values, len({*order} - {*shown}), facet.without)


def conditions_of(query: Query, knowledge_base: KnowledgeBase) -> list[str]:
    """Return the words of a search and the names of its selected values."""
    contents = knowledge_base.collection.contents()
    words = [query.text] if query.text else []
    for group, values in query.selections:
        labels = knowledge_base.searcher.labels(group, contents)
        words += [wording.value_name(group, value, labels.get(value, value)) for value in values]
    return words


def name_of(query: Query, knowledge_base: KnowledgeBase) -> str:
    """Return the conditions of a search as one name, empty if there are none."""
    return listed(conditions_of(query, knowledge_base))
