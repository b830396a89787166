"""Putting right in place: forms for a note, a talk and a report; taking reports out, and taking back what was done."""

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

_KIND, _ANSWERS = "the kind", "the answers"  # no slug of a service has a space
_Entry = TypeVar("_Entry")  # of kb.toml: what it says of a note, a talk or a report
_BETWEEN_NAMES = re.compile(r"[、,，;；\n]+")
# Characters, with title and company; a longer one is a sentence, or names with nothing between them.
_LONGEST_NAME = 100


def pages(knowledge_base: KnowledgeBase, updater: Updater, undo_log: UndoLog) -> Blueprint:
    """Return the forms that put right what was understood, and what takes reports out and takes back."""
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
        undo_entry = undo_log.add(
            _("Removed “{title}” from the library.", title=entry.title), undo, still_kept(changes)
        )
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
    """The form of each thing that can be put right: shown by GET, obeyed by POST."""

    def __init__(self, knowledge_base: KnowledgeBase, updater: Updater, undo_log: UndoLog) -> None:
        self._collection = knowledge_base.collection
        self._browser = knowledge_base.browser
        self._corrector = knowledge_base.corrector
        self._updater = updater
        self._undo_log = undo_log

    def note(self, identifier: str) -> Response:
        """Put right which services a note is about, its kind, or that it answers a search."""
        note = self._browser.note(identifier)
        page = page_address("note", note.id)

        def put_right() -> Response:
            add, remove = self._service("add"), self._service("remove")
            change = partial(corrected, add=add, remove=remove)
            text = _tagged(self._collection.catalogue.name(add or remove or ""), added=bool(add))
            if "kind" in request.form:
                kind = _kind()
                change, text = partial(replace, kind=kind, denied=()), _kind_changed(kind)
            elif claim := next((one for one in get_args(Claim) if one == request.form.get("no")), None):
                change, text = (
                    partial(denied, claim=claim),
                    _("It is not taken for “{kind}” any more.", kind=_(KINDS[claim]).lower()),
                )
            elif query := request.form.get("no_answer_to", "").strip():
                change, text = (
                    partial(_no_answer, query=query),
                    _("It is not quoted for “{query}” any more.", query=query),
                )
            elif not (add or remove):
                raise RefusedError(_("Write the name of a service."), "add")
            return self._done(text, change_note(self._corrector, note.id, change), page, note.id)

        return _answered(put_right, "correct.html", page, note=note)

    def talk(self, identifier: str) -> Response:
        """Put right whether something is a talk, and who speaks in it."""
        title, speakers, report = self._title_speakers_report(identifier)
        page = page_address("talk", identifier)

        def put_right() -> Response:
            if "talk" in request.form:
                is_talk = request.form["talk"] == "yes"
                change, text = partial(replace, talk=is_talk), _talk_changed(title, is_talk=is_talk)
            elif name := request.form.get("no_speaker"):
                others = tuple(one for one in speakers if one != name)
                change, text = partial(replace, speakers=others), _("“{name}” is no speaker of the talk.", name=name)
            else:
                change, text = partial(replace, speakers=_speakers()), _("Corrected “{title}”.", title=title)
            undo = change_talk(self._corrector, identifier, change)
            return self._done(text, undo, page_address("report", report.id) if "talk" in request.form else page)

        return _answered(put_right, "correct_talk.html", page, title=title, speakers=speakers)

    def _title_speakers_report(self, identifier: str) -> tuple[str, tuple[str, ...], ReportEntry]:
        """Return these of what is or may be a talk. Raises UnknownIdError where it is neither."""
        contents = self._collection.contents()
        talk = contents.talks.get(identifier) if contents else None
        if contents and talk:
            return talk.title, talk.speakers, contents.report_of_talk[identifier]
        for entry in contents.reports if contents else ():
            for finding in entry.findings:
                if finding.what == "talk" and finding.about == identifier:
                    return finding.text, (), entry
        raise UnknownIdError(f"no talk has the id {identifier}")

    def report(self, identifier: str) -> Response:
        """Put right the event, the day and the address of a report."""
        entry = self._browser.entry(identifier)
        page = page_address("report", entry.id)

        def turn(change: Callable[[MetadataOverride], MetadataOverride]) -> MetadataOverride:
            return self._corrector.report(self._browser.entry(entry.id), change)  # another event gives it another id

        def put_right() -> Response:
            shown = {"event": entry.event, "date": entry.held_on, "url": entry.url}
            event, date, url = (request.form.get(key, known or "").strip() or None for key, known in shown.items())
            refused = checked_metadata(MetadataOverride(event, date, url))[1]
            if refused:
                raise refused

            def change(known: MetadataOverride) -> MetadataOverride:
                return replace(
                    known,
                    event=event if event != entry.event else known.event,
                    held_on=date if date != entry.held_on else known.held_on,
                    url=url if url != entry.url else known.url,
                )

            undo = _change(turn, asdict, lambda fields: MetadataOverride(**fields), change)
            return self._done(_("Corrected “{title}”.", title=entry.title), undo, page)

        return _answered(put_right, "correct_report.html", page, report=entry)

    def _done(self, text: str, undo: Undo, page: str, anchor: str = "") -> Response:
        undo_entry, at = self._undo_log.add(text, undo, anchor=anchor), request.form.get("at")
        settled = self._updater.update(None if at is None else 0)  # who answers claims goes on to the next
        return self._undo_log.redirect_back(undo_entry, came_from(page), at, synced=settled)

    def _service(self, field: str) -> str | None:
        """Return the slug of the service that a field of the form names in any way; None where it is empty."""
        name, catalogue = request.form.get(field, "").strip(), self._collection.catalogue
        service = catalogue.find(name) if name else None
        if name and service is None:
            raise RefusedError(_("No service is known as “{name}”.", name=name), field, catalogue.near(name))
        return service.slug if service else None


def _tagged(name: str, *, added: bool) -> str:
    return _("Added {name}.", name=name) if added else _("Removed {name}.", name=name)


def _kind_changed(kind: Kind | None) -> str:
    return _("Its kind is {kind} now.", kind=_(KINDS[kind])) if kind else _("Its kind is automatic again.")


def _talk_changed(title: str, *, is_talk: bool) -> str:
    return _("“{title}” is a talk.", title=title) if is_talk else _("“{title}” is no talk.", title=title)


def change_note(corrector: Corrector, note_id: str, change: Callable[[Correction], Correction]) -> Undo:
    """Change what kb.toml says of a note; return what takes that back."""
    return _change(partial(corrector.note, note_id), _fields_of, _correction_of, change)


def change_talk(corrector: Corrector, talk_id: str, change: Callable[[TalkCorrection], TalkCorrection]) -> Undo:
    """Change what kb.toml says of a talk, or of a line that may be one; return what takes that back."""
    turn = partial(corrector.talk, corrector.own_talk_ids(talk_id))
    return _change(turn, asdict, lambda fields: TalkCorrection(**fields), change)


def _change(
    turn: Callable[[Callable[[_Entry], _Entry]], _Entry],
    opened: Callable[[_Entry], Mapping[str, Any]],
    closed: Callable[[Mapping[str, Any]], _Entry],
    change: Callable[[_Entry], _Entry],
) -> Undo:
    """Change an entry of kb.toml; return what takes that back, and leaves what others have changed since.

    `turn` changes the entry and returns what it was, `opened` and `closed` take it apart and put it together again.
    """

    def turned(done: tuple[_Entry, _Entry]) -> tuple[_Entry, _Entry]:
        before, after = done
        turn(lambda now: closed(reverted(*map(opened, (now, before, after)))))
        return after, before

    before = turn(change)
    return undoing(turned, (before, change(before)))


def corrected(known: Correction, add: str | None, remove: str | None) -> Correction:
    """Return a correction with one service more that the note is, and one more that it is not about."""
    adds = dict.fromkeys((*known.adds, *([add] if add else ())))
    removes = dict.fromkeys((*known.removes, *([remove] if remove else ())))
    return replace(
        known,
        adds=tuple(slug for slug in adds if slug != remove),
        removes=tuple(slug for slug in removes if slug != add),
    )


def denied(known: Correction, claim: Claim) -> Correction:
    """Return a correction by which a note is not of a kind."""
    denied = tuple(dict.fromkeys((*known.denied, claim)))
    return replace(known, kind=None if known.kind == claim else known.kind, denied=denied)


def _no_answer(known: Correction, query: str) -> Correction:
    """Return a correction by which a note does not answer a search."""
    return replace(known, no_answer_to=tuple(dict.fromkeys((*known.no_answer_to, query))))


def _fields_of(correction: Correction) -> Mapping[str, object]:
    """Return what a correction says of the kind of its note, and whether it is about each service, by its slug."""
    services = {**dict.fromkeys(correction.adds, True), **dict.fromkeys(correction.removes, False)}
    return {_KIND: (correction.kind, correction.denied), _ANSWERS: correction.no_answer_to, **services}


def _correction_of(fields: Mapping[str, Any]) -> Correction:
    """Return the correction that `_fields_of` took apart."""
    about = {slug: one for slug, one in fields.items() if slug not in (_KIND, _ANSWERS)}
    adds, removes = (tuple(slug for slug, one in about.items() if one is wanted) for wanted in (True, False))
    kind, denied = fields[_KIND]
    return Correction(adds, removes, kind, denied, fields[_ANSWERS])


def _answered(put_right: Callable[[], Response], template: str, page: str, **shown: object) -> Response:
    """Do what a form says; show the form where there is nothing to do yet, and again where that cannot be done."""
    refused = None
    if request.method == "POST":
        try:
            return put_right()
        except RefusedError as error:
            if wants_json():
                raise
            refused = error
    response = make_response(render_template(template, refused=refused, back=came_from(page), **shown))
    response.status_code = 422 if refused else 200
    return response


def _speakers() -> tuple[str, ...]:
    """Return the speakers that the form names, each once. Raises RefusedError where one is no name."""
    names = [name.strip() for name in _BETWEEN_NAMES.split(request.form["speakers"])]
    if any(len(name) > _LONGEST_NAME for name in names):
        raise RefusedError(_("A name is longer than 100 characters. Separate names by commas."), "speakers")
    return tuple(dict.fromkeys(filter(None, names)))


def _kind() -> Kind | None:
    """Return the kind that the form names; None, where it is empty, leaves it to the evidence."""
    name = request.form["kind"].strip()
    kind = next((kind for kind in get_args(Kind) if kind == name), None)
    if name and kind is None:
        raise RefusedError(_("There is no kind “{name}”.", name=name), "kind")
    return kind
