"""Golden files: one report for each habit of authors, and next to it the outline that was checked by eye."""

import sys
from pathlib import Path

import pytest

from kb.readers.containers import Member, members_of
from kb.readers.formats import read_outline
from kb.report.outline import Block, Outline

FOLDER = Path(__file__).parents[2] / "golden/readers"
FILES = sorted(path for path in FOLDER.iterdir() if path.suffix != ".outline")


def as_text(outline: Outline) -> str:
    """Return an outline as text: a line for each block that is not blank."""
    head = [f"title: {outline.title}", *(f"{key}: {value}" for key, value in outline.metadata)]
    return "\n".join([*head, *(_line(block) for block in outline.blocks if block.type != "blank"), ""])


def read_in(path: Path) -> str:
    """Return the outlines of the reports in a file, and its problems, as text."""
    parts = [
        as_text(read_outline(each.data, each.source)) if isinstance(each, Member) else f"{each}\n"
        for each in members_of(path.read_bytes(), path.name)
    ]
    return "\n".join(parts)


def _line(block: Block) -> str:
    lines = dict.fromkeys((block.first_line, block.last_line))
    place = block.level if block.depth is None else block.depth
    kind = block.type if place is None else f"{block.type} {place}"
    return f"{'-'.join(map(str, lines))} {kind}: {block.text!r}" + "".join(f" -> {link}" for link in block.links)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_habit_is_read_as_its_golden_file_says(path: Path) -> None:
    assert read_in(path) == path.with_suffix(".outline").read_text("utf-8")


if __name__ == "__main__":  # writes the outline next to each file, to be checked by eye
    for name in sys.argv[1:]:
        Path(name).with_suffix(".outline").write_text(read_in(Path(name)), "utf-8")
