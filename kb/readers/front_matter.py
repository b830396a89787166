"""What a Markdown post says of itself at its top: YAML between `---`, TOML between `+++`, or bare `key: value`."""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass

import yaml

_FENCES = {"---": ("---", "..."), "+++": ("+++",)}
_BARE = re.compile(r"(?P<key>[A-Za-z][\w-]*)\s*[:=]\s*(?P<value>.*)")
# A first line such as `Note: …` is prose: bare keys are known by one of these among them.
_KNOWN = frozenset((
    "title", "date", "tags", "tag", "author", "category", "categories", "layout", "slug", "event", "url", "draft",
    "published",
))  # fmt: skip
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
    """Return the values of YAML or TOML as text; what is nested deeper than in a list says nothing about a report."""
    text = "\n".join(lines)
    if len(lines) > _TALLEST or len(text) - len(lines) + 1 > _LONGEST:
        return _pairs(lines)
    try:
        # The base loader makes nothing but strings: a date stays as it is written.
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
