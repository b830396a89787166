"""Safety of every request and answer: which hosts we go by, who may write, and what is done only so often."""

import hashlib
import hmac
import ipaddress
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import Blueprint, Flask, Request, Response, make_response, redirect, render_template, request
from werkzeug.exceptions import BadRequest, Forbidden, TooManyRequests, Unauthorized

from index.urls import url_parts
from kb.readers.archives import MAX_REPORT_BYTES
from webui.http.responses import problem, wants_json
from webui.http.uploads import RefusedError
from webui.texts import texts

COOKIE = "kb_key"
_READING = {"GET", "HEAD", "OPTIONS"}
_PROPOSING, _ASKING, _SHOWING_A_KEY = "intake.propose", "programs.ask", "key.take"  # endpoints with rules of their own
# Nothing but our own files, no inline code, no frames, no strings turned into HTML by script.
_CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
HEADERS = {
    "Content-Security-Policy": _CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # our own pages lead back to where one was; others learn nothing
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
P = ParamSpec("P")
R = TypeVar("R")
_SECONDS = 2  # after which who was turned away from a costly answer may ask again
_GUESSES, _MINUTE = 10, 60.0  # wrong keys that an address may give, in so many seconds
_ADDRESSES = 1000  # remembered at most


@dataclass(frozen=True, slots=True)
class Access:
    """Whom a server trusts: the names it goes by, and the token for writing (None: this machine alone writes)."""

    names: frozenset[str] = frozenset({"localhost"})
    token: str | None = None

    def __post_init__(self) -> None:
        if self.token is not None and not self.token.strip():
            raise ValueError("the token is blank; leave it out, or choose a secret")

    def goes_by(self, host: str) -> bool:
        """Return whether a Host header names this server.

        An address in digits always does: it takes a name to lure a browser here (DNS rebinding).
        """
        parts = url_parts(f"//{host}")
        name = parts.hostname if parts else None
        return name is not None and (name in map(str.lower, self.names) or _is_in_digits(name))

    def may_write(self, asked: Request) -> bool:
        """Return whether a request carries the token, in its header or its cookie, where one is needed."""
        if self.token is None:
            return True
        return self.has_bearer(asked) or self.is_key(asked.cookies.get(COOKIE, ""))

    def has_bearer(self, asked: Request) -> bool:
        """Return whether a request carries the token in its Authorization header."""
        given = asked.headers.get("Authorization", "").removeprefix("Bearer ")
        return self.token is not None and hmac.compare_digest(given.encode(), self.token.encode())

    @property
    def key(self) -> str:
        """What the cookie holds in place of the token."""
        return hmac.new((self.token or "").encode(), b"page", hashlib.sha256).hexdigest()

    def is_key(self, given: str) -> bool:
        """Return whether a cookie is the right one."""
        return hmac.compare_digest(given.encode(), self.key.encode())

    def same_site(self, asked: Request) -> bool:
        """Return whether a request that writes comes from our own pages, or from a program that has the token."""
        ours = _is_ours(asked)
        return self.has_bearer(asked) if ours is None else ours


class Guesses:
    """The wrong keys of the last minute, by the address they came from."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._wrong: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    def check(self, address: str | None) -> None:
        """Raise TooManyRequests where an address has given too many wrong keys, right as the next one may be."""
        with self._lock:
            times = self._wrong.get(address or "")
            if times and len(times) == _GUESSES and (left := times[0] + _MINUTE - self._now()) > 0:
                raise TooManyRequests(retry_after=int(left) + 1)

    def wrong(self, address: str | None) -> None:
        """Count a wrong key of an address, None for one that is unknown."""
        with self._lock:
            times = self._wrong.pop(address or "", None) or deque(maxlen=_GUESSES)
            times.append(self._now())
            self._wrong[address or ""] = times  # the last to have guessed is the last to be forgotten
            if len(self._wrong) > _ADDRESSES:
                self._wrong.pop(next(iter(self._wrong)))


def protect(app: Flask, access: Access, guesses: Guesses) -> None:
    """Make an app refuse what it must, before anything else is done, and tell browsers the rules on each answer."""
    # A report of the longest kind comes once as a file, and once more in base64 when it is saved after a preview.
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_FORM_MEMORY_SIZE"] = MAX_REPORT_BYTES * 3 // 2
    app.config["MAX_FORM_PARTS"] = 2000  # files of a folder that is sent at once

    @app.before_request
    def check() -> None:
        if not access.goes_by(request.host):
            raise BadRequest
        if request.method in _READING:
            return
        if request.endpoint == _PROPOSING and _is_visit(request):
            return
        # Asking writes nothing, so a program need not prove that it is no page of another site: browsers tell those.
        # But where there is a token it is wanted here too.
        asking = request.endpoint == _ASKING
        allowed = _is_ours(request) is not False if asking else access.same_site(request)
        if not allowed:
            raise Forbidden
        if request.endpoint != _SHOWING_A_KEY:
            _permit(access, guesses)

    @app.after_request
    def headers(response: Response) -> Response:
        response.headers.update(HEADERS)
        response.headers.setdefault("Cache-Control", "no-cache")
        return response


def _permit(access: Access, guesses: Guesses) -> None:
    """Let a request write that may. Raises Unauthorized, and TooManyRequests after too many wrong keys."""
    shown = access.token is not None and (COOKIE in request.cookies or "Authorization" in request.headers)
    if shown:
        guesses.check(request.remote_addr)
    if not access.may_write(request):
        if shown:
            guesses.wrong(request.remote_addr)
        raise Unauthorized


def _is_ours(asked: Request) -> bool | None:
    """Return whether a browser says that our own pages send a request, None where no browser says anything.

    Browsers tell where a request comes from and pages cannot change it, so no token in each form is needed.
    """
    site = asked.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = asked.headers.get("Origin")
    return None if origin is None else asked.host != "" and origin == f"{asked.scheme}://{asked.host}"


def _is_visit(asked: Request) -> bool:
    """Return whether a request is one by which a person goes to a page, in a tab of its own.

    So any site may send one here. What it proposes is shown and nothing else: not read, not kept, before that person
    sends it on from our own page, which alone has the key.
    """
    return asked.headers.get("Sec-Fetch-Mode") == "navigate" and asked.headers.get("Sec-Fetch-Dest") == "document"


def key_page(access: Access, guesses: Guesses) -> Blueprint:
    """Return the page where a person shows the token once, so that the pages that write open to this browser."""
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
            if wants_json():
                return problem(Forbidden(), texts.WRONG_KEY)
            response = make_response(render_template("key.html", refused=RefusedError(texts.WRONG_KEY, "token")), 403)
            response.vary.add("Accept")
            return response
        response = make_response(redirect("/add", 303))
        response.set_cookie(COOKIE, access.key, httponly=True, samesite="Strict", secure=request.is_secure)
        return response

    return blueprint


def at_once(number: int) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Return what lets a view run so often at once; who comes on top may come again (429, Retry-After)."""

    def limited(view: Callable[P, R]) -> Callable[P, R]:
        running = threading.BoundedSemaphore(number)

        @wraps(view)
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            if not running.acquire(blocking=False):
                raise TooManyRequests(retry_after=_SECONDS)
            try:
                return view(*args, **kwargs)
            finally:
                running.release()

        return run

    return limited


def _is_in_digits(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
