"""Which reader reads a file: its bytes decoded, its format told from its content."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from kb.readers.decoding import decode
from kb.readers.reading import Reading, split_lines
from kb.report.outline import Outline, ReadingWarning


class UnreadableError(ValueError):
    """A file that no reader can take; the message names the file, what is wrong and the remedy."""


@dataclass(frozen=True, slots=True)
class Reader:
    """One format: its name, how a text in it is recognised, and how it is read."""

    name: str
    recognises: Callable[[str], bool]
    read: Callable[[str], Reading]


@cache
def readers() -> tuple[Reader, ...]:
    """Return all readers: the first that recognises a text reads it, the last takes anything."""
    from kb.readers import html, markdown, text

    return (
        Reader("html", html.recognises, html.read),
        Reader("text", text.recognises, text.read),
        Reader("markdown", lambda _: True, markdown.read),
    )


def read_outline(data: bytes, source: str) -> Outline:
    """Return the outline of a file's bytes; `source` is its path as shown to people. Raises UnreadableError."""
    decoded = decode(data)
    if decoded is None:
        raise UnreadableError(f"{source}: not a text file; save the report as text, Markdown or HTML in UTF-8")
    reader = next(reader for reader in readers() if reader.recognises(decoded.text))
    reading = reader.read(decoded.text)
    return Outline(
        source=source,
        encoding=decoded.encoding,
        format=reader.name,
        lines=len(split_lines(decoded.text)),
        title=reading.title,
        blocks=reading.blocks,
        metadata=reading.metadata,
        warnings=(*_broken_characters(decoded.text, decoded.broken), *reading.warnings),
    )


def _broken_characters(text: str, broken: int) -> list[ReadingWarning]:
    if not broken:
        return []
    line = len(split_lines(text[: text.index("\ufffd")] + "."))
    return [ReadingWarning(line, f"{broken} characters could not be decoded and read \ufffd; save the file as UTF-8")]
