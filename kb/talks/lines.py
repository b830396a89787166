"""The lines of a report that say something, and how they stand: headings, items, rows, each line of a paragraph.

A line that tells of several talks is one for each of them: 「冪等の話」山田さん／「監視の話」佐藤さん.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

from kb.report.outline import Block, BlockType

LINE = 200
"""Characters of a line that are looked at: what a longer one says, it says there, and no pattern runs on for ever."""

_SILENT: tuple[BlockType, ...] = ("blank", "rule", "front-matter", "code")
_MAY_HOLD_SEVERAL: tuple[BlockType, ...] = ("paragraph", "bullet", "numbered", "unparsed")
_HATENA_LINK = re.compile(r"\[https?://[^\]\s]*?:title=([^\]]*)\]")
_MARKUP = " \t　*=~^-_\"'#+`"  # what Markdown, reStructuredText and AsciiDoc put around a line

# Three ways to number the talks of a line: ①, (1) and LT1; each begins a word, so that 「図(1)」 is none.
_NUMBERED = tuple(
    re.compile(rf"(?:(?<=[\s／/、。，,・|｜：:「（(【])|(?<![^\W\d]))(?:{mark})", re.IGNORECASE)
    for mark in (r"[①②③④⑤⑥⑦⑧⑨]", r"[(（][1-9１-９][)）]", r"LT\s?[#＃]?[1-9１-９](?!\d)")
)
_SEPARATOR = re.compile(r"[／|｜、，;；]\s*|[:：](?=[「『])|\s[/・]\s*|\s{2,}|　")
_CLOCK_FIRST = re.compile(r"\d{1,2}[:：]\d{2}(?!\s*[-~〜～–—]?\s*$)")
_QUOTED_FIRST = re.compile(r"[「『][^」』]{4,}[」』]\W*\w.{0,30}$")
# A line without any of these tells of one talk at most: nine in ten are done with by looking for them.
_TELLING = ("①", "(1", "（1", "（１", "LT", "Lt", "lt", "lT", "ＬＴ", "「", "『", "／", " / ", ":", "：")
_SLASH = re.compile(r"／|\s/\s")
_TRIM = " \t　*／/|｜、，;；・-◆■●◇□○"
_BRACKETED = re.compile(r"\w.{3,}[(（][^()（）]+[)）]\W*$")


@dataclass(frozen=True, slots=True)
class Line:
    """A line that says something, and where it stands.

    `number` is its line in the file, `block` the index of its block, `offset` where it begins in the text of that and
    `nth` how many lines of the block stand before it. `level` is that of a heading, 0 of all else.
    """

    text: str
    number: int
    type: BlockType
    block: int
    offset: int = 0
    nth: int = 0
    level: int = 0
    depth: int = 0
    after_gap: bool = False  # nothing stands directly above
    links: tuple[str, ...] = ()
    shares_line: bool = False  # its line of the file tells of several talks, each of which is a line here


def lines_of(blocks: Sequence[Block]) -> list[Line]:
    """Return the lines of a report in file order."""
    lines, after_gap = list[Line](), True
    for index, block in enumerate(blocks):
        if block.type in _SILENT:
            after_gap = True
            continue
        for nth, (number, offset, shares, written) in enumerate(_texts(block)):
            text = without_link_marks(written)[:LINE]
            shown = text if block.type == "table" else text.strip(_MARKUP)
            if any(map(str.isalnum, shown)):
                place = (number, block.type, index, offset, nth, block.level or 0, block.depth or 0)
                lines.append(Line(shown, *place, after_gap, block.links, shares))
                after_gap = False
    return lines


def without_link_marks(text: str) -> str:
    """Return a text with the titles alone of its links as Hatena writes them: `[https://…:title=鍵の話]`."""
    return _HATENA_LINK.sub(r"\1", text) if ":title=" in text else text


def _texts(block: Block) -> Iterator[tuple[int, int, bool, str]]:
    """Yield the number of each line, where it begins in its block, whether others share it, and what it says."""
    if block.type == "table":
        rows = block.text.split("\n")
        yield from ((number, 0, False, row) for number, row in zip(row_numbers(block, len(rows)), rows, strict=True))
        return
    begins = [(block.first_line, 0), *block.joints, (0, len(block.text))]
    for (number, begin), (_, end) in pairwise(begins):
        text = block.text[begin:end]
        further = _talks_within(text) if block.type in _MAY_HOLD_SEVERAL and len(text) <= LINE else []
        for at, after in pairwise([0, *further, len(text)]):
            yield number, begin + at, bool(further), text[at:after]


def _talks_within(text: str) -> list[int]:
    """Return where the talks begin that a line tells of besides what stands first; nothing if it is not plain."""
    if not any(mark in text for mark in _TELLING):
        return []
    for pattern in _NUMBERED:
        found = [(match.start(), unicodedata.normalize("NFKC", match[0])) for match in pattern.finditer(text)]
        if len(found) > 1 and [re.sub(r"\D", "", mark) for _, mark in found] == [*map(str, range(1, len(found) + 1))]:
            return [at for at, _ in found if at]
    pieces = dict(_pieces(text, _SEPARATOR))
    for opens in (_CLOCK_FIRST, _QUOTED_FIRST):
        begins = [at for at, piece in pieces.items() if opens.match(piece)]
        if len(begins) > 1:
            return [at for at in begins if at]
    slashed = dict(_pieces(text, _SLASH))
    return [*slashed][1:] if all(map(_BRACKETED.match, slashed.values())) else []


def _pieces(text: str, separator: re.Pattern[str]) -> Iterator[tuple[int, str]]:
    """Yield where each piece between separators begins, and what it says."""
    begins = [0, *(match.end() for match in separator.finditer(text)), len(text)]
    return ((at, text[at:after].strip(_TRIM)) for at, after in pairwise(begins))


def row_numbers(table: Block, rows: int) -> list[int]:
    """Return the line of each row: rules part the header from the rows, or stand around all, or around each row."""
    rules = table.last_line - table.first_line + 1 - rows
    if rules > rows:
        return [min(table.first_line + 2 * at + 1, table.last_line) for at in range(rows)]
    above = 1 if rules > 1 else 0
    return [table.first_line + above + at + (1 if at and rules > 0 else 0) for at in range(rows)]


def parents_of(lines: Sequence[Line]) -> list[int]:
    """Return for each line the index of the heading that it stands under, -1 for none."""
    parents, above = list[int](), list[int]()
    for i, line in enumerate(lines):
        while above and line.level and lines[above[-1]].level >= line.level:
            above.pop()
        parents.append(above[-1] if above else -1)
        if line.level:
            above.append(i)
    return parents


def ends_of(lines: Sequence[Line]) -> dict[int, int]:
    """Return for each heading, by its index, the index after the last line below it."""
    ends, begun = dict[int, int](), list[int]()
    for i, line in enumerate(lines):
        if line.level:
            while begun and lines[begun[-1]].level >= line.level:
                ends[begun.pop()] = i
            begun.append(i)
    return ends | dict.fromkeys(begun, len(lines))


PeerKey: TypeAlias = tuple[str, str, int, int]
"""What lines have in common that are `beside` one another, or `like`: sort, level or depth, and parent."""


def peer_keys(line: Line, parent: int) -> Iterator[PeerKey]:
    """Yield the groups that a line is in: those of its kind under the same heading; of headings, all of its level."""
    yield "beside", line.type, line.level or line.depth, parent
    if line.level:
        yield "like", line.type, line.level, -1


def peers_of(lines: Sequence[Line], parents: Sequence[int], chosen: Iterable[int]) -> dict[PeerKey, list[int]]:
    """Return the groups of some lines, given by their index, in their order."""
    peers = defaultdict[PeerKey, list[int]](list)
    for i in chosen:
        for key in peer_keys(lines[i], parents[i]):
            peers[key].append(i)
    return peers
