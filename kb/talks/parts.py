"""A report cut at its headings, and how these stand above one another."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from kb.report.outline import Block


@dataclass(frozen=True, slots=True)
class Part:
    """One heading, none before the first, and the blocks up to the next one.

    `above` are the indexes of the parts whose headings it stands under, the nearest first; `below` those under its own.
    """

    heading: Block | None
    blocks: tuple[Block, ...]
    above: tuple[int, ...]
    below: range

    @property
    def text(self) -> str:
        """The text of its heading, empty without one."""
        return self.heading.text if self.heading else ""

    @property
    def level(self) -> int:
        """The level of its heading, 0 without one."""
        return (self.heading.level or 1) if self.heading else 0

    @property
    def empty(self) -> bool:
        """Whether nothing but blank lines stands between its heading and the next one."""
        return all(block.type == "blank" for block in self.blocks)


def parts_of(blocks: Iterable[Block]) -> tuple[Part, ...]:
    """Return the parts of a report in file order."""
    cut = list(_cut(blocks))
    levels = [(heading.level or 1) if heading else 0 for heading, _ in cut]
    return tuple(
        Part(heading, below, above, range(i + 1, end))
        for i, ((heading, below), above, end) in enumerate(zip(cut, _above(levels), _ends(levels), strict=True))
    )


def _cut(blocks: Iterable[Block]) -> Iterator[tuple[Block | None, tuple[Block, ...]]]:
    heading: Block | None = None
    below: list[Block] = []
    for block in blocks:
        if block.type == "heading":
            yield heading, tuple(below)
            heading, below = block, []
        else:
            below.append(block)
    yield heading, tuple(below)


def _above(levels: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Yield for each part those above it; the one before the first heading is above none."""
    above: tuple[int, ...] = ()
    for i, level in enumerate(levels):
        above = tuple(j for j in above if 0 < levels[j] < level)
        yield above
        above = (i, *above)


def _ends(levels: Sequence[int]) -> list[int]:
    """Return for each part the index after the last one below it."""
    ends = [len(levels)] * len(levels)
    open_parts: list[int] = []
    for i, level in enumerate(levels):
        while open_parts and levels[open_parts[-1]] >= level:
            ends[open_parts.pop()] = i
        open_parts.append(i)
    ends[0] = 1
    return ends
