"""The notes of a report: its blocks cut where talks begin and end, each note with its trail and an id that stays."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from msgspec import structs

from index.text import letters
from kb.report.identity import note_id
from kb.report.model import Crumb, Note, NoteType, Report, Talk
from kb.report.outline import Block, BlockType, Outline
from kb.talks.lines import Line, row_numbers
from kb.talks.roles import Role
from kb.talks.words import any_of, folded, words

# A line that looks like a heading in extracted text, and is none.
_PARTICULAR = re.compile(
    rf"(?:{any_of('speakers')}|{any_of('particulars')})\s*[:：]|20\d\d[-/.年]\d{{1,2}}[-/.月]\d{{1,2}}", re.IGNORECASE
)
_ITEMS = ("bullet", "numbered")
_ENDING: tuple[Role, ...] = ("group", "own", "event")
_NOTE_TYPES: dict[BlockType, NoteType] = {
    "bullet": "bullet",
    "numbered": "numbered",
    "paragraph": "paragraph",
    "quote": "paragraph",
}
_ATTACHED = ("code", "table")
_QUESTION = re.compile(r"[\s「]*(?:[QＱ]|質問)\s*(\d*)\s*[.:：．、)）]\s*\S")
_ANSWER = re.compile(r"[\s「]*(?:[AＡ]|回答|答え?)\s*(\d*)\s*[.:：．、)）]\s*\S")

_PLACES = "|".join(map(re.escape, (*words("slides"), *words("videos"))))
_ADDRESS = re.compile(rf"(?:https?:)?//(?:[\w-]+\.)*?(?:{_PLACES})(?:[/?#][^\s\"'<>)\]]*)?")
_SPEAKERDECK_EMBED = re.compile(r"speakerdeck-embed[^>]{0,200}data-id=[\"']([0-9a-f]+)")
_MATERIAL = re.compile(rf"(?:{any_of('materials')})\s*(?:[:：]|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Section:
    """Blocks that follow one another at one place.

    `talk` is the index of the line that is the talk they belong to; `headings` are those below it, or all outside.
    """

    blocks: tuple[Block, ...]
    talk: int | None = None
    headings: tuple[Block, ...] = ()


@dataclass(slots=True)
class _Place:
    """Where the reading of a report is: in which talk, and below which headings; `level` and `depth` are the talk's."""

    talk: int | None = None
    level: float = 0
    depth: int | None = None  # of a talk that is an item: it ends with its list
    headings: tuple[Block, ...] = ()
    outer: tuple[Block, ...] = ()  # headings outside of talks

    def enter(self, talk: int, level: float, depth: int | None = None) -> None:
        self.talk, self.level, self.depth, self.headings = talk, level, depth, ()

    def leave(self, outer: tuple[Block, ...]) -> None:
        self.talk, self.depth = None, None
        self.outer = self.headings = outer

    def pass_heading(self, heading: Block, role: Role, *, is_title: bool) -> None:
        """Stand below a heading that is no talk: inside of one where it is deeper, or a part of it as deep."""
        level = heading.level or 1
        if is_title:
            self.leave(())
        elif self.talk is not None and (level > self.level or (role == "part" and level == self.level)):
            self.headings = (*_above(self.headings, level), heading)
        else:
            self.leave((*_above(self.outer, level), heading))

    def ends_at(self, piece: Block, role: Role | None) -> bool:
        """Tell whether the talk ends before a piece: its list does, or something else begins."""
        if self.talk is None or piece.type == "blank":
            return False
        list_ends = self.depth is not None and (piece.depth is None or piece.depth <= self.depth)
        return list_ends or (role in _ENDING and piece.type not in _ITEMS)


def sections_of(
    outline: Outline, lines: Sequence[Line], roles: Mapping[int, Role], talks: Iterable[int]
) -> Iterator[Section]:
    """Yield the sections of an outline in file order; `talks` are the lines that are talks, by their index."""
    by_block = defaultdict[int, list[int]](list)
    for number, line in enumerate(lines):
        by_block[line.block].append(number)
    place, chosen, title = _Place(), frozenset(talks), letters(outline.title or "")
    level = 0  # of the last heading
    blocks: list[Block] = []

    def section() -> Iterator[Section]:
        if blocks or place.talk is not None:
            yield Section(tuple(blocks), place.talk, place.headings)
        blocks.clear()

    for index, written in enumerate(outline.blocks):
        own = by_block[index]
        talk = [i for i in own if i in chosen]
        block = written if talk else _unless_particular(written)
        if block.type == "heading":
            yield from section()
            level = block.level or 1
            if talk:
                place.enter(talk[0], level)
                place.outer = _above(place.outer, level)
            else:
                name = letters(block.text)
                role = "part" if name in folded("inner") else roles.get(own[0], "none") if own else "none"
                place.pass_heading(block, role, is_title=bool(title) and name == title)
            continue
        for piece, first in _pieces(block, own, chosen, lines, roles):
            if first in chosen:
                yield from section()
                place.enter(first, level + 0.5, piece.depth if piece.type in _ITEMS else None)
            elif place.ends_at(piece, roles.get(first)):
                yield from section()
                place.leave(place.outer)
            blocks.append(piece)
    yield from section()


def _unless_particular(block: Block) -> Block:
    """Return a block as a paragraph where it looks like a heading and tells a particular, as in extracted text."""
    particular = block.type == "heading" and _PARTICULAR.match(block.text)
    return replace(block, type="paragraph", level=None) if particular else block


def _above(headings: Sequence[Block], level: int) -> tuple[Block, ...]:
    return tuple(heading for heading in headings if (heading.level or 1) < level)


def _pieces(
    block: Block, own: Sequence[int], talks: frozenset[int], lines: Sequence[Line], roles: Mapping[int, Role]
) -> Iterator[tuple[Block, int]]:
    """Yield a block in pieces, each with its first line, -1 for none: cut before talks and what ends them."""
    begins = [i for i in own if i in talks or (lines[i].nth and block.type != "table" and roles.get(i) in _ENDING)]
    if block.type == "table":
        yield from _rows(block, {lines[i].number: i for i in begins})
        return
    starts = sorted({(0, block.first_line), *((lines[i].offset, lines[i].number) for i in begins)})
    if len(starts) == 1:
        yield block, own[0] if own else -1
        return
    first = {lines[i].offset: i for i in own}
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
    """Yield each row of a table that is a talk, by its line, and those between them together, with -1."""
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

    They lie where such are kept, or the block says that they are; in HTML that no reader takes apart they are those of
    embedded players.
    """
    for block in blocks:
        for match in (match for text in (*block.links, block.text) for match in _ADDRESS.finditer(text)):
            yield f"https:{match[0]}" if match[0].startswith("//") else match[0]
        yield from (f"https://speakerdeck.com/player/{match[1]}" for match in _SPEAKERDECK_EMBED.finditer(block.text))
        if _MATERIAL.match(block.text):
            yield from block.links


def notes_of(report: Report, sections: Iterable[tuple[Section, Talk | None]]) -> Iterator[Note]:
    """Yield the notes of a report out of its sections and their talks, in reading order.

    A note is a bullet, item or paragraph; a table or code is one where no note stands before it.
    """
    ids: Counter[str] = Counter()
    for section, talk in sections:
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
        yield from _with_answers(notes)


def _note(block: Block, report: Report, talk: Talk | None, *, trail: tuple[Crumb, ...], ids: Counter[str]) -> Note:
    """Return the note of a block; `ids` counts those given so far, so that repeats get an ordinal."""
    own = note_id(report.id, block.text, talk.title if talk else None)
    ids[own] += 1
    return Note(
        id=own if ids[own] == 1 else f"{own}-{ids[own]}",
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


def _with_answers(notes: Iterable[Note]) -> Iterator[Note]:
    """Yield the notes of one place, their Q: lines as questions, each A: line with the question that it answers.

    That is the last one before it or, where both have numbers, the last one with its number.
    """
    questions: dict[str, str] = {}
    for note in notes:
        if match := _QUESTION.match(note.text):
            questions[""] = questions[match[1]] = note.id
            yield structs.replace(note, kind="question")
        elif match := _ANSWER.match(note.text):
            yield structs.replace(note, answers=questions.get(match[1], questions.get("")))
        else:
            yield note
