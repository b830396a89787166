"""Splits text into morphemes: in chunks that Sudachi accepts, with Latin words and figures joined again."""

import re
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import pairwise, takewhile
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from msgspec import Struct

from index.text import folded_case

if TYPE_CHECKING:
    from sudachipy import Morpheme as SudachiMorpheme
    from sudachipy import Tokenizer

# Sudachi refuses input over 49,149 bytes, and over 65,535 after its own normalisation (`㍿` grows fourfold).
CHUNK_LENGTH = 1000
# Characters of a text that are analysed. A paragraph of 20,000 is rare; one of 10 MB is a mistake or an attack, and
# would take minutes and gigabytes. Phrases are found in the rest of the text too, words are not.
MAX_ANALYSED = 50_000
MAX_CACHED = 10_000  # morphemes, 5 MB; in 10,000 notes nine in ten words are repeated

_SENTENCE_ENDS = frozenset("。！？!?\n")
_PAUSES = frozenset("、，,；;：: \t\u3000」』）)")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
# EC2, k8s and session stay one word, however Sudachi splits them.
_LATIN_WORD = re.compile("[A-Za-zＡ-Ｚａ-ｚ][A-Za-zＡ-Ｚａ-ｚ0-9０-９]*")
_KATAKANA = re.compile("[ァ-ヺー-ヿｦ-ﾟ]")
_PROPER_NOUN = ("名詞", "固有名詞", "一般", "*", "*", "*")
_GRAMMAR = frozenset({"助詞", "助動詞", "補助記号", "空白"})
_GRAMMAR_DETAILED = frozenset({("記号", "一般"), ("形状詞", "助動詞語幹")})
# する, いる and ある are only grammar, but 始める and 切る have meaning. Sudachi gives all of them the same tag.
_LIGHT = frozenset(
    "為る 居る 有る 成る 出来る 仕舞う 下さる 頂く 貰う 呉れる 無い 良い 欲しい 御座る".split()  # noqa: SIM905
)
_AFFIXES = frozenset({"接頭辞", "接尾辞"})
_RELATIVE = frozenset({"副詞可能", "助数詞可能", "助数詞"})
_COUNTERS = frozenset({"助数詞", "助数詞可能"})


class LexiconEntry(Struct, frozen=True):
    """An additional word of the dictionary."""

    surface: str  # as written
    normalized: str = ""  # default: the surface
    units: tuple[str, ...] = ()  # short units, which concatenate to the surface
    reading: str = ""  # in katakana
    name: bool = False  # a proper noun
    compound: bool = False  # its units and reading are those of the words that it is made of


class Morpheme(NamedTuple):  # a note has forty, and a frozen dataclass takes four times as long to make
    """The longest word at a place of a text (Sudachi's mode C); `text[begin:end] == surface`."""

    surface: str
    begin: int
    end: int
    normalized: str  # Sudachi's normalised form, casefolded
    part_of_speech: tuple[str, ...]  # six levels, 名詞 first
    reading: str  # katakana
    # Short units (mode A), or the words that a compound is made of; empty if there is only one.
    units: tuple["Morpheme", ...] = ()
    is_known: bool = False  # a word of Sudachi's dictionary, or an additional one

    def moved(self, by: int) -> "Morpheme":
        """Return the same word `by` characters further on."""
        if not by:
            return self
        surface, begin, end, normalized, speech, reading, units, is_known = self
        if units:
            units = tuple([unit.moved(by) for unit in units])
        return _made((surface, begin + by, end + by, normalized, speech, reading, units, is_known))

    @property
    def is_figure(self) -> bool:
        """Whether it is a number, with or without its counter."""
        return self.part_of_speech[1] == "数詞"

    @property
    def is_particle(self) -> bool:
        """Whether it is a particle, or an auxiliary verb."""
        return self.part_of_speech[0] in ("助詞", "助動詞")

    @property
    def is_proper(self) -> bool:
        """Whether it is a proper noun, such as a name among the additional words."""
        return self.part_of_speech[1] == "固有名詞"

    @property
    def is_interjection(self) -> bool:
        """Whether it is an interjection; Sudachi also takes meaningless syllables for one: ああ, ほげ."""
        return self.part_of_speech[0] == "感動詞"

    @property
    def is_content(self) -> bool:
        """Whether it has meaning, not only grammar."""
        first, second, *_ = self.part_of_speech
        return not (
            first in _GRAMMAR
            or (second == "非自立可能" and self.normalized in _LIGHT)
            or (first, second) in _GRAMMAR_DETAILED
        )

    @property
    def is_space(self) -> bool:
        """Whether it is white space."""
        return self.part_of_speech[0] == "空白"

    @property
    def is_affix(self) -> bool:
        """Whether it only qualifies the word that it is attached to: 性, 化, 法."""
        return self.part_of_speech[0] in _AFFIXES

    @property
    def parts(self) -> tuple["Morpheme", ...]:
        """The short units that have meaning alone: 口腔 of 口腔内, but not 内."""
        return tuple(
            unit for unit in self.content_units if not unit.is_affix and unit.part_of_speech[2] not in _RELATIVE
        )

    @property
    def content_units(self) -> tuple["Morpheme", ...]:
        """The shortest units that have meaning; of 15分 only the figure. Empty if the word is a single unit."""
        return tuple(leaf for unit in self._content for leaf in unit.leaves)

    @property
    def leaves(self) -> tuple["Morpheme", ...]:
        """The shortest units that have meaning, else the word itself. 15分 is not split."""
        return (self,) if self.is_figure else self.content_units or (self,)

    @property
    def words(self) -> tuple["Morpheme", ...]:
        """The word, then its units that have meaning, each followed by its own units."""
        return (self, *(word for unit in self._content for word in unit.words)) if self.units else (self,)

    @property
    def _content(self) -> tuple["Morpheme", ...]:
        units = self.units[:1] if self.is_figure else self.units
        return tuple(unit for unit in units if unit.is_content)


_made = partial(tuple.__new__, Morpheme)  # takes a third of the time of calling Morpheme

MorphemeCache: TypeAlias = dict[tuple[int, int, str], Morpheme]
"""Morphemes at offset 0, by dictionary, word number and surface."""


def morphemes_of(text: str, tokenizer: "Tokenizer", cache: MorphemeCache) -> Iterator[Morpheme]:
    """Yield the morphemes of a text with white space and punctuation, up to MAX_ANALYSED characters.

    New morphemes are added to the cache.
    """
    found = [
        _morpheme(text, begin, morpheme, cache)
        for begin, piece in takewhile(lambda chunk: chunk[0] < MAX_ANALYSED, chunks(text))
        for morpheme in tokenizer.tokenize(_LONE_SURROGATE.sub("\ufffd", piece))
        if morpheme.begin() < morpheme.end()  # `…` yields three, two of them empty
    ]
    return _with_counters(list(_latin_words_joined(text, found)))


def chunks(text: str) -> Iterator[tuple[int, str]]:
    """Split a text after a sentence, else at a pause, else anywhere, and yield the chunks with their offsets.

    The chunks concatenate to the text.
    """
    begin = 0
    while len(text) - begin > CHUNK_LENGTH:
        limit = begin + CHUNK_LENGTH
        ends = (end for marks in (_SENTENCE_ENDS, _PAUSES) for end in range(limit, begin, -1) if text[end - 1] in marks)
        end = next(ends, limit)
        yield begin, text[begin:end]
        begin = end
    yield begin, text[begin:]


def _morpheme(text: str, offset: int, morpheme: "SudachiMorpheme", cache: MorphemeCache) -> Morpheme:
    begin, end = offset + morpheme.begin(), offset + morpheme.end()
    surface = text[begin:end]
    dictionary = morpheme.dictionary_id()  # negative for an unknown word
    key = (dictionary, morpheme.word_id(), surface)
    word = cache.get(key)
    if word is None:
        units = morpheme.split("A") if len(surface) > 1 else ()
        word = Morpheme(
            surface,
            0,
            end - begin,
            morpheme.normalized_form().casefold(),
            morpheme.part_of_speech(),
            morpheme.reading_form(),
            tuple(_morpheme(text, offset, unit, cache).moved(-begin) for unit in units) if len(units) > 1 else (),
            dictionary >= 0,
        )
        if dictionary >= 0:
            if len(cache) >= MAX_CACHED:
                cache.clear()
            cache[key] = word
    if dictionary > 0 and word.part_of_speech == _PROPER_NOUN and _is_inside_katakana(text, begin, end):
        word = word._replace(normalized=folded_case(surface))
    return word.moved(begin)


def _is_inside_katakana(text: str, begin: int, end: int) -> bool:
    """Return whether a name is part of a longer katakana word, which means something else: ラムダ in ラムダノート."""
    before = begin and _KATAKANA.match(text, begin - 1) and _KATAKANA.match(text, begin)
    after = _KATAKANA.match(text, end) and _KATAKANA.match(text, end - 1)
    return bool(before or after)


def _latin_words_joined(text: str, morphemes: Sequence[Morpheme]) -> Iterator[Morpheme]:
    """Yield the morphemes, with those inside a word of Latin letters and digits joined: EC2, k8s, session.

    Sudachi splits before digits, and may find a short name in a long word.
    """
    analysed = morphemes[-1].end if morphemes else 0
    words = _LATIN_WORD.finditer(text, 0, analysed)
    inside = {place for word in words for place in range(word.start() + 1, word.end())}
    begins = [place for place, morpheme in enumerate(morphemes) if morpheme.begin not in inside]
    for begin, end in pairwise((*begins, len(morphemes))):
        if end - begin == 1:
            yield morphemes[begin]
        else:
            parts = morphemes[begin:end]
            yield _joined(parts, folded_case("".join(part.surface for part in parts)), _PROPER_NOUN)


def _with_counters(morphemes: Sequence[Morpheme]) -> Iterator[Morpheme]:
    """Yield the morphemes, with a figure and its counter (15分, 5GB, 85%) joined into a word of two units."""
    after_figure = False
    for morpheme, following in pairwise((*morphemes, None)):
        if after_figure:
            after_figure = False
        elif morpheme is None:
            return
        elif following is not None and _is_counted(morpheme, following):
            both = (morpheme, following)
            yield _joined(both, morpheme.normalized + following.normalized, morpheme.part_of_speech, units=both)
            after_figure = True
        else:
            yield morpheme


def _is_counted(figure: Morpheme, counter: Morpheme) -> bool:
    return (
        figure.is_figure
        and figure.end == counter.begin
        and (counter.part_of_speech[2] in _COUNTERS or (counter.surface.isascii() and counter.surface.isalpha()))
    )


def _joined(
    parts: Sequence[Morpheme], normalized: str, speech: tuple[str, ...], units: tuple[Morpheme, ...] = ()
) -> Morpheme:
    return Morpheme(
        surface="".join(part.surface for part in parts),
        begin=parts[0].begin,
        end=parts[-1].end,
        normalized=normalized,
        part_of_speech=speech,
        reading="".join(part.reading for part in parts),
        units=units,
    )
