"""The argument types of each tool, with bounds. Programs get them as JSON Schema, and each call is validated."""

from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import Meta, Struct

from kb.assistant.readings import PartAnswers
from kb.search.facets import FACETS, Facet

MAX_NOTES = 50  # notes of one answer
_MAX_VALUES = 20  # values of one filter
_MAX_OFFSET = 100_000  # notes

_Name: TypeAlias = Annotated[str, Meta(min_length=1, max_length=200)]
_Offset: TypeAlias = Annotated[
    int, Meta(ge=0, le=_MAX_OFFSET, description="How many to skip: the `next_offset` of the previous answer.")
]


class Arguments(Struct, frozen=True, forbid_unknown_fields=True):
    """The arguments of a tool."""


class Search(Arguments, frozen=True):
    """The arguments of `search` without its filters, which `SEARCH` adds; named as the options of `kb search`."""

    query: Annotated[
        str,
        Meta(
            max_length=1000,
            description="Words or a question, best in Japanese: 'SQS 冪等', 'Lambdaが遅いのはなぜ？'. Phrases in quotes, "
            "-word or NOT to leave out, OR, AND and brackets work. May be empty where a filter is given.",
        ),
    ] = ""
    sort: Annotated[
        Literal["relevance", "new", "old", "advice"],
        Meta(description="Best first (relevance), newest or oldest event first, or likeliest advice first."),
    ] = "relevance"
    exact: Annotated[
        bool,
        Meta(description="Only notes with every word as typed: no correction, no relaxation and no near notes."),
    ] = False
    limit: Annotated[int, Meta(ge=1, le=MAX_NOTES, description="How many notes to return.")] = 10
    offset: _Offset = 0


FILTERS = tuple(facet for facet in FACETS if facet.tool_help)
"""The facets that programs may filter a search by."""


def _filter(facet: Facet) -> tuple[str, Any, tuple[str, ...]]:
    """Return the name, type and default of a filter; a facet with fixed values accepts only their keys."""
    value: Any = Literal[tuple(facet.value_labels)] if facet.order == "labels" else _Name
    return facet.key, Annotated[tuple[value, ...], Meta(max_length=_MAX_VALUES, description=facet.tool_help)], ()


SEARCH: type[Search] = msgspec.defstruct(  # type: ignore[assignment]
    "Search", map(_filter, FILTERS), bases=(Search,), frozen=True
)
"""The arguments of `search` with a filter for each facet of `FILTERS`."""


class Show(Arguments, frozen=True):
    """The arguments of `show`: the id of a note, a talk or a report, and the first note of the latter two."""

    id: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=500,
            description="An id that `search` returned, of a note, a talk (`talk.id`) or a report (`report`).",
        ),
    ]
    offset: _Offset = 0


class Guide(Arguments, frozen=True):
    """The arguments of `guide`: a service."""

    service: Annotated[
        _Name, Meta(description="Slug, name or alias of one service, such as sqs, 'Amazon SQS' or ラムダ.")
    ]


class Services(Arguments, frozen=True):
    """The arguments of `services`: a part of a name."""

    name: Annotated[
        str, Meta(max_length=200, description="Only services with a slug, name or alias that contains this.")
    ] = ""
    offset: _Offset = 0


_Assistant: TypeAlias = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=60,
        pattern=r"\A[^\x00-\x1f\x7f-\x9f]*\Z",
        description="Your name, which people see beside what you said: 'Claude'. Always the same.",
    ),
]
_Part: TypeAlias = Annotated[str, Meta(max_length=20, description="The `part` that `next_to_read` returned last.")]


class NextToRead(Arguments, frozen=True):
    """The arguments of `next_to_read`: who reads."""

    assistant: _Assistant


class PutReadings(PartAnswers, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The arguments of `put_readings`: who reads, the part, and the answers."""

    assistant: _Assistant
    part: _Part


class UndoReadings(Arguments, frozen=True):
    """The arguments of `undo_readings`: who read, and the part."""

    assistant: _Assistant
    part: _Part
