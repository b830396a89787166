"""How answers leave: a page for people or JSON for programs, errors in plain sentences, smaller on their way."""

import gzip
import logging
import re
from collections.abc import Callable, Iterable, Sequence
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, abort, current_app, g, jsonify, make_response, render_template, request
from werkzeug.exceptions import BadRequest, HTTPException, InternalServerError, NotFound, ServiceUnavailable

from index.engine import EngineAwayError, SearchIndexError
from index.messages import Message
from index.query import Query
from kb.library.contents import ReportEntry
from kb.search.results import UnknownIdError
from webui.http.address import query_of
from webui.texts import texts

_log = logging.getLogger(__name__)
_WORTH = 1000  # bytes from which it is
_LEVEL = 5  # of a page of 84 kB it makes 15.3 in 1.6 ms; 4 makes 15.8 in 1.3, 6 makes 15.2 in 3.3
_ONCE = 9  # of files that are sent once, and then kept by the browser for a year
_FOR_PEOPLE = re.compile(rb"^[ ]*(?://.*|/[*].*[*]/)?\n|^[ ]+", re.MULTILINE)  # lines of comment, indents: 1 kB of ours
_SPACE = re.compile(rb"(?<=[{};,])\s+|\s+(?=[{}])")  # between the parts of a style: 0.2 kB of ours, none in a string
_OF_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_KINDS = ("text/", "application/atom+xml", "application/json", "application/javascript", "image/svg+xml")


def wants_json() -> bool:
    """Tell whether the client asked for JSON rather than for a page, or sends what no form of a page sends."""
    if request.method == "DELETE" or (request.method == "POST" and request.mimetype not in ("", *_OF_FORMS)):
        return True
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"


def respond(template: str, data: Callable[[], dict[str, Any]], **shown: object) -> Response:
    """Return what `data` gives as JSON where that was asked for, else the page that a template makes of `shown`."""
    response = jsonify(data()) if wants_json() else make_response(render_template(template, **shown))
    response.vary.add("Accept")
    return response


def tell_errors(app: Flask) -> None:
    """Make an app answer each error by a plain sentence, as a page or as an RFC 9457 problem."""
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(UnknownIdError, _unknown)
    app.register_error_handler(SearchIndexError, _no_index)
    app.register_error_handler(EngineAwayError, _away)
    app.register_error_handler(Exception, _unforeseen)


def problem(
    error: HTTPException, detail: str, cause: Message | None = None, reports: Sequence[ReportEntry] = ()
) -> Response:
    """Return the answer to an error: its status, a sentence on it, and reports to go on with.

    `cause` is what the error that caused it said, None where that says nothing to people.
    """
    status = error.code or 500
    if wants_json():
        whole = f"{detail} {texts.shared.in_words(cause)}" if cause else detail
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


def understood(pairs: Iterable[tuple[str, str]]) -> Query:
    """Return the search that an address asks for; the request ends with 400 where a part of it means nothing."""
    query, unread = query_of(pairs)
    if unread:
        abort(problem(BadRequest(), texts.unread(unread)))
    return query


def _http_error(error: HTTPException) -> Response:
    if error.response is not None or error.code is None or error.code < HTTPStatus.BAD_REQUEST:
        return make_response(error.get_response(request.environ))
    return problem(error, texts.ERRORS.get(error.code, error.name))


def _unknown(error: UnknownIdError) -> Response:
    asked = next(reversed((request.view_args or {}).values()), request.args.get("note", ""))
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
        except (SearchIndexError, UnknownIdError, HTTPException) as again:
            return make_response(current_app.handle_user_exception(again))
    return _no_index(error)


def _unforeseen(error: Exception) -> Response:
    _log.exception("%s %s failed", request.method, request.path, exc_info=error)
    return problem(InternalServerError(), texts.ERRORS[500])


def compress(app: Flask) -> None:
    """Make an app send nothing where what it would send is what the browser has (304), and compress what is long text.

    The tag of a text (ETag) is its digest, for it is another in another generation, language or form, and on another
    day, for ages count from that. No page holds a secret, so the length of an answer gives none away (BREACH).
    """

    @app.after_request
    def smaller(response: Response) -> Response:
        response.vary.add("Accept-Encoding")
        if (
            response.status_code != HTTPStatus.OK
            or not request.accept_encodings["gzip"]
            or response.content_encoding
            or not (response.mimetype or "").startswith(_KINDS)
        ):
            return response
        response.direct_passthrough = False  # files are read here rather than handed to the server
        data = response.get_data()
        if len(data) >= _WORTH:
            own = request.endpoint == "static"
            data = _FOR_PEOPLE.sub(b"", data) if own else data
            data = _SPACE.sub(b"", data) if own and response.mimetype == "text/css" else data
            response.set_data(gzip.compress(data, _ONCE if own else _LEVEL, mtime=0))
            response.content_encoding = "gzip"
        return response

    @app.after_request
    def unless_known(response: Response) -> Response:  # before the other: the last one named is the first one asked
        if response.status_code == HTTPStatus.OK and request.method in ("GET", "HEAD") and not response.is_streamed:
            response.add_etag(weak=True)  # compressed or not, it is the same
            response.make_conditional(request)
        return response
