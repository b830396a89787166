"""What a shell offers while a command is typed: the values of a filter, the ids of reports and talks."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, TypeAlias

import click

from kb.cli.group import foreseen
from kb.cli.places import Places

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from kb.knowledge_base import KnowledgeBase
    from kb.search.facets import Facet

Offer: TypeAlias = Callable[[click.Context, click.Parameter, str], "list[CompletionItem]"]


def values_of(facet: "Facet") -> Offer:
    """Return what offers the values of a facet, each with what it is called."""

    def values(kb: "KnowledgeBase") -> Mapping[str, str]:
        from index.query import Query

        if facet.find:  # known without an index
            return facet.labels(kb.collection.catalogue, None)
        counts = kb.searcher.search(Query(limit=0, facets=(facet.key,))).facets[facet.key]
        return {count.value: count.label for count in counts}

    return _offering(values)


def report_ids(kb: "KnowledgeBase") -> Mapping[str, str]:
    """Return the titles of reports by id."""
    return {entry.id: entry.title for entry in kb.browser.reports()}


def talk_ids(kb: "KnowledgeBase") -> Mapping[str, str]:
    """Return the titles of talks by id."""
    return {talk.id: talk.title for entry in kb.browser.reports() for talk in entry.talks}


def ids(*every: Callable[["KnowledgeBase"], Mapping[str, str]]) -> Offer:
    """Return what offers ids, each with the title of what it is of."""
    return _offering(lambda kb: {key: title for titles in every for key, title in titles(kb).items()})


def _offering(known: Callable[["KnowledgeBase"], Mapping[str, str]]) -> Offer:
    def offered(ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> "list[CompletionItem]":
        from click.shell_completion import CompletionItem

        from kb.knowledge_base import KnowledgeBase

        chosen = ctx.ensure_object(Places)
        with suppress(*foreseen()):  # whoever types is told of it when the command runs
            every = known(KnowledgeBase.open(chosen.library, chosen.index)).items()
            return [CompletionItem(key, help=label) for key, label in every if key.startswith(incomplete.casefold())]
        return []

    return offered
