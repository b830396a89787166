"""Reports received in a form or as the body of a request."""

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
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
from kb.report.dates import DateError, is_date, parse_date
from kb.report.model import NO_CORRECTIONS, CorrectionSet, MetadataOverride
from kb.report.problems import LibraryError, UnreadableError
from kb.services import Service
from kb.translation import _, translate
from webui.http.address import web_address
from webui.http.responses import problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from kb.fetching import Fetched

_TEXTS = MEDIA_TYPES | {"application/octet-stream"}


class RefusedError(ValueError):
    """A rejected field of a request, with a message in the language of the page.

    `field` is the field of the form, `near` are services of a similar name, `cause` is the message of the cause.
    """

    def __init__(self, message: str, field: str, near: tuple[Service, ...] = (), cause: Message | None = None) -> None:
        super().__init__(message)
        self.field = field
        self.near = near
        self.cause = cause


@dataclass(frozen=True, slots=True)
class Received:
    """The bytes of a received report, its file name if known, and the metadata that the form overrides.

    `refused` is the invalid field of the metadata, which is dropped. `corrections` were made in the preview, by the own
    parts of ids.
    """

    data: bytes
    name: str | None
    override: MetadataOverride
    refused: RefusedError | None = None
    corrections: CorrectionSet = NO_CORRECTIONS

    @property
    def encoded(self) -> str:
        """The bytes in base64, for a hidden field of the form."""
        return base64.b64encode(self.data).decode()


def received_form(fetch: "Callable[[str], Fetched] | None") -> Received:
    """Return the report of a form: bytes of a preview, a file, a fetched page, a text. Raises UnreadableError."""
    form, file = request.form, _file()
    name, (override, refused) = form.get("name") or None, _override(form)
    if form.get("data"):
        try:
            data = base64.b64decode(form["data"], validate=True)
        except ValueError as error:  # also raised for non-ASCII characters
            raise BadRequest from error
    elif file:
        data, name = file.read(), file.filename
    elif fetch and form.get("address", "").strip():
        page = fetch(form["address"].strip())
        data, name, override = page.data, page.name, page.with_url(override)
    else:
        data = form.get("text", "").replace("\r\n", "\n").encode()  # forms send CRLF
    return _checked(Received(data, name, override, refused, decoded(form.get("corrections"))))


def encoded(corrections: CorrectionSet) -> str:
    """Return corrections as JSON, for a hidden field of a form."""
    return msgspec.json.encode(corrections).decode()


def decoded(field: str | None) -> CorrectionSet:
    """Return the corrections in a hidden field of a form. Raises the HTTP error 400 if no page made it."""
    try:
        return msgspec.json.decode(field, type=CorrectionSet) if field else NO_CORRECTIONS
    except msgspec.MsgspecError as error:
        raise BadRequest from error


def source_field() -> str:
    """Return the field of the form that holds the report."""
    if _file():
        return "file"
    return "address" if request.form.get("address", "").strip() else "text"


def _file() -> FileStorage | None:
    """Return the file of the form, or None; the form has two fields, one for a folder, and one is empty."""
    return next((file for file in request.files.getlist("file") if file.filename), None)


def proposed() -> Received:
    """Return the page that the bookmarklet sends."""
    return _checked(Received(request.form.get("page", "").encode(), None, *_override(request.form)))


def received_body() -> Received:
    """Return the report in the body of a request. Raises RefusedError, and HTTP errors 400, 411 and 415."""
    if request.mimetype not in _TEXTS:
        raise UnsupportedMediaType
    if request.content_length is None:
        raise LengthRequired
    data = request.get_data(cache=False)
    if len(data) != request.content_length:
        raise BadRequest
    override, refused = _override(request.args)
    if refused:
        raise refused
    return _checked(Received(data, request.args.get("name"), override))


def _override(form: MultiDict[str, str]) -> tuple[MetadataOverride, RefusedError | None]:
    event, held_on, url = (form.get(key, "").strip() or None for key in ("event", "date", "url"))
    until = form.get("until", "")  # what the preview knows of the year
    return checked_metadata(MetadataOverride(event, held_on, url), until if is_date(until) else None)


def checked_metadata(
    override: MetadataOverride, until: str | None = None
) -> tuple[MetadataOverride, RefusedError | None]:
    """Return an override with its date in the stored form (`parse_date`), or without its invalid field and its error.

    The error is None if all fields are valid.
    """
    if override.event and len(override.event) > MAX_EVENT:
        text = _("The name of the event is longer than 200 characters.")
        return replace(override, event=None), RefusedError(text, "event")
    if override.held_on:
        try:
            override = replace(override, held_on=parse_date(override.held_on, until))
        except DateError as error:
            return replace(override, held_on=None), RefusedError(translate(message_of(error)), "date")
    if override.url and not web_address(override.url):
        return replace(override, url=None), RefusedError(_("Begin an address with http:// or https://."), "url")
    return override, None


def _checked(received: Received) -> Received:
    if len(received.data) > MAX_REPORT_BYTES:
        raise RequestEntityTooLarge
    if not received.data.strip():
        raise RefusedError(_("There is neither a file nor a text. Add one of them."), "text")
    return received


def handle_refusals(blueprint: Blueprint) -> None:
    """Add the handlers for errors of receiving, reading and writing reports."""
    blueprint.register_error_handler(
        RefusedError, lambda error: problem(UnprocessableEntity(), str(error), cause=error.cause)
    )
    blueprint.register_error_handler(
        UnreadableError,
        lambda error: problem(UnprocessableEntity(), _("This cannot be read as a report."), cause=message_of(error)),
    )
    blueprint.register_error_handler(ChangedSinceError, _changed_since)
    blueprint.register_error_handler(LibraryError, _unwritable)
    blueprint.register_error_handler(OSError, _unwritable)


def _changed_since(error: ChangedSinceError) -> Response:
    if error.is_gone and error.source and error.kept:
        text = _("{source} cannot be restored: {kept} is gone or has changed.", source=error.source, kept=error.kept)
        return problem(Conflict(), text)
    source = error.source or _("The correction")
    if error.kept:
        text = _(
            "{source} has changed since, and stays as it is. Its earlier content is in {kept}. "
            "Look at it and try again.",
            source=source,
            kept=error.kept,
        )
    else:
        text = _("{source} has changed since, and stays as it is. Look at it and try again.", source=source)
    return problem(Conflict(), text)


def _unwritable(error: LibraryError | OSError) -> Response:
    return problem(Conflict(), _("The library could not be written."), cause=message_of(error))
