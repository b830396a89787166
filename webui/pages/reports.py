"""The pages of a report, its lines, a talk and a note, and of the reasons for a kind."""

from collections import Counter, defaultdict
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
from kb.talks import line_ids
from webui.http.address import page_address
from webui.http.responses import respond
from webui.pages.export import quoting
from webui.pages.panel import own_event
from webui.view.listing import asked_page, paged
from webui.view.report import NOTES, asked_notes, report_url, sections, shape, table_of_contents, tree
from webui.view.results import with_related

_LINES = 300  # on a page
_MIN_SECTIONS = 4  # of a report with a table of contents


@dataclass(frozen=True, slots=True)
class Line:
    """A block of a report's file with the talk, or the id of the note, that begins there.

    `headings` are the texts of its lines that may begin a talk, by their ids in kb.toml.
    """

    block: Block
    talk: Talk | None
    note: str | None
    headings: Mapping[str, str]


def pages(knowledge_base: KnowledgeBase) -> Blueprint:
    """Return the pages of reports, talks and notes."""
    blueprint = Blueprint("reports", __name__)
    browser = knowledge_base.browser

    @blueprint.get("/report/<path:report_id>")
    def report(report_id: str) -> Response:
        entry, notes = browser.report(report_id)
        domain = knowledge_base.collection.domain
        part = asked_notes(page_address("report", report_id), notes, request.args)
        contents = tuple(table_of_contents(notes))
        return respond(
            "report.html",
            lambda: {"report": entry, "notes": [note_record(note, domain) for note in notes]},
            report=entry,
            part=part,
            sections=tuple(sections(part.items)),
            steps=contents if len(contents) >= _MIN_SECTIONS else (),
            shape=shape(notes),
            unread=not entry.reading and bool(notes) and knowledge_base.collection.passage_reader() is not None,
            read_by=Counter(note.read_by for note in notes if note.read_by),
        )

    @blueprint.get("/lines/<path:report_id>")
    def lines(report_id: str) -> Response:
        entry, note_ids = browser.entry(report_id), browser.noted(report_id)
        try:
            outline = browser.outline(report_id)
        except (UnreadableError, OSError) as error:  # the file was removed or damaged since it was indexed
            raise NotFound from error
        read = tuple(lines_read(outline, own_event(entry), entry.talks, note_ids))
        return respond(
            "lines.html",
            lambda: outline_record(outline, entry),
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
        part = asked_notes(page_address("talk", spoken.talk.id), notes, request.args)
        trees = {report: tree(own) for report, own in groupby(part.items, lambda note: note.report)}
        similar = browser.like(notes)
        rows = browser.aligned(note_takers) if len(note_takers) > 1 else ()
        rows_shown = rows[part.first - 1 : part.first - 1 + NOTES]
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
            reports=[note_taker.report for note_taker in note_takers],
            rows=rows,
            rows_shown=rows_shown,
            more_rows=len(rows) - (part.first - 1) - len(rows_shown),
            similar=similar,
        )

    @blueprint.get("/note/<path:note_id>")
    def note(note_id: str) -> Response:
        domain, found = knowledge_base.collection.domain, browser.note(note_id)
        context = browser.surroundings(found)
        similar = browser.like((found,))
        return respond(
            "note.html",
            lambda: {**note_record(found, domain), "alike": [similar_record(one, domain) for one in similar]},
            shown=with_related(domain, found, context.related),
            around=context,
            in_report=report_url(found, context.number),
            citation=quoting(domain, request.host_url).citation(found),
            similar=similar,
        )

    @blueprint.get("/why/<path:identifier>")
    def why(identifier: str) -> Response:
        try:
            reasons = browser.why(identifier)
        except (UnreadableError, OSError) as error:  # as above
            raise NotFound from error
        is_talk = browser.is_talk(identifier)
        back = page_address("talk" if is_talk else "note", identifier)
        return respond(
            "why.html", lambda: {"id": identifier, **asdict(reasons)}, why=reasons, is_talk=is_talk, back=back
        )

    return blueprint


def line_counts(outline: Outline) -> Counter[str]:
    """Return the number of lines by type of block."""
    lines: Counter[str] = Counter()
    for block in outline.blocks:
        lines[block.type] += block.last_line - block.first_line + 1
    return lines


def lines_read(
    outline: Outline, event: str | None, talks: Sequence[Talk], note_ids: Mapping[int, str]
) -> Iterator[Line]:
    """Yield the blocks of an outline that are not blank; `note_ids` are by the first line of the note."""
    talk_at = {talk.line: talk for talk in talks}
    headings = defaultdict[int, dict[str, str]](dict)
    for line, own_id in line_ids(outline, event):
        if line.number not in talk_at:
            headings[line.block][own_id] = line.text
    for index, block in enumerate(outline.blocks):
        if block.type != "blank":
            yield Line(block, talk_at.get(block.first_line), note_ids.get(block.first_line), headings[index])
