"""What reports call things: the word lists of `words.toml`, as patterns and as sets."""

import re
from functools import cache
from typing import Literal

from index import datafiles
from index.datafiles import Texts
from index.text import letters

# fmt: off
Group = Literal[
    "event", "going", "reporting", "announcements", "held_on", "when", "other_days", "labels", "tags", "rooms",
    "groups", "inner", "closings", "asides", "asides_with", "speakers", "companies", "positions",
    "no_names", "particulars", "nobody", "materials", "slides", "videos", "sites", "series"
]
# fmt: on
"""The lists that there are."""


@cache
def words(group: Group) -> tuple[str, ...]:
    """Return the words of one list, the longest first, so that a pattern made of them prefers it."""
    return tuple(sorted(_lists()[group], key=len, reverse=True))


@cache
def _lists() -> dict[Group, Texts]:
    return datafiles.table("kb.talks", "words.toml", dict[Group, Texts])


def any_of(group: Group, *, whole: bool = False) -> str:
    """Return a pattern for any word of a list; an ASCII word ends where its letters do, and if `whole` begins there."""
    begin = "(?<![A-Za-z])" if whole else ""
    return "|".join(
        f"{begin}{re.escape(word)}(?![A-Za-z])" if word.isascii() else re.escape(word) for word in words(group)
    )


@cache
def folded(group: Group) -> frozenset[str]:
    """Return the words of one list as `index.text.letters` folds them."""
    return frozenset(map(letters, words(group)))
