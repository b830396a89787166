"""A page that another site sends, by the bookmarklet: shown, and taken in only when it is sent on from our own page."""

import json
from functools import cache
from pathlib import Path
from urllib.parse import quote

from flask import Blueprint, Response, make_response, render_template

from webui.received import proposed, tell_refusals

_SCRIPT = Path(__file__).parents[1] / "static" / "bookmarklet.js"
_PATH = "add/page"


def pages() -> Blueprint:
    """Return the page that any site may send a person to."""
    blueprint = Blueprint("proposing", __name__)

    @blueprint.post(f"/{_PATH}")
    def take() -> Response:
        return make_response(render_template("proposed.html", received=proposed()))

    tell_refusals(blueprint)
    return blueprint


@cache
def bookmarklet(server: str) -> str:
    """Return the link that, kept among a browser's bookmarks, sends the page being looked at to a server."""
    return "javascript:" + quote(_SCRIPT.read_text("utf-8").replace('"ADDRESS"', json.dumps(server + _PATH)))
