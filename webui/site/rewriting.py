"""From an answer of the server to a file of a site: what needs the server is left out, links lead to files."""

import re
import unicodedata
from collections.abc import Callable, Collection
from hashlib import sha256
from typing import Literal, NamedTuple, TypeAlias
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from lxml import etree, html

_LISTS = {"reports", "events", "talks", "speakers", "years", "pairs", "timeline"}
_PAGES = {"event", "talk", "report", "note", "service", "guide", "speaker", "search"}
_NARROWING = {"year", "event", "service", "series", "speaker", "state"}
_PAGE, _FEED, _INDEX = "page", "/feed", "index.html"
_NO_NAME = re.compile(r'[\x00-\x1f\x7f<>:"\\|?*%#]|[. ]$|^\.')  # what a file system, or an address, takes otherwise
_LONGEST = 240  # bytes of a name; file systems allow 255

Absence: TypeAlias = Literal["action", "list"]
"""Why an address is in no site: it leads to what one does there, or to a list narrowed by what has no page."""

HERE = "http://site.invalid"
"""How the server is called that is asked: no answer may name another."""

_NEEDS_SERVER = etree.XPath(
    """
    //script[not(@data-site)] | //link[@rel='search' or @rel='manifest'] | //details[contains(@class, 'syntax')]
    | //form[not(@id='search')] | //button[@form or @id='print' or @id='tell-keys'] | //a[@hreflang]
    | //p[@class='samples'] | //details[contains(@class, 'removal')] | //section[@aria-labelledby='saved']
    | //div[@class='hero']//span | //*[@id='status' or @id='suggestions' or @id='dropped' or @id='keys']
    """
)
# Links lead to files or go; with those that go, what holds nothing else; folders of files are left out of facts.
_LINKED = etree.XPath("//*[@href or @src or @action]")
_LEFT_OUT_WITH = etree.XPath("//*[@class='talk-facets' or @class='chips']//li[not(.//a)]")
_UNFILLED = etree.XPath("//*[@class='talk-facets']/details[not(.//a)]")
_FACTS = etree.XPath("//*[contains(@class, 'facts')]//text()[contains(., '/')]")
_CITATION = etree.XPath("//*[@class='citation']")
_BOX = etree.XPath("//input[@id='q']")
_FOOT = etree.XPath("//footer")
_OF_SUGGESTIONS = ("role", "aria-autocomplete", "aria-expanded", "aria-controls")
_ABSOLUTE = re.compile(rf"{re.escape(HERE)}(/[^\s<>\"]*)?")
Wanted: TypeAlias = Callable[[str, str], object]
"""What is called for each link of a page: the file that it leads to, and the address of the page that makes it."""
_ATOM = "{http://www.w3.org/2005/Atom}"


class Place(NamedTuple):
    """A file of a site, and what of an address comes after it: `?q=SQS`, `?v=1a2b3c4d`, `#notes`."""

    file: str
    after: str = ""


class Places:
    """The files of a site by the addresses of the page: each has its own, also where a file system knows no capitals.

    Lists stand there whole, and narrowed by one thing: by two there would be more of them than notes. Who sees the
    site makes the searches. `feeds` is whether there are feeds.
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
            return Place(self._file([*steps[:-1], "feed.xml"])) if self._feeds and len(steps) > 1 else "action"
        pairs = parse_qsl(parts.query)
        narrowing = [key for key, _ in pairs if key != _PAGE]
        if steps[0] not in _PAGES | _LISTS or parts.path.endswith(".md"):
            return "action"
        if len(narrowing) > (steps[0] in _LISTS) or not _NARROWING.issuperset(narrowing):
            return "list"
        return Place(self._file([*steps, *(f"{key}={value}" for key, value in pairs), _INDEX]), after)

    def _file(self, steps: list[str]) -> str:
        """Return the file of the names that lead to it: none that a file system refuses, or takes for another's."""
        address = "/".join(quote(step, safe="") for step in steps)
        if address not in self._files:
            file = "/".join(map(_name, steps))
            if _folded(file) in self._taken:
                folder, _, name = file.rpartition("/")
                file = f"{folder}~{_digest(address)}/{name}"
            self._taken.add(_folded(file))
            self._files[address] = file
        return self._files[address]


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


class Rewriter:
    """Makes pages and feeds of the server those of a site, and reports which other addresses these lead to.

    `root` is the address at which the site will stand, None where nobody knows; `folders` are the sources of reports
    below a folder, of which a site names the file alone; `made` is the sentence on when it was made.
    """

    def __init__(self, root: str | None, folders: Collection[str], made: str) -> None:
        self.places = Places(feeds=root is not None)
        self._root = root
        self._folders = sorted(folders, key=len, reverse=True)  # of two, one may begin with the other
        self._made = made

    def page(self, answer: bytes, here: str, wanted: Wanted) -> bytes:
        """Return a page as it stands in the file `here`; `wanted` is called with each file that it leads to."""
        page = html.document_fromstring(answer, parser=html.HTMLParser(encoding="utf-8"))
        for element in _NEEDS_SERVER(page):
            _remove(element)
        for element in _LINKED(page):
            self._lead(element, here, wanted)
        for element in (*_LEFT_OUT_WITH(page), *_UNFILLED(page)):
            _remove(element)
        for text in _FACTS(page):
            self._shorten(text)
        for element in _CITATION(page):
            element.text = self._cited(element.text)
        for element in _BOX(page):
            for name in _OF_SUGGESTIONS:
                element.attrib.pop(name, None)
        for element in _FOOT(page):
            etree.SubElement(element, "span").text = self._made
        return bytes(html.tostring(page, encoding="utf-8", doctype="<!doctype html>")) + b"\n"

    def feed(self, answer: bytes) -> bytes:
        """Return a feed with the addresses of a site."""
        feed = etree.fromstring(answer)
        for element in feed.iter(f"{_ATOM}link"):
            element.set("href", self._web_address(element.get("href").removeprefix(HERE)))
        for element in feed.iter(f"{_ATOM}content"):
            element.text = _ABSOLUTE.sub(
                lambda found: self._web_address((found[1] or "/").replace("&amp;", "&")).replace("&", "&amp;"),
                element.text,
            )
        return bytes(etree.tostring(feed, encoding="utf-8", xml_declaration=True))

    def _lead(self, element: html.HtmlElement, here: str, wanted: Wanted) -> None:
        """Have an element lead to a file; where there is none, leave out a deed and keep the text of the rest."""
        name = next(name for name in ("href", "src", "action") if name in element.attrib)
        address = "/search" if name == "action" else element.get(name)
        if not address.startswith("/") or address.startswith("//"):
            return
        place = self.places.of(address)
        if isinstance(place, Place):
            element.set(name, link(place, here))
            wanted(place.file, address)
        elif place == "action":
            _remove(element)
        else:
            element.tag = "g" if element.getparent().tag == "svg" else "span"
            for key in set(element.attrib) - {"lang"}:
                del element.attrib[key]

    def _shorten(self, text: html.HtmlElement) -> None:
        """Leave the folder of a report's file out of a text, its name stays."""
        short = str(text)
        for source in self._folders:
            short = short.replace(source, source.rpartition("/")[2])
        if text.is_tail:
            text.getparent().tail = short
        else:
            text.getparent().text = short

    def _cited(self, text: str) -> str:
        """Return a citation with the address that its note will have, with none where nobody knows it."""
        if self._root is None:
            return re.sub(rf" <{_ABSOLUTE.pattern}>", "", text)
        return _ABSOLUTE.sub(lambda found: self._web_address(found[1] or "/"), text)

    def _web_address(self, address: str) -> str:
        place = self.places.of(address)
        return web_address(place if isinstance(place, Place) else Place("index.html"), self._root or "")


def _remove(element: html.HtmlElement) -> None:
    """Take an element away, and what holds nothing but it; the text after it stays."""
    parent = element.getparent()
    if parent is None:  # it stood in one that is gone already
        return
    element.drop_tree()
    if not len(parent) and not (parent.text or "").strip() and parent.tag in ("p", "li", "ul", "nav", "div"):
        _remove(parent)
