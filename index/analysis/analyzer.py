"""Texts to terms, the same for documents and for queries, and where a text shows why it was found."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cache, cached_property, lru_cache
from itertools import pairwise
from pathlib import Path
from threading import Lock, local
from typing import TYPE_CHECKING, Literal, NamedTuple

from index import datafiles
from index.analysis.morphemes import Known, LexiconEntry, Morpheme, morphemes_of
from index.text import KATAKANA, letters

if TYPE_CHECKING:
    from sudachipy import Dictionary, Tokenizer

TermKind = Literal["word", "pair", "sound"]
"""`word`: a word in its longest reading, or one of its short units. `pair`: a shingle, two of them that follow each
other. `sound`: a phonetic key, how a word is read."""

_loading = Lock()  # two threads would compile the same words twice, for seconds each
_TEXTS_KEPT = 4000  # 8 MB: while one types, filters or turns a page most texts are found again
_SPELLED_OUT = 4  # letters: VPC and IAM are, longer words mostly not
_SHORTEST_IN_LETTERS = 3  # `in` and `no` sound like half of all words
_FOLDED_READING = str.maketrans({"ー": None, "ヂ": "ジ", "ヅ": "ズ", "ヴ": "ブ"})


class Term(NamedTuple):  # eighty a note: a frozen dataclass takes four times as long to make
    """What is indexed and looked up, a normalised word or a term of another kind, and where it stands in a text."""

    text: str
    begin: int
    end: int
    kind: TermKind = "word"


class Analyzer:
    """Makes morphemes and terms of texts, knowing some words beyond Sudachi's dictionary.

    It may be shared by threads. `folder` keeps the compiled words; without it each process compiles them. What is kept
    of texts goes with the analyzer: a kb.toml with other words makes a new one.
    """

    def __init__(self, words: Iterable[LexiconEntry] = (), folder: Path | None = None) -> None:
        self._words = entries = tuple(words)
        self._of_thread = of_thread = _OfThread(cache(lambda: _dictionary(entries, folder)))
        self._known = known = Known()
        # It does not hold the analyzer, which would stay with its dictionary until Python looks for circles.
        self._terms_of = lru_cache(_TEXTS_KEPT)(
            lambda text: _words_among(morphemes_of(text, of_thread.tokenizer, known))
        )

    def morphemes(self, text: str) -> tuple[Morpheme, ...]:
        """Return the morphemes of a text; offsets are code points of `text` as given.

        They stand in order and never overlap. White space and marks are morphemes too. A text may have any length; of
        one over MOST_ANALYSED characters only the beginning is analysed.
        """
        return tuple(morphemes_of(text, self._of_thread.tokenizer, self._known))

    def terms(self, morphemes: Sequence[Morpheme]) -> tuple[Term, ...]:
        """Return the words of morphemes in their order, each long one before its short units, stop words left out."""
        return _words_among(morphemes)

    def terms_of(self, text: str) -> tuple[Term, ...]:
        """Return the words of the morphemes of a text, which are kept: many texts are asked for again."""
        return self._terms_of(text)

    def shingles(self, morphemes: Sequence[Morpheme]) -> tuple[Term, ...]:
        """Return each two words of morphemes that follow each other, as terms of the kind `pair`."""
        content = (morpheme for morpheme in morphemes if morpheme.is_content)
        units = (unit for word in content for unit in ((word,) if word.is_figure else word.content_units or (word,)))
        return tuple(
            Term(f"{left.normalized} {right.normalized}", left.begin, right.end, "pair")
            for left, right in pairwise(units)
        )

    def phonetic_keys(self, morphemes: Sequence[Morpheme]) -> tuple[Term, ...]:
        """Return how the words of morphemes are read, as terms of the kind `sound`."""
        read = ((word, _phonetic_key_of(word)) for word in morphemes if word.is_content)
        return tuple(Term(key, word.begin, word.end, "sound") for word, key in read if key)

    def is_name(self, text: str) -> bool:
        """Tell whether a text is a name, or a word of one, among the words that this knows beyond Sudachi's."""
        return letters(text) in self._names

    @cached_property
    def _names(self) -> frozenset[str]:
        return frozenset(letters(text) for word in self._words if word.name for text in (word.surface, *word.units))


class _OfThread(local):
    """What each thread has for itself: no two may share a tokenizer, and the first text of one takes twice as long."""

    def __init__(self, dictionary: "Callable[[], Dictionary]") -> None:
        self._dictionary = dictionary

    @cached_property
    def tokenizer(self) -> "Tokenizer":
        return self._dictionary().tokenizer("C")


def _dictionary(words: tuple[LexiconEntry, ...], folder: Path | None) -> "Dictionary":
    from index.analysis import dictionary  # noqa: PLC0415  # sudachipy is imported when a text is to be analysed

    with _loading:
        return dictionary.load(words, folder)


def _words_among(morphemes: Iterable[Morpheme]) -> tuple[Term, ...]:
    content = (morpheme for morpheme in morphemes if morpheme.is_content)
    every = (unit for morpheme in content for unit in (morpheme, *morpheme.content_units))
    return tuple(Term(unit.normalized, unit.begin, unit.end) for unit in every)


def folded_reading(reading: str) -> str:
    """Return katakana as readings are compared: without long vowels, and what sounds the same written the same."""
    return reading.translate(_FOLDED_READING)


@lru_cache(10_000)
def phonetic_key(reading: str) -> str | None:
    """Return a reading in katakana as readings are compared, None where it is none or too short to say anything."""
    key = folded_reading(reading)
    return key if len(key) > 1 and KATAKANA.fullmatch(reading) else None


def _phonetic_key_of(word: Morpheme) -> str | None:
    """Return how a word is read, None for figures and where that is not known; VPC and IAM are spelled out."""
    in_letters, length = word.surface.isascii(), len(word.surface)
    if word.is_figure or (in_letters and length < _SHORTEST_IN_LETTERS):
        return None
    key = phonetic_key(word.reading)
    if key or not in_letters or length > _SPELLED_OUT:
        return key
    return phonetic_key("".join(_letter_names().get(letter, "?") for letter in word.surface.lower()))


@cache
def _letter_names() -> Mapping[str, str]:
    return dict(line.split() for line in datafiles.lines("index", "letter_names.txt"))


def marks(text: str, terms: Collection[str], analyzer: Analyzer) -> tuple[tuple[int, int], ...]:
    """Return the ranges of `text` that hold one of the terms (`Results.terms`), in order, merged where they touch."""
    ranges: list[tuple[int, int]] = []
    for term in analyzer.terms_of(text) if terms else ():
        if term.text not in terms:
            continue
        if ranges and term.begin <= ranges[-1][1]:
            ranges[-1] = (ranges[-1][0], max(ranges[-1][1], term.end))
        else:
            ranges.append((term.begin, term.end))
    return tuple(ranges)


def snippet(text: str, marked: Sequence[tuple[int, int]], length: int) -> tuple[int, int]:
    """Return the range of about `length` characters to show of a text: whole clauses around the first mark.

    It begins after a 。 or 、 and ends with one, where there is one; a text that is short enough is shown whole.
    """
    if len(text) <= length:
        return 0, len(text)
    first = marked[0][0] if marked else 0
    begin = max(first - length // 2, *(text.rfind(stop, 0, first) + 1 for stop in "。、"))
    end = min(begin + length, len(text))
    last = max(text.rfind(stop, first, end) for stop in "。、") + 1
    return begin, last if last > first and end < len(text) else end
