"""Extracted text: the words of a web page with `  • ` bullets, two more spaces a level, and headings as bare lines.

A memo with `・` bullets and nothing of Markdown is read alike.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from index.text import trimmed
from kb.readers.contract import Parse, addresses, split_lines
from kb.readers.heading_evidence import is_polite, is_section_name, is_sentence
from kb.readers.headings import LineRun, LineRunKind, headings
from kb.report.outline import Block, BlockType

_ITEM = re.compile(
    r"(?P<indent>[ \t\u3000\u200b\ufeff]*)"
    r"(?:(?:(?P<bullet>•)|\d{1,9}\.)[ \t\u3000\u00a0]+|(?P<dot>[・◦▪])(?![・◦▪])[ \t\u3000]*)(?P<text>\S.*)",
    re.DOTALL,
)
_LINK = re.compile(r"https?://\S+|(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}(?:/\S*)?")
_TABLE = re.compile(r"\S.*\t.*\S|[|｜].*[|｜]|\+[-=+]{3,}\+")
_QUESTION_OR_ANSWER = re.compile(r"(?:Q|A|質問|回答)\s*\d*\s*[.:．：]", re.IGNORECASE)
_CODE = re.compile(r"^(?:[$#%>] |\s{2,}\S|//|[}\])])|[{};\\]\s*$|^\S+ --?\w|\w = \S|[\w)]\(.*\)$")
_JAPANESE = re.compile("[\u3041-\u30ff\u4e00-\u9fff]")
_BULLET_LINE = re.compile(r"^[ \t\u3000\u200b\ufeff]*•[ \t\u3000\u00a0]", re.MULTILINE)
_MARKDOWN_LINE = re.compile(
    r"\A\ufeff?(?:---|\+\+\+)[ \t]*$"
    r"|^[ \t\u3000\u200b\ufeff]*(?:#{1,6}[ \t]|#{2,6}[^#\s]|[-*+–][ \t]+\S|```|~~~|>[ \t])"
    r"|^(?:===+|---+)[ \t]*$|\]\(\S",
    re.MULTILINE,
)
_FULL_STOP = re.compile(r"[。．!！?？…♪]+[))」』）]*$")
_TYPES: Mapping[LineRunKind, BlockType] = {
    "item": "bullet", "link": "link", "table": "table", "code": "code", "line": "paragraph",
}  # fmt: skip
_LONGEST_LINK = 2000
# A page on Markdown or with code shows some lines as Markdown has them, and hardly any Markdown draws bullets itself.
_ENOUGH_DRAWN, _MOST_MARKED = 3, 3
_ENOUGH = 200  # characters at a line's beginning or end tell what it is
_TAB = 4
_STEP = 2  # columns a level where no item of a text has a parent


def recognises(text: str) -> bool:
    """Tell whether `text` is extracted text: many lines drawn with `•` beside those marked as Markdown, or none."""
    drawn, marked = (sum(1 for _ in pattern.finditer(text)) for pattern in (_BULLET_LINE, _MARKDOWN_LINE))
    return drawn >= marked or (drawn >= _ENOUGH_DRAWN and _MOST_MARKED * drawn >= marked)


def read(text: str) -> Parse:
    """Return the parse of an extracted text."""
    runs = runs_of(text)
    levels = headings(runs)
    title = next((runs[index].text for index, level in reversed(levels.items()) if level == 1), None)
    blocks: list[Block] = []
    for index, run in enumerate(runs):
        if index in levels:
            blocks.append(replace(_block(run), type="heading", level=levels[index]))
        else:
            blocks += _paragraphs(run) if run.kind == "lines" else [_block(run)]
    return Parse(title=title, blocks=tuple(blocks))


def runs_of(text: str) -> list[LineRun]:
    """Return the lines of a text that belong together: an item, a paragraph, a table, code, a link."""
    lines = split_lines(text)
    items = _items(lines)
    depths = _depths([_column(item["indent"]) if item else None for item in items])
    kinds = [_kind(line, item) for line, item in zip(lines, items, strict=True)]
    runs = []
    for group in _groups(lines, kinds):
        first, last = group[0], group[-1]
        item, kind = items[first], kinds[first]
        texts = [trimmed(lines[index]) for index in group]
        if item:
            texts[0] = trimmed(item["text"])
        elif kind == "line" and len(group) > 1:
            code = [lines[index].rstrip() for index in group]
            kind, texts = ("code", code) if _is_code(code) else ("lines", texts)
        run = LineRun(
            kind=kind or "line",
            text=(" " if item else "\n").join(texts),
            first_line=first + 1,
            last_line=last + 1,
            depth=depths[first],
            numbered=item is not None and not (item["bullet"] or item["dot"]),
            apart=first == 0 or kinds[first - 1] is None,
        )
        runs.append(run)
    return runs


def _items(lines: Sequence[str]) -> list[re.Match[str] | None]:
    """Return the match of each line that is an item.

    Where bullets draw the items, a middle dot draws none; where all of these are indented, a number at the margin is
    a heading's.
    """
    items = [_ITEM.match(line) for line in lines]
    drawn = [item for item in items if item and item["bullet"]]
    indented = bool(drawn) and all(item["indent"] for item in drawn)
    return [
        None if item and not item["bullet"] and ((drawn and item["dot"]) or (indented and not item["indent"])) else item
        for item in items
    ]


def _kind(line: str, item: re.Match[str] | None) -> LineRunKind | None:
    """Return what a line begins, None for a blank one."""
    text = trimmed(line)
    if item:
        return "item"
    if len(text) <= _LONGEST_LINK and _LINK.fullmatch(text):
        return "link"
    if _TABLE.fullmatch(text):
        return "table"
    return "line" if text else None


def _groups(lines: Sequence[str], kinds: Sequence[LineRunKind | None]) -> Iterator[list[int]]:
    """Yield the indexes of the lines of each run: an item with what is indented below it, a paragraph, a table."""
    group: list[int] = []
    for index, kind in enumerate(kinds):
        if group and not _joins(lines, kinds, group[0], index):
            yield group
            group = []
        if kind:
            group.append(index)
    if group:
        yield group


def _joins(lines: Sequence[str], kinds: Sequence[LineRunKind | None], first: int, index: int) -> bool:
    """Tell whether the line at `index` goes on what begins at `first`."""
    if kinds[first] == "item":
        return kinds[index] == "line" and _indent(lines[index]) >= _indent(lines[first]) + _STEP
    if kinds[first] != kinds[index] or kinds[first] not in ("line", "table"):
        return False
    text = trimmed(lines[first])
    is_title = first == 0 and not is_sentence(text) and not is_polite(text)
    stands_alone = len(text) <= _ENOUGH and (is_section_name(text) or is_title)
    return not stands_alone and not _QUESTION_OR_ANSWER.match(trimmed(lines[index]))


def _indent(line: str) -> int:
    return _column(line[: len(line) - len(line.lstrip())])


def _column(indent: str) -> int:
    return len(indent.expandtabs(_TAB)) + indent.count("\u3000")


def _depths(columns: Sequence[int | None]) -> list[int | None]:
    """Return the depth of each item by the column of its mark: the commonest step to the right is one level."""
    known = [column for column in columns if column is not None]
    steps = Counter(after - before for before, after in pairwise(known) if after > before)
    step = steps.most_common(1)[0][0] if steps else _STEP
    outermost = min(known, default=0)
    return [None if column is None else round((column - outermost) / step) for column in columns]


def _is_code(lines: Sequence[str]) -> bool:
    """Tell whether most of `lines` are none of Japanese prose and half of them look like code."""
    beginnings = [line[:_ENOUGH] for line in lines]
    foreign = sum(not _JAPANESE.search(line) for line in beginnings)
    return foreign > 0.6 * len(lines) and 2 * sum(_CODE.search(line) is not None for line in beginnings) >= len(lines)


def _block(run: LineRun) -> Block:
    if run.kind == "link":
        links: tuple[str, ...] = (run.text if "://" in run.text else f"https://{run.text}",)
    else:
        links = addresses(run.text)
    kind: BlockType = "numbered" if run.numbered else _TYPES[run.kind]
    return Block(kind, run.text, run.first_line, run.last_line, depth=run.depth, links=links)


def _paragraphs(run: LineRun) -> Iterator[Block]:
    """Yield the paragraphs of adjacent lines: one ends where a sentence and its line end together."""
    texts: list[str] = []
    for line, text in enumerate(run.text.split("\n"), start=run.first_line):
        texts.append(text)
        if line == run.last_line or _FULL_STOP.search(text[-_ENOUGH:]):
            whole = " ".join(texts)
            yield Block("paragraph", whole, line - len(texts) + 1, line, links=addresses(whole))
            texts = []
