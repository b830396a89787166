"""取り込み: a report is shown as it would be understood, then kept in the library and indexed; and taken out again."""

from dataclasses import asdict
from pathlib import Path

from flask import Blueprint, Response, jsonify, make_response, redirect, render_template, request

from kb.fetching import Fetcher
from kb.knowledge_base import KnowledgeBase
from kb.readers.containers import container_ending
from kb.readers.formats import ENDINGS, read_outline
from kb.report.model import Given
from kb.search.outcomes import Added
from webui.address import page_address
from webui.pages.proposing import bookmarklet
from webui.pages.reports import became, counted
from webui.pages.updating import Updater
from webui.received import Received, received_body, received_form, tell_refusals
from webui.view.sections import sections

_FORMS = {"application/x-www-form-urlencoded", "multipart/form-data"}


def pages(knowledge_base: KnowledgeBase, updater: Updater, fetcher: Fetcher | None) -> Blueprint:
    """Return the pages that write into the library; what stands at an address is fetched where there is a fetcher."""
    blueprint = Blueprint("intake", __name__)

    @blueprint.get("/add")
    def ask() -> Response:
        link = bookmarklet(request.host_url)
        return make_response(render_template("add.html", endings=ENDINGS, fetches=bool(fetcher), bookmarklet=link))

    @blueprint.post("/add")
    def take() -> Response:
        if request.mimetype not in _FORMS:
            return sent(received_body())
        report = received_form(fetcher)
        return saved(report) if request.form.get("step") == "save" else preview(report)

    def preview(received: Received) -> Response:
        if container_ending(received.data):
            reports, problems = knowledge_base.keeper.inside(received.data, received.name)
            shown = render_template("preview_many.html", received=received, reports=reports, problems=problems)
            return make_response(shown)
        report = knowledge_base.keeper.preview(received.data, received.name, received.given).report
        outline = read_outline(received.data, report.source)
        shown = render_template(
            "preview.html",
            received=received,
            report=report,
            replaces=knowledge_base.keeper.replaces(report),
            outline=outline,
            taken=counted(outline),
            sections=tuple(sections(report.notes)),
            lines=tuple(became(outline, report.talks, report.notes)),
        )
        return make_response(shown)

    def saved(received: Received) -> Response:
        told = _corrections(knowledge_base, received)
        added = knowledge_base.keeper.add(received.data, received.name, told)
        return make_response(redirect(_page_of(knowledge_base, added) if updater.update() else "/sync", 303))

    def sent(received: Received) -> Response:
        added = knowledge_base.keeper.add(received.data, received.name, received.given)
        searchable = updater.update()
        record = {**asdict(added), "searchable": searchable, "url": _page_of(knowledge_base, added)}
        return make_response(jsonify(record), 201, {"Location": record["url"]})

    @blueprint.post("/remove/<path:report_id>")
    def remove(report_id: str) -> Response:
        knowledge_base.corrector.remove(knowledge_base.browser.entry(report_id))
        return make_response(redirect("/reports" if updater.update() else "/sync", 303))

    @blueprint.delete("/report/<path:report_id>")
    def delete(report_id: str) -> Response:
        kept = knowledge_base.corrector.remove(knowledge_base.browser.entry(report_id))
        return jsonify({"report": report_id, "kept": kept, "searchable": updater.update()})

    tell_refusals(blueprint)
    return blueprint


def _corrections(knowledge_base: KnowledgeBase, received: Received) -> Given:
    """Return what the form tells of a report that the report itself does not: the form holds both."""
    if container_ending(received.data):
        return received.given
    read, told = knowledge_base.keeper.preview(received.data, received.name).report, received.given
    return Given(
        event=told.event if told.event != read.event else None,
        held_on=told.held_on if told.held_on != read.held_on else None,
        url=told.url if told.url != read.url else None,
    )


def _page_of(knowledge_base: KnowledgeBase, added: Added) -> str:
    """Return the address of a report that was added: its own, or that of all where its twin is indexed instead."""
    library = knowledge_base.collection.library.path
    own = [entry for entry in knowledge_base.browser.reports() if library / entry.source == Path(added.source)]
    return page_address("report", own[0].id) if own else "/reports"
