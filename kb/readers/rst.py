"""reStructuredText, as Sphinx and Pelican sites have it: the tree of docutils, walked for blocks and their lines."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from docutils import nodes

from index.messages import Message, translatable
from index.text import INVISIBLE, trimmed
from kb.readers.contract import Parse, addresses, split_lines
from kb.readers.docutils_door import document_of
from kb.report.outline import Block, BlockType, ReadingWarning

# Marks that no text of another kind has: a directive, a target, a named link, a role.
_CERTAIN = re.compile(
    r"^\.\. (?:[\w-]+::(?: |$)|_[^:\n]+:)|`[^`\n]+ <https?://[^>\n]+>`__?(?!\w)|(?<![\w:]):[a-z]+:`[^`\n]+`",
    re.MULTILINE,
)
_OF_MARKDOWN = re.compile(r"^(?:#{1,6} |```|~~~)|\]\(\S", re.MULTILINE)
_RULE_LINE = re.compile(r"\s*([!-/:-@\[-`{-~])\1*\s*$")  # below a title, perhaps above it too
_DIRECTIVE = re.compile(r"\s*(?:\.\. [\w:-]+::|::\s*$)")
_OPTION_OR_BLANK = re.compile(r"\s*(?::[\w-]+:.*)?$")
# docutils takes a list without the blank line it wants, and bullets drawn as memos draw them, for words of the
# paragraph.
_DRAWN = re.compile(r"(?P<indent>[ \u3000]*)(?:[-*+]\s+|[・•◦▪](?![・•◦▪])\s*)(?=\S)")
_FRONT = re.compile(r"authors?|category|date|event|modified|slug|status|summary|tags?|title|url", re.IGNORECASE)
_WITHIN = 1000  # lines in which a block is looked for of which docutils has no line
_ERROR = 3  # the level of messages about what was not read


def recognises(text: str) -> bool:
    """Tell whether `text` is certainly reStructuredText: it has marks that nothing else has, and none of Markdown."""
    return _CERTAIN.search(text) is not None and not _OF_MARKDOWN.search(text)


def read(text: str) -> Parse:
    """Return the parse of a text in reStructuredText."""
    lines = split_lines(text.lstrip(INVISIBLE))
    walk = _DocumentWalk(lines)
    walk.through(document_of(lines).children, _Place())
    title = next((block.text for block in walk.blocks if block.type == "heading"), None)
    metadata = tuple(walk.metadata.items())
    return Parse(walk.metadata.get("title") or title, tuple(walk.ended()), metadata, tuple(walk.warnings))


@dataclass(slots=True)
class _Words:
    """The words of one line, and the addresses they link to."""

    words: str = ""
    links: list[str] = field(default_factory=list)
    linked: bool = True  # no word stands outside a link


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a node stands: in an item of `depth` (-1: none), below a heading of `level` (0: none), as `words`."""

    depth: int = -1
    level: int = 0
    words: BlockType = "paragraph"

    def inside(self, levels: int = 1) -> "_Place":
        """Return a place so many levels deeper in lists."""
        return replace(self, depth=self.depth + levels)


@dataclass(slots=True)
class _DocumentWalk:
    """The blocks of a document so far, and what else was found on the way; a last line of 0 is still to be found.

    A `_visit_` method is called for the nodes of its name, as docutils itself does it.
    """

    lines: Sequence[str]
    blocks: list[Block] = field(default_factory=list)
    metadata: dict[str, str] = field(default_factory=dict)
    warnings: list[ReadingWarning] = field(default_factory=list)

    def through(self, children: Iterable[nodes.Node], at: _Place) -> None:
        """Walk through nodes that stand at one place."""
        for node in children:
            visit = getattr(self, f"_visit_{type(node).__name__}", None)
            if visit:
                visit(node, at)
            else:
                self.through(node.children, at)

    def ended(self) -> Iterator[Block]:
        """Yield the blocks with the lines of their directives, each without an end of its own up to the next one."""
        after = 0
        ordered = sorted(self.blocks, key=lambda block: block.first_line)
        for block, following in pairwise([*ordered, Block("blank", "", len(self.lines) + 1, 0)]):
            first = self._directive_above(block.first_line, after)
            last = block.last_line or max(following.first_line - 1, first)
            while last > first and not trimmed(self.lines[last - 1]):
                last -= 1
            after = max(after, last)
            yield replace(block, first_line=first, last_line=last)

    def _visit_section(self, node: nodes.Element, at: _Place) -> None:
        """Add a heading, whose line in docutils is the last of its two or three, and what stands below it."""
        title, *rest = node.children
        self._add("heading", title, _joined(_lines(title)))
        last = title.line or self.blocks[-1].first_line
        first = max(last - 1, 1) if _RULE_LINE.match(self.lines[last - 1]) else last
        if first > 1 and first < last and self.lines[first - 2].strip() == self.lines[last - 1].strip():
            first -= 1
        self.blocks[-1] = replace(self.blocks[-1], level=at.level + 1, first_line=first, last_line=last)
        self.through(rest, replace(at, level=at.level + 1))

    def _visit_bullet_list(self, node: nodes.Element, at: _Place) -> None:
        """Add the items of a list; the first paragraph of each is its own words."""
        kind: BlockType = "numbered" if isinstance(node, nodes.enumerated_list) else "bullet"
        for item in node.children:
            own = item.children[:1] if isinstance(next(iter(item.children), None), nodes.paragraph) else []
            if own:
                self._say(own[0], kind, at.inside())
            else:
                self._add(kind, item, _Words(), at.depth + 1)
            self.through(item.children[len(own) :], at.inside())

    _visit_enumerated_list = _visit_bullet_list

    def _visit_definition_list_item(self, node: nodes.Element, at: _Place) -> None:
        """Add a term and below it what it means, as the reader of HTML does."""
        self._say(node[0], "bullet", at.inside())
        own = [part for part in node[-1].children[:1] if isinstance(part, nodes.paragraph)]
        for paragraph in own:
            self._say(paragraph, "bullet", at.inside(2))
        self.through(node[-1].children[len(own) :], at.inside())

    def _visit_field_list(self, node: nodes.Element, at: _Place) -> None:
        """Add fields as items that say `name: words`; those at the top are what the report says of itself."""
        fields = {trimmed(one[0].astext()).lower(): " ".join(one[1].astext().split()) for one in node.children}
        begun = any(block.type not in ("blank", "heading") for block in self.blocks)
        if not begun and node.line and any(map(_FRONT.fullmatch, fields)):
            self.metadata.update((key, value) for key, value in fields.items() if value)
            text = "\n".join(self.lines[node.line - 1 : node.children[-1].line])
            self._add("front-matter", node, _Words(text))
            return
        for one in node.children:
            own = [part for part in one[1].children[:1] if isinstance(part, nodes.paragraph)]
            words = [line for paragraph in own for line in _lines(paragraph)]
            self._add("bullet", one, _joined([_Words(f"{one[0].astext()}:"), *words]), at.depth + 1)
            self.through(one[1].children[len(own) :], at.inside())

    def _visit_block_quote(self, node: nodes.Element, at: _Place) -> None:
        """Walk through a quotation; below an item that was drawn it is what belongs to that."""
        above = self.blocks[-1].depth if self.blocks and at.depth >= 0 else None
        self.through(node.children, _Place(max(at.depth, above or 0) if at.depth >= 0 else -1, at.level, "quote"))

    def _visit_line_block(self, node: nodes.Element, _at: _Place) -> None:
        """Add lines that are broken by hand as a paragraph."""
        self._add("paragraph", node, _joined([line for one in node.findall(nodes.line) for line in _lines(one)]))

    def _visit_table(self, node: nodes.Element, _at: _Place) -> None:
        rows = [[_joined(_lines(entry)) for entry in row.children] for row in node.findall(nodes.row)]
        text = "\n".join(" | ".join(cell.words for cell in row) for row in rows)
        self._add("table", node, _Words(text, [link for row in rows for cell in row for link in cell.links]))

    def _visit_literal_block(self, node: nodes.Element, _at: _Place) -> None:
        self._add("code", node, _Words(node.astext()))

    _visit_doctest_block = _visit_math_block = _visit_literal_block

    def _visit_transition(self, node: nodes.Element, _at: _Place) -> None:
        self._add("rule", node, _Words(self.lines[node.line - 1] if node.line else ""))

    def _visit_comment(self, node: nodes.Element, _at: _Place) -> None:
        self._add("blank", node, _Words())

    _visit_image = _visit_pending = _visit_raw = _visit_substitution_definition = _visit_target = _visit_comment

    def _visit_paragraph(self, node: nodes.Element, at: _Place) -> None:
        """Add the words of a paragraph or of what is read as one."""
        self._say(node, at.words, at)

    _visit_attribution = _visit_caption = _visit_rubric = _visit_title = _visit_paragraph

    def _visit_label(self, node: nodes.Element, at: _Place) -> None:
        """Leave out the number of a footnote."""

    def _visit_system_message(self, message: nodes.Element, _at: _Place) -> None:
        """Warn of what was not read, which docutils then keeps as it stands."""
        if message["level"] >= _ERROR and any(isinstance(part, nodes.literal_block) for part in message.children):
            wrong = _sentence(message.children[0].astext().split("\n")[0].rstrip("."))
            line = message.get("line") or 1
            self.warnings.append(ReadingWarning(line, translatable("reStructuredText: {0}; left unread", wrong)))

    def _say(self, node: nodes.Element, kind: BlockType, at: _Place) -> None:
        """Add the words of a paragraph, the items that are drawn in it each on its own."""
        lines = _lines(node)
        is_item = kind in ("bullet", "numbered")
        marks = [_DRAWN.match(line.words) if number or not is_item else None for number, line in enumerate(lines)]
        begins = [number for number, mark in enumerate(marks) if mark or not number]
        for begin, end in pairwise([*begins, len(lines)]):
            mark, own, depth = marks[begin], kind, at.depth if is_item else None
            if mark:
                lines[begin].words = lines[begin].words[mark.end() :]
                own, depth = "bullet", at.depth + 1 + mark["indent"].count("\u3000")
            words = _joined(lines[begin:end])
            if own == "paragraph" and words.linked:
                # A picture alone shows no words.
                own, text = ("link", words.words or words.links[0]) if words.links else ("blank", "")
                words = replace(words, words=text)
            self._add(own, node, words, depth, below=begin, height=end - begin)

    def _add(
        self,
        kind: BlockType,
        node: nodes.Element,
        words: _Words,
        depth: int | None = None,
        *,
        below: int = 0,
        height: int = 0,
    ) -> None:
        """Add a block that begins so many lines below its node and is so many high, 0 where that is not known."""
        first = self._line_of(node) + below
        links = dict.fromkeys((*words.links, *(() if kind == "code" else addresses(words.words))))
        last = first + height - 1 if height else 0
        self.blocks.append(Block(kind, words.words, first, last, depth=depth, links=tuple(links)))

    def _line_of(self, node: nodes.Element) -> int:
        """Return the line of a node: the one docutils has if its words stand there, else the next where they do."""
        line = node.line or 0
        words = (node.rawsource or ("" if line else node.astext())).lstrip().split("\n", 1)[0][:20].rstrip()
        if 0 < line <= len(self.lines) and words in self.lines[line - 1]:
            return line
        after = self.blocks[-1].first_line if self.blocks else 0
        below = range(after + 1, min(after + _WITHIN, len(self.lines)) + 1)
        return next((at for at in below if words in self.lines[at - 1]), line or after + 1)

    def _directive_above(self, first: int, after: int) -> int:
        """Return the line of the directive that a block is what it holds of, else its own."""
        for at in range(first - 1, after, -1):
            if _DIRECTIVE.match(self.lines[at - 1]):
                return at
            if not _OPTION_OR_BLANK.match(self.lines[at - 1]):
                break
        return first


def _sentence(message: str) -> Message:
    """Return what docutils says is wrong; what is unknown to it by a name of its own."""
    what, _, name = message.removesuffix('"').partition('"')
    match what:
        case "Unknown directive type ":
            return translatable('Unknown directive type "{0}"', name)
        case "Unknown interpreted text role ":
            return translatable('Unknown interpreted text role "{0}"', name)
        case _:
            return translatable(message.replace("{", "{{").replace("}", "}}"))


def _lines(node: nodes.Node) -> list[_Words]:
    """Return the lines of what `node` says."""
    lines = [_Words()]
    for text in node.findall(lambda one: isinstance(one, nodes.Text | nodes.image | nodes.reference)):
        if isinstance(text, nodes.reference):
            lines[-1].links += [text["refuri"]] if _is_web(text) else []
            continue
        words = text.astext() if isinstance(text, nodes.Text) else text.get("alt", "")
        linked = isinstance(text, nodes.image) or (isinstance(text.parent, nodes.reference) and _is_web(text.parent))
        for at, part in enumerate(words.split("\n")):
            if at:
                lines.append(_Words())
            lines[-1].words += part
            lines[-1].linked = lines[-1].linked and (linked or not part.strip())
    return lines


def _is_web(reference: nodes.Element) -> bool:
    return bool(reference.get("refuri", "").startswith(("http://", "https://")))


def _joined(lines: Sequence[_Words]) -> _Words:
    words = " ".join(text for line in lines if (text := trimmed(line.words)))
    return _Words(words, [link for line in lines for link in line.links], all(line.linked for line in lines))
