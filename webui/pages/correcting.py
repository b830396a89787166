"""Corrections: forms for a note, a talk and a report, the removal of reports, and undo."""

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar, get_args

from flask import Blueprint, Response, jsonify, make_response, render_template, request
from msgspec.structs import asdict, replace
from werkzeug.exceptions import Gone

from kb.indexing.corrector import Corrector, reverted
from kb.knowledge_base import KnowledgeBase
from kb.library.contents import ReportEntry
from kb.report.model import Claim, Correction, Kind, MetadataOverride, TalkCorrection
from kb.search.results import UnknownIdError
from kb.translation import _
from kb.wording import KINDS
from webui.http.address import page_address
from webui.http.responses import problem, wants_json
from webui.http.undo_log import Undo, UndoLog, came_from, still_kept, undoing
from webui.http.uploads import RefusedError, checked_metadata, handle_refusals
from webui.pages.updating import Updater

_KIND, _ANSWERS = "the kind", "the answers"  # keys next to slugs of services, which have no space
_Entry = TypeVar("_Entry")  # of kb.toml on a note, a talk or a report
_BETWEEN_NAMES = re.compile(r"[、,，;；\n]+")
_MAX_NAME = 100  # characters with title and company; a longer one is a sentence, or names without a separator


def pages(knowledge_base: KnowledgeBase, updater: Updater, undo_log: UndoLog) -> Blueprint:
    """Return the forms that correct reports, and the routes that remove them and undo changes."""
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
    """The forms: GET shows them, POST applies them."""

    def __init__(self, knowledge_base: KnowledgeBase, updater: Updater, undo_log: UndoLog) -> None:
        self._collection = knowledge_base.collection
        self._browser = knowledge_base.browser
        self._corrector = knowledge_base.corrector
        self._updater = updater
        self._undo_log = undo_log

    def note(self, identifier: str) -> Response:
        """Correct the services or the kind of a note, or that it answers a search."""
        note = self._browser.note(identifier)
        page = page_address("note", note.id)

        def apply() -> Response:
            add, remove = self._service("add"), self._service("remove")
            if "kind" in request.form:
                kind = _kind()
                change = partial(replace, kind=kind, denied=())
                text = _("Its kind is {kind} now.", kind=_(KINDS[kind])) if kind else _("Its kind is automatic again.")
            elif claim := next((one for one in get_args(Claim) if one == request.form.get("no")), None):
                change = partial(denied, claim=claim)
                text = _("It is not taken for “{kind}” any more.", kind=_(KINDS[claim]).lower())
            elif query := request.form.get("no_answer_to", "").strip():
                change = partial(_no_answer, query=query)
                text = _("It is not quoted for “{query}” any more.", query=query)
            elif add or remove:
                change = partial(corrected, add=add, remove=remove)
                name = self._collection.catalogue.name(add or remove or "")
                text = _("Added {name}.", name=name) if add else _("Removed {name}.", name=name)
            else:
                raise RefusedError(_("Write the name of a service."), "add")
            return self._done(text, change_note(self._corrector, note.id, change), page, note.id)

        return _respond(apply, "correct.html", page, note=note)

    def talk(self, identifier: str) -> Response:
        """Correct whether a line is a talk, and its speakers."""
        title, speakers, report = self._title_speakers_report(identifier)
        page = page_address("talk", identifier)

        def apply() -> Response:
            back = page
            if "talk" in request.form:
                is_talk = request.form["talk"] == "yes"
                change, back = partial(replace, talk=is_talk), page_address("report", report.id)
                text = _("“{title}” is a talk.", title=title) if is_talk else _("“{title}” is no talk.", title=title)
            elif name := request.form.get("no_speaker"):
                others = tuple(one for one in speakers if one != name)
                change, text = partial(replace, speakers=others), _("“{name}” is no speaker of the talk.", name=name)
            else:
                change, text = partial(replace, speakers=_speakers()), _("Corrected “{title}”.", title=title)
            return self._done(text, change_talk(self._corrector, identifier, change), back)

        return _respond(apply, "correct_talk.html", page, title=title, speakers=speakers)

    def _title_speakers_report(self, identifier: str) -> tuple[str, tuple[str, ...], ReportEntry]:
        """Return the title, speakers and report of a talk, or of a line that may be one. Raises UnknownIdError."""
        contents = self._collection.contents()
        talk = contents.talks.get(identifier) if contents else None
        if contents and talk:
            return talk.title, talk.speakers, contents.reports_of_talk[identifier][0]
        for entry in contents.reports if contents else ():
            for finding in entry.findings:
                if finding.what == "talk" and finding.about == identifier:
                    return finding.text, (), entry
        raise UnknownIdError(f"no talk has the id {identifier}")

    def report(self, identifier: str) -> Response:
        """Correct the event, date and address of a report."""
        entry = self._browser.entry(identifier)
        page = page_address("report", entry.id)

        def edit(change: Callable[[MetadataOverride], MetadataOverride]) -> MetadataOverride:
            return self._corrector.report(self._browser.entry(entry.id), change)  # another event gives it another id

        def apply() -> Response:
            current = {"event": entry.event, "date": entry.held_on, "url": entry.url}
            event, date, url = (request.form.get(key, value or "").strip() or None for key, value in current.items())
            until = (entry.held_on or "")[:4] or entry.published
            given, refused = checked_metadata(MetadataOverride(event, date, url), until)
            if refused:
                raise refused

            def change(override: MetadataOverride) -> MetadataOverride:
                return replace(
                    override,
                    event=event if event != entry.event else override.event,
                    held_on=given.held_on if given.held_on != entry.held_on else override.held_on,
                    url=url if url != entry.url else override.url,
                )

            undo = _change(edit, asdict, lambda fields: MetadataOverride(**fields), change)
            return self._done(_("Corrected “{title}”.", title=entry.title), undo, page)

        return _respond(apply, "correct_report.html", page, report=entry)

    def _done(self, text: str, undo: Undo, page: str, anchor: str = "") -> Response:
        undo_entry, at = self._undo_log.add(text, undo, anchor=anchor), request.form.get("at")
        synced = self._updater.update(None if at is None else 0)  # in a list of claims, go on to the next at once
        return self._undo_log.redirect_back(undo_entry, came_from(page), at, synced=synced)

    def _service(self, field: str) -> str | None:
        """Return the slug of the service in a field of the form, None if the field is empty. Raises RefusedError."""
        name, catalogue = request.form.get(field, "").strip(), self._collection.catalogue
        service = catalogue.find(name) if name else None
        if name and service is None:
            raise RefusedError(_("No service is known as “{name}”.", name=name), field, catalogue.near(name))
        return service.slug if service else None


def change_note(corrector: Corrector, note_id: str, change: Callable[[Correction], Correction]) -> Undo:
    """Change the correction of a note in kb.toml, and return its undo."""
    return _change(partial(corrector.note, note_id), _fields_of, _correction_of, change)


def change_talk(corrector: Corrector, talk_id: str, change: Callable[[TalkCorrection], TalkCorrection]) -> Undo:
    """Change the correction of a talk, or of a line that may be one, in kb.toml; return its undo."""
    edit = partial(corrector.talk, corrector.own_talk_ids(talk_id))
    return _change(edit, asdict, lambda fields: TalkCorrection(**fields), change)


def _change(
    edit: Callable[[Callable[[_Entry], _Entry]], _Entry],
    to_fields: Callable[[_Entry], Mapping[str, Any]],
    from_fields: Callable[[Mapping[str, Any]], _Entry],
    change: Callable[[_Entry], _Entry],
) -> Undo:
    """Change an entry of kb.toml; return its undo, which keeps the fields that changed since.

    `edit` applies a change and returns the entry before it.
    """

    def revert(versions: tuple[_Entry, _Entry]) -> tuple[_Entry, _Entry]:
        before, after = versions
        edit(lambda now: from_fields(reverted(*map(to_fields, (now, before, after)))))
        return after, before

    before = edit(change)
    return undoing(revert, (before, change(before)))


def corrected(correction: Correction, add: str | None, remove: str | None) -> Correction:
    """Return a correction that adds a service to its note and removes another."""
    adds = dict.fromkeys((*correction.adds, *([add] if add else ())))
    removes = dict.fromkeys((*correction.removes, *([remove] if remove else ())))
    return replace(
        correction,
        adds=tuple(slug for slug in adds if slug != remove),
        removes=tuple(slug for slug in removes if slug != add),
    )


def denied(correction: Correction, claim: Claim) -> Correction:
    """Return a correction by which its note is not of a kind."""
    denied = tuple(dict.fromkeys((*correction.denied, claim)))
    return replace(correction, kind=None if correction.kind == claim else correction.kind, denied=denied)


def _no_answer(correction: Correction, query: str) -> Correction:
    return replace(correction, no_answer_to=tuple(dict.fromkeys((*correction.no_answer_to, query))))


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


def _respond(apply: Callable[[], Response], template: str, page: str, **shown: object) -> Response:
    """Apply a posted form; show the form on GET, and again with its refused field."""
    refused = None
    if request.method == "POST":
        try:
            return apply()
        except RefusedError as error:
            if wants_json():
                raise
            refused = error
    shown = {**shown, "refused": refused, "back": came_from(page)}
    return make_response(render_template(template, **shown), 422 if refused else 200)


def _speakers() -> tuple[str, ...]:
    """Return the speakers in the form, without duplicates. Raises RefusedError for a name that is too long."""
    names = [name.strip() for name in _BETWEEN_NAMES.split(request.form["speakers"])]
    if any(len(name) > _MAX_NAME for name in names):
        raise RefusedError(_("A name is longer than 100 characters. Separate names by commas."), "speakers")
    return tuple(dict.fromkeys(filter(None, names)))


def _kind() -> Kind | None:
    """Return the kind in the form, None (automatic) if it is empty. Raises RefusedError for an unknown kind."""
    name = request.form["kind"].strip()
    kind = next((kind for kind in get_args(Kind) if kind == name), None)
    if name and kind is None:
        raise RefusedError(_("There is no kind “{name}”.", name=name), "kind")
    return kind
