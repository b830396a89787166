"""The pages to read rather than to search: a report and its lines, a talk, a note, and why these are what they are."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from flask import Blueprint, Response, request
from msgspec.structs import asdict
from werkzeug.exceptions import NotFound

from kb.knowledge_base import KnowledgeBase
from kb.report.model import Talk
from kb.report.outline import Block, Outline
from kb.report.problems import UnreadableError
from kb.search.records import note_record, outline_record, row_record, similar_record, talk_record
from webui.http.address import page_address
from webui.http.responses import respond
from webui.pages.export import quoting
from webui.view.listing import asked_page, paged
from webui.view.report import NOTES, report_url, sections, shape, steps, tree
from webui.view.results import with_related

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
    browser = knowledge_base.browser

    @blueprint.get("/report/<path:report_id>")
    def report(report_id: str) -> Response:
        entry, notes = browser.report(report_id)
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
        entry, note_ids = browser.entry(report_id), browser.noted(report_id)
        try:
            outline = browser.outline(report_id)
        except (UnreadableError, OSError) as error:  # it has gone, or changed beyond reading, since it was indexed
            raise NotFound from error
        read = tuple(lines_read(outline, entry.talks, note_ids))
        return respond(
            "lines.html",
            lambda: outline_record(outline, entry.event, entry.held_on, entry.talks),
            report=entry,
            outline=outline,
            part=paged(page_address("lines", report_id), read, asked_page(request.args), _LINES),
            taken=line_counts(outline),
        )

    @blueprint.get("/talk/<path:talk_id>")
    def talk(talk_id: str) -> Response:
        domain = knowledge_base.collection.domain
        note_takers = browser.note_takers(talk_id)
        spoken = browser.spoken(note_takers[0].talk.id)
        notes = [note for note_taker in note_takers for note in note_taker.notes]
        part = paged(page_address("talk", spoken.talk.id), notes, asked_page(request.args), NOTES)
        trees = {report: tree(own) for report, own in groupby(part.items, lambda note: note.report)}
        similar = browser.like(notes)
        rows = browser.aligned(note_takers) if len(note_takers) > 1 else ()
        seen = rows[part.first - 1 : part.first - 1 + NOTES]
        return respond(
            "talk.html",
            lambda: {
                "talk": talk_record(spoken.talk),
                "notes": [note_record(note, domain) for note in notes],
                "alike": [similar_record(one, domain) for one in similar],
                "aligned": [row_record(row, note_takers, domain) for row in rows],
            },
            spoken=spoken,
            part=part,
            note_takers=[(entry, trees[entry.id]) for entry in spoken.reports if entry.id in trees],
            every=[note_taker.report for note_taker in note_takers],
            rows=rows,
            seen=seen,
            more_rows=len(rows) - (part.first - 1) - len(seen),
            similar=similar,
        )

    @blueprint.get("/note/<path:note_id>")
    def note(note_id: str) -> Response:
        domain, asked = knowledge_base.collection.domain, browser.note(note_id)
        context = browser.surroundings(asked)
        shown = with_related(domain, asked, context.related)
        similar = browser.like((asked,))

        return respond(
            "note.html",
            lambda: {**note_record(shown.note, domain), "alike": [similar_record(one, domain) for one in similar]},
            shown=shown,
            around=context,
            in_report=report_url(asked, context.number),
            citation=quoting(domain, request.host_url).citation(asked),
            similar=similar,
        )

    @blueprint.get("/why/<path:identifier>")
    def why(identifier: str) -> Response:
        try:
            reasons = browser.why(identifier)
        except (UnreadableError, OSError) as error:  # it has gone, or changed beyond reading, since it was indexed
            raise NotFound from error
        is_talk = browser.is_talk(identifier)
        back = page_address("talk" if is_talk else "note", identifier)
        return respond(
            "why.html", lambda: {"id": identifier, **asdict(reasons)}, why=reasons, is_talk=is_talk, back=back
        )

    return blueprint


def line_counts(outline: Outline) -> Counter[str]:
    """Return how many lines were taken for each type of block."""
    lines: Counter[str] = Counter()
    for block in outline.blocks:
        lines[block.type] += block.last_line - block.first_line + 1
    return lines


def lines_read(outline: Outline, talks: Sequence[Talk], note_ids: Mapping[int, str]) -> Iterator[Line]:
    """Yield the blocks of an outline that are not blank, each with the talk or note that begins at its line.

    `note_ids` are the ids of notes by the lines that they begin at.
    """
    talk_at = {talk.line: talk for talk in talks}
    for block in outline.blocks:
        if block.type != "blank":
            yield Line(block, talk_at.get(block.first_line), note_ids.get(block.first_line))
