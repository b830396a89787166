"""The filters beside a result and above the list of talks: groups of values with counts, chips of what is selected."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from index.engine import FacetCount
from index.query import Query
from kb.knowledge_base import KnowledgeBase
from kb.search.crosstab import talk_facets
from kb.search.directory import TalkEntry
from kb.search.facets import BY_KEY, FACETS, UNDATED
from kb.search.results import SearchResults
from webui import wording
from webui.http.address import address_of
from webui.view.listing import address

_SHOWN = 8  # values of a group before the rest is folded
_FILTER_BOX = 15  # values of a group above which it gets a box to look for one
_LISTED = sorted((facet.listed.place, facet.key, facet.listed) for facet in FACETS if facet.listed)
MOST_VALUES = (*((key, listed.most) for _, key, listed in _LISTED), ("report", 0))
"""How many values of its groups the page asks for; a report is selected by its own page, and then shown as a chip."""
_MOST_TALK_VALUES = 60  # of a group, that are listed: nobody reads thousands


@dataclass(frozen=True, slots=True)
class Group:
    """A group of facet values: those shown, those folded, and how many are left out.

    Every selected value is shown, and how many notes have no date.
    """

    key: str
    shown: tuple[FacetCount, ...]
    folded: tuple[FacetCount, ...] = ()
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
    """A selected value, the search or list without it, and of a search how many notes that would find."""

    group: str
    label: str
    url: str
    without: int = 0


def groups(answer: SearchResults) -> Iterator[Group]:
    """Yield the groups that any note has, in the order shown."""
    for _, key, _ in _LISTED:
        values = answer.facets[key]
        first = set(values[:_SHOWN])
        shown = tuple(v for v in values if v in first or v.selected or v.value == UNDATED)
        folded = tuple(value for value in values if value not in shown)
        if values:
            yield Group(key, shown, folded, answer.unlisted.get(key, 0))


def counts(answer: SearchResults, group: str) -> dict[str, int]:
    """Return how many notes of an answer have each value of a group, the values in the order of the answer."""
    return {facet.value: facet.count for facet in answer.facets[group]}


def chips(query: Query, answer: SearchResults) -> Iterator[Chip]:
    """Yield what is selected, each with the search that lacks it."""
    for group, values in query.selections:
        labels = {facet.value: facet.label for facet in answer.facets[group]}
        for value in values:
            smaller = query.toggle(group, value)
            label = wording.value_name(group, value, labels.get(value, value))
            yield Chip(group, label, address_of(smaller), answer.without.get((group, value), 0))


@dataclass(frozen=True, slots=True)
class TalkValue:
    """A value that talks are narrowed by, with the keys of its JSON: its name and how many talks it lists.

    `toggle_url` is the list with it, or without it again.
    """

    value: str
    label: str
    count: int
    selected: bool
    toggle_url: str


@dataclass(frozen=True, slots=True)
class TalkGroup:
    """A group of values, the selected one always among them; how many are left out, and are listed without any."""

    key: str
    values: tuple[TalkValue, ...]
    left_out: int
    without: int


def talk_groups(
    talks: Sequence[TalkEntry], asked: Mapping[str, str], knowledge_base: KnowledgeBase
) -> Iterator[TalkGroup]:
    """Yield the groups of the talks that are called as was asked, whatever they are narrowed by."""
    catalogue = knowledge_base.collection.catalogue
    events = knowledge_base.browser.directory().events
    service = catalogue.find(asked.get("service", ""))
    by_slug = {**asked, "service": service.slug} if service else asked
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
        chosen, shown = selected.get(key), order[:_MOST_TALK_VALUES]
        if chosen and chosen not in shown:
            shown = [*shown[: _MOST_TALK_VALUES - 1], chosen]
        values = tuple(
            TalkValue(
                value=value,
                label=labels[key](value),
                count=facet.counts.get(value, 0),
                selected=value == chosen,
                toggle_url=address("/talks", *{**asked, key: "" if value == chosen else value}.items()),
            )
            for value in shown
        )
        yield TalkGroup(key, values, len({*order} - {*shown}), facet.without)


def conditions_of(query: Query, knowledge_base: KnowledgeBase) -> list[str]:
    """Return the words of a search and what its selections are called; nothing for that of all notes."""
    contents = knowledge_base.collection.contents()
    words = [query.text] if query.text else []
    for group, values in query.selections:
        labels = knowledge_base.searcher.labels(group, contents)
        words += [wording.value_name(group, value, labels.get(value, value)) for value in values]
    return words


def name_of(query: Query, knowledge_base: KnowledgeBase) -> str:
    """Return the conditions of a search as one name; an empty one for the search of all notes."""
    return wording.listed(conditions_of(query, knowledge_base))
