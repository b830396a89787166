"""Makes the words of queries: each with the terms that match it, its synonyms, and its related words.

A text is split at spaces into pieces, and a piece by the analyser into words. A document has a word if it has all terms
of any alternative; in Lucene this is a SHOULD of MUSTs:

    asid    → asid | acid            as written, and the other form of a common slip
    信頼性  → 信頼性 | 信頼 性       as the dictionary has it, and its short units
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property, lru_cache
from itertools import groupby

from msgspec.structs import replace

from index import datafiles
from index.analysis import Analyzer, Morpheme
from index.kana_names import KanaNames
from index.query_ast import Alternative, Key, QueryPiece, QueryWord
from index.readings import NamesByReading
from index.text import HIRAGANA, folded, folded_name

SLIP_WEIGHT = RELATED_WEIGHT = PART_WEIGHT = 0.5  # of the points of the word itself, whose documents come first
PHONETIC_WEIGHT = 0.5  # most homophones mean something else (監視, 漢詩)
# An input method shows an unfinished word so: the last keys are not kana yet.
COMPOSED = re.compile("[ぁ-ゖァ-ヶー]+[a-zａ-ｚ]{1,3}")

_MAX_NAME_WORDS = 8
# Letters of a real word without kanji, and of a name or a word between spaces. The dictionary has most kana and many
# pairs of letters: of random keys typed into an input method 4 in 100 texts have a real word, 30 with 2 letters.
_MIN_REAL, _MIN_ALONE = 3, 2
_KANJI = re.compile("[\u4e00-\u9fff\u3005]")
# Words that only join two others, in Sudachi's normal form: A and B, AまたはB. Particles (と, や) never count.
_JOINING = frozenset(
    ("アンド", "and", "or", "オア", "vs", "versus", "又", "又は", "及び", "若しくは", "或いは", "並びに")
)
_CACHED_TEXTS = 8  # each text of a query is analysed for its words, then for its shingles


class QueryWords:
    """Makes words and shingles of a query's text. `names` recognises names that are typed in kana.

    - `slips`: pairs of a wrong form and the right one, synonyms at half weight.
    - `related`: pairs of a word and one that replaces it if the query finds little (`with_related`).
    - `readings`: returns pairs of a reading and the name with that reading.
    """

    def __init__(
        self,
        analyzer: Analyzer,
        slips: Iterable[tuple[str, str]] = (),
        related: Iterable[tuple[str, str]] = (),
        readings: Callable[[], Iterable[tuple[str, str]]] = tuple,
    ) -> None:
        self.analyzer = analyzer
        self._morphemes = lru_cache(_CACHED_TEXTS)(analyzer.morphemes)
        self.names = KanaNames(NamesByReading(readings), self._morphemes)
        self._slips = tuple(slips)
        self.related = tuple(related)

    def of(self, text: str) -> tuple[QueryWord, ...]:
        """Return the words of a text in order, without stop words and punctuation."""
        return tuple(map(self._word, self._content(text)))

    def pieces(self, text: str) -> tuple[QueryPiece, ...]:
        """Split a text at spaces, except those inside a name, and return the pieces with their words."""
        content = frozenset(self._content(text))
        return tuple(self._piece(between_spaces, content) for between_spaces in self._split(text))

    def has_real_word(self, text: str) -> bool:
        """Return whether a text has a word of the dictionary or a name, which noise (asdfgh, ｄｋｆじゃ) has not."""
        return any(
            self.names.is_in(_written(between_spaces))
            or any(self._is_real(morpheme, is_alone=len(between_spaces) == 1) for morpheme in between_spaces)
            for between_spaces in self._split(text)
        )

    def with_related(self, word: QueryWord) -> QueryWord:
        """Return a word with its related words as alternatives."""
        related = self._related_by_term.get(word.alternatives[0].terms[0].text, ())
        return replace(word, alternatives=(*word.alternatives, *related))

    def shingles(self, text: str) -> tuple[Key, ...]:
        """Return the distinct shingles of a text, each of two adjacent words."""
        shingles = self.analyzer.shingles(self._morphemes(text))
        return tuple(dict.fromkeys(Key(term.text, term.kind) for term in shingles))

    def reading_of(self, text: str) -> str:
        """Return how a text is read, in katakana."""
        return "".join(morpheme.reading for morpheme in self._morphemes(text))

    def _split(self, text: str) -> Iterator[Sequence[Morpheme]]:
        """Yield the morphemes between spaces."""
        runs = groupby(self._morphemes(text), key=lambda morpheme: morpheme.is_space)
        yield from (tuple(run) for is_space, run in runs if not is_space)

    def _piece(self, between_spaces: Sequence[Morpheme], content: Collection[Morpheme]) -> QueryPiece:
        text = _written(between_spaces)
        words = tuple(self._word(morpheme) for morpheme in between_spaces if morpheme in content)
        if not words and self.names.is_in(text):  # らむだ: Sudachi sees two auxiliary verbs
            words = (as_written(text),)
        return QueryPiece(text, words)

    def _content(self, text: str) -> list[Morpheme]:
        """Return the morphemes that have meaning, without those that join two others."""
        content = [morpheme for morpheme in self._morphemes(text) if morpheme.is_content]
        inner = content[1:-1]
        return [one for one in content if one.normalized not in _JOINING or one not in inner]

    def _word(self, morpheme: Morpheme) -> QueryWord:
        term = morpheme.normalized
        return QueryWord(
            text=morpheme.surface,
            alternatives=(*_forms(morpheme), *self._slips_by_term.get(term, ())),
            parts=tuple(Alternative((Key(part.normalized),), PART_WEIGHT) for part in morpheme.parts),
            # It only carries a question or qualifies another word: 何, 何色, 方法, 性.
            is_function_word=morpheme.is_affix or term.startswith("何") or term in _function_words(),
        )

    def _is_real(self, morpheme: Morpheme, *, is_alone: bool) -> bool:
        """Return whether a word is known, has meaning by itself, and is long enough not to be in noise by chance."""
        min_letters = _MIN_ALONE if is_alone or self.analyzer.is_name(morpheme.surface) else _MIN_REAL
        long_enough = len(morpheme.surface) >= min_letters or _KANJI.search(morpheme.surface)
        has_meaning = morpheme.is_content and not (morpheme.is_figure or morpheme.is_interjection)
        return bool(morpheme.is_known and long_enough and has_meaning and not self._word(morpheme).is_function_word)

    @cached_property
    def _slips_by_term(self) -> Mapping[str, tuple[Alternative, ...]]:
        return self._by_term([*self._slips, *((right, wrong) for wrong, right in self._slips)], SLIP_WEIGHT)

    @cached_property
    def _related_by_term(self) -> Mapping[str, tuple[Alternative, ...]]:
        return self._by_term(self.related, RELATED_WEIGHT)

    def _by_term(self, pairs: Iterable[tuple[str, str]], weight: float) -> Mapping[str, tuple[Alternative, ...]]:
        """Return the second words of pairs as alternatives, by the term of the first."""
        table: dict[str, tuple[Alternative, ...]] = {}
        for word, other in pairs:
            morphemes = self._content(word)
            terms = tuple(Key(morpheme.normalized) for morpheme in self._content(other))
            if len(morphemes) == 1 and terms:
                key = morphemes[0].normalized
                table[key] = (*table.get(key, ()), Alternative(terms, weight))
        return table


def as_written(text: str, *, is_function_word: bool = False) -> QueryWord:
    """Return a text as a single word, without analysis."""
    return QueryWord(text, (Alternative((Key(folded(text)),)),), is_function_word=is_function_word)


def without_fragments(piece: QueryPiece) -> QueryPiece:
    """Return a piece as a single word if its words are only letters of an unknown one: d of らむd, あ of いたりあ."""
    fragments = HIRAGANA.fullmatch(piece.text) and all(len(word.text) == 1 for word in piece.words)
    if len(piece.text) > 1 and (fragments or COMPOSED.fullmatch(piece.text)):
        return replace(piece, words=(as_written(piece.text, is_function_word=True),))
    return piece


def first_terms(words: Iterable[QueryWord]) -> tuple[Key, ...]:
    """Return the terms of some words, of the first alternative of each."""
    return tuple(key for word in words for key in word.alternatives[0].terms)


def runs_of(words: Sequence[QueryWord]) -> Iterator[Sequence[QueryWord]]:
    """Yield each run of words that may be a name, the longest first of those that begin with the same word."""
    for begin in range(len(words)):
        for end in range(min(begin + _MAX_NAME_WORDS, len(words)), begin, -1):
            yield words[begin:end]


def joined(words: Iterable[QueryWord]) -> str:
    """Return words as one folded name."""
    return folded_name("".join(word.text for word in words))


def _written(morphemes: Iterable[Morpheme]) -> str:
    return "".join(morpheme.surface for morpheme in morphemes)


def _forms(morpheme: Morpheme) -> Iterator[Alternative]:
    """Yield the forms of a word: normalised, as its short units (信頼 and 性 for 信頼性), and as written.

    A figure such as 15分 has no units to look for, because 15 and 分 may be far apart in a document. The written form
    matters because Sudachi may analyse a word alone (化, 一つ) differently from one in a sentence.
    """
    yield Alternative((Key(morpheme.normalized),))
    units = morpheme.content_units
    if len(units) > 1 and not morpheme.is_figure:
        yield Alternative(tuple(Key(unit.normalized) for unit in units))
    if (written := folded(morpheme.surface)) != morpheme.normalized:
        yield Alternative((Key(written),))


@cache
def _function_words() -> frozenset[str]:
    return frozenset(datafiles.lines("index", "function_words.txt"))
