"""What reports call things: the word lists of `words.toml`, as patterns and as sets."""

import re
from functools import cache

from index import datafiles
from index.text import letters

# Characters of a line that are looked at: what a longer one says, it says there, and no pattern has to run on for ever.
LINE = 200


@cache
def words(group: str) -> tuple[str, ...]:
    """Return the words of one list, the longest first, so that a pattern made of them prefers it."""
    lists: dict[str, list[str]] = datafiles.table("kb.talks", "words.toml")
    return tuple(sorted(lists[group], key=len, reverse=True))


def any_of(group: str, *, whole: bool = False) -> str:
    """Return a pattern for any word of a list; an ASCII word ends where its letters do, and if `whole` begins there."""
    begin = "(?<![A-Za-z])" if whole else ""
    return "|".join(
        f"{begin}{re.escape(word)}(?![A-Za-z])" if word.isascii() else re.escape(word) for word in words(group)
    )


@cache
def folded(group: str) -> frozenset[str]:
    """Return the letters of the words of one list."""
    return frozenset(map(letters, words(group)))
