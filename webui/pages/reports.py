"""The pages of reports: all of them, one with its notes, and what each of its lines was taken for."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby

from flask import Blueprint, Response

from kb.knowledge_base import KnowledgeBase
from kb.report.model import Note, Talk
from kb.report.outline import Block, Outline
from kb.report.problems import UnreadableError
from kb.search.records import note_record, outline_record
from webui.view.answers import respond
from webui.view.tree import Branch, tree


@dataclass(frozen=True, slots=True)
class Section:
    """The notes of a report on one talk, or outside of talks, in their tree."""

    talk: Talk | None
    branches: tuple[Branch, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One block of a report's file, and the talk or note that it became."""

    block: Block
    talk: Talk | None
    note: Note | None


def pages(knowledge_base: KnowledgeBase) -> Blueprint:
    """Return the pages over a knowledge base."""
    blueprint = Blueprint("reports", __name__)

    @blueprint.get("/reports")
    def reports() -> Response:
        entries = knowledge_base.browser.reports()
        return respond("reports.html", lambda: {"reports": [asdict(entry) for entry in entries]}, reports=entries)

    @blueprint.get("/report/<path:report_id>")
    def report(report_id: str) -> Response:
        entry, notes = knowledge_base.browser.report(report_id)
        domain = knowledge_base.collection.domain
        outline = _outline(knowledge_base, report_id)
        return respond(
            "report.html",
            lambda: {"report": asdict(entry), "notes": [note_record(note, domain) for note in notes]},
            report=entry,
            sections=sections(notes),
            outline=outline,
            taken=counted(outline) if outline else None,
        )

    @blueprint.get("/lines/<path:report_id>")
    def lines(report_id: str) -> Response:
        entry, notes = knowledge_base.browser.report(report_id)
        outline = knowledge_base.browser.outline(report_id)
        return respond(
            "lines.html",
            lambda: outline_record(outline, entry.event, entry.held_on, entry.talks),
            report=entry,
            outline=outline,
            lines=tuple(became(outline, entry.talks, notes)),
            taken=counted(outline),
        )

    return blueprint


def sections(notes: Sequence[Note]) -> list[Section]:
    """Return the notes of a report, in reading order, in the trees of its talks."""
    return [Section(talk, tree(own)) for talk, own in groupby(notes, lambda note: note.talk)]


def counted(outline: Outline) -> Counter[str]:
    """Return how many lines were taken for each type of block."""
    lines: Counter[str] = Counter()
    for block in outline.blocks:
        lines[block.type] += block.last_line - block.first_line + 1
    return lines


def became(outline: Outline, talks: Sequence[Talk], notes: Sequence[Note]) -> Iterator[Line]:
    """Yield the blocks of an outline that are not blank, each with the talk or note that begins at its line."""
    talk_at = {talk.line: talk for talk in talks}
    note_at = {note.line: note for note in notes}
    for block in outline.blocks:
        if block.type != "blank":
            yield Line(block, talk_at.get(block.first_line), note_at.get(block.first_line))


def _outline(knowledge_base: KnowledgeBase, report_id: str) -> Outline | None:
    """Return the outline of a report, None where its file has gone or changed beyond reading since it was indexed."""
    try:
        return knowledge_base.browser.outline(report_id)
    except (UnreadableError, OSError):
        return None
