"""A post of a Movable Type export, the format of Hatena and Livedoor blogs: its fields, then its body."""

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile, zip_longest

from kb.readers import html, markdown
from kb.readers.contract import Parse, split_lines

_FIELD = re.compile(r"(?P<key>[A-Z][A-Z ]*): ?(?P<value>.*)")
_PART_END = "-----"
_PARTS = ("BODY:", "EXTENDED BODY:", "EXCERPT:", "KEYWORDS:", "COMMENT:", "PING:")
_KEYS = {"TITLE": "title", "AUTHOR": "author", "DATE": "date", "CATEGORY": "category", "TAGS": "tags"}
_DATE = re.compile(r"(?P<month>\d\d)/(?P<day>\d\d)/(?P<year>\d{4})\b.*")
_CONVERTED = ("1", "__default__", "convert_breaks")  # values of CONVERT BREAKS by which the page keeps line breaks
_TAG_AT_END = re.compile(
    r"</?(?:ul|ol|li|dl|dt|dd|p|div|h[1-6]|table|tr|td|th|blockquote|pre|br)\b[^<>]*>\s*$", re.IGNORECASE
)


def recognises(text: str) -> bool:
    """Return whether `text` is a post of an export: fields, then its body."""
    lines = split_lines(text[:4000].lstrip("\ufeff \t\r\n"))
    end = next((at for at, line in enumerate(lines) if line.rstrip() == _PART_END), 0)
    return end > 0 and all(map(_FIELD.fullmatch, lines[:end])) and lines[end + 1 : end + 2] == ["BODY:"]


def read(text: str) -> Parse:
    """Return the parse of a post."""
    lines = split_lines(text)
    head = takewhile(lambda line: line.rstrip() != _PART_END, lines)
    found = (_FIELD.match(line.lstrip("\ufeff")) for line in head)
    fields = {field["key"]: field["value"].strip() for field in found if field}
    body = list(_body(lines))
    values = ((name, _DATE.sub(r"\g<year>-\g<month>-\g<day>", fields.get(key, ""))) for key, name in _KEYS.items())
    metadata = {name: value for name, value in values if value}
    conversion = fields.get("CONVERT BREAKS", "")
    if conversion.startswith("markdown"):
        blocks = markdown.read("\n".join(body)).blocks
    else:
        if conversion in _CONVERTED:
            body = [line if _TAG_AT_END.search(line) else f"{line}<br>" for line in body]
        blocks = html.body_blocks("\n".join(body))
    shown = tuple(block for block in blocks if block.type != "blank")
    return Parse(metadata.get("title"), shown, tuple(metadata.items()))


def _body(lines: Sequence[str]) -> Iterator[str]:
    """Yield the lines that the author wrote, with empty lines in place of all others."""
    part = ""
    for line, below in zip_longest(lines, lines[1:]):
        begins = line.rstrip() if line.rstrip() in _PARTS and not part else ""
        ends = line.rstrip() == _PART_END and (below is None or below.rstrip() in _PARTS)
        yield "" if begins or ends or part not in ("BODY:", "EXTENDED BODY:") else line
        part = "" if ends else begins or part
