"""Security of every request: allowed hosts, write access, rate limits and response headers."""

import hashlib
import hmac
import ipaddress
import threading
import time
from collections.abc import Callable, Hashable
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
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "manifest-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
HEADERS = {
    "Content-Security-Policy": f"{CONTENT_SECURITY_POLICY}; frame-ancestors 'none'",
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
_MAX_GUESSES, _WINDOW = 10, 60.0  # different wrong keys of one address, and seconds
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
        bearer, cookie = _credentials(request)
        return _equal(bearer, f"Bearer {self.token}") or _equal(cookie, self.key)

    def may_keep(self, request: Request) -> bool:
        """Return whether a reading request may leave a trace: its visitor may write, and no other site sent it."""
        return self.may_write(request) and _is_from_own_page(request) is not False

    def is_token(self, text: str) -> bool:
        """Return whether a text is the token."""
        return self.token is not None and _equal(text, self.token)

    @property
    def key(self) -> str:
        """The value of the cookie, derived from the token."""
        return hmac.new((self.token or "").encode(), b"page", hashlib.sha256).hexdigest()

    def same_site(self, request: Request) -> bool:
        """Return whether a write request comes from an own page or from a program with a token, right or wrong.

        A page of another site cannot make a browser send `Bearer`.
        """
        own = _is_from_own_page(request)
        return self.token is not None and _credentials(request)[0].startswith("Bearer ") if own is None else own


class Guesses:
    """The wrong credentials of each IP address in the last minute.

    The right credentials always pass, else anyone behind the same proxy could lock out the others. So this limit cannot
    protect a weak token: each answer says whether a guess was right. The length of the token does that: sixteen random
    hexadecimal digits last 300 million years at a thousand guesses a second. The limit stops programs that repeat
    failing requests. A credential counts once, so that an old cookie uses up one guess only.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._wrong: dict[str, dict[int, float]] = {}  # address to hash of a credential to time
        self._lock = threading.Lock()

    def add(self, address: str | None, credential: Hashable) -> None:
        """Add a wrong credential of an address, which is None if unknown. Raises TooManyRequests beyond the limit."""
        guess, now = hash(credential), self._now()
        with self._lock:
            known = self._wrong.pop(address or "", {})
            times = {one: at for one, at in known.items() if at + _WINDOW > now}
            self._wrong[address or ""] = times  # now the newest; the oldest is dropped first
            if len(self._wrong) > _MAX_ADDRESSES:
                self._wrong.pop(next(iter(self._wrong)))
            if guess not in times and len(times) == _MAX_GUESSES:
                raise TooManyRequests(retry_after=int(min(times.values()) + _WINDOW - now) + 1)
            times.setdefault(guess, now)


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
    if not access.may_write(request):
        if any(_credentials(request)):
            guesses.add(request.remote_addr, _credentials(request))
        raise Unauthorized


def _credentials(request: Request) -> tuple[str, str]:
    """Return the Authorization header and the cookie of a request, empty if missing."""
    return request.headers.get("Authorization", ""), request.cookies.get(COOKIE, "")


def _equal(text: str, secret: str) -> bool:
    """Compare a text with a secret in a time that does not depend on the text."""
    return hmac.compare_digest(text.encode(), secret.encode())


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
        token = request.form.get("token", "").strip()
        if not access.is_token(token):
            guesses.add(request.remote_addr, token)
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
