"""HTML written into Markdown: where it ends, which CommonMark sees otherwise than people, and the blocks in it."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from markdown_it.token import Token

from kb.readers.dom import element_blocks, fragment_tree
from kb.report.outline import Block

_LIST_TAG = re.compile(r"<(?P<end>/?)(?:ul|ol|dl)\b", re.IGNORECASE)
_VERBATIM = re.compile(r"<(?P<end>/?)(?:pre|script|style|textarea)\b|<!--|(?P<comment_end>-->)", re.IGNORECASE)
_MARKDOWN_LINE = re.compile(r" {0,3}(?:(?:[-*+]|\d{1,9}[.)])[ \t]+\S|#{1,6}[ \t]+\S)")


def with_whole_lists(tokens: Iterable[Token]) -> Iterator[Token]:
    """Yield `tokens`, an HTML list with all that is HTML of it as one: CommonMark ends it at a blank line.

    What is indented by four below that line would be code.
    """
    parts: list[Token] = []
    opened = 0
    for token in tokens:
        goes_on = opened > 0 and token.type == "code_block" and token.content.lstrip().startswith("<")
        is_part = goes_on or token.type == "html_block"
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


def html_blocks(source: str, first: int, last: int) -> Iterator[Block]:
    """Yield the blocks of HTML written into Markdown, each up to the next; comments and empty tags show nothing."""
    tree = fragment_tree(source)
    inside = [] if tree is None else [*element_blocks(tree, above=first - 1)]
    blocks = inside or [Block("blank", "", first, last)]
    begins = [first, *(block.first_line for block in blocks[1:])]
    ends = [*(begin - 1 for begin in begins[1:]), last]
    for block, begin, end in zip(blocks, begins, ends, strict=True):
        yield replace(block, first_line=begin, last_line=max(begin, end))


def html_and_markdown(lines: Sequence[str]) -> Iterator[tuple[int, int, bool]]:
    """Yield where the parts of an HTML block begin and end, and whether one is Markdown.

    CommonMark ends such a block at a blank line only; who writes a list right below a tag means a list.
    """
    begin, is_markdown, verbatim = 0, False, 0
    for at, line in enumerate(lines):
        opened = sum(-1 if tag["end"] or tag["comment_end"] else 1 for tag in _VERBATIM.finditer(line))
        verbatim = max(verbatim + opened, 0)
        goes_on = is_markdown and not line.lstrip().startswith("<")
        is_next = verbatim == 0 and (goes_on or _MARKDOWN_LINE.match(line) is not None)
        if is_next != is_markdown:
            if at > begin:
                yield begin, at, is_markdown
            begin, is_markdown = at, is_next
    yield begin, len(lines), is_markdown


def _one_block(parts: Sequence[Token]) -> Token:
    """Return HTML blocks that follow one another as one, with the lines between them."""
    first = (parts[0].map or [0, 0])[0]
    lines: list[str] = []
    for part in parts:
        begin, end = part.map or [0, 0]
        lines += [""] * (begin - first - len(lines))
        lines += part.content.rstrip("\n").split("\n")
        lines += [""] * (end - first - len(lines))
    return Token("html_block", "", 0, content="\n".join(lines), map=[first, first + len(lines)])
