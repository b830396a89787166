"""The neutral tree that every reader produces: blocks that together account for every line of a file."""

from dataclasses import dataclass, field
from typing import Literal

from index.messages import Message

BlockType = Literal[
    "heading",
    "bullet",
    "numbered",
    "paragraph",
    "code",
    "table",
    "quote",
    "link",
    "rule",
    "front-matter",
    "blank",
    "unparsed",
]


@dataclass(frozen=True, slots=True)
class Block:
    """One piece of a report as it stands in its file, lines counted from 1.

    `level` is that of a heading (1 the outermost), `depth` that of a bullet or item (0 the outermost). `text` is what
    a reader of the page would read, continuation lines joined by one space, `joints` the places where those begin;
    `links` the addresses it links to.
    """

    type: BlockType
    text: str
    first_line: int
    last_line: int
    level: int | None = None
    depth: int | None = None
    links: tuple[str, ...] = ()
    joints: tuple[tuple[int, int], ...] = field(default=(), compare=False)
    """Where each further line begins: its number, and its place in `text`; a line that shows nothing has none."""


@dataclass(frozen=True, slots=True)
class ReadingWarning:
    """Something in a file that could not be taken as it stands, and what was done instead."""

    line: int
    message: Message


@dataclass(frozen=True, slots=True)
class Outline:
    """What a reader made of one file: its blocks in file order, covering every line exactly once.

    `metadata` holds the values of front matter that say something about the report (title, date, event …) as written.
    """

    source: str
    encoding: str
    format: str
    lines: int
    title: str | None
    blocks: tuple[Block, ...]
    metadata: tuple[tuple[str, str], ...] = ()
    warnings: tuple[ReadingWarning, ...] = ()
