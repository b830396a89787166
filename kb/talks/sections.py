"""The sections of a report, and the talk that each belongs to."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from index.text import letters
from kb.report.outline import Block, Outline
from kb.talks.bylines import habit_of
from kb.talks.heading import read_heading
from kb.talks.listed import listed_talks, talk_text
from kb.talks.parts import Part, parts_of
from kb.talks.roles import roles_of
from kb.talks.wording import Role


@dataclass(frozen=True, slots=True)
class Section:
    """Blocks that follow one another at one place.

    `talk` is the heading or bullet of the talk they belong to; `headings` are those below it, or all outside of talks.
    """

    blocks: tuple[Block, ...]
    talk: Block | None = None
    headings: tuple[Block, ...] = ()


def sections_of(outline: Outline, event: str | None, *, visited: bool) -> Iterator[Section]:
    """Yield the sections of an outline in file order; `visited` if it is known to report from the event."""
    parts = parts_of(outline.blocks)
    roles = roles_of(parts, outline.title, event, visited=visited, flat=outline.format == "text")
    sections = _under_headings(parts, roles)
    if visited and event:
        headings = [part.text for part, role in zip(parts, roles, strict=True) if role == "talk"]
        taken = {letters(read_heading(text, habit_of(headings)).title) for text in headings}
        sections = (cut for section in sections for cut in _cut_at_listed(section, event, taken))
    return sections


def _under_headings(parts: tuple[Part, ...], roles: list[Role]) -> Iterator[Section]:
    """Yield the sections as headings make them."""
    talk: Block | None = None
    headings: list[Block] = []
    for part, role in zip(parts, roles, strict=True):
        blocks = part.blocks
        if part.heading is None:
            pass
        elif role == "line":
            blocks = (replace(part.heading, type="paragraph", level=None), *blocks)
        elif role == "talk":
            talk, headings = part.heading, []
        elif role == "title":
            talk, headings = None, []
        elif talk and role != "inner" and part.level <= (talk.level or 1):
            talk, headings = None, [part.heading]
        else:
            headings = [*(above for above in headings if (above.level or 1) < part.level), part.heading]
        yield Section(blocks, talk, tuple(headings))


def _cut_at_listed(section: Section, event: str, taken: set[str]) -> Iterator[Section]:
    """Yield a section in pieces, one for each talk that a list in it names and one for what stands between.

    A list of contents names talks that are `taken`: each has its own heading, or an item before.
    """
    if section.talk:
        yield section
        return
    heading = section.headings[-1] if section.headings else None
    piece: list[Block] = []
    talk: Block | None = None
    talks = set()
    for block in listed_talks(heading, section.blocks, event):
        title = letters(read_heading(talk_text(block)).title)
        if title not in taken:
            talks.add(block)
            taken.add(title)
    for block in section.blocks:
        inside = talk is not None and (block.type == "blank" or (block.depth or 0) > (talk.depth or 0))
        if block in talks or (talk and not inside):
            yield Section(tuple(piece), talk, () if talk else section.headings)
            piece, talk = [], block if block in talks else None
        piece.append(block)
    yield Section(tuple(piece), talk, () if talk else section.headings)
