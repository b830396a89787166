"""The pages to read rather than to search: a talk and a note, and why each was taken for what it is."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from flask import Blueprint, Response, request
from msgspec.structs import asdict
from werkzeug.exceptions import NotFound

from kb.knowledge_base import KnowledgeBase
from kb.report.model import Note
from kb.report.problems import UnreadableError
from kb.search.records import note_record, row_record, similar_record, talk_record
from webui.address import page_address
from webui.view.answers import respond
from webui.view.hits import belonging
from webui.view.listing import asked_page, paged
from webui.view.sections import NOTES, report_url
from webui.view.takeaway import quoting
from webui.view.tree import tree


def pages(knowledge_base: KnowledgeBase) -> Blueprint:
    """Return the pages over a knowledge base."""
    blueprint = Blueprint("browse", __name__)

    def records(notes: Sequence[Note]) -> list[dict[str, Any]]:
        return [note_record(note, knowledge_base.collection.domain) for note in notes]

    @blueprint.get("/talk/<path:talk_id>")
    def talk(talk_id: str) -> Response:
        browser, domain = knowledge_base.browser, knowledge_base.collection.domain
        note_takers = browser.note_takers(talk_id)
        spoken = browser.spoken(note_takers[0].talk.id)
        notes = [note for note_taker in note_takers for note in note_taker.notes]
        part = paged(page_address("talk", spoken.talk.id), notes, asked_page(request.args), NOTES)
        by_report = groupby(part.items, lambda note: note.report)
        taken = {report: tree(own) for report, own in by_report}
        similar = browser.like(notes)
        rows = browser.aligned(note_takers) if len(note_takers) > 1 else ()
        seen = rows[part.first - 1 : part.first - 1 + NOTES]
        return respond(
            "talk.html",
            lambda: {
                "talk": talk_record(spoken.talk),
                "notes": records(notes),
                "alike": [similar_record(one, domain) for one in similar],
                "aligned": [row_record(row, note_takers, domain) for row in rows],
            },
            spoken=spoken,
            part=part,
            note_takers=[(entry, taken[entry.id]) for entry in spoken.reports if entry.id in taken],
            every=[note_taker.report for note_taker in note_takers],
            rows=rows,
            seen=seen,
            more_rows=len(rows) - (part.first - 1) - len(seen),
            similar=similar,
        )

    @blueprint.get("/note/<path:note_id>")
    def note(note_id: str) -> Response:
        found = knowledge_base.browser.note(note_id)
        around = knowledge_base.browser.surroundings(found)
        shown = belonging(knowledge_base.collection.domain, found, around.related)
        cited = quoting(knowledge_base.collection.domain, request.host_url).citation(found)
        similar = knowledge_base.browser.like((found,))

        def record() -> dict[str, Any]:
            domain = knowledge_base.collection.domain
            return {**records([found])[0], "alike": [similar_record(one, domain) for one in similar]}

        return respond(
            "note.html",
            record,
            shown=shown,
            around=around,
            in_report=report_url(found, around.number),
            citation=cited,
            similar=similar,
        )

    @blueprint.get("/why/<path:identifier>")
    def why(identifier: str) -> Response:
        try:
            told = knowledge_base.browser.why(identifier)
        except (UnreadableError, OSError) as error:  # it has gone, or changed beyond reading, since it was indexed
            raise NotFound from error
        is_talk = knowledge_base.browser.is_talk(identifier)
        back = page_address("talk" if is_talk else "note", identifier)
        return respond("why.html", lambda: {"id": identifier, **asdict(told)}, why=told, is_talk=is_talk, back=back)

    return blueprint
