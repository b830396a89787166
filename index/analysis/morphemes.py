"""Text to morphemes: cut so that Sudachi can take it, and joined where it parts what belongs together."""

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
# Characters of a text from which morphemes are made; a bullet or paragraph of 20,000 is rare, one of 10 MB a mistake or
# an attack that would cost minutes and gigabytes. Of a longer text words are found in its beginning, phrases anywhere.
MOST_ANALYSED = 50_000
MOST_KNOWN = 10_000  # words, in 5 MB; of those in 10,000 notes nine in ten are met again

_SENTENCE_ENDS = frozenset("。！？!?\n")
_PAUSES = frozenset("、，,；;：: \t\u3000」』）)")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
# So that EC2, k8s and session stay one word whatever Sudachi makes of them.
_LATIN_WORD = re.compile("[A-Za-zＡ-Ｚａ-ｚ][A-Za-zＡ-Ｚａ-ｚ0-9０-９]*")
_KATAKANA = re.compile("[ァ-ヺー-ヿｦ-ﾟ]")
_PROPER_NOUN = ("名詞", "固有名詞", "一般", "*", "*", "*")
_GRAMMAR = frozenset({"助詞", "助動詞", "補助記号", "空白"})
_GRAMMAR_DETAILED = frozenset({("記号", "一般"), ("形状詞", "助動詞語幹")})
# する, いる, ある and their like carry grammar; Sudachi calls 始める and 切る by the same name.
_LIGHT = frozenset(
    (
        "為る",
        "居る",
        "有る",
        "成る",
        "出来る",
        "仕舞う",
        "下さる",
        "頂く",
        "貰う",
        "呉れる",
        "無い",
        "良い",
        "欲しい",
        "御座る",
    )
)
_AFFIXES = frozenset({"接頭辞", "接尾辞"})
_RELATIVE = frozenset({"副詞可能", "助数詞可能", "助数詞"})
_COUNTERS = frozenset({"助数詞", "助数詞可能"})


class LexiconEntry(Struct, frozen=True):
    """A word to know: as it is written, what it is found as (else itself), its short units, its reading in katakana.

    The units concatenate to the surface. A name is a proper noun.
    """

    surface: str
    normalized: str = ""
    units: tuple[str, ...] = ()
    reading: str = ""
    name: bool = False


class Morpheme(NamedTuple):  # forty a note: a frozen dataclass takes four times as long to make
    """One word of a text in its longest reading (Sudachi's mode C), `text[begin:end] == surface`."""

    surface: str
    begin: int
    end: int
    normalized: str  # Sudachi's normalised form, casefolded
    part_of_speech: tuple[str, ...]  # six levels, 名詞 first
    reading: str  # katakana
    units: tuple["Morpheme", ...] = ()  # its short units (mode A) where it has more than one

    def moved(self, by: int) -> "Morpheme":
        """Return the same word so many characters further on."""
        if not by:
            return self
        surface, begin, end, normalized, speech, reading, units = self
        if units:
            units = tuple([unit.moved(by) for unit in units])
        return _made((surface, begin + by, end + by, normalized, speech, reading, units))

    @property
    def is_figure(self) -> bool:
        """Whether it is a number, be it with what it counts."""
        return self.part_of_speech[1] == "数詞"

    @property
    def is_content(self) -> bool:
        """Whether it carries meaning and not only grammar."""
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
        """Whether it only shades the word it is attached to: 性, 化, 法."""
        return self.part_of_speech[0] in _AFFIXES

    @property
    def parts(self) -> tuple["Morpheme", ...]:
        """Its short units that mean something where they stand alone, as 口腔 of 口腔内 does and 内 does not."""
        return tuple(
            unit for unit in self.content_units if not unit.is_affix and unit.part_of_speech[2] not in _RELATIVE
        )

    @property
    def content_units(self) -> tuple["Morpheme", ...]:
        """Its short units that carry meaning, none where it is one unit; of 15分 only the figure."""
        if not self.units:
            return ()
        units = self.units[:1] if self.is_figure else self.units
        return tuple(unit for unit in units if unit.is_content)


_made = partial(tuple.__new__, Morpheme)  # at a third of the cost of calling it

Known: TypeAlias = dict[tuple[int, int, str], Morpheme]
"""Words of a dictionary, by their place there and as they are written, as they are at the beginning of a text."""


def morphemes_of(text: str, tokenizer: "Tokenizer", known: Known) -> Iterator[Morpheme]:
    """Yield the morphemes of a text, of a very long one those of its beginning; white space and marks are some too.

    What is known of the dictionary's words is not asked of the tokenizer again, and grows meanwhile.
    """
    found = [
        _morpheme(text, begin, morpheme, known)
        for begin, piece in takewhile(lambda chunk: chunk[0] < MOST_ANALYSED, chunks(text))
        for morpheme in tokenizer.tokenize(_LONE_SURROGATE.sub("\ufffd", piece))
        if morpheme.begin() < morpheme.end()  # `…` yields three, two of them empty
    ]
    return _with_counters(list(_latin_words_joined(text, found)))


def chunks(text: str) -> Iterator[tuple[int, str]]:
    """Cut a text where sentences end, else at a pause, else anywhere, into chunks with their offsets.

    The chunks concatenate to the text.
    """
    begin = 0
    while len(text) - begin > CHUNK_LENGTH:
        most = begin + CHUNK_LENGTH
        ends = (end for marks in (_SENTENCE_ENDS, _PAUSES) for end in range(most, begin, -1) if text[end - 1] in marks)
        end = next(ends, most)
        yield begin, text[begin:end]
        begin = end
    yield begin, text[begin:]


def _morpheme(text: str, offset: int, morpheme: "SudachiMorpheme", known: Known) -> Morpheme:
    begin, end = offset + morpheme.begin(), offset + morpheme.end()
    surface = text[begin:end]
    dictionary = morpheme.dictionary_id()  # below 0 for a word of none
    key = (dictionary, morpheme.word_id(), surface)
    word = known.get(key)
    if word is None:
        units = morpheme.split("A") if len(surface) > 1 else ()
        word = Morpheme(
            surface,
            0,
            end - begin,
            morpheme.normalized_form().casefold(),
            morpheme.part_of_speech(),
            morpheme.reading_form(),
            tuple(_morpheme(text, offset, unit, known).moved(-begin) for unit in units) if len(units) > 1 else (),
        )
        if dictionary >= 0:
            if len(known) >= MOST_KNOWN:
                known.clear()
            known[key] = word
    if dictionary > 0 and word.part_of_speech == _PROPER_NOUN and _goes_on(text, begin, end):
        word = word._replace(normalized=folded_case(surface))
    return word.moved(begin)


def _goes_on(text: str, begin: int, end: int) -> bool:
    """Tell whether a name is part of a longer word in katakana, which names something else: ラムダ of ラムダノート."""
    before = begin and _KATAKANA.match(text, begin - 1) and _KATAKANA.match(text, begin)
    after = _KATAKANA.match(text, end) and _KATAKANA.match(text, end - 1)
    return bool(before or after)


def _latin_words_joined(text: str, morphemes: Sequence[Morpheme]) -> Iterator[Morpheme]:
    """Yield the morphemes, those inside one word of Latin letters and digits as one: EC2, k8s, session.

    Sudachi ends a word where digits begin, and may see a short name in a long word.
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
    """Yield the morphemes, a figure and what it counts (15分, 5GB, 85%) as one word with the two as its units."""
    after_figure = False
    for morpheme, following in pairwise((*morphemes, None)):
        if after_figure:
            after_figure = False
        elif morpheme is None:
            return
        elif following is not None and _counts(morpheme, following):
            both = (morpheme, following)
            yield _joined(both, morpheme.normalized + following.normalized, morpheme.part_of_speech, units=both)
            after_figure = True
        else:
            yield morpheme


def _counts(figure: Morpheme, counter: Morpheme) -> bool:
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
