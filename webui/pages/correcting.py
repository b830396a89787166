"""Corrections: the panel of a note, a talk, a line or a report, the removal of reports, and undo."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from flask import Blueprint, Response, jsonify, make_response, render_template, request
from msgspec.structs import asdict
from werkzeug.exceptions import Gone

from kb.indexing.corrector import Corrector, reverted
from kb.knowledge_base import KnowledgeBase
from kb.library.contents import ReportEntry
from kb.report.model import Correction, MetadataOverride, TalkCorrection
from kb.report.names import Same
from kb.report.outline import Outline
from kb.report.problems import UnreadableError
from kb.search.results import UnknownIdError
from kb.translation import _
from webui.http.address import page_address
from webui.http.responses import problem, wants_json
from webui.http.undo_log import Undo, UndoLog, came_from, replacing, still_kept, undoing
from webui.http.uploads import RefusedError, handle_refusals
from webui.pages.panel import Changes, Panel, changes_of, panel_of
from webui.pages.updating import Updater, kinds_read
from webui.view.report import report_url

_KIND, _ANSWERS = "the kind", "the answers"  # keys next to slugs of services, which have no space
_Entry = TypeVar("_Entry")  # of kb.toml on a note, a talk or a report


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
        changes = [corrector.remove(entry.source, entry.digest)]
        undo = undoing(corrector.take_back, changes, still_kept)
        text = _("Removed “{title}” from the library.", title=entry.title)
        undo_entry = undo_log.add(text, undo, still_kept(changes))
        return undo_log.redirect_back(undo_entry, "/reports", synced=updater.update())

    @blueprint.delete("/report/<path:report_id>")
    def delete(report_id: str) -> Response:
        entry = browser.entry(report_id)
        kept = corrector.remove(entry.source, entry.digest).kept
        return jsonify({"report": report_id, "kept": kept, "searchable": updater.update()})

    @blueprint.post("/undo")
    def undo() -> Response:
        undo_entry = undo_log.undo(request.form.get("deed", ""))
        if undo_entry is None:
            return problem(Gone(), _("This cannot be undone any more. You can change it on its own page."))
        return undo_log.redirect_back(undo_entry, came_from("/"), synced=updater.update())

    handle_refusals(blueprint)
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
        """Correct the event, date and address of a report."""
        entry = self._browser.entry(identifier)
        return self._respond(Panel(entry), page_address("report", entry.id))

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
        corrector, undos = self._corrector, list[Undo]()
        if not changes.said and "panel" not in request.form and panel.note:
            raise RefusedError(_("Write the name of a service."), "add")
        with corrector.together():
            if changes.note and panel.note:
                undos.append(change_note(corrector, panel.note.id, changes.note))
            undos += [change_talk(corrector, talk, change) for talk, change in changes.talks]
            if changes.report:
                edit = partial(self._edit, panel.report.id)
                undos.append(_change(edit, asdict, lambda fields: MetadataOverride(**fields), changes.report))
        text = " ".join(changes.said) or _("Nothing was changed.")
        back, at, note = came_from(page), request.form.get("at"), panel.note.id if panel.note else ""
        anchor = f"line-{panel.number}" if back.startswith("/lines/") else note
        undo_entry = self._undo_log.add(text, together(corrector, undos) if undos else None, anchor=anchor)
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

    def _edit(self, report: str, change: Callable[[MetadataOverride], MetadataOverride]) -> MetadataOverride:
        return self._corrector.report(self._browser.entry(report), change)  # another event gives it another id


def together(corrector: Corrector, undos: Sequence[Undo]) -> Undo:
    """Return the undo of several corrections, the last one first, which are written as one."""

    def undo() -> tuple[str, Undo]:
        with corrector.together():
            return "", together(corrector, [one()[1] for one in reversed(undos)])

    return undo


def change_note(corrector: Corrector, note_id: str, change: Callable[[Correction], Correction]) -> Undo:
    """Change the correction of a note in kb.toml, and return its undo."""
    return _change(partial(corrector.note, note_id), _fields_of, _correction_of, change)


def change_talk(corrector: Corrector, talk_id: str, change: Callable[[TalkCorrection], TalkCorrection]) -> Undo:
    """Change the correction of a talk, or of a line that may be one, in kb.toml; return its undo."""
    edit = partial(corrector.talk, corrector.own_talk_ids(talk_id))
    return _change(edit, asdict, lambda fields: TalkCorrection(**fields), change)


def merge(corrector: Corrector, table: Same, name: str, shown: str | None) -> Undo:
    """Show an event's or a person's name under another one, None: under itself again; return the undo."""
    edit = partial(corrector.same, table, name)
    return _change(edit, lambda own: {"shown": own}, lambda fields: fields["shown"], lambda _before: shown)


def keep_apart(corrector: Corrector, table: Same, name: str, other: str) -> Undo:
    """Say in kb.toml that two names are different events or people; return the undo."""
    return _change(
        partial(corrector.different, table, name),
        lambda others: dict.fromkeys(others, True),
        lambda fields: tuple(name for name, is_different in fields.items() if is_different),
        lambda others: tuple(dict.fromkeys((*others, other))),
    )


def _change(
    edit: Callable[[Callable[[_Entry], _Entry]], _Entry],
    to_fields: Callable[[_Entry], Mapping[str, Any]],
    from_fields: Callable[[Mapping[str, Any]], _Entry],
    change: Callable[[_Entry], _Entry],
) -> Undo:
    """Change an entry of kb.toml; return its undo, which keeps the fields that changed since.

    `edit` applies a change and returns the entry before it.
    """

    def put(after: _Entry, before: _Entry) -> None:
        edit(lambda now: from_fields(reverted(*map(to_fields, (now, before, after)))))

    before = edit(change)
    return replacing(put, before, change(before))


def _fields_of(correction: Correction) -> Mapping[str, object]:
    """Return the parts of a correction that change separately: kind, answers, and whether each service is tagged."""
    services = {**dict.fromkeys(correction.adds, True), **dict.fromkeys(correction.removes, False)}
    return {_KIND: (correction.kind, correction.denied), _ANSWERS: correction.no_answer_to, **services}


def _correction_of(fields: Mapping[str, Any]) -> Correction:
    """Return the correction with these fields."""
    services = {slug: tagged for slug, tagged in fields.items() if slug not in (_KIND, _ANSWERS)}
    kind, denied = fields[_KIND]
    return Correction(
        adds=tuple(slug for slug, tagged in services.items() if tagged),
        removes=tuple(slug for slug, tagged in services.items() if tagged is False),
        kind=kind,
        denied=denied,
        no_answer_to=fields[_ANSWERS],
    )
