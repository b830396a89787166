"""Where on an HTML page the article stands, without the menus, sidebars and share buttons around and inside it."""

import logging
import re
from collections.abc import Iterator, Sequence
from copy import deepcopy
from itertools import takewhile

from lxml import etree
from readability import Document
from readability.readability import Unparseable

from kb.readers.tree import fragment_tree

# The extractor is asked where the article is; it would drop lists and flatten others: the page's own tree is read.
_PLACE = "data-place"
_FURNITURE = re.compile(
    r"(?:^|[\s_-])(?:share|sharing|social|sns|bookmark|breadcrumbs?|pager|pagination|toc|table-of-contents"
    r"|sidebar|widget|menu|nav|navbar|navigation|related|recommend(?:ed|ation)?s?|comments?|advert(?:isement)?|ads"
    r"|adsbygoogle|banner|footer|sectionfooter|sanchor|newsletter|subscribe|cookie|byline|posted-on"
    r"|author-(?:box|profile|info)"
    r"|(?:entry|post|article)-?(?:meta|date|info|tags?|categor(?:y|ies)|author))(?:$|[\s_-])",
    re.IGNORECASE,
)
_UNSEEN = ".//nav|.//aside|.//footer|.//form|.//*[@role='navigation' or @role='complementary' or @role='contentinfo']"
_ENOUGH = 200  # children tell where their parent's words stand
_SMALLEST_SHARE = 0.25  # of the page's words: with less, a part was taken for the whole
logging.getLogger("readability").addHandler(logging.NullHandler())  # what it cannot find is no news to a user
logging.getLogger("readability").propagate = False


def article_of(page: etree._Element) -> etree._Element:
    """Return the element of `page` that holds its article, what is no part of the article taken out of it."""
    body = page.find("body")
    root = page if body is None else body
    _clear(root)
    found = _common_ancestor(_found(root))
    if found is None or _words(found) < _SMALLEST_SHARE * _words(root):
        return root
    return _whole(found)


def _clear(root: etree._Element) -> None:
    """Take furniture out of `root`; what holds half of the words is none, whatever its name."""
    most = _words(root) / 2
    named = (
        element for element in root.iter() if _FURNITURE.search(f"{element.get('class', '')} {element.get('id', '')}")
    )
    for element in [*root.xpath(_UNSEEN), *named]:
        if element is not root and element.getparent() is not None and _words(element) < most:
            element.drop_tree()


def _found(root: etree._Element) -> list[etree._Element]:
    """Return the elements with words of their own that the extractor takes for the article."""
    elements = list(root.iter())
    for place, element in enumerate(elements):
        element.set(_PLACE, str(place))
    try:
        summary = Document(_in_paragraphs(root.getroottree().getroot())).summary(html_partial=True)
    except Unparseable:
        return []
    tree = fragment_tree(summary)  # an empty page's summary is an <html> without a body
    places = () if tree is None else map(int, tree.xpath(f".//@{_PLACE}"))
    return [elements[place] for place in places if _own_words(elements[place])]


def _in_paragraphs(page: etree._Element) -> etree._Element:
    """Return a copy of `page`, long parts cut, its lists told as paragraphs: the extractor counts nothing else."""
    copy = deepcopy(page)
    for element in copy.iter():
        del element[_ENOUGH:]
    for element in [*copy.iter("li", "dt", "dd")]:
        element.tag = "p"
    for element in [*copy.iter("ul", "ol", "dl")]:
        element.drop_tag()
    return copy


def _common_ancestor(elements: Sequence[etree._Element]) -> etree._Element | None:
    """Return the innermost element around all of `elements`."""
    if not elements:
        return None
    lines = [[*reversed([*element.iterancestors()]), element] for element in elements]
    shared = [*takewhile(lambda level: all(one is level[0] for one in level), zip(*lines, strict=False))]
    return shared[-1][0] if shared else None


def _whole(found: etree._Element) -> etree._Element:
    """Return what `found` is a part of: its list, the parent of its section, and the article where that holds more."""
    lists = [*found.iterancestors("ul", "ol", "dl")]
    found = lists[-1] if lists else found
    sections = [outer for outer in (found, *found.iterancestors()) if _is_section(outer)]
    found = sections[-1].getparent() if sections else found
    around = next((outer for outer in found.iterancestors("article", "main")), None)
    return around if around is not None and _parts(around) > _parts(found) else found


def _is_section(element: etree._Element) -> bool:
    """Tell whether an element is one section among others, as docutils, Sphinx and the diaries of Hatena write them."""
    return "section" in element.get("class", "").split() and element.getparent() is not None


def _parts(element: etree._Element) -> int:
    return len(element.xpath(".//li|.//h2|.//h3|.//h4"))


def _words(element: etree._Element) -> int:
    return sum(len(text.strip()) for text in element.itertext())


def _own_words(element: etree._Element) -> bool:
    texts: Iterator[str | None] = iter((element.text, *(child.tail for child in element)))
    return any(text and text.strip() for text in texts)
