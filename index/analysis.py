"""Japanese text to morphemes and terms, with exact offsets: the one door to sudachipy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


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

    `variants` maps a normalised form to the one it shall be found as (サーバレス to サーバーレス).
    """

    def __init__(self, variants: Mapping[str, str] | None = None) -> None:
        self._variants = dict(variants or {})

    def morphemes(self, text: str) -> tuple[Morpheme, ...]:
        """Return the morphemes of a text of any length; offsets are code points of `text` as given."""
        raise NotImplementedError

    def terms(self, morphemes: Sequence[Morpheme]) -> tuple[Term, ...]:
        """Return the terms of morphemes, in order of `begin`, stop words left out."""
        raise NotImplementedError
