"""Markup in which a mark at its beginning tells what a line is: headings, items, blocks between fences, all else prose.

Org, AsciiDoc and Re:VIEW are of this kind; each is described as a `Markup`, as far as reports of talks use it.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from index.text import trimmed
from kb.readers.contract import Parse, addresses, split_lines
from kb.report.outline import Block, BlockType

_NOTHING = re.compile(r"(?!)")
_LONGEST = 10_000  # characters; a longer line is no markup that anybody wrote, and patterns may take the square of it


@dataclass(frozen=True, slots=True)
class Fence:
    """What opens a block of lines, the whole line that closes it, and what the block is.

    In `closing` stands `{0}` for the words that opened it; capitals make no difference.
    """

    opening: re.Pattern[str]
    closing: str
    kind: BlockType


@dataclass(frozen=True, slots=True)
class Markup:
    """How the lines of a format are marked.

    `certain` is what no text of another format has. `heading` has groups `marks`, as long as its level, and `text`;
    `item` has `mark` and `text`, with `indent` where items nest by that, and `numbered` is such a mark; `field`, a line
    that says something of the report, has `key` and `value` (title, event and date are used, as in front matter). Items
    nest by their indent, by marks that differ from those above, or by how many `*` they have (others, as `#`, do not
    nest then); by marks alone a line that is not indented goes on an item, else it ends it. `inline` are patterns of
    what stands in a line and what is shown of it, as `re.sub` has it, in order; a group `address` links.
    """

    certain: re.Pattern[str]
    heading: re.Pattern[str]
    item: re.Pattern[str]
    unseen: re.Pattern[str]
    inline: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...]
    numbered: re.Pattern[str] = _NOTHING
    field: re.Pattern[str] = _NOTHING
    fences: tuple[Fence, ...] = ()
    nests_by: Literal["indent", "mark", "length"] = "mark"

    def recognises(self, text: str) -> bool:
        """Tell whether `text` is certainly in this format."""
        return self.certain.search(text) is not None

    def read(self, text: str) -> Parse:
        """Return the parse of a text; its title is a field, or the only heading of level 1 above all others."""
        lines = split_lines(text.lstrip("\ufeff"))
        numbers = defaultdict[str, list[int]](list)  # of each line, that the end of a block is found at once
        for number, line in enumerate(lines):
            numbers[line.strip().lower()].append(number)
        parser = _Parser(self)
        at = 0
        while at < len(lines):
            fence, last = _fenced(lines[at], at, self, numbers)
            if fence:
                body = lines[at + 1 : last]
                shown = "\n".join(body if fence.kind == "code" else map(trimmed, body))
                parser.add(Block(fence.kind if shown.strip() else "blank", shown, at + 1, last + 1))
            else:
                parser.read(lines[at], at + 1)
            at = last + 1
        parser.end()
        title = parser.metadata.get("title")
        headings = [block for block in parser.blocks if block.type == "heading"]
        if not title and [block.level for block in headings].count(1) == 1 and headings[0].level == 1:
            title = headings[0].text
        return Parse(title, tuple(parser.blocks), tuple(parser.metadata.items()))


def _fenced(line: str, at: int, markup: Markup, numbers: Mapping[str, Sequence[int]]) -> tuple[Fence | None, int]:
    """Return the block that a line opens and the index of the line that closes it; none and itself for any other."""
    for fence in markup.fences if len(line) <= _LONGEST else ():
        if opening := fence.opening.fullmatch(line):
            closing = fence.closing.replace("{0}", opening[1] if fence.opening.groups else "").lower()
            ends = numbers.get(closing, ())
            below = bisect_right(ends, at)
            return (fence, ends[below]) if below < len(ends) else (None, at)
    return None, at


@dataclass(slots=True)
class _Parser:
    """What is parsed so far: whole blocks, and an item or paragraph that the next line may go on, with its lines."""

    markup: Markup
    blocks: list[Block] = field(default_factory=list)
    metadata: dict[str, str] = field(default_factory=dict)
    places: list[int | str] = field(default_factory=list)  # of the items that the next may stand in
    begun: Block | None = None
    lines: list[str] = field(default_factory=list)

    def read(self, line: str, number: int) -> None:
        """Read a line that stands in no fences."""
        markup = self.markup
        if not line.strip():
            self.end()
        elif len(line) > _LONGEST:
            self.begin(Block("paragraph", line, number, number))
        elif pair := markup.field.fullmatch(line):
            if value := trimmed(pair["value"] or ""):
                self.metadata.setdefault(pair["key"].lower(), value)
            self.add(Block("front-matter", line, number, number))
        elif heading := markup.heading.fullmatch(line):
            self.places = []
            self.begin(Block("heading", heading["text"], number, number, level=len(heading["marks"])))
            self.end()
        elif item := markup.item.fullmatch(line):
            kind: BlockType = "numbered" if markup.numbered.fullmatch(item["mark"]) else "bullet"
            self.begin(Block(kind, item["text"], number, number, depth=self.depth_of(item)))
        elif markup.unseen.fullmatch(line):
            self.add(Block("blank", "", number, number))
        elif self.begun is not None and (self.begun.depth is None or line[0].isspace() or markup.nests_by == "mark"):
            self.lines.append(line)
        else:
            if not line[0].isspace():
                self.places = []
            self.begin(Block("paragraph", line, number, number))

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
        kind = begun.type
        if not text and begun.depth is None:
            kind = "blank"
        elif kind == "paragraph" and links and (links[0] == text or all(map(self.is_link, self.lines))):
            kind = "link"
        last = begun.first_line + len(self.lines) - 1
        self.blocks.append(replace(begun, type=kind, text=text, last_line=last, links=links))

    def is_link(self, line: str) -> bool:
        """Tell whether a line is a link and nothing else."""
        links = (pattern for pattern, _ in self.markup.inline if "address" in pattern.groupindex)
        return any(pattern.fullmatch(trimmed(line[:_LONGEST])) for pattern in links)

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


def _shown(written: str, markup: Markup) -> tuple[str, tuple[str, ...]]:
    """Return what a reader of the page sees of a line, and where it links to."""
    links: list[str] = []
    for pattern, shown in markup.inline if len(written) <= _LONGEST else ():
        if "address" in pattern.groupindex:
            links += [found["address"] for found in pattern.finditer(written)]
        written = pattern.sub(shown, written)
    return trimmed(written), tuple(dict.fromkeys((*links, *addresses(written))))
