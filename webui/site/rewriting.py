"""From an answer of the server to a file of a site: what needs the server is left out, links lead to files."""

import re
from collections.abc import Callable, Collection
from typing import TypeAlias

from lxml import etree, html

from webui.site.places import Place, Places, link, web_address

HERE = "http://site.invalid"
"""How the server is called that is asked: no answer may tell another name."""

_NEEDS_SERVER = etree.XPath(
    """
    //script[not(@data-site)] | //link[@rel='search' or @rel='manifest'] | //details[contains(@class, 'syntax')]
    | //form[not(@id='search')] | //button[@form or @id='print' or @id='tell-keys'] | //a[@hreflang]
    | //p[@class='samples'] | //details[contains(@class, 'removal')] | //section[@aria-labelledby='saved']
    | //div[@class='hero']//span | //*[@id='status' or @id='suggestions' or @id='dropped' or @id='keys']
    """
)
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
"""What is told of each link of a page: the file that it leads to, and the address of the page that makes it."""

_ATOM = "{http://www.w3.org/2005/Atom}"


class Rewriter:
    """Makes pages and feeds of the server those of a site, and tells which other addresses these lead to.

    `root` is the address at which the site will stand, None where nobody knows; `folders` are the sources of reports
    below a folder, of which a site tells the file alone; `made` is the sentence that tells when it was made.
    """

    def __init__(self, root: str | None, folders: Collection[str], made: str) -> None:
        self.places = Places(feeds=root is not None)
        self._root = root
        self._folders = sorted(folders, key=len, reverse=True)  # of two, one may begin with the other
        self._made = made

    def page(self, answer: bytes, here: str, wanted: Wanted) -> bytes:
        """Return a page as it stands in the file `here`; `wanted` is told what it leads to in the site."""
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
        elif place == "deed":
            _remove(element)
        else:
            element.tag = "g" if element.getparent().tag == "svg" else "span"
            for key in set(element.attrib) - {"lang"}:
                del element.attrib[key]

    def _shorten(self, text: html.HtmlElement) -> None:
        """Tell the name of a report's file where its folder is told too."""
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
