"""The notes of a report: bullets, items and paragraphs, each with its trail and an id that survives editing."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import get_args

from kb.identity import note_id
from kb.model import Crumb, Note, NoteType, Report, Talk
from kb.talks.sections import Section

_NOTES: dict[str, NoteType] = {kind: kind for kind in get_args(NoteType)}


def notes_of(report: Report, sections: Iterable[tuple[Section, Talk | None]]) -> Iterator[Note]:
    """Yield the notes of a report out of its sections and their talks, in reading order."""
    seen: Counter[str] = Counter()
    for section, talk in sections:
        headings = tuple(Crumb(heading.text, heading.first_line) for heading in section.headings)
        parents: list[Crumb | None] = []
        for block in section.blocks:
            kind = _NOTES.get(block.type)
            if kind is None or not block.text.strip():
                continue
            depth = block.depth or 0
            address = _numbered(note_id(report.id, block.text, talk.title if talk else None), seen)
            above = tuple(parent for parent in parents[:depth] if parent)
            if kind != "paragraph":
                parents = [
                    *parents[:depth],
                    *[None] * (depth - len(parents)),
                    Crumb(block.text, block.first_line, address),
                ]
            yield Note(
                id=address,
                report=report.id,
                source=report.source,
                line=block.first_line,
                type=kind,
                depth=depth,
                text=block.text,
                trail=headings + above,
                event=report.event,
                held_on=report.held_on,
                talk=talk,
            )


def _numbered(address: str, seen: Counter[str]) -> str:
    """Return an id, with its ordinal if it has been given before."""
    seen[address] += 1
    return address if seen[address] == 1 else f"{address}-{seen[address]}"
