"""Words of a query that stand nowhere in an index, replaced by what was most likely meant; and completions.

`keyboard`: typed with the input method left on or off (ふぁrがて, せきゅりてぃ). `sound`: another word that sounds the same
(かんし, and wrong conversions). `spelling`: a slip of the keys (fargte).
"""

import re
from collections.abc import Collection, Iterator, Sequence

from msgspec.structs import replace

from index.analysis import folded_reading, phonetic_key
from index.query import Step, StepName
from index.query_ast import Alternative, Key, QueryPiece, QueryWord
from index.query_words import QueryWords, as_written
from index.readings import kana_begun, kana_of, keys_of
from index.terms import TermIndex
from index.text import KANA, katakana

PHONETIC_WEIGHT = 0.5  # of what sounds alike most means something else (監視, 漢詩)
_SHORTEST_PHONETIC = 6  # kana: of shorter words too many are a slip away from another

_KANA_AND_LETTERS = re.compile("[ぁ-ゖァ-ヶーA-Za-zＡ-Ｚａ-ｚ]+")
_HIRAGANA = re.compile("[ぁ-ゖー]+")
# The input method was left on: it made kana of some keys, and others stayed letters (ふぁrがて).
_MIXED = re.compile("[ぁ-ゖ][A-Za-zＡ-Ｚａ-ｚ]|[A-Za-zＡ-Ｚａ-ｚ][ぁ-ゖ]")
# What an input method shows of a word half typed: the last keys are no kana yet.
_COMPOSED = re.compile("[ぁ-ゖァ-ヶー]+[a-zａ-ｚ]{1,3}")

_Corrected = tuple[QueryPiece, list[Step]]


def correct(
    pieces: Sequence[QueryPiece], terms: TermIndex, words: QueryWords, without: Collection[StepName]
) -> tuple[tuple[QueryPiece, ...], list[Step]]:
    """Return the pieces of a query corrected where that is needed and possible, and what was done."""
    correction = _Correction(terms, words, without)
    corrected = [correction.corrected(piece) for piece in pieces]
    return tuple(piece for piece, _ in corrected), [step for _, steps in corrected for step in steps]


def with_completions(pieces: Sequence[QueryPiece], terms: TermIndex, words: QueryWords) -> tuple[QueryPiece, ...]:
    """Return the pieces of a query of which the last word is still being typed: any that begins so may stand for it.

    A last piece in kana is one word, if any is read so: in くばね Sudachi sees くば and 寝る.
    """
    if not pieces or not pieces[-1].words:
        return tuple(pieces)
    *others, last = pieces
    *before, word = last.words
    in_kana = KANA.search(last.text) and _KANA_AND_LETTERS.fullmatch(last.text)
    if in_kana and (longer := tuple(_completions(last.text, terms, words))):
        own = word.alternatives if last.text == word.text else ()
        return (*others, replace(last, words=(QueryWord(last.text, tuple(dict.fromkeys((*own, *longer)))),)))
    if (last.text != word.text and _HIRAGANA.fullmatch(last.text)) or _COMPOSED.fullmatch(last.text):
        return (*others, _as_one_word(last))  # the end of what is no word begins none: あ of いたりあ
    every = dict.fromkeys((*word.alternatives, *_completions(word.text, terms, words)))
    return (*others, replace(last, words=(*before, replace(word, alternatives=tuple(every)))))


def did_you_mean(words: Sequence[QueryWord], terms: TermIndex) -> Iterator[tuple[str, str]]:
    """Yield each rare word with a far more frequent term of nearly the same spelling, unless the query has that too."""
    requested = {key.text for word in words for alternative in word.alternatives for key in alternative.terms}
    for word in words:
        meant = terms.spell_checker(word.text).more_frequent(word.text)
        if meant and meant not in requested:
            yield word.text, meant


def _completions(typed: str, terms: TermIndex, words: QueryWords) -> Iterator[Alternative]:
    """Yield what may become of the beginning of a word: as it is written, and by its readings."""
    written = terms.with_prefix(typed)
    yield from (Alternative((Key(word),)) for word in written)
    if written and typed.isascii():
        return
    for name in words.readings.beginning(typed):
        if named := words.of(name):
            yield Alternative(tuple(key for word in named for key in word.alternatives[0].terms))
    for reading in kana_begun(typed):
        for phonetic in terms.with_prefix(folded_reading(reading), "sound"):
            yield Alternative((Key(phonetic, "sound"),), PHONETIC_WEIGHT)


class _Correction:
    """Corrects the pieces of one query, without the steps that are refused."""

    def __init__(self, terms: TermIndex, words: QueryWords, without: Collection[StepName]) -> None:
        self._terms = terms
        self._words = words
        self._without = without

    def corrected(self, piece: QueryPiece) -> _Corrected:
        if [word.text for word in piece.words] == [piece.text] and self._terms.exists(piece.words[0]):
            return piece, []
        if all(map(self._terms.exists, piece.words)):
            # くばねてす: Sudachi sees くば and 寝る. ふぁrがて: each of its pieces stands in some log.
            suspect = (len(piece.words) > 1 and _HIRAGANA.fullmatch(piece.text)) or _MIXED.search(piece.text)
            return (suspect and self._as_typed_otherwise(piece)) or (_as_one_word(piece), [])
        return (
            self._as_typed_otherwise(piece)
            or self._by_phonetic_key(piece)
            or self._nearly_read(piece)
            or self._without_slips(piece)
        )

    def _as_typed_otherwise(self, piece: QueryPiece) -> _Corrected | None:
        """Return a piece as the same keys or other kana spell it, if the index knows that."""
        if "keyboard" in self._without or not _KANA_AND_LETTERS.fullmatch(piece.text):
            return None
        whole = () if _MIXED.search(piece.text) else (katakana(piece.text),)
        readings = filter(None, (piece.text, kana_of(piece.text)))
        names = filter(None, map(self._words.readings.of, readings))
        for text in (*whole, *names, *keys_of(piece.text)):
            if text != piece.text and (instead := self._instead(text)):
                return instead, [Step("keyboard", piece.text, text)]
        return None

    def _instead(self, text: str) -> QueryPiece | None:
        """Return a text as a piece of a query, if the index has its words."""
        words = self._words.of(text)
        return QueryPiece(text, words) if words and all(map(self._terms.exists, words)) else None

    def _by_phonetic_key(self, piece: QueryPiece) -> _Corrected | None:
        """Return a piece as any word that sounds like it, if the index has one."""
        if "sound" in self._without:
            return None
        # As kana, as letters that spell kana, as Sudachi reads it.
        for reading in (katakana(piece.text), kana_of(piece.text), self._words.reading_of(piece.text)):
            if reading and (phonetic := phonetic_key(reading)):
                word = _of_phonetic(piece.text, phonetic)
                if self._terms.exists(word):
                    return QueryPiece(piece.text, (word,)), [Step("sound", piece.text, reading)]
        return None

    def _nearly_read(self, piece: QueryPiece) -> _Corrected | None:
        """Return a piece in kana as what is read nearly so: a name of the field, else a word of the index."""
        if "spelling" in self._without or not (phonetic := phonetic_key(katakana(piece.text))):
            return None
        name = self._words.readings.near(piece.text)
        if name and (instead := self._instead(name)):
            return instead, [Step("spelling", piece.text, name)]
        near = (
            self._terms.spell_checker(phonetic, "sound").similar(phonetic)
            if len(phonetic) >= _SHORTEST_PHONETIC
            else None
        )
        if near is None or near == phonetic:
            return None
        return QueryPiece(piece.text, (_of_phonetic(piece.text, near),)), [Step("spelling", piece.text, near)]

    def _without_slips(self, piece: QueryPiece) -> _Corrected:
        """Return a piece with each word that stands nowhere, and is no name, replaced by the most similar one."""
        if "spelling" in self._without:
            return piece, []
        named = self._words.analyzer.is_name
        missing = (word for word in piece.words if not self._terms.exists(word) and not named(word.text))
        meant = {
            word: similar for word in missing if (similar := self._terms.spell_checker(word.text).similar(word.text))
        }
        text = piece.text
        for word, similar in meant.items():
            text = text.replace(word.text, similar)
        words = tuple(
            replace(word, text=meant[word], alternatives=(Alternative((Key(meant[word]),)),)) if word in meant else word
            for word in piece.words
        )
        return QueryPiece(text, words), [Step("spelling", word.text, similar) for word, similar in meant.items()]


def _of_phonetic(text: str, phonetic: str) -> QueryWord:
    return QueryWord(text, (Alternative((Key(phonetic, "sound"),), PHONETIC_WEIGHT),))


def _as_one_word(piece: QueryPiece) -> QueryPiece:
    """Return a piece as one word where only a letter of it would be looked for: d of らむd, あ of いたりあ."""
    scraps = _HIRAGANA.fullmatch(piece.text) and all(len(word.text) == 1 for word in piece.words)
    if len(piece.text) > 1 and (scraps or _COMPOSED.fullmatch(piece.text)):
        return replace(piece, words=(as_written(piece.text, is_function_word=True),))
    return piece
