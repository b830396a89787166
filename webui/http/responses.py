"""Responses: a page for people or JSON for programs, error pages, compression."""

import logging
import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from http import HTTPStatus
from pathlib import PurePath
from typing import Any

from flask import Flask, Response, abort, current_app, g, jsonify, make_response, render_template, request
from flask_compress import Compress
from werkzeug.exceptions import BadRequest, HTTPException, InternalServerError, NotFound, ServiceUnavailable

from index.engine import EngineAwayError, SearchIndexError
from index.messages import Message, Value
from index.query import Query
from kb.library.contents import ReportEntry
from kb.search.results import UnknownIdError
from kb.translation import _, marked, translate
from webui import wording
from webui.http.address import query_of

_log = logging.getLogger(__name__)
_OF_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
# Comments and indents: 2 kB of a first visit. Libraries that minify more have no wheels for macOS and Windows.
_FOR_READERS = re.compile(r"^[ ]*(?://.*|/[*].*[*]/)?\n|^[ ]+|[ ]+// .*$", re.MULTILINE)
_INDENT = re.compile(r"(?<=>)\n +(?=<)")  # between tags only: a text may be code
_MINIFIED = ("text/css", "text/javascript")
_STYLE_SPACE = re.compile(r"(?<=[{};,:])\s+|;?\s*(?=\})|\s+(?=\{)")

ERRORS = {
    400: marked("The request could not be understood."),
    401: marked("Writing needs a key."),
    403: marked("Requests from other sites are not accepted."),
    404: marked("There is no such page."),
    405: marked("This cannot be done at this address."),
    411: marked("The length of the data (Content-Length) is needed."),
    413: marked("The request is too large."),
    415: marked("Data of this type is not accepted."),
    422: marked("The data cannot be used."),
    429: marked("This cannot be answered right now. Wait a little, then try again."),
    500: marked("Something went wrong inside. If it happens again, see the output of kb serve."),
    503: marked("The index cannot be read right now. See kb status."),
}


def wants_json() -> bool:
    """Return whether the client prefers JSON, or sends a request that no HTML form can send."""
    if request.method == "DELETE" or (request.method == "POST" and request.mimetype not in ("", *_OF_FORMS)):
        return True
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"


def respond(template: str, data: Callable[[], dict[str, Any]], **shown: object) -> Response:
    """Return JSON of `data` if the client wants it, else the page of a template with the values `shown`."""
    response = jsonify(data()) if wants_json() else make_response(render_template(template, **shown))
    response.vary.add("Accept")
    return response


def handle_errors(app: Flask) -> None:
    """Make an app answer each error with a sentence, as a page or as an RFC 9457 problem."""
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(UnknownIdError, _unknown)
    app.register_error_handler(SearchIndexError, _no_index)
    app.register_error_handler(EngineAwayError, _away)
    app.register_error_handler(Exception, _unexpected)


def problem(
    error: HTTPException, detail: str, cause: Message | None = None, reports: Sequence[ReportEntry] = ()
) -> Response:
    """Return the response to an error: its status, a sentence, and reports that the address may mean.

    `cause` is the message of the error behind it, None if that means nothing to people.
    """
    status = error.code or 500
    cause = cause and without_folders(cause)
    if wants_json():
        whole = f"{detail} {translate(cause)}" if cause else detail
        response = jsonify({"type": "about:blank", "title": error.name, "status": status, "detail": whole})
        response.mimetype = "application/problem+json"
    else:
        response = make_response(
            render_template("error.html", status=status, detail=detail, cause=cause, reports=reports)
        )
    response.status_code = status
    response.headers.extend(
        (name, value) for name, value in error.get_headers(request.environ) if name.lower() != "content-type"
    )
    response.vary.add("Accept")
    return response


def without_folders(message: Message) -> Message:
    """Return a message with the name of each file in place of its absolute path, which visitors need not know."""
    return Message(message.english, tuple(map(_without_folders, message.values)))


def _without_folders(value: Value) -> Value:
    if isinstance(value, Message):
        return without_folders(value)
    return PurePath(value).name or value if isinstance(value, str) and PurePath(value).is_absolute() else value


def understood(pairs: Iterable[tuple[str, str]]) -> Query:
    """Return the search of an address. Aborts with 400 if a part of it is invalid."""
    query, unread = query_of(pairs)
    if unread:
        abort(problem(BadRequest(), wording.unread(unread)))
    return query


def _http_error(error: HTTPException) -> Response:
    if error.response is not None or error.code is None or error.code < HTTPStatus.BAD_REQUEST:
        return make_response(error.get_response(request.environ))
    return problem(error, _(ERRORS[error.code]) if error.code in ERRORS else error.name)


def _unknown(error: UnknownIdError) -> Response:
    if len(error.reports) > 1:
        detail = _("Several reports have this address. Choose one of them.")
    elif error.reports:
        detail = _("The report has no such note any more: it was rewritten or removed. This is the report.")
    else:
        identifier = next(reversed((request.view_args or {}).values()), request.args.get("note", ""))
        detail = _("There is nothing called “{id}”.", id=identifier)
    return problem(NotFound(), detail, reports=error.reports)


def _no_index(error: SearchIndexError) -> Response:
    _log.error("%s", error)
    return problem(ServiceUnavailable(), _(ERRORS[503]))


def _away(error: EngineAwayError) -> Response:
    """Retry a reading request once: the stand-in engine answers now, if there is one."""
    if request.method in ("GET", "HEAD") and request.endpoint and not g.get("asked_again"):
        g.asked_again = True
        try:
            return make_response(current_app.view_functions[request.endpoint](**(request.view_args or {})))
        except (SearchIndexError, UnknownIdError, HTTPException) as again:
            return make_response(current_app.handle_user_exception(again))
    return _no_index(error)


def _unexpected(error: Exception) -> Response:
    _log.exception("%s %s failed", request.method, request.path, exc_info=error)
    return problem(InternalServerError(), _(ERRORS[500]))


def compress(app: Flask) -> None:
    """Make an app minify what it sends, compress long texts, and answer 304 for the version that a browser has.

    The ETag of a text is its digest, because a page also changes with the language and the day. Pages hold no secret,
    so their compressed length reveals none (BREACH).
    """
    app.config.update(
        COMPRESS_ALGORITHM_STREAMING=["zstd", "br", "gzip"],
        COMPRESS_LEVEL=5,  # a page of 84 kB becomes 15.3 kB in 1.6 ms; at 4 15.8 kB in 1.3 ms, at 6 15.2 kB in 3.3 ms
        COMPRESS_MIN_SIZE=1000,  # bytes; below this gzip gains nothing
    )
    Compress(app)  # runs last: Flask calls these functions in reverse order

    @app.after_request
    def add_etag(response: Response) -> Response:
        if response.status_code == HTTPStatus.OK and request.method in ("GET", "HEAD") and not response.is_streamed:
            response.add_etag(weak=True)
            response.make_conditional(request)
        return response

    @app.after_request
    def minify(response: Response) -> Response:
        if request.endpoint == "static" and response.status_code == HTTPStatus.OK and response.mimetype in _MINIFIED:
            response.direct_passthrough = False
            response.set_data(_minified(response.mimetype, response.get_data(as_text=True)))
        elif response.mimetype == "text/html" and not response.is_streamed:
            response.set_data(_INDENT.sub("\n", response.get_data(as_text=True)))
        return response


@lru_cache(32)  # files
def _minified(mimetype: str, text: str) -> str:
    text = _FOR_READERS.sub("", text)
    return _STYLE_SPACE.sub("", text) if mimetype == "text/css" else text
