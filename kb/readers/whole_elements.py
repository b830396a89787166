"""Elements of a page that are taken whole: embeds as links, quoted tweets, tables, code; and those that nobody sees."""

import re
from urllib.parse import unquote

from lxml import etree

from index.text import fold_spaces, trimmed
from kb.readers.contract import split_lines
from kb.report.outline import Block, BlockType

_UNSEEN = frozenset((
    "aside", "button", "dialog", "footer", "form", "head", "input", "nav", "noscript", "rp", "rt", "script",
    "select", "style", "svg", "template", "textarea",
))  # fmt: skip
_EMBEDS = ("amp-iframe", "audio", "embed", "iframe", "lite-youtube", "object", "qiita-embed-ogp", "video")
# Where an embed says what it shows: Qiita and Zenn in `data-content`, what is loaded late in one of the others.
_SOURCES = ("data-content", "src", "data-src", "data-lazy-src", "data-litespeed-src", "data-original", "data")
# Slides and films that an element names which holds none of the embeds above, as note.com has its figures.
_SHOWN_AT = re.compile(
    r"https?://(?:[\w-]+\.)*"
    r"(?:speakerdeck\.com|slideshare\.net|docswell\.com|youtube(?:-nocookie)?\.com|youtu\.be|vimeo\.com)/\S+"
)
_SHOWN_URL = re.compile(r"[?&]url=(?P<url>[^&#]+)")
_NAMED_BY = ("data-src", "data-url", "data-href", "data-embed-url")
_EMBEDDED = "|".join(f".//{tag}" for tag in _EMBEDS) + "|.//a[@href]"
# What a table that only lays out the page holds.
_LAYOUT = ".//table|.//ul|.//ol|.//h1|.//h2|.//h3|.//h4|.//h5|.//h6"
# A list drawn in plain text, as in `<pre class="text">`: a mark begins an item, its indent tells how deep.
_ITEM = re.compile(r"(?P<indent>[ \t\u3000]*)(?:(?P<bullet>[-*+•][ \t\u3000]+|[・◦▪])|\d{1,3}[.)][ \t]+)(?P<text>\S.*)")
_FEWEST_ITEMS = 2


def whole_blocks(element: etree._Element) -> list[Block] | None:
    """Return the blocks of an element that is taken whole, none where it is not seen; None for one to walk through.

    Their lines are counted from 0, the element's first.
    """
    tag = element.tag
    if tag in _EMBEDS or (tag == "script" and (element.get("data-id") or element.get("data-src"))):
        return [Block("link", element.get("title") or to, 0, 0, links=(to,)) for to in _embedded(element)]
    if tag in _UNSEEN or element.get("hidden") is not None or element.get("aria-hidden") == "true":
        return []
    blocks: list[Block] | None = None
    match tag:
        case "pre":
            text = "".join(element.itertext())
            items = _drawn_list(text) if "text" in element.get("class", "").split() else []
            blocks = items or [_block(element, "code", text.strip("\n").rstrip())]
        case "figure" | "div" if not element.xpath(_EMBEDDED):
            named = (element.get(name, "") for name in _NAMED_BY)
            shown = [Block("link", _words(element) or to, 0, 0, links=(to,)) for to in named if _SHOWN_AT.fullmatch(to)]
            blocks = shown[:1] or None
        case "blockquote" if "twitter-tweet" in element.get("class", ""):
            blocks = [_block(element, "quote", _words(element))]
        case "hr":
            blocks = [_block(element, "rule", "")]
        case "table" if not element.xpath(_LAYOUT):
            rows = ([_words(cell) for cell in row.iter("td", "th")] for row in element.iter("tr"))
            blocks = [_block(element, "table", "\n".join(" | ".join(row) for row in rows))]
    return blocks


def web_addresses(address: str | None) -> list[str]:
    """Return the address itself where it leads to the web, nothing where it stays on the page or its site."""
    address = (address or "").strip()
    if address.startswith("//"):
        return [f"https:{address}"]
    return [address] if address.startswith(("https://", "http://")) else []


def _block(element: etree._Element, kind: BlockType, text: str) -> Block:
    links = (address for anchor in element.iter("a") for address in web_addresses(anchor.get("href")))
    height = max(inner.sourceline for inner in element.iter()) - element.sourceline
    return Block(kind, text, 0, height, links=tuple(dict.fromkeys(links)))


def _words(element: etree._Element) -> str:
    return trimmed(fold_spaces(" ".join(element.itertext())))


def _embedded(element: etree._Element) -> list[str]:
    """Return where an embed leads: its source, a slide deck's id, or the page that a card shows."""
    if element.tag == "script" and element.get("data-id"):
        return [f"https://speakerdeck.com/player/{element.get('data-id')}"]
    if element.tag == "lite-youtube":
        return [f"https://www.youtube.com/watch?v={element.get('videoid')}"] if element.get("videoid") else []
    names = ("data-src",) if element.tag == "script" else _SOURCES
    values = [element.get(name, "") for name in names] + [param.get("value", "") for param in element.iter("param")]
    # A card says behind its own address which page it shows; one that is loaded late has no address of its own yet.
    sources = [address for each in values for address in web_addresses(unquote(each) if each[:10].count("%") else each)]
    shown = _SHOWN_URL.search(sources[0]) if sources and "embed" in sources[0] else None
    return web_addresses(unquote(shown["url"])) if shown else sources[:1]


def _drawn_list(text: str) -> list[Block]:
    """Return the blocks of a text most of whose lines are drawn items, none of any other."""
    lines = split_lines(text)
    items = [_ITEM.match(line) for line in lines]
    count = sum(item is not None for item in items)
    if count < _FEWEST_ITEMS or 2 * count <= sum(bool(line.strip()) for line in lines):
        return []
    blocks: list[Block] = []
    indents: list[int] = []  # of the items that a line may stand in
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
