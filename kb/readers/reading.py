"""What every reader returns, and the helpers that keep its promise: each line in exactly one block."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kb.outline import Block, ReadingWarning

# U+000B, U+000C, U+0085, U+2028 and U+2029 end no line: `str.splitlines` is of no use here.
_LINE_END = re.compile(r"\r\n|\r|\n")
_ADDRESS = re.compile(r"https?://[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")


@dataclass(frozen=True, slots=True)
class Reading:
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
        blank = not lines[number - 1].strip()
        if number == last or blank == bool(lines[number].strip()):
            text = "" if blank else " ".join(line.strip() for line in lines[start - 1 : number])
            yield Block("blank" if blank else "unparsed", text, start, number)
            start = number + 1
