"""Analyses text into terms, the same way for documents and queries; also marks and snippets of found texts."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property, lru_cache
from itertools import pairwise, product
from pathlib import Path
from threading import Lock, local
from typing import TYPE_CHECKING, Literal, NamedTuple

from index import datafiles
from index.analysis.morphemes import LexiconEntry, Morpheme, MorphemeCache, morphemes_of
from index.text import KATAKANA, letters

if TYPE_CHECKING:
    from sudachipy import Dictionary, Tokenizer

TermKind = Literal["word", "pair", "sound"]
"""`word`: a whole word or one of its short units. `pair`: a shingle of two adjacent words. `sound`: a phonetic key."""

_loading = Lock()  # else two threads would compile the same words, for seconds each
_CACHED_TEXTS = 4000  # 8 MB; typing, filtering and paging mostly find the same texts again
_MAX_SPELLED_OUT = 4  # letters; VPC and IAM are spelled out, most longer words are not
_MIN_LATIN_READING = 3  # letters; `in` and `no` sound like half of all words
_FOLDED_READING = str.maketrans({"ー": None, "ヂ": "ジ", "ヅ": "ズ", "ヴ": "ブ"})


class Term(NamedTuple):  # a note has eighty, and a frozen dataclass takes four times as long to make
    """A term, such as a normalised word, and its place in the analysed text."""

    text: str
    begin: int
    end: int
    kind: TermKind = "word"


class Analyzer:
    """Analyses texts with Sudachi's dictionary and additional words. Shared by threads.

    `folder` stores the compiled words; without it each process compiles them. A kb.toml with other words needs a new
    analyzer, which begins with empty caches.
    """

    def __init__(self, words: Iterable[LexiconEntry] = (), folder: Path | None = None) -> None:
        self._words = entries = tuple(words)
        self._thread = thread = _ThreadState(cache(lambda: _dictionary(entries, folder)))
        self._cache = morphemes = MorphemeCache()
        # The function must not refer to the analyzer: in a reference cycle the dictionary would stay in memory.
        self._terms_of = lru_cache(_CACHED_TEXTS)(
            lambda text: Analyzer.terms(morphemes_of(text, thread.tokenizer, morphemes))
        )

    def morphemes(self, text: str) -> tuple[Morpheme, ...]:
        """Return the morphemes of a text in order, without overlaps; offsets are in code points of `text`.

        White space and punctuation are morphemes too. Of a text over MAX_ANALYSED characters only the beginning is
        analysed.
        """
        return tuple(morphemes_of(text, self._thread.tokenizer, self._cache))

    @staticmethod
    def terms(morphemes: Iterable[Morpheme]) -> tuple[Term, ...]:
        """Return the words among morphemes in order, each followed by its units, without stop words."""
        words = (word for morpheme in morphemes if morpheme.is_content for word in morpheme.words)
        return tuple(Term(word.normalized, word.begin, word.end) for word in words)

    def terms_of(self, text: str) -> tuple[Term, ...]:
        """Return the words of a text (`terms`), cached, because many texts are analysed again."""
        return self._terms_of(text)

    def shingles(self, morphemes: Sequence[Morpheme]) -> tuple[Term, ...]:
        """Return the shingles of each two adjacent words, as terms of the kind `pair`."""
        units = (leaf for morpheme in morphemes if morpheme.is_content for leaf in morpheme.leaves)
        return tuple(
            Term(f"{left.normalized} {right.normalized}", left.begin, right.end, "pair")
            for left, right in pairwise(units)
        )

    def phonetic_keys(self, morphemes: Sequence[Morpheme]) -> tuple[Term, ...]:
        """Return the phonetic keys of the words among morphemes, as terms of the kind `sound`."""
        read = ((word, _phonetic_key_of(word)) for word in morphemes if word.is_content)
        return tuple(Term(key, word.begin, word.end, "sound") for word, key in read if key)

    def is_name(self, text: str) -> bool:
        """Return whether a text is a name among the additional words, or a unit of one."""
        return letters(text) in self._names

    @cached_property
    def _names(self) -> frozenset[str]:
        return frozenset(letters(text) for word in self._words if word.name for text in (word.surface, *word.units))


class _ThreadState(local):
    """The tokenizer of each thread: threads cannot share one, and its first text takes twice as long."""

    def __init__(self, dictionary: "Callable[[], Dictionary]") -> None:
        self._dictionary = dictionary

    @cached_property
    def tokenizer(self) -> "Tokenizer":
        return self._dictionary().tokenizer("C")


def _dictionary(words: tuple[LexiconEntry, ...], folder: Path | None) -> "Dictionary":
    from index.analysis import dictionary  # noqa: PLC0415  # it imports sudachipy, which only analysing needs

    with _loading:
        return dictionary.load(words, folder)


def folded_reading(reading: str) -> str:
    """Return a reading in katakana folded for comparison: without long vowels, homophonous kana as one."""
    return reading.translate(_FOLDED_READING)


@lru_cache(10_000)
def phonetic_key(reading: str) -> str | None:
    """Return the folded form of a reading in katakana; None if it is not katakana, or has only one kana."""
    key = folded_reading(reading)
    return key if len(key) > 1 and KATAKANA.fullmatch(reading) else None


def _phonetic_key_of(word: Morpheme) -> str | None:
    """Return the phonetic key of a word, letter by letter for VPC; None for numbers and unknown readings."""
    is_latin, length = word.surface.isascii(), len(word.surface)
    if word.is_figure or (is_latin and length < _MIN_LATIN_READING):
        return None
    key = phonetic_key(word.reading)
    if key or not is_latin:
        return key
    return phonetic_key(next(spelled_out(word.surface), ""))


def spelled_out(word: str) -> Iterator[str]:
    """Yield how a word is read letter by letter, in katakana, the usual way first; nothing for a long word."""
    if len(word) <= _MAX_SPELLED_OUT:
        yield from map("".join, product(*(_letter_names().get(letter, ()) for letter in word.lower())))


@cache
def _letter_names() -> Mapping[str, Sequence[str]]:
    return {letter: names for letter, *names in map(str.split, datafiles.lines("index", "letter_names.txt"))}


def marks(text: str, terms: Collection[str], analyzer: Analyzer) -> tuple[tuple[int, int], ...]:
    """Return the ranges of `text` that hold one of the terms (`Results.terms`), in order, adjacent ones merged."""
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
    """Return the range to show of a text: whole clauses around the first mark, `length` characters at most.

    It starts after a 。 or 、 and ends at one, if both are within `length` characters. A short text is shown whole.
    """
    if len(text) <= length:
        return 0, len(text)
    first = marked[0][0] if marked else 0
    begin = max(first - length // 2, *(text.rfind(stop, 0, first) + 1 for stop in "。、"))
    end = min(begin + length, len(text))
    last = max(text.rfind(stop, first, end) for stop in "。、") + 1
    return begin, last if last > first and end < len(text) else end
