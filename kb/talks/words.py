"""The word lists of `words.toml`, as patterns and as sets."""

import re
from functools import cache
from typing import Literal

from index import datafiles
from index.datafiles import Texts
from index.text import letters

# fmt: off
WordList = Literal[
    "event", "going", "reporting", "announcements", "held_on", "when", "other_days", "labels", "tags", "rooms",
    "groups", "inner", "closings", "asides", "asides_with", "speakers", "companies", "positions",
    "no_names", "particulars", "nobody", "materials", "slides", "videos", "sites", "series"
]
# fmt: on
_LISTS = datafiles.table("kb.talks", "words.toml", dict[WordList, Texts])


@cache
def words(name: WordList) -> tuple[str, ...]:
    """Return the words of a list, the longest first, so that a pattern of alternatives prefers it."""
    return tuple(sorted(_LISTS[name], key=len, reverse=True))


def any_of(name: WordList, *, whole: bool = False) -> str:
    """Return a pattern for any word of a list. No letter may follow an ASCII word or, if `whole`, precede it."""
    start = "(?<![A-Za-z])" if whole else ""
    return "|".join(
        f"{start}{re.escape(word)}(?![A-Za-z])" if word.isascii() else re.escape(word) for word in words(name)
    )


@cache
def folded(name: WordList) -> frozenset[str]:
    """Return the words of a list, folded by `index.text.letters`."""
    return frozenset(map(letters, words(name)))
