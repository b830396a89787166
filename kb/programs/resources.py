"""Notes and talks as resources: things with an address (`kb://note/ID`), to be read as quotations in Markdown."""

from dataclasses import dataclass
from urllib.parse import unquote

from index.urls import url_parts, whole_number
from kb.knowledge_base import KnowledgeBase
from kb.programs.cards import LONGEST_ANSWER, SCHEME, Cards, resource_address
from kb.programs.tools import ToolError, told
from kb.report.model import Note
from kb.search.quotation import Quoting
from kb.texts import en
from kb.texts import programs as words

_PAGE = 100  # talks that are listed at once
_MOST_TALKS = 10**9  # from a later one on there are none


@dataclass(frozen=True, slots=True)
class Resource:
    """Something to be read: its address, and what it is called."""

    address: str
    title: str


def talks(kb: KnowledgeBase, begin: str | None) -> tuple[list[Resource], str | None]:
    """Return the talks from one on, newest first, and where to go on. Raises ToolError."""
    with told():
        every = list(kb.browser.directory().talks.values())
    number = whole_number(begin or "", _MOST_TALKS) or 0
    some = [
        Resource(resource_address("talk", entry.talk.id), entry.talk.title) for entry in every[number : number + _PAGE]
    ]
    return some, str(number + _PAGE) if number + _PAGE < len(every) else None


def template(what: str) -> str:
    """Return what the addresses of all notes, or of all talks, look like (RFC 6570)."""
    return f"{SCHEME}://{what}/{{+id}}"


def text(kb: KnowledgeBase, asked: str, root: str | None) -> str:
    """Return what stands at an address, in Markdown. Raises ToolError."""
    what, identifier = _parts(asked)
    with told():
        quoting = Quoting(en, kb.collection.domain, Cards(kb, root).address)
        if what == "note":
            return quoting.citation(kb.browser.note(identifier))
        note_takers = kb.browser.note_takers(identifier)
    notes = [note for note_taker in note_takers for note in note_taker.notes]
    some = notes[: _fitting(notes)]
    more = [words.left_out(len(notes) - len(some))] if len(some) < len(notes) else []
    return "\n".join([*quoting.sheet(some), *more])


def _parts(asked: str) -> tuple[str, str]:
    parts = url_parts(asked)
    if parts is None or parts.scheme != SCHEME or parts.netloc not in words.RESOURCES:
        raise ToolError(words.unknown_resource(asked))
    return parts.netloc, unquote(parts.path.removeprefix("/"))


def _fitting(notes: list[Note]) -> int:
    """Return how many notes fit into one answer."""
    taken = 0
    for number, note in enumerate(notes):
        taken += len(note.text.encode()) + sum(len(crumb.text.encode()) for crumb in note.trail) + 200
        if number and taken > LONGEST_ANSWER:
            return number
    return len(notes)
