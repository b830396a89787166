"""A server with OpenAI's interface to a model: posts JSON, and says of a failure whether a retry may help.

Embeddings and chat use it. Nothing is sent unless the owner of a library names an address.
"""

import json
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from index.messages import Message, MessageError, translatable
from index.urls import web_parts, whole_number

_CONNECT_TIMEOUT = 10.0  # seconds; a model may think for minutes, but its server accepts at once
_MAX_WAIT = 300  # seconds that a busy server may ask to wait (Retry-After)
_KEY = re.compile(r"[!-~]+")  # what a header may have; an error about another one would print the key

_TEMPORARY = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.REQUEST_TIMEOUT)
_MAX_EXPLANATION = 200  # characters of a server's own message in ours
_REFUSED = (HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNPROCESSABLE_ENTITY)


class ModelServerError(MessageError):
    """A request failed; the message says why and what to do."""


class TemporaryError(ModelServerError):
    """A temporary failure, such as no connection. A retry may help."""


class BusyError(TemporaryError):
    """The server says that it cannot answer now; it asks for a pause of at least `wait` seconds."""

    def __init__(self, message: Message, wait: float) -> None:
        super().__init__(message)
        self.wait = wait


class LostError(TemporaryError):
    """The request was sent, but no whole answer came: the server may work on it, and charge for it, all the same."""


class RefusedError(ModelServerError):
    """The server refused the request as invalid, for instance for a field that it does not know."""


class ModelServer:
    """One address of a server, such as …/v1/embeddings: `url` is the part before `path`.

    `key` is sent as a bearer token. `settings` says where the address is configured, for messages. `max_answer` is in
    bytes. Raises ModelServerError if `url` is not a web address, or `key` is malformed.
    """

    def __init__(self, url: str, path: str, key: str | None, settings: Message, max_answer: int) -> None:
        if web_parts(url) is None:
            raise ModelServerError("{0!r} is not the address of a model; write one like http://127.0.0.1:8080/v1", url)
        if key and not _KEY.fullmatch(key):
            raise ModelServerError("the key has a space or a character that no key has")
        self.url = url.rstrip("/") + path
        self._key = key
        self._headers = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
        if key:
            self._headers["Authorization"] = f"Bearer {key}"
        self._settings = settings
        self._max_answer = max_answer

    def post(
        self,
        body: Mapping[str, Any],
        seconds: float,
        pauses: Sequence[float] = (),
        retried: type[TemporaryError] = TemporaryError,
    ) -> bytes:
        """Return the answer to a JSON body, after at most `seconds` for each attempt.

        `pauses` are the seconds before each retry after a failure that is `retried`. Raises ModelServerError.
        """
        for pause in pauses:
            try:
                return self._post(body, seconds)
            except retried as error:
                time.sleep(max(pause, error.wait) if isinstance(error, BusyError) else pause)
        return self._post(body, seconds)

    def _post(self, body: Mapping[str, Any], seconds: float) -> bytes:
        import httpx

        deadline = time.monotonic() + seconds
        lost = (TimeoutError, httpx.ReadTimeout, httpx.ReadError, httpx.RemoteProtocolError, httpx.DecodingError)
        timeout = httpx.Timeout(seconds, connect=min(seconds, _CONNECT_TIMEOUT))
        try:
            # Redirects are not followed: they would send the key and the texts elsewhere.
            with httpx.stream(
                "POST", self.url, content=json.dumps(body), headers=self._headers, timeout=timeout
            ) as answer:
                status, reason, wait = answer.status_code, answer.reason_phrase, answer.headers.get("Retry-After", "")
                data = self._read(answer.iter_bytes(), deadline)
        except (OSError, httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            kind = LostError if isinstance(error, lost) else TemporaryError
            raise kind(translatable("{0} does not answer ({1}); is the server running?", self.url, error)) from error
        if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            return data
        said = " ".join(f"{reason} {self._explanation(data)}".split())
        message = translatable("{0} answered {1} {2}; {3}", self.url, status, said, self._settings)
        if status in _TEMPORARY or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise BusyError(message, whole_number(wait, _MAX_WAIT) or 0)
        raise (RefusedError if status in _REFUSED else ModelServerError)(message)

    def _read(self, parts: Iterable[bytes], deadline: float) -> bytes:
        """Return a whole answer. The timeout of httpx is per read, and a server may send byte by byte."""
        data = bytearray()
        for part in parts:
            data += part
            if len(data) > self._max_answer:
                message = translatable("more than {0} bytes", self._max_answer)
                raise ModelServerError("{0} does not answer ({1}); {2}", self.url, message, self._settings)
            if time.monotonic() > deadline:
                raise TimeoutError(translatable("too slow"))
        return bytes(data)

    def _explanation(self, data: bytes) -> str:
        """Return the message of an error, as OpenAI and Ollama send it, without the key; empty if there is none."""
        try:
            error = json.loads(data)["error"]
            message = str(error["message"] if isinstance(error, dict) else error)
        except (ValueError, TypeError, LookupError, RecursionError):
            return ""
        return f"({message.replace(self._key, '…') if self._key else message:.{_MAX_EXPLANATION}})"
