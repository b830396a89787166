"""Morphemes to terms: the words of a text, and what else of it helps to rank and to find it."""

import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from itertools import pairwise
from typing import Literal, NamedTuple

from index import datafiles
from index.analysis.morphemes import Morpheme

TermKind = Literal["word", "pair", "sound"]
"""`word`: a word in its longest reading, or one of its short units. `pair`: two words that follow each other.
`phonetic`: how a word is read."""

_KANA = re.compile("[ァ-ヴー]+")
_SPELLED_OUT = 4  # letters: VPC and IAM are, longer words mostly not
_SHORTEST_IN_LETTERS = 3  # `in` and `no` sound like half of all words
_FOLDED_READING = str.maketrans({"ー": None, "ヂ": "ジ", "ヅ": "ズ", "ヴ": "ブ"})


class Term(NamedTuple):  # eighty a note: a frozen dataclass takes four times as long to make
    """What is indexed and looked up, a normalised word or a helper of another kind, and where it stands in a text."""

    text: str
    begin: int
    end: int
    kind: TermKind = "word"


def word_terms(morphemes: Sequence[Morpheme]) -> Iterator[Term]:
    """Yield each content word in its longest reading, then its short units where it has several."""
    for morpheme in morphemes:
        if morpheme.is_content:
            for unit in (morpheme, *morpheme.content_units):
                yield Term(unit.normalized, unit.begin, unit.end)


def helper_terms(morphemes: Sequence[Morpheme]) -> Iterator[Term]:
    """Yield the pairs of a text and the sounds of its words."""
    content = [morpheme for morpheme in morphemes if morpheme.is_content]
    units = [unit for word in content for unit in ((word,) if word.is_figure else word.content_units or (word,))]
    for left, right in pairwise(units):
        yield Term(f"{left.normalized} {right.normalized}", left.begin, right.end, "pair")
    for word in content:
        if phonetic := _phonetic(word):
            yield Term(phonetic, word.begin, word.end, "sound")


@lru_cache(10_000)
def phonetic_key(reading: str) -> str | None:
    """Return a reading in katakana as readings are compared, None where it is none or too short to say anything."""
    phonetic = folded_reading(reading)
    return phonetic if len(phonetic) > 1 and _KANA.fullmatch(reading) else None


def folded_reading(reading: str) -> str:
    """Return katakana as readings are compared: without long vowels, and what sounds the same written the same."""
    return reading.translate(_FOLDED_READING)


def _phonetic(word: Morpheme) -> str | None:
    """Return how a word is read, None for figures and where that is not known."""
    if word.is_figure:
        return None
    if not word.surface.isascii():
        return phonetic_key(word.reading)
    if len(word.surface) < _SHORTEST_IN_LETTERS:
        return None
    return phonetic_key(word.reading) or phonetic_key(_spelled_out(word.surface))


def _spelled_out(word: str) -> str:
    """Return how a short word is read letter by letter, nothing for one that is longer or has figures."""
    names = _letter_names()
    return "".join(names.get(letter, "?") for letter in word.lower()) if len(word) <= _SPELLED_OUT else ""


@cache
def _letter_names() -> dict[str, str]:
    return dict(line.split() for line in datafiles.lines("index", "letter_names.txt"))
