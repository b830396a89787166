"""Merges events and people that are one, takes them apart again, and answers proposals of what may be one."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from flask import Blueprint, Response, request

from index.terms import nearest
from kb.knowledge_base import KnowledgeBase
from kb.report.identity import slug
from kb.report.names import Same, person_key
from kb.search.browser import Browser
from kb.search.collection import Cached
from kb.search.directory import EventEntry, SpeakerEntry
from kb.search.likely_same import Cause, Proposal, proposals
from kb.search.results import UnknownIdError
from kb.translation import _, marked
from kb.wording import listed
from webui.http.address import page_address
from webui.http.responses import respond, wants_json
from webui.http.undo_log import Undo, UndoLog, came_from
from webui.http.uploads import RefusedError
from webui.pages.updating import Updater

CAUSES: Mapping[Cause, str] = {
    "talk": marked("the same talk has both names"),
    "byline": marked("both are in the heading of a talk"),
    "spelling": marked("similar spelling"),
    "day": marked("the same day, and one name is a part of the other"),
}
"""Why two names may be one."""

_MAX_OFFERED = 200  # names that the field suggests: 10 kB
_MAX_NEAR = 3
Entry: TypeAlias = EventEntry | SpeakerEntry
OpenProposals: TypeAlias = Callable[[], Mapping[Same, list[Proposal]]]


def open_proposals(knowledge_base: KnowledgeBase) -> OpenProposals:
    """Return a function that lists the events and people that are likely one, without those that kb.toml decides."""
    cached = Cached(knowledge_base.collection, lambda: proposals(knowledge_base.browser.directory()))

    def still_open() -> Mapping[Same, list[Proposal]]:
        configuration = knowledge_base.collection.library.configuration()[0]
        return {table: [one for one in own if one.is_open(configuration)] for table, own in cached().items()}

    return still_open


def pages(knowledge_base: KnowledgeBase, updater: Updater, undo_log: UndoLog) -> Blueprint:
    """Return the form that merges a name with another one, and the route that splits them."""
    blueprint = Blueprint("merging", __name__)
    browser, corrector = knowledge_base.browser, knowledge_base.corrector

    @blueprint.get("/merge/<any(events, people):table>")
    def show(table: Same) -> tuple[Response, int]:
        own, text = _entry(browser, table, request.args.get("of", "")), request.args.get("with", "").strip()
        refused, other = None, None
        try:
            other = _other(browser, table, own, text) if text else None
        except RefusedError as error:
            if wants_json():
                raise
            refused = error
        names = [name for name in _names(browser, table) if name != own.name]
        shown = {
            "table": table,
            "own": own,
            "other": other,
            "text": text,
            "refused": refused,
            "offered": nearest(own.name, names, _MAX_OFFERED) if len(names) > _MAX_OFFERED else names,
            "back": came_from(page_of(own)),
        }
        return respond("merge.html", lambda: {"names": [one.name for one in (own, other) if one]}, **shown), (
            422 if refused else 200
        )

    @blueprint.post("/merge/<any(events, people):table>")
    def merge_names(table: Same) -> Response:
        own = _entry(browser, table, request.form.get("of", ""))
        other = _other(browser, table, own, request.form.get("with", "").strip())
        shown, name = (other, own.name) if request.form.get("shown") == other.name else (own, other.name)
        edit = corrector.same(table, name, lambda _before: shown.name)
        text = _("“{name}” is shown as “{shown}”.", name=name, shown=shown.name)
        undo_entry = undo_log.add(text, Undo(corrector.revert, [edit]))
        return undo_log.redirect_back(undo_entry, page_of(shown), synced=updater.update())

    @blueprint.post("/split/<any(events, people):table>")
    def split(table: Same) -> Response:
        own, name = _entry(browser, table, request.form.get("of", "")), request.form.get("name", "")
        if name not in own.merged:
            raise RefusedError(_("“{name}” is not merged with “{shown}”.", name=name, shown=own.name), "name")
        edit = corrector.same(table, name, lambda _before: None)
        text = _("“{name}” is shown under its own name again.", name=name)
        undo_entry = undo_log.add(text, Undo(corrector.revert, [edit]))
        synced, back = updater.update(), page_of(own)
        try:
            _entry(browser, table, _key(own))
        except UnknownIdError:  # no report has the name that it was shown under
            back = "/events" if table == "events" else "/speakers"
        return undo_log.redirect_back(undo_entry, back, synced=synced)

    return blueprint


def answers(knowledge_base: KnowledgeBase, updater: Updater, undo_log: UndoLog, proposed: OpenProposals) -> Blueprint:
    """Return the route that answers whether two names are one."""
    blueprint, corrector = Blueprint("same", __name__), knowledge_base.corrector

    @blueprint.post("/todo/same")
    def answer() -> Response:
        name, shown = request.form.get("name", ""), request.form.get("shown", "")
        table: Same = "people" if request.form.get("what") == "people" else "events"
        if not any((one.name, one.shown) == (name, shown) for one in proposed()[table]):
            raise RefusedError(_("Nothing is chosen. Choose what to answer."), "name")
        if request.form.get("answer") == "yes":
            edit = corrector.same(table, name, lambda _before: shown)
            text = _("“{name}” is shown as “{shown}”.", name=name, shown=shown)
        else:
            edit = corrector.different(table, name, lambda others: tuple(dict.fromkeys((*others, shown))))
            text = _("“{name}” and “{shown}” are two.", name=name, shown=shown)
        undo_entry = undo_log.add(text, Undo(corrector.revert, [edit]))
        at = request.form.get("at", "")
        return undo_log.redirect_back(undo_entry, came_from("/todo"), at, synced=updater.update(0))

    return blueprint


def page_of(entry: Entry) -> str:
    """Return the address of the page of an event or a speaker."""
    return page_address("event" if isinstance(entry, EventEntry) else "speaker", _key(entry))


def _key(entry: Entry) -> str:
    return entry.slug if isinstance(entry, EventEntry) else entry.name


def _names(browser: Browser, table: Same) -> list[str]:
    directory = browser.directory()
    return [one.name for one in (directory.events if table == "events" else directory.speakers).values()]


def _entry(browser: Browser, table: Same, key: str) -> Entry:
    """Return an event by its slug, or a speaker by name. Raises UnknownIdError."""
    return browser.event(key) if table == "events" else browser.speaker(key)


def _other(browser: Browser, table: Same, own: Entry, text: str) -> Entry:
    """Return the other event or speaker, by the name in a form. Raises RefusedError."""
    names = _names(browser, table)
    spelled = text if text in names else {person_key(name): name for name in names}.get(person_key(text), text)
    try:
        other = _entry(browser, table, slug(text) if table == "events" else spelled)
    except UnknownIdError as error:
        near = listed(nearest(text, names, _MAX_NEAR))
        message = _("There is no “{name}”. Similar: {near}.", name=text, near=near) if near else ""
        raise RefusedError(message or _("There is no “{name}”.", name=text), "with") from error
    if other == own:
        raise RefusedError(_("“{name}” is “{shown}” already.", name=text, shown=own.name), "with")
    return other
