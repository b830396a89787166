"""The lines of a report that may name a talk: headings, items, rows, and each line of a paragraph.

A line that lists several talks is split into one for each: 「冪等の話」山田さん／「監視の話」佐藤さん.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TypeAlias

from index.text import letters
from kb.report.identity import digest
from kb.report.outline import Block, BlockType, Outline

MAX_LINE = 200  # characters that are read of a line; bounds the time of every pattern

_SKIPPED: tuple[BlockType, ...] = ("blank", "rule", "front-matter", "code")
_ITEMS: tuple[BlockType, ...] = ("bullet", "numbered")
_SPLITTABLE: tuple[BlockType, ...] = ("paragraph", "bullet", "numbered", "unparsed")
_HATENA_LINK = re.compile(r"\[https?://[^\]\s]*?:title=([^\]]*)\]")
_MARKUP = " \t　*=~^-_\"'#+`"  # marks of Markdown, reStructuredText and AsciiDoc around a line

# Three ways to number the talks of a line: ①, (1) and LT1. Each must begin a word, unlike 「図(1)」.
_NUMBERED = tuple(
    re.compile(rf"(?:(?<=[\s／/、。，,・|｜：:「（(【])|(?<![^\W\d]))(?:{mark})", re.IGNORECASE)
    for mark in (r"[①②③④⑤⑥⑦⑧⑨]", r"[(（][1-9１-９][)）]", r"LT\s?[#＃]?[1-9１-９](?!\d)")
)
_SEPARATOR = re.compile(r"[／|｜、，;；]\s*|[:：](?=[「『])|\s[/・]\s*|\s{2,}|　")
_CLOCK_FIRST = re.compile(r"\d{1,2}[:：]\d{2}(?!\s*[-~〜～–—]?\s*$)")
_QUOTED_FIRST = re.compile(r"[「『][^」』]{4,}[」』]\W*\w.{0,30}$")
# Every line of several talks has one of these; nine lines in ten have none and are done.
_SPLIT_SIGNS = ("①", "(1", "（1", "（１", "LT", "Lt", "lt", "lT", "ＬＴ", "「", "『", "／", " / ", ":", "：")
_SLASH = re.compile(r"／|\s/\s")
_TRIM = " \t　*／/|｜、，;；・-◆■●◇□○"
_BRACKETED = re.compile(r"\w.{3,}[(（][^()（）]+[)）]\W*$")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a report that has letters or digits."""

    text: str
    number: int  # in the file, from 1
    type: BlockType
    block: int  # index of its block
    offset: int = 0  # where it begins in the block's text
    nth: int = 0  # index among the lines of its block
    level: int = 0  # of a heading, 0 for all else
    depth: int = 0  # of an item
    after_gap: bool = False  # a blank line or a skipped block is directly above
    links: tuple[str, ...] = ()
    shares_line: bool = False  # its line of the file was split into several talks


def lines_of(blocks: Sequence[Block]) -> list[Line]:
    """Return the lines of a report in file order."""
    lines, after_gap = list[Line](), True
    for index, block in enumerate(blocks):
        if block.type in _SKIPPED:
            after_gap = True
            continue
        for nth, (number, offset, shares_line, written) in enumerate(_split_block(block)):
            text = without_link_marks(written)[:MAX_LINE]
            shown = text if block.type == "table" else text.strip(_MARKUP)
            if any(map(str.isalnum, shown)):
                place = (number, block.type, index, offset, nth, block.level or 0, block.depth or 0)
                lines.append(Line(shown, *place, after_gap, block.links, shares_line))
                after_gap = False
    return lines


def titled(outline: Outline) -> Outline:
    """Return an outline with its title first, as the only heading of level 1; it is unchanged if it has no title."""
    if not outline.title:
        return outline
    title = letters(outline.title)
    written = (block for block in outline.blocks if block.type == "heading" and letters(block.text) == title)
    own = next(written, Block("heading", outline.title, 1, 1))  # it may be in front matter, or in no block
    rest = (replace(one, level=one.level + 1) if one.level else one for one in outline.blocks if one is not own)
    return replace(outline, title=None, blocks=(replace(own, level=1), *rest))


def title_line(outline: Outline) -> Line | None:
    """Return the line of a report's title, else its first line if that is in a paragraph."""
    first = next(iter(lines_of(titled(outline).blocks)), None)
    return first if first and (outline.title or first.type == "paragraph") else None


def line_keys(lines: Sequence[Line]) -> list[str]:
    """Return a key of each line that stays the same while other lines change: 8 hex digits of its text.

    A repeated text gets -2, -3.
    """
    keys, counts = list[str](), Counter[str]()
    for line in lines:
        key = digest(line.text, length=8)
        counts[key] += 1
        keys.append(key if counts[key] == 1 else f"{key}-{counts[key]}")
    return keys


def without_link_marks(text: str) -> str:
    """Return a text with each Hatena link, `[https://…:title=鍵の話]`, replaced by its title."""
    return _HATENA_LINK.sub(r"\1", text) if ":title=" in text else text


def _split_block(block: Block) -> Iterator[tuple[int, int, bool, str]]:
    """Yield the number of each line, its offset in the block, whether it shares its line, and its text."""
    if block.type == "table":
        rows = block.text.split("\n")
        yield from ((number, 0, False, row) for number, row in zip(row_numbers(block, len(rows)), rows, strict=True))
        return
    starts = [(block.first_line, 0), *block.joints, (0, len(block.text))]
    for (number, start), (_, end) in pairwise(starts):
        text = block.text[start:end]
        splits = _talk_offsets(text) if block.type in _SPLITTABLE and len(text) <= MAX_LINE else []
        for at, after in pairwise([0, *splits, len(text)]):
            yield number, start + at, bool(splits), text[at:after]


def _talk_offsets(text: str) -> list[int]:
    """Return the offsets at which further talks of a line begin; none if the line is not clearly a list of talks."""
    if not any(sign in text for sign in _SPLIT_SIGNS):
        return []
    for pattern in _NUMBERED:
        marks = [(match.start(), unicodedata.normalize("NFKC", match[0])) for match in pattern.finditer(text)]
        if len(marks) > 1 and [re.sub(r"\D", "", mark) for _, mark in marks] == [*map(str, range(1, len(marks) + 1))]:
            return [at for at, _ in marks if at]
    pieces = dict(_pieces(text, _SEPARATOR))
    for talk_start in (_CLOCK_FIRST, _QUOTED_FIRST):
        starts = [at for at, piece in pieces.items() if talk_start.match(piece)]
        if len(starts) > 1:
            return [at for at in starts if at]
    pieces = dict(_pieces(text, _SLASH))
    return [*pieces][1:] if all(map(_BRACKETED.match, pieces.values())) else []


def _pieces(text: str, separator: re.Pattern[str]) -> Iterator[tuple[int, str]]:
    """Yield the offset and the trimmed text of each piece between separators."""
    starts = [0, *(match.end() for match in separator.finditer(text)), len(text)]
    return ((at, text[at:after].strip(_TRIM)) for at, after in pairwise(starts))


def row_numbers(table: Block, rows: int) -> list[int]:
    """Return the line number of each row: rules are below the header, around all, both, or around each row."""
    rules = table.last_line - table.first_line + 1 - rows
    if rules > rows:
        return [min(table.first_line + 2 * at + 1, table.last_line) for at in range(rows)]
    above, below_header = rules > 1, rules not in (0, 2)
    return [table.first_line + above + at + (at > 0 and below_header) for at in range(rows)]


def parents_of(lines: Sequence[Line]) -> list[int]:
    """Return for each line the index of the heading above it, -1 if it has none."""
    parents, above = list[int](), list[int]()
    for i, line in enumerate(lines):
        while above and line.level and lines[above[-1]].level >= line.level:
            above.pop()
        parents.append(above[-1] if above else -1)
        if line.level:
            above.append(i)
    return parents


def ends_of(lines: Sequence[Line]) -> dict[int, int]:
    """Return the end of each heading's section, as the index after its last line, by the heading's index."""
    ends, open_headings = dict[int, int](), list[int]()
    for i, line in enumerate(lines):
        if line.level:
            while open_headings and lines[open_headings[-1]].level >= line.level:
                ends[open_headings.pop()] = i
            open_headings.append(i)
    return ends | dict.fromkeys(open_headings, len(lines))


def holders_of(lines: Sequence[Line]) -> list[int]:
    """Return for each line the index of the item that it is nested in, -1 if there is none."""
    holders, open_items = list[int](), list[int]()
    for i, line in enumerate(lines):
        if line.type not in _ITEMS:
            open_items.clear()
        while open_items and lines[open_items[-1]].depth >= line.depth:
            open_items.pop()
        holders.append(open_items[-1] if open_items else -1)
        if line.type in _ITEMS:
            open_items.append(i)
    return holders


PeerKey: TypeAlias = tuple[str, str, int, int]
"""The key of a group of similar lines: `beside` or `like`, block type, level or depth, and parent."""


def peer_keys(line: Line, parent: int) -> Iterator[PeerKey]:
    """Yield the keys of a line's groups: its kind under one heading (`beside`), all headings of its level (`like`)."""
    yield "beside", line.type, line.level or line.depth, parent
    if line.level:
        yield "like", line.type, line.level, -1


def peers_of(lines: Sequence[Line], parents: Sequence[int], chosen: Iterable[int]) -> dict[PeerKey, list[int]]:
    """Return the groups of the chosen lines, as indices in file order."""
    peers = defaultdict[PeerKey, list[int]](list)
    for i in chosen:
        for key in peer_keys(lines[i], parents[i]):
            peers[key].append(i)
    return peers
