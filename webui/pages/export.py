"""The addresses that notes are taken away from, and the search as a browser's own, or as an app."""

from dataclasses import replace

from flask import Blueprint, Response, render_template, request

from kb.knowledge_base import KnowledgeBase
from kb.report.model import Note
from webui.address import query_of, resolved
from webui.limits import at_once
from webui.texts import texts
from webui.view.takeaway import citation, lines, table

_AT_ONCE = 2  # whole results: each may be the library, and other requests want the processor too


def pages(knowledge_base: KnowledgeBase) -> Blueprint:
    """Return the exports over a knowledge base."""
    blueprint = Blueprint("export", __name__)

    whole_results = at_once(_AT_ONCE)

    def found() -> tuple[Note, ...]:
        query, _ = query_of(request.args.items(multi=True))
        whole = replace(resolved(query, knowledge_base.collection.catalogue), offset=0, limit=None)
        return tuple(hit.note for hit in knowledge_base.searcher.search(whole).found)

    @blueprint.get("/cite/<path:note_id>")
    def cite(note_id: str) -> Response:
        return Response(citation(knowledge_base.browser.note(note_id), request.host_url), mimetype="text/markdown")

    @blueprint.get("/export.csv")
    @whole_results
    def as_csv() -> Response:
        return _download(
            "\ufeff" + table(found(), knowledge_base.collection.catalogue, request.host_url), "text/csv", "csv"
        )

    @blueprint.get("/export.md")
    @whole_results
    def as_markdown() -> Response:
        return _download("\n".join(lines(found(), request.host_url)), "text/markdown", "md")

    @blueprint.get("/opensearch.xml")
    def opensearch() -> Response:
        body = render_template("opensearch.xml", root=request.host_url)
        return Response(body, mimetype="application/opensearchdescription+xml")

    @blueprint.get("/manifest.webmanifest")
    def manifest() -> Response:
        return Response(render_template("manifest.json"), mimetype="application/manifest+json")

    return blueprint


def _download(body: str, kind: str, ending: str) -> Response:
    disposition = {"Content-Disposition": f'attachment; filename="{texts.EXPORT_NAME}.{ending}"'}
    return Response(body, mimetype=kind, headers=disposition)
