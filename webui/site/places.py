"""Which addresses of the page stand in a site of files, and in which file each."""

import re
import unicodedata
from hashlib import sha256
from typing import Literal, NamedTuple, TypeAlias
from urllib.parse import parse_qsl, quote, unquote, urlsplit

_LISTS = {"reports", "events", "talks", "speakers", "years", "pairs", "timeline"}
_PAGES = {"event", "talk", "report", "note", "service", "guide", "speaker", "search"}
_NARROWING = {"year", "event", "service", "series", "speaker", "state"}
_PAGE, _FEED, _INDEX = "page", "/feed", "index.html"
_NO_NAME = re.compile(r'[\x00-\x1f\x7f<>:"\\|?*%#]|[. ]$|^\.')  # what a file system, or an address, takes otherwise
_LONGEST = 240  # bytes of a name; file systems allow 255

Absence: TypeAlias = Literal["deed", "list"]
"""Why an address is in no site: it leads to what one does there, or to a list narrowed by what has no page."""


class Place(NamedTuple):
    """A file of a site, and what of an address comes after it: `?q=SQS`, `?v=1a2b3c4d`, `#notes`."""

    file: str
    after: str = ""


class Places:
    """The files of a site by the addresses of the page: each has its own, also where a file system knows no capitals.

    Lists stand there whole, and narrowed by one thing: by two there would be more of them than notes. Who sees the
    site makes the searches. `feeds` tells whether there are feeds.
    """

    def __init__(self, *, feeds: bool) -> None:
        self._feeds = feeds
        self._files: dict[str, str] = {}
        self._taken: set[str] = set()

    def of(self, address: str) -> Place | Absence:
        """Return where an address leads that begins with `/`; why it does not where it leads nowhere."""
        parts = urlsplit(address)
        steps = [unquote(step) for step in parts.path.split("/")[1:]]
        after = f"#{parts.fragment}" if parts.fragment else ""
        if parts.path == "/":
            return Place(f"search/{_INDEX}", f"?{parts.query}{after}") if parts.query else Place(_INDEX, after)
        if steps[0] == "static":
            return Place("/".join(steps), f"?{parts.query}")
        if parts.path.endswith(_FEED):
            return Place(self._file([*steps[:-1], "feed.xml"])) if self._feeds and len(steps) > 1 else "deed"
        pairs = parse_qsl(parts.query)
        narrowing = [key for key, _ in pairs if key != _PAGE]
        if steps[0] not in _PAGES | _LISTS or parts.path.endswith(".md"):
            return "deed"
        if len(narrowing) > (steps[0] in _LISTS) or not _NARROWING.issuperset(narrowing):
            return "list"
        return Place(self._file([*steps, *(f"{key}={value}" for key, value in pairs), _INDEX]), after)

    def _file(self, steps: list[str]) -> str:
        """Return the file of the names that lead to it: none that a file system refuses, or takes for another's."""
        told = "/".join(quote(step, safe="") for step in steps)
        if told not in self._files:
            file = "/".join(map(_name, steps))
            if _folded(file) in self._taken:
                folder, _, name = file.rpartition("/")
                file = f"{folder}~{_digest(told)}/{name}"
            self._taken.add(_folded(file))
            self._files[told] = file
        return self._files[told]


def link(place: Place, here: str) -> str:
    """Return how a file of a site is linked to from another one."""
    return "../" * here.count("/") + quote(place.file, safe="/=~") + place.after


def web_address(place: Place, root: str) -> str:
    """Return the whole address of a file of a site that stands at `root`."""
    return root + quote(place.file.removesuffix(_INDEX), safe="/=~") + place.after


def _name(text: str) -> str:
    name = _NO_NAME.sub("_", unicodedata.normalize("NFC", text)) or "_"
    if len(name.encode()) <= _LONGEST:
        return name
    return f"{name.encode()[: _LONGEST - 10].decode(errors='ignore')}~{_digest(text)}"


def _folded(file: str) -> str:
    return unicodedata.normalize("NFC", file).casefold()


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:8]
