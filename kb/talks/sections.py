"""The parts of a report under its headings, and the talk that each belongs to."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kb.outline import Block, Outline
from kb.talks.heading import read_heading
from kb.talks.words import any_of

_BREAK = re.compile(any_of("breaks"), re.IGNORECASE)
_CLOSING = re.compile(any_of("closings"), re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Section:
    """The blocks between two headings, the heading over them, and where they stand.

    `talk` is the heading of the talk they belong to; `headings` are those below it, or all of them outside of talks.
    """

    blocks: tuple[Block, ...]
    talk: Block | None = None
    headings: tuple[Block, ...] = ()


def sections_of(outline: Outline) -> tuple[Section, ...]:
    """Return the sections of an outline in file order."""
    parts = list(_split(outline.blocks))
    talks = [heading for heading, _ in parts if heading and read_heading(heading.text).marked]
    last = talks[-1].first_line if talks else 0
    talk: Block | None = None
    headings: list[Block] = []
    sections = []
    for heading, blocks in parts:
        if heading in talks:
            talk, headings = heading, []
        elif heading and talk and _ends(talk, heading, last):
            talk, headings = None, [heading]
        elif heading:
            headings = [*_over(headings, heading), heading]
        sections.append(Section(blocks, talk, tuple(h for h in headings if h.text != outline.title)))
    return tuple(sections)


def _split(blocks: Iterable[Block]) -> Iterator[tuple[Block | None, tuple[Block, ...]]]:
    """Yield each heading with the blocks up to the next one; what stands before the first has None."""
    heading: Block | None = None
    below: list[Block] = []
    for block in blocks:
        if block.type == "heading":
            yield heading, tuple(below)
            heading, below = block, []
        else:
            below.append(block)
    yield heading, tuple(below)


def _ends(talk: Block, heading: Block, last_talk: int) -> bool:
    """Tell whether a heading that is no talk ends the one above it."""
    if (heading.level or 1) > (talk.level or 1):
        return False
    if (heading.level or 1) < (talk.level or 1) or _BREAK.search(heading.text):
        return True
    return heading.first_line > last_talk and _CLOSING.search(heading.text) is not None


def _over(headings: list[Block], heading: Block) -> list[Block]:
    """Return those of the open headings that a new one stands under."""
    return [above for above in headings if (above.level or 1) < (heading.level or 1)]
