"""Japanese text to morphemes and terms, with exact offsets: the one door to sudachipy."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

from sudachipy import Dictionary, SplitMode
from sudachipy import Morpheme as SudachiMorpheme

# Sudachi refuses input over 49,149 bytes, and over 65,535 after its own normalisation (`㍿` grows fourfold).
PIECE_LENGTH = 1000

_SENTENCE_ENDS = frozenset("。！？!?\n")
_PAUSES = frozenset("、，,；;：: \t\u3000」』）)")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
# EC2, S3, Route53, k8s: letters, then also digits. Sudachi ends a word where digits begin.
_PRODUCT_NAME = re.compile("(?<![A-Za-zＡ-Ｚａ-ｚ0-9０-９])[A-Za-zＡ-Ｚａ-ｚ]+[0-9０-９][A-Za-zＡ-Ｚａ-ｚ0-9０-９]*")
_PROPER_NOUN = ("名詞", "固有名詞", "一般", "*", "*", "*")

_STOP = frozenset({"助詞", "助動詞", "補助記号", "空白"})
_STOP_DETAILED = frozenset(
    {("記号", "一般"), ("動詞", "非自立可能"), ("形容詞", "非自立可能"), ("形状詞", "助動詞語幹")}
)


@dataclass(frozen=True, slots=True)
class Morpheme:
    """One word of a text in its longest reading (Sudachi's mode C), `text[begin:end] == surface`."""

    surface: str
    begin: int
    end: int
    normalized: str  # Sudachi's normalised form, casefolded
    part_of_speech: tuple[str, ...]  # six levels, 名詞 first
    reading: str  # katakana
    units: tuple["Morpheme", ...] = ()  # its short units (mode A) where it has more than one


@dataclass(frozen=True, slots=True)
class Term:
    """What is indexed and looked up: a normalised word and where it stands in its text."""

    text: str
    begin: int
    end: int


class Analyzer:
    """Makes the terms of a text, the same way for documents and for queries.

    `variants` maps a word to the one it shall be found as (サーバレス to サーバーレス), both as people write them.
    """

    def __init__(self, variants: Mapping[str, str] | None = None) -> None:
        self._given = dict(variants or {})

    def morphemes(self, text: str) -> tuple[Morpheme, ...]:
        """Return the morphemes of a text of any length; offsets are code points of `text` as given.

        They stand in order and never overlap. White space and marks are morphemes too.
        """
        found = [
            _morpheme(text, begin, morpheme)
            for begin, piece in _pieces(text)
            for morpheme in _tokens(piece)
            if morpheme.begin() < morpheme.end()  # `…` yields three, two of them empty
        ]
        return tuple(_product_names_joined(text, found))

    def terms(self, morphemes: Sequence[Morpheme]) -> tuple[Term, ...]:
        """Return the terms of morphemes, in order of `begin`, stop words left out."""
        variants = self._variants
        return tuple(
            Term(variants.get(unit.normalized, unit.normalized), unit.begin, unit.end)
            for morpheme in morphemes
            for unit in morpheme.units or (morpheme,)
            if not _is_stop(unit)
        )

    @cached_property
    def _variants(self) -> Mapping[str, str]:
        """The variants as normalised forms; what is more than one term cannot be one."""
        pairs = ((self._sole_term(word), self._sole_term(as_word)) for word, as_word in self._given.items())
        return {word: as_word for word, as_word in pairs if word and as_word}

    def _sole_term(self, word: str) -> str | None:
        units = [unit for morpheme in self.morphemes(word) for unit in morpheme.units or (morpheme,)]
        return units[0].normalized if len(units) == 1 else None


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    """Cut a text where sentences end, else at a pause, else anywhere, into pieces with their offsets.

    The pieces concatenate to the text.
    """
    begin = 0
    while len(text) - begin > PIECE_LENGTH:
        end = _cut(text, begin, begin + PIECE_LENGTH)
        yield begin, text[begin:end]
        begin = end
    yield begin, text[begin:]


def _cut(text: str, begin: int, end: int) -> int:
    for ends in (_SENTENCE_ENDS, _PAUSES):
        for position in range(end, begin, -1):
            if text[position - 1] in ends:
                return position
    return end


def _tokens(piece: str) -> Iterator[SudachiMorpheme]:
    # A tokenizer must not be shared by threads, and making one costs less than a microsecond.
    tokenizer = _dictionary().tokenizer(SplitMode.C)
    return iter(tokenizer.tokenize(_LONE_SURROGATE.sub("\ufffd", piece)))


@cache
def _dictionary() -> Dictionary:
    """Load the dictionary (200 MB, mapped into memory) once a process, when first needed."""
    return Dictionary(dict="core")


def _morpheme(text: str, offset: int, morpheme: SudachiMorpheme) -> Morpheme:
    begin, end = offset + morpheme.begin(), offset + morpheme.end()
    units = morpheme.split(SplitMode.A) if end - begin > 1 else ()
    return Morpheme(
        surface=text[begin:end],
        begin=begin,
        end=end,
        normalized=morpheme.normalized_form().casefold(),
        part_of_speech=morpheme.part_of_speech(),
        reading=morpheme.reading_form(),
        units=tuple(_morpheme(text, offset, unit) for unit in units) if len(units) > 1 else (),
    )


def _product_names_joined(text: str, morphemes: Sequence[Morpheme]) -> Iterator[Morpheme]:
    """Yield the morphemes with each product name as one, where morphemes begin and end with it."""
    begins = {morpheme.begin: number for number, morpheme in enumerate(morphemes)}
    ends = {morpheme.end: number + 1 for number, morpheme in enumerate(morphemes)}
    done = 0
    for name in _PRODUCT_NAME.finditer(text):
        first, last = begins.get(name.start()), ends.get(name.end())
        if first is not None and last is not None:
            yield from morphemes[done:first]
            yield _joined(name.group(), morphemes[first:last])
            done = last
    yield from morphemes[done:]


def _joined(surface: str, parts: Sequence[Morpheme]) -> Morpheme:
    return Morpheme(
        surface=surface,
        begin=parts[0].begin,
        end=parts[-1].end,
        normalized=unicodedata.normalize("NFKC", surface).casefold(),
        part_of_speech=_PROPER_NOUN,
        reading="".join(part.reading for part in parts),
    )


def _is_stop(unit: Morpheme) -> bool:
    return unit.part_of_speech[0] in _STOP or unit.part_of_speech[:2] in _STOP_DETAILED
