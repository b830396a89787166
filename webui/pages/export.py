"""Where notes are taken away: as files, as sheets of quotations; and the search as a browser's own, or as an app."""

from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, Response, render_template, request

from index.query import Query
from kb.knowledge_base import KnowledgeBase
from kb.report.model import Note
from kb.search.quotation import Quoting, by_place
from kb.search.records import note_record
from webui.address import address_of, pairs_of, query_of, resolved
from webui.limits import at_once
from webui.texts import texts
from webui.view.answers import respond, wants_json
from webui.view.listing import address
from webui.view.takeaway import quoting, table

_AT_ONCE = 2  # whole results: each may be the library, and other requests want the processor too
_MOST_ON_A_SHEET = 500  # notes: some forty printed pages
_CHOSEN = "note"  # the key of an address that names notes by their ids
_MOST_CHOSEN = 200  # an address may be 16 kB long


@dataclass(frozen=True, slots=True)
class Sheet:
    """Notes to be quoted, of how many: what they are called together, the search, whether they were chosen from it."""

    title: str
    notes: tuple[Note, ...]
    total: int
    query: Query
    chosen: bool = False

    @property
    def places(self) -> list[list[Note]]:
        """The notes by the talk or report that they stand in."""
        return by_place(self.notes)

    @property
    def bound(self) -> str:
        """The sentence that tells where these are not all."""
        return texts.sheet_bound(len(self.notes), self.total) if self.total > len(self.notes) else ""

    @property
    def search(self) -> str:
        """The address of the search."""
        return address_of(self.query)

    @property
    def fields(self) -> tuple[tuple[str, str], ...]:
        """The search as the fields of a form: where no note is chosen, all are shown again."""
        return pairs_of(self.query)

    def file(self, ending: str) -> str:
        """Return the address of all the notes as a file."""
        if self.chosen:
            return address(f"/export.{ending}", *((_CHOSEN, note.id) for note in self.notes))
        return f"/export.{ending}{self.search[1:]}"


def pages(knowledge_base: KnowledgeBase) -> Blueprint:
    """Return the exports over a knowledge base."""
    blueprint = Blueprint("export", __name__)
    whole_results = at_once(_AT_ONCE)

    def asked(most: int | None = None) -> Sheet:
        pairs = [(key, value) for key, value in request.args.items(multi=True) if key != _CHOSEN]
        query = replace(resolved(query_of(pairs)[0], knowledge_base.collection.catalogue), offset=0)
        chosen = tuple(dict.fromkeys(request.args.getlist(_CHOSEN)))[:_MOST_CHOSEN]
        if chosen:
            notes = tuple(map(knowledge_base.browser.note, chosen))
            return Sheet(texts.SHEET_CHOSEN, notes, len(notes), query, chosen=True)
        answer = knowledge_base.searcher.search(replace(query, limit=most))
        title = texts.hits(answer.total, _conditions(knowledge_base, query))
        return Sheet(title, tuple(one.note for one in answer.found), answer.total, query)

    def quoted() -> Quoting:
        return quoting(knowledge_base.collection.domain, request.host_url)

    @blueprint.get("/cite/<path:note_id>")
    def cite(note_id: str) -> Response:
        return Response(quoted().citation(knowledge_base.browser.note(note_id)), mimetype="text/markdown")

    @blueprint.get("/sheet")
    @whole_results
    def sheet() -> Response:
        asked_for = asked(None if wants_json() else _MOST_ON_A_SHEET)
        return respond(
            "sheet.html", lambda: _record(asked_for, quoted(), knowledge_base), sheet=asked_for, quoting=quoted()
        )

    @blueprint.get("/export.csv")
    @whole_results
    def as_csv() -> Response:
        rows = table(asked().notes, knowledge_base.collection.catalogue, request.host_url)
        return _download("\ufeff" + rows, "text/csv", "csv")

    @blueprint.get("/export.md")
    @whole_results
    def as_markdown() -> Response:
        asked_for = asked()
        body = "\n".join([f"# {texts.SHEET}: {asked_for.title}\n", *quoted().sheet(asked_for.notes)])
        return _download(body, "text/markdown", "md")

    @blueprint.get("/opensearch.xml")
    def opensearch() -> Response:
        body = render_template("opensearch.xml", root=request.host_url)
        return Response(body, mimetype="application/opensearchdescription+xml")

    @blueprint.get("/manifest.webmanifest")
    def manifest() -> Response:
        return Response(render_template("manifest.json"), mimetype="application/manifest+json")

    return blueprint


def _conditions(knowledge_base: KnowledgeBase, query: Query) -> list[str]:
    """Return what a search asks for: its words, and its selected values by their names."""
    contents = knowledge_base.collection.contents()
    words = [query.text] if query.text else []
    named = (
        knowledge_base.searcher.labels(group, contents).get(value, value)
        for group, values in query.selections
        for value in values
    )
    return [*words, *named]


def _record(sheet: Sheet, quoted: Quoting, knowledge_base: KnowledgeBase) -> dict[str, Any]:
    domain = knowledge_base.collection.domain
    return {
        "title": sheet.title,
        "quotations": [{**note_record(note, domain), "quotation": quoted.citation(note)} for note in sheet.notes],
    }


def _download(body: str, kind: str, ending: str) -> Response:
    disposition = {"Content-Disposition": f'attachment; filename="{texts.EXPORT_NAME}.{ending}"'}
    return Response(body, mimetype=kind, headers=disposition)
