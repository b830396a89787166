"""Taking reports out of the library, and taking back what was done last."""

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import Gone

from kb.knowledge_base import KnowledgeBase
from webui.pages.updating import Updater
from webui.received import tell_refusals
from webui.texts import texts
from webui.undo_log import UndoLog, came_from, still_kept, undoing
from webui.view.answers import problem


def pages(knowledge_base: KnowledgeBase, updater: Updater, undo_log: UndoLog) -> Blueprint:
    """Return the addresses that take reports out, and that of taking back."""
    blueprint = Blueprint("removing", __name__)
    browser, corrector = knowledge_base.browser, knowledge_base.corrector

    @blueprint.post("/remove/<path:report_id>")
    def remove(report_id: str) -> Response:
        entry = browser.entry(report_id)
        changes = [corrector.remove(entry.source, entry.digest)]
        undo = undoing(corrector.take_back, changes, still_kept)
        undo_entry = undo_log.keep(texts.removed(entry.title), undo, still_kept(changes))
        return undo_log.told(undo_entry, "/reports", settled=updater.update())

    @blueprint.delete("/report/<path:report_id>")
    def delete(report_id: str) -> Response:
        entry = browser.entry(report_id)
        kept = corrector.remove(entry.source, entry.digest).kept
        return jsonify({"report": report_id, "kept": kept, "searchable": updater.update()})

    @blueprint.post("/undo")
    def undo() -> Response:
        undo_entry = undo_log.take_back(request.form.get("deed", ""))
        if undo_entry is None:
            return problem(Gone(), texts.UNDO_FORGOTTEN)
        return undo_log.told(undo_entry, came_from("/"), settled=updater.update())

    tell_refusals(blueprint)
    return blueprint
