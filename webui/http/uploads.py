"""A report as it comes over the wire: in a form or as the body of a request, whole or not at all."""

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Blueprint, Response, request
from msgspec.structs import replace
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.exceptions import (
    BadRequest,
    Conflict,
    LengthRequired,
    RequestEntityTooLarge,
    UnprocessableEntity,
    UnsupportedMediaType,
)

from index.messages import Message, message_of
from kb.library.file_changes import ChangedSinceError
from kb.library.tables import MAX_EVENT
from kb.readers.archives import MAX_REPORT_BYTES
from kb.readers.formats import MEDIA_TYPES
from kb.report.dates import is_date
from kb.report.model import MetadataOverride
from kb.report.problems import LibraryError, UnreadableError
from kb.services import Service
from webui.http.address import web_address
from webui.http.responses import problem
from webui.texts import texts

if TYPE_CHECKING:
    from collections.abc import Callable

    from kb.fetching import Fetched

_TEXTS = MEDIA_TYPES | {"application/octet-stream"}


class RefusedError(ValueError):
    """What was sent cannot be taken; the message says why, in the language of the page.

    `field` is the field of the form that it is about, `near` are the services that may have been meant, `cause` is
    what the error that caused it said.
    """

    def __init__(self, message: str, field: str, near: tuple[Service, ...] = (), cause: Message | None = None) -> None:
        super().__init__(message)
        self.field = field
        self.near = near
        self.cause = cause


@dataclass(frozen=True, slots=True)
class Received:
    """A report as it came: its bytes, the name of its file if it had one, and what was given of it by hand.

    `refused` is what of that cannot be, and left out.
    """

    data: bytes
    name: str | None
    given: MetadataOverride
    refused: RefusedError | None = None

    @property
    def encoded(self) -> str:
        """The bytes as a form field that brings them back unchanged."""
        return base64.b64encode(self.data).decode()


def received_form(fetch: "Callable[[str], Fetched] | None") -> Received:
    """Return the report of the form: a file, a text, what stands at an address, on its second way the first's bytes.

    Raises UnreadableError where nothing can be fetched.
    """
    form, file = request.form, _file()
    name, (given, refused) = form.get("name") or None, _given(form)
    if form.get("data"):
        try:
            data = base64.b64decode(form["data"], validate=True)
        except ValueError as error:  # also of what is no ASCII
            raise BadRequest from error
    elif file:
        data, name = file.read(), file.filename
    elif fetch and form.get("address", "").strip():
        page = fetch(form["address"].strip())
        data, name, given = page.data, page.name, page.with_url(given)
    else:
        data = form.get("text", "").replace("\r\n", "\n").encode()  # a form sends its lines with CRLF
    return _checked(Received(data, name, given, refused))


def asked_for() -> str:
    """Return the field of the form that a report was to come from."""
    if _file():
        return "file"
    return "address" if request.form.get("address", "").strip() else "text"


def _file() -> FileStorage | None:
    """Return the file of the form, None where it has none: of its two fields, one for a folder, one is left empty."""
    return next((file for file in request.files.getlist("file") if file.filename), None)


def proposed() -> Received:
    """Return the page that somebody looks at, as the bookmarklet sends it."""
    return _checked(Received(request.form.get("page", "").encode(), None, *_given(request.form)))


def received_body() -> Received:
    """Return the report that is the body of the request itself: whole, or not at all.

    Raises RefusedError, and what Flask answers with 400, 411 and 415.
    """
    if request.mimetype not in _TEXTS:
        raise UnsupportedMediaType
    if request.content_length is None:
        raise LengthRequired
    data = request.get_data(cache=False)
    if len(data) != request.content_length:
        raise BadRequest
    given, refused = _given(request.args)
    if refused:
        raise refused
    return _checked(Received(data, request.args.get("name"), given))


def _given(form: MultiDict[str, str]) -> tuple[MetadataOverride, RefusedError | None]:
    event, held_on, url = (form.get(key, "").strip() or None for key in ("event", "date", "url"))
    return checked_metadata(MetadataOverride(event, held_on, url))


def checked_metadata(given: MetadataOverride) -> tuple[MetadataOverride, RefusedError | None]:
    """Return what is given of a report without what of that cannot be, and why it cannot; None where all can."""
    if given.event and len(given.event) > MAX_EVENT:
        return replace(given, event=None), RefusedError(texts.LONG_EVENT, "event")
    if given.held_on and not is_date(given.held_on):
        return replace(given, held_on=None), RefusedError(texts.WRONG_DATE, "date")
    if given.url and not web_address(given.url):
        return replace(given, url=None), RefusedError(texts.WRONG_ADDRESS, "url")
    return given, None


def _checked(received: Received) -> Received:
    if len(received.data) > MAX_REPORT_BYTES:
        raise RequestEntityTooLarge
    if not received.data.strip():
        raise RefusedError(texts.NOTHING_GIVEN, "text")
    return received


def tell_refusals(blueprint: Blueprint) -> None:
    """Make pages that write say in a sentence what could not be taken, read or written."""
    blueprint.register_error_handler(
        RefusedError, lambda error: problem(UnprocessableEntity(), str(error), cause=error.cause)
    )
    blueprint.register_error_handler(
        UnreadableError,
        lambda error: problem(UnprocessableEntity(), texts.UNREADABLE, cause=message_of(error)),
    )
    blueprint.register_error_handler(ChangedSinceError, _changed_since)
    blueprint.register_error_handler(LibraryError, _unwritable)
    blueprint.register_error_handler(OSError, _unwritable)


def _changed_since(error: ChangedSinceError) -> Response:
    if error.is_gone and error.source and error.kept:
        return problem(Conflict(), texts.gone_since(error.source, error.kept))
    return problem(Conflict(), texts.changed_since(error.source, error.kept))


def _unwritable(error: LibraryError | OSError) -> Response:
    return problem(Conflict(), texts.UNWRITABLE, cause=message_of(error))
