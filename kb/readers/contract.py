"""What every reader promises, and how it is kept for all of them: a parse that breaks the contract is made to hold it.

- A text has no control characters, one space where a line ends, and no white space around it; code, tables and front
  matter keep their lines and indents.
- A blank block says nothing. A heading has a level of 1 to 6, an item of a list a depth of 0 to DEEPEST; nothing else
  has either.
- Blocks stand in file order at lines that the file has. A block ends where the next one begins, and those that begin
  on one line are one block, so that nothing is said twice and nothing is lost.
- Every line is in exactly one block: where a reader says nothing of a line, it is `blank`, else `unparsed`.

HTML is held to all but the last two, for its lines mean nothing: many blocks may share a line, and what lies around
the article is in none. Its blocks stand in file order, none reaches beyond the beginning of the next, and every word
of the article is in one.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, zip_longest

from index.messages import translatable
from index.text import trimmed
from kb.report.outline import Block, BlockType, ReadingWarning

DEEPEST = 64  # people nest four or five lists; beyond, a file is broken or hostile
DEEPEST_HEADING = 6  # of HTML and Markdown alike
_LISTS = ("bullet", "numbered")
_VERBATIM = ("code", "table", "front-matter")
# U+000B, U+000C, U+0085, U+2028 and U+2029 end no line: `str.splitlines` is of no use here.
_LINE_END = re.compile(r"\r\n|\r|\n")
# The characters that RFC 3986 allows: Japanese goes on right after an address, without a space.
_ADDRESS = re.compile(r"https?://[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")
# C0 and C1 but for tab and what ends lines: they drive terminals, and slips of the keyboard leave them within words.
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]+")
# Markup aside, a line is known by its first letters or marks.
_BEGIN = re.compile(r"[\s\u3000>*_`~\[#+-]*([^\s*_`~\[\]<>\\&!#+>-][^\s*_`~\[\]<>\\&!]{0,11})")
_ENDS = re.compile("[\n\v\f\r\x85\u2028\u2029]+")


@dataclass(frozen=True, slots=True)
class Parse:
    """A text as one format understands it: what an Outline holds beyond the file it came from."""

    title: str | None
    blocks: tuple[Block, ...]
    metadata: tuple[tuple[str, str], ...] = ()
    warnings: tuple[ReadingWarning, ...] = ()


def split_lines(text: str) -> list[str]:
    """Return the lines of `text` without their ends: LF, CRLF or CR and nothing else; a final end opens no line."""
    lines = _LINE_END.split(text)
    return lines if lines[-1] else lines[:-1]


def addresses(text: str) -> tuple[str, ...]:
    """Return the web addresses written out in `text`, without the punctuation of the sentence around them."""
    return tuple(address.rstrip(".,;:!?'") for address in _ADDRESS.findall(text))


def enforce(parse: Parse, lines: Sequence[str], *, covering: bool) -> Parse:
    """Return `parse` of a text of `lines` as the contract has it; `covering` if each line has to be in one block."""
    blocks = [_sound(block, len(lines)) for block in parse.blocks] if lines else []
    blocks.sort(key=lambda block: block.first_line)  # stable, so that what shares a line stays in the reader's order
    if covering:
        one_a_line = [_merged(list(run)) for _, run in groupby(blocks, key=lambda block: block.first_line)]
        blocks = [_with_joints(block, lines) for block in _covering(_ended(one_a_line, below=1), lines)]
    else:
        blocks = list(_ended(blocks, below=0))
    too_deep = next((block.first_line for block in parse.blocks if (block.depth or 0) > DEEPEST), None)
    message = translatable("lists nest deeper than {0} levels; what lies deeper is read as level {0}", DEEPEST)
    return Parse(
        title=_plain(parse.title or "") or None,
        blocks=tuple(blocks),
        metadata=tuple((key, _plain(value)) for key, value in parse.metadata),
        warnings=(*parse.warnings, *([] if too_deep is None else [ReadingWarning(too_deep, message)])),
    )


def _sound(block: Block, count: int) -> Block:
    """Return `block` with its text, level, depth and lines as the contract has them, in a file of `count` lines."""
    text = _CONTROL.sub("", block.text) if block.type in _VERBATIM else _plain(block.text)
    level = min(max(block.level or 1, 1), DEEPEST_HEADING) if block.type == "heading" else None
    depth = min(max(block.depth or 0, 0), DEEPEST) if block.type in _LISTS else None
    first = min(max(block.first_line, 1), count)
    last = min(max(block.last_line, first), count)
    kind: BlockType = "unparsed" if block.type == "blank" and text else block.type
    sound = Block(kind, text, first, last, level, depth, block.links)
    return block if sound == block else sound


def _plain(text: str) -> str:
    return trimmed(_ENDS.sub(" ", _CONTROL.sub("", text)))


def _merged(blocks: Sequence[Block]) -> Block:
    """Return the blocks of one line as one: an embed beside words is a part of what they say."""
    if len(blocks) == 1:
        return blocks[0]
    shown = [block for block in blocks if block.type != "blank"] or [*blocks]
    kept = next((block for block in shown if block.type != "link"), shown[0])
    words = [block.text for block in shown if block.text and (block.type != "link" or block.text not in block.links)]
    text = " ".join(words) or kept.text
    return replace(
        kept,
        text=text if kept.type in _VERBATIM else _plain(text),
        last_line=max(block.last_line for block in blocks),
        links=tuple(dict.fromkeys(link for block in shown for link in block.links)),
    )


def _ended(blocks: Sequence[Block], *, below: int) -> Iterator[Block]:
    """Yield `blocks`, each ending at least `below` lines above the beginning of the next one."""
    for block, following in zip_longest(blocks, blocks[1:]):
        end = following.first_line - below if following else block.last_line
        yield block if block.last_line <= end else replace(block, last_line=max(end, block.first_line))


def _covering(blocks: Iterable[Block], lines: Sequence[str]) -> Iterator[Block]:
    """Yield `blocks` with blocks between them for the lines that none of them holds."""
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
    """Return a block of several lines with the places where they begin: the next words that begin as the line does."""
    if block.first_line == block.last_line or block.type in (*_VERBATIM, "blank", "rule"):
        return block
    joints, after = list[tuple[int, int]](), 0
    for number in range(block.first_line + 1, block.last_line + 1):
        begin = _BEGIN.match(lines[number - 1])
        place = block.text.find(f" {begin[1]}", after) + 1 if begin else 0
        if place:
            joints.append((number, place))
            after = place
    return replace(block, joints=tuple(joints))
