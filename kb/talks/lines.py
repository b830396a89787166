"""The lines of a report that say something: headings, items, rows of tables, and each line of a paragraph.

A line that tells of several talks is one for each of them: 「冪等の話」山田さん／「監視の話」佐藤さん.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from kb.report.outline import Block, BlockType
from kb.talks.names import HATENA_LINK

_CUT: tuple[BlockType, ...] = ("heading", "paragraph", "quote", "bullet", "numbered", "unparsed", "link")
_SILENT: tuple[BlockType, ...] = ("blank", "rule", "front-matter", "code")
_SEVERAL: tuple[BlockType, ...] = ("paragraph", "bullet", "numbered", "unparsed")
LINE = 200  # characters of a line that are looked at: what a longer one says, it says there


_CIRCLED = "①②③④⑤⑥⑦⑧⑨"
_NUMBERED = tuple(
    re.compile(rf"(?:(?<=[\s／/、。，,・|｜：:「（(【])|(?<![^\W\d]))(?:{mark})", re.IGNORECASE)
    for mark in (rf"[{_CIRCLED}]", r"[(（][1-9１-９][)）]", r"LT\s?[#＃]?[1-9１-９](?!\d)")
)
_PARTED = re.compile(r"[／|｜、，;；]\s*|[:：](?=[「『])|\s[/・]\s*|\s{2,}|　")
_CLOCK_FIRST = re.compile(r"\d{1,2}[:：]\d{2}(?!\s*[-~〜～–—]?\s*$)")
_QUOTED_FIRST = re.compile(r"[「『][^」』]{4,}[」』]\W*\w.{0,30}$")
_TELLING = ("①", "(1", "（1", "（１", "LT", "Lt", "lt", "lT", "ＬＴ", "「", "『", "／", " / ", ":", "：")
_SLASH = re.compile(r"／|\s/\s")
_AROUND = " \t　*／/|｜、，;；・-◆■●◇□○"
_BRACKETED = re.compile(r"\w.{3,}[(（][^()（）]+[)）]\W*$")


@dataclass(frozen=True, slots=True)
class Line:
    """A line that says something, and where it stands: in which block, behind how many lines of it, below a gap."""

    text: str
    number: int
    type: BlockType
    block: int
    at: int = 0  # where it begins in the text of its block
    nth: int = 0
    level: int = 0  # of a heading, 0 of all else
    depth: int = 0
    apart: bool = False  # nothing stands directly above
    links: tuple[str, ...] = ()
    several: bool = False  # its line of the file tells of several talks, each of which is a line here


def lines_of(blocks: Sequence[Block]) -> list[Line]:
    """Return the lines of a report in file order."""
    found, apart = list[Line](), True
    for index, block in enumerate(blocks):
        if block.type in _SILENT:
            apart = True
            continue
        for nth, (number, at, several, written) in enumerate(_texts(block)):
            text = HATENA_LINK.sub(r"\1", written) if ":title=" in written else written
            shown = text[:LINE].strip(" \t　*=~^-_\"'#+`") if block.type != "table" else text[:LINE]
            if any(map(str.isalnum, shown)):
                found.append(
                    Line(
                        *(shown, number, block.type, index, at, nth, block.level or 0, block.depth or 0),
                        *(apart, block.links, several),
                    )
                )
                apart = False
    return found


def _texts(block: Block) -> Iterator[tuple[int, int, bool, str]]:
    """Yield the number of each line, where it begins in its block, whether others share it, and what it says."""
    if block.type == "table":
        rows = block.text.split("\n")
        yield from ((number, 0, False, row) for number, row in zip(row_numbers(block, len(rows)), rows, strict=True))
        return
    begins = [(block.first_line, 0), *block.joints, (0, len(block.text))]
    for (number, begin), (_, end) in pairwise(begins):
        text = block.text[begin:end]
        pieces = [0, *(_several(text) if block.type in _SEVERAL and len(text) <= LINE else ()), len(text)]
        several = len(pieces) > 2  # noqa: PLR2004 - a beginning and an end
        yield from ((number, begin + at, several, text[at:after]) for at, after in pairwise(pieces))


def _several(text: str) -> list[int]:
    """Return where the talks begin that a line tells of besides what stands first; nothing if it is not plain."""
    if not any(mark in text for mark in _TELLING):  # most lines
        return []
    for pattern in _NUMBERED:
        found = [(match.start(), unicodedata.normalize("NFKC", match[0])) for match in pattern.finditer(text)]
        if len(found) > 1 and [re.sub(r"\D", "", mark) for _, mark in found] == [*map(str, range(1, len(found) + 1))]:
            return [at for at, _ in found if at]
    begins = [0, *(match.end() for match in _PARTED.finditer(text))]
    pieces = [text[at:after] for at, after in pairwise([*begins, len(text)])]
    for opens in (_CLOCK_FIRST, _QUOTED_FIRST):
        found_at = [at for at, piece in zip(begins, pieces, strict=True) if opens.match(piece.strip(_AROUND))]
        if len(found_at) > 1:
            return [at for at in found_at if at]
    slashed = [match.end() for match in _SLASH.finditer(text)]
    if slashed and all(
        _BRACKETED.match(text[at:after].strip(_AROUND)) for at, after in pairwise([0, *slashed, len(text)])
    ):
        return slashed
    return []


def row_numbers(table: Block, rows: int) -> list[int]:
    """Return the line of each row: rules part the header from the rows, or stand around all, or around each row."""
    rules = table.last_line - table.first_line + 1 - rows
    if rules > rows:
        return [min(table.first_line + 2 * at + 1, table.last_line) for at in range(rows)]
    above = 1 if rules > 1 else 0
    return [table.first_line + above + at + (1 if at and rules > 0 else 0) for at in range(rows)]
