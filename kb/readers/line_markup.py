"""Markup in which a mark at its beginning tells what a line is: headings, items, blocks between fences, all else prose.

Org, AsciiDoc and Re:VIEW are of this kind; each is told as a `Markup`, as far as reports of talks use it.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from index.text import trimmed
from kb.readers.contract import Parse
from kb.readers.lines import addresses, split_lines
from kb.report.outline import Block, BlockType

_LONGEST = 10_000  # characters; a longer line is no markup that anybody wrote, and patterns may take the square of it


@dataclass(frozen=True, slots=True)
class Fence:
    """What opens a block of lines, what closes it (`{0}`: the words that opened it), and what the block is."""

    opening: re.Pattern[str]
    closing: str
    kind: BlockType


@dataclass(frozen=True, slots=True)
class Markup:
    """How the lines of a format are marked.

    `heading` has groups `marks`, as many as its level, and `text`; `item` has `mark` and `text`; `field`, a line that
    says something of the report, `key` and `value`. Items nest by their indent, by marks that differ from those above,
    or by how many marks they have. `inline` are patterns of what stands in a line and what is shown of it, in order; a
    group `address` links.
    """

    heading: re.Pattern[str]
    item: re.Pattern[str]
    numbered: re.Pattern[str]
    field: re.Pattern[str]
    unseen: re.Pattern[str]
    fences: tuple[Fence, ...]
    inline: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...]
    nests_by: Literal["indent", "mark", "length"] = "mark"


@dataclass(slots=True)
class _Reading:
    """What is read so far: whole blocks, and an item or paragraph that the next line may go on, with its lines."""

    markup: Markup
    blocks: list[Block] = field(default_factory=list)
    metadata: dict[str, str] = field(default_factory=dict)
    places: list[int | str] = field(default_factory=list)  # of the items that the next may stand in
    begun: Block | None = None
    lines: list[str] = field(default_factory=list)

    def begin(self, block: Block) -> None:
        """Begin a block whose text may go on in the next line; `text` is its first line as written."""
        self.end()
        self.begun, self.lines = block, [block.text]

    def add(self, block: Block) -> None:
        """Add a block that is whole."""
        self.end()
        self.blocks.append(block)

    def end(self) -> None:
        """Add the block that was begun, if any."""
        if self.begun is None:
            return
        begun, self.begun = self.begun, None
        shown = [_shown(line, self.markup) for line in self.lines]
        text = " ".join(text for text, _ in shown if text)
        links = tuple(dict.fromkeys(link for _, found in shown for link in found))
        linked = links[:1] == (text,) or all(_is_link(line, self.markup) for line in self.lines)
        kind: BlockType = "link" if begun.type == "paragraph" and links and linked else begun.type
        last = begun.first_line + len(self.lines) - 1
        self.blocks.append(
            replace(
                begun, type=kind if text or begun.depth is not None else "blank", text=text, last_line=last, links=links
            )
        )

    def depth_of(self, item: re.Match[str]) -> int:
        if self.markup.nests_by == "length":
            return len(item["mark"]) - 1 if item["mark"].startswith("*") else 0
        if self.markup.nests_by == "indent":
            indent = len(item["indent"].expandtabs(8))
            self.places = [*(place for place in self.places if isinstance(place, int) and place < indent), indent]
        elif item["mark"] in self.places:
            self.places = self.places[: self.places.index(item["mark"]) + 1]
        else:
            self.places = [*self.places, item["mark"]]
        return len(self.places) - 1


def read_marked(text: str, markup: Markup) -> Parse:
    """Return the parse of a text in a markup."""
    lines = split_lines(text.lstrip("\ufeff"))
    places: defaultdict[str, list[int]] = defaultdict(list)  # of each line, that the end of a block is found at once
    for number, line in enumerate(lines):
        places[line.strip().lower()].append(number)
    reading = _Reading(markup)
    at = 0
    while at < len(lines):
        fence, last = _fenced(lines[at], at, markup, places)
        if fence:
            body = lines[at + 1 : last]
            shown = "\n".join(body if fence.kind == "code" else map(trimmed, body))
            reading.add(Block(fence.kind if shown.strip() else "blank", shown, at + 1, last + 1))
        else:
            _read_line(lines[at], at + 1, reading)
        at = last + 1
    reading.end()
    title = reading.metadata.get("title") or _title(reading.blocks)
    return Parse(title, tuple(reading.blocks), tuple(reading.metadata.items()))


def _fenced(line: str, at: int, markup: Markup, places: Mapping[str, Sequence[int]]) -> tuple[Fence | None, int]:
    """Return the block that a line opens and the index of the line that closes it; none and itself for any other."""
    for fence in markup.fences if len(line) <= _LONGEST else ():
        if opening := fence.opening.fullmatch(line):
            closing = fence.closing.format(opening[1] if fence.opening.groups else "").lower()
            ends = places.get(closing, ())
            below = bisect_right(ends, at)
            return (fence, ends[below]) if below < len(ends) else (None, at)
    return None, at


def _read_line(line: str, number: int, reading: _Reading) -> None:
    markup = reading.markup
    if not line.strip():
        reading.end()
    elif len(line) > _LONGEST:
        reading.begin(Block("paragraph", line, number, number))
    elif told := markup.field.fullmatch(line):
        if value := trimmed(told["value"] or ""):
            reading.metadata.setdefault(told["key"].lower(), value)
        reading.add(Block("front-matter", line, number, number))
    elif heading := markup.heading.fullmatch(line):
        reading.places = []
        reading.begin(Block("heading", heading["text"], number, number, level=len(heading["marks"])))
        reading.end()
    elif item := markup.item.fullmatch(line):
        kind: BlockType = "numbered" if markup.numbered.fullmatch(item["mark"]) else "bullet"
        reading.begin(Block(kind, item["text"], number, number, depth=reading.depth_of(item)))
    elif markup.unseen.fullmatch(line):
        reading.add(Block("blank", "", number, number))
    elif reading.begun is not None and (reading.begun.depth is None or line[0].isspace() or markup.nests_by == "mark"):
        reading.lines.append(line)
    else:
        if not line[0].isspace():
            reading.places = []
        reading.begin(Block("paragraph", line, number, number))


def _shown(written: str, markup: Markup) -> tuple[str, tuple[str, ...]]:
    """Return what a reader of the page sees of a line, and where it links to."""
    links: list[str] = []
    for pattern, shown in markup.inline if len(written) <= _LONGEST else ():
        if "address" in pattern.groupindex:
            links += [found["address"] for found in pattern.finditer(written)]
        written = pattern.sub(shown, written)
    return trimmed(written), tuple(dict.fromkeys((*links, *addresses(written))))


def _is_link(written: str, markup: Markup) -> bool:
    """Tell whether a line is a link and nothing else."""
    line = trimmed(written[:_LONGEST])
    return any(pattern.fullmatch(line) for pattern, _ in markup.inline if "address" in pattern.groupindex)


def _title(blocks: Sequence[Block]) -> str | None:
    """Return the only heading of the first level, where no other stands above it."""
    headings = [block for block in blocks if block.type == "heading"]
    first = [block for block in headings if block.level == 1]
    return first[0].text if len(first) == 1 and first[0] is headings[0] else None
