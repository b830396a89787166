"""Text to HTML: the one place where marks become elements, every character of a note escaped."""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from markupsafe import Markup, escape

_BARE_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+(/|$)", re.IGNORECASE)


def marked(text: str, marks: Iterable[tuple[int, int]]) -> Markup:
    """Return a text as HTML, its marked ranges (in code points) in `<mark>`; overlapping ranges are joined."""
    html, done = Markup(), 0
    for begin, end in sorted(marks):
        start = max(begin, done)
        if end <= start:
            continue
        html += escape(text[done:start]) + Markup("<mark>{}</mark>").format(text[start:end])
        done = end
    return html + escape(text[done:])


def web_address(url: str) -> str | None:
    """Return an address that a page may link to, a bare host as https; None for any scheme but http and https."""
    if _BARE_HOST.match(url):
        url = f"https://{url}"
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in {"http", "https"} and parts.netloc else None
