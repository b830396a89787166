"""The filters above the list of talks: groups of values, each a link to the list with it, or without it again."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kb.knowledge_base import KnowledgeBase
from kb.search.crosstab import TalkFacet, talk_facets
from kb.search.directory import TalkEntry
from kb.search.facets import UNDATED
from webui.texts import texts
from webui.view.listing import address

_MOST = 60  # values of a group that are listed: nobody reads thousands


@dataclass(frozen=True, slots=True)
class Value:
    """A value, what it is called, how many talks it would list, and the address that chooses it or no longer does."""

    value: str
    label: str
    talks: int
    chosen: bool
    url: str


@dataclass(frozen=True, slots=True)
class TalkGroup:
    """A group of values, the chosen one always among them; how many are left out, and are listed without a choice."""

    key: str
    values: tuple[Value, ...]
    left_out: int
    without: int


def talk_groups(
    talks: Sequence[TalkEntry], asked: Mapping[str, str], knowledge_base: KnowledgeBase
) -> tuple[TalkGroup, ...]:
    """Return the groups of talks that are called as was asked, whatever they are narrowed by."""
    catalogue = knowledge_base.collection.catalogue
    events = knowledge_base.browser.directory().events
    service = catalogue.find(asked.get("service", ""))
    named = {**asked, "service": service.slug} if service else asked
    called: Mapping[str, Callable[[str], str]] = {
        "year": texts.year,
        "event": lambda value: events[value].name if value in events else value,
        "service": lambda value: catalogue.by_slug[value].short_name if value in catalogue.by_slug else value,
        "speaker": str,
    }
    chosen = {group: named[group] for group in called if group in named}
    facets = talk_facets(talks, chosen, knowledge_base.crosstab.services_of_talks())
    return tuple(_group(key, facet, asked, chosen.get(key), called[key]) for key, facet in facets.items())


def talk_groups_record(groups: Sequence[TalkGroup]) -> dict[str, Any]:
    """Return the groups as JSON, as those of a search are told."""
    return {
        group.key: [
            {
                "value": value.value,
                "label": value.label,
                "count": value.talks,
                "selected": value.chosen,
                "toggle_url": value.url,
            }
            for value in group.values
        ]
        for group in groups
    }


def _group(
    key: str, facet: TalkFacet, asked: Mapping[str, str], chosen: str | None, called: Callable[[str], str]
) -> TalkGroup:
    def values() -> Iterator[Value]:
        for value in shown:
            url = address("/talks", *{**asked, key: "" if value == chosen else value}.items())
            yield Value(value, called(value), facet.counts.get(value, 0), value == chosen, url)

    ordered = sorted(facet.counts, key=lambda value: (-facet.counts[value], called(value)))
    if key == "year":
        ordered.sort(key=lambda value: (value != UNDATED, value), reverse=True)
    shown = ordered[:_MOST]
    if chosen and chosen not in shown:
        shown = [*shown[: _MOST - 1], chosen]
    left_out = len({*ordered} - {*shown})
    return TalkGroup(key, tuple(values()), left_out, facet.without)
