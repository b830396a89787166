"""Adding reports: a form with a preview, many files at once, a request body, and pages sent by the bookmarklet."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from flask import Blueprint, Response, jsonify, make_response, render_template, request
from msgspec import structs
from werkzeug.datastructures import FileStorage

from index.messages import message_of, translatable
from kb.indexing.adder import UNNAMED
from kb.indexing.outcomes import Added
from kb.knowledge_base import KnowledgeBase
from kb.library.file_changes import ChangedSinceError, joined
from kb.pipeline.reports import FinishedReport, corrections_for, talk_corrections, tools_of
from kb.readers.containers import container_ending
from kb.readers.formats import ENDINGS, read_outline
from kb.report.identity import own_part, talk_id_at
from kb.report.model import Correction, CorrectionSet, MetadataOverride, TalkCorrection
from kb.report.problems import FileProblem, LibraryError, UnreadableError
from kb.talks import report_of, title_id
from kb.translation import _, ngettext
from webui.http.address import page_address
from webui.http.responses import wants_json
from webui.http.security import at_once
from webui.http.undo_log import Undo, UndoEntry, UndoLog, still_kept
from webui.http.uploads import (
    Received,
    RefusedError,
    decoded,
    encoded,
    proposed,
    received_body,
    received_form,
    source_field,
)
from webui.pages.panel import Changes, Panel, changes_of, panel_of
from webui.pages.reports import line_counts, lines_read
from webui.pages.updating import Updater
from webui.view.report import sections

if TYPE_CHECKING:  # httpx takes time and 5 MB
    from kb.fetching import Fetcher

_MAX_FETCHES = 2  # at once; each may take half a minute, and the server has eight threads
_SHOWN = 50  # reports in the preview of an archive, which may hold 10,000
_FORMS = {"application/x-www-form-urlencoded", "multipart/form-data"}
_SCRIPT = Path(__file__).parents[1] / "static" / "bookmarklet.js"
_PROPOSED = "add/page"


@dataclass(frozen=True, slots=True)
class FileOutcome:
    """The outcome of one of many files: what was added, or the problem."""

    name: str
    added: Added | None = None
    problem: FileProblem | None = None


def pages(knowledge_base: KnowledgeBase, updater: Updater, undo_log: UndoLog, fetcher: "Fetcher | None") -> Blueprint:
    """Return the pages that add reports; only with a fetcher may a form name the address of a page."""
    blueprint = Blueprint("intake", __name__)
    intake = _Intake(knowledge_base, updater, undo_log, fetcher)
    blueprint.get("/add")(intake.form)
    blueprint.post("/add")(intake.receive)

    @blueprint.post(f"/{_PROPOSED}")
    def propose() -> Response:  # any site may send this; it is only shown, and posted again from our own page
        return make_response(render_template("proposed.html", received=proposed()))

    return blueprint


class _Intake:
    """Adds reports from a form with its preview, from many files, and from the body of a request."""

    def __init__(
        self, knowledge_base: KnowledgeBase, updater: Updater, undo_log: UndoLog, fetcher: "Fetcher | None"
    ) -> None:
        self._knowledge_base = knowledge_base
        self._adder = knowledge_base.adder
        self._updater = updater
        self._undo_log = undo_log
        self._fetch = at_once(_MAX_FETCHES)(fetcher.fetch) if fetcher else None

    def form(self, refused: RefusedError | None = None) -> Response:
        """Show the form, with its refused field if any."""
        server = request.host_url
        page = render_template(
            "add.html", endings=ENDINGS, fetches=bool(self._fetch), bookmarklet=bookmarklet(server), refused=refused
        )
        return make_response(page, 422 if refused else 200)

    def receive(self) -> Response:
        """Add the received reports; a single one from a form is first shown as a preview."""
        if request.mimetype not in _FORMS:
            return self._add_body(received_body())
        files = [file for file in request.files.getlist("file") if file.filename]
        if len(files) > 1:
            return self._add_many(files)
        try:
            report = self._with_known(received_form(self._fetch))
            if request.form.get("step") == "undo":
                before = replace(report, corrections=decoded(request.form.get("earlier")))
                return self._preview(before, said=_("Undone."), earlier=report.corrections)
            if report.refused or request.form.get("step") != "save":
                title = "title" if "heading" in request.form else ""
                about = "" if report.refused or "step" in request.form else request.form.get("about", title)
                return self._correct(report, about) if about else self._preview(report)
            return self._add(report)
        except UnreadableError as error:
            refused = RefusedError(_("This cannot be read as a report."), source_field(), cause=message_of(error))
        except RefusedError as error:
            refused = error
        if wants_json():
            raise refused
        return self.form(refused)

    def _with_known(self, received: Received) -> Received:
        """Return a received report with the metadata that differ from its own, else those that kb.toml has for it.

        The form also has the report's own metadata, which override nothing.
        """
        if container_ending(received.data):
            return received
        override, outline = received.override, read_outline(received.data, received.name or UNNAMED)
        own = report_of(outline)
        override = MetadataOverride(
            event=override.event if override.event != own.event else None,
            held_on=override.held_on if override.held_on != own.held_on else None,
            url=override.url,
        )
        replaced = self._adder.replaced_file(received.data, outline, override)
        configuration = self._knowledge_base.collection.library.configuration()[0]
        known = configuration.override(replaced.source if replaced else "")
        return replace(received, override=override.over(known))

    def _correct(self, received: Received, about: str) -> Response:
        """Show the panel of a note, talk or line of the preview; apply its form, and show the preview again."""
        report = self._finished(received).report
        kind, own = about.partition(":")[0], own_part(about)  # another event gives another first part
        talk = next((one for one in report.talks if (kind, own) == ("talk", own_part(one.id))), None)
        note = next((one for one in report.notes if (kind, own) == ("note", own_part(one.id))), None)
        outline = read_outline(received.data, report.source)
        panel = (
            Panel(report, talk=talk, number=talk.line)
            if talk
            else panel_of(report, outline, note, line_id=talk_id_at(own, report.event) if kind == "line" else "")
        )
        if not (panel.note or panel.talk or panel.heading):
            return self._preview(received)
        refused = None
        if "panel" in request.form or about == "title":
            try:
                changes = changes_of(panel, self._knowledge_base.collection.catalogue)
                after = replace(received, corrections=self._with_changes(received.corrections, panel, changes))
                said = " ".join(changes.said) or _("Nothing was changed.")
                return self._preview(after, said=said, earlier=received.corrections, line=panel.number)
            except RefusedError as error:
                refused = error
        page = render_template(
            "correct.html", panel=panel, refused=refused, received=received, about=about, encoded=encoded
        )
        return make_response(page, 422 if refused else 200)

    def _with_changes(self, corrections: CorrectionSet, panel: Panel, changes: Changes) -> CorrectionSet:
        """Return the corrections of a preview with further ones, on top of those in kb.toml."""
        tools = tools_of(self._knowledge_base.collection.library.configuration()[0].text)
        notes, talks = {**corrections.notes}, {**corrections.talks}
        if changes.note and panel.note:
            of_notes, own = corrections_for(panel.report, tools.corrections), own_part(panel.note.id)
            notes[own] = changes.note(notes.get(own) or of_notes.get(panel.note.id, Correction()))
        of_talks = talk_corrections(panel.report, tools)
        for talk, change in changes.talks:
            talks[own_part(talk)] = change(talks.get(own_part(talk)) or of_talks.get(talk, TalkCorrection()))
        return CorrectionSet(notes, talks)

    def _finished(self, received: Received) -> FinishedReport:
        return self._adder.preview(received.data, received.name, received.override, corrections=received.corrections)

    def _preview(
        self,
        received: Received,
        *,
        changed: bool = False,
        said: str = "",
        earlier: CorrectionSet | None = None,
        line: int | None = None,
    ) -> Response:
        """Show how a report is read; `changed` if the file that it replaces differs from the last preview.

        `said` is about the last correction, of a `line`; without it the corrections were `earlier`.
        """
        if container_ending(received.data):
            count, reports, problems = self._adder.preview_many(received.data, received.name, _SHOWN)
            page = render_template(
                "preview_many.html", received=received, count=count, reports=reports, problems=problems, most=_SHOWN
            )
            return make_response(page)
        finished = self._finished(received)
        report = finished.report
        outline = read_outline(received.data, report.source)
        reader = self._knowledge_base.collection.passage_reader()
        page = render_template(
            "preview.html",
            received=received,
            refused=received.refused,
            report=report,
            replaces=self._adder.replaced_file(received.data, outline, received.override),
            changed=changed,
            said=said,
            unread=not finished.classified.reading and bool(report.notes) and reader is not None,
            earlier=earlier,
            encoded=encoded,
            here=next((note.id for note in report.notes if line is not None and note.line >= line), None),
            outline=outline,
            warnings=[FileProblem(report.source, one.line, one.message) for one in outline.warnings],
            taken=line_counts(outline),
            sections=tuple(sections(report.notes)),
            has_title=bool(title_id(outline, report.event)),
            lines=tuple(lines_read(outline, report.event, report.talks, {note.line: note.id for note in report.notes})),
        )
        return make_response(page, HTTPStatus.CONFLICT if changed else 422 if received.refused else 200)

    def _add(self, received: Received) -> Response:
        try:
            added = self._adder.add(
                received.data, received.name, received.override, request.form.get("replaces"), received.corrections
            )
        except ChangedSinceError:
            if wants_json():
                raise
            return self._preview(received, changed=True)
        synced = self._updater.update()
        undo_entry = self._log(self._message(added), [added])
        page = self._page_of(added)
        if not synced and added.report:  # the running update makes its page, and leads there when it ends
            page = page_address("report", added.report)
        return self._undo_log.redirect_back(undo_entry, page, synced=synced)

    def _add_body(self, received: Received) -> Response:
        """Add the body of a request; with `more` in the address the update waits for the last request."""
        added = self._adder.add(received.data, received.name, received.override)
        searchable = "more" not in request.args and self._updater.update()
        record = {
            **added.record(),
            "searchable": searchable,
            "message": self._message(added),
            "url": self._page_of(added),
        }
        return make_response(jsonify(record), 201, {"Location": record["url"]})

    def _add_many(self, files: Sequence[FileStorage]) -> Response:
        """Add files one by one, and show the outcome of each."""
        outcomes = [self._outcome(file) for file in files]
        added = [outcome.added for outcome in outcomes if outcome.added]
        synced = self._updater.update()
        library, sync = self._knowledge_base.collection.library.path, self._updater.progress.outcome
        sources = {Path(one.source) for one in added}
        undo_entry = self._log(
            _("{taken} of {files} files were added.", taken=format(len(added), ","), files=format(len(files), ",")),
            added,
        )
        page = render_template(
            "added.html",
            outcomes=outcomes,
            message=self._message,
            page_of=self._page_of,
            added=len(added),
            synced=synced,
            left_out=[outcome.problem for outcome in outcomes if outcome.problem],
            warnings=[one for one in (sync.problems if sync else ()) if library / one.source in sources],
            undo_entry=lambda: undo_entry,
        )
        return make_response(page, 200 if added else 422)

    def _log(self, text: str, added: Sequence[Added]) -> UndoEntry:
        """Log the files in the undo log; undo restores the library as it was before them."""
        changes = joined(one.change for one in added if one.change)
        undo = Undo(self._knowledge_base.corrector.take_back, changes, still_kept) if changes else None
        return self._undo_log.add(text, undo, without="/reports")

    def _message(self, added: Added) -> str:
        """Return the sentence on an added file."""
        source = added.source.removeprefix(f"{self._knowledge_base.collection.library.name}/")
        if added.unchanged:
            return _("The same is there already ({source}).", source=source)
        done = _("Replaced {source}.", source=source) if added.replaced else _("Added as {source}.", source=source)
        if added.report:
            return done
        return ngettext("{done} {count:,} report.", "{done} {count:,} reports.", added.reports, done=done)

    def _page_of(self, added: Added) -> str:
        """Return the address of an added report, /reports if its duplicate is indexed instead."""
        library = self._knowledge_base.collection.library.name
        reports = self._knowledge_base.browser.reports()
        own = next((one.id for one in reports if f"{library}/{one.source}" == added.source), None)
        return page_address("report", own) if own else "/reports"

    def _outcome(self, file: FileStorage) -> FileOutcome:
        name = file.filename or ""
        data = file.read()
        if not data.strip():
            return FileOutcome(name, problem=FileProblem(name, None, translatable("is empty; there is nothing to add")))
        try:
            return FileOutcome(name, self._adder.add(data, name))
        except UnreadableError as error:
            return FileOutcome(name, problem=structs.replace(error.problem, source=name))
        except LibraryError as error:
            return FileOutcome(name, problem=FileProblem(name, None, message_of(error)))


@lru_cache(8)
def bookmarklet(server: str) -> str:
    """Return the bookmarklet, which sends the current page to a server."""
    return "javascript:" + quote(_SCRIPT.read_text("utf-8").replace('"ADDRESS"', json.dumps(server + _PROPOSED)))
