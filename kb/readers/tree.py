"""HTML made into a tree by lxml: a page or a part of one, its lines counted as ours are, whatever is in it."""

import re
from collections import Counter

from lxml import etree
from lxml.html import HTMLParser, document_fromstring

from kb.readers.contract import DEEPEST

_LINE_END = re.compile(r"\r\n|\r")
# lxml raises ValueError for what XML does not allow: C0 but for white space, and the two that are no characters.
_NO_XML = re.compile("[\x00-\x08\x0e-\x1f\ufffe\uffff]")
_NO_XML_SPACE = re.compile("[\v\f]")
_TAG = re.compile(r"<(?P<end>/?)(?P<name>[A-Za-z][\w-]*)[^<>]*>")
# Tags that need not be closed, so that counting them says nothing of how deep a page is.
_UNCLOSED = frozenset((
    "area", "base", "body", "br", "col", "dd", "dt", "embed", "head", "hr", "html", "img", "input", "li", "link",
    "meta", "option",
    "p", "param", "rp", "rt", "source", "tbody", "td", "tfoot", "th", "thead", "tr", "track", "wbr",
))  # fmt: skip
_DEEPEST_LIST, _DEEPEST_ELEMENT = DEEPEST + 2, 300  # libxml2 drops what lies deeper than 2,048 elements


def page_tree(text: str) -> etree._Element | None:
    """Return the tree of a page, None for one without a single element."""
    parser = HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True)
    try:
        return document_fromstring(_readable(text).encode("utf-8", "replace"), parser=parser)
    except etree.ParserError:
        return None


def fragment_tree(text: str) -> etree._Element | None:
    """Return the tree of a part of a page, in an element of its own; None where it shows nothing."""
    page = page_tree(f"<html><body>{text}")
    return None if page is None else page.find("body")


def _readable(source: str) -> str:
    """Return `source` as lxml can take it, without tags that nest deeper than any page does; their words stay."""
    opened: Counter[str] = Counter()

    def keep(tag: re.Match[str]) -> str:
        name = tag["name"].lower()
        if name in _UNCLOSED:
            return tag[0]
        deepest = _DEEPEST_LIST if name in ("ul", "ol") else _DEEPEST_ELEMENT
        opened[name] += 0 if tag["end"] else 1
        kept = opened[name] <= deepest
        opened[name] -= 1 if tag["end"] and opened[name] else 0
        return tag[0] if kept else ""

    source = _NO_XML_SPACE.sub(" ", _NO_XML.sub("", _LINE_END.sub("\n", source)))
    return _TAG.sub(keep, source)
