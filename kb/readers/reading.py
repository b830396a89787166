"""What every reader returns, and the helpers that keep its promise: each line in exactly one block."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from kb.report.outline import Block, ReadingWarning

# U+000B, U+000C, U+0085, U+2028 and U+2029 end no line: `str.splitlines` is of no use here.
_LINE_END = re.compile(r"\r\n|\r|\n")
INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff"
_AROUND = "".join(character for character in map(chr, range(0x3001)) if character.isspace()) + INVISIBLE
_ADDRESS = re.compile(r"https?://[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")

DEEPEST = 64  # people nest four or five lists; beyond, a file is broken or hostile


@dataclass(frozen=True, slots=True)
class Reading:
    """A text as one format understands it: what an Outline holds beyond the file it came from."""

    title: str | None
    blocks: tuple[Block, ...]
    metadata: tuple[tuple[str, str], ...] = ()
    warnings: tuple[ReadingWarning, ...] = ()


def trimmed(text: str) -> str:
    """Return `text` without the white space and zero-width characters around it."""
    return text.strip(_AROUND)


def capped(reading: Reading) -> Reading:
    """Return `reading` with no list deeper than DEEPEST levels, and a warning where one was."""
    first = next((block.first_line for block in reading.blocks if (block.depth or 0) > DEEPEST), None)
    if first is None:
        return reading
    blocks = (replace(block, depth=min(block.depth, DEEPEST)) if block.depth else block for block in reading.blocks)
    warning = ReadingWarning(
        first, f"lists nest deeper than {DEEPEST} levels; what lies deeper is read as level {DEEPEST}"
    )
    return replace(reading, blocks=tuple(blocks), warnings=(*reading.warnings, warning))


def split_lines(text: str) -> list[str]:
    """Return the lines of `text` without their ends: LF, CRLF or CR and nothing else; a final end opens no line."""
    lines = _LINE_END.split(text)
    return lines if lines[-1] else lines[:-1]


def addresses(text: str) -> tuple[str, ...]:
    """Return the web addresses written out in `text`, without the punctuation of the sentence around them."""
    return tuple(found.rstrip(".,;:!?'") for found in _ADDRESS.findall(text))


def cover(blocks: Iterable[Block], lines: list[str]) -> Iterator[Block]:
    """Yield `blocks` with blocks between them for the lines that none of them holds: `blank`, else `unparsed`."""
    after = 1
    for block in blocks:
        yield from _gap(lines, after, block.first_line - 1)
        yield block
        after = block.last_line + 1
    yield from _gap(lines, after, len(lines))


def _gap(lines: list[str], first: int, last: int) -> Iterator[Block]:
    start = first
    for number in range(first, last + 1):
        blank = not trimmed(lines[number - 1])
        if number == last or blank == bool(trimmed(lines[number])):
            text = "" if blank else " ".join(trimmed(line) for line in lines[start - 1 : number])
            yield Block("blank" if blank else "unparsed", text, start, number)
            start = number + 1
