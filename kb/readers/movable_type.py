"""A post of a Movable Type export, as Hatena and Livedoor give out their blogs: what is told of it, then its body."""

import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from kb.readers import html, markdown
from kb.readers.contract import Parse
from kb.readers.lines import split_lines

_FIELD = re.compile(r"(?P<key>[A-Z][A-Z ]*): ?(?P<value>.*)")
_PART_END = "-----"
_PARTS = ("BODY:", "EXTENDED BODY:", "EXCERPT:", "KEYWORDS:", "COMMENT:", "PING:")
_OF_AUTHOR = ("BODY:", "EXTENDED BODY:")
_KEYS = {"TITLE": "title", "AUTHOR": "author", "DATE": "date", "CATEGORY": "category", "TAGS": "tags"}
_DATE = re.compile(r"(?P<month>\d\d)/(?P<day>\d\d)/(?P<year>\d{4})\b.*")
_BROKEN_BY_HAND = ("1", "__default__", "convert_breaks")  # a line of the body is then a line on the page
_TAG_AT_END = re.compile(
    r"</?(?:ul|ol|li|dl|dt|dd|p|div|h[1-6]|table|tr|td|th|blockquote|pre|br)\b[^<>]*>\s*$", re.IGNORECASE
)


def recognises(text: str) -> bool:
    """Tell whether `text` is a post as an export holds it: fields, then its body."""
    lines = split_lines(text[:4000].lstrip("\ufeff \t\r\n"))
    end = next((at for at, line in enumerate(lines) if line.rstrip() == _PART_END), 0)
    return end > 0 and all(map(_FIELD.fullmatch, lines[:end])) and lines[end + 1 : end + 2] == ["BODY:"]


def read(text: str) -> Parse:
    """Return the parse of a post."""
    lines = split_lines(text)
    fields = dict(_fields(lines))
    body = "\n".join(_body(lines))
    told = {name: _DATE.sub(r"\g<year>-\g<month>-\g<day>", fields[key]) for key, name in _KEYS.items() if key in fields}
    form = fields.get("CONVERT BREAKS", "")
    if form.startswith("markdown"):
        blocks = markdown.read(body).blocks
    else:
        blocks = html.body_blocks(_with_breaks(body) if form in _BROKEN_BY_HAND else body)
    shown = tuple(block for block in blocks if block.type != "blank")
    return Parse(
        title=told.get("title"), blocks=shown, metadata=tuple((key, value) for key, value in told.items() if value)
    )


def _fields(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield what is told of the post before its first part; of categories, which may be many, the last."""
    for line in lines:
        if line.rstrip() == _PART_END:
            return
        if field := _FIELD.match(line.lstrip("\ufeff")):
            yield field["key"], field["value"].strip()


def _body(lines: Sequence[str]) -> Iterator[str]:
    """Yield the lines of what the author wrote, each other one as an empty line in its place."""
    part = ""
    for line, below in zip_longest(lines, lines[1:]):
        begins = line.rstrip() if line.rstrip() in _PARTS and not part else ""
        ends = line.rstrip() == _PART_END and (below is None or below.rstrip() in _PARTS)
        yield "" if begins or ends or part not in _OF_AUTHOR else line
        part = "" if ends else begins or part


def _with_breaks(body: str) -> str:
    return "\n".join(line if _TAG_AT_END.search(line) else f"{line}<br>" for line in body.split("\n"))
