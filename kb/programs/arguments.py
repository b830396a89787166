"""What each tool may be asked, with its limits: the types are checked, and told to programs as JSON Schema."""

from typing import Annotated, Any, Literal, TypeAlias, TypeVar

import msgspec
from msgspec import Meta, Struct

from kb.search.facets import FACETS, Facet
from kb.texts import programs as words

MOST_NOTES = 50
_MOST_NAMES = 20  # of a filter
_MOST_PASSED = 100_000

_Name: TypeAlias = Annotated[str, Meta(min_length=1, max_length=200)]
_Offset: TypeAlias = Annotated[int, Meta(ge=0, le=_MOST_PASSED, description=words.OFFSET)]
_T = TypeVar("_T", bound="Arguments")


class Arguments(Struct, frozen=True, forbid_unknown_fields=True):
    """What a tool is asked."""


class Search(Arguments, frozen=True):
    """What `search` is asked beside its filters, which `SEARCH` adds: as `kb search`, its options by their names."""

    query: Annotated[str, Meta(max_length=1000, description=words.QUERY)] = ""
    sort: Annotated[Literal["relevance", "new", "old", "advice"], Meta(description=words.SORT)] = "relevance"
    exact: Annotated[bool, Meta(description=words.EXACT)] = False
    limit: Annotated[int, Meta(ge=1, le=MOST_NOTES, description=words.LIMIT)] = 10
    offset: _Offset = 0


FILTERS = tuple(facet for facet in FACETS if facet.tool_help)
"""The facets that programs may narrow a search by."""


def _filter(facet: Facet) -> tuple[str, Any, tuple[str, ...]]:
    """Return name, type and default of what narrows a search by a facet: by its keys where they are a few."""
    kind: Any = Literal[tuple(facet.value_labels["ja"])] if facet.order == "labels" else _Name
    return facet.key, Annotated[tuple[kind, ...], Meta(max_length=_MOST_NAMES, description=facet.tool_help)], ()


SEARCH: type[Search] = msgspec.defstruct(  # type: ignore[assignment]
    "Search", map(_filter, FILTERS), bases=(Search,), frozen=True
)


class Show(Arguments, frozen=True):
    """What `show` is asked: a note, a talk or a report, and of the latter two from which note on."""

    id: Annotated[str, Meta(min_length=1, max_length=500, description=words.IDENTIFIER)]
    offset: _Offset = 0


class Guide(Arguments, frozen=True):
    """What `guide` is asked: a service."""

    service: Annotated[_Name, Meta(description=words.ONE_SERVICE)]


class Services(Arguments, frozen=True):
    """What `services` is asked."""

    name: Annotated[str, Meta(max_length=200, description=words.NAME)] = ""
    offset: _Offset = 0


def read(kind: type[_T], given: object) -> _T:
    """Return what was given as the arguments of a tool. Raises ValueError, which says what is wrong, and where."""
    try:
        return msgspec.json.decode(msgspec.json.encode(given), type=kind)
    except (ArithmeticError, RecursionError) as error:  # a number or a depth that no JSON of ours has
        raise ValueError(str(error)) from error
