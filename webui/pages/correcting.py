"""Putting right in place: forms for a note, a talk and a report, each leading back to where one was."""

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar, get_args

from flask import Blueprint, Response, make_response, render_template, request
from msgspec.structs import asdict, replace

from kb.knowledge_base import KnowledgeBase
from kb.library.contents import ReportEntry
from kb.library.tables import LONGEST_EVENT
from kb.report.dates import is_date
from kb.report.model import Claim, Correction, Kind, MetadataOverride, TalkCorrection
from kb.search.answers import UnknownIdError
from kb.search.correcting import put_back
from webui.address import page_address
from webui.pages.updating import Updater
from webui.received import RefusedError, tell_refusals
from webui.texts import texts
from webui.undo_log import Undo, UndoLog, came_from, undoing
from webui.view.answers import wants_json
from webui.view.markup import web_address

_KIND, _ANSWERS = "the kind", "the answers"  # no slug of a service has a space
_Told = TypeVar("_Told")
_BETWEEN_NAMES = re.compile(r"[、,，;；\n]+")
# Characters, with title and company; a longer one is a sentence, or names with nothing between them.
_LONGEST_NAME = 100


def pages(knowledge_base: KnowledgeBase, updater: Updater, undo_log: UndoLog) -> Blueprint:
    """Return the forms that put right what was understood."""
    blueprint = Blueprint("correcting", __name__)
    forms = _Forms(knowledge_base, updater, undo_log)
    every = {
        "correct": forms.note,
        "correct-talk": forms.talk,
        "correct-report": forms.report,
    }
    for rule, form in every.items():
        blueprint.add_url_rule(f"/{rule}/<path:identifier>", rule, form, methods=["GET", "POST"])
    tell_refusals(blueprint)
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
        """Put right which services a note is about, or its kind."""
        found = self._browser.note(identifier)
        page = page_address("note", found.id)

        def put_right() -> Response:
            add, remove = self._service("add"), self._service("remove")
            change = partial(corrected, add=add, remove=remove)
            text = texts.tagged(self._collection.catalogue.name(add or remove or ""), taken_off=not add)
            if "kind" in request.form:
                kind = _kind()
                change, text = partial(replace, kind=kind, denied=()), texts.kind_told(kind)
            elif claim := next((one for one in get_args(Claim) if one == request.form.get("no")), None):
                change, text = partial(denied, claim=claim), texts.kind_denied(claim)
            elif query := request.form.get("no_answer_to", "").strip():
                change, text = partial(_no_answer, query=query), texts.no_answer_to(query)
            before = self._corrector.note(found.id, change)
            undo = undoing_change(
                partial(self._corrector.note, found.id), said_of, correction_of, before, change(before)
            )
            return self._done(text, undo, page, found.id)

        return _answered(put_right, "correct.html", page, note=found)

    def talk(self, identifier: str) -> Response:
        """Put right whether something is a talk, and who speaks in it."""
        title, speakers, report = self._known(identifier)
        page = page_address("talk", identifier)

        def put_right() -> Response:
            change, text = _of_talk(title, speakers)
            ids = self._corrector.ids_of_talk(identifier)
            before = self._corrector.talk(ids, change)
            after = change(before)
            undo = undoing_change(
                partial(self._corrector.talk, ids), asdict, lambda told: TalkCorrection(**told), before, after
            )
            return self._done(text, undo, page_address("report", report.id) if "talk" in request.form else page)

        return _answered(put_right, "correct_talk.html", page, title=title, speakers=speakers)

    def _known(self, identifier: str) -> tuple[str, tuple[str, ...], ReportEntry]:
        """Return the title of what is or may be a talk, who speaks in it, and its report. Raises UnknownIdError."""
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

        def put_right() -> Response:
            shown = {"event": entry.event, "date": entry.held_on, "url": entry.url}
            event, date, url = (request.form.get(key, known or "").strip() or None for key, known in shown.items())
            _check(event, date, url)

            def change(known: MetadataOverride) -> MetadataOverride:
                return replace(
                    known,
                    event=event if event != entry.event else known.event,
                    held_on=date if date != entry.held_on else known.held_on,
                    url=url if url != entry.url else known.url,
                )

            before = self._corrector.report(entry, change)

            def turn(change: Callable[[MetadataOverride], MetadataOverride]) -> MetadataOverride:
                return self._corrector.report(self._browser.entry(entry.id), change)  # another event gave it another id

            undo = undoing_change(turn, asdict, lambda told: MetadataOverride(**told), before, change(before))
            return self._done(texts.put_right(entry.title), undo, page)

        return _answered(put_right, "correct_report.html", page, report=entry)

    def _done(self, text: str, undo: Undo, page: str, anchor: str = "") -> Response:
        undo_entry, at = self._undo_log.keep(text, undo, anchor=anchor), request.form.get("at")
        settled = self._updater.update(None if at is None else 0)  # who answers claims goes on to the next
        return self._undo_log.told(undo_entry, came_from(page), at, settled=settled)

    def _service(self, field: str) -> str | None:
        """Return the slug of the service that a field of the form names in any way; None where it is empty."""
        name, catalogue = request.form.get(field, "").strip(), self._collection.catalogue
        service = catalogue.find(name) if name else None
        if name and service is None:
            raise RefusedError(texts.unknown_service(name), field, catalogue.near(name))
        return service.slug if service else None


def corrected(known: Correction, add: str | None, remove: str | None) -> Correction:
    """Return a correction with one service more that the note is, and one more that it is not about."""
    adds = dict.fromkeys((*known.adds, *([add] if add else ())))
    removes = dict.fromkeys((*known.removes, *([remove] if remove else ())))
    return replace(
        known,
        adds=tuple(slug for slug in adds if slug != remove),
        removes=tuple(slug for slug in removes if slug != add),
    )


def undoing_change(
    turn: Callable[[Callable[[_Told], _Told]], object],
    opened: Callable[[_Told], Mapping[str, Any]],
    closed: Callable[[Mapping[str, Any]], _Told],
    before: _Told,
    after: _Told,
) -> Undo:
    """Return what takes back that something told became another, and leaves what others told since.

    `turn` changes what is told, `opened` and `closed` take it apart into what is told by itself, and together again.
    """

    def turned(done: tuple[_Told, _Told]) -> tuple[_Told, _Told]:
        before, after = done
        turn(lambda now: closed(put_back(*map(opened, (now, before, after)))))
        return after, before

    return undoing(turned, (before, after))


def denied(known: Correction, claim: Claim) -> Correction:
    """Return a correction by which a note is not of a kind."""
    denied = tuple(dict.fromkeys((*known.denied, claim)))
    return replace(known, kind=None if known.kind == claim else known.kind, denied=denied)


def _no_answer(known: Correction, query: str) -> Correction:
    """Return a correction by which a note does not answer a search."""
    return replace(known, no_answer_to=tuple(dict.fromkeys((*known.no_answer_to, query))))


def said_of(correction: Correction) -> Mapping[str, object]:
    """Return what a correction tells of the kind of its note, and whether it is about each service, by its slug."""
    services = {**dict.fromkeys(correction.adds, True), **dict.fromkeys(correction.removes, False)}
    return {_KIND: (correction.kind, correction.denied), _ANSWERS: correction.no_answer_to, **services}


def correction_of(said: Mapping[str, Any]) -> Correction:
    """Return the correction that `said_of` took apart."""
    about = {slug: one for slug, one in said.items() if slug not in (_KIND, _ANSWERS)}
    adds, removes = (tuple(slug for slug, one in about.items() if one is wanted) for wanted in (True, False))
    kind, denied = said[_KIND]
    return Correction(adds, removes, kind, denied, said[_ANSWERS])


def _answered(put_right: Callable[[], Response], template: str, page: str, **shown: object) -> Response:
    """Do what a form tells; show the form where there is nothing to do yet, and again where that cannot be done."""
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


def _of_talk(title: str, speakers: tuple[str, ...]) -> tuple[Callable[[TalkCorrection], TalkCorrection], str]:
    """Return what the form changes of a talk, also in words: whether it is one, who speaks, or who does not."""
    if "talk" in request.form:
        is_talk = request.form["talk"] == "yes"
        return partial(replace, talk=is_talk), texts.talk_told(title, is_talk=is_talk)
    if name := request.form.get("no_speaker"):
        left = tuple(one for one in speakers if one != name)
        return partial(replace, speakers=left), texts.no_speaker(name)
    return partial(replace, speakers=_speakers()), texts.put_right(title)


def _speakers() -> tuple[str, ...]:
    """Return the speakers that the form names, each once."""
    names = [name.strip() for name in _BETWEEN_NAMES.split(request.form["speakers"])]
    if any(len(name) > _LONGEST_NAME for name in names):
        raise RefusedError(texts.LONG_NAME, "speakers")
    return tuple(dict.fromkeys(filter(None, names)))


def _kind() -> Kind | None:
    """Return the kind that the form names; None, where it is empty, leaves it to the evidence."""
    name = request.form["kind"].strip()
    kind = next((kind for kind in get_args(Kind) if kind == name), None)
    if name and kind is None:
        raise RefusedError(texts.unknown_kind(name), "kind")
    return kind


def _check(event: str | None, date: str | None, url: str | None) -> None:
    """Refuse a date or an address that is none, and the name of an event that is no name."""
    if event and len(event) > LONGEST_EVENT:
        raise RefusedError(texts.LONG_EVENT, "event")
    if date and not is_date(date):
        raise RefusedError(texts.WRONG_DATE, "date")
    if url and not web_address(url):
        raise RefusedError(texts.WRONG_ADDRESS, "url")
