"""Corrections: the panel of a note, a talk, a line or a report, the removal of reports, and undo."""

from flask import Blueprint, Response, jsonify, make_response, redirect, render_template, request
from werkzeug.exceptions import Gone

from kb.indexing.corrector import Edit
from kb.knowledge_base import KnowledgeBase
from kb.library.contents import ReportEntry
from kb.report.outline import Outline
from kb.report.problems import UnreadableError
from kb.search.results import UnknownIdError
from kb.translation import _
from webui.http.address import page_address
from webui.http.responses import problem, wants_json
from webui.http.undo_log import Undo, UndoLog, came_from, still_kept
from webui.http.uploads import RefusedError
from webui.pages.panel import Changes, Panel, changes_of, panel_of
from webui.pages.updating import Updater, kinds_read
from webui.view.report import report_url


def pages(knowledge_base: KnowledgeBase, updater: Updater, undo_log: UndoLog) -> Blueprint:
    """Return the panel that corrects reports, and the routes that remove them and undo changes."""
    blueprint = Blueprint("correcting", __name__)
    browser, corrector = knowledge_base.browser, knowledge_base.corrector
    forms = _Forms(knowledge_base, updater, undo_log)
    for rule, form in (("correct", forms.note), ("correct-talk", forms.talk), ("correct-report", forms.report)):
        blueprint.add_url_rule(f"/{rule}/<path:identifier>", rule, form, methods=["GET", "POST"])

    @blueprint.post("/remove/<path:report_id>")
    def remove(report_id: str) -> Response:
        entry = browser.entry(report_id)
        undo = Undo(corrector.take_back, [corrector.remove(entry.source, entry.digest)], still_kept)
        undo_entry = undo_log.add(_("Removed “{title}” from the library.", title=entry.title), undo)
        return undo_log.redirect_back(undo_entry, "/reports", synced=updater.update())

    @blueprint.delete("/report/<path:report_id>")
    def delete(report_id: str) -> Response:
        entry = browser.entry(report_id)
        kept = corrector.remove(entry.source, entry.digest).kept
        return jsonify({"report": report_id, "kept": kept, "searchable": updater.update()})

    @blueprint.post("/todo/unused")
    def take_out() -> Response:
        key = request.form.get("key", "")
        edits = corrector.take_out(request.form.get("table", ""), key)
        if not edits:
            return make_response(redirect("/todo?what=mistakes", 303))
        undo_entry = undo_log.add(_("“{text}” was taken out of kb.toml.", text=key), Undo(corrector.revert, edits))
        return undo_log.redirect_back(undo_entry, "/todo?what=mistakes", synced=updater.update())

    @blueprint.post("/undo")
    def undo() -> Response:
        undo_entry = undo_log.undo(request.form.get("change", ""))
        if undo_entry is None:
            return problem(Gone(), _("This cannot be undone any more. You can change it on its own page."))
        back = (undo_entry.without if undo_entry.undone else "") or came_from("/")
        return undo_log.redirect_back(undo_entry, back, synced=updater.update())

    return blueprint


class _Forms:
    """The panel of corrections: GET shows it, POST applies it."""

    def __init__(self, knowledge_base: KnowledgeBase, updater: Updater, undo_log: UndoLog) -> None:
        self._collection = knowledge_base.collection
        self._browser = knowledge_base.browser
        self._corrector = knowledge_base.corrector
        self._updater = updater
        self._undo_log = undo_log

    def note(self, identifier: str) -> Response:
        """Correct a note, its talk and its report."""
        note = self._browser.note(identifier)
        entry = self._browser.entry(note.report)
        return self._respond(panel_of(entry, self._outline(entry), note), page_address("note", note.id))

    def talk(self, identifier: str) -> Response:
        """Correct a talk, or a line that may begin one, and its report."""
        contents = self._collection.contents()
        talk = contents.talks.get(contents.canonical_talk(identifier) or "") if contents else None
        if contents and talk:
            panel = Panel(contents.reports_of_talk[talk.id][0], talk=talk, number=talk.line)
        else:
            entry = self._report_of_line(identifier)
            panel = panel_of(entry, self._outline(entry), line_id=identifier)
        return self._respond(panel, page_address("talk", identifier))

    def report(self, identifier: str) -> Response:
        """Correct the event, date and address of a report; make its title a talk if the form says so."""
        entry = self._browser.entry(identifier)
        panel = panel_of(entry, self._outline(entry)) if "heading" in request.form else Panel(entry)
        return self._respond(panel, page_address("report", entry.id))

    def _report_of_line(self, identifier: str) -> ReportEntry:
        """Return the report that the form names, or in which a line may be a talk. Raises UnknownIdError."""
        if report := request.values.get("report"):
            return self._browser.entry(report)
        for entry in self._browser.reports():
            if any(finding.what == "talk" and finding.about == identifier for finding in entry.findings):
                return entry
        raise UnknownIdError(f"no talk has the id {identifier}")

    def _outline(self, entry: ReportEntry) -> Outline | None:
        try:
            return self._browser.outline(entry.id)
        except (UnreadableError, OSError):  # the file was removed or damaged since it was indexed
            return None

    def _respond(self, panel: Panel, page: str) -> Response:
        """Apply a posted form; show the panel on GET, and again with its refused field."""
        refused = None
        if request.method == "POST":
            try:
                return self._apply(panel, changes_of(panel, self._collection.catalogue), page)
            except RefusedError as error:
                if wants_json():
                    raise
                refused = error
        shown = {"panel": panel, "refused": refused, "back": came_from(page), "received": None}
        return make_response(render_template("correct.html", **shown), 422 if refused else 200)

    def _apply(self, panel: Panel, changes: Changes, page: str) -> Response:
        corrector, edits = self._corrector, list[Edit]()
        if not changes.said and "panel" not in request.form and panel.note:
            raise RefusedError(_("Write the name of a service."), "add")
        with corrector.together():
            if changes.note and panel.note:
                edits.append(corrector.note(panel.note.id, changes.note))
            edits += [corrector.talk(corrector.own_talk_ids(talk), change) for talk, change in changes.talks]
            if changes.report:
                edits.append(corrector.report(self._browser.entry(panel.report.id), changes.report))
        text = " ".join(changes.said) or _("Nothing was changed.")
        back, at, note = came_from(page), request.form.get("at"), panel.note.id if panel.note else ""
        anchor = f"line-{panel.number}" if back.startswith("/lines/") else note
        undo_entry = self._undo_log.add(text, Undo(corrector.revert, edits) if edits else None, anchor=anchor)
        synced = self._updater.update(None if at is None else 0)  # in a list of claims, go on to the next at once
        if synced and not changes.moves:
            undo_entry = self._undo_log.explain(undo_entry, kinds_read(self._updater, note))
        if changes.moves and back.startswith(("/note/", "/talk/", "/report/")):
            back, at = self._place(panel) if synced else (page_address("report", panel.report.id), "")
        return self._undo_log.redirect_back(undo_entry, back, at, synced=synced)

    def _place(self, panel: Panel) -> tuple[str, str]:
        """Return the page of the report with the first note from a line on, and the id of that note."""
        entry, notes = self._browser.report(panel.report.id)
        numbered = ((number, note) for number, note in enumerate(notes, start=1) if note.line >= panel.number)
        number, note = next(numbered, (0, None))
        return (report_url(note, number), note.id) if note else (page_address("report", entry.id), "")
