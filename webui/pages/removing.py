"""Taking reports out of the library, and taking back what was done last."""

from functools import partial

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import Gone

from kb.knowledge_base import KnowledgeBase
from webui.deeds import Deeds, came_from
from webui.pages.updating import Updater
from webui.received import tell_refusals
from webui.texts import texts
from webui.view.answers import problem


def pages(knowledge_base: KnowledgeBase, updater: Updater, deeds: Deeds) -> Blueprint:
    """Return the addresses that take reports out, and that of taking back."""
    blueprint = Blueprint("removing", __name__)
    browser, corrector = knowledge_base.browser, knowledge_base.corrector

    @blueprint.post("/remove/<path:report_id>")
    def remove(report_id: str) -> Response:
        entry = browser.entry(report_id)
        undo = partial(corrector.restore, entry.source, corrector.given(entry))
        corrector.remove(entry.source)
        return deeds.told(texts.removed(entry.title), undo, "/reports", settled=updater.update())

    @blueprint.delete("/report/<path:report_id>")
    def delete(report_id: str) -> Response:
        kept = corrector.remove(browser.entry(report_id).source)
        return jsonify({"report": report_id, "kept": kept, "searchable": updater.update()})

    @blueprint.post("/undo")
    def undo() -> Response:
        deed = deeds.find(request.form.get("deed", ""))
        if deed is None or deed.undo is None:
            return problem(Gone(), texts.UNDO_FORGOTTEN)
        deed.undo()
        return deeds.told(texts.undone(deed.text), None, came_from("/"), settled=updater.update())

    tell_refusals(blueprint)
    return blueprint
