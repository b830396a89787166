"""Each habit of those who write reports has a file of its own, read by eye; beside it, what is read there."""

from pathlib import Path

import pytest

from kb.readers.containers import Member, opened
from kb.readers.formats import read_outline
from kb.report.outline import Block, Outline

FOLDER = Path(__file__).parents[2] / "golden/readers"
FILES = sorted(path for path in FOLDER.iterdir() if path.suffix != ".outline")


def as_text(outline: Outline) -> str:
    """Return an outline as it stands in a golden file: a line a block, blank ones left out."""
    told = [f"title: {outline.title}", *(f"{key}: {value}" for key, value in outline.metadata)]
    return "\n".join([*told, *(_line(block) for block in outline.blocks if block.type != "blank"), ""])


def _line(block: Block) -> str:
    lines = dict.fromkeys((block.first_line, block.last_line))
    place = block.level if block.depth is None else block.depth
    kind = block.type if place is None else f"{block.type} {place}"
    return f"{'-'.join(map(str, lines))} {kind}: {block.text!r}" + "".join(f" -> {link}" for link in block.links)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_habit_is_read_as_its_golden_file_says(path: Path) -> None:
    told = [
        as_text(read_outline(each.data, each.source)) if isinstance(each, Member) else f"{each}\n"
        for each in opened(path.read_bytes(), path.name)
    ]

    assert "\n".join(told) == path.with_suffix(".outline").read_text("utf-8")
