"""What a browser has seen of saved searches: when it opened each last, in a cookie of its own.

There are no accounts, and a library is read by several people: what is new is new to whoever looks.
"""

import hashlib
import re
from collections.abc import Mapping

from flask import Request, Response, request

from kb.library.tables import MOST_SEARCHES

COOKIE = "kb_seen"
_A_YEAR = 365 * 24 * 3600  # seconds
_KEY = 8  # hexadecimal digits of the digest of an address
_SEEN = re.compile(rf"([0-9a-f]{{{_KEY}}})\.([0-9]{{14}})")  # 20261126T102030 without the T
_MOMENT = re.compile(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)")


def seen(address: str) -> str | None:
    """Return up to which moment, in UTC, this browser has seen a search; None where it never opened it."""
    told = _read(request).get(_key(address))
    return _MOMENT.sub(r"\1-\2-\3T\4:\5:\6Z", told) if told else None


def see(response: Response, address: str, moment: str) -> None:
    """Have the browser remember that it has seen a search up to a moment."""
    known = {_key(address): re.sub(r"\D", "", moment), **_read(request)}
    known[_key(address)] = re.sub(r"\D", "", moment)
    told = "-".join(f"{key}.{digits}" for key, digits in list(known.items())[:MOST_SEARCHES])
    response.set_cookie(COOKIE, told, max_age=_A_YEAR, samesite="Lax", httponly=True, secure=request.is_secure)


def _key(address: str) -> str:
    return hashlib.sha256(address.encode()).hexdigest()[:_KEY]


def _read(asked: Request) -> Mapping[str, str]:
    return dict(_SEEN.findall(asked.cookies.get(COOKIE, "")[: MOST_SEARCHES * 30]))
