"""Security of every request: allowed hosts, write access, rate limits and response headers."""

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
from kb.translation import _
from webui.http.responses import problem, wants_json
from webui.http.uploads import RefusedError

COOKIE = "kb_key"
_READING = {"GET", "HEAD", "OPTIONS"}
_PROPOSING, _ASKING, _SHOWING_A_KEY = "intake.propose", "programs.ask", "key.take"  # endpoints with special rules
# Only own files; no inline code, no frames, and scripts cannot turn strings into HTML.
_CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
HEADERS = {
    "Content-Security-Policy": _CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # own pages read it to lead back; other sites get nothing
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
P = ParamSpec("P")
R = TypeVar("R")
_RETRY_AFTER = 2  # seconds after which a rejected expensive request may be repeated
_MAX_GUESSES, _WINDOW = 10, 60.0  # wrong keys of one address, and seconds
_MAX_ADDRESSES = 1000  # remembered


@dataclass(frozen=True, slots=True)
class Access:
    """The host names of a server and its write token; None if only this machine may write."""

    names: frozenset[str] = frozenset({"localhost"})
    token: str | None = None

    def __post_init__(self) -> None:
        if self.token is not None and not self.token.strip():
            raise ValueError("the token is blank; leave it out, or choose a secret")

    def goes_by(self, host: str) -> bool:
        """Return whether a Host header names this server.

        IP addresses always do, because an attack by DNS rebinding needs a name.
        """
        parts = url_parts(f"//{host}")
        name = parts.hostname if parts else None
        return name is not None and (name in map(str.lower, self.names) or _is_ip_address(name))

    def may_write(self, request: Request) -> bool:
        """Return whether a request has the token in its header or cookie, or needs none."""
        if self.token is None:
            return True
        return self.has_bearer(request) or self.is_key(request.cookies.get(COOKIE, ""))

    def has_bearer(self, request: Request) -> bool:
        """Return whether a request has the token in its Authorization header."""
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return self.token is not None and hmac.compare_digest(token.encode(), self.token.encode())

    @property
    def key(self) -> str:
        """The value of the cookie, derived from the token."""
        return hmac.new((self.token or "").encode(), b"page", hashlib.sha256).hexdigest()

    def is_key(self, cookie: str) -> bool:
        """Return whether a cookie has the right value."""
        return hmac.compare_digest(cookie.encode(), self.key.encode())

    def same_site(self, request: Request) -> bool:
        """Return whether a write request comes from an own page or from a program with the token."""
        own = _is_from_own_page(request)
        return self.has_bearer(request) if own is None else own


class Guesses:
    """The times of wrong keys in the last minute, by IP address."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._wrong: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    def check(self, address: str | None) -> None:
        """Raise TooManyRequests if an address sent too many wrong keys, even if the next one is right."""
        with self._lock:
            times = self._wrong.get(address or "")
            if times and len(times) == _MAX_GUESSES and (left := times[0] + _WINDOW - self._now()) > 0:
                raise TooManyRequests(retry_after=int(left) + 1)

    def wrong(self, address: str | None) -> None:
        """Count a wrong key of an address, which is None if unknown."""
        with self._lock:
            times = self._wrong.pop(address or "", None) or deque(maxlen=_MAX_GUESSES)
            times.append(self._now())
            self._wrong[address or ""] = times  # now the newest; the oldest is dropped first
            if len(self._wrong) > _MAX_ADDRESSES:
                self._wrong.pop(next(iter(self._wrong)))


def protect(app: Flask, access: Access, guesses: Guesses) -> None:
    """Make an app check each request before it runs, and add the security headers to each response."""
    # After a preview, a form sends the largest report in base64, which takes four thirds of its bytes.
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_FORM_MEMORY_SIZE"] = MAX_REPORT_BYTES * 3 // 2
    app.config["MAX_FORM_PARTS"] = 2000  # files of a folder sent at once

    @app.before_request
    def check() -> None:
        if not access.goes_by(request.host):
            raise BadRequest
        if request.method in _READING:
            return
        if request.endpoint == _PROPOSING and _is_visit(request):
            return
        # Questions of programs write nothing, so only pages of other sites are rejected. A token is still required.
        asking = request.endpoint == _ASKING
        allowed = _is_from_own_page(request) is not False if asking else access.same_site(request)
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
    """Check that a request may write. Raises Unauthorized, and TooManyRequests after too many wrong keys."""
    shown = access.token is not None and (COOKIE in request.cookies or "Authorization" in request.headers)
    if shown:
        guesses.check(request.remote_addr)
    if not access.may_write(request):
        if shown:
            guesses.wrong(request.remote_addr)
        raise Unauthorized


def _is_from_own_page(request: Request) -> bool | None:
    """Return whether an own page sent a request, by the headers of the browser; None without such headers.

    Pages cannot change these headers, so forms need no token against cross-site requests.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("Origin")
    return None if origin is None else request.host != "" and origin == f"{request.scheme}://{request.host}"


def _is_visit(request: Request) -> bool:
    """Return whether a request opens a page in a tab.

    Any site may send such a request. Its proposal is only shown; saving it takes a request of an own page.
    """
    return request.headers.get("Sec-Fetch-Mode") == "navigate" and request.headers.get("Sec-Fetch-Dest") == "document"


def key_page(access: Access, guesses: Guesses) -> Blueprint:
    """Return the page where a person enters the token once, which lets this browser write."""
    blueprint = Blueprint("key", __name__)

    @blueprint.get("/key")
    def ask() -> Response:
        return make_response(render_template("key.html", refused=None))

    @blueprint.post("/key")
    def take() -> Response:
        guesses.check(request.remote_addr)
        token = request.form.get("token", "").strip()
        if access.token is None or not hmac.compare_digest(token.encode(), access.token.encode()):
            guesses.wrong(request.remote_addr)
            if wants_json():
                return problem(Forbidden(), _("The key is wrong."))
            response = make_response(
                render_template("key.html", refused=RefusedError(_("The key is wrong."), "token")), 403
            )
            response.vary.add("Accept")
            return response
        response = make_response(redirect("/add", 303))
        response.set_cookie(COOKIE, access.key, httponly=True, samesite="Strict", secure=request.is_secure)
        return response

    return blueprint


def at_once(number: int) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Return a decorator that limits the concurrent calls of a view; further ones get 429 with Retry-After."""

    def limited(view: Callable[P, R]) -> Callable[P, R]:
        running = threading.BoundedSemaphore(number)

        @wraps(view)
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            if not running.acquire(blocking=False):
                raise TooManyRequests(retry_after=_RETRY_AFTER)
            try:
                return view(*args, **kwargs)
            finally:
                running.release()

        return run

    return limited


def _is_ip_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
