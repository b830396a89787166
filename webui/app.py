"""The app: a function of a knowledge base. It puts the pages, the templates and the safety together."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

from flask import Flask
from jinja2 import StrictUndefined

from index.query import Query
from kb.identity import digest
from kb.knowledge_base import KINDS, KnowledgeBase
from webui import answers, browse, export, reports, search, security, texts
from webui.address import address_of, page_address
from webui.markup import marked, web_address

_STATIC = Path(__file__).parent / "static"


def create_app(knowledge_base: KnowledgeBase, *, today: Callable[[], date] = date.today) -> Flask:
    """Return the app that shows a knowledge base; `today` is the day that ages are counted from."""
    app = Flask(__name__)
    app.json.ensure_ascii = False  # type: ignore[attr-defined]  # of DefaultJSONProvider
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.jinja_options = {"undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True}
    known = knowledge_base.catalogue.by_slug
    versions = {file.name: digest(file.read_text("utf-8"), length=8) for file in _STATIC.iterdir()}
    app.jinja_env.globals.update(
        t=texts,
        kb=knowledge_base,
        kinds=KINDS,
        today=today,
        everything=Query(),
        short_name=lambda slug: known[slug].short_name if slug in known else slug,
        page_address=page_address,
        address_of=address_of,
        marked=marked,
        web_address=web_address,
        static=lambda name: f"/static/{name}?v={versions[name]}",
    )
    security.protect(app)
    answers.tell_errors(app)
    for room in (search, browse, reports, export):
        app.register_blueprint(room.pages(knowledge_base))
    return app
