"""Parses markup in which the first characters of a line give its type: heading, item, fence, field or prose.

A `Markup` describes a format as far as reports use it; `line_formats.toml` has Org, AsciiDoc and Re:VIEW. `LineParser`
turns lines into blocks.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Literal

import msgspec

from index import datafiles
from index.text import trimmed
from kb.readers.contract import Parse, addresses, split_lines
from kb.report.outline import Block, BlockType

NOTHING = re.compile(r"(?!)")
# Nobody writes markup in a longer line or paragraph, and some patterns take time that grows with the square of it.
LONGEST_MARKUP = 10_000  # characters


@dataclass(frozen=True, slots=True)
class Fence:
    """A block between an opening and a closing line, such as `#+begin_src` and `#+end_src`.

    `closing` is the whole closing line in lower case; `{0}` in it is the first group of `opening`.
    """

    opening: re.Pattern[str]
    closing: str
    kind: BlockType


@dataclass(frozen=True, slots=True)
class Markup:
    """A line-based format: patterns for its lines, and for the markup inside them.

    - `certain` matches only texts of this format.
    - `heading` has the groups `marks`, as long as the level, and `text`.
    - `item` has the groups `mark` and `text`, and `indent` if items nest by indent. `numbered` matches numbered marks.
    - `field` matches metadata and has the groups `key` and `value`; title, event and date are used.
    - `unseen` matches lines that a rendered page does not show.
    - `inline` lists patterns with their replacements for `re.sub`, applied in order to the lines of a block. A group
      `address` is a link, whose address is shown if its replacement is empty; a group `reference` names a link that is
      defined elsewhere in the text.
    - `nests_by` says how items nest: by indent, by a mark that differs from the ones above, or by the number of `*`
      (items with other marks do not nest). With "mark", an unindented line continues an item; otherwise it ends it.
    """

    certain: re.Pattern[str]
    heading: re.Pattern[str]
    item: re.Pattern[str]
    unseen: re.Pattern[str]
    inline: tuple[tuple[re.Pattern[str], Any], ...]  # a replacement is a text or a function of the match
    numbered: re.Pattern[str] = NOTHING
    field: re.Pattern[str] = NOTHING
    fences: tuple[Fence, ...] = ()
    nests_by: Literal["indent", "mark", "length"] = "mark"

    def recognises(self, text: str) -> bool:
        """Return whether `text` is certainly in this format."""
        return self.certain.search(text) is not None

    def read(self, text: str) -> Parse:
        """Return the parse of a text. Its title is a field, or its first heading if no other has level 1."""
        lines = split_lines(text.lstrip("\ufeff"))
        positions = defaultdict[str, list[int]](list)  # of equal lines, to find a closing line without a search
        for position, line in enumerate(lines):
            positions[line.strip().lower()].append(position)
        parser = LineParser(self)
        at = 0
        while at < len(lines):
            fence, last = _fenced(lines[at], at, self, positions)
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


def _fenced(line: str, at: int, markup: Markup, positions: Mapping[str, Sequence[int]]) -> tuple[Fence | None, int]:
    """Return the fence that a line opens and the index of its closing line, or None and `at` for any other line."""
    for fence in markup.fences if len(line) <= LONGEST_MARKUP else ():
        if opening := fence.opening.fullmatch(line):
            closing = fence.closing.replace("{0}", opening[1] if fence.opening.groups else "").lower()
            ends = positions.get(closing, ())
            below = bisect_right(ends, at)
            return (fence, ends[below]) if below < len(ends) else (None, at)
    return None, at


@dataclass(slots=True)
class LineParser:
    """Collects blocks line by line. `begun` is an item or paragraph that the next line may continue."""

    markup: Markup
    targets: Mapping[str, str] = field(default_factory=dict)  # addresses by the names that refer to them
    blocks: list[Block] = field(default_factory=list)
    metadata: dict[str, str] = field(default_factory=dict)
    places: list[int | str] = field(default_factory=list)  # indents or marks of the items that enclose the next one
    begun: Block | None = None
    lines: list[str] = field(default_factory=list)  # of `begun`

    def read(self, line: str, number: int) -> None:
        """Parse a line outside of fences."""
        markup = self.markup
        if not line.strip():
            self.end()
        elif len(line) > LONGEST_MARKUP:
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
            self.begin(Block(kind, item["text"], number, number, depth=self._depth_of(item)))
        elif markup.unseen.fullmatch(line):
            self.add(Block("blank", "", number, number))
        elif self.begun is not None and (self.begun.depth is None or line[0].isspace() or markup.nests_by == "mark"):
            self.lines.append(line)
        else:
            if not line[0].isspace():
                self.places = []
            self.begin(Block("paragraph", line, number, number))

    def begin(self, block: Block) -> None:
        """Begin a block that later lines may continue; `text` is its first line as written."""
        self.end()
        self.begun, self.lines = block, [block.text]

    def add(self, block: Block) -> None:
        """Add a complete block."""
        self.end()
        self.blocks.append(block)

    def end(self) -> None:
        """Complete the begun block, if any."""
        if self.begun is None:
            return
        begun, self.begun = self.begun, None
        text, links = self.shown("\n".join(self.lines))
        kind = begun.type
        if not text and begun.depth is None:
            kind = "blank"
        elif kind == "paragraph" and links and (links[0] == text or all(map(self._is_link, self.lines))):
            kind = "link"
        last = begun.first_line + len(self.lines) - 1
        self.blocks.append(replace(begun, type=kind, text=text, last_line=last, links=links))

    def shown(self, written: str) -> tuple[str, tuple[str, ...]]:
        """Return the text that a page would show for the lines of a block, and the addresses of its links."""
        links: list[str] = []
        for pattern, replacement in self.markup.inline if len(written) <= LONGEST_MARKUP else ():
            if not pattern.groupindex.keys().isdisjoint(("address", "reference")):
                for found in pattern.finditer(written):
                    groups = found.groupdict()
                    address = groups.get("address") or self.targets.get((groups.get("reference") or "").lower())
                    links += [address] if address else []
            is_link = "address" in pattern.groupindex and isinstance(replacement, str)
            written = pattern.sub(partial(_text_or_address, replacement) if is_link else replacement, written)
        text = " ".join(line for each in written.split("\n") if (line := trimmed(each)))
        return text, tuple(dict.fromkeys((*links, *addresses(text))))

    def _is_link(self, line: str) -> bool:
        links = (pattern for pattern, _ in self.markup.inline if "address" in pattern.groupindex)
        return any(pattern.fullmatch(trimmed(line[:LONGEST_MARKUP])) for pattern in links)

    def _depth_of(self, item: re.Match[str]) -> int:
        if self.markup.nests_by == "length":
            return len(item["mark"]) - 1 if item["mark"].startswith("*") else 0
        if self.markup.nests_by == "indent":
            return self.depth_at(len(item["indent"].expandtabs(8)))
        if item["mark"] in self.places:
            self.places = self.places[: self.places.index(item["mark"]) + 1]
        else:
            self.places = [*self.places, item["mark"]]
        return len(self.places) - 1

    def depth_at(self, indent: int) -> int:
        """Return the depth of an item at a column, which then encloses the items indented further."""
        self.places = [*(place for place in self.places if isinstance(place, int) and place < indent), indent]
        return len(self.places) - 1


def _text_or_address(replacement: str, link: re.Match[str]) -> str:
    return link.expand(replacement) or link["address"]


MARKUPS: Mapping[str, Markup] = {
    name: msgspec.convert(table, Markup, dec_hook=lambda _type, pattern: re.compile(pattern))
    for name, table in datafiles.table("kb.readers", "line_formats.toml", dict[str, dict[str, Any]]).items()
}
"""The line-based formats by name."""
