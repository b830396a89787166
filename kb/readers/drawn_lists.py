"""Lists drawn in plain text, as in `<pre class="text">`: a mark begins an item, its indent tells how deep."""

import re
from collections.abc import Iterator, Sequence

from index.text import trimmed
from kb.readers.lines import split_lines
from kb.report.outline import Block, BlockType

_ITEM = re.compile(r"(?P<indent>[ \t\u3000]*)(?:(?P<bullet>[-*+•][ \t\u3000]+|[・◦▪])|\d{1,3}[.)][ \t]+)(?P<text>\S.*)")
_FEWEST = 2  # items


def drawn_list(text: str) -> list[Block]:
    """Return the blocks of a text most of whose lines are items, none of another; lines are counted from 0."""
    lines = split_lines(text)
    items = [_ITEM.match(line) for line in lines]
    drawn = sum(item is not None for item in items)
    written = sum(bool(line.strip()) for line in lines)
    return list(_blocks(lines, items)) if drawn >= _FEWEST and 2 * drawn > written else []


def _blocks(lines: Sequence[str], items: Sequence[re.Match[str] | None]) -> Iterator[Block]:
    indents: list[int] = []  # of the items that a line may stand in
    for number, (line, item) in enumerate(zip(lines, items, strict=True)):
        if item:
            indent = len(item["indent"].expandtabs(4))
            indents = [*(outer for outer in indents if outer < indent), indent]
            kind: BlockType = "bullet" if item["bullet"] else "numbered"
            yield Block(kind, trimmed(item["text"]), number, number, depth=len(indents) - 1)
        elif line.strip():
            indents = []
            yield Block("paragraph", trimmed(line), number, number)
