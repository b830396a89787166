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
from kb.translation import NOTES, _, ngettext, pgettext
from kb.translation import language as current_language
from kb.wording import similar
from webui import wording
from webui.http import language, responses, security
from webui.http.address import address_of, page_address, web_address
from webui.http.security import Access, Guesses
from webui.http.undo_log import UndoLog
from webui.pages import (
    correcting,
    events,
    export,
    feeds,
    indexes,
    intake,
    pairs,
    programs,
    reports,
    saved,
    search,
    services,
    timelines,
    todo,
    updating,
)
from webui.pages.updating import Updater
from webui.view.cached import examples, syntax
from webui.view.markup import checkbox, marked

if TYPE_CHECKING:
    from kb.fetching import Fetcher

_STATIC = Path(__file__).parent / "static"
_READING = (indexes, events, pairs, reports, services, timelines, export, todo, feeds)  # these need nothing else


class _Json(JSONProvider):
    """JSON as the commands print it: by msgspec, keys in their order."""

    def dumps(self, obj: object, **_: object) -> str:
        """Return an object as JSON."""
        return msgspec.json.encode(obj).decode()

    def loads(self, s: str | bytes, **_: object) -> object:
        """Return the object of a JSON text."""
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

    `access` is whom it trusts, by default this machine; `today` is the day that ages are counted from.
    `updater` brings the index up to the library, by default in this process. `fetcher` fetches
    what stands at an address, by default nothing does.
    """
    access = access or Access()
    updater = updater or Updater(knowledge_base.indexer.sync)
    undo_log, guesses, searches = UndoLog(), Guesses(), saved.SavedSearches(knowledge_base)
    app = Flask(__name__)
    app.json = _Json(app)
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 365 * 24 * 3600  # seconds: an asset's address changes with it
    _prepare_templates(app, knowledge_base, updater, undo_log, today)
    responses.compress(app)
    language.speak(app)
    security.protect(app, access, guesses)
    responses.handle_errors(app)
    blueprints = (
        search.pages(knowledge_base, searches),
        *(room.pages(knowledge_base) for room in _READING),
        programs.pages(knowledge_base, updater),
        saved.pages(knowledge_base, searches, updater, undo_log),
        intake.pages(knowledge_base, updater, undo_log, fetcher),
        correcting.pages(knowledge_base, updater, undo_log),
        todo.answers(knowledge_base, updater, undo_log),
        updating.pages(knowledge_base, updater, undo_log),
        security.key_page(access, guesses),
    )
    for blueprint in blueprints:
        app.register_blueprint(blueprint)
    return app


def _prepare_templates(
    app: Flask, knowledge_base: KnowledgeBase, updater: Updater, undo_log: UndoLog, today: Callable[[], date]
) -> None:
    """Give the templates of an app the names that they know; one that they do not know is an error."""
    app.jinja_options = {"undefined": StrictUndefined, "trim_blocks": True, "extensions": ["jinja2.ext.i18n"]}
    app.jinja_env.context_class = _Context
    # Old style: a translation is escaped like any other text. Its {placeholders} are those of the code.
    app.jinja_env.install_gettext_callables(_, ngettext, newstyle=False, pgettext=pgettext)  # type: ignore[attr-defined]
    collection = knowledge_base.collection
    versions = {file.name: hashlib.sha256(file.read_bytes()).hexdigest()[:8] for file in _STATIC.iterdir()}

    def short_name(slug: str) -> str:
        return collection.catalogue.short_name(slug)  # of the catalogue as it is then

    app.jinja_env.globals.update(
        kb=knowledge_base,
        _=_,
        wording=wording,
        language=lambda: current_language().replace("_", "-"),
        notes_language=NOTES,
        similar_in=lambda one: similar(one.cosine, map(collection.catalogue.name, one.services)),
        today=today,
        everything=Query(),
        short_name=short_name,
        examples=examples(knowledge_base),
        syntax=syntax(knowledge_base),
        other_languages=language.others,
        of_data=language.of_data,
        older_answers=partial(_older_answers, knowledge_base, updater),
        page_address=page_address,
        address_of=address_of,
        slug=slug,
        marked=marked,
        gathered=grouped,
        web_address=web_address,
        static=lambda name: f"/static/{name}?v={versions[name]}",
        undo_entry=undo_log.of_request,
    )
    # In the long lists of filters, for Jinja calls a filter at a third of the cost of calling a global.
    app.jinja_env.filters.update(checkbox=checkbox)


def _older_answers(knowledge_base: KnowledgeBase, updater: Updater) -> Literal["", "away", "damaged", "behind"]:
    """Return why what is shown may not be the newest."""
    try:
        if knowledge_base.collection.away():
            return "away"
        damage = knowledge_base.collection.damage()
    except SearchIndexError:  # then none answers, and the page says so by itself
        return ""
    return "damaged" if damage else "behind" if updater.failure else ""
