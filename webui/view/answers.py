"""The two faces of one address: a page for people, JSON for programs; and the same for what went wrong."""

import logging
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, current_app, g, jsonify, make_response, render_template, request
from werkzeug.exceptions import HTTPException, InternalServerError, NotFound, ServiceUnavailable

from index.engine import EngineAwayError, SearchIndexError
from index.sentences import Sentence
from kb.library.contents import ReportEntry
from kb.search.answers import UnknownIdError
from webui.texts import texts

_log = logging.getLogger(__name__)


def wants_json() -> bool:
    """Tell whether the client asked for JSON rather than for a page."""
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"


def respond(template: str, data: Callable[[], dict[str, Any]], **shown: object) -> Response:
    """Return what `data` gives as JSON where that was asked for, else the page that a template makes of `shown`."""
    response = jsonify(data()) if wants_json() else make_response(render_template(template, **shown))
    response.vary.add("Accept")
    return response


def tell_errors(app: Flask) -> None:
    """Make an app tell each error in a plain sentence, as a page or as an RFC 9457 problem."""
    app.register_error_handler(HTTPException, _told)
    app.register_error_handler(UnknownIdError, _unknown)
    app.register_error_handler(SearchIndexError, _no_index)
    app.register_error_handler(EngineAwayError, _away)
    app.register_error_handler(Exception, _unforeseen)


def problem(
    error: HTTPException, detail: str, told: Sentence | None = None, reports: Sequence[ReportEntry] = ()
) -> Response:
    """Return the answer that tells an error: its status, a sentence, what the cause said, reports to go on with."""
    status = error.code or 500
    if wants_json():
        whole = f"{detail} {texts.shared.in_words(told)}" if told else detail
        response = jsonify({"type": "about:blank", "title": error.name, "status": status, "detail": whole})
        response.mimetype = "application/problem+json"
    else:
        response = make_response(
            render_template("error.html", status=status, detail=detail, told=told, reports=reports)
        )
    response.status_code = status
    response.headers.extend(
        (name, value) for name, value in error.get_headers(request.environ) if name.lower() != "content-type"
    )
    response.vary.add("Accept")
    return response


def _told(error: HTTPException) -> Response:
    if error.response is not None or error.code is None or error.code < HTTPStatus.BAD_REQUEST:
        return make_response(error.get_response(request.environ))
    return problem(error, texts.ERRORS.get(error.code, error.name))


def _unknown(error: UnknownIdError) -> Response:
    asked = request.path.rsplit("/", 1)[-1]
    if len(error.reports) > 1:
        detail = texts.SEVERAL_REPORTS
    else:
        detail = texts.UNKNOWN_NOTE if error.reports else texts.UNKNOWN_ID.format(id=asked)
    return problem(NotFound(), detail, reports=error.reports)


def _no_index(error: SearchIndexError) -> Response:
    _log.error("%s", error)
    return problem(ServiceUnavailable(), texts.ERRORS[503])


def _away(error: EngineAwayError) -> Response:
    """Answer once more where that changes nothing: what stands in answers as a whole now, if there is anything."""
    if request.method in ("GET", "HEAD") and request.endpoint and not g.get("asked_again"):
        g.asked_again = True
        try:
            return make_response(current_app.view_functions[request.endpoint](**(request.view_args or {})))
        except SearchIndexError as again:
            return _no_index(again)
    return _no_index(error)


def _unforeseen(error: Exception) -> Response:
    _log.exception("%s %s failed", request.method, request.path, exc_info=error)
    return problem(InternalServerError(), texts.ERRORS[500])
