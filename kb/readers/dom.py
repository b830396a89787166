"""HTML as an lxml tree, and its blocks: the headings, lists, paragraphs, tables and links that a page shows."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from urllib.parse import unquote

from lxml import etree
from lxml.html import HTMLParser, document_fromstring

from index import datafiles
from index.text import fold_spaces, trimmed
from kb.readers.contract import DEEPEST, addresses, split_lines
from kb.readers.headings import BOLD
from kb.report.outline import Block, BlockType

_LINE_END = re.compile(r"\r\n|\r")
# lxml raises ValueError for characters that XML forbids: C0 except white space, and two noncharacters.
_NO_XML = re.compile("[\x00-\x08\x0e-\x1f\ufffe\uffff]")
_NO_XML_SPACE = re.compile("[\v\f]")
_TAG = re.compile(r"<(?P<end>/?)(?P<name>[A-Za-z][\w-]*)[^<>]*>")
_ELEMENTS = datafiles.table("kb.readers", "html_elements.toml", dict[str, frozenset[str]])
_DEEPEST_LIST, _DEEPEST_ELEMENT = DEEPEST + 2, 300  # libxml2 drops what lies deeper than 2,048 elements
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_LISTS: dict[str, BlockType] = {"ul": "bullet", "menu": "bullet", "dir": "bullet", "dl": "bullet", "ol": "numbered"}
_ITEMS = {"li": 0, "dt": 0, "dd": 1}  # levels below the list; a definition is one level below its term
_BLOCKS = frozenset((*_ELEMENTS["blocks"], *_HEADINGS, *_LISTS, *_ITEMS))  # they begin and end a paragraph
_BOLD_STYLE = re.compile(r"font-weight\s*:\s*(?:bold|[6-9]00)")  # as blog editors write it
_TWO_SPACES = "\u00a0\u00a0"  # as wide as U+3000
_DRAWN_ITEM = re.compile(r"(?P<indent>[ \u3000]*)[・•◦▪][ \u3000]*(?P<text>\S.*)", re.DOTALL)


def page_tree(text: str) -> etree._Element | None:
    """Return the tree of a page, with lines counted as `split_lines` does; None for a page without elements.

    Tags that nest too deep are removed; their text stays.
    """
    depths: Counter[str] = Counter()

    def keep(tag: re.Match[str]) -> str:
        name = tag["name"].lower()
        if name in _ELEMENTS["unclosed"]:
            return tag[0]
        depths[name] += 0 if tag["end"] else 1
        is_allowed = depths[name] <= (_DEEPEST_LIST if name in ("ul", "ol") else _DEEPEST_ELEMENT)
        depths[name] -= 1 if tag["end"] and depths[name] else 0
        return tag[0] if is_allowed else ""

    source = _TAG.sub(keep, _NO_XML_SPACE.sub(" ", _NO_XML.sub("", _LINE_END.sub("\n", text))))
    parser = HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True)
    try:
        return document_fromstring(source.encode("utf-8", "replace"), parser=parser)
    except etree.ParserError:
        return None


def fragment_tree(text: str) -> etree._Element | None:
    """Return the tree of a part of a page, in a body element; None if it is empty."""
    page = page_tree(f"<html><body>{text}")
    return None if page is None else page.find("body")


def element_blocks(root: etree._Element, above: int = 0) -> Iterator[Block]:
    """Yield the blocks of `root`, which is below the first `above` lines of its file."""
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
    """One line of a paragraph as a page shows it."""

    words: list[str] = field(default_factory=list)
    number: int = 0  # of its first line in the file, 0 without words
    links: list[str] = field(default_factory=list)
    linked: bool = True  # all words are in links
    bold: bool = True  # all words are bold

    @property
    def text(self) -> str:
        return trimmed(fold_spaces("".join(self.words)))


@dataclass(slots=True)
class _Walk:
    """The state of a walk through a page: the enclosing elements, and the words that are in no block yet."""

    above: int
    lists: list[BlockType] = field(default_factory=list)
    item: Block | None = None  # an item whose own text has not come yet
    heading: int | None = None  # level
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
        """Count the enclosing quotations, links and bold elements."""
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
        """Add the words of `text`. With `seen=False` (alternative text of an image) a link stays a link."""
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
        """Yield the blocks of the words that are in no block yet."""
        lines, self.lines = self.lines, [_Line()]
        whole = _joined(lines)
        if not whole.words:
            if self.anchors:  # a card is a link around blocks; the first block with words gets the link
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
    text = " ".join(line.text for line in lines if line.text)
    return _Line(
        words=[text] if text else [],
        number=next((line.number for line in lines if line.number), 0),
        links=[link for line in lines for link in line.links],
        linked=all(line.linked for line in lines),
        bold=len(lines) == 1 and lines[0].bold,
    )


def _paragraphs(lines: list[_Line]) -> Iterator[Block]:
    """Yield the blocks of lines broken by hand: paragraphs between empty lines, and items with drawn bullets."""
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
    """Return a link block if all words are linked, a heading if all are bold, else a paragraph. Images are blank."""
    block = _block("paragraph", line)
    if line.linked or block.text in block.links:
        return replace(block, type="link") if block.links else replace(block, type="blank", text="")
    return replace(block, type="heading", level=BOLD) if line.bold else block


def _block(kind: BlockType, line: _Line, *, level: int | None = None, depth: int | None = None) -> Block:
    links = tuple(dict.fromkeys((*line.links, *addresses(line.text))))
    return Block(kind, line.text, line.number, line.number, level=level, depth=depth, links=links)


# Elements that become blocks as a whole.
_EMBEDS = ("amp-iframe", "audio", "embed", "iframe", "lite-youtube", "object", "qiita-embed-ogp", "video")
# Attributes with the source of an embed: `data-content` of Qiita and Zenn, the others of lazily loaded embeds.
_SOURCES = ("data-content", "src", "data-src", "data-lazy-src", "data-litespeed-src", "data-original", "data")
# Addresses of slides and films that are attributes of other elements, such as the figures of note.com.
_SHOWN_AT = re.compile(
    r"https?://(?:[\w-]+\.)*"
    r"(?:speakerdeck\.com|slideshare\.net|docswell\.com|youtube(?:-nocookie)?\.com|youtu\.be|vimeo\.com)/\S+"
)
_SHOWN_URL = re.compile(r"[?&]url=(?P<url>[^&#]+)")
_NAMED_BY = ("data-src", "data-url", "data-href", "data-embed-url")
_EMBEDDED = "|".join(f".//{tag}" for tag in _EMBEDS) + "|.//a[@href]"
# Elements that are only in tables for the layout of a page.
_LAYOUT = ".//table|.//ul|.//ol|.//h1|.//h2|.//h3|.//h4|.//h5|.//h6"
# A list drawn in plain text, as in `<pre class="text">`.
_TEXT_ITEM = re.compile(
    r"(?P<indent>[ \t\u3000]*)(?:(?P<bullet>[-*+•][ \t\u3000]+|[・◦▪])|\d{1,3}[.)][ \t]+)(?P<text>\S.*)"
)
_FEWEST_ITEMS = 2


def whole_blocks(element: etree._Element) -> list[Block] | None:
    """Return the blocks of an element whose children are not walked, `[]` if hidden; None for elements to walk.

    Their lines are counted from 0, the first line of the element.
    """
    tag = element.tag
    if tag in _EMBEDS or (tag == "script" and (element.get("data-id") or element.get("data-src"))):
        return [Block("link", element.get("title") or to, 0, 0, links=(to,)) for to in _embedded(element)]
    if tag in _ELEMENTS["unseen"] or element.get("hidden") is not None or element.get("aria-hidden") == "true":
        return []
    blocks: list[Block] | None = None
    match tag:
        case "pre":
            text = "".join(element.itertext())
            items = _drawn_list(text) if "text" in element.get("class", "").split() else []
            blocks = items or [_whole_block(element, "code", text.strip("\n").rstrip())]
        case "figure" | "div" if not element.xpath(_EMBEDDED):
            named = (element.get(name, "") for name in _NAMED_BY)
            shown = [Block("link", _words(element) or to, 0, 0, links=(to,)) for to in named if _SHOWN_AT.fullmatch(to)]
            blocks = shown[:1] or None
        case "blockquote" if "twitter-tweet" in element.get("class", ""):
            blocks = [_whole_block(element, "quote", _words(element))]
        case "hr":
            blocks = [_whole_block(element, "rule", "")]
        case "table" if not element.xpath(_LAYOUT):
            rows = ([_words(cell) for cell in row.iter("td", "th")] for row in element.iter("tr"))
            blocks = [_whole_block(element, "table", "\n".join(" | ".join(row) for row in rows))]
    return blocks


def web_addresses(address: str | None) -> list[str]:
    """Return a list of the address if it is absolute, an empty list if it stays on the page or its site."""
    address = (address or "").strip()
    if address.startswith("//"):
        return [f"https:{address}"]
    return [address] if address.startswith(("https://", "http://")) else []


def _whole_block(element: etree._Element, kind: BlockType, text: str) -> Block:
    links = (address for anchor in element.iter("a") for address in web_addresses(anchor.get("href")))
    height = max(inner.sourceline for inner in element.iter()) - element.sourceline
    return Block(kind, text, 0, height, links=tuple(dict.fromkeys(links)))


def _words(element: etree._Element) -> str:
    return trimmed(fold_spaces(" ".join(element.itertext())))


def _embedded(element: etree._Element) -> list[str]:
    """Return the address that an embed shows: its source, its slide deck, or the page of a card."""
    if element.tag == "script" and element.get("data-id"):
        return [f"https://speakerdeck.com/player/{element.get('data-id')}"]
    if element.tag == "lite-youtube":
        return [f"https://www.youtube.com/watch?v={element.get('videoid')}"] if element.get("videoid") else []
    names = ("data-src",) if element.tag == "script" else _SOURCES
    values = [element.get(name, "") for name in names] + [param.get("value", "") for param in element.iter("param")]
    # The source of a card has the address of its page as a parameter.
    decoded = (unquote(value) if value[:10].count("%") else value for value in values)
    sources = [address for value in decoded for address in web_addresses(value)]
    shown = _SHOWN_URL.search(sources[0]) if sources and "embed" in sources[0] else None
    return web_addresses(unquote(shown["url"])) if shown else sources[:1]


def _drawn_list(text: str) -> list[Block]:
    """Return the blocks of a text if most of its lines are drawn items, else an empty list."""
    lines = split_lines(text)
    items = [_TEXT_ITEM.match(line) for line in lines]
    count = sum(item is not None for item in items)
    if count < _FEWEST_ITEMS or 2 * count <= sum(bool(line.strip()) for line in lines):
        return []
    blocks: list[Block] = []
    indents: list[int] = []  # of the enclosing items
    for number, (line, item) in enumerate(zip(lines, items, strict=True)):
        if item:
            indent = len(item["indent"].expandtabs(4))
            indents = [*(outer for outer in indents if outer < indent), indent]
            kind: BlockType = "bullet" if item["bullet"] else "numbered"
            blocks.append(Block(kind, trimmed(item["text"]), number, number, depth=len(indents) - 1))
        elif line.strip():
            indents = []
            blocks.append(Block("paragraph", trimmed(line), number, number))
    return blocks
