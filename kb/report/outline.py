"""The outline that every reader returns: blocks that together cover every line of a file."""

import re
from dataclasses import dataclass, field
from typing import Literal

from index.messages import Message

BlockType = Literal[
    "heading", "bullet", "numbered", "paragraph", "code", "table", "quote", "link", "rule", "front-matter", "blank",
    "unparsed",
]  # fmt: skip
QUESTION_OR_ANSWER = re.compile(r"(?:Q|A|質問|回答)\s*\d*\s*[.:．：]", re.IGNORECASE)
"""The mark that begins a line with a question or an answer."""


@dataclass(frozen=True, slots=True)
class Block:
    """One piece of a report, with its lines counted from 1."""

    type: BlockType
    text: str  # as a page shows it, with lines joined by one space
    first_line: int
    last_line: int
    level: int | None = None  # of a heading, from 1
    depth: int | None = None  # of a list item, from 0
    links: tuple[str, ...] = ()
    joints: tuple[tuple[int, int], ...] = field(default=(), compare=False)
    """The number of each further line with text, and the position in `text` where it begins."""


@dataclass(frozen=True, slots=True)
class ReadingWarning:
    """A part of a file that could not be read as written, and what was done instead."""

    line: int
    message: Message


@dataclass(frozen=True, slots=True)
class Outline:
    """One file as a reader understood it: its blocks in file order, which cover every line exactly once."""

    source: str
    encoding: str
    format: str  # name of its reader
    lines: int
    title: str | None
    blocks: tuple[Block, ...]
    metadata: tuple[tuple[str, str], ...] = ()  # title, date, event …, as written
    warnings: tuple[ReadingWarning, ...] = ()
