"""The app: a function of a knowledge base. It puts the pages, the templates and the safety together."""

import hashlib
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec
from flask import Flask
from flask.json.provider import JSONProvider
from jinja2 import StrictUndefined
from jinja2.runtime import Context

from index.engine import SearchIndexError
from index.query import Query
from kb.knowledge_base import KnowledgeBase
from kb.report.identity import slug
from kb.report.problems import grouped
from webui import compression, language, security
from webui.address import address_of, page_address
from webui.limits import Guesses
from webui.pages import (
    answering,
    browse,
    chronicles,
    correcting,
    events,
    export,
    feeds,
    health,
    history,
    indexes,
    intake,
    key,
    pairs,
    programs,
    proposing,
    removing,
    reports,
    saved,
    search,
    services,
    suggest,
    todo,
    updating,
)
from webui.pages.updating import Updater
from webui.security import Access
from webui.texts import texts
from webui.undo_log import UndoLog
from webui.view import answers
from webui.view.examples import Example, examples
from webui.view.markup import checkbox, marked, web_address
from webui.view.syntax import Line, syntax

if TYPE_CHECKING:
    from kb.fetching import Fetcher

_STATIC = Path(__file__).parent / "static"
_READING = (
    *(suggest, indexes, events, pairs, browse, services, chronicles, reports, export, todo),
    *(programs, feeds, history),
)  # what only reads, and needs nothing but the knowledge base


class _Json(JSONProvider):
    """JSON as the commands print it: by msgspec, keys in their order."""

    def dumps(self, obj: object, **_: object) -> str:
        """Return an object as JSON."""
        return msgspec.json.encode(obj).decode()

    def loads(self, s: str | bytes, **_: object) -> object:
        """Return the object that JSON tells."""
        return msgspec.json.decode(s)


class _Context(Context):
    """The names that a template knows, which calls what they stand for at a third of the cost.

    Jinja looks up four times whether what is called wants to be given the context, for each of a thousand calls a page.
    """

    def call(self, called: Callable[..., object], *given: object, **named: object) -> object:
        """Call what a template names."""
        if hasattr(called, "jinja_pass_arg"):
            return super().call(called, *given, **named)
        named.pop("_loop_vars", None)
        named.pop("_block_vars", None)
        return called(*given, **named)


def create_app(
    knowledge_base: KnowledgeBase,
    *,
    access: Access | None = None,
    today: Callable[[], date] = date.today,
    updater: Updater | None = None,
    fetcher: "Fetcher | None" = None,
) -> Flask:
    """Return the app that shows a knowledge base.

    `access` tells whom it trusts, by default this machine; `today` is the day that ages are counted from.
    `updater` brings the index up to the library, by default in this process. `fetcher` fetches
    what stands at an address, by default nothing does.
    """
    access = access or Access()
    updater = updater or Updater(knowledge_base.keeper.sync)
    app = Flask(__name__)
    app.json = _Json(app)
    app.jinja_options = {"undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True}
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 365 * 24 * 3600  # seconds: an asset's address changes with it

    def short_name(key: str) -> str:
        service = knowledge_base.collection.catalogue.by_slug.get(key)
        return service.short_name if service else key

    found, lines = examples(knowledge_base), syntax(knowledge_base)

    def offered() -> tuple[Example, ...]:
        try:
            return found()
        except SearchIndexError:
            return ()

    def explained() -> tuple[Line, ...]:
        try:
            return lines()
        except SearchIndexError:
            return ()

    def static(name: str) -> str:
        return f"/static/{name}?v={versions[name]}"

    undo_log = UndoLog()
    versions = {file.name: hashlib.sha256(file.read_bytes()).hexdigest()[:8] for file in _STATIC.iterdir()}
    app.jinja_env.context_class = _Context
    app.jinja_env.globals.update(
        kb=knowledge_base,
        similar_in=lambda one: texts.shared.similar(
            one.cosine, map(knowledge_base.collection.catalogue.name, one.services)
        ),
        today=today,
        everything=Query(),
        short_name=short_name,
        examples=offered,
        syntax=explained,
        other_languages=language.others,
        of_data=language.of_data,
        older_answers=partial(_older_answers, knowledge_base, updater),
        page_address=page_address,
        address_of=address_of,
        slug=slug,
        marked=marked,
        gathered=grouped,
        web_address=web_address,
        static=static,
        undo_entry=undo_log.shown,
    )
    # In the long lists of filters, for Jinja calls a filter at a third of the cost of calling a global.
    app.jinja_env.filters.update(checkbox=checkbox)
    compression.compress(app)
    language.speak(app)
    guesses = Guesses()
    security.protect(app, access, guesses)
    answers.tell_errors(app)
    searches = saved.SavedSearches(knowledge_base)
    app.register_blueprint(search.pages(knowledge_base, searches))
    for room in _READING:
        app.register_blueprint(room.pages(knowledge_base))
    app.register_blueprint(saved.pages(knowledge_base, searches, updater, undo_log))
    app.register_blueprint(intake.pages(knowledge_base, updater, undo_log, fetcher))
    for putting_right in (answering, correcting, removing):
        app.register_blueprint(putting_right.pages(knowledge_base, updater, undo_log))
    app.register_blueprint(proposing.pages())
    app.register_blueprint(updating.pages(updater, knowledge_base, undo_log))
    app.register_blueprint(health.pages(knowledge_base, updater))
    app.register_blueprint(key.pages(access, guesses))
    return app


def _older_answers(knowledge_base: KnowledgeBase, updater: Updater) -> Literal["", "away", "damaged", "behind"]:
    """Return why what is shown may not be the newest."""
    try:
        if knowledge_base.collection.away():
            return "away"
        damage = knowledge_base.collection.damage()
    except SearchIndexError:  # then none answers, and the page says so by itself
        return ""
    return "damaged" if damage else "behind" if updater.failure else ""
