"""reStructuredText, the format of Sphinx and Pelican sites.

`MARKUP` describes single lines and the markup inside them. `_RstParser` adds the blocks of several lines: underlined
headings, directives, literal blocks and tables, whose bodies end where their indent ends.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from textwrap import dedent
from unicodedata import east_asian_width

from index import datafiles
from index.messages import translatable
from index.text import INVISIBLE, trimmed
from kb.readers.contract import Parse, split_lines
from kb.readers.line_markup import LONGEST_MARKUP, NOTHING, LineParser, Markup
from kb.report.outline import Block, ReadingWarning


def _words(found: re.Match[str]) -> str:
    """Return the words inside inline markup, without the target of a role or reference (`words <target>`)."""
    if role := found["role"]:
        words, _, target = role.rpartition("<")
        return words.rstrip() if words.strip() and target.endswith(">") else role
    return found["literal"] or found["bold"] or found["note"] or found["escaped"] or ""


MARKUP = Markup(
    # A directive, a target, a named link, a role.
    certain=re.compile(
        r"^\.\. (?:[\w-]+::(?: |$)|_[^:\n]+:)|`[^`\n]+ <https?://[^>\n]+>`__?(?!\w)|(?<![\w:]):[a-z]+:`[^`\n]+`",
        re.MULTILINE,
    ),
    heading=NOTHING,
    # A bullet, a number, a field such as `:venue: Tokyo`, or a bullet drawn as in memos. A line may open several lists.
    item=re.compile(
        r"(?P<indent>[ \u3000]*)"
        r"(?P<mark>(?:[-*+•‣⁃]|\(?(?:\d+|[A-Za-z]|[ivxIVX]+|#)[.)])(?= |$)|[・•◦▪](?![・•◦▪])(?=\s*\S)"
        r"|(?=:(?![ :])[^:\n]+:(?: |$)))"
        r"\s*(?:[-*+•‣⁃] +)*+(?P<text>.*)"
    ),
    numbered=re.compile(r"\(?\w+[.)]|#[.)]"),
    unseen=re.compile(r" *(?:__ \S.*|::)"),
    inline=(
        (re.compile(r"\A:(?P<text>[^:\n]+):(?=\s|\Z)"), r"\g<text>:"),
        (re.compile(r"^ *\|(?: |$)", re.MULTILINE), ""),  # a line block
        (re.compile(r"(\s?)::\s*\Z"), lambda found: "" if found[1] else ":"),  # a literal block follows
        (
            re.compile(r"(?<![\w`])`(?P<text>[^`<]*)<(?P<address>https?://[^<>`\s]+)>`__?(?!\w)"),
            lambda found: found["text"].rstrip() or found["address"],
        ),
        (re.compile(r"(?<![\w`:])`(?P<reference>[^`<>]+)`__?(?!\w)"), r"\g<reference>"),
        (
            # Literals, roles and references, bold, emphasis and footnotes, unless a letter touches the marks; escapes.
            re.compile(
                r"(?<!\w)(?:``(?P<literal>.+?)``|(?:(?::[\w.+-]+){1,2}:)?`(?P<role>[^`]+)`(?:__?|:[\w-]+:)?"
                r"|(?<!\*)(?P<stars>\*\*?)(?=\S)(?P<bold>[^*]+)(?<=\S)(?P=stars)|\[(?P<note>\#?[\w-]+|\*)\]_)(?!\w)"
                r"|\\(?:\s|(?P<escaped>\S))",
                re.DOTALL,
            ),
            _words,
        ),
    ),
    nests_by="indent",
)
_DRAWN_MARKS = tuple("・•◦▪")
_OF_MARKDOWN = re.compile(r"^(?:#{1,6} |```|~~~)|\]\(\S", re.MULTILINE)
_ADORNMENT = re.compile(r"([!-/:-@\[-`{-~])\1*\s*")  # the line below a title, perhaps also above it
_SHORTEST_RULE = 4  # characters; a shorter adornment has to be as wide as its title
_EXPLICIT = re.compile(r" *\.\.(?: +(?P<text>.*)|$)")
_DIRECTIVE = re.compile(r"(?P<substitution>\|[^|]+\| +)?(?P<name>[\w:.+-]+)::(?: +(?P<argument>.*))?")
_FOOTNOTE = re.compile(r"\[(?:#?[\w-]+|#|\*)\] +(?P<text>.*)")
_TARGET = re.compile(
    r"^ *\.\. _(?:`(?P<quoted>[^`\n]+)`|(?P<name>[^`:\n]+)): +(?P<address>https?://\S+)$", re.MULTILINE
)
_NAMED_LINK = re.compile(r"`(?P<name>[^`<>\n]+) <(?P<address>https?://[^<>`\s]+)>`_(?![\w_])")
_BARE_REFERENCE = re.compile(r"(?<![\w`.:+/-])(?P<name>[^\W_]++(?:[-.:+_][^\W_]++)*+)_(?![\w`])")
# `|name|` is replaced by a short text, or by the name if it is a picture or a character.
_SUBSTITUTION = re.compile(r"^ *\.\. \|(?P<name>[^|\n]{1,100})\| +(?:replace:: +(?P<text>\S.{0,99})$)?", re.MULTILINE)
_SUBSTITUTED = re.compile(r"\|(?P<name>[^|\s](?:[^|\n]{0,98}[^|\s])?)\|")
_MAX_SUBSTITUTIONS = 1000  # each may lengthen a text by 100 characters
_HEADER_OPTION = re.compile(r"\s*:header: +(?P<cells>.+)")
_FIELD = re.compile(r" *:(?P<name>(?![ :])[^:]+):(?: +(?P<value>.*)|$)")
_METADATA = re.compile(r"authors?|category|date|event|modified|slug|status|summary|tags?|title|url", re.IGNORECASE)
_GRID_BORDER = re.compile(r" *\+[-=+]+\+\s*")
_SIMPLE_BORDER = re.compile(r" *=+(?: +=+)+\s*")
_CELL_BORDER = re.compile(r" *\| *| {2,}")
_LIST_TABLE_CELL = re.compile(r"(?P<row>\* +)?-(?: +(?P<text>.*)|$)")
_DIRECTIVES = {
    name: kind for kind, *names in map(str.split, datafiles.lines("kb.readers", "rst_directives.txt")) for name in names
}


def recognises(text: str) -> bool:
    """Return whether `text` is certainly reStructuredText: it has marks of no other format, and none of Markdown."""
    return MARKUP.recognises(text) and not _OF_MARKDOWN.search(text)


def read(text: str) -> Parse:
    """Return the parse of a text in reStructuredText."""
    text = text.lstrip(INVISIBLE)
    shown = {found["name"]: found["text"] or found["name"] for found in _SUBSTITUTION.finditer(text)}
    if shown:
        text = _SUBSTITUTED.sub(lambda found: shown.get(found["name"], found[0]), text, count=_MAX_SUBSTITUTIONS)
    targets = {found["name"].strip().lower(): found["address"] for found in _NAMED_LINK.finditer(text)}
    for found in _TARGET.finditer(text):
        targets[(found["quoted"] or found["name"]).strip().lower()] = found["address"]
    if targets:
        text = _BARE_REFERENCE.sub(
            lambda found: f"`{found['name']}`_" if found["name"].lower() in targets else found[0], text
        )
    lines = [line.expandtabs() if len(line) <= LONGEST_MARKUP else line for line in split_lines(text)]
    parser = _RstParser(MARKUP, targets, source=lines)
    at = 0
    while at < len(lines):
        at = parser.read_block(at)
    parser.end()
    heading = next((block.text for block in parser.blocks if block.type == "heading"), None)
    title = parser.metadata.get("title") or heading
    return Parse(title, tuple(parser.blocks), tuple(parser.metadata.items()), tuple(parser.warnings))


@dataclass(slots=True)
class _RstParser(LineParser):
    """Reads blocks of several lines.

    `_read_heading`, `_read_table` and `_read_metadata` return the index below their block, or 0.
    """

    source: Sequence[str] = ()
    warnings: list[ReadingWarning] = field(default_factory=list)
    styles: list[str] = field(default_factory=list)  # of headings, by level: the adornment, twice if also above
    before_fields: bool = True  # no field was met; only the first ones may be metadata
    containers: list[int] = field(default_factory=list)  # columns of directives whose content is being read
    margin: int = 0  # the least column of a line that continues the begun item
    term: int | None = None  # column of the term that the next line defines
    literal: int | None = None  # column beyond which the next lines are a literal block

    def read_block(self, at: int) -> int:
        """Read the block or line at index `at`, and return the index below it."""
        line = self.source[at]
        if not line.strip():
            self.end()
            return at + 1
        column, literal, self.literal = _column(line), self.literal, None
        if literal is not None and column > literal and not self.source[at - 1].strip():
            return self._add_code(at, self._end_of_body(at - 1, literal), at)
        while self.containers and self.containers[-1] >= column:
            self.containers.pop()
        if explicit := _EXPLICIT.fullmatch(line):
            return self._read_explicit(at, column, (explicit["text"] or "").strip())
        if self.begun is None or self.begun.depth is not None:  # otherwise, the line continues a paragraph
            for read in (self._read_heading, self._read_table, self._read_metadata):
                if below := read(at):
                    return below
            if line.lstrip().startswith(">>> "):
                return self._add_code(at, self._next_blank(at), at)
        self._read_line(at, column)
        return at + 1

    def _read_heading(self, at: int) -> int:
        """Read a heading or a rule."""
        over = _ADORNMENT.fullmatch(self.source[at]) is not None
        title, under = self._line(at + over), self._line(at + over + 1).rstrip()
        is_title = title.strip() and (over or title[0] != " ") and not _ADORNMENT.fullmatch(title)
        is_under = _ADORNMENT.fullmatch(under) and len(under) >= min(_SHORTEST_RULE, _width(title.rstrip()))
        if is_title and is_under and (not over or under == self.source[at].rstrip()):
            style = under[0] * (1 + over)
            self.styles += [] if style in self.styles else [style]
            text, links = self.shown(title)
            level, last = self.styles.index(style) + 1, at + over + 2
            self.add(Block("heading", text, at + 1, last, level=level, links=links))
            self.places = []
            return last
        if over and len(self.source[at].rstrip()) >= _SHORTEST_RULE:
            self.add(Block("rule", self.source[at], at + 1, at + 1))
            return at + 1
        return 0

    def _read_table(self, at: int) -> int:
        """Read a table drawn with borders: each line between them is a row."""
        end = 0
        if _GRID_BORDER.fullmatch(self.source[at]):
            end = self._next_blank(at)
        elif _SIMPLE_BORDER.fullmatch(self.source[at]):
            # The second border ends the head of the table, unless a blank line follows.
            borders = (
                below for below in range(at + 1, len(self.source)) if _SIMPLE_BORDER.fullmatch(self.source[below])
            )
            head, foot = next(borders, None), next(borders, None)
            if head:
                end = 1 + (foot if foot and self._line(head + 1).strip() else head)
        rows = (
            _CELL_BORDER.split(line.strip().strip("|").strip())
            for line in self.source[at:end]
            if line.strip() and not (_GRID_BORDER.fullmatch(line) or _SIMPLE_BORDER.fullmatch(line))
        )
        return self._add_table(rows, at, end) if end else 0

    def _read_metadata(self, at: int) -> int:
        """Read the fields at the top of a report, if some of them are metadata."""
        if not (self.before_fields and _FIELD.fullmatch(self.source[at])):
            return 0
        self.before_fields = False
        end, name = self._next_blank(at), ""
        fields = defaultdict[str, str](str)
        for line in self.source[at:end]:
            if found := _FIELD.fullmatch(line):
                name = trimmed(found["name"]).lower()
            fields[name] += f" {found['value'] or ''}" if found else f" {line.strip()}"
        is_top = all(block.type in ("blank", "heading") for block in self.blocks)
        if not (is_top and any(map(_METADATA.fullmatch, fields))):
            return 0
        self.metadata |= {name: text for name, value in fields.items() if (text := self.shown(value)[0])}
        self.add(Block("front-matter", "\n".join(self.source[at:end]), at + 1, end))
        return end

    def _read_explicit(self, at: int, column: int, text: str) -> int:
        """Read markup that begins with `..`: a directive, footnote, target or comment."""
        if footnote := _FOOTNOTE.fullmatch(text):
            self.containers.append(column)
            self.begin(Block("paragraph", footnote["text"], at + 1, at + 1))
            return at + 1
        directive = _DIRECTIVE.fullmatch(text)
        if directive and not directive["substitution"]:
            return self._read_directive(at, column, directive["name"], (directive["argument"] or "").strip())
        # An empty comment ends a block, and has no body.
        end = self._end_of_body(at, column) if text or self._line(at + 1).strip() else at + 1
        self.add(Block("blank", "", at + 1, end))
        return end

    def _read_directive(self, at: int, column: int, name: str, argument: str) -> int:
        """Read a directive with its body, or only its first lines if the body is read as other lines are."""
        kind = _DIRECTIVES.get(name.lower())
        content = at + 1  # below the options
        while _column(self._line(content)) > column and _FIELD.fullmatch(self.source[content]):
            content += 1
        if kind in ("content", "note", "quote", "titled"):
            self.containers += [] if kind == "quote" else [column]
            if argument and kind != "content":
                self.begin(Block("paragraph", argument, at + 1, at + 1))
                if kind == "titled":
                    self.end()
            else:
                self.add(Block("blank", "", at + 1, content))
            return content
        end = self._end_of_body(at, column)
        if kind == "code":
            return self._add_code(content, end, at)
        if kind == "table":
            body = [line.strip() for line in self.source[content:end]]
            options = map(_HEADER_OPTION.fullmatch, self.source[at + 1 : content])
            header = (found["cells"] for found in options if found)
            commas = ([cell.strip().strip('"') for cell in row.split(",")] for row in (*header, *body) if row)
            return self._add_table(_list_rows(body) if name.lower() == "list-table" else commas, at, end)
        if kind == "unseen":
            self.add(Block("blank", "", at + 1, end))
        else:
            self.end()
            message = translatable('reStructuredText: Unknown directive type "{0}"; left unread', name)
            self.warnings.append(ReadingWarning(at + 1, message))
        return end

    def _read_line(self, at: int, column: int) -> None:
        """Read a line as an item, a term, its definition, or a line of a paragraph or quotation."""
        line, number = self.source[at], at + 1
        term, self.term = self.term, None
        text = line.rstrip()
        continues = self.begun is not None and (self.begun.depth is None or column >= self.margin)
        item = MARKUP.item.fullmatch(line)
        if item and continues and MARKUP.numbered.fullmatch(item["mark"]):
            item = None  # a number in the middle of a paragraph is a part of it
        if text.endswith("::"):
            self.literal = item.start("text") if item else column
        if item or len(line) > LONGEST_MARKUP or MARKUP.unseen.fullmatch(line):
            if item:
                self.margin = len(item["indent"]) + (item["mark"] not in _DRAWN_MARKS)
            self.read(line, number)
        elif continues:
            self.lines.append(line)
        elif term is not None and column > term and not text.lstrip().startswith("| "):
            self.begin(Block("bullet", line, number, number, depth=self.depth_at(column)))
            self.margin = column
        elif self._line(at + 1).strip() and _column(self._line(at + 1)) > column:
            self.begin(Block("bullet", line, number, number, depth=self.depth_at(column)))
            self.end()
            self.term = column
        else:
            self.places = self.places if column else []
            is_quote = column > 0 and not self.places and not self.containers
            self.begin(Block("quote" if is_quote else "paragraph", line, number, number))

    def _add_code(self, first: int, end: int, at: int) -> int:
        """Add the lines from `first` to `end` as code that begins at `at`, and return `end`."""
        text = dedent("\n".join(self.source[first:end])).strip("\n")
        self.add(Block("code" if text else "blank", text, at + 1, end))
        return end

    def _add_table(self, rows: Iterator[Sequence[str]], at: int, end: int) -> int:
        """Add a table of cells as written, and return `end`."""
        shown = [[self.shown(cell) for cell in row] for row in rows]
        text = "\n".join(" | ".join(words for words, _ in row) for row in shown if row)
        links = dict.fromkeys(link for row in shown for _, cell_links in row for link in cell_links)
        self.add(Block("table", text, at + 1, end, links=tuple(links)))
        return end

    def _line(self, at: int) -> str:
        return self.source[at] if at < len(self.source) else ""

    def _next_blank(self, at: int) -> int:
        return next(
            (below for below in range(at, len(self.source)) if not self.source[below].strip()), len(self.source)
        )

    def _end_of_body(self, at: int, column: int) -> int:
        """Return the index below the lines that follow `at` and are indented beyond `column`."""
        end = at + 1
        for below in range(at + 1, len(self.source)):
            if self.source[below].strip():
                if _column(self.source[below]) <= column:
                    break
                end = below + 1
        return end


def _column(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _width(text: str) -> int:
    """Return the columns that `text` takes on a screen, as adornments and tables count them."""
    return sum(1 + (east_asian_width(character) in "WF") for character in text)


def _list_rows(lines: Sequence[str]) -> Iterator[list[str]]:
    """Return the rows of a `list-table`: a list of rows, each a list of cells."""
    rows = [list[str]()]
    for line in lines:
        cell = _LIST_TABLE_CELL.fullmatch(line)
        if cell and cell["row"]:
            rows.append([])
        if cell:
            rows[-1].append(cell["text"] or "")
        elif rows[-1]:
            rows[-1][-1] = f"{rows[-1][-1]} {line.strip()}".strip()
    return filter(None, rows)
