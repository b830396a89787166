"""HTML pages: finds the article among menus, sidebars and buttons, and the day of posting in the head.

Also reads posts of Movable Type exports, and unwraps pages that a browser saved as one file.
"""

import email
import logging
import plistlib
import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from datetime import datetime
from itertools import takewhile, zip_longest
from typing import Any
from xml.parsers.expat import ExpatError

from lxml import etree
from readability import Document
from readability.readability import Unparseable

from index import datafiles
from index.messages import translatable
from index.text import trimmed
from kb.readers import markdown
from kb.readers.contract import Parse, split_lines
from kb.readers.decoding import DecodedText, decode
from kb.readers.dom import element_blocks, fragment_tree, page_tree
from kb.readers.headings import with_bold_headings
from kb.report.dates import day_in_japan, is_date
from kb.report.outline import Block

# Comments before the first tag. The quantifiers are possessive, so that many comments take linear time.
_COMMENTS = r"(?:<!--(?:(?!-->).)*+-->\s*+)*+"
_PAGE = re.compile(rf"(?:<\?xml[^>]*>\s*)?{_COMMENTS}<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL)
_TAG_FIRST = re.compile(rf"{_COMMENTS}<[a-z][^>]*>", re.IGNORECASE | re.DOTALL)
_CLOSED = re.compile(r"</(?:p|li|h[1-6]|div|td)>", re.IGNORECASE)
_MARKDOWN = re.compile(r"^(?:#{1,6} |[-*+] |\d+\. |```)", re.MULTILINE)
_FEWEST_CLOSED = 2
_FURNITURE_LINE = re.compile(
    rf"[\W_]*(?:{'|'.join(datafiles.lines('kb.readers', 'furniture_lines.txt'))})[\W_]*", re.IGNORECASE
)
_DAY_BEFORE = re.compile(r"^20\d\d[-/.]\d\d[-/.]\d\d[\s:-]*(?=\S)")  # in the titles of diaries
_META = {"title": ("og:title", "twitter:title"), "author": ("author",), "url": ("og:url",)}
# Metadata with the day of posting.
_POSTED = ("article:published_time", "datePublished", "date", "article:modified_time", "dateModified")
_PUBLISHED = re.compile(r'"datePublished"\s*:\s*"(?P<day>[^"]+)"')
_DAY = re.compile(r"20\d\d-\d\d-\d\d")
_DATE_IN_TITLE = ".//h1//*[@class='date']|.//h2//*[@class='date']"  # in diaries of Hatena
_SECONDS = re.compile(r"1\d{9}")  # since 1970, as Hatena writes days; valid until the year 2033
# Readability only locates the article, by this attribute. The original tree is read, because readability drops some
# lists and flattens others.
_INDEX = "data-place"
_FURNITURE = re.compile(
    rf"(?:^|[\s_-])(?:{'|'.join(datafiles.lines('kb.readers', 'furniture_names.txt'))})(?:$|[\s_-])", re.IGNORECASE
)
_UNSEEN = ".//nav|.//aside|.//footer|.//form|.//*[@role='navigation' or @role='complementary' or @role='contentinfo']"
_MAX_CHILDREN = 200  # of an element that readability has to score
_MIN_SHARE = 0.25  # of the characters of a page; a smaller article is only a part of the real one
logging.getLogger("readability").addHandler(logging.NullHandler())  # its warnings do not help users
logging.getLogger("readability").propagate = False


def recognises(text: str) -> bool:
    """Return whether `text` is a page or a part of one: it begins with a tag, and is not Markdown."""
    text = trimmed(text)
    if _PAGE.match(text):
        return True
    if not _TAG_FIRST.match(text) or _MARKDOWN.search(text):
        return False
    return sum(1 for _ in _CLOSED.finditer(text)) >= _FEWEST_CLOSED


def read(text: str) -> Parse:
    """Return the parse of an HTML page."""
    page = page_tree(text)
    if page is None:
        return Parse(title=None, blocks=())
    properties = {
        meta.get("property") or meta.get("name") or meta.get("itemprop"): meta.get("content", "")
        for meta in page.iter("meta")
    }
    values = {key: [trimmed(properties.get(name, "")) for name in names] for key, names in _META.items()}
    metadata = {key: next(filter(None, of_key)) for key, of_key in values.items() if any(of_key)}
    day = _posting_day(page, properties)
    element = page.find(".//title")
    declared = metadata.get("title") or (_text(element) if element is not None else "")
    headings = [text for heading in page.iter("h1", "h2") if (text := _text(heading))]
    # The title of a page may also name its site, unlike the heading that begins it.
    begins_title = (text for text in headings if declared.startswith(text))
    title = next(filter(None, (*begins_title, declared, *headings)), None)
    if day:
        metadata["date"] = day
        title = _DAY_BEFORE.sub("", title or "") or None
    if title:
        metadata["title"] = title
    return Parse(title, _shown_blocks(_article(page)), tuple(metadata.items()))


def _body_blocks(text: str) -> tuple[Block, ...]:
    """Return the blocks of a post without a page around it."""
    tree = fragment_tree(text)
    return () if tree is None else _shown_blocks(tree)


def _shown_blocks(element: etree._Element) -> tuple[Block, ...]:
    """Return the blocks of an element without the lines that a blog adds."""
    blocks = (block for block in element_blocks(element) if not _FURNITURE_LINE.fullmatch(block.text))
    return with_bold_headings([*blocks])


def _text(element: etree._Element) -> str:
    return trimmed(" ".join("".join(element.itertext()).split()))


def _posting_day(page: etree._Element, properties: Mapping[str | None, str]) -> str | None:
    """Return the day of posting, as `2018-03-12`, and remove the elements that show it from the page.

    Blogs show it above the article, where a report has the day of the event.
    """
    scripts = page.xpath(".//script[@type='application/ld+json']")
    published = [found["day"] for script in scripts if (found := _PUBLISHED.search(script.text or ""))]
    written = (*published, *(properties.get(name, "") for name in _POSTED))
    days = [day for value in written if (day := _day(value))]
    times = [element for element in page.iter("time") if element.get("datetime")]
    if not days:
        in_article = [element for element in times if next(element.iterancestors("article", "main"), None) is not None]
        days = [day for element in in_article[:1] if (day := _day(element.get("datetime")))]
    for element in page.xpath(_DATE_IN_TITLE):
        day = _day("".join(element.itertext()))
        days += [day] if day and not days else []
        if day in days:
            element.drop_tree()
    for element in times:
        if _day(element.get("datetime")) in days and element.getparent() is not None:
            element.drop_tree()
    return days[0] if days else None


def _day(written: str) -> str | None:
    written = written.strip()
    if _SECONDS.fullmatch(written):
        return day_in_japan(int(written))
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        found = _DAY.match(written)
        return found[0] if found and is_date(found[0]) else None
    return day_in_japan(moment.timestamp()) if moment.tzinfo else moment.date().isoformat()


def _article(page: etree._Element) -> etree._Element:
    """Remove furniture from `page`, and return the element that holds its article."""
    body = page.find("body")
    root = page if body is None else body
    _remove_furniture(root)
    paths = [[*reversed([*element.iterancestors()]), element] for element in _extracted(root)]
    common = [*takewhile(lambda level: all(element is level[0] for element in level), zip(*paths, strict=False))]
    if not common or _text_length(common[-1][0]) < _MIN_SHARE * _text_length(root):
        return root
    article = common[-1][0]
    lists = [*article.iterancestors("ul", "ol", "dl")]
    article = lists[-1] if lists else article
    # docutils, Sphinx and diaries of Hatena divide the article into elements with the class `section`.
    sections = [
        outer
        for outer in (article, *article.iterancestors())
        if "section" in outer.get("class", "").split() and outer.getparent() is not None
    ]
    article = sections[-1].getparent() if sections else article
    around = next((outer for outer in article.iterancestors("article", "main")), None)
    return around if around is not None and _parts(around) > _parts(article) else article


def _remove_furniture(root: etree._Element) -> None:
    """Remove menus, buttons and the like from `root`. An element with half of the text stays, whatever its name."""
    max_length = _text_length(root) / 2
    named = (
        element for element in root.iter() if _FURNITURE.search(f"{element.get('class', '')} {element.get('id', '')}")
    )
    for element in [*root.xpath(_UNSEEN), *named]:
        if element is not root and element.getparent() is not None and _text_length(element) < max_length:
            element.drop_tree()


def _extracted(root: etree._Element) -> list[etree._Element]:
    """Return the elements with text of their own that readability takes for the article."""
    elements = list(root.iter())
    for index, element in enumerate(elements):
        element.set(_INDEX, str(index))
    page = deepcopy(root.getroottree().getroot())
    for element in page.iter():
        del element[_MAX_CHILDREN:]
    for element in [*page.iter("li", "dt", "dd")]:  # readability scores only paragraphs
        element.tag = "p"
    for element in [*page.iter("ul", "ol", "dl")]:
        element.drop_tag()
    try:
        summary = Document(page).summary(html_partial=True)
    except Unparseable:
        return []
    tree = fragment_tree(summary)  # an empty page's summary is an <html> without a body
    found = [] if tree is None else [elements[int(index)] for index in tree.xpath(f".//@{_INDEX}")]
    return [
        element
        for element in found
        if any(text and text.strip() for text in (element.text, *(child.tail for child in element)))
    ]


def _parts(element: etree._Element) -> int:
    return len(element.xpath(".//li|.//h2|.//h3|.//h4"))


def _text_length(element: etree._Element) -> int:
    return sum(len(text.strip()) for text in element.itertext())


# A post of a Movable Type export, the format of Hatena and Livedoor blogs: its fields, then its body.
_FIELD = re.compile(r"(?P<key>[A-Z][A-Z ]*): ?(?P<value>.*)")
_PART_END = "-----"
_PARTS = ("BODY:", "EXTENDED BODY:", "EXCERPT:", "KEYWORDS:", "COMMENT:", "PING:")
_KEYS = {"TITLE": "title", "AUTHOR": "author", "DATE": "date", "CATEGORY": "category", "TAGS": "tags"}
_DATE = re.compile(r"(?P<month>\d\d)/(?P<day>\d\d)/(?P<year>\d{4})\b.*")
_CONVERTED = ("1", "__default__", "convert_breaks")  # values of CONVERT BREAKS by which the page keeps line breaks
_TAG_AT_END = re.compile(
    r"</?(?:ul|ol|li|dl|dt|dd|p|div|h[1-6]|table|tr|td|th|blockquote|pre|br)\b[^<>]*>\s*$", re.IGNORECASE
)


def recognises_post(text: str) -> bool:
    """Return whether `text` is a post of an export: fields, then its body."""
    lines = split_lines(text[:4000].lstrip("\ufeff \t\r\n"))
    end = next((at for at, line in enumerate(lines) if line.rstrip() == _PART_END), 0)
    return end > 0 and all(map(_FIELD.fullmatch, lines[:end])) and lines[end + 1 : end + 2] == ["BODY:"]


def read_post(text: str) -> Parse:
    """Return the parse of a post."""
    lines = split_lines(text)
    head = takewhile(lambda line: line.rstrip() != _PART_END, lines)
    found = (_FIELD.match(line.lstrip("\ufeff")) for line in head)
    fields = {field["key"]: field["value"].strip() for field in found if field}
    body = list(_written(lines))
    values = ((name, _DATE.sub(r"\g<year>-\g<month>-\g<day>", fields.get(key, ""))) for key, name in _KEYS.items())
    metadata = {name: value for name, value in values if value}
    conversion = fields.get("CONVERT BREAKS", "")
    if conversion.startswith("markdown"):
        blocks = markdown.read("\n".join(body)).blocks
    else:
        if conversion in _CONVERTED:
            body = [line if _TAG_AT_END.search(line) else f"{line}<br>" for line in body]
        blocks = _body_blocks("\n".join(body))
    shown = tuple(block for block in blocks if block.type != "blank")
    return Parse(metadata.get("title"), shown, tuple(metadata.items()))


def _written(lines: Sequence[str]) -> Iterator[str]:
    """Yield the lines that the author wrote, with empty lines in place of all others."""
    part = ""
    for line, below in zip_longest(lines, lines[1:]):
        begins = line.rstrip() if line.rstrip() in _PARTS and not part else ""
        ends = line.rstrip() == _PART_END and (below is None or below.rstrip() in _PARTS)
        yield "" if begins or ends or part not in ("BODY:", "EXTENDED BODY:") else line
        part = "" if ends else begins or part


# Pages that a browser saved as one file: MHTML and the webarchive of Safari.
# The head of a MIME message, as Chrome, Edge, Firefox and Internet Explorer write it.
_MIME = re.compile(
    rb"\A\s{0,99}(?:[A-Za-z][\w-]*:[^\n]*\n(?:[ \t][^\n]*\n)*){0,40}?"
    rb"Content-Type:\s*(?:multipart/(?:related|alternative|mixed)|text/html)\b",
    re.IGNORECASE,
)
_VERSION = re.compile(rb"^MIME-Version:", re.IGNORECASE | re.MULTILINE)
_HEAD = 8000  # bytes that show the format of a saved page
_BINARY = b"bplist00"
_PLIST = re.compile(rb"\A" + _BINARY + rb"|\A\s*<\?xml[^>]*>\s*<!DOCTYPE plist\b")
_DAMAGED = translatable("a saved page that is damaged; save it again, as a web page (.html)")
_PLIST_ERRORS = (
    plistlib.InvalidFileException, ValueError, KeyError, TypeError, IndexError, AttributeError, OverflowError,
    RecursionError, MemoryError, struct.error, ExpatError,
)  # fmt: skip


class DamagedPageError(ValueError):
    """A saved file without a readable page. The message says what to do."""


def page_in_mhtml(data: bytes) -> DecodedText | None:
    """Return the page in an MHTML file, None for any other file. Raises DamagedPageError."""
    if not (_MIME.match(data[:_HEAD]) and _VERSION.search(data[:_HEAD])):
        return None
    try:
        parts = email.message_from_bytes(data).walk()
        page = next(part for part in parts if part.get_content_type() == "text/html")
        payload = page.get_payload(decode=True)
        if isinstance(payload, bytes):
            return _page_text(payload, page.get_content_charset())
    except (LookupError, ValueError, TypeError, AttributeError, RecursionError, StopIteration) as error:
        raise DamagedPageError(_DAMAGED) from error
    raise DamagedPageError(_DAMAGED)


def page_in_webarchive(data: bytes) -> DecodedText | None:
    """Return the page in a webarchive of Safari, None for any other file. Raises DamagedPageError."""
    if not (_PLIST.match(data[:_HEAD]) and b"WebMainResource" in data):
        return None
    try:
        objects = int.from_bytes(data[-24:-16], "big")  # as the file claims; plistlib allocates room for them
        if data.startswith(_BINARY) and objects > len(data):
            raise DamagedPageError(_DAMAGED)
        main: dict[str, Any] = plistlib.loads(data)["WebMainResource"]
        return _page_text(bytes(main["WebResourceData"]), main.get("WebResourceTextEncodingName"))
    except _PLIST_ERRORS as error:
        raise DamagedPageError(_DAMAGED) from error


def _page_text(page: bytes, encoding: str | None) -> DecodedText:
    """Return the text of a page in the encoding that it names, or the detected one if that fails."""
    guessed = decode(page)
    try:
        return DecodedText(page.decode(encoding or ""), encoding or "")
    except (LookupError, UnicodeDecodeError):
        if guessed is None:
            raise DamagedPageError(_DAMAGED) from None
        return guessed
