"""The app, made from a knowledge base: its pages, templates and security."""

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

import msgspec
from flask import Flask
from flask.json.provider import JSONProvider

from kb.knowledge_base import KnowledgeBase
from webui.http import language, responses, security
from webui.http.security import Access, Guesses
from webui.http.undo_log import UndoLog
from webui.http.uploads import handle_refusals
from webui.pages import (
    assisted,
    compare,
    correcting,
    events,
    export,
    feeds,
    indexes,
    intake,
    merging,
    pairs,
    programs,
    reports,
    saved,
    search,
    services,
    todo,
    updating,
)
from webui.pages.updating import Updater, staleness
from webui.view.templates import prepare_templates

if TYPE_CHECKING:  # httpx takes time and 5 MB
    from kb.fetching import Fetcher

_READ_ONLY = (indexes, events, pairs, compare, reports, services, export, feeds)


class _Json(JSONProvider):
    """JSON by msgspec, as the commands print it, with keys in their order."""

    def dumps(self, obj: object, **_: object) -> str:
        """Return an object as JSON."""
        return msgspec.json.encode(obj).decode()

    def loads(self, s: str | bytes, **_: object) -> object:
        """Return the object of a JSON text."""
        return msgspec.json.decode(s)


def create_app(
    knowledge_base: KnowledgeBase,
    *,
    access: Access | None = None,
    today: Callable[[], date] = date.today,
    updater: Updater | None = None,
    fetcher: "Fetcher | None" = None,
) -> Flask:
    """Return the app that shows a knowledge base.

    `access` is by default this machine only. `today` returns the current date, for the ages of notes. `updater` syncs
    the index,
    by default in this process. Without a `fetcher` no web page can be added by its address.
    """
    access = access or Access()
    updater = updater or Updater(knowledge_base.indexer.sync)
    undo_log, guesses, searches = UndoLog(), Guesses(), saved.SavedSearches(knowledge_base)
    app = Flask(__name__)
    app.json = _Json(app)
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 365 * 24 * 3600  # seconds; the address of an asset has its version
    prepare_templates(
        app,
        knowledge_base,
        today,
        undo_entry=undo_log.of_request,
        older_answers=partial(staleness, knowledge_base, updater),
    )
    responses.compress(app)
    language.speak(app)
    security.protect(app, access, guesses)
    responses.handle_errors(app)
    proposed = merging.open_proposals(knowledge_base)
    writing = (
        saved.pages(knowledge_base, searches, updater, undo_log),
        intake.pages(knowledge_base, updater, undo_log, fetcher),
        correcting.pages(knowledge_base, updater, undo_log),
        assisted.pages(knowledge_base, updater, undo_log),
        todo.answers(knowledge_base, updater, undo_log),
        merging.pages(knowledge_base, updater, undo_log),
        merging.answers(knowledge_base, updater, undo_log, proposed),
    )
    for blueprint in writing:
        handle_refusals(blueprint)
    blueprints = (
        search.pages(knowledge_base, searches, access),
        *(module.pages(knowledge_base) for module in _READ_ONLY),
        programs.pages(knowledge_base, updater, has_token=access.token is not None),
        todo.pages(knowledge_base, access, proposed),
        updating.pages(knowledge_base, updater, undo_log),
        security.key_page(access, guesses),
        *writing,
    )
    for blueprint in blueprints:
        app.register_blueprint(blueprint)
    return app
