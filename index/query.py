"""A search as a value; `index.query_parser` parses its text."""

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

Sort: TypeAlias = Literal["relevance", "new", "old", "boost", "position"]
"""`boost` sorts by the documents' own boosts, then newest first. All sorts but `position` put the undated last."""
StepName: TypeAlias = Literal["keyboard", "sound", "spelling", "function", "parts", "related", "near"]


@dataclass(frozen=True, slots=True)
class Step:
    """A relaxation step (`index.interpretation`): its name, the words of the query it changed, and their replacement.

    `near`, which lists near documents below the found ones, can be refused but is never in an answer.
    """

    name: StepName
    text: str = ""
    instead: str = ""


@dataclass(frozen=True, slots=True)
class Query:
    """A search: the text as typed, the selected facet values, the order, and the window of hits.

    - `selections`: a document must have a selected value of every group; in the groups of `match_all`, every value.
    - `last`: a group and some of its values. Documents with one of them come after all others, whatever the sort.
    - `limit`: the number of hits; None for all.
    - `facets`: the groups to count. A group in `most_values` lists that many values, the commonest, and the selected
      ones; any other group lists all.
    - `without`: the relaxation steps that are refused.
    - `explain`: whether to give the reasons of each hit.
    - `context`: a group whose values are places (a talk, a report); the results then have the related documents of the
      hits in these places.
    - `typing`: whether the last word may be unfinished, so that any word matches that begins with it.
    """

    text: str = ""
    selections: tuple[tuple[str, tuple[str, ...]], ...] = ()  # sorted by group; a group without values is left out
    sort: Sort = "relevance"
    last: tuple[str, tuple[str, ...]] | None = None
    offset: int = 0
    limit: int | None = 20
    facets: tuple[str, ...] = ()
    most_values: tuple[tuple[str, int], ...] = ()
    without: tuple[StepName, ...] = ()
    explain: bool = False
    match_all: tuple[str, ...] = ()
    context: str | None = None
    typing: bool = False

    def selected(self, group: str) -> tuple[str, ...]:
        """Return the selected values of a group, in the order in which they were selected."""
        return dict(self.selections).get(group, ())

    def select(self, group: str, *values: str) -> "Query":
        """Return the query with exactly these values selected in a group, back at its first page."""
        selections = dict(self.selections) | {group: tuple(dict.fromkeys(values))}
        return replace(self, selections=tuple(sorted(pair for pair in selections.items() if pair[1])), offset=0)

    def toggle(self, group: str, value: str) -> "Query":
        """Return the query with a value selected if it was not, and unselected if it was."""
        selected = self.selected(group)
        if value in selected:
            return self.select(group, *(other for other in selected if other != value))
        return self.select(group, *selected, value)
