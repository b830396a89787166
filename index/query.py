"""What to look for: the query as a value, and the search-box language that makes its tree."""

from dataclasses import dataclass, replace
from typing import Literal

from index.analysis import Analyzer

Sort = Literal["relevance", "new", "position"]


@dataclass(frozen=True, slots=True)
class Query:
    """A search as a value: the words as typed, the selected facet values, the order and the window.

    Within a group any of the selected values is enough; between groups all must hold. `facets` names the groups to count.
    `limit` None means all hits.
    """

    text: str = ""
    selections: tuple[tuple[str, tuple[str, ...]], ...] = ()  # sorted by group, no group without values
    sort: Sort = "relevance"
    offset: int = 0
    limit: int | None = 20
    facets: tuple[str, ...] = ()

    def selected(self, group: str) -> tuple[str, ...]:
        """Return the selected values of a group, in the order they were selected."""
        return dict(self.selections).get(group, ())

    def select(self, group: str, *values: str) -> "Query":
        """Return the query with exactly these values selected in a group, back at its first page."""
        others = [pair for pair in self.selections if pair[0] != group]
        chosen = tuple(dict.fromkeys(values))
        return replace(self, selections=tuple(sorted([*others, (group, chosen)] if chosen else others)), offset=0)

    def toggle(self, group: str, value: str) -> "Query":
        """Return the query with one value selected if it was not, and unselected if it was."""
        chosen = self.selected(group)
        return self.select(group, *(v for v in chosen if v != value), *(() if value in chosen else (value,)))


def wanted(query: Query, analyzer: Analyzer) -> tuple[tuple[str, ...], ...]:
    """Return the terms of each word of a query, without words that have none; white space separates words."""
    words = (analyzer.terms(analyzer.morphemes(word)) for word in query.text.split())
    return tuple(dict.fromkeys(tuple(dict.fromkeys(term.text for term in word)) for word in words if word))
