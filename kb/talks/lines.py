"""The lines of a report that say something: headings, items, rows of tables, and each line of a paragraph."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kb.report.outline import Block, BlockType
from kb.talks.names import HATENA_LINK

_CUT: tuple[BlockType, ...] = ("heading", "paragraph", "quote", "bullet", "numbered", "unparsed", "link")
_SILENT: tuple[BlockType, ...] = ("blank", "rule", "front-matter", "code")
LINE = 200  # characters of a line that are looked at: what a longer one says, it says there


@dataclass(frozen=True, slots=True)
class Line:
    """A line that says something, and where it stands: in which block, behind how many lines of it, below a gap."""

    text: str
    number: int
    type: BlockType
    block: int
    nth: int = 0
    level: int = 0  # of a heading, 0 of all else
    depth: int = 0
    apart: bool = False  # nothing stands directly above
    links: tuple[str, ...] = ()


def lines_of(blocks: Sequence[Block]) -> list[Line]:
    """Return the lines of a report in file order."""
    found, apart = list[Line](), True
    for index, block in enumerate(blocks):
        if block.type in _SILENT:
            apart = True
            continue
        for nth, (number, written) in enumerate(_texts(block)):
            text = HATENA_LINK.sub(r"\1", written) if ":title=" in written else written
            shown = text[:LINE].strip(" \t　*=~^-_\"'#+`") if block.type != "table" else text[:LINE]
            if any(map(str.isalnum, shown)):
                found.append(
                    Line(shown, number, block.type, index, nth, block.level or 0, block.depth or 0, apart, block.links)
                )
                apart = False
    return found


def _texts(block: Block) -> Iterator[tuple[int, str]]:
    if block.type == "table":
        rows = block.text.split("\n")
        yield from zip(row_numbers(block, len(rows)), rows, strict=True)
    elif block.joints:
        ends = [place for _, place in block.joints] + [len(block.text)]
        yield block.first_line, block.text[: ends[0]]
        for (number, begin), end in zip(block.joints, ends[1:], strict=True):
            yield number, block.text[begin:end]
    else:
        yield block.first_line, block.text


def row_numbers(table: Block, rows: int) -> list[int]:
    """Return the line of each row: rules part the header from the rows, or stand around all, or around each row."""
    rules = table.last_line - table.first_line + 1 - rows
    if rules > rows:
        return [min(table.first_line + 2 * at + 1, table.last_line) for at in range(rows)]
    above = 1 if rules > 1 else 0
    return [table.first_line + above + at + (1 if at and rules > 0 else 0) for at in range(rows)]
