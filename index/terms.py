"""Slips of the keyboard: the word of an index, or the name of a few, that a text is most likely meant to be."""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from operator import itemgetter
from typing import Protocol

from index.analysis import TermKind
from index.query_ast import Node
from index.schema import Schema
from index.text import folded_case

# In so short a word any other is one slip away; two kanji differ in meaning, not by a slip; s3 is no slip of s4.
_SHORTEST, _SHORTEST_KANA = 4, 5
_LONG = 8
_MOST_BEGUN = 30  # words; of one letter thousands begin so
_LETTERS = re.compile("[a-z]+|[ァ-ヶーぁ-ゖ]+")
# A word that so few documents have may be a slip that stands there, if a neighbour is so many times as common.
_RARE, _FAR = 10, 20
_LIKE = 75  # percent of the letters of two names, from which on they are near: SQSS and SQS have 86, SQSS and SNS 57
_LONGEST = 100  # characters of a name that is looked for


class TermIndex(Protocol):
    """The terms and documents of one generation, as far as interpreting a query needs them."""

    @property
    def schema(self) -> Schema:
        """The fields of its documents."""

    def exists(self, node: Node) -> bool:
        """Return whether any document matches a node, such as a word of a query."""

    def count(self, nodes: Sequence[Node]) -> int:
        """Return how many documents match all of these nodes."""

    def has_name(self, name: str) -> bool:
        """Return whether any document has this folded name in the facet `Schema.names`."""

    def with_prefix(self, prefix: str, kind: TermKind = "word") -> Sequence[str]:
        """Return the terms that begin so (`with_prefix`)."""

    def spell_checker(self, text: str, kind: TermKind = "word") -> "SpellChecker":
        """Return a spell checker that knows at least all terms near this text."""


def with_prefix(text: str, words: Iterable[str]) -> tuple[str, ...]:
    """Return the words that a text is the beginning of, the shortest first, as many as are worth looking for."""
    begun = folded_case(text)
    return tuple(sorted((word for word in words if word.startswith(begun)), key=lambda w: (len(w), w))[:_MOST_BEGUN])


def nearest(name: str, names: Iterable[str], most: int, *, partly: bool = False) -> tuple[str, ...]:
    """Return the names, at most so many, that one is like, or partly a part of, the nearest first; all are folded."""
    from rapidfuzz import fuzz, process  # noqa: PLC0415  # for who mistypes a name

    scorer = fuzz.partial_ratio if partly else fuzz.ratio
    found = process.extract(name[:_LONGEST], tuple(names), scorer=scorer, score_cutoff=_LIKE, limit=most)
    return tuple(near for near, _, _ in found)


class SpellChecker:
    """The words of an index that a text may be a slip of.

    `words` gives all words of the index, each with how many documents have it at most, `frequency` how many do.
    """

    def __init__(self, words: Callable[[], Mapping[str, int]], frequency: Callable[[str], int]) -> None:
        self._words = words
        self._frequency = frequency

    def similar(self, text: str) -> str | None:
        """Return the word that is fewest slips away, the most frequent of several; or None.

        It may be one away, from 8 letters on two. A slip is a letter too many, too few, wrong, or two changed about.
        """
        near = self._near(folded_case(text))
        return min(near)[2] if near else None

    def more_frequent(self, text: str) -> str | None:
        """Return the word that a text is a few slips away from, where few documents have it itself; or None."""
        written = folded_case(text)
        having = self._frequency(written)
        if not 0 < having <= _RARE:
            return None
        least = _FAR * having
        near = [one for one in self._near(written, least) if one[2] != written and -one[1] >= least]
        return min(near)[2] if near else None

    def _near(self, written: str, least: int = 0) -> Sequence[tuple[int, int, str]]:
        """Return the words that are few slips away: how many, how frequent each is, below 0, and itself.

        Those are left out that fewer than so many documents have, as far as that is known.
        """
        if len(written) < (_SHORTEST if written.isascii() else _SHORTEST_KANA) or not _LETTERS.fullmatch(written):
            return ()
        from rapidfuzz import process  # noqa: PLC0415  # most queries have no word that few documents have
        from rapidfuzz.distance import OSA  # noqa: PLC0415

        slips = 2 if len(written) >= _LONG else 1
        lengths = range(len(written) - slips, len(written) + slips + 1)
        words = list[str]()
        for length in lengths:
            some, bounds = self._by_length.get((written.isascii(), length), ((), ()))
            words += some[: bisect_right(bounds, -least)]
        near = process.extract(written, words, scorer=OSA.distance, score_cutoff=slips, limit=None)
        return [(int(distance), -count, word) for word, distance, _ in near if (count := self._frequency(word))]

    @cached_property
    def _by_length(self) -> Mapping[tuple[bool, int], tuple[Sequence[str], Sequence[int]]]:
        """The words of Latin letters, and those of kana, by their length, commonest first; how common, below 0."""
        words: dict[tuple[bool, int], tuple[list[str], list[int]]] = defaultdict(lambda: ([], []))
        for word, most in sorted(self._words().items(), key=itemgetter(1), reverse=True):
            if _LETTERS.fullmatch(word):
                some, bounds = words[word.isascii(), len(word)]
                some.append(word)
                bounds.append(-most)
        return words
