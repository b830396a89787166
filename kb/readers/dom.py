"""HTML as a tree of lxml, and its blocks: the headings, lists, paragraphs, tables and links that a page shows."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from lxml import etree
from lxml.html import HTMLParser, document_fromstring

from index.text import fold_spaces, trimmed
from kb.readers.contract import DEEPEST, addresses
from kb.readers.headings import BOLD
from kb.readers.whole_elements import web_addresses, whole_blocks
from kb.report.outline import Block, BlockType

_LINE_END = re.compile(r"\r\n|\r")
# lxml raises ValueError for what XML does not allow: C0 but for white space, and the two that are no characters.
_NO_XML = re.compile("[\x00-\x08\x0e-\x1f\ufffe\uffff]")
_NO_XML_SPACE = re.compile("[\v\f]")
_TAG = re.compile(r"<(?P<end>/?)(?P<name>[A-Za-z][\w-]*)[^<>]*>")
# Tags that need not be closed, so that counting them says nothing of how deep a page is.
_UNCLOSED = frozenset((
    "area", "base", "body", "br", "col", "dd", "dt", "embed", "head", "hr", "html", "img", "input", "li", "link",
    "meta", "option", "p", "param", "rp", "rt", "source", "tbody", "td", "tfoot", "th", "thead", "tr", "track", "wbr",
))  # fmt: skip
_DEEPEST_LIST, _DEEPEST_ELEMENT = DEEPEST + 2, 300  # libxml2 drops what lies deeper than 2,048 elements
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_LISTS: dict[str, BlockType] = {"ul": "bullet", "menu": "bullet", "dir": "bullet", "dl": "bullet", "ol": "numbered"}
_ITEMS = {"li": 0, "dt": 0, "dd": 1}  # levels below their list: what a term means stands below the term
# Elements that begin and end a paragraph.
_BLOCKS = frozenset((
    "address", "article", "blockquote", "body", "caption", "center", "details", "div", "fieldset", "figcaption",
    "figure", "header", "hgroup", "html", "legend", "main", "p", "section", "summary", "table", "tbody", "td", "tfoot",
    "th", "thead", "tr", *_HEADINGS, *_LISTS, *_ITEMS,
))  # fmt: skip
_BOLD_STYLE = re.compile(r"font-weight\s*:\s*(?:bold|[6-9]00)")  # as editors of blogs write it
_TWO_SPACES = "\u00a0\u00a0"  # as wide as U+3000, and as deep an indent
_DRAWN_ITEM = re.compile(r"(?P<indent>[ \u3000]*)[・•◦▪][ \u3000]*(?P<text>\S.*)", re.DOTALL)


def page_tree(text: str) -> etree._Element | None:
    """Return the tree of a page, its lines counted as ours are; None for a page without a single element.

    Tags that nest deeper than any page does are left out, and their words stay.
    """
    depths: Counter[str] = Counter()

    def keep(tag: re.Match[str]) -> str:
        name = tag["name"].lower()
        if name in _UNCLOSED:
            return tag[0]
        depths[name] += 0 if tag["end"] else 1
        kept = depths[name] <= (_DEEPEST_LIST if name in ("ul", "ol") else _DEEPEST_ELEMENT)
        depths[name] -= 1 if tag["end"] and depths[name] else 0
        return tag[0] if kept else ""

    source = _TAG.sub(keep, _NO_XML_SPACE.sub(" ", _NO_XML.sub("", _LINE_END.sub("\n", text))))
    parser = HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True)
    try:
        return document_fromstring(source.encode("utf-8", "replace"), parser=parser)
    except etree.ParserError:
        return None


def fragment_tree(text: str) -> etree._Element | None:
    """Return the tree of a part of a page, in an element of its own; None where it shows nothing."""
    page = page_tree(f"<html><body>{text}")
    return None if page is None else page.find("body")


def element_blocks(root: etree._Element, above: int = 0) -> Iterator[Block]:
    """Yield the blocks of `root`, whose first line stands below `above` lines of its file."""
    walk = _Walk(above)
    events = etree.iterwalk(root, events=("start", "end"))
    skipped: etree._Element | None = None
    for event, element in events:
        if event == "end":
            if element is not skipped:
                yield from walk.leave(element)
            walk.say(element.tail if element is not root else None, element)
            continue
        whole = whole_blocks(element)
        if whole is None:
            yield from walk.enter(element)
        else:
            events.skip_subtree()
            skipped = element
            if whole:
                yield from walk.flush()
                line = element.sourceline + above
                for block in whole:
                    yield replace(block, first_line=line + block.first_line, last_line=line + block.last_line)
    yield from walk.flush()


@dataclass(slots=True)
class _Line:
    """The words of one line of a paragraph, where in the file they begin (0: nowhere), and what they link to."""

    words: list[str] = field(default_factory=list)
    number: int = 0
    links: list[str] = field(default_factory=list)
    linked: bool = True  # no word stands outside a link
    bold: bool = True  # nor outside of bold letters

    @property
    def text(self) -> str:
        return trimmed(fold_spaces("".join(self.words)))


@dataclass(slots=True)
class _Walk:
    """Where a walk through a page is: the containers it stands in, and the words that no block holds yet."""

    above: int
    lists: list[BlockType] = field(default_factory=list)
    item: Block | None = None  # whose own text is still to come
    heading: int | None = None
    quotes: int = 0
    anchors: int = 0
    bolds: int = 0
    lines: list[_Line] = field(default_factory=lambda: [_Line()])
    last_line: int = 0

    def enter(self, element: etree._Element) -> Iterator[Block]:
        tag = element.tag
        if tag in _BLOCKS:
            yield from self.flush()
        if tag in _LISTS:
            self.lists.append(_LISTS[tag])
        elif tag in _ITEMS:
            depth = max(len(self.lists) - 1, 0) + _ITEMS[tag]
            self.item = Block(self.lists[-1] if self.lists else "bullet", "", 0, 0, depth=depth)
        elif tag in _HEADINGS:
            self.heading = _HEADINGS[tag]
        elif tag == "br":
            self.lines.append(_Line())
        elif tag == "a":
            self.lines[-1].links += web_addresses(element.get("href"))
        elif tag == "img":
            self.say(element.get("alt"), element, seen=False)
        self._count(element, 1)
        self.say(element.text, element)

    def leave(self, element: etree._Element) -> Iterator[Block]:
        tag = element.tag
        if tag in _BLOCKS:
            yield from self.flush()
        if tag in _LISTS:
            self.lists.pop()
        elif tag in _ITEMS:
            self.item = None
        elif tag in _HEADINGS:
            self.heading = None
        self._count(element, -1)

    def _count(self, element: etree._Element, change: int) -> None:
        """Count the quotations, links and bold letters that the walk stands in."""
        match element.tag:
            case "blockquote":
                self.quotes += change
            case "a":
                self.anchors += change
            case "strong" | "b":
                self.bolds += change
            case "span" if _BOLD_STYLE.search(element.get("style", "")):
                self.bolds += change

    def say(self, text: str | None, element: etree._Element, *, seen: bool = True) -> None:
        """Take the words of `text`; those that are not `seen`, an image's, do not make a link a paragraph."""
        if not text:
            return
        line = self.lines[-1]
        line.words.append(text)
        if text.strip():
            above = text[: len(text) - len(text.lstrip())].count("\n")
            self.last_line = (element.sourceline or 1) + self.above + above
            line.number = line.number or self.last_line
            line.linked = line.linked and (self.anchors > 0 or not seen)
            line.bold = line.bold and self.bolds > 0

    def flush(self) -> Iterator[Block]:
        """Yield the blocks of the words that no block holds yet."""
        lines, self.lines = self.lines, [_Line()]
        whole = _joined(lines)
        if not whole.words:
            if self.anchors:  # a card is a link around blocks, and the first of them that says something links
                self.lines = [_Line(links=whole.links)]
            return
        if self.heading is not None:
            blocks = [_block("heading", whole, level=self.heading)]
        elif self.item:
            blocks = [_block(self.item.type, whole, depth=self.item.depth)]
            self.item = None
        elif self.quotes:
            blocks = [_block("quote", whole)]
        else:
            blocks = list(_paragraphs(lines))
        ends = [*(block.first_line for block in blocks[1:]), self.last_line]
        for block, end in zip(blocks, ends, strict=True):
            yield replace(block, last_line=max(block.first_line, end))


def _joined(lines: list[_Line]) -> _Line:
    """Return `lines` as one, without words where they hold none."""
    text = " ".join(line.text for line in lines if line.text)
    return _Line(
        words=[text] if text else [],
        number=next((line.number for line in lines if line.number), 0),
        links=[link for line in lines for link in line.links],
        linked=all(line.linked for line in lines),
        bold=len(lines) == 1 and lines[0].bold,
    )


def _paragraphs(lines: list[_Line]) -> Iterator[Block]:
    """Yield what lines broken by hand hold: an empty one parts paragraphs, a drawn bullet begins an item."""
    paragraph: list[_Line] = []
    for line in [*lines, _Line()]:
        drawn = _DRAWN_ITEM.match(fold_spaces("".join(line.words).replace(_TWO_SPACES, "\u3000")).lstrip(" "))
        if paragraph and (drawn or not line.text):
            yield _paragraph(_joined(paragraph))
            paragraph = []
        if drawn:
            depth = drawn["indent"].count("\u3000")
            yield _block("bullet", replace(line, words=[drawn["text"]]), depth=depth)
        elif line.text:
            paragraph.append(line)


def _paragraph(line: _Line) -> Block:
    """Return a paragraph, or the link or bold line that it is nothing but; pictures alone show no words."""
    block = _block("paragraph", line)
    if line.linked or block.text in block.links:
        return replace(block, type="link") if block.links else replace(block, type="blank", text="")
    return replace(block, type="heading", level=BOLD) if line.bold else block


def _block(kind: BlockType, line: _Line, *, level: int | None = None, depth: int | None = None) -> Block:
    links = tuple(dict.fromkeys((*line.links, *addresses(line.text))))
    return Block(kind, line.text, line.number, line.number, level=level, depth=depth, links=links)
