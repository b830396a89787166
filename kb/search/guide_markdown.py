"""The guide of a service to take away, as Markdown: each point with who says so, and where that stands."""

import re
from collections.abc import Callable, Iterator
from types import ModuleType

from kb.report.model import Note
from kb.search.guiding import Entry, Guide

_READ_AS_MARKDOWN = re.compile(r"[\\`*\[\]<]")  # inside a line


def escaped(text: str) -> str:
    """Return a text so that Markdown takes it for nothing but text."""
    return _READ_AS_MARKDOWN.sub(r"\\\g<0>", text)


def guide_lines(guide: Guide, words: ModuleType, link: Callable[[Note], str]) -> Iterator[str]:
    """Yield the whole guide, in a language's words (`kb.texts`); `link` gives the address or the id of a note."""
    yield f"# {guide.service.name}\n"
    yield f"{words.compared(guide.compared, guide.notes)}\n"
    for name, part in guide.parts.items():
        if part:
            yield f"## {words.GUIDE_PARTS[name]}\n"
            for entry in part:
                yield from _entry_lines(entry, words, link)
            yield ""
    if guide.contradictions:
        yield f"## {words.CONTRADICTIONS}\n"
        for one in guide.contradictions:
            yield f"- {words.DIFFERS[one.differs]}"
            yield from (f"  - {_told(note, words, link)}" for note in one.notes)
        yield ""
    if guide.changes:
        yield f"## {words.GUIDE_CHANGES}\n"
        yield from (f"- {escaped(change.statement)} {change.source or ''}".rstrip() for change in guide.changes)


def _entry_lines(entry: Entry, words: ModuleType, link: Callable[[Note], str]) -> Iterator[str]:
    point = entry.point
    said = words.said(point.talks, point.since, point.until, point.speakers)
    yield f"- {escaped(entry.note.text)} — {escaped(said)}"
    yield from (
        f"  - {words.REMEDY}: {_told(note, words, link)}" for note in entry.remedies if note.id != entry.note.id
    )
    yield from (f"  - {escaped(change.statement)} {change.source or ''}".rstrip() for change in entry.changes)
    yield from (f"  - {_told(note, words, link)}" for note in point.notes)


def _told(note: Note, words: ModuleType, link: Callable[[Note], str]) -> str:
    """Return a note with where it was said."""
    where = "、".join(filter(None, (note.talk.title if note.talk else None, note.event))) or words.NO_EVENT
    return f"{escaped(note.text)} ({escaped(where)}, {note.held_on or words.UNDATED}) {link(note)}"
