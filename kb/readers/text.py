"""Extracted text: a web page as plain text, with `  • ` bullets indented by level, and headings as bare lines.

Memos with `・` bullets and no Markdown are read the same way.
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
from kb.report.outline import QUESTION_OR_ANSWER, Block, BlockType

_ITEM = re.compile(
    r"(?P<indent>[ \t\u3000\u200b\ufeff]*)"
    r"(?:(?:(?P<bullet>•)|\d{1,9}\.)[ \t\u3000\u00a0]+|(?P<dot>[・◦▪])(?![・◦▪])[ \t\u3000]*)(?P<text>\S.*)",
    re.DOTALL,
)
_LINK = re.compile(r"https?://\S+|(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}(?:/\S*)?")
_TABLE = re.compile(r"\S.*\t.*\S|[|｜].*[|｜]|\+[-=+]{3,}\+")
_CODE = re.compile(r"^(?:[$#%>] |\s{2,}\S|//|[}\])])|[{};\\]\s*$|^\S+ --?\w|\w = \S|[\w)]\(.*\)$")
_JAPANESE = re.compile("[\u3041-\u30ff\u4e00-\u9fff]")
_BULLET_LINE = re.compile(r"^[ \t\u3000\u200b\ufeff]*•[ \t\u3000\u00a0]", re.MULTILINE)
_MARKDOWN_LINE = re.compile(
    r"\A\ufeff?(?:---|\+\+\+)[ \t]*$"
    r"|^[ \t\u3000\u200b\ufeff]*(?:#{1,6}[ \t]|#{2,6}[^#\s]|[-*+–][ \t]+\S|```|~~~|>[ \t])"
    r"|^(?:===+|---+)[ \t]*$|\]\(\S",
    re.MULTILINE,
)
_FULL_STOP = re.compile(r"[。．!！?？…♪]+[)）」』]*$")
_TYPES: Mapping[LineRunKind, BlockType] = {
    "item": "bullet", "link": "link", "table": "table", "code": "code", "line": "paragraph",
}  # fmt: skip
_LONGEST_LINK = 2000
# Extracted pages about Markdown or code have a few Markdown lines. Markdown files hardly ever have `•` bullets.
_MIN_DRAWN = 3  # lines with `•`
_MAX_MARKED_RATIO = 3  # Markdown lines for each line with `•`
_ENOUGH = 200  # characters at the beginning or end of a line that decide its kind
_TAB = 4  # columns
_STEP = 2  # columns a level, if no item of a text is nested


def recognises(text: str) -> bool:
    """Return whether `text` is extracted text: it has no Markdown lines, or enough lines with `•` next to them."""
    drawn, marked = (sum(1 for _ in pattern.finditer(text)) for pattern in (_BULLET_LINE, _MARKDOWN_LINE))
    return drawn >= marked or (drawn >= _MIN_DRAWN and _MAX_MARKED_RATIO * drawn >= marked)


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
    """Return the runs of a text: its items, paragraphs, tables, code blocks and links."""
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
    """Return the match of each line that is an item, None for other lines.

    In a text with `•` bullets, a middle dot marks no item. If all bullets are indented, an unindented number belongs to
    a heading.
    """
    items = [_ITEM.match(line) for line in lines]
    drawn = [item for item in items if item and item["bullet"]]
    indented = bool(drawn) and all(item["indent"] for item in drawn)
    return [
        None if item and not item["bullet"] and ((drawn and item["dot"]) or (indented and not item["indent"])) else item
        for item in items
    ]


def _kind(line: str, item: re.Match[str] | None) -> LineRunKind | None:
    """Return the kind of run that a line may begin, None for a blank line."""
    text = trimmed(line)
    if item:
        return "item"
    if len(text) <= _LONGEST_LINK and _LINK.fullmatch(text):
        return "link"
    if _TABLE.fullmatch(text):
        return "table"
    return "line" if text else None


def _groups(lines: Sequence[str], kinds: Sequence[LineRunKind | None]) -> Iterator[list[int]]:
    """Yield the line indexes of each run. An item includes the lines indented below it."""
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
    """Return whether the line at `index` continues the run that begins at `first`."""
    if kinds[first] == "item":
        return kinds[index] == "line" and _indent(lines[index]) >= _indent(lines[first]) + _STEP
    if kinds[first] != kinds[index] or kinds[first] not in ("line", "table"):
        return False
    text = trimmed(lines[first])
    is_title = first == 0 and not is_sentence(text) and not is_polite(text)
    stands_alone = len(text) <= _ENOUGH and (is_section_name(text) or is_title)
    return not stands_alone and not QUESTION_OR_ANSWER.match(trimmed(lines[index]))


def _indent(line: str) -> int:
    return _column(line[: len(line) - len(line.lstrip())])


def _column(indent: str) -> int:
    return len(indent.expandtabs(_TAB)) + indent.count("\u3000")


def _depths(columns: Sequence[int | None]) -> list[int | None]:
    """Return the depth of each item by the column of its mark. The commonest step to the right is one level."""
    known = [column for column in columns if column is not None]
    steps = Counter(after - before for before, after in pairwise(known) if after > before)
    step = steps.most_common(1)[0][0] if steps else _STEP
    outermost = min(known, default=0)
    return [None if column is None else round((column - outermost) / step) for column in columns]


def _is_code(lines: Sequence[str]) -> bool:
    """Return whether most of `lines` have no Japanese, and half of them look like code."""
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
    """Yield the paragraphs of adjacent lines. A paragraph ends where a line ends with a full stop."""
    texts: list[str] = []
    for line, text in enumerate(run.text.split("\n"), start=run.first_line):
        texts.append(text)
        if line == run.last_line or _FULL_STOP.search(text[-_ENOUGH:]):
            whole = " ".join(texts)
            yield Block("paragraph", whole, line - len(texts) + 1, line, links=addresses(whole))
            texts = []
