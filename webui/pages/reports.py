"""The pages of a report: its notes under its talks, and what each of its lines was taken for."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, request
from werkzeug.exceptions import NotFound

from kb.knowledge_base import KnowledgeBase
from kb.report.model import Talk
from kb.report.outline import Block, Outline
from kb.report.problems import UnreadableError
from kb.search.records import note_record, outline_record
from webui.address import page_address
from webui.view.answers import respond
from webui.view.listing import asked_page, paged
from webui.view.sections import NOTES, sections, steps
from webui.view.shape import shape

_LINES = 300  # of a page
_MANY = 4  # sections from which a list of them is of use


@dataclass(frozen=True, slots=True)
class Line:
    """One block of a report's file, the talk that it became, and the id of the note that it became."""

    block: Block
    talk: Talk | None
    note: str | None


def pages(knowledge_base: KnowledgeBase) -> Blueprint:
    """Return the pages over a knowledge base."""
    blueprint = Blueprint("reports", __name__)

    @blueprint.get("/report/<path:report_id>")
    def report(report_id: str) -> Response:
        entry, notes = knowledge_base.browser.report(report_id)
        domain = knowledge_base.collection.domain
        part = paged(page_address("report", report_id), notes, asked_page(request.args), NOTES)
        every = tuple(steps(notes))
        return respond(
            "report.html",
            lambda: {"report": entry, "notes": [note_record(note, domain) for note in notes]},
            report=entry,
            part=part,
            sections=tuple(sections(part.items)),
            steps=every if len(every) >= _MANY else (),
            shape=shape(notes),
        )

    @blueprint.get("/lines/<path:report_id>")
    def lines(report_id: str) -> Response:
        entry, noted = knowledge_base.browser.entry(report_id), knowledge_base.browser.noted(report_id)
        try:
            outline = knowledge_base.browser.outline(report_id)
        except (UnreadableError, OSError) as error:  # it has gone, or changed beyond reading, since it was indexed
            raise NotFound from error
        became_of = tuple(became(outline, entry.talks, noted))
        return respond(
            "lines.html",
            lambda: outline_record(outline, entry.event, entry.held_on, entry.talks),
            report=entry,
            outline=outline,
            part=paged(page_address("lines", report_id), became_of, asked_page(request.args), _LINES),
            taken=counted(outline),
        )

    return blueprint


def counted(outline: Outline) -> Counter[str]:
    """Return how many lines were taken for each type of block."""
    lines: Counter[str] = Counter()
    for block in outline.blocks:
        lines[block.type] += block.last_line - block.first_line + 1
    return lines


def became(outline: Outline, talks: Sequence[Talk], noted: Mapping[int, str]) -> Iterator[Line]:
    """Yield the blocks of an outline that are not blank, each with the talk or note that begins at its line.

    `noted` are the ids of notes by the lines that they begin at.
    """
    talk_at = {talk.line: talk for talk in talks}
    for block in outline.blocks:
        if block.type != "blank":
            yield Line(block, talk_at.get(block.first_line), noted.get(block.first_line))
