"""The contract of all readers. `enforce` changes a parse to meet the contract.

- A text has no control characters, no white space around it, and one space in place of a line end. Code, tables and
  front matter keep their lines and indents.
- A blank block has no text. A heading has a level from 1 to 6 and a list item a depth from 0 to DEEPEST; other blocks
  have neither.
- Blocks are in file order, at lines that the file has. A block ends before the next one begins, and blocks that begin
  on the same line are merged, so nothing is repeated or lost.
- Every line is in exactly one block. A line that a reader skips is in a `blank` block if it is empty, else `unparsed`.

The last two do not apply to HTML, whose line numbers mean nothing: many blocks may share a line, and lines around the
article are in no block. Its blocks are in file order, none reaches beyond the beginning of the next, and every word of
the article is in one.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, zip_longest

from index.messages import translatable
from index.text import trimmed
from kb.report.outline import Block, BlockType, ReadingWarning

DEEPEST = 64  # levels of nested lists; people use four or five, and more are broken or hostile
DEEPEST_HEADING = 6  # levels, as in HTML and Markdown
_LISTS = ("bullet", "numbered")
_VERBATIM = ("code", "table", "front-matter")
# `str.splitlines` would also end lines at U+000B, U+000C, U+0085, U+2028 and U+2029.
_LINE_END = re.compile(r"\r\n|\r|\n")
# Only the characters that RFC 3986 allows, because Japanese text follows an address without a space.
_ADDRESS = re.compile(r"https?://[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")
# C0 and C1 except tabs and line ends. They control terminals, and slips of the keyboard leave them inside words.
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]+")
# The first letters or marks of a line after its markup.
_BEGIN = re.compile(r"[\s\u3000>*_`~\[#+-]*([^\s*_`~\[\]<>\\&!#+-][^\s*_`~\[\]<>\\&!]{0,11})")
_ENDS = re.compile("[\n\v\f\r\x85\u2028\u2029]+")


@dataclass(frozen=True, slots=True)
class Parse:
    """What a reader makes of a text: an Outline without the facts about its file."""

    title: str | None
    blocks: tuple[Block, ...]
    metadata: tuple[tuple[str, str], ...] = ()
    warnings: tuple[ReadingWarning, ...] = ()


def split_lines(text: str) -> list[str]:
    """Return the lines of `text` without their ends: LF, CRLF or CR. A final line end begins no new line."""
    lines = _LINE_END.split(text)
    return lines if lines[-1] else lines[:-1]


def addresses(text: str) -> tuple[str, ...]:
    """Return the web addresses written out in `text`, without the punctuation that follows them."""
    return tuple(address.rstrip(".,;:!?'") for address in _ADDRESS.findall(text))


def enforce(parse: Parse, lines: Sequence[str], *, covering: bool) -> Parse:
    """Return `parse` with the contract enforced. With `covering`, each of `lines` has to be in exactly one block."""
    blocks = [_valid(block, len(lines)) for block in parse.blocks] if lines else []
    blocks.sort(key=lambda block: block.first_line)  # stable: blocks of one line keep their order
    if covering:
        merged = [_merged(list(run)) for _, run in groupby(blocks, key=lambda block: block.first_line)]
        blocks = [_with_joints(block, lines) for block in _with_gaps_filled(_shortened(merged, gap=1), lines)]
    else:
        blocks = list(_shortened(blocks, gap=0))
    too_deep = next((block.first_line for block in parse.blocks if (block.depth or 0) > DEEPEST), None)
    message = translatable("lists nest deeper than {0} levels; deeper items are read as level {0}", DEEPEST)
    return Parse(
        title=_plain(parse.title or "") or None,
        blocks=tuple(blocks),
        metadata=tuple((key, _plain(value)) for key, value in parse.metadata),
        warnings=(*parse.warnings, *([] if too_deep is None else [ReadingWarning(too_deep, message)])),
    )


def _valid(block: Block, count: int) -> Block:
    """Return `block` with valid text, level, depth and lines in a file of `count` lines."""
    text = _CONTROL.sub("", block.text) if block.type in _VERBATIM else _plain(block.text)
    level = min(max(block.level or 1, 1), DEEPEST_HEADING) if block.type == "heading" else None
    depth = min(max(block.depth or 0, 0), DEEPEST) if block.type in _LISTS else None
    first = min(max(block.first_line, 1), count)
    last = min(max(block.last_line, first), count)
    kind: BlockType = "unparsed" if block.type == "blank" and text else block.type
    return Block(kind, text, first, last, level, depth, block.links)


def _plain(text: str) -> str:
    return trimmed(_ENDS.sub(" ", _CONTROL.sub("", text)))


def _merged(blocks: Sequence[Block]) -> Block:
    """Return the blocks of one line as one block. An embed next to words belongs to them."""
    if len(blocks) == 1:
        return blocks[0]
    shown = [block for block in blocks if block.type != "blank"] or [*blocks]
    main = next((block for block in shown if block.type != "link"), shown[0])
    words = [block.text for block in shown if block.text and (block.type != "link" or block.text not in block.links)]
    text = " ".join(words) or main.text
    return replace(
        main,
        text=text if main.type in _VERBATIM else _plain(text),
        last_line=max(block.last_line for block in blocks),
        links=tuple(dict.fromkeys(link for block in shown for link in block.links)),
    )


def _shortened(blocks: Sequence[Block], *, gap: int) -> Iterator[Block]:
    """Yield `blocks`, each ending at least `gap` lines above the beginning of the next one."""
    for block, following in zip_longest(blocks, blocks[1:]):
        end = following.first_line - gap if following else block.last_line
        yield block if block.last_line <= end else replace(block, last_line=max(end, block.first_line))


def _with_gaps_filled(blocks: Iterable[Block], lines: Sequence[str]) -> Iterator[Block]:
    """Yield `blocks`, with blank and unparsed blocks between them for the lines that they leave out."""
    after = 1
    for block in (*blocks, None):
        gap = range(after, block.first_line if block else len(lines) + 1)
        for blank, run in groupby(gap, key=lambda number: not trimmed(lines[number - 1])):
            numbers = [*run]
            text = "" if blank else _plain(" ".join(trimmed(lines[number - 1]) for number in numbers))
            yield Block("blank" if blank else "unparsed", text, numbers[0], numbers[-1])
        if block:
            yield block
            after = block.last_line + 1


def _with_joints(block: Block, lines: Sequence[str]) -> Block:
    """Return `block` with the positions in its text where its further lines begin, found by their first words."""
    if block.first_line == block.last_line or block.type in (*_VERBATIM, "blank", "rule"):
        return block
    joints, after = list[tuple[int, int]](), 0
    for number in range(block.first_line + 1, block.last_line + 1):
        begin = _BEGIN.match(lines[number - 1])
        position = block.text.find(f" {begin[1]}", after) + 1 if begin else 0
        if position:
            joints.append((number, position))
            after = position
    return replace(block, joints=tuple(joints))
