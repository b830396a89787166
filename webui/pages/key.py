"""The page where a person shows the token once, so that the pages that write open to this browser."""

import hmac

from flask import Blueprint, Response, make_response, redirect, render_template, request
from werkzeug.exceptions import Forbidden

from webui.limits import Guesses
from webui.received import RefusedError
from webui.security import COOKIE, Access
from webui.texts import texts
from webui.view.answers import problem, wants_json


def pages(access: Access, guesses: Guesses) -> Blueprint:
    """Return the page of the key."""
    blueprint = Blueprint("key", __name__)

    @blueprint.get("/key")
    def ask() -> Response:
        return make_response(render_template("key.html", refused=None))

    @blueprint.post("/key")
    def take() -> Response:
        guesses.check(request.remote_addr)
        given = request.form.get("token", "").strip()
        if access.token is None or not hmac.compare_digest(given.encode(), access.token.encode()):
            guesses.wrong(request.remote_addr)
            return _asked_again() if not wants_json() else problem(Forbidden(), texts.WRONG_KEY)
        response = make_response(redirect("/add", 303))
        response.set_cookie(COOKIE, access.key, httponly=True, samesite="Strict", secure=request.is_secure)
        return response

    return blueprint


def _asked_again() -> Response:
    """Return the form with what is wrong told beside its field."""
    refused = RefusedError(texts.WRONG_KEY, "token")
    response = make_response(render_template("key.html", refused=refused), Forbidden.code)
    response.vary.add("Accept")
    return response
