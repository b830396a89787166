"""What other programs may call, tools, and read, resources; all only reads.

A resource is a note or a talk with an address (`kb://note/ID`), which is read as quotations in Markdown.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import msgspec

from index.engine import SearchIndexError
from index.urls import url_parts, whole_number
from kb.knowledge_base import KnowledgeBase
from kb.programs import answers
from kb.programs.arguments import SEARCH, Arguments, Guide, Services, Show, read
from kb.programs.cards import LONGEST_ANSWER, SCHEME, Cards, resource_address
from kb.report.model import Note
from kb.report.problems import LibraryError
from kb.search.answers import UnknownIdError, UnknownValueError
from kb.search.quotation import Quoting
from kb.texts import en
from kb.texts import programs as words

_PAGE = 100  # talks that are listed at once
_MOST_TALKS = 10**9  # from a later one on there are none


class ToolError(ValueError):
    """A call or an address cannot be answered; the message says why, and what to ask instead."""


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool: what it may be asked, and what answers, given the knowledge base and the address of the page."""

    arguments: type[Arguments]
    answer: Callable[[KnowledgeBase, Any, str | None], answers.Record]

    @property
    def schema(self) -> dict[str, Any]:
        """What it may be asked, as JSON Schema."""
        _, schemas = msgspec.json.schema_components([self.arguments])
        components: dict[str, Any] = schemas[self.arguments.__name__]
        return components


TOOLS: Mapping[str, Tool] = {
    "search": Tool(SEARCH, answers.search),
    "show": Tool(Show, answers.show),
    "guide": Tool(Guide, answers.guide),
    "services": Tool(Services, answers.services),
}


def call(kb: KnowledgeBase, name: str, given: object, root: str | None) -> answers.Record:
    """Return what a tool answers to some arguments, with addresses of the page at `root`, None where nobody serves it.

    Raises ToolError where there is no such tool, where it takes no such arguments, and where nothing is there to ask.
    """
    tool = TOOLS.get(name)
    if tool is None:
        raise ToolError(words.unknown_tool(name, list(TOOLS)))
    try:
        arguments = read(tool.arguments, given)
    except ValueError as error:
        raise ToolError(words.wrong_arguments(name, str(error))) from error
    with _as_tool_errors():
        return tool.answer(kb, arguments, root)


def talks(kb: KnowledgeBase, begin: str | None) -> tuple[Sequence[tuple[str, str]], str | None]:
    """Return address and title of the talks from one on, newest first, and where to go on, None at the end.

    Raises ToolError where there is no index.
    """
    with _as_tool_errors():
        entries = list(kb.browser.directory().talks.values())
    number = whole_number(begin or "", _MOST_TALKS) or 0
    some = [(resource_address("talk", entry.talk.id), entry.talk.title) for entry in entries[number : number + _PAGE]]
    return some, str(number + _PAGE) if number + _PAGE < len(entries) else None


def text(kb: KnowledgeBase, address: str, root: str | None) -> str:
    """Return what stands at the address of a resource, in Markdown. Raises ToolError where nothing does."""
    parts = url_parts(address)
    if parts is None or parts.scheme != SCHEME or parts.netloc not in words.RESOURCES:
        raise ToolError(words.unknown_resource(address))
    identifier = unquote(parts.path.removeprefix("/"))
    with _as_tool_errors():
        quoting = Quoting(en, kb.collection.domain, Cards(kb, root).address)
        if parts.netloc == "note":
            return quoting.citation(kb.browser.note(identifier))
        note_takers = kb.browser.note_takers(identifier)
    notes = [note for note_taker in note_takers for note in note_taker.notes]
    some = notes[: _fitting(notes)]
    more = [words.left_out(len(notes) - len(some))] if len(some) < len(notes) else []
    return "\n".join([*quoting.sheet(some), *more])


def _fitting(notes: Sequence[Note]) -> int:
    """Return how many notes fit into one answer, each with some 200 bytes of Markdown and source."""
    taken = 0
    for number, note in enumerate(notes):
        taken += len(note.text.encode()) + sum(len(crumb.text.encode()) for crumb in note.trail) + 200
        if number and taken > LONGEST_ANSWER:
            return number
    return len(notes)


@contextmanager
def _as_tool_errors() -> Iterator[None]:
    """Turn every error that is foreseen into one that says what to do."""
    try:
        yield
    except UnknownIdError as error:
        raise ToolError(words.unknown_id(str(error))) from error
    except UnknownValueError as error:
        raise ToolError(words.unknown_value(error.facet, error.name, error.known, error.near)) from error
    except (SearchIndexError, LibraryError, OSError) as error:
        raise ToolError(words.NO_INDEX.format(why=error)) from error
