"""Extracted text: the words of a web page with `  • ` bullets, two more spaces a level, and headings as bare lines."""

import re
from collections.abc import Iterator, Sequence

from kb.outline import Block, BlockType
from kb.readers.headings import is_heading
from kb.readers.reading import Reading, addresses, cover, split_lines

_ITEM = re.compile(r"(?P<indent>[ \t\u3000]*)(?:(?P<bullet>•)|\d{1,9}\.)[ \t\u3000]+(?P<text>\S.*)")
_LINK = re.compile(r"(?:https?://)?(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}(?:/\S*)?")
_BULLET = re.compile(r"^[ \t]*•[ \t]", re.MULTILINE)
_YEAR = re.compile(r"20\d\d")


def recognises(text: str) -> bool:
    """Tell whether `text` is extracted text: no other format draws its bullets with `•`."""
    return _BULLET.search(text) is not None


def read(text: str) -> Reading:
    """Return the reading of an extracted text."""
    lines = split_lines(text)
    blocks = tuple(cover(_blocks(lines), lines))
    return Reading(title=_title(blocks), blocks=blocks)


def _blocks(lines: list[str]) -> Iterator[Block]:
    indents: list[int] = []
    for index, line in enumerate(lines):
        if not line.strip():
            continue
        item = _ITEM.fullmatch(line.rstrip())
        if item:
            indent = len(item["indent"].expandtabs(4))
            indents = [*(outer for outer in indents if outer < indent), indent]
            yield _item(item, index + 1, len(indents) - 1)
        else:
            indents = []
            yield _bare(lines, index)


def _item(item: re.Match[str], number: int, depth: int) -> Block:
    text = item["text"]
    kind: BlockType = "bullet" if item["bullet"] else "numbered"
    return Block(kind, text, number, number, depth=depth, links=addresses(text))


def _bare(lines: list[str], index: int) -> Block:
    text, number = lines[index].strip(), index + 1
    if _LINK.fullmatch(text):
        return Block("link", text, number, number, links=(text if "://" in text else f"https://{text}",))
    if is_heading(lines, index):
        # A heading that stands in the list itself is inside the section that the list belongs to.
        level = 2 if index == 0 or not lines[index - 1].strip() else 3
        return Block("heading", text, number, number, level=level)
    return Block("paragraph", text, number, number, links=addresses(text))


def _title(blocks: Sequence[Block]) -> str | None:
    """Return the first heading that names a year, before any bullet; else the first: a blog's name may stand above."""
    headings: list[str] = []
    for block in blocks:
        if block.type in ("bullet", "numbered"):
            break
        if block.type == "heading":
            headings.append(block.text)
    return next((text for text in headings if _YEAR.search(text)), headings[0] if headings else None)
