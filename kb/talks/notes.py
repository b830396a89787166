"""The notes of a report: bullets, items and paragraphs, each with its trail and an id that survives editing."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from kb.report.identity import note_id
from kb.report.model import Crumb, Note, NoteType, Report, Talk
from kb.report.outline import Block, BlockType
from kb.talks.sections import Section

_TYPES: dict[BlockType, NoteType] = {
    "bullet": "bullet",
    "numbered": "numbered",
    "paragraph": "paragraph",
    "quote": "paragraph",
}
_ATTACHED = ("code", "table")
_QUESTION = re.compile(r"[\s「]*(?:[QＱ]|質問)\s*(\d*)\s*[.:：．、)）]\s*\S")
_ANSWER = re.compile(r"[\s「]*(?:[AＡ]|回答|答え?)\s*(\d*)\s*[.:：．、)）]\s*\S")


def notes_of(report: Report, sections: Iterable[tuple[Section, Talk | None]]) -> Iterator[Note]:
    """Yield the notes of a report out of its sections and their talks, in reading order."""
    seen: Counter[str] = Counter()
    for section, talk in sections:
        notes: list[Note] = []
        attached: defaultdict[int, list[str]] = defaultdict(list)  # by the index of their note
        parents: list[Crumb | None] = []
        headings = tuple(Crumb(heading.text, heading.first_line) for heading in section.headings)
        for block in section.blocks:
            if block.type in _ATTACHED and notes:
                attached[len(notes) - 1].append(block.text)
            elif _is_note(block):
                above = tuple(parent for parent in parents[: block.depth or 0] if parent)
                note = _note(block, report, talk, trail=headings + above, seen=seen)
                notes.append(note)
                if block.depth is not None:
                    gap = [None] * (block.depth - len(parents))
                    parents = [*parents[: block.depth], *gap, Crumb(note.text, note.line, note.id)]
        for index, texts in attached.items():
            notes[index] = replace(notes[index], attached=tuple(texts))
        yield from _with_answers(notes)


def _is_note(block: Block) -> bool:
    """Tell whether a block is a note; a table or code is one where no note stands before it."""
    return (block.type in _TYPES or block.type in _ATTACHED) and bool(block.text.strip())


def _note(block: Block, report: Report, talk: Talk | None, *, trail: tuple[Crumb, ...], seen: Counter[str]) -> Note:
    """Return the note of a block; `seen` counts the ids given so far, so that repeats get an ordinal."""
    address = note_id(report.id, block.text, talk.title if talk else None)
    seen[address] += 1
    return Note(
        id=address if seen[address] == 1 else f"{address}-{seen[address]}",
        report=report.id,
        source=report.source,
        line=block.first_line,
        type=_TYPES.get(block.type, "paragraph"),
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
            yield replace(note, kind="question")
        elif match := _ANSWER.match(note.text):
            yield replace(note, answers=questions.get(match[1], questions.get("")))
        else:
            yield note
