"""From a piece of a query to the words it asks for, and the other words that stand for them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property, lru_cache
from itertools import groupby

from msgspec.structs import replace

from index import datafiles
from index.analysis import Analyzer, Morpheme
from index.query_ast import Alternative, Key, QueryPiece, QueryWord
from index.readings import Readings
from index.text import folded, folded_name

SLIP_WEIGHT = RELATED_WEIGHT = PART_WEIGHT = 0.5  # a document with the word itself comes first

_LONGEST_NAME = 8  # words; as many runs are tried from each word on
_TEXTS_OF_A_QUERY = 8  # each of which is asked for its words, then for its shingles


class QueryWords:
    """Makes the words of queries.

    `slips` gives pairs of a wrong form and the right one: they are found as each other, at half weight. `related` gives
    pairs of a word and one that may stand for it where it finds little, `readings` pairs of a reading and its name.
    """

    def __init__(
        self,
        analyzer: Analyzer,
        slips: Iterable[tuple[str, str]] = (),
        related: Iterable[tuple[str, str]] = (),
        readings: Iterable[tuple[str, str]] = (),
    ) -> None:
        self.analyzer = analyzer
        self.readings = Readings(readings)
        self._morphemes = lru_cache(_TEXTS_OF_A_QUERY)(analyzer.morphemes)
        self._slips = tuple(slips)
        self._related = tuple(related)

    def of(self, text: str) -> tuple[QueryWord, ...]:
        """Return the words of a text in their order; stop words and marks are none."""
        return tuple(self._word(morpheme) for morpheme in self._content(text))

    def pieces(self, text: str) -> tuple[QueryPiece, ...]:
        """Return what stands between spaces in a text, with its words; a name that holds spaces is not parted."""
        runs = groupby(self._morphemes(text), key=lambda morpheme: morpheme.is_space)
        return tuple(self._piece(list(run)) for is_space, run in runs if not is_space)

    def with_related(self, word: QueryWord) -> QueryWord:
        """Return a word that the words related to it may stand for."""
        related = self._related_by_term.get(word.alternatives[0].terms[0].text, ())
        return replace(word, alternatives=(*word.alternatives, *related))

    def shingles(self, text: str) -> tuple[Key, ...]:
        """Return each two words of a text that follow each other, without repeats."""
        shingles = self.analyzer.shingles(self._morphemes(text))
        return tuple(dict.fromkeys(Key(term.text, term.kind) for term in shingles))

    def reading_of(self, text: str) -> str:
        """Return how a text is read."""
        return "".join(morpheme.reading for morpheme in self._morphemes(text))

    def _piece(self, run: Sequence[Morpheme]) -> QueryPiece:
        text = "".join(morpheme.surface for morpheme in run)
        words = tuple(self._word(morpheme) for morpheme in run if morpheme.is_content)
        if not words and self.readings.of(text):  # らむだ: Sudachi sees two auxiliary verbs
            words = (as_written(text),)
        return QueryPiece(text, words)

    def _content(self, text: str) -> list[Morpheme]:
        return [morpheme for morpheme in self._morphemes(text) if morpheme.is_content]

    def _word(self, morpheme: Morpheme) -> QueryWord:
        return QueryWord(
            text=morpheme.surface,
            alternatives=(*_ways_to_have(morpheme), *self._slips_by_term.get(morpheme.normalized, ())),
            parts=tuple(Alternative((Key(part.normalized),), PART_WEIGHT) for part in morpheme.parts),
            is_function_word=_is_function_word(morpheme),
        )

    @cached_property
    def _slips_by_term(self) -> Mapping[str, tuple[Alternative, ...]]:
        return self._by_term([*self._slips, *((right, wrong) for wrong, right in self._slips)], SLIP_WEIGHT)

    @cached_property
    def _related_by_term(self) -> Mapping[str, tuple[Alternative, ...]]:
        return self._by_term(self._related, RELATED_WEIGHT)

    def _by_term(self, pairs: Iterable[tuple[str, str]], weight: float) -> Mapping[str, tuple[Alternative, ...]]:
        """Return for each word, as a term, the others as alternatives."""
        table: dict[str, tuple[Alternative, ...]] = {}
        for word, other in pairs:
            morphemes = self._content(word)
            terms = tuple(Key(morpheme.normalized) for morpheme in self._content(other))
            if len(morphemes) == 1 and terms:
                key = morphemes[0].normalized
                table[key] = (*table.get(key, ()), Alternative(terms, weight))
        return table


def as_written(text: str, *, is_function_word: bool = False) -> QueryWord:
    """Return a text as one word, whatever the analysis makes of it."""
    return QueryWord(text, (Alternative((Key(folded(text)),)),), is_function_word=is_function_word)


def names_among(
    words: Sequence[QueryWord], is_name: Callable[[str], bool]
) -> Iterator[tuple[Sequence[QueryWord], str]]:
    """Yield each run of words that together are a name, as long as can be, with that name, folded."""
    begin = 0
    while begin < len(words):
        for end in range(min(begin + _LONGEST_NAME, len(words)), begin, -1):
            name = folded_name("".join(word.text for word in words[begin:end]))
            if is_name(name):
                yield words[begin:end], name
                begin = end - 1
                break
        begin += 1


def at_full_weight(word: QueryWord) -> QueryWord:
    """Return a word without the alternatives that count less than itself."""
    return replace(word, alternatives=tuple(one for one in word.alternatives if one.weight == 1))


def _ways_to_have(morpheme: Morpheme) -> Iterator[Alternative]:
    """Yield a word in its normal form, all its short units (信頼 and 性 for 信頼性), and as it is written.

    15分 has no units to look for: 15 here and 分 there are not it. A word alone may be analysed otherwise than within a
    sentence (化, 一つ); as it is written, it may be the normal form of what stands there.
    """
    yield Alternative((Key(morpheme.normalized),))
    units = morpheme.content_units
    if len(units) > 1 and not morpheme.is_figure:
        yield Alternative(tuple(Key(unit.normalized) for unit in units))
    if (written := folded(morpheme.surface)) != morpheme.normalized:
        yield Alternative((Key(written),))


def _is_function_word(morpheme: Morpheme) -> bool:
    """Tell whether a word only carries a question or shades another word: 何, 何色, 方法, 性."""
    word = morpheme.normalized
    return morpheme.is_affix or word.startswith("何") or word in _function_words()


@cache
def _function_words() -> frozenset[str]:
    return frozenset(datafiles.lines("index", "function_words.txt"))
