"""Parses markup in which the first characters of a line give its type: heading, item, fence, field or prose.

A `Markup` describes a format as far as reports use it: Org, AsciiDoc and Re:VIEW at the end of this module. `LineParser`
turns lines into blocks.
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
      `address` is a link; a group `reference` names a link that is defined elsewhere in the text.
    - `nests_by` says how items nest: by indent, by a mark that differs from the ones above, or by the number of `*`
      (items with other marks do not nest). With "mark", an unindented line continues an item; otherwise it ends it.
    """

    certain: re.Pattern[str]
    heading: re.Pattern[str]
    item: re.Pattern[str]
    unseen: re.Pattern[str]
    inline: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...]
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
            written = pattern.sub(replacement, written)
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


def _text_or_address(link: re.Match[str]) -> str:
    return link["text"] or link["address"]


# Org, the notes of Emacs. Planning lines and code settings are left out.
ORG = Markup(
    certain=re.compile(r"^#\+(?:title|date|author|options|startup|begin_src):?", re.IGNORECASE | re.MULTILINE),
    heading=re.compile(
        r"(?P<marks>\*+)[ \t]+(?:(?:TODO|DONE)[ \t]+)?(?:\[#\w\][ \t]+)?(?P<text>\S.*?)(?:[ \t]+:[\w@#%:]+:)?[ \t]*"
    ),
    item=re.compile(r"(?P<indent>[ \t]*)(?P<mark>[-+]|\d+[.)]|(?<=[ \t])\*)[ \t]+(?:\[[ X-]\][ \t]+)?(?P<text>\S.*)"),
    numbered=re.compile(r"\d+[.)]"),
    field=re.compile(r"#\+(?P<key>\w+):[ \t]*[<\[]?(?P<value>.*?)[>\]]?[ \t]*", re.IGNORECASE),
    unseen=re.compile(r"#\+.*|[ \t]*#(?:[ \t].*)?|[ \t]*(?:SCHEDULED|DEADLINE|CLOSED):.*|-{5,}[ \t]*"),
    fences=(
        Fence(re.compile(r"[ \t]*#\+begin_(quote|verse|center)\b.*", re.IGNORECASE), "#+end_{0}", "quote"),
        Fence(re.compile(r"[ \t]*#\+begin_(comment)\b.*", re.IGNORECASE), "#+end_{0}", "unparsed"),
        Fence(re.compile(r"[ \t]*#\+begin_(\w+)\b.*", re.IGNORECASE), "#+end_{0}", "code"),
        Fence(re.compile(r"[ \t]*:(?:PROPERTIES|LOGBOOK):[ \t]*", re.IGNORECASE), ":end:", "front-matter"),
    ),
    inline=(
        (re.compile(r"\[\[(?P<address>https?://[^\[\]\s]+)\](?:\[(?P<text>[^\[\]]+)\])?\]"), _text_or_address),
        (re.compile(r"\[\[[^\[\]]+\]\[(?P<text>[^\[\]]+)\]\]"), r"\g<text>"),
        (re.compile(r"\[\[(?P<text>[^\[\]]+)\]\]"), r"\g<text>"),
        (re.compile(r"(?<![\w*/=~+])([*/=~+])(?=\S)(?P<text>[^*/=~+\n]+)(?<=\S)\1(?![\w*/=~+])"), r"\g<text>"),
    ),
    nests_by="indent",
)

# AsciiDoc. Macros and attributes are left out.
ASCIIDOC = Markup(
    # A title above attributes, or attributes above a block: no other format has these.
    certain=re.compile(
        r"\A\s{0,99}= \S.*\n(?:.+\n){0,3}?:[\w-]+:|^\[(?:source|quote|NOTE|TIP)[^\]\n]*\]\n(?:-{4,}|_{4,}|={4,})$",
        re.MULTILINE,
    ),
    heading=re.compile(r"(?P<marks>={1,6}) (?P<text>\S.*?)(?: =+)?[ \t]*"),
    item=re.compile(r"(?P<indent>[ \t]*)(?P<mark>\*{1,5}|-|\.{1,5}|\d+\.)[ \t]+(?:\[[ x*]\][ \t]+)?(?P<text>\S.*)"),
    numbered=re.compile(r"\.+|\d+\."),
    field=re.compile(r":(?P<key>[\w-]+)!?:(?:[ \t]+(?P<value>.*))?"),
    unseen=re.compile(
        r"//(?!/).*|\[[\w.#%,=\"' |^<>-]*\][ \t]*|\+[ \t]*|'{3,}|<<<|[-=_*.]{4,}|--"
        r"|image::\S+\[\]|include::\S*|toc::\[\]",
        re.ASCII,
    ),
    fences=(
        Fence(re.compile(r"(-{4,}|\.{4,}|`{3,})\w*[ \t]*"), "{0}", "code"),
        Fence(re.compile(r"(_{4,})[ \t]*"), "{0}", "quote"),
        Fence(re.compile(r"(\|={3,})[ \t]*"), "{0}", "table"),
        Fence(re.compile(r"(/{4,})[ \t]*"), "{0}", "unparsed"),
    ),
    inline=(
        (
            re.compile(r"(?:link:)?(?P<address>https?://[^\[\]\s]+)\[(?P<text>[^\[\]]*)\]"),
            lambda found: found["text"].rstrip("^").split(",")[0] or found["address"],
        ),
        (
            re.compile(r"\bvideo::(?P<id>[\w-]+)\[youtube[^\]]*\]"),
            lambda found: f"https://www.youtube.com/watch?v={found['id']}",
        ),
        (re.compile(r"image::?[^\[\]\s]+\[(?P<text>[^\[\]]*)\]"), lambda found: found["text"].split(",")[0]),
        (re.compile(r"<<[^<>,]+(?:,(?P<text>[^<>]+))?>>"), lambda found: (found["text"] or "").strip()),
        (re.compile(r"(?<![\w*_`])([*_`]{1,2})(?=\S)(?P<text>[^*_`\n]+)(?<=\S)\1(?![\w*_`])"), r"\g<text>"),
        (re.compile(r"[ \t]\+$|::$", re.MULTILINE), ""),
    ),
)

# Re:VIEW, the format of Japanese books on programming.
REVIEW = Markup(
    certain=re.compile(
        r"^//(?:list|emlist|cmd|image|footnote|quote|lead|table)\b.*[\]{]$|@<(?:href|code|b|chap|img)>\{", re.MULTILINE
    ),
    heading=re.compile(r"(?P<marks>={1,6})(?:\[[^\]]*\])?(?:\{[^}]*\})?[ \t]+(?P<text>\S.*)"),
    item=re.compile(r"(?P<indent>[ \t]+)(?P<mark>\*+|\d+\.|:)[ \t]+(?P<text>\S.*)"),
    numbered=re.compile(r"\d+\."),
    unseen=re.compile(r"#@.*|//(?!footnote|endnote)\w+(?:\[.*\])?\{?|={1,6}\[/[^\]]*\]|//\}"),
    fences=(
        Fence(re.compile(r"//(?:quote|lead)\b.*\{"), "//}", "quote"),
        Fence(re.compile(r"//(?:table|imgtable|emtable)\b.*\{"), "//}", "table"),
        Fence(re.compile(r"//(?:comment|raw|embed)\b.*\{"), "//}", "unparsed"),
        Fence(re.compile(r"//\w*(?:list|cmd|source)\w*\b.*\{"), "//}", "code"),
    ),
    inline=(
        (re.compile(r"@<href>\{(?P<address>https?://[^},\s]+)(?:,[ \t]*(?P<text>[^}]*))?\}"), _text_or_address),
        (re.compile(r"@<(?:comment|fn|idx|hidx)>\{[^}]*\}"), ""),
        (re.compile(r"@<ruby>\{(?P<text>[^},]*),[^}]*\}"), r"\g<text>"),
        (re.compile(r"@<\w+>(?:\{(?P<text>[^}]*)\}|\$(?P<dollar>[^$]*)\$)"), r"\g<text>\g<dollar>"),
        (re.compile(r"^//(?:footnote|endnote)\[[^\]]*\]\[(?P<text>.*)\]$", re.MULTILINE), r"\g<text>"),
    ),
    nests_by="length",
)
