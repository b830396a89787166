"""Callouts, which notes apps set apart in a box: the author's own words, and no quotation of anybody."""

import re
from collections.abc import Iterator, Sequence

# Obsidian and GitHub: `> [!note] title`; a sign behind the bracket says whether it is folded.
_OPENING = re.compile(r" {0,3}>[ \t]?\[!\w[\w-]*(?:\|[^\]\n]*)?\][-+]?[ \t]*(?P<title>.*)")
_QUOTED = re.compile(r" {0,3}>[ \t]?(?P<text>.*)")
# Notion: an element that CommonMark passes on as HTML, and that on pages holds what is beside the article.
_ASIDE = re.compile(r"(?<=<)aside\b|(?<=</)aside\b", re.IGNORECASE)


def without_callouts(lines: Sequence[str], plain: Sequence[bool]) -> Iterator[str]:
    """Yield `lines` with the words of callouts outside of their boxes, none of those that are not `plain` changed."""
    inside = False
    for line, outside_code in zip(lines, plain, strict=True):
        opening = _OPENING.match(line) if outside_code and not inside else None
        quoted = _QUOTED.match(line) if inside else None
        inside = opening is not None or quoted is not None
        if opening:
            yield opening["title"]
        elif quoted:
            yield quoted["text"]
        else:
            yield _ASIDE.sub("div", line) if outside_code and "aside" in line.lower() else line
