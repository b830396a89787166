"""What reports call things: the word lists of `words.toml`, as patterns."""

import re
import tomllib
from functools import cache
from importlib.resources import files


@cache
def words(group: str) -> tuple[str, ...]:
    """Return the words of one list, the longest first, so that a pattern made of them prefers it."""
    lists: dict[str, list[str]] = tomllib.loads((files("kb.talks") / "words.toml").read_text("utf-8"))
    return tuple(sorted(lists[group], key=len, reverse=True))


def any_of(group: str) -> str:
    """Return a pattern for any word of a list; an ASCII word does not begin or end inside another one."""
    return "|".join(
        rf"(?<![A-Za-z]){re.escape(word)}(?![A-Za-z])" if word.isascii() else re.escape(word) for word in words(group)
    )
