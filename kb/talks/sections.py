"""The sections of a report, and the talk that each belongs to: blocks cut at the lines that are talks."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from index.text import letters
from kb.report.outline import Block, Outline
from kb.talks.lines import Line, row_numbers
from kb.talks.roles import Role
from kb.talks.words import any_of, folded

# A line that looks like a heading in extracted text, and is none.
_PARTICULAR = re.compile(
    rf"(?:{any_of('speakers')}|{any_of('particulars')})\s*[:：]|20\d\d[-/.年]\d{{1,2}}[-/.月]\d{{1,2}}", re.IGNORECASE
)
_ITEMS = ("bullet", "numbered")
_ENDING: tuple[Role, ...] = ("group", "own", "event")


@dataclass(frozen=True, slots=True)
class Section:
    """Blocks that follow one another at one place.

    `talk` is the index of the line that is the talk they belong to; `headings` are those below it, or all outside.
    """

    blocks: tuple[Block, ...]
    talk: int | None = None
    headings: tuple[Block, ...] = ()


@dataclass(slots=True)
class _Place:
    """Where the reading of a report is: in which talk, and below which headings; `level` and `depth` are the talk's."""

    talk: int | None = None
    level: float = 0
    depth: int | None = None  # of a talk that is an item: it ends with its list
    headings: tuple[Block, ...] = ()
    outer: tuple[Block, ...] = ()  # headings outside of talks

    def enter(self, talk: int, level: float, depth: int | None = None) -> None:
        self.talk, self.level, self.depth, self.headings = talk, level, depth, ()

    def leave(self, outer: tuple[Block, ...]) -> None:
        self.talk, self.depth = None, None
        self.outer = self.headings = outer

    def pass_heading(self, heading: Block, role: Role, *, title: bool) -> None:
        """Stand below a heading that is no talk: inside of one where it is deeper, or a part of it as deep."""
        depth = heading.level or 1
        if title:
            self.leave(())
        elif self.talk is not None and (depth > self.level or (role == "part" and depth == self.level)):
            self.headings = (*_above(self.headings, depth), heading)
        else:
            self.leave((*_above(self.outer, depth), heading))

    def ends_at(self, piece: Block, role: Role | None) -> bool:
        """Tell whether the talk ends before a piece: its list does, or something else begins."""
        if self.talk is None or piece.type == "blank":
            return False
        listed = self.depth is not None and (piece.depth is None or piece.depth <= self.depth)
        return listed or (role in _ENDING and piece.type not in _ITEMS)


def sections_of(
    outline: Outline, lines: Sequence[Line], roles: Mapping[int, Role], talks: Sequence[int]
) -> Iterator[Section]:
    """Yield the sections of an outline in file order; `talks` are the lines that are talks."""
    by_block = defaultdict[int, list[int]](list)
    for number, line in enumerate(lines):
        by_block[line.block].append(number)
    place, chosen, title = _Place(), frozenset(talks), letters(outline.title or "")
    level: float = 0  # of the last heading
    held: list[Block] = []

    def section() -> Iterator[Section]:
        if held or place.talk is not None:
            yield Section(tuple(held), place.talk, place.headings)
        held.clear()

    for index, written in enumerate(outline.blocks):
        own = by_block.get(index, [])
        block = written if chosen.intersection(own) else _no_heading(written)
        if block.type == "heading":
            yield from section()
            level = block.level or 1
            i = next((i for i in own if i in chosen), None)
            if i is not None:
                place.enter(i, level)
                place.outer = _above(place.outer, int(level))
            else:
                usual = letters(block.text) in folded("inner")
                role = "part" if usual else roles.get(own[0], "none") if own else "none"
                place.pass_heading(block, role, title=bool(title) and letters(block.text) == title)
            continue
        for piece, first in _pieces(block, own, chosen, lines, roles):
            if first is not None and first in chosen:
                yield from section()
                place.enter(first, level + 0.5, piece.depth if piece.type in _ITEMS else None)
            elif place.ends_at(piece, roles.get(first) if first is not None else None):
                yield from section()
                place.leave(place.outer)
            held.append(piece)
    yield from section()


def _no_heading(block: Block) -> Block:
    """Return a block as a paragraph where it looks like a heading and tells a particular, as in extracted text."""
    tells = block.type == "heading" and _PARTICULAR.match(block.text)
    return replace(block, type="paragraph", level=None) if tells else block


def _above(headings: Sequence[Block], level: int) -> tuple[Block, ...]:
    return tuple(heading for heading in headings if (heading.level or 1) < level)


def _pieces(
    block: Block, own: Sequence[int], talks: frozenset[int], lines: Sequence[Line], roles: Mapping[int, Role]
) -> Iterator[tuple[Block, int | None]]:
    """Yield a block in pieces, each with its first line: it is cut before talks and what ends them, behind rows."""
    begins = [i for i in own if i in talks or (lines[i].nth and block.type != "table" and roles.get(i) in _ENDING)]
    if block.type == "table":
        yield from _rows(block, {lines[i].number: i for i in begins})
        return
    starts = sorted({(0, block.first_line), *((lines[i].at, lines[i].number) for i in begins)})
    if len(starts) == 1:
        yield block, own[0] if own else None
        return
    first = {lines[i].at: i for i in own}
    for (begin, start), (end, after) in pairwise([*starts, (len(block.text), block.last_line + 1)]):
        piece = replace(
            block,
            text=block.text[begin:end].strip(),
            first_line=start,
            last_line=max(start, after - 1),
            joints=tuple((line, at - begin) for line, at in block.joints if begin < at < end),
        )
        if begin and block.type in _ITEMS:
            piece = replace(piece, type="paragraph", depth=None)
        yield piece, first.get(begin)


def _rows(table: Block, talks: Mapping[int, int]) -> Iterator[tuple[Block, int | None]]:
    """Yield a table whose rows are talks row by row, the others together."""
    if not talks:
        yield table, None
        return
    rows = table.text.split("\n")
    numbers = row_numbers(table, len(rows))
    held: list[str] = []
    first = table.first_line
    for number, row in zip(numbers, rows, strict=True):
        if number in talks:
            if held:
                yield replace(table, text="\n".join(held), first_line=first, last_line=number - 1), None
            yield (
                replace(table, type="paragraph", text=row.strip(" |"), first_line=number, last_line=number),
                talks[number],
            )
            held, first = [], number + 1
        else:
            held.append(row)
    if held:
        yield replace(table, text="\n".join(held), first_line=first), None
