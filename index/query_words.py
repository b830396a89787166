"""Makes the words of queries: each with the terms that match it, its synonyms, and its related words."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property, lru_cache
from itertools import chain, groupby

from msgspec.structs import replace

from index import datafiles
from index.analysis import Analyzer, Morpheme
from index.query_ast import Alternative, Key, QueryPiece, QueryWord
from index.readings import Readings
from index.text import KANA, KATAKANA, folded, folded_name, hiragana, katakana

SLIP_WEIGHT = RELATED_WEIGHT = PART_WEIGHT = 0.5  # of the points of the word itself, whose documents come first

_KANA_RUN = re.compile("[ぁ-ゖァ-ヶー]{2,}(?![A-Za-zぁ-ゖァ-ヶー])")
_MIN_NAME = 3  # kana
_PARTICLE = re.compile("(?:[のをがにではともやへか]|って|なら|だけ|など|する|した)(?![ぁぃぅぇぉゃゅょー])")

_MAX_NAME_WORDS = 8  # from each word, runs of up to 8 words are looked up
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
    """Makes words and shingles of a query's text.

    - `slips`: pairs of a wrong form and the right one, synonyms at half weight.
    - `related`: pairs of a word and one that replaces it if the query finds little (`with_related`).
    - `readings`: returns pairs of a reading and the name that is read so.
    """

    def __init__(
        self,
        analyzer: Analyzer,
        slips: Iterable[tuple[str, str]] = (),
        related: Iterable[tuple[str, str]] = (),
        readings: Callable[[], Iterable[tuple[str, str]]] = tuple,
    ) -> None:
        self.analyzer = analyzer
        self.readings = Readings(readings)
        self._morphemes = lru_cache(_CACHED_TEXTS)(analyzer.morphemes)
        self._slips = tuple(slips)
        self.related = tuple(related)

    def of(self, text: str) -> tuple[QueryWord, ...]:
        """Return the words of a text in order, without stop words and punctuation."""
        return tuple(map(self._word, self._content(text)))

    def pieces(self, text: str) -> tuple[QueryPiece, ...]:
        """Split a text at spaces, except those inside a name, and return the pieces with their words."""
        content = frozenset(self._content(text))
        return tuple(self._piece(run, content) for run in self._runs(text))

    def has_real_word(self, text: str) -> bool:
        """Return whether a text has a word of the dictionary or a name, which noise (asdfgh, ｄｋｆじゃ) has not."""
        return any(
            self.has_name("".join(morpheme.surface for morpheme in run))
            or any(self._is_real(morpheme, is_alone=len(run) == 1) for morpheme in run)
            for run in self._runs(text)
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

    def name_of(self, kana: str) -> str | None:
        """Return the name that is read so; other long vowels mean it too if the kana are no word (どっか)."""
        if not KATAKANA.fullmatch(katakana(kana)):
            return None
        return self.readings.of(kana) or self._unless_word(kana, self.readings.with_other_length(kana))

    def similar_name(self, kana: str) -> str | None:
        """Return the name that sounds most like kana that are no word, or None."""
        return self._unless_word(kana, self.readings.near(kana))

    def _unless_word(self, kana: str, name: str | None) -> str | None:
        return None if name and self._is_word(kana) else name

    def has_name(self, text: str) -> bool:
        """Return whether a text is read like a name, or has one in its kana."""
        return bool(self.readings.of(text) or self.names_in(text))

    def names_in(self, text: str) -> tuple[tuple[int, int], ...]:
        """Return the places of names by their readings in a text: らむだ in らむだの課金.

        A name begins where kana begin or after a particle. It ends with the kana, before a particle, a word, or another
        name.
        """
        places, at = [], 0
        for begin in self._possible_begins(text):
            run = _KANA_RUN.match(text, begin)
            if run and begin >= at and (end := self._end_of_name(text, *run.span())):
                places.append((begin, end))
                at = end
        return tuple(places)

    def _possible_begins(self, text: str) -> Iterator[int]:
        after = True  # the beginning of the text, another script, or a particle
        for morpheme in self._morphemes(text):
            if after and (morpheme.begin == 0 or not morpheme.is_particle):
                yield morpheme.begin
            after = morpheme.is_particle or not KANA.match(morpheme.surface[-1])

    def _end_of_name(self, text: str, begin: int, end: int) -> int | None:
        """Return where the longest name at the beginning of kana ends, or None. Exact readings precede similar ones."""
        ends = range(end, begin + _MIN_NAME - 1, -1)
        exact = (place for place in ends if self.name_of(text[begin:place]) and self._may_follow(text[place:end]))
        similar = (
            place
            for place in ends
            if (place == end or _PARTICLE.match(text, place)) and self.similar_name(text[begin:place])
        )
        return next(chain(exact, similar), None)

    def _may_follow(self, kana: str) -> bool:
        """Return whether kana may follow a name without a space."""
        if not kana or _PARTICLE.match(kana):
            return True
        return len(kana) >= _MIN_NAME and bool(self._is_word(kana) or self.readings.of(kana))

    def _is_word(self, kana: str) -> bool:
        """Return whether kana are a word of the dictionary; of proper nouns it has too many (ジャバー, ポーリー)."""
        return any(
            len(morphemes) == 1 and morphemes[0].is_known and morphemes[0].is_content and not morphemes[0].is_proper
            for morphemes in map(self._morphemes, (kana, katakana(kana), hiragana(kana)))
        )

    def _runs(self, text: str) -> Iterator[Sequence[Morpheme]]:
        """Yield the morphemes of each piece of a text."""
        runs = groupby(self._morphemes(text), key=lambda morpheme: morpheme.is_space)
        yield from (tuple(run) for is_space, run in runs if not is_space)

    def _is_real(self, morpheme: Morpheme, *, is_alone: bool) -> bool:
        """Return whether a word is known, has meaning by itself, and is long enough not to be in noise by chance."""
        min_letters = _MIN_ALONE if is_alone or self.analyzer.is_name(morpheme.surface) else _MIN_REAL
        long_enough = len(morpheme.surface) >= min_letters or _KANJI.search(morpheme.surface)
        has_meaning = morpheme.is_content and not (morpheme.is_figure or morpheme.is_interjection)
        return bool(morpheme.is_known and long_enough and has_meaning and not self._word(morpheme).is_function_word)

    def _piece(self, run: Sequence[Morpheme], content: Collection[Morpheme]) -> QueryPiece:
        text = "".join(morpheme.surface for morpheme in run)
        words = tuple(self._word(morpheme) for morpheme in run if morpheme in content)
        if not words and self.has_name(text):  # らむだ: Sudachi sees two auxiliary verbs
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


def names_among(
    words: Sequence[QueryWord], is_name: Callable[[Sequence[QueryWord]], object]
) -> Iterator[tuple[QueryWord, ...]]:
    """Yield each longest run of words that together are a name."""
    begin = 0
    while begin < len(words):
        for end in range(min(begin + _MAX_NAME_WORDS, len(words)), begin, -1):
            if is_name(words[begin:end]):
                yield tuple(words[begin:end])
                begin = end - 1
                break
        begin += 1


def joined(words: Iterable[QueryWord]) -> str:
    """Return words as one folded name."""
    return folded_name("".join(word.text for word in words))


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
