"""Markdown: CommonMark with tables, read by markdown-it-py, and the front matter above it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile

import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token

from kb.outline import Block, BlockType
from kb.readers.reading import Reading, addresses, cover, split_lines

_FRONT_MATTER = re.compile(r"---[ \t]*\n(?P<yaml>.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_PARSER = MarkdownIt("commonmark").enable("table")
_LISTS: dict[str, BlockType] = {"bullet_list_open": "bullet", "ordered_list_open": "numbered"}
_WHITE_SPACE = re.compile(r"[ \t\n]+")  # what a browser folds
_WHOLE: dict[str, BlockType] = {"fence": "code", "code_block": "code", "hr": "rule", "html_block": "unparsed"}


def read(text: str) -> Reading:
    """Return the reading of a Markdown text."""
    lines = split_lines(text)
    text = "\n".join(lines)
    front = _FRONT_MATTER.match(text)
    height = text.count("\n", 0, front.end()) if front else 0
    metadata = _metadata(front["yaml"]) if front else ()
    blocks = [Block("front-matter", "\n".join(lines[:height]), 1, height)] if front else []
    blocks = list(cover([*blocks, *_body("\n".join(lines[height:]), height)], lines))
    return Reading(title=dict(metadata).get("title") or _first_heading(blocks), blocks=tuple(blocks), metadata=metadata)


def _metadata(front_matter: str) -> tuple[tuple[str, str], ...]:
    try:
        values = yaml.safe_load(front_matter)
    except yaml.YAMLError:
        return ()
    if not isinstance(values, dict):
        return ()
    return tuple((str(key), str(value)) for key, value in values.items() if value is not None)


def _first_heading(blocks: Sequence[Block]) -> str | None:
    return next((block.text for block in blocks if block.type == "heading"), None)


@dataclass(slots=True)
class _Nesting:
    """The containers that a token stands in."""

    lists: list[BlockType] = field(default_factory=list)
    quotes: int = 0

    def enter_or_leave(self, token: Token) -> None:
        if token.type in _LISTS:
            self.lists.append(_LISTS[token.type])
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            self.lists.pop()
        elif token.type in ("blockquote_open", "blockquote_close"):
            self.quotes += token.nesting


def _body(text: str, above: int) -> Iterator[Block]:
    """Yield the blocks of `text`, which stands below `above` lines of its file."""
    tokens = iter(_PARSER.parse(text))
    nesting = _Nesting()
    item: Block | None = None  # the item whose own text, its first paragraph, is still to come
    for token in tokens:
        nesting.enter_or_leave(token)
        first, last = (token.map[0] + above + 1, token.map[1] + above) if token.map else (0, 0)
        if item and token.type != "paragraph_open":
            # An item without text of its own, unless what it holds begins on its line.
            yield from [item] if first != item.first_line else []
            item = None
        if token.type == "list_item_open":
            item = Block(nesting.lists[-1], "", first, first, depth=len(nesting.lists) - 1)
        elif token.type == "paragraph_open":
            paragraph = item or Block("quote" if nesting.quotes else "paragraph", "", first, last)
            yield _with_text(replace(paragraph, last_line=last), next(tokens))
            item = None
        elif token.type == "heading_open":
            yield _with_text(Block("heading", "", first, last, level=int(token.tag[1:])), next(tokens))
        elif token.type == "table_open":
            yield _table(tokens, first, last)
        elif token.type in _WHOLE:
            yield Block(_WHOLE[token.type], token.content.rstrip("\n"), first, last)


def _table(tokens: Iterator[Token], first: int, last: int) -> Block:
    """Return the table whose opening was the last token taken: a line a row."""
    rows: list[list[str]] = []
    for token in takewhile(lambda token: token.type != "table_close", tokens):
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            rows[-1].append(_text(token))
    return Block("table", "\n".join(" | ".join(cells) for cells in rows), first, last)


def _with_text(block: Block, inline: Token) -> Block:
    """Return `block` with the text and links of `inline`; a paragraph that is nothing but one link is a link."""
    text = _text(inline)
    targets = (str(child.attrs["href"]) for child in inline.children or () if child.type == "link_open")
    links = tuple(dict.fromkeys((*targets, *addresses(text))))
    kind = "link" if block.type == "paragraph" and text in links else block.type
    return replace(block, type=kind, text=text, links=links)


def _text(inline: Token) -> str:
    """Return what a reader of the page sees of `inline`: no marks, the alternative text of images, lines joined."""
    text = "".join(_words(child) for child in inline.children or ())
    return _WHITE_SPACE.sub(" ", text).strip()


def _words(child: Token) -> str:
    if child.type in ("softbreak", "hardbreak", "html_inline"):
        return " " if child.type != "html_inline" or child.content.lower().startswith("<br") else ""
    return child.content
