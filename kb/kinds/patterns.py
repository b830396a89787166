"""Patterns of words as the rules write them, and a book that finds in a sentence all that stand there.

A pattern is words in a row: `必要 が 有る`. A word is given by its normal form (Sudachi's, casefolded), by what it must be
in angle brackets (`<動詞>`, `<意志推量形>`), or by both; `|` stands between alternatives, and `*` for any word between two
others.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Literal

Features = frozenset[str]
"""What a word answers to: its normal form, and each part of its speech and inflection in angle brackets."""

Pattern = tuple[tuple[Features, ...], ...]
"""Words in a row: for each its alternatives, each of them all that the word must answer to."""

Position = Literal["starts", "has", "ends"]
_Entry = tuple[str, Pattern, Position]
_WORDS_REMEMBERED = 20_000  # notes say the same words again and again; the bundled samples have 3,000


def pattern(text: str) -> Pattern:
    """Return the pattern that a text writes."""
    return tuple(tuple(map(_features, word.split("|"))) for word in text.split())


def _features(alternative: str) -> Features:
    return frozenset() if alternative == "*" else frozenset(re.findall(r"<[^>]+>|[^<>]+", alternative))


def stands_at(wanted: Pattern, words: Sequence[Features], at: int) -> bool:
    """Tell whether a pattern stands at a place of a sentence."""
    if at < 0 or at + len(wanted) > len(words):
        return False
    # Loops, no any(): this is called for each word of each note, and a generator doubles its time.
    for place, alternatives in enumerate(wanted, at):
        word = words[place]
        for alternative in alternatives:
            if alternative <= word:
                break
        else:
            return False
    return True


def ends_with(wanted: Pattern, words: Sequence[Features]) -> bool:
    """Tell whether a sentence ends with a pattern."""
    return stands_at(wanted, words, len(words) - len(wanted))


class PatternBook:
    """Patterns by name, each under the word it ends or starts with: a sentence is looked up word by word."""

    def __init__(self) -> None:
        self._ending: dict[str, list[_Entry]] = defaultdict(list)
        self._starting: dict[str, list[_Entry]] = defaultdict(list)
        self._at_end = _lookup(self._ending, -1)
        self._inside = _lookup(self._starting, 0)

    def add(self, name: str, position: Position, patterns: Iterable[Pattern]) -> None:
        """Enter patterns under a name, by which `names_in` tells that one of them stands in a sentence."""
        for one in patterns:
            ends = position == "ends"
            for key in _keys(one[-1 if ends else 0]):
                (self._ending if ends else self._starting)[key].append((name, one, position))

    def names_in(self, words: Sequence[Features]) -> set[str]:
        """Return the names of all that stands in a sentence."""
        names = {name for name, one, _ in self._at_end(words[-1]) if len(one) == 1 or ends_with(one, words)}
        for at, word in enumerate(words):
            for name, one, position in self._inside(word):
                if (
                    (at == 0 or position == "has")
                    and name not in names
                    and (len(one) == 1 or stands_at(one, words, at))
                ):
                    names.add(name)
        return names


def _lookup(entries: Mapping[str, list[_Entry]], place: int) -> Callable[[Features], tuple[_Entry, ...]]:
    """Return a function that tells which of `entries` have a word at that place of their pattern."""

    @lru_cache(_WORDS_REMEMBERED)
    def having(word: Features) -> tuple[_Entry, ...]:
        found = (entry for key in word for entry in entries.get(key, ()))
        return tuple(entry for entry in found if any(alternative <= word for alternative in entry[1][place]))

    return having


def _keys(alternatives: Iterable[Features]) -> set[str]:
    """Return for each alternative the rarest thing it asks for: a normal form before a part of speech."""
    return {min(features, key=lambda key: (key.startswith("<"), key)) for features in alternatives}
