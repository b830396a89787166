"""Preparing Markdown of blogs and notes apps: front matter, and dialects rewritten as CommonMark.

`to_commonmark` neither adds nor removes lines. Shortcodes, cards and boxes become plain links and
text.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

import yaml

from index import datafiles
from index.text import INVISIBLE
from kb.readers.contract import DEEPEST

_FENCE = re.compile(r"\s*(?P<fence>`{3,}|~{3,})(?P<rest>.*)")
_MARK = r"(?:[-*+]|\d{1,9}[.)])"
_ITEM = re.compile(rf"(?P<indent>[ \t]*){_MARK}(?:[ \t]+\S|[ \t]*$)")
# U+3000 also indents Japanese paragraphs: it indents a list only if a bullet or number follows.
_WIDE_INDENT = re.compile(rf"^[ \t]*\u3000[ \t\u3000]*(?=[・•◦▪]|(?:{_MARK}|–)[ \t\u3000])")
# Two middle dots are an ellipsis: 「・・というのは前置きで」.
_SIGN = re.compile(r"(?P<indent>[ \t]*)(?:[・•◦▪](?![・•◦▪])[ \t\u3000]*|–[ \t\u3000]+|[-*+]\u3000[ \t\u3000]*)(?=\S)")
_CRAMPED_ITEM = re.compile(r"(?P<indent>[ \t]*)(?:-(?=[^\W\d])|\*(?=[^\W\d][^*]*$))")
_IMAGE_BEFORE_HEADING = re.compile(r" {0,3}(?:!\[[^\]]*\]\([^)]*\)[ \t]*)+(?=#{1,6}[ \t])")
_CRAMPED_HEADING = re.compile(r" {0,3}(?P<marks>#{1,6})(?P<text>[^#\s].*)")
_NESTED_MARKS = re.compile(
    rf"(?P<kept>[ \t]*(?:(?:>[ \t]?|{_MARK}[ \t]+)){{{DEEPEST + 2}}})(?:>[ \t]?|{_MARK}[ \t]+)++"
)
# An author who writes `<script>` in an item means the word. A script with a source is an embed.
_NAMED_TAG = re.compile(r"<(?=/?(?:script|style|textarea)\b(?![^>]*\b(?:src|data-id)=))", re.IGNORECASE)
_TAB = 4  # columns
_DEEPEST_INDENT = _TAB * (DEEPEST + 2)  # deep enough for the warning about deep lists
_ONE_SPACE, _WIDE_STEP = 1, 4
# Callouts of Obsidian and GitHub, `> [!note] title`, are boxes with the author's own words. A sign after the bracket
# folds them.
_CALLOUT = re.compile(r" {0,3}>[ \t]?\[!\w[\w-]*(?:\|[^\]\n]*)?\][-+]?[ \t]*(?P<title>.*)")
_CALLED_OUT = re.compile(r" {0,3}>[ \t]?(?P<text>.*)")
# Notion's element for a box, which on web pages is not a part of the article.
_ASIDE = re.compile(r"(?<=<)aside\b|(?<=</)aside\b", re.IGNORECASE)
_EMBED_ADDRESSES = dict(line.split() for line in datafiles.lines("kb.readers", "embeds.txt"))
_SPEAKERDECK_KEY = re.compile(r"[0-9a-f]{32}")
_EMBED = re.compile(r"\{[{%:#]|@\[|\[\[|\[(?:https?:|f:id|:|toc\])|==|%%|\^[0-9a-f]{6}$", re.IGNORECASE)
_HIGHLIGHT = re.compile(r"^(?P<indent>\s*)\{[{%][<%]?\s*(?P<end>end|/\s*)?highlight\b\s*(?P<language>\w*).*$")
# No pattern looks past the next bracket of its kind, so that a line of only brackets takes linear time.
_SHORTCODE = re.compile(r"\{\{[<%](?P<hugo>[^{}]*?)[%>]\}\}|\{%-?(?P<liquid>[^{}]*?)-?%\}|\{\{[^{}]*\}\}")
_ZENN = re.compile(r"@\[(?P<name>\w+)\]\((?P<argument>[^()\s]*)[^()]*\)")
_HATENA = re.compile(
    r"(?<!\\)\[(?P<address>https?://[^\[\]\s]+?):(?:embed|title|image|cite|barcode)(?:=(?P<title>[^\[\]\\]*)|[:\w]*)\]"
)
_HATENA_OWN = re.compile(r"\[f:id:[^\]]*\]|\[:contents\]|^\s*\[toc\]\s*$|^\s*\[\[toc\]\]\s*$", re.IGNORECASE)
# `[[:<:]]` is a regular expression.
_WIKI = re.compile(r"(?P<image>!)?\[\[(?!:)(?:[^\[\]|]*\|)?(?P<text>[^\[\]]+)\]\]")
_ATTRIBUTES = re.compile(r"\{(?:#[\w-]+|:[^{}]*)\}[ \t]*$")
# `===` is an operator.
_MARKED = re.compile(r"(?<!=)==(?=\S)(?P<text>[^=]+?)(?<=\S)==(?!=)")
# Obsidian's comments, and the ids of lines that other notes link to.
_UNSEEN = re.compile(r"%%[^%]+%%|(?<=\s)\^[0-9a-f]{6}$")
_IMAGES = ("asset_img", "figure", "image", "img")  # their words are classes and sizes
_NO_TITLE = re.compile(r"""[="'\[\]]|https?://""")  # named arguments, or a second address
_WORDS = re.compile(r"""(?:(?P<key>[\w-]+)=)?(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<bare>[^\s"']+))""")


def to_commonmark(lines: Sequence[str]) -> list[str]:
    """Return `lines` as CommonMark. Lines in code fences stay as they are."""
    plain = list(_outside_fences(lines))
    lines = list(_without_callouts(lines, plain))
    headings = _cramped_headings(lines, plain)
    lines = [
        _commonmark_line(line, heading=index in headings) if plain[index] else line for index, line in enumerate(lines)
    ]
    return _with_wide_indents(_with_spaced_bullets(lines, plain), plain)


def _outside_fences(lines: Sequence[str]) -> Iterator[bool]:
    """Yield for each line whether it is outside of code fences. The fences themselves are inside."""
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


def _without_callouts(lines: Sequence[str], plain: Sequence[bool]) -> Iterator[str]:
    """Yield `lines` with callouts as plain text. Lines that are not `plain` stay as they are."""
    inside = False
    for line, outside_code in zip(lines, plain, strict=True):
        opening = _CALLOUT.match(line) if outside_code and not inside else None
        quoted = _CALLED_OUT.match(line) if inside else None
        inside = opening is not None or quoted is not None
        if opening:
            yield opening["title"]
        elif quoted:
            yield quoted["text"]
        else:
            yield _ASIDE.sub("div", line) if outside_code and "aside" in line.lower() else line


def _commonmark_line(line: str, *, heading: bool) -> str:
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
    text = line.lstrip(" \t")
    indent = line[: len(line) - len(text)]
    if len(indent) >= DEEPEST and len(indent.expandtabs(_TAB)) > _DEEPEST_INDENT:
        line = " " * _DEEPEST_INDENT + text
    return _without_embeds(line) if _EMBED.search(line) else line


def _without_embeds(line: str) -> str:
    """Return `line` with embeds as links, and without embeds that show nothing."""
    highlight = _HIGHLIGHT.match(line)
    if highlight:
        return f"{highlight['indent']}```{'' if highlight['end'] else highlight['language']}"
    line = _SHORTCODE.sub(lambda found: _links((found["hugo"] or found["liquid"] or "").strip()), line)
    line = _ZENN.sub(lambda found: _link(found["name"], found["argument"]), line)
    line = _HATENA.sub(lambda found: _named(found["address"], found["title"]), line)
    line = _HATENA_OWN.sub("", line)
    line = _WIKI.sub(lambda found: "" if found["image"] else found["text"], line)
    line = _UNSEEN.sub("", line)
    return _MARKED.sub(r"\g<text>", _ATTRIBUTES.sub("", line))


def _links(shortcode: str) -> str:
    """Return the links of shortcodes such as `youtube ID`, `elink words address` or `include x slideshare="ID"`."""
    name, _, rest = shortcode.partition(" ")
    *title, address = rest.split() or [""]
    if (
        title
        and name not in _IMAGES
        and address.startswith(("https://", "http://"))
        and not _NO_TITLE.search(" ".join(title))
    ):
        return _named(address, " ".join(title))
    arguments = (
        (word["key"] or name, word["double"] or word["single"] or word["bare"]) for word in _WORDS.finditer(rest)
    )
    return " ".join(link for key, value in arguments if (link := _link(key, value or "")))


def _link(name: str, argument: str) -> str:
    """Return the link of the embed `name`, "" if it is unknown."""
    if argument.startswith(("https://", "http://")):
        return f"<{argument}>"
    if name.lower() == "speakerdeck" and _SPEAKERDECK_KEY.fullmatch(argument):
        return f"<https://speakerdeck.com/player/{argument}>"
    address = _EMBED_ADDRESSES.get(name.lower())
    return f"<{address.format(argument)}>" if address and argument else ""


def _named(address: str, title: str | None) -> str:
    return f"[{title}]({address})" if title else f"<{address}>"


def _cramped_headings(lines: Sequence[str], plain: Sequence[bool]) -> set[int]:
    """Return the line indexes of headings written without a space, `##見出し`, without hashtags.

    Two or more marks make a heading. A single mark does only if the author also writes such headings with more marks,
    or at least twice with one mark; otherwise it begins a hashtag.
    """
    found = {
        index: match
        for index, line in enumerate(lines)
        if plain[index] and line.lstrip().startswith("#") and (match := _CRAMPED_HEADING.match(line))
    }
    deeper = {index for index, match in found.items() if len(match["marks"]) > 1}
    single = set()
    for index in found.keys() - deeper:
        words = lines[index].split()
        is_tags = words[0].isascii() or (len(words) > 1 and all(word.startswith("#") for word in words))
        if not is_tags and {index - 1, index + 1}.isdisjoint(found):
            single.add(index)
    return deeper | single if deeper or len(single) > 1 else set()


def _with_spaced_bullets(lines: Sequence[str], plain: Sequence[bool]) -> list[str]:
    """Return `lines` with a space after bullets without one (`-text`), if the line is next to another item."""
    is_item = [_ITEM.match(line) is not None or _CRAMPED_ITEM.match(line) is not None for line in lines]
    neighbours = zip(plain, [False, *is_item], [*is_item, False][1:], strict=False)
    may_be_item = [is_plain and (above or below) for is_plain, above, below in neighbours]
    return [
        f"{cramped[0]} {line[cramped.end() :]}" if may_be and (cramped := _CRAMPED_ITEM.match(line)) else line
        for line, may_be in zip(lines, may_be_item, strict=True)
    ]


def _with_wide_indents(lines: Sequence[str], plain: Sequence[bool]) -> list[str]:
    """Return `lines` with lists that nest by one space indented by four, as CommonMark requires."""
    widened: list[str] = []
    pairs = zip(lines, plain, strict=True)
    for is_item, run in groupby(pairs, key=lambda pair: pair[1] and _ITEM.match(pair[0]) is not None):
        texts = [line for line, _ in run]
        indents = [len(line) - len(line.lstrip(" ")) for line in texts]
        steps = Counter(after - before for before, after in pairwise(indents) if after > before)
        factor = _WIDE_STEP - 1 if is_item and 0 < steps.total() < 2 * steps[_ONE_SPACE] else 0
        widened += [" " * factor * indent + line for indent, line in zip(indents, texts, strict=True)]
    return widened


_FENCES = {"---": ("---", "..."), "+++": ("+++",)}
_BARE = re.compile(r"(?P<key>[A-Za-z][\w-]*)\s*[:=]\s*(?P<value>.*)")
# Bare keys are front matter if one of these is among them. A first line such as `Note: …` is prose.
_KNOWN = frozenset((
    "title", "date", "tags", "tag", "author", "category", "categories", "layout", "slug", "event", "url", "draft",
    "published",
))  # fmt: skip
_FEWEST_BARE = 2  # lines
# Longer front matter was not written by a person, and is read as bare pairs. The memory of tomllib grows with the
# square of a dotted key: 40 kB take 1.5 GB. The worst 10 kB of TOML or YAML take 1 s and 100 MB.
_MAX_LINES, _MAX_CHARACTERS = 200, 10_000


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """The metadata at the top of a post: YAML between `---`, TOML between `+++`, or bare `key: value` lines."""

    height: int  # lines
    values: tuple[tuple[str, str], ...]  # by keys in lower case, as written; lists are joined by commas


def front_matter(lines: Sequence[str]) -> FrontMatter | None:
    """Return the front matter at the top of `lines`, with blank lines above it, or None."""
    first = next((index for index, line in enumerate(lines) if line.strip("\ufeff \t")), None)
    if first is None:
        return None
    fence = lines[first].strip("\ufeff \t")
    if fence not in _FENCES:
        end = next((at for at in range(first, len(lines)) if not _BARE.fullmatch(lines[at])), len(lines))
        values = _pairs(lines[first:end])
        is_known = end - first >= _FEWEST_BARE and any(key in _KNOWN for key, _ in values)
        return FrontMatter(end, values) if is_known else None
    last = next((at for at in range(first + 1, len(lines)) if lines[at].rstrip() in _FENCES[fence]), None)
    if last is None or not any(_BARE.match(line) for line in lines[first + 1 : last]):
        return None
    return FrontMatter(last + 1, _values(lines[first + 1 : last], fence))


def _values(lines: Sequence[str], fence: str) -> tuple[tuple[str, str], ...]:
    """Return the values of YAML or TOML as text, without tables and nested lists."""
    text = "\n".join(lines)
    if len(lines) > _MAX_LINES or len(text) - len(lines) + 1 > _MAX_CHARACTERS:
        return _pairs(lines)
    try:
        # The base loader returns only strings, so that dates stay as written.
        values = tomllib.loads(text) if fence == "+++" else yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506
    except (yaml.YAMLError, ValueError, RecursionError):  # a title with a colon; in TOML, a number of 5,000 digits
        return _pairs(lines)
    if not isinstance(values, dict):
        return _pairs(lines)
    texts = ((str(key).lower(), _text(value)) for key, value in values.items())
    return tuple((key, text) for key, text in texts if text)


def _text(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(item for item in value if isinstance(item, str))
    return "" if isinstance(value, dict) else str(value)


def _pairs(lines: Sequence[str]) -> tuple[tuple[str, str], ...]:
    found = (_BARE.match(line) for line in lines)
    return tuple((pair["key"].lower(), pair["value"].strip().strip("\"'")) for pair in found if pair)
