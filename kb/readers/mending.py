"""Markdown as blogs and notes apps write it, made into CommonMark line by line: none is added or taken away."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise

from index.text import INVISIBLE
from kb.readers.callouts import without_callouts
from kb.readers.contract import DEEPEST
from kb.readers.embeds import without_embeds

_FENCE = re.compile(r"\s*(?P<fence>`{3,}|~{3,})(?P<rest>.*)")
_MARK = r"(?:[-*+]|\d{1,9}[.)])"
_ITEM = re.compile(rf"(?P<indent>[ \t]*){_MARK}(?:[ \t]+\S|[ \t]*$)")
# U+3000 indents a Japanese paragraph too: it is an indent of a list where a bullet or number follows.
_WIDE_INDENT = re.compile(rf"^[ \t]*\u3000[ \t\u3000]*(?=[・•◦▪]|(?:{_MARK}|–)[ \t\u3000])")
# Two middle dots are an ellipsis: 「・・というのは前置きで」.
_SIGN = re.compile(r"(?P<indent>[ \t]*)(?:[・•◦▪](?![・•◦▪])[ \t\u3000]*|–[ \t\u3000]+|[-*+]\u3000[ \t\u3000]*)(?=\S)")
_CRAMPED_ITEM = re.compile(r"(?P<indent>[ \t]*)(?:-(?=[^\W\d])|\*(?=[^\W\d][^*]*$))")
_IMAGE_BEFORE_HEADING = re.compile(r" {0,3}(?:!\[[^\]]*\]\([^)]*\)[ \t]*)+(?=#{1,6}[ \t])")
_CRAMPED_HEADING = re.compile(r" {0,3}(?P<marks>#{1,6})(?P<text>[^#\s].*)")
_NESTED_MARKS = re.compile(
    rf"(?P<kept>[ \t]*(?:(?:>[ \t]?|{_MARK}[ \t]+)){{{DEEPEST + 2}}})(?:>[ \t]?|{_MARK}[ \t]+)++"
)
# Who notes such a tag in an item means its name; the scripts of embeds say where they lead.
_NAMED_TAG = re.compile(r"<(?=/?(?:script|style|textarea)\b(?![^>]*\b(?:src|data-id)=))", re.IGNORECASE)
_TAB = 4
_DEEPEST_INDENT = _TAB * (DEEPEST + 2)  # deep enough to be warned of
_ONE_SPACE, _WIDE_STEP = 1, 4


def mended(lines: Sequence[str]) -> list[str]:
    """Return `lines` as CommonMark would have them; what stands in code fences is left as it is."""
    plain = list(_outside_fences(lines))
    lines = list(without_callouts(lines, plain))
    headings = _cramped_headings(lines, plain)
    rewritten = [
        _mended_line(line, heading=index in headings) if outside else line
        for index, (line, outside) in enumerate(zip(lines, plain, strict=True))
    ]
    return _spread(_parted(rewritten, plain), plain)


def _outside_fences(lines: Sequence[str]) -> Iterator[bool]:
    """Yield for each line whether it stands outside of code fences, the fences themselves being inside."""
    fence = ""
    for line in lines:
        found = _FENCE.match(line) if "`" in line or "~" in line else None
        if found and not fence and "`" not in found["rest"]:
            fence = found["fence"]
            yield False
        elif fence:
            if found and found["fence"].startswith(fence) and not found["rest"].strip():
                fence = ""
            yield False
        else:
            yield True


def _mended_line(line: str, *, heading: bool) -> str:
    line = line.lstrip(INVISIBLE)
    if "\u3000" in line:
        line = _WIDE_INDENT.sub(lambda indent: indent[0].replace("\u3000", "  "), line, count=1)
    line = _SIGN.sub(r"\g<indent>- ", line, count=1) if _SIGN.match(line) else line
    if heading:
        line = _CRAMPED_HEADING.sub(r"\g<marks> \g<text>", line)
    if line.startswith(":::"):
        return "* * *"  # the edge of a box
    image = _IMAGE_BEFORE_HEADING.match(line) if "![" in line else None
    line = line[image.end() :] if image else line
    if "<" in line and "`" not in line and _ITEM.match(line):
        line = _NAMED_TAG.sub(r"\<", line)
    line = _NESTED_MARKS.sub(r"\g<kept>", line) if _NESTED_MARKS.match(line) else line
    return without_embeds(_not_too_deep(line))


def _not_too_deep(line: str) -> str:
    """Return `line` indented no more than the deepest list is."""
    text = line.lstrip(" \t")
    indent = line[: len(line) - len(text)]
    if len(indent) < DEEPEST or len(indent.expandtabs(_TAB)) <= _DEEPEST_INDENT:
        return line
    return " " * _DEEPEST_INDENT + text


def _cramped_headings(lines: Sequence[str], plain: Sequence[bool]) -> set[int]:
    """Return the indexes of headings written without a space, `##見出し`, told from hashtags.

    Two marks or more are a heading. One is the mark of a hashtag, unless the author writes other headings so: with
    more marks, or at least two lines that are no tags of one another.
    """
    found = {
        index: match
        for index, line in enumerate(lines)
        if plain[index] and line.lstrip().startswith("#") and (match := _CRAMPED_HEADING.match(line))
    }
    deeper = {index for index, match in found.items() if len(match["marks"]) > 1}
    single = {
        index
        for index, match in found.items()
        if index not in deeper and not _is_tag_line(lines[index]) and {index - 1, index + 1}.isdisjoint(found)
    }
    return deeper | single if deeper or len(single) > 1 else set()


def _is_tag_line(line: str) -> bool:
    words = line.split()
    return words[0].isascii() or (len(words) > 1 and all(word.startswith("#") for word in words))


def _parted(lines: Sequence[str], plain: Sequence[bool]) -> list[str]:
    """Return `lines` with a space after the bullet of those that stand right above or below another item: `-text`."""

    def mend(index: int) -> str:
        line = lines[index]
        cramped = plain[index] and _CRAMPED_ITEM.match(line)
        beside = (lines[at] for at in (index - 1, index + 1) if 0 <= at < len(lines))
        if cramped and any(_ITEM.match(other) or _CRAMPED_ITEM.match(other) for other in beside):
            return f"{cramped[0]} {line[cramped.end() :]}"
        return line

    return [mend(index) for index in range(len(lines))]


def _spread(lines: Sequence[str], plain: Sequence[bool]) -> list[str]:
    """Return `lines` with the lists that nest by one space nested by four, which CommonMark sees."""
    spread: list[str] = []
    for is_item, run in groupby(
        zip(lines, plain, strict=True), key=lambda pair: pair[1] and _ITEM.match(pair[0]) is not None
    ):
        texts = [line for line, _ in run]
        indents = [len(line) - len(line.lstrip(" ")) for line in texts]
        steps = Counter(after - before for before, after in pairwise(indents) if after > before)
        nests = is_item and steps.total() > 0 and 2 * steps[_ONE_SPACE] > steps.total()
        spread += (
            [" " * (_WIDE_STEP - 1) * indent + line for indent, line in zip(indents, texts, strict=True)]
            if nests
            else texts
        )
    return spread
