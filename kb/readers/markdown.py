"""Markdown: reads CommonMark with tables, after `markdown_dialects.py` took off front matter and dialects."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile

from markdown_it import MarkdownIt
from markdown_it.token import Token

from index.text import fold_spaces, trimmed
from kb.readers.contract import DEEPEST, Parse, addresses, split_lines
from kb.readers.dom import element_blocks, fragment_tree
from kb.readers.headings import BOLD, with_bold_headings
from kb.readers.markdown_dialects import front_matter, to_commonmark
from kb.report.outline import Block, BlockType

_LISTS: dict[str, BlockType] = {"bullet_list_open": "bullet", "ordered_list_open": "numbered"}
_TASK = re.compile(r"\[[ xX]\] (?=\S)")
# Most bullets have none of the characters that need the inline rules, which take most of the time.
_INLINE = re.compile(r"[\\`*_~\[\]<>&!]")
# What a text must contain for a block rule to match. Each line is tried against every rule that is enabled.
_UNDERLINE = r"(?m:[-=*_][ \t]*$)"
_MARKS_OF_RULES = {
    "table": r"\|",
    "fence": "```|~~~",
    "blockquote": ">",
    "hr": _UNDERLINE,
    "reference": r"\]:",
    "html_block": "<",
    "heading": "#",
    "lheading": _UNDERLINE,
}
_BREAK = re.compile(r"</?(?:br|li|p|div)\b", re.IGNORECASE)  # tags that separate words on a page
_BOLD_TAGS = {"<strong>": "strong_open", "<b>": "strong_open", "</strong>": "strong_close", "</b>": "strong_close"}
_TAG_TARGET = re.compile(r"""<(?:a|iframe|embed)\b[^>]*?\b(?:href|src)=["'](https?://[^"'\s]+)""", re.IGNORECASE)
# A paragraph beyond these limits is not parsed for inline markup. The parser takes time by the square of opening
# brackets: 500 take 0.05 s. A text may have a few of such paragraphs; those with up to 50 brackets are not counted.
_LONGEST_INLINE, _MAX_BRACKETS, _FREE_BRACKETS = 100_000, 500, 50
_MAX_SQUARED_BRACKETS = 20 * _MAX_BRACKETS**2  # of a text
_MAX_NESTING = 2 * 2 * DEEPEST + 16  # a list and its items are a level each; room for twice as many lists as are kept


def read(text: str) -> Parse:
    """Return the parse of a Markdown text."""
    lines = split_lines(text)
    front = front_matter(lines)
    height = front.height if front else 0
    above = [Block("front-matter", "\n".join(lines[:height]), 1, height)] if height else []
    text = "\n".join(to_commonmark(lines[height:]))
    body = _body(text, height, lines, _Parser(text))
    blocks = with_bold_headings([*above, *body])
    metadata = front.values if front else ()
    return Parse(title=dict(metadata).get("title") or _title(blocks, lines), blocks=blocks, metadata=metadata)


def _title(blocks: Sequence[Block], lines: Sequence[str]) -> str | None:
    """Return the first heading of the highest level if two of three hold, else None.

    Its level is 1, no other heading has its level, and there is no text above it.
    """
    headings = [block for block in blocks if block.type == "heading"]
    if not headings:
        return None
    highest = min(heading.level or 0 for heading in headings)
    first, *same_level = (block for block in headings if block.level == highest)
    textless = (block for block in blocks if block.type in ("blank", "front-matter", "rule"))
    empty = {line for block in textless for line in range(block.first_line, block.last_line + 1)}
    is_first = all(line in empty or not trimmed(lines[line - 1]) for line in range(1, first.first_line))
    return first.text if (highest == 1) + (not same_level) + is_first > 1 else None


@dataclass(slots=True)
class _Nesting:
    """The lists and quotations around a token."""

    lists: list[BlockType] = field(default_factory=list)
    quotes: int = 0

    def enter_or_leave(self, token: Token) -> None:
        if token.type in _LISTS:
            self.lists.append(_LISTS[token.type])
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            self.lists.pop()
        elif token.type in ("blockquote_open", "blockquote_close"):
            self.quotes += token.nesting


def _body(text: str, above: int, lines: Sequence[str], parser: "_Parser") -> Iterator[Block]:
    """Yield the blocks of `text`, which is below the first `above` of the file's `lines`."""
    nesting = _Nesting()
    tokens = _with_whole_lists(parser.parse(text, parser.definitions))
    item: Block | None = None  # an item whose first paragraph, its text, has not come yet
    for token in tokens:
        nesting.enter_or_leave(token)
        first, last = (token.map[0] + above + 1, token.map[1] + above) if token.map else (0, 0)
        if item and token.type != "paragraph_open":
            # The item has no text. It is left out if its content begins on its line.
            yield from [item] if first != item.first_line else []
            item = None
        if token.type == "list_item_open":
            item = Block(nesting.lists[-1], "", first, first, depth=len(nesting.lists) - 1)
        elif token.type == "paragraph_open":
            paragraph = item or Block("quote" if nesting.quotes else "paragraph", "", first, last)
            yield parser.filled(paragraph, last, next(tokens))
            item = None
        elif token.type == "heading_open":
            yield parser.filled(Block("heading", "", first, last, level=int(token.tag[1:])), last, next(tokens))
        elif token.type == "table_open":
            yield parser.table(tokens, first, last)
        elif token.type == "html_block":
            yield from _embedded(token, first, lines, parser)
        elif token.type in ("fence", "code_block"):
            yield Block("code", token.content.rstrip("\n"), first, last)
        elif token.type == "hr":
            yield Block("rule", trimmed(lines[first - 1]), first, last)


def _embedded(token: Token, first: int, lines: Sequence[str], parser: "_Parser") -> Iterator[Block]:
    """Yield the blocks of an HTML block that begins at line `first`, and of the Markdown right below its tags."""
    parts = token.content.rstrip("\n").split("\n")
    for begin, end, is_markdown in _html_and_markdown(parts):
        text = "\n".join(parts[begin:end])
        if is_markdown:
            yield from _body(text, first + begin - 1, lines, parser)
        else:
            yield from _html_blocks(text, first + begin, first + end - 1)


class _Parser(MarkdownIt):
    """The parser of one text: CommonMark with tables and strikethrough. Rules run only where needed."""

    def __init__(self, text: str) -> None:
        super().__init__("commonmark", {"maxNesting": _MAX_NESTING})
        needless = [rule for rule, marks in _MARKS_OF_RULES.items() if not re.search(marks, text)]
        self.enable(["table", "strikethrough"]).disable(["inline", "text_join", *needless])
        self.definitions: dict[str, object] = {}  # of links
        self._squared_brackets = 0

    def normalizeLink(self, url: str) -> str:  # noqa: N802 - the library's name
        """Return an address as written, like the reader of HTML."""
        return url

    def filled(self, block: Block, last_line: int, inline: Token) -> Block:
        """Return `block` to its last line, with the text and links of `inline`.

        A paragraph of only links and images becomes a link.
        """
        children = self._children(inline.content)
        text = _text(children)
        if block.depth is not None:
            text = _TASK.sub("", text, count=1) if text.startswith("[") else text
        links = tuple(dict.fromkeys((*_targets(children), *addresses(text))))
        type_, level = block.type, block.level
        if type_ == "paragraph" and _is_bold(children) and text:
            type_, level = "heading", BOLD
        elif type_ == "paragraph" and _is_link(children, text, links):
            if not links:
                return Block("blank", "", block.first_line, last_line)  # only a picture
            type_, text = "link", text or links[0]
        return Block(type_, text, block.first_line, last_line, level, block.depth, links)

    def table(self, tokens: Iterator[Token], first: int, last: int) -> Block:
        """Return the table whose opening token was just taken, with one line for each row."""
        rows: list[list[str]] = []
        links: list[str] = []
        for token in takewhile(lambda token: token.type != "table_close", tokens):
            if token.type == "tr_open":
                rows.append([])
            elif token.type == "inline":
                children = self._children(token.content)
                rows[-1].append(_text(children))
                links += _targets(children)
        text = "\n".join(" | ".join(cells) for cells in rows)
        return Block("table", text, first, last, links=tuple(dict.fromkeys(links)))

    def _children(self, content: str) -> Sequence[Token]:
        brackets = content.count("[")
        self._squared_brackets += brackets**2 if brackets > _FREE_BRACKETS else 0
        has_too_many = brackets > _MAX_BRACKETS or self._squared_brackets > _MAX_SQUARED_BRACKETS
        if has_too_many or len(content) > _LONGEST_INLINE or not _INLINE.search(content):
            return [Token("text", "", 0, content=content)]
        children: list[Token] = []
        self.inline.parse(content, self, self.definitions, children)
        return children


def _text(children: Iterable[Token]) -> str:
    """Return the text that a page shows: without marks, with the alternative text of images, on one line."""
    return fold_spaces("".join(map(_words, children))).strip(" ")


def _words(child: Token) -> str:
    match child.type:
        case "softbreak" | "hardbreak":
            return " "
        case "html_inline":
            return " " if _BREAK.match(child.content) else ""
    return child.content


def _targets(children: Iterable[Token]) -> list[str]:
    """Return the addresses of the links and embeds among `children`."""
    targets: list[str] = []
    for child in children:
        if child.type == "link_open":
            targets.append(str(child.attrs["href"]))
        elif child.type == "html_inline":
            targets += _TAG_TARGET.findall(child.content)
    return [target for target in targets if target]


def _is_bold(children: Sequence[Token]) -> bool:
    """Return whether all words of `children` are in one bold element."""
    shown = [child for child in children if child.type != "text" or child.content]
    marks = [_BOLD_TAGS.get(child.content.lower(), child.type) for child in shown]
    ends = [at for at, mark in enumerate(marks) if mark == "strong_close"]
    return marks[:1] == ["strong_open"] and ends == [len(marks) - 1] and "softbreak" not in marks


def _is_link(children: Iterable[Token], text: str, links: Sequence[str]) -> bool:
    """Return whether every word of `children` is in a link or an image."""
    depth = 0
    for child in children:
        depth += child.nesting if child.type in ("link_open", "link_close") else 0
        if child.type in ("text", "code_inline", "text_special") and not depth and child.content.strip():
            return text in links
    return True


# HTML inside Markdown. CommonMark ends it in other places than its authors expect.
_LIST_TAG = re.compile(r"<(?P<end>/?)(?:ul|ol|dl)\b", re.IGNORECASE)
_VERBATIM = re.compile(r"<(?P<end>/?)(?:pre|script|style|textarea)\b|<!--|(?P<comment_end>-->)", re.IGNORECASE)
_MARKDOWN_LINE = re.compile(r" {0,3}(?:(?:[-*+]|\d{1,9}[.)])[ \t]+\S|#{1,6}[ \t]+\S)")


def _with_whole_lists(tokens: Iterable[Token]) -> Iterator[Token]:
    """Yield `tokens`, with all parts of an HTML list as one token.

    CommonMark ends it at a blank line, and takes lines indented by four below that line for code.
    """
    parts: list[Token] = []
    opened = 0
    for token in tokens:
        continues = opened > 0 and token.type == "code_block" and token.content.lstrip().startswith("<")
        is_part = continues or token.type == "html_block"
        if is_part:
            parts.append(token)
            opened += sum(-1 if tag["end"] else 1 for tag in _LIST_TAG.finditer(token.content))
        if parts and (opened <= 0 or not is_part):
            yield _one_block(parts)
            parts, opened = [], 0
        if not is_part:
            yield token
    if parts:
        yield _one_block(parts)


def _html_blocks(source: str, first: int, last: int) -> Iterator[Block]:
    """Yield the blocks of HTML inside Markdown, without gaps between them. Comments and empty tags are blank."""
    tree = fragment_tree(source)
    inside = [] if tree is None else [*element_blocks(tree, above=first - 1)]
    blocks = inside or [Block("blank", "", first, last)]
    begins = [first, *(block.first_line for block in blocks[1:])]
    ends = [*(begin - 1 for begin in begins[1:]), last]
    for block, begin, end in zip(blocks, begins, ends, strict=True):
        yield replace(block, first_line=begin, last_line=max(begin, end))


def _html_and_markdown(lines: Sequence[str]) -> Iterator[tuple[int, int, bool]]:
    """Yield the begin and end of each part of an HTML block, and whether the part is Markdown.

    CommonMark ends an HTML block only at a blank line, but a list right below a tag is meant as a list.
    """
    begin, is_markdown, verbatim = 0, False, 0
    for at, line in enumerate(lines):
        opened = sum(-1 if tag["end"] or tag["comment_end"] else 1 for tag in _VERBATIM.finditer(line))
        verbatim = max(verbatim + opened, 0)
        continues = is_markdown and not line.lstrip().startswith("<")
        is_markdown_line = verbatim == 0 and (continues or _MARKDOWN_LINE.match(line) is not None)
        if is_markdown_line != is_markdown:
            if at > begin:
                yield begin, at, is_markdown
            begin, is_markdown = at, is_markdown_line
    yield begin, len(lines), is_markdown


def _one_block(parts: Sequence[Token]) -> Token:
    """Return adjacent HTML blocks as one, with the lines between them."""
    first = (parts[0].map or [0, 0])[0]
    lines: list[str] = []
    for part in parts:
        begin, end = part.map or [0, 0]
        lines += [""] * (begin - first - len(lines))
        lines += part.content.rstrip("\n").split("\n")
        lines += [""] * (end - first - len(lines))
    return Token("html_block", "", 0, content="\n".join(lines), map=[first, first + len(lines)])
