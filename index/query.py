"""What to look for, as a value; what its text means, `index.language` tells."""

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

Sort: TypeAlias = Literal["relevance", "new", "old", "boost", "position"]
"""`boost` is the order of the documents' own boosts, the newest first among equals; the undated are last there and in
all others but `position`."""
StepName: TypeAlias = Literal["keyboard", "sound", "spelling", "function", "parts", "related", "near"]


@dataclass(frozen=True, slots=True)
class Step:
    """What was done once to find more (`index.relaxation`): to which words of the query, and what was taken instead.

    `near` is never in an answer, only refused: that what is near follows what is found.
    """

    name: StepName
    text: str = ""
    instead: str = ""


@dataclass(frozen=True, slots=True)
class Query:
    """A search as a value: the words as typed, the selected facet values, the order and the window.

    Within a group any of the selected values is enough, but in the groups that `every` names all are wanted; between
    groups all must hold. `facets` names the groups to count; all their values are listed, but of those in `most_values`
    only so many, the commonest, and the selected ones. `limit` None means all hits. `without` names the steps of the
    relaxation (`index.relaxation`) that shall not be taken. `explain` asks for the reasons of each hit. `context`
    names a group whose values are places (a talk, a report): the hits' related documents in their places is then given
    too. While one is `typing`, the last word is the beginning of any that begins so.
    """

    text: str = ""
    selections: tuple[tuple[str, tuple[str, ...]], ...] = ()  # sorted by group, no group without values
    sort: Sort = "relevance"
    offset: int = 0
    limit: int | None = 20
    facets: tuple[str, ...] = ()
    most_values: tuple[tuple[str, int], ...] = ()
    without: tuple[StepName, ...] = ()
    explain: bool = False
    every: tuple[str, ...] = ()
    context: str | None = None
    typing: bool = False

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
