"""Rewrites pages of the server for a site: links lead to files, and parts that need the server are removed."""

import re
import unicodedata
from collections.abc import Callable, Collection
from hashlib import sha256
from typing import Literal, NamedTuple, TypeAlias
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from lxml import etree, html

from webui.http.security import CONTENT_SECURITY_POLICY
from webui.view.report import AT_NOTE

_LISTS = {"reports", "events", "talks", "speakers", "years", "pairs", "timeline"}
_PAGES = {"event", "talk", "report", "note", "service", "guide", "speaker", "search"}
_FILTERS = {"year", "event", "service", "series", "speaker", "state"}
_PAGE, _FEED, _INDEX = "page", "/feed", "index.html"
_NO_NAME = re.compile(r'[\x00-\x1f\x7f<>:"\\|?*%#]|[. ]$|^\.')  # special in file systems or addresses
_MAX_NAME_BYTES = 240  # file systems allow 255

Absence: TypeAlias = Literal["action", "list"]
"""Why a site has no file for an address: it is an action, or a list with filters that the site leaves out."""

HERE = "http://site.invalid"
"""The host of the requests; responses may name no other."""

_NEEDS_SERVER = etree.XPath(
    """
    //script[not(@data-site)] | //link[@rel='search' or @rel='manifest'] | //details[contains(@class, 'syntax')]
    | //form[not(@id='search')] | //button[@form or @id='print'] | //a[@hreflang]
    | //p[@class='samples'] | //details[contains(@class, 'removal')] | //section[@aria-labelledby='saved']
    | //div[@class='hero']//span | //*[@id='status' or @id='suggestions' or @id='dropped']
    """
)
# Elements with links; elements removed with their links; texts with the folders of reports.
_LINKED = etree.XPath("//*[@href or @src or @action]")
_REMOVED_WITH_LINKS = etree.XPath("//*[@class='talk-facets' or @class='chips']//li[not(.//a)]")
_EMPTY_DETAILS = etree.XPath("//*[@class='talk-facets']/details[not(.//a)] | //details[@class='menu'][not(.//a)]")
_FACTS = etree.XPath("//*[contains(@class, 'facts')]//text()[contains(., '/')]")
_CITATION = etree.XPath("//*[@class='citation']")
_BOX = etree.XPath("//input[@id='q']")
_FOOT = etree.XPath("//footer")
_SUGGESTION_ATTRIBUTES = ("role", "aria-autocomplete", "aria-expanded", "aria-controls")
_ABSOLUTE = re.compile(rf"{re.escape(HERE)}(/[^\s<>\"]*)?")
OnLink: TypeAlias = Callable[[str, str], object]
"""Called with the file of each link of a page, and the address of the page behind it."""
_ATOM = "{http://www.w3.org/2005/Atom}"


class Place(NamedTuple):
    """A file of a site, and the query or fragment of an address: `?q=SQS`, `?v=1a2b3c4d`, `#notes`."""

    file: str
    after: str = ""


class Places:
    """The files of a site by address; names differ even on file systems that ignore case.

    Lists have a file without filters and one for each single filter; pairs of filters would outnumber the notes.
    Searches run in the browser. `feeds` is whether the site has feeds.
    """

    def __init__(self, *, feeds: bool) -> None:
        self._feeds = feeds
        self._files: dict[str, str] = {}
        self._taken: set[str] = set()

    def of(self, address: str) -> Place | Absence:
        """Return the place of an address that begins with `/`, or why the site has none."""
        parts = urlsplit(address)
        segments = [unquote(step) for step in parts.path.split("/")[1:]]
        after = f"#{parts.fragment}" if parts.fragment else ""
        if parts.path == "/":
            return Place(f"search/{_INDEX}", f"?{parts.query}{after}") if parts.query else Place(_INDEX, after)
        if segments[0] == "static":
            return Place("/".join(segments), f"?{parts.query}")
        if parts.path.endswith(_FEED):
            return Place(self._file([*segments[:-1], "feed.xml"])) if self._feeds and len(segments) > 1 else "action"
        pairs = [pair for pair in parse_qsl(parts.query) if pair[0] != AT_NOTE]  # on the first page only
        filters = [key for key, _ in pairs if key != _PAGE]
        if segments[0] not in _PAGES | _LISTS or parts.path.endswith(".md"):
            return "action"
        if len(filters) > (segments[0] in _LISTS) or not _FILTERS.issuperset(filters):
            return "list"
        return Place(self._file([*segments, *(f"{key}={value}" for key, value in pairs), _INDEX]), after)

    def _file(self, segments: list[str]) -> str:
        """Return the file of a path, with names that are valid and unique on every file system."""
        address = "/".join(quote(segment, safe="") for segment in segments)
        if address not in self._files:
            file = "/".join(map(_name, segments))
            if _folded(file) in self._taken:
                folder, _, name = file.rpartition("/")
                file = f"{folder}~{_digest(address)}/{name}"
            self._taken.add(_folded(file))
            self._files[address] = file
        return self._files[address]


def link(place: Place, here: str) -> str:
    """Return the relative link to a place from the file `here`."""
    return "../" * here.count("/") + quote(place.file, safe="/=~") + place.after


def web_address(place: Place, root: str) -> str:
    """Return the absolute address of a place in a site at `root`."""
    return root + quote(place.file.removesuffix(_INDEX), safe="/=~") + place.after


def _name(text: str) -> str:
    name = _NO_NAME.sub("_", unicodedata.normalize("NFC", text)) or "_"
    if len(name.encode()) <= _MAX_NAME_BYTES:
        return name
    return f"{name.encode()[: _MAX_NAME_BYTES - 10].decode(errors='ignore')}~{_digest(text)}"


def _folded(file: str) -> str:
    return unicodedata.normalize("NFC", file).casefold()


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:8]


class Rewriter:
    """Rewrites pages and feeds of the server for a site.

    `root` is the future address of the site, or None. `folders` are the sources of reports in folders; the site shows
    only their file names. `made` is the sentence with the date of the export.
    """

    def __init__(self, root: str | None, folders: Collection[str], made: str) -> None:
        self.places = Places(feeds=root is not None)
        self._root = root
        self._folders = sorted(folders, key=len, reverse=True)  # longest first: one may be a prefix of another
        self._made = made

    def page(self, answer: bytes, here: str, on_link: OnLink) -> bytes:
        """Return the page for the file `here`; `on_link` is called with each file that it links to."""
        page = html.document_fromstring(answer, parser=html.HTMLParser(encoding="utf-8"))
        for element in _NEEDS_SERVER(page):
            _remove(element)
        for element in _LINKED(page):
            self._rewrite_link(element, here, on_link)
        for element in (*_REMOVED_WITH_LINKS(page), *_EMPTY_DETAILS(page)):
            _remove(element)
        for text in _FACTS(page):
            self._shorten(text)
        for element in _CITATION(page):
            element.text = self._cited(element.text)
        for element in _BOX(page):
            for name in _SUGGESTION_ATTRIBUTES:
                element.attrib.pop(name, None)
        for element in _FOOT(page):
            etree.SubElement(element, "span").text = self._made
        # A file has no headers. The policy applies to what follows it; browsers ignore `frame-ancestors` here.
        policy = etree.Element("meta", {"http-equiv": "Content-Security-Policy", "content": CONTENT_SECURITY_POLICY})
        page.head.insert(1, policy)  # after the encoding
        return bytes(html.tostring(page, encoding="utf-8", doctype="<!doctype html>")) + b"\n"

    def feed(self, answer: bytes) -> bytes:
        """Return a feed with the addresses of the site."""
        feed = etree.fromstring(answer)
        for element in feed.iter(f"{_ATOM}link"):
            element.set("href", self._web_address(element.get("href").removeprefix(HERE)))
        for element in feed.iter(f"{_ATOM}content"):
            element.text = _ABSOLUTE.sub(
                lambda found: self._web_address((found[1] or "/").replace("&amp;", "&")).replace("&", "&amp;"),
                element.text,
            )
        return bytes(etree.tostring(feed, encoding="utf-8", xml_declaration=True))

    def _rewrite_link(self, element: html.HtmlElement, here: str, on_link: OnLink) -> None:
        """Link an element to a file; without one, remove an action and keep the text of other links."""
        name = next(name for name in ("href", "src", "action") if name in element.attrib)
        address = "/search" if name == "action" else element.get(name)
        if not address.startswith("/") or address.startswith("//"):
            return
        place = self.places.of(address)
        if isinstance(place, Place):
            element.set(name, link(place, here))
            on_link(place.file, address)
        elif place == "action":
            _remove(element)
        else:
            element.tag = "g" if element.getparent().tag == "svg" else "span"
            for key in set(element.attrib) - {"lang"}:
                del element.attrib[key]

    def _shorten(self, text: html.HtmlElement) -> None:
        """Remove the folder from the file names of reports in a text."""
        short = str(text)
        for source in self._folders:
            short = short.replace(source, source.rpartition("/")[2])
        if text.is_tail:
            text.getparent().tail = short
        else:
            text.getparent().text = short

    def _cited(self, text: str) -> str:
        """Return a citation with the future address of its note, or without one if the site's address is unknown."""
        if self._root is None:
            return re.sub(rf" <{_ABSOLUTE.pattern}>", "", text)
        return _ABSOLUTE.sub(lambda found: self._web_address(found[1] or "/"), text)

    def _web_address(self, address: str) -> str:
        place = self.places.of(address)
        return web_address(place if isinstance(place, Place) else Place("index.html"), self._root or "")


def _remove(element: html.HtmlElement) -> None:
    """Remove an element and the parents that it leaves empty, but not the text after it."""
    parent = element.getparent()
    if parent is None:  # an ancestor is removed already
        return
    element.drop_tree()
    if not len(parent) and not (parent.text or "").strip() and parent.tag in ("p", "li", "ul", "nav", "div"):
        _remove(parent)
