"""The tools that other programs may call, each by its name: all of them only read."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from index.engine import SearchIndexError
from kb.knowledge_base import KnowledgeBase
from kb.programs import answers, guiding
from kb.programs.arguments import SEARCH, Arguments, Guide, Services, Show, read, schema
from kb.report.problems import LibraryError
from kb.search.answers import UnknownIdError, UnknownValueError
from kb.texts import programs as words


class ToolError(ValueError):
    """A call cannot be answered; the message says why, and what to ask instead."""


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool: what it may be asked, and what answers, given the knowledge base and the address of the page."""

    name: str
    arguments: type[Arguments]
    answer: Callable[[KnowledgeBase, Any, str | None], answers.Record]

    @property
    def schema(self) -> dict[str, Any]:
        """What it may be asked, as JSON Schema."""
        return schema(self.arguments)


TOOLS: Mapping[str, Tool] = {
    tool.name: tool
    for tool in (
        Tool("search", SEARCH, answers.search),
        Tool("show", Show, answers.show),
        Tool("guide", Guide, guiding.guide),
        Tool("services", Services, answers.services),
    )
}


def call(kb: KnowledgeBase, name: str, given: object, root: str | None) -> answers.Record:
    """Return what a tool answers to some arguments. Raises ToolError."""
    tool = TOOLS.get(name)
    if tool is None:
        raise ToolError(words.unknown_tool(name, list(TOOLS)))
    try:
        asked = read(tool.arguments, given)
    except ValueError as error:
        raise ToolError(words.wrong_arguments(name, str(error))) from error
    with told():
        return tool.answer(kb, asked, root)


@contextmanager
def told() -> Iterator[None]:
    """Turn every error that is foreseen into one that says what to do."""
    try:
        yield
    except UnknownIdError as error:
        raise ToolError(words.unknown_id(str(error))) from error
    except UnknownValueError as error:
        raise ToolError(words.unknown_value(error.facet, error.name, error.known)) from error
    except (SearchIndexError, LibraryError, OSError) as error:
        raise ToolError(words.NO_INDEX.format(why=error)) from error
