"""The sections and notes of a report: its blocks cut at talks, each note with its trail and a stable id."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from msgspec import structs

from index.text import letters
from kb.report.identity import note_id
from kb.report.model import Crumb, Note, NoteType, Report, Talk
from kb.report.outline import QUESTION_OR_ANSWER, Block, BlockType, Outline
from kb.talks.lines import Line, row_numbers
from kb.talks.roles import Role
from kb.talks.words import any_of, folded, words

# A labelled line, which extracted text may show as a heading.
_LABELLED_LINE = re.compile(
    rf"(?:{any_of('speakers')}|{any_of('particulars')})\s*[:：]|20\d\d[-/.年]\d{{1,2}}[-/.月]\d{{1,2}}", re.IGNORECASE
)
_ITEMS = ("bullet", "numbered")
_TALK_ENDS: tuple[Role, ...] = ("group", "own", "event")
_NOTE_TYPES: dict[BlockType, NoteType] = {
    "bullet": "bullet",
    "numbered": "numbered",
    "paragraph": "paragraph",
    "quote": "paragraph",
}
_ATTACHED = ("code", "table")

_PLACES = "|".join(map(re.escape, (*words("slides"), *words("videos"))))
_ADDRESS = re.compile(rf"(?:https?:)?//(?:[\w-]+\.)*?(?:{_PLACES})(?:[/?#][^\s\"'<>)\]]*)?")
_SPEAKERDECK_EMBED = re.compile(r"speakerdeck-embed[^>]{0,200}data-id=[\"']([0-9a-f]+)")
_MATERIAL = re.compile(rf"(?:{any_of('materials')})\s*(?:[:：]|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Section:
    """Successive blocks of one talk, or outside of talks, below the same headings."""

    blocks: tuple[Block, ...]
    talk: int | None  # index of the talk's line
    headings: tuple[Block, ...]  # below the talk's, or all outside of talks


class _SectionBuilder:
    """The sections so far, and the current position: the talk and the headings above."""

    def __init__(self) -> None:
        self.sections = list[Section]()
        self.blocks = list[Block]()  # of the next section
        self._talk: int | None = None
        self._talk_level = 0.0
        self._talk_depth: int | None = None  # of a talk that is an item: it ends with its list
        self._headings: tuple[Block, ...] = ()
        self._outer: tuple[Block, ...] = ()  # the headings outside of talks

    def finish_section(self) -> None:
        if self.blocks or self._talk is not None:
            self.sections.append(Section(tuple(self.blocks), self._talk, self._headings))
        self.blocks = []

    def begin_talk(self, talk: int, level: float, depth: int | None = None) -> None:
        self.finish_section()
        self._talk, self._talk_level, self._talk_depth, self._headings = talk, level, depth, ()
        self._outer = _above(self._outer, level)

    def begin_heading(self, heading: Block, role: Role, *, is_title: bool, ends: bool) -> None:
        """Begin a heading that is not a talk; it stays in the talk if it is deeper, or a part at the same level.

        With `ends` it ends the talk at any level.
        """
        self.finish_section()
        level = heading.level or 1
        if is_title:
            self._end_talk(())
        elif (
            not ends
            and self._talk is not None
            and (level > self._talk_level or (role == "part" and level == self._talk_level))
        ):
            self._headings = (*_above(self._headings, level), heading)
        else:
            self._end_talk((*_above(self._outer, level), heading))

    def add(self, piece: Block, role: Role | None, *, ends: bool) -> None:
        """Add a piece of text. First end the talk if it `ends`, its list has ended, or the piece's role ends talks."""
        if self._talk is not None and piece.type != "blank":
            list_ends = self._talk_depth is not None and (piece.depth is None or piece.depth <= self._talk_depth)
            if ends or list_ends or (role in _TALK_ENDS and piece.type not in _ITEMS):
                self.finish_section()
                self._end_talk(self._outer)
        self.blocks.append(piece)

    def _end_talk(self, outer: tuple[Block, ...]) -> None:
        self._talk, self._talk_depth = None, None
        self._outer = self._headings = outer


def sections_of(
    outline: Outline,
    lines: Sequence[Line],
    roles: Mapping[int, Role],
    talks: Iterable[int],
    ends: frozenset[int] = frozenset(),
) -> list[Section]:
    """Return the sections of an outline in file order.

    `talks` are the indices of the lines that are talks, `ends` of those that surely end the talk above.
    """
    by_block = defaultdict[int, list[int]](list)
    for i, line in enumerate(lines):
        by_block[line.block].append(i)
    builder, chosen, title = _SectionBuilder(), frozenset(talks), letters(outline.title or "")
    level = 0  # of the last heading
    for index, written in enumerate(outline.blocks):
        block_lines = by_block[index]
        block_talks = [i for i in block_lines if i in chosen]
        block = written
        if written.type == "heading" and not block_talks and _LABELLED_LINE.match(written.text):
            block = replace(written, type="paragraph", level=None)
        if block.type == "heading":
            level = block.level or 1
            if block_talks:
                builder.begin_talk(block_talks[0], level)
            else:
                name = letters(block.text)
                role = roles.get(block_lines[0], "none") if block_lines else "none"
                is_part = name in folded("inner")
                builder.begin_heading(
                    block,
                    "part" if is_part else role,
                    is_title=bool(title) and name == title,
                    ends=not ends.isdisjoint(block_lines),
                )
            continue
        for piece, first in _pieces(block, block_lines, chosen | ends, lines, roles):
            if first in chosen:
                builder.begin_talk(first, level + 0.5, piece.depth if piece.type in _ITEMS else None)
                builder.blocks.append(piece)
            else:
                builder.add(piece, roles.get(first), ends=first in ends)
    builder.finish_section()
    return builder.sections


def _above(headings: Sequence[Block], level: float) -> tuple[Block, ...]:
    return tuple(heading for heading in headings if (heading.level or 1) < level)


def _pieces(
    block: Block, block_lines: Sequence[int], bounds: frozenset[int], lines: Sequence[Line], roles: Mapping[int, Role]
) -> Iterator[tuple[Block, int]]:
    """Yield the pieces of a block, each with the index of its first line or -1.

    It is cut before talks and their ends, and before the questions and answers of a paragraph that begins with one.
    """
    has_replies = block.type == "paragraph" and QUESTION_OR_ANSWER.match(block.text)
    cuts = [
        i
        for i in block_lines
        if i in bounds
        or (lines[i].nth and block.type != "table" and roles.get(i) in _TALK_ENDS)
        or (lines[i].nth and has_replies and QUESTION_OR_ANSWER.match(lines[i].text))
    ]
    if block.type == "table":
        yield from _rows(block, {lines[i].number: i for i in cuts})
        return
    starts = sorted({(0, block.first_line), *((lines[i].offset, lines[i].number) for i in cuts)})
    if len(starts) == 1:
        yield block, block_lines[0] if block_lines else -1
        return
    first = {lines[i].offset: i for i in block_lines}
    for (begin, start), (end, after) in pairwise([*starts, (len(block.text), block.last_line + 1)]):
        piece = replace(
            block,
            text=block.text[begin:end].strip(),
            first_line=start,
            last_line=max(start, after - 1),
            joints=tuple((line, at - begin) for line, at in block.joints if begin < at < end),
        )
        if begin and block.type in _ITEMS:
            piece = replace(piece, type="paragraph", depth=None)
        yield piece, first.get(begin, -1)


def _rows(table: Block, talks: Mapping[int, int]) -> Iterator[tuple[Block, int]]:
    """Yield each row of a table that is a talk, with the index of its line, and the rows in between, with -1."""
    rows, first = list[str](), table.first_line
    texts = table.text.split("\n")
    for number, row in zip(row_numbers(table, len(texts)), texts, strict=True):
        if number not in talks:
            rows.append(row)
            continue
        if rows:
            yield replace(table, text="\n".join(rows), first_line=first, last_line=number - 1), -1
        talk = replace(table, type="paragraph", text=row.strip(" |"), first_line=number, last_line=number)
        yield talk, talks[number]
        rows, first = [], number + 1
    if rows:
        yield replace(table, text="\n".join(rows), first_line=first), -1


def materials_of(blocks: Iterable[Block]) -> Iterator[str]:
    """Yield the addresses of slides and videos in the blocks of a talk, in file order.

    An address counts if its site holds slides or videos, or if its block has a label for them. Embedded players in raw
    HTML count, too.
    """
    for block in blocks:
        for match in (match for text in (*block.links, block.text) for match in _ADDRESS.finditer(text)):
            yield f"https:{match[0]}" if match[0].startswith("//") else match[0]
        yield from (f"https://speakerdeck.com/player/{match[1]}" for match in _SPEAKERDECK_EMBED.finditer(block.text))
        if _MATERIAL.match(block.text):
            yield from block.links


def notes_of(report: Report, sections: Iterable[Section], talks: Mapping[int, Talk]) -> list[Note]:
    """Return the notes of a report in reading order; `talks` are by the index of their line.

    A note is a bullet, item or paragraph. A table or code is attached to the note before it, or else is a note.
    """
    ids: Counter[str] = Counter()
    all_notes: list[Note] = []
    for section in sections:
        talk = None if section.talk is None else talks.get(section.talk)
        notes: list[Note] = []
        attached: defaultdict[int, list[str]] = defaultdict(list)  # by the index of their note
        parents: list[Crumb | None] = []
        headings = tuple(Crumb(heading.text, heading.first_line) for heading in section.headings)
        for block in section.blocks:
            if block.type in _ATTACHED and notes:
                attached[len(notes) - 1].append(block.text)
            elif (block.type in _NOTE_TYPES or block.type in _ATTACHED) and block.text.strip():
                above = tuple(parent for parent in parents[: block.depth or 0] if parent)
                note = _note(block, report, talk, trail=headings + above, ids=ids)
                notes.append(note)
                if block.depth is not None:
                    gap = [None] * (block.depth - len(parents))
                    parents = [*parents[: block.depth], *gap, Crumb(note.text, note.line, note.id)]
        for index, texts in attached.items():
            notes[index] = structs.replace(notes[index], attached=tuple(texts))
        all_notes += notes
    return all_notes


def _note(block: Block, report: Report, talk: Talk | None, *, trail: tuple[Crumb, ...], ids: Counter[str]) -> Note:
    """Return the note of a block, with an ordinal if its id is repeated; `ids` counts the ids so far."""
    own_id = note_id(report.id, block.text, talk.title if talk else None)
    ids[own_id] += 1
    return Note(
        id=own_id if ids[own_id] == 1 else f"{own_id}-{ids[own_id]}",
        report=report.id,
        source=report.source,
        line=block.first_line,
        type=_NOTE_TYPES.get(block.type, "paragraph"),
        depth=block.depth or 0,
        text=block.text,
        trail=trail,
        event=report.event,
        held_on=report.held_on,
        published=report.published,
        talk=talk,
        report_title=report.title,
    )
