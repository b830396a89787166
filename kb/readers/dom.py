"""The blocks of an HTML element: its headings, lists, paragraphs, tables and links, as a page shows them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from lxml import etree

from index.text import fold_spaces, trimmed
from kb.readers.bold_lines import BOLD
from kb.readers.lines import addresses
from kb.readers.whole_elements import web_addresses, whole_blocks
from kb.report.outline import Block, BlockType

_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_LISTS: dict[str, BlockType] = {"ul": "bullet", "menu": "bullet", "dir": "bullet", "dl": "bullet", "ol": "numbered"}
_ITEMS = {"li": 0, "dt": 0, "dd": 1}  # levels below their list: what a term means stands below the term
# Elements that begin and end a paragraph.
_BLOCKS = frozenset((
    "address", "article", "blockquote", "body", "caption", "center", "details", "div", "fieldset", "figcaption",
    "figure",
    "header", "hgroup", "html", "legend", "main", "p", "section", "summary", "table", "tbody", "td", "tfoot", "th",
    "thead", "tr",
    *_HEADINGS, *_LISTS, *_ITEMS,
))  # fmt: skip
_BOLD = ("strong", "b")
_BOLD_STYLE = re.compile(r"font-weight\s*:\s*(?:bold|[6-9]00)")  # as editors of blogs write it
_TWO_SPACES = "\u00a0\u00a0"  # as wide as U+3000, and as deep an indent
_DRAWN_ITEM = re.compile(r"(?P<indent>[ \u3000]*)[・•◦▪][ \u3000]*(?P<text>\S.*)", re.DOTALL)


def element_blocks(root: etree._Element, above: int = 0) -> Iterator[Block]:
    """Yield the blocks of `root`, whose first line stands below `above` lines of its file."""
    walk = _Walk(above)
    events = etree.iterwalk(root, events=("start", "end"))
    taken: etree._Element | None = None  # whole, so that what it holds is not walked through
    for event, element in events:
        if event == "end":
            if element is not taken:
                yield from walk.leave(element)
            walk.say(element.tail if element is not root else None, element)
            continue
        whole = whole_blocks(element)
        if whole is None:
            yield from walk.enter(element)
        else:
            events.skip_subtree()
            taken = element
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
        elif tag == "blockquote":
            self.quotes += 1
        elif tag == "br":
            self.lines.append(_Line())
        elif tag == "a":
            self.anchors += 1
            self.lines[-1].links += web_addresses(element.get("href"))
        elif _is_bold(element):
            self.bolds += 1
        elif tag == "img":
            self.say(element.get("alt"), element, seen=False)
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
        elif tag == "blockquote":
            self.quotes -= 1
        elif tag == "a":
            self.anchors -= 1
        elif _is_bold(element):
            self.bolds -= 1

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
        item, whole = self.item, _joined(lines)
        if not whole.words:
            if self.anchors:  # a card is a link around blocks, and the first of them that says something links
                self.lines = [_Line(links=whole.links)]
            return
        if self.heading is not None:
            made = [_block("heading", whole, level=self.heading)]
        elif item:
            made = [_block(item.type, whole, depth=item.depth)]
            self.item = None
        elif self.quotes:
            made = [_block("quote", whole)]
        else:
            made = list(_paragraphs(lines))
        begins = [block.first_line for block in made[1:]]
        for block, end in zip(made, [*begins, self.last_line], strict=True):
            yield replace(block, last_line=max(block.first_line, end))


def _is_bold(element: etree._Element) -> bool:
    return element.tag in _BOLD or (element.tag == "span" and _BOLD_STYLE.search(element.get("style", "")) is not None)


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
