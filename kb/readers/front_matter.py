"""What a Markdown post says of itself at its top: YAML between `---`, TOML between `+++`, or bare `key: value`."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import yaml

_FENCES = {"---": ("---", "..."), "+++": ("+++",)}
_BARE = re.compile(r"(?P<key>[A-Za-z][\w-]*)\s*[:=]\s*(?P<value>.*)")
# A first line such as `Note: …` is prose: bare keys are known by one of these among them.
_KNOWN = {
    "title",
    "date",
    "tags",
    "tag",
    "author",
    "category",
    "categories",
    "layout",
    "slug",
    "event",
    "url",
    "draft",
    "published",
}
_FEWEST_BARE = 2
# What is longer, no person wrote, and is read as bare pairs: a dotted key of 40 kB takes tomllib 1.5 GB, which grows
# with the square; 10 kB of the worst of either language take 1 s and 100 MB.
_TALLEST, _LONGEST = 200, 10_000  # lines, characters


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """How many lines front matter takes, and its values as written, a list joined by commas, by keys in lower case."""

    height: int
    values: tuple[tuple[str, str], ...]


def front_matter(lines: Sequence[str]) -> FrontMatter | None:
    """Return the front matter above `lines`, blank lines before it included, None where there is none."""
    first = next((index for index, line in enumerate(lines) if line.strip("\ufeff \t")), len(lines))
    if first == len(lines):
        return None
    fence = lines[first].strip("\ufeff \t")
    if fence not in _FENCES:
        return _bare(lines, first)
    last = next((at for at in range(first + 1, len(lines)) if lines[at].rstrip() in _FENCES[fence]), None)
    if last is None or not any(_BARE.match(line) for line in lines[first + 1 : last]):
        return None
    told = lines[first + 1 : last]
    plain = len(told) > _TALLEST or sum(map(len, told)) > _LONGEST
    read = _pairs if plain else _toml if fence == "+++" else _yaml
    return FrontMatter(last + 1, read(told))


def _bare(lines: Sequence[str], first: int) -> FrontMatter | None:
    last = next((at for at in range(first, len(lines)) if not _BARE.fullmatch(lines[at])), len(lines))
    values = _pairs(lines[first:last])
    if last - first < _FEWEST_BARE or not any(key in _KNOWN for key, _ in values):
        return None
    return FrontMatter(last, values)


def _yaml(lines: Sequence[str]) -> tuple[tuple[str, str], ...]:
    try:
        # The base loader makes nothing but strings: a date stays as it is written.
        values = yaml.load("\n".join(lines), Loader=yaml.BaseLoader)  # noqa: S506
    except (yaml.YAMLError, RecursionError):  # such as a title with a colon
        return _pairs(lines)
    return _written(values) if isinstance(values, dict) else _pairs(lines)


def _toml(lines: Sequence[str]) -> tuple[tuple[str, str], ...]:
    try:
        return _written(tomllib.loads("\n".join(lines)))
    except (ValueError, RecursionError):  # which Python raises for a number of 5,000 digits too
        return _pairs(lines)


def _written(values: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    """Return values as text, a list of texts joined; what is nested deeper says nothing about a report."""
    texts = ((str(key).lower(), _text(value)) for key, value in values.items())
    return tuple((key, text) for key, text in texts if text)


def _text(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(item for item in value if isinstance(item, str))
    return "" if isinstance(value, dict) else str(value)


def _pairs(lines: Sequence[str]) -> tuple[tuple[str, str], ...]:
    found = (_BARE.match(line) for line in lines)
    return tuple((pair["key"].lower(), pair["value"].strip().strip("\"'")) for pair in found if pair)
