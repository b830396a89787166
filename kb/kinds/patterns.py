"""Patterns of words as the rules write them, and a book that finds in a sentence all that stand there.

A pattern is words in a row: `必要 が 有る`. A word is given by its normal form (Sudachi's, casefolded), by what it must be
in angle brackets (`<動詞>`, `<意志推量形>`), or by both; `|` stands between alternatives, and `*` for any word between two
others.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache, reduce
from operator import or_
from typing import Literal

Features = frozenset[str]
"""What a word answers to: its normal form, and each part of its speech and inflection in angle brackets."""

Pattern = tuple[tuple[Features, ...], ...]
"""Words in a row: for each its alternatives, each of them all that the word must answer to."""

Position = Literal["starts", "has", "ends"]
_ANY = ""  # what is asked of a word that may be any
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
    """Patterns by name, all of which are followed through a sentence at once.

    Each word of each pattern is a bit of a whole number, which tells after each word of a sentence how far each pattern
    has come (Baeza-Yates and Gonnet: A New Approach to Text Searching, 1992).
    """

    def __init__(self) -> None:
        self._size = 0  # bits so far
        self._first = self._anywhere = 0  # the first words of all patterns, and of those that may begin at any word
        self._inside = self._at_end = 0  # the last words of those that may end at any word, and of others
        self._names: dict[int, str] = {}  # by the bit of the last word
        self._asking: dict[str, list[tuple[int, Features]]] = defaultdict(list)
        self._fitted = lru_cache(_WORDS_REMEMBERED)(self._fitted_by)
        self._named = lru_cache(_WORDS_REMEMBERED)(self._names_of)

    def add(self, name: str, position: Position, patterns: Iterable[Pattern]) -> None:
        """Enter patterns under a name, by which `names_in` tells that one of them stands in a sentence."""
        for one in patterns:
            first, last = 1 << self._size, 1 << (self._size + len(one) - 1)
            self._first |= first
            self._anywhere |= 0 if position == "starts" else first
            self._inside |= 0 if position == "ends" else last
            self._at_end |= last if position == "ends" else 0
            self._names[last] = name
            for alternatives in one:
                for features in alternatives:
                    self._asking[_rarest(features)].append((1 << self._size, features))
                self._size += 1

    def names_in(self, words: Iterable[Features]) -> frozenset[str]:
        """Return the names of all that stands in a sentence."""
        begins, reached, found = self._first, 0, 0
        for word in words:
            reached = (reached << 1 & ~self._first | begins) & self._fitted(word)
            found |= reached & self._inside
            begins = self._anywhere
        return self._named(found | reached & self._at_end)

    def _fitted_by(self, word: Features) -> int:
        """Return which words of patterns a word answers to."""
        asking = (each for key in (*word, _ANY) for each in self._asking.get(key, ()))
        return reduce(or_, (bit for bit, features in asking if features <= word), 0)

    def _names_of(self, found: int) -> frozenset[str]:
        return frozenset(name for last, name in self._names.items() if found & last)


def _rarest(features: Features) -> str:
    """Return the rarest thing that is asked of a word: a normal form before a part of speech."""
    return min(features, key=lambda key: (key.startswith("<"), key), default=_ANY)
