"""Cosense (formerly Scrapbox): an exported or copied page. Each space indents an item, and brackets mark links.

The notation is described at https://scrapbox.io/help/記法.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from index.text import trimmed
from kb.readers.contract import DEEPEST_HEADING, Parse, addresses, split_lines
from kb.readers.heading_evidence import is_sentence
from kb.report.dates import day_in_japan
from kb.report.outline import Block, BlockType

_PAGE = re.compile(r'\A\{(?:"created": -?\d+, )?"lines": \[')
_INDENT = re.compile(r"[ \t\u3000]*")
_NUMBERED = re.compile(r"\d{1,3}\. +(?=\S)")
_BLOCK = re.compile(r"(?P<kind>code|table):(?P<name>.*)")
# Code in backticks has no brackets in it. Nested brackets are read from the inside.
_BRACKET = re.compile(r"(?P<code>`[^`\n]*`)|\[\[(?P<strong>[^\[\]\n]+)\]\]|\[(?P<inside>[^\[\]\n]+)\]")
_DECORATED = re.compile(r"[*\-/_!\"#%&'()+,.{}<>|~^$]+ (?P<text>.*)")
_ADDRESS = re.compile(r"(?:(?P<title>.*\S) )?(?P<address>https?://\S+)(?: (?P<after>.*))?")
_ICON = re.compile(r".*\.icon(?:\*\d+)?")
_PICTURE = re.compile(r"https?://(?:gyazo\.com/|scrapbox\.io/files/|\S+\.(?:png|jpe?g|gif|svg|webp)$)", re.IGNORECASE)
_STARRED = re.compile(r"\[(?P<stars>\*+) .*\]|\[\[[^\[\]]+\]\]")
_ALONE = re.compile(r"\[[^\[\]]+\]|https?://\S+")
_MAX_NESTED = 3  # levels of brackets
# Marks that only Cosense has, and marks of other formats that no page of Cosense has.
_CERTAIN = re.compile(
    r"\[\*+ [^\[\]\n]+\]|\[[^\[\]\n]+\.icon\]|\[https?://\S+ [^\[\]\n]+\](?!\()|\[[^\[\]\n]+ https?://[^\s\]]+\](?!\()"
    r"|^[ \t]*(?:code|table):\S+$",
    re.MULTILINE,
)
_FOREIGN = re.compile(r"^[ \t\u3000]*[-*+•・◦▪‣–]\s*\S|^#{1,6} |^```|^---|\]\(\S|<[a-z]+[ >]", re.MULTILINE)
_FEWEST_INDENTED = 2  # indented lines, next to a certain mark
# Without a mark, a page is an outline: this many lines, and this share of all, are indented, each at most one space
# deeper than the line above.
_FEWEST_OUTLINED, _SHARE_OUTLINED = 5, 0.5


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a page: its number, its indent and the rest as written."""

    number: int
    indent: int
    written: str


def recognises(text: str) -> bool:
    """Return whether `text` is certainly a page of Cosense, or an outline indented only by spaces."""
    if _PAGE.match(text):
        return True
    if _FOREIGN.search(text):
        return False
    lines = [line for line in split_lines(text) if line.strip()]
    indents = [_INDENT.match(line)[0] for line in lines]  # type: ignore[index]
    indented = sum(map(bool, indents))
    if _CERTAIN.search(text):
        return indented >= _FEWEST_INDENTED
    steps = (len(after) - len(before) for before, after in zip(["", *indents], indents, strict=False))
    is_outline = all(step <= 1 for step in steps) and not any({"\u3000", "\t"} & {*indent} for indent in indents)
    enough = indented >= max(_FEWEST_OUTLINED, _SHARE_OUTLINED * len(lines))
    return is_outline and enough and len({*map(len, indents)} - {0}) > 1


def read(text: str) -> Parse:
    """Return the parse of a page."""
    written, created = split_lines(text.lstrip("\ufeff")), None
    if _PAGE.match(text):
        try:
            page = json.loads(text)
            created = day_in_japan(page["created"]) if "created" in page else None
            written = [line for line in page["lines"] if isinstance(line, str)]
        except (ValueError, RecursionError):
            written = []
    lines = []
    for number, line in enumerate(written, start=1):
        words = line.lstrip(" \t\u3000")
        lines.append(_Line(number, len(line) - len(words), words.rstrip()))
    blocks = tuple(_blocks(lines))
    title = next((block.text for block in blocks if block.type == "heading" and block.first_line == 1), None)
    return Parse(title=title, blocks=blocks, metadata=(("created", created),) if created else ())


def _blocks(lines: Sequence[_Line]) -> Iterator[Block]:
    star_counts = {
        len(found["stars"] or "*") for line in lines if not line.indent and (found := _STARRED.fullmatch(line.written))
    }
    levels = {count: level for level, count in enumerate(sorted(star_counts, reverse=True), start=2)}
    at = 0
    while at < len(lines):
        line = lines[at]
        opening = _BLOCK.fullmatch(line.written)
        end = at + 1
        while opening and end < len(lines) and lines[end].indent > line.indent:
            end += 1
        if opening:
            is_table = opening["kind"] == "table"
            rows = [" " * (row.indent - line.indent - 1) + row.written for row in lines[at + 1 : end]]
            rows = [" | ".join(row.strip().split("\t")) for row in rows] if is_table else rows
            yield Block("table" if is_table else "code", "\n".join(rows), line.number, lines[end - 1].number)
        elif line.indent:
            numbered = _NUMBERED.match(line.written)
            text, links = _shown(line.written[numbered.end() :] if numbered else line.written)
            kind: BlockType = "numbered" if numbered else "bullet"
            yield Block(kind, text, line.number, line.number, depth=line.indent - 1, links=links)
        else:
            has_items = end < len(lines) and lines[end].indent > 0 and lines[end].written != ""
            yield _outer_block(line, levels, has_items=has_items)
        at = end


def _outer_block(line: _Line, levels: Mapping[int, int], *, has_items: bool) -> Block:
    """Return the block of an unindented line: the title, a heading by its stars or items below, or a paragraph."""
    number = line.number
    text, links = _shown(line.written)
    starred = _STARRED.fullmatch(line.written)
    level = 1 if number == 1 else levels[len(starred["stars"] or "*")] if starred and text else None
    if level is None and has_items and not links:
        level = len(levels) + 2
    if level and text and not is_sentence(text):
        return Block("heading", text, number, number, level=min(level, DEEPEST_HEADING), links=links)
    kind: BlockType = "paragraph" if text else "link" if links else "blank"
    if text.startswith(">"):
        kind, text = "quote", text.lstrip("> ")
    elif links and _ALONE.fullmatch(line.written):
        kind = "link"
    return Block(kind, text or "".join(links[:1]), number, number, links=links)


def _shown(written: str) -> tuple[str, tuple[str, ...]]:
    """Return the text that the page shows for a line, and its links."""
    links: list[str] = []

    def show(found: re.Match[str]) -> str:
        inside = found["inside"]
        if inside is None:
            return found["strong"] or found["code"]
        if decorated := _DECORATED.fullmatch(inside):
            return decorated["text"]
        address = _ADDRESS.fullmatch(inside)
        if address is None:
            return "" if _ICON.fullmatch(inside) else inside.rpartition("/")[2] if inside.startswith("/") else inside
        title = address["title"] or address["after"]
        if _PICTURE.match(address["address"]):
            return title or ""
        links.append(address["address"])
        return title or address["address"]

    for _ in range(_MAX_NESTED):
        written, before = _BRACKET.sub(show, written), written
        if written == before:
            break
    return trimmed(written.replace("`", "")), tuple(dict.fromkeys((*links, *addresses(written))))
