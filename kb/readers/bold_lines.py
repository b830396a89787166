"""Lines that are bold throughout: where a report has several over lists and prose, they are its headings."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from kb.readers.bare_lines import is_byline, is_polite, is_sentence
from kb.report.outline import Block

# The level a reader gives to a heading that may be no more than a bold line.
BOLD = 0
_LONGEST = 60  # characters
_FEWEST = 2  # one bold line is emphasis


def with_bold_headings(blocks: Sequence[Block]) -> tuple[Block, ...]:
    """Return `blocks` with each bold line as a heading inside its section, or as the paragraph it is.

    Where most stand right below headings, they say what these are about, and are none themselves.
    """
    shown = [block for block in blocks if block.type != "blank"]
    over = [
        (before, line)
        for before, line, below in zip([None, *shown], shown, shown[1:], strict=False)
        if _may_be_heading(line) and below.type != "heading"
    ]
    apart = sum(before is None or before.type != "heading" for before, _ in over)
    are_headings = len(over) >= _FEWEST and 2 * apart >= len(over)
    return tuple(_settled(blocks, {id(line) for _, line in over} if are_headings else set()))


def _settled(blocks: Sequence[Block], headings: set[int]) -> Iterator[Block]:
    level = 1
    for block in blocks:
        if not _is_bold(block):
            level = block.level or level
            yield block
        elif id(block) in headings:
            yield replace(block, level=level + 1)
        else:
            yield replace(block, type="paragraph", level=None)


def _is_bold(block: Block) -> bool:
    return block.type == "heading" and block.level == BOLD


def _may_be_heading(block: Block) -> bool:
    text = block.text
    if not _is_bold(block) or len(text) > _LONGEST:
        return False
    return not (is_sentence(text) or is_polite(text) or is_byline(text))
