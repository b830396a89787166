"""Slips of the keyboard: the word of an index that a text is most likely meant to be."""

import re
from collections.abc import Callable, Iterable, Sequence

from rapidfuzz import process
from rapidfuzz.distance import OSA

from index.text import folded_case

# In so short a word any other is one slip away; two kanji differ in meaning, not by a slip; s3 is no slip of s4.
_SHORTEST, _SHORTEST_KANA = 4, 5
_LONG = 8
_MOST_BEGUN = 30  # words; of one letter thousands begin so
_LETTERS = re.compile("[a-z]+|[ァ-ヶーぁ-ゖ]+")


def beginning(text: str, words: Iterable[str]) -> tuple[str, ...]:
    """Return the words that a text is the beginning of, the shortest first, as many as are worth looking for."""
    begun = folded_case(text)
    return tuple(sorted((word for word in words if word.startswith(begun)), key=lambda w: (len(w), w))[:_MOST_BEGUN])


def similar(text: str, words: Sequence[str], frequency: Callable[[str], int]) -> str | None:
    """Return the word that is fewest slips away (one, from 8 letters on two), the most frequent of several; or None.

    A slip is a letter too many, too few, wrong, or two changed about.
    """
    written = folded_case(text)
    if len(written) < (_SHORTEST if written.isascii() else _SHORTEST_KANA) or not _LETTERS.fullmatch(written):
        return None
    slips = 2 if len(written) >= _LONG else 1
    near = process.extract(written, words, scorer=OSA.distance, score_cutoff=slips, limit=None)
    candidates = [
        (distance, -count, word)
        for word, distance, _ in near
        if _LETTERS.fullmatch(word) and (count := frequency(word))
    ]
    return min(candidates)[2] if candidates else None
