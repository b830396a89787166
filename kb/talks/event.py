"""The event that a report is about, and the day it was held: only as far as the report tells."""

import re
from collections.abc import Iterator

from kb.outline import Outline
from kb.talks.heading import read_heading
from kb.talks.words import any_of

_EVENT = re.compile(any_of("event"), re.IGNORECASE)
_GOING = re.compile(rf"(?:に|へ|で|の|を)?\s*(?:{any_of('going')})")
_HASHTAG = re.compile(r"(?:^|\s)#[^\s#]+")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d{2}(?!\d)")
_TRIM = " \t　!！、。・:：|｜-–"


def event_of(outline: Outline) -> str | None:
    """Return the event's name as the title or else the first lines have it, or None."""
    metadata = dict(outline.metadata)
    if metadata.get("event"):
        return metadata["event"].strip()
    return next((name for text in _opening(outline) if (name := _name_in(text))), None)


def held_on_of(outline: Outline, event: str | None) -> str | None:
    """Return the day, month or year the event was held, in the precision told, or None."""
    for text in (event or "", outline.title or ""):
        if match := _YEAR.search(text):
            return str(int(match[0]))
    return None


def _opening(outline: Outline) -> Iterator[str]:
    """Yield the title and the lines before the first bullet or talk."""
    if outline.title:
        yield outline.title
    for block in outline.blocks:
        if block.type in ("bullet", "numbered") or read_heading(block.text).marked:
            return
        if block.type in ("heading", "paragraph"):
            yield block.text


def _name_in(text: str) -> str | None:
    """Return the name of an event out of a line that says somebody went there."""
    text = _HASHTAG.sub("", text)
    name = _GOING.split(text, maxsplit=1)[0].strip(_TRIM)
    return name if name and _EVENT.search(name) else None
