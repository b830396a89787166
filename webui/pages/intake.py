"""取り込み: a report is shown as it would be understood, then kept in the library and indexed; a page may be sent here."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from flask import Blueprint, Response, jsonify, make_response, render_template, request
from msgspec.structs import replace
from werkzeug.datastructures import FileStorage

from index.messages import message_of, translatable
from kb.indexing.outcomes import Added
from kb.knowledge_base import KnowledgeBase
from kb.library.file_changes import ChangedSinceError, joined
from kb.readers.containers import container_ending
from kb.readers.formats import ENDINGS, read_outline
from kb.report.model import MetadataOverride
from kb.report.problems import FileProblem, LibraryError, UnreadableError
from kb.translation import _, ngettext
from webui.http.address import page_address
from webui.http.responses import wants_json
from webui.http.security import at_once
from webui.http.undo_log import UndoEntry, UndoLog, still_kept, undoing
from webui.http.uploads import (
    Received,
    RefusedError,
    handle_refusals,
    proposed,
    received_body,
    received_form,
    source_field,
)
from webui.pages.reports import line_counts, lines_read
from webui.pages.updating import Updater
from webui.view.report import sections

if TYPE_CHECKING:
    from kb.fetching import Fetcher

# Pages that are fetched at once: each may take half a minute, and the server has eight threads that answer.
_FETCHES = 2
_SHOWN = 50  # of what an archive holds: a preview is to show what it is, and an archive may hold 10,000 reports
_FORMS = {"application/x-www-form-urlencoded", "multipart/form-data"}
_SCRIPT = Path(__file__).parents[1] / "static" / "bookmarklet.js"
_PROPOSED = "add/page"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one of many files: it was added, or why not."""

    name: str
    added: Added | None = None
    problem: FileProblem | None = None


def pages(knowledge_base: KnowledgeBase, updater: Updater, undo_log: UndoLog, fetcher: "Fetcher | None") -> Blueprint:
    """Return the pages that take reports in; what stands at an address is fetched where there is a fetcher."""
    blueprint = Blueprint("intake", __name__)
    intake = _Intake(knowledge_base, updater, undo_log, fetcher)
    blueprint.get("/add")(intake.ask)
    blueprint.post("/add")(intake.take)

    @blueprint.post(f"/{_PROPOSED}")
    def propose() -> Response:  # any site may send a person here: what it sends is shown, and sent on from our own page
        return make_response(render_template("proposed.html", received=proposed()))

    handle_refusals(blueprint)
    return blueprint


class _Intake:
    """The ways in: a form with its preview, many files at once, and the body of a request."""

    def __init__(
        self, knowledge_base: KnowledgeBase, updater: Updater, undo_log: UndoLog, fetcher: "Fetcher | None"
    ) -> None:
        self._knowledge_base = knowledge_base
        self._adder = knowledge_base.adder
        self._updater = updater
        self._undo_log = undo_log
        self._fetch = at_once(_FETCHES)(fetcher.fetch) if fetcher else None

    def ask(self, refused: RefusedError | None = None) -> Response:
        """Show the form, with what of it was refused."""
        shown = render_template(
            "add.html",
            endings=ENDINGS,
            fetches=bool(self._fetch),
            bookmarklet=bookmarklet(request.host_url),
            refused=refused,
        )
        return make_response(shown, 422 if refused else 200)

    def take(self) -> Response:
        """Take what was sent: shown first where a person sends one report, else kept."""
        if request.mimetype not in _FORMS:
            return self._sent(received_body())
        files = [file for file in request.files.getlist("file") if file.filename]
        if len(files) > 1:
            return self._many(files)
        try:
            report = received_form(self._fetch)
            saves = request.form.get("step") == "save" and not report.refused
            return self._saved(report) if saves else self._preview(report)
        except UnreadableError as error:
            refused = RefusedError(_("This cannot be read as a report."), source_field(), cause=message_of(error))
        except RefusedError as error:
            refused = error
        if wants_json():
            raise refused
        return self.ask(refused)

    def _preview(self, received: Received, *, changed: bool = False) -> Response:
        """Show what would be understood of a report; `changed` says that it would replace another file than before."""
        if container_ending(received.data):
            count, reports, problems = self._adder.preview_many(received.data, received.name, _SHOWN)
            shown = render_template(
                "preview_many.html", received=received, count=count, reports=reports, problems=problems, most=_SHOWN
            )
            return make_response(shown)
        report = self._adder.preview(received.data, received.name, received.override).report
        outline = read_outline(received.data, report.source)
        shown = render_template(
            "preview.html",
            received=received,
            refused=received.refused,
            report=report,
            replaces=self._adder.replaced_file(received.data, outline, received.override),
            changed=changed,
            outline=outline,
            warnings=[FileProblem(report.source, one.line, one.message) for one in outline.warnings],
            taken=line_counts(outline),
            sections=tuple(sections(report.notes)),
            lines=tuple(lines_read(outline, report.talks, {note.line: note.id for note in report.notes})),
        )
        return make_response(shown, HTTPStatus.CONFLICT if changed else 422 if received.refused else 200)

    def _saved(self, received: Received) -> Response:
        given = received.override
        if not container_ending(received.data):  # the form holds what the report itself says, too
            read = self._adder.preview(received.data, received.name).report
            given = MetadataOverride(
                event=given.event if given.event != read.event else None,
                held_on=given.held_on if given.held_on != read.held_on else None,
                url=given.url if given.url != read.url else None,
            )
        try:
            added = self._adder.add(received.data, received.name, given, request.form.get("replaces"))
        except ChangedSinceError:
            if wants_json():
                raise
            return self._preview(Received(received.data, received.name, given), changed=True)
        settled = self._updater.update()
        undo_entry = self._keep(self._became(added), [added])
        page = self._page_of(added)
        if not settled and added.report:  # its page comes with the update, which leads there
            page = page_address("report", added.report)
        return self._undo_log.redirect_back(undo_entry, page, synced=settled)

    def _sent(self, received: Received) -> Response:
        """Keep the body of a request; what comes with `more` is indexed when the last of its kind has come."""
        added = self._adder.add(received.data, received.name, received.override)
        searchable = "more" not in request.args and self._updater.update()
        record = {
            **added.record(),
            "searchable": searchable,
            "message": self._became(added),
            "url": self._page_of(added),
        }
        return make_response(jsonify(record), 201, {"Location": record["url"]})

    def _many(self, files: Sequence[FileStorage]) -> Response:
        """Keep many files, each by itself, and say of each what became of it."""
        outcomes = [self._outcome(file) for file in files]
        taken = [outcome.added for outcome in outcomes if outcome.added]
        settled = self._updater.update()
        library, outcome = self._knowledge_base.collection.library.path, self._updater.progress.outcome
        sources = {Path(one.source) for one in taken}
        undo_entry = self._keep(
            _("{taken} of {files} files were added.", taken=format(len(taken), ","), files=format(len(files), ",")),
            taken,
        )
        shown = render_template(
            "added.html",
            outcomes=outcomes,
            became=self._became,
            page_of=self._page_of,
            taken=len(taken),
            settled=settled,
            left_out=[outcome.problem for outcome in outcomes if outcome.problem],
            warnings=[one for one in (outcome.problems if outcome else ()) if library / one.source in sources],
            undo_entry=lambda: undo_entry,
        )
        return make_response(shown, 200 if taken else 422)

    def _keep(self, text: str, taken: Sequence[Added]) -> UndoEntry:
        """Keep what was done to be taken back: the library is then what it was before files were put into it."""
        changes = joined(added.change for added in taken if added.change)
        undo = undoing(self._knowledge_base.corrector.take_back, changes, still_kept) if changes else None
        return self._undo_log.add(text, undo, still_kept(changes))

    def _became(self, added: Added) -> str:
        """Return what is said of a file that was put into the library."""
        source = added.source.removeprefix(f"{self._knowledge_base.collection.library.name}/")
        if added.unchanged:
            return _("The same is there already ({source}).", source=source)
        done = _("Replaced {source}.", source=source) if added.replaced else _("Added as {source}.", source=source)
        if added.report:
            return done
        return ngettext("{done} {count:,} report.", "{done} {count:,} reports.", added.reports, done=done)

    def _page_of(self, added: Added) -> str:
        """Return the address of a report that was added, that of all where its duplicate is indexed instead."""
        library = self._knowledge_base.collection.library.name
        reports = self._knowledge_base.browser.reports()
        own = next((one.id for one in reports if f"{library}/{one.source}" == added.source), None)
        return page_address("report", own) if own else "/reports"

    def _outcome(self, file: FileStorage) -> Outcome:
        name = file.filename or ""
        data = file.read()
        if not data.strip():
            return Outcome(name, problem=FileProblem(name, None, translatable("is empty; there is nothing to add")))
        try:
            return Outcome(name, self._adder.add(data, name))
        except UnreadableError as error:
            return Outcome(name, problem=replace(error.problem, source=name))
        except LibraryError as error:
            return Outcome(name, problem=FileProblem(name, None, message_of(error)))


@lru_cache(8)
def bookmarklet(server: str) -> str:
    """Return the link that, kept among a browser's bookmarks, sends the page being looked at to a server."""
    return "javascript:" + quote(_SCRIPT.read_text("utf-8").replace('"ADDRESS"', json.dumps(server + _PROPOSED)))
