"""QueryWords of a query that stand nowhere in an index, replaced by what was most likely meant.

`keyboard`: typed with the input method left on or off (ふぁrがて, せきゅりてぃ). `sound`: another word that sounds the same (かんし,
and wrong conversions). `spelling`: a slip of the keys (fargte).
"""

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Protocol

from msgspec.structs import replace

from index import romaji
from index.analysis import sound_of
from index.query import Step, StepName
from index.text import katakana
from index.tree import Alternative, Key, QueryPiece, QueryWord
from index.words import QueryWords

SOUND_WEIGHT = 0.5  # of what sounds alike most means something else (監視, 漢詩)

_KANA_AND_LETTERS = re.compile("[ぁ-ゖァ-ヶーA-Za-zＡ-Ｚａ-ｚ]+")

_HIRAGANA = re.compile("[ぁ-ゖー]+")

_MIXED = re.compile("[ぁ-ゖ][A-Za-zＡ-Ｚａ-ｚ]|[A-Za-zＡ-Ｚａ-ｚ][ぁ-ゖ]")

_Repair = tuple[QueryPiece, list[Step]]


class Vocabulary(Protocol):
    """What mending asks of an index."""

    def has(self, word: QueryWord) -> bool:
        """Tell whether any document has a word."""

    def beginning(self, text: str) -> Sequence[str]:
        """Return the index's own words that a text is the beginning of."""

    def similar(self, text: str) -> str | None:
        """Return the index's own word that a text is most likely a slip of, or None."""


def mend(
    pieces: Sequence[QueryPiece], vocabulary: Vocabulary, words: QueryWords, without: Collection[StepName] = ()
) -> tuple[tuple[QueryPiece, ...], list[Step]]:
    """Return the pieces of a query mended where that is needed and possible, and what was done."""
    mending = _Mending(vocabulary, words, without)
    mended = [mending.mended(piece) for piece in pieces]
    return tuple(piece for piece, _ in mended), [step for _, steps in mended for step in steps]


def begun(pieces: Sequence[QueryPiece], vocabulary: Vocabulary) -> tuple[QueryPiece, ...]:
    """Return the pieces of a query of which the last word is still being typed: any that begins so may stand for it."""
    if not pieces or not pieces[-1].words:
        return tuple(pieces)
    *others, last = pieces
    *words, word = last.words
    longer = (Alternative((Key(whole),)) for whole in vocabulary.beginning(word.text))
    every = tuple(dict.fromkeys((*word.alternatives, *longer)))
    return (*others, replace(last, words=(*words, replace(word, alternatives=every))))


class _Mending:
    def __init__(self, vocabulary: Vocabulary, words: QueryWords, without: Collection[StepName]) -> None:
        self._vocabulary = vocabulary
        self._words = words
        self._without = without

    def mended(self, piece: QueryPiece) -> _Repair:
        if all(map(self._vocabulary.has, piece.words)):
            # くばねてす: Sudachi sees くば and 寝る. ふぁrがて: each of its pieces stands in some log.
            suspect = (len(piece.words) > 1 and _HIRAGANA.fullmatch(piece.text)) or _MIXED.search(piece.text)
            return (suspect and self._as_typed_otherwise(piece)) or (piece, [])
        return self._as_typed_otherwise(piece) or self._as_it_sounds(piece) or self._without_slips(piece)

    def _as_typed_otherwise(self, piece: QueryPiece) -> _Repair | None:
        """Return a piece as the same keys or other kana spell it, if the index knows that."""
        if "keyboard" in self._without or not _KANA_AND_LETTERS.fullmatch(piece.text):
            return None
        whole = () if _MIXED.search(piece.text) else (katakana(piece.text),)
        for text in (*whole, *romaji.typed(piece.text)):
            words = self._words.of(text)
            if words and text != piece.text and all(map(self._vocabulary.has, words)):
                return QueryPiece(text, words), [Step("keyboard", piece.text, text)]
        return None

    def _as_it_sounds(self, piece: QueryPiece) -> _Repair | None:
        """Return a piece as any word that sounds like it, if the index has one."""
        if "sound" in self._without:
            return None
        for sound in self._sounds(piece.text):
            word = QueryWord(piece.text, (Alternative((Key(sound, "sound"),), SOUND_WEIGHT),))
            if self._vocabulary.has(word):
                return QueryPiece(piece.text, (word,)), [Step("sound", piece.text)]
        return None

    def _sounds(self, text: str) -> Iterator[str]:
        """Yield how a piece may be read: as kana, as letters that spell kana, as Sudachi reads it."""
        spelled = romaji.kana(text) if text.isascii() else None
        for reading in (katakana(text), spelled, self._words.reading_of(text)):
            if reading and (sound := sound_of(reading)):
                yield sound

    def _without_slips(self, piece: QueryPiece) -> _Repair:
        """Return a piece with each word that stands nowhere replaced by the most similar one that does."""
        if "spelling" in self._without:
            return piece, []
        missing = (word for word in piece.words if not self._vocabulary.has(word))
        meant = {word: similar for word in missing if (similar := self._vocabulary.similar(word.text))}
        text = piece.text
        for word, similar in meant.items():
            text = text.replace(word.text, similar)
        words = tuple(
            replace(word, text=meant[word], alternatives=(Alternative((Key(meant[word]),)),)) if word in meant else word
            for word in piece.words
        )
        return QueryPiece(text, words), [Step("spelling", word.text, similar) for word, similar in meant.items()]
