"""The tools that programs call and the resources that they read.

Three tools write what assistants read in reports, and nothing else; a program gets them only where a person allows it.
A resource is a note or a talk with an address (`kb://note/ID`). Its text is a sheet of quotations in Markdown.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import unquote

import msgspec
from msgspec import Struct

from index import datafiles
from index.engine import SearchIndexError, WriterBusyError
from index.messages import message_of
from index.urls import url_parts, whole_number
from kb.assistant.parts import GUIDE
from kb.assistant.readings import RefusedReadingsError
from kb.knowledge_base import KnowledgeBase
from kb.programs import answers
from kb.programs.answers import MAX_ANSWER, SCHEME, Notes, Record, no_value, resource_address
from kb.programs.arguments import SEARCH, Guide, NextToRead, PutReadings, Services, Show, UndoReadings
from kb.report.model import Note
from kb.report.problems import LibraryError
from kb.search.results import UnknownIdError, UnknownValueError
from kb.translation import SOURCE, set_language

_TEXTS: Mapping[str, Any] = datafiles.table("kb.programs", "texts.toml")
RESOURCES: Mapping[str, str] = _TEXTS["resources"]
_PAGE = 100  # talks of one page of resources
_MAX_PAGED = 10**9  # talks; a page behind it is empty


class ToolError(ValueError):
    """A call or an address that cannot be answered; the message says why, and what to ask instead."""


Answer: TypeAlias = Callable[[KnowledgeBase, Any, str | None], Record]


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool: title, description, argument type, and its function of knowledge base, arguments and page URL."""

    title: str
    description: str
    arguments: type[Struct]
    answer: Answer

    @property
    def schema(self) -> dict[str, Any]:
        """The arguments as JSON Schema."""
        _, schemas = msgspec.json.schema_components([self.arguments])
        own: dict[str, Any] = schemas.pop(self.arguments.__name__)
        return {**own, "$defs": schemas} if schemas else own


def next_to_read(kb: KnowledgeBase, arguments: NextToRead, _root: str | None) -> Record:
    """Return the next part that is unread. Raises SearchIndexError, LibraryError."""
    _sync(kb)
    part = kb.readings.next_part(arguments.assistant)
    return part.record() if part else {"nothing": _TEXTS["nothing_left"]}


def put_readings(kb: KnowledgeBase, arguments: PutReadings, _root: str | None) -> Record:
    """Keep what an assistant says of a part; return how much. Raises RefusedReadingsError, LibraryError."""
    record = kb.readings.put(arguments.assistant, arguments.part, arguments)
    _sync(kb)
    return record


def undo_readings(kb: KnowledgeBase, arguments: UndoReadings, _root: str | None) -> Record:
    """Take out what an assistant said of a part; return how much. Raises RefusedReadingsError, LibraryError."""
    record = kb.readings.undo(arguments.assistant, arguments.part)
    _sync(kb)
    return record


def _sync(kb: KnowledgeBase) -> None:
    with suppress(WriterBusyError):  # the other process indexes it
        kb.indexer.sync()


def _tool(name: str, arguments: type[Struct], answer: Answer, guide: str = "") -> Tool:
    texts = _TEXTS["tools"][name]
    return Tool(texts["title"], texts["description"] + guide, arguments, answer)


TOOLS: Mapping[str, Tool] = {
    "search": _tool("search", SEARCH, answers.search),
    "show": _tool("show", Show, answers.show),
    "guide": _tool("guide", Guide, answers.guide),
    "services": _tool("services", Services, answers.services),
}
WRITING_TOOLS: Mapping[str, Tool] = {
    "next_to_read": _tool("next_to_read", NextToRead, next_to_read, f"\n\n{GUIDE}"),
    "put_readings": _tool("put_readings", PutReadings, put_readings),
    "undo_readings": _tool("undo_readings", UndoReadings, undo_readings),
}
"""The tools that write. They change nothing but what assistants read in the lines of the open part."""


def instructions(*, writes: bool) -> str:
    """Return how to use the tools, for programs that may write, or only read."""
    return f"{_TEXTS['instructions']} {_TEXTS['writes' if writes else 'reads_only']}"


def tools(*, writes: bool) -> Mapping[str, Tool]:
    """Return the tools of a program that may write, or only read."""
    return {**TOOLS, **WRITING_TOOLS} if writes else TOOLS


def call(kb: KnowledgeBase, name: str, arguments: object, root: str | None, *, writes: bool = False) -> Record:
    """Call a tool and return its answer; `root` is the URL of the page for links, None without a server.

    Raises ToolError for an unknown tool, invalid arguments, an unknown id or value, and a missing index.
    """
    set_language(SOURCE)  # models read English best
    known = tools(writes=writes)
    tool = known.get(name)
    if tool is None:
        raise ToolError(f"there is no tool {name!r}; there are {', '.join(known)}")
    try:
        checked = msgspec.json.decode(msgspec.json.encode(arguments), type=tool.arguments)
    except (ValueError, ArithmeticError, RecursionError) as error:  # the latter two: a number or a depth beyond JSON
        why = str(error)
        raise ToolError(f"{name}: {why[:1].lower()}{why[1:]}") from error
    with _tool_errors():
        return tool.answer(kb, checked, root)


def talks(kb: KnowledgeBase, cursor: str | None) -> tuple[Sequence[tuple[str, str]], str | None]:
    """Return a page of talks, newest first, as address and title, and the next cursor, None at the end.

    Raises ToolError if there is no index.
    """
    with _tool_errors():
        entries = list(kb.browser.directory().talks.values())
    first = whole_number(cursor or "", _MAX_PAGED) or 0
    page = [(resource_address("talk", entry.talk.id), entry.talk.title) for entry in entries[first : first + _PAGE]]
    return page, str(first + _PAGE) if first + _PAGE < len(entries) else None


def text(kb: KnowledgeBase, address: str, root: str | None) -> str:
    """Return the Markdown of a resource. Raises ToolError for an unknown address."""
    set_language(SOURCE)
    parts = url_parts(address)
    if parts is None or parts.scheme != SCHEME or parts.netloc not in RESOURCES:
        refused = "nothing is at {!r}; addresses are kb://note/ID and kb://talk/ID with an id of `search`"
        raise ToolError(refused.format(address))
    identifier = unquote(parts.path.removeprefix("/"))
    with _tool_errors():
        quoting = Notes(kb, root).quoting()
        if parts.netloc == "note":
            return quoting.citation(kb.browser.note(identifier))
        note_takers = kb.browser.note_takers(identifier)
    notes = [note for note_taker in note_takers for note in note_taker.notes]
    fitting = notes[: _fitting(notes)]
    more = [f"({len(notes) - len(fitting)} more; `show` gives all)"] if len(fitting) < len(notes) else []
    return "\n".join([*quoting.sheet(fitting), *more])


def _fitting(notes: Sequence[Note]) -> int:
    """Return how many notes fit into one answer, each with about 200 bytes of Markdown and source."""
    size = 0
    for number, note in enumerate(notes):
        size += len(note.text.encode()) + sum(len(crumb.text.encode()) for crumb in note.trail) + 200
        if number and size > MAX_ANSWER:
            return number
    return len(notes)


@contextmanager
def _tool_errors() -> Iterator[None]:
    """Raise foreseen errors as ToolError, which says what to do."""
    try:
        yield
    except (RefusedReadingsError, LibraryError) as error:
        raise ToolError(str(message_of(error))) from error
    except UnknownIdError as error:
        raise ToolError(f"{error}; `search` gives the ids that there are") from error
    except UnknownValueError as error:
        raise ToolError(no_value(error.facet, error.name, error.known, error.near)) from error
    except (SearchIndexError, OSError) as error:
        raise ToolError(f"There is no index that could be searched: run `kb sync` ({message_of(error)})") from error
