"""The table of formats, and `read_outline`, which chooses the reader of a file and reads it."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePath

from index.messages import Message, message_of, translatable
from kb.readers import cosense, html, markdown, rst, text
from kb.readers.archives import ARCHIVES, Archive
from kb.readers.contract import DEEPEST, Parse, enforce, split_lines
from kb.readers.decoding import DecodedText, binary_refusal, decode, text_refusal
from kb.readers.line_markup import MARKUPS
from kb.report.outline import Block, Outline, ReadingWarning
from kb.report.problems import FileProblem, UnreadableError

_NUMBER = re.compile(r"\s{0,40}[（(]?(\d{1,4})[.)．）]")  # of a numbered item, as written


@dataclass(frozen=True, slots=True)
class Reader:
    """One format: its names, how to recognise a text in it, and how to read one.

    - `endings`: those of its files. A report without a file name gets the first.
    - `recognises`: whether a text is in this format.
    - `read`: the parse of a text. May raise RecursionError.
    - `by_ending`: whether the file ending alone selects this format; true only for endings that no other format
      shares.
    - `covering`: whether every line has to be in a block, as the contract says.
    - `takes_data`: whether its texts are data of programs, such as JSON. Other formats refuse such a text.
    - `unwrap`: the text inside a file that is not plain text, or None for a file of another format. May raise
      DamagedPageError.
    """

    name: str
    label: str
    endings: tuple[str, ...]
    media_types: tuple[str, ...]
    recognises: Callable[[str], bool]
    read: Callable[[str], Parse]
    by_ending: bool = False
    covering: bool = True
    takes_data: bool = False
    unwrap: Callable[[bytes], DecodedText | None] = field(default=lambda _: None)


# The first format that recognises a text reads it; the last takes any text. Saved pages are recognised by their bytes.
READERS = (
    Reader("mhtml", "MHTML", (".mhtml", ".mht"), ("multipart/related", "message/rfc822"), lambda _: False, html.read,
           covering=False, unwrap=html.page_in_mhtml),
    Reader("webarchive", "webarchive", (".webarchive",), ("application/x-webarchive",), lambda _: False, html.read,
           covering=False, unwrap=html.page_in_webarchive),
    Reader("movable-type", "Movable Type", (".txt",), ("text/plain",), html.recognises_post, html.read_post,
           covering=False),
    Reader("html", "HTML", (".html", ".htm"), ("text/html",), html.recognises, html.read, covering=False),
    Reader("rst", "reStructuredText", (".rst", ".rest"), ("text/x-rst",), rst.recognises, rst.read, by_ending=True),
    Reader("org", "Org", (".org",), ("text/org",), MARKUPS["org"].recognises, MARKUPS["org"].read, by_ending=True),
    Reader("asciidoc", "AsciiDoc", (".adoc", ".asciidoc"), ("text/asciidoc",), MARKUPS["asciidoc"].recognises,
           MARKUPS["asciidoc"].read, by_ending=True),
    Reader("review", "Re:VIEW", (".re",), (), MARKUPS["review"].recognises, MARKUPS["review"].read, by_ending=True),
    Reader("cosense", "Cosense", (".json", ".txt"), ("application/json",), cosense.recognises, cosense.read,
           takes_data=True),
    Reader("text", "text", (".txt",), ("text/plain",), text.recognises, text.read),
    Reader("markdown", "Markdown", (".md", ".markdown"), ("text/markdown",), lambda _: True, markdown.read),
)  # fmt: skip
# The longest of hundreds of real reports has 622 lines, 515 notes and 81 headings. A file beyond these limits is an
# archive or an attack, and is refused. A line of Markdown takes 3.5 kB of memory, indexing a note half a millisecond,
# and each heading is compared with all others.
MAX_LINES, MAX_NOTES, MAX_HEADINGS = 50_000, 10_000, 500  # in one report
_DIVIDE = translatable("divide the file")
_LIMITS = (
    (("bullet", "numbered", "paragraph"), MAX_NOTES, translatable("more than {0:,} notes; {1}", MAX_NOTES, _DIVIDE)),
    (("heading",), MAX_HEADINGS, translatable("more than {0:,} headings; {1}", MAX_HEADINGS, _DIVIDE)),
)
_FORMATS: tuple[Reader | Archive, ...] = (*reversed(READERS), *ARCHIVES)  # the commonest first
LABELS = tuple(format_.label for format_ in _FORMATS)
ENDINGS = tuple(dict.fromkeys(ending for format_ in _FORMATS for ending in format_.endings))
MEDIA_TYPES = frozenset(media_type for format_ in _FORMATS for media_type in format_.media_types)
_SUGGESTED = ("Markdown", "text")  # formats that any editor can save


def read_outline(data: bytes, source: str) -> Outline:
    """Return the outline of a file's bytes. `source` is its path, as messages show it.

    Raises UnreadableError for a file that cannot hold a report, or is larger than any report.
    """
    reader, decoded = _reader_and_text(data, source)
    lines = split_lines(decoded.text)
    if len(lines) > MAX_LINES:
        raise _unreadable(source, translatable("more than {0:,} lines; {1}", MAX_LINES, _DIVIDE), MAX_LINES + 1)
    try:
        parse = enforce(reader.read(decoded.text), lines, covering=reader.covering)
    except RecursionError as error:
        message = translatable("{0} that nests too deep to be read; write it with fewer levels", reader.label)
        raise _unreadable(source, message) from error
    for types, limit, message in _LIMITS:
        blocks = [block for block in parse.blocks if block.type in types]
        if len(blocks) > limit:
            raise _unreadable(source, message, blocks[limit].first_line)
    warnings = parse.warnings
    if decoded.broken:
        line = len(split_lines(decoded.text[: decoded.text.index("\ufffd")] + "."))
        message = translatable("{0} characters could not be decoded and read �; save the file as UTF-8", decoded.broken)
        warnings = (ReadingWarning(line, message), *warnings)
    return Outline(
        source=source,
        encoding=decoded.encoding,
        format=reader.name,
        lines=len(lines),
        title=parse.title,
        blocks=_nested_below_numbers(parse.blocks, lines),
        metadata=parse.metadata,
        warnings=warnings,
    )


def _nested_below_numbers(blocks: tuple[Block, ...], lines: Sequence[str]) -> tuple[Block, ...]:
    """Return the blocks with bullets moved below the numbered items that they follow, if the numbers go on after them.

    「1. title」 with 「・note」 below it at the same indentation, then 「2. title」: for Markdown these are three lists.
    """
    nested = list(blocks)
    run, last, moved, goes_on = dict[int, Block](), None, False, False
    for i, block in enumerate((*blocks, Block("rule", "", 0, 0))):
        if block.type not in ("bullet", "numbered", "blank"):
            if goes_on:
                for at, own in run.items():
                    nested[at] = own
            run, last, moved, goes_on = {}, None, False, False
        elif block.type == "numbered" and not block.depth:
            match = _NUMBER.match(lines[block.first_line - 1])
            number = int(match[1]) if match else None
            goes_on |= moved and number is not None and last == number - 1
            last, moved = number, False
        elif block.type != "blank" and last is not None:
            moved |= not block.depth
            if moved:
                run[i] = replace(block, depth=min((block.depth or 0) + 1, DEEPEST))
    return tuple(nested)


def ending_of(name: str) -> str:
    """Return the first ending of files in the format with this name."""
    return next(reader.endings[0] for reader in READERS if reader.name == name)


def listed(labels: tuple[str, ...]) -> Message:
    """Return labels as a list in a sentence: `Markdown, text or HTML`."""
    return translatable("{0} or {1}", ", ".join(labels[:-1]), labels[-1])


def _reader_and_text(data: bytes, source: str) -> tuple[Reader, DecodedText]:
    """Return the reader of a file, and its text. Raises UnreadableError for a file that cannot hold a report."""
    try:
        for reader in READERS:
            if page := reader.unwrap(data):
                return reader, page
    except html.DamagedPageError as error:
        raise _unreadable(source, message_of(error)) from error
    refusal = binary_refusal(data)
    decoded = None if refusal else decode(data)
    if decoded is None:
        message = translatable("not a text file; save the report as {0} in UTF-8", listed(_SUGGESTED))
        raise _unreadable(source, refusal or message)
    ending = PurePath(source).suffix.lower()
    by_ending = (reader for reader in READERS if reader.by_ending and ending in reader.endings)
    by_text = (reader for reader in READERS if reader.recognises(decoded.text))
    reader = next(by_ending, None) or next(by_text)
    refusal = None if reader.takes_data else text_refusal(decoded.text, ending)
    if refusal:
        raise _unreadable(source, refusal)
    return reader, decoded


def _unreadable(source: str, message: Message, line: int | None = None) -> UnreadableError:
    return UnreadableError(FileProblem(source, line, message))
