"""Corrects the words of a query that the index does not have, and completes the last word while it is being typed.

- `keyboard`: typed with the input method left on or off (ふぁrがて, せきゅりてぃ).
- `sound`: a homophone (かんし, and wrong conversions).
- `spelling`: a misspelling (fargte).
"""

import re
from collections.abc import Collection, Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from index.analysis import folded_reading, phonetic_key
from index.query import Step, StepName
from index.query_ast import Alternative, Key, QueryPiece, QueryWord
from index.query_parser import in_title
from index.query_words import QueryWords, as_written
from index.readings import kana_begun, kana_of, keys_of
from index.terms import TermIndex
from index.text import KANA, katakana

PHONETIC_WEIGHT = 0.5  # most homophones mean something else (監視, 漢詩)
_MIN_PHONETIC = 6  # kana; too many shorter words are one edit away from another

_KANA_AND_LETTERS = re.compile("[ぁ-ゖァ-ヶーA-Za-zＡ-Ｚａ-ｚ]+")
_HIRAGANA = re.compile("[ぁ-ゖー]+")
# The input method was left on: some keys became kana, and others stayed letters (ふぁrがて).
_MIXED = re.compile("[ぁ-ゖ][A-Za-zＡ-Ｚａ-ｚ]|[A-Za-zＡ-Ｚａ-ｚ][ぁ-ゖ]")
# An input method shows an unfinished word so: the last keys are not kana yet.
_COMPOSED = re.compile("[ぁ-ゖァ-ヶー]+[a-zａ-ｚ]{1,3}")

_Corrected = tuple[QueryPiece, list[Step]]


def correct(
    pieces: Sequence[QueryPiece], terms: TermIndex, words: QueryWords, without: Collection[StepName]
) -> tuple[tuple[QueryPiece, ...], list[Step]]:
    """Return the pieces of a query with unknown words corrected where possible, and the steps taken.

    Steps in `without` are refused.
    """
    correction = _Correction(terms, words, without)
    corrected = [correction.corrected(piece) for piece in pieces]
    return tuple(piece for piece, _ in corrected), [step for _, steps in corrected for step in steps]


def with_completions(pieces: Sequence[QueryPiece], terms: TermIndex, words: QueryWords) -> tuple[QueryPiece, ...]:
    """Return the pieces of a query with the completions of the last word, which is still being typed.

    A last piece in kana is a single word if any reading begins so: Sudachi splits くばね into くば and 寝る.
    """
    if not pieces or not pieces[-1].words:
        return tuple(pieces)
    *others, last = pieces
    *before, word = last.words
    in_kana = KANA.search(last.text) and _KANA_AND_LETTERS.fullmatch(last.text)
    if in_kana and (completions := tuple(_completions(last.text, terms, words))):
        own = word.alternatives if last.text == word.text else ()
        return (*others, replace(last, words=(QueryWord(last.text, tuple(dict.fromkeys((*own, *completions)))),)))
    if (last.text != word.text and _HIRAGANA.fullmatch(last.text)) or _COMPOSED.fullmatch(last.text):
        return (*others, _as_one_word(last))  # the end of a non-word is not the beginning of a word: あ of いたりあ
    alternatives = dict.fromkeys((*word.alternatives, *_completions(word.text, terms, words)))
    return (*others, replace(last, words=(*before, replace(word, alternatives=tuple(alternatives)))))


def did_you_mean(words: Sequence[QueryWord], terms: TermIndex) -> Iterator[tuple[str, str]]:
    """Yield each rare word with a far more frequent term of nearly the same spelling, unless the query has that too."""
    requested = {key.text for word in words for alternative in word.alternatives for key in alternative.terms}
    for word in words:
        meant = terms.spell_checker(word.text).more_frequent(word.text)
        if meant and meant not in requested:
            yield word.text, meant


def _completions(typed: str, terms: TermIndex, words: QueryWords) -> Iterator[Alternative]:
    """Yield the completions of an unfinished word, by its spelling and by its readings."""
    completions = terms.with_prefix(typed)
    yield from (Alternative((Key(term),)) for term in completions)
    if completions and typed.isascii():
        return
    for name in words.readings.beginning(typed):
        if named := words.of(name):
            yield Alternative(tuple(key for word in named for key in word.alternatives[0].terms))
    for reading in kana_begun(typed):
        for phonetic in terms.with_prefix(folded_reading(reading), "sound"):
            yield Alternative((Key(phonetic, "sound"),), PHONETIC_WEIGHT)


class _Correction(Struct, frozen=True):
    """Corrects the pieces of one query, without the refused steps."""

    terms: TermIndex
    words: QueryWords
    without: Collection[StepName]

    def corrected(self, piece: QueryPiece) -> _Corrected:
        if [word.text for word in piece.words] == [piece.text] and self._is_known(piece.words[0]):
            return piece, []
        if all(map(self._is_known, piece.words)):
            # Known fragments of an unknown word: Sudachi splits くばねてす into くば and 寝る, and some log has each
            # piece of ふぁrがて.
            suspect = (len(piece.words) > 1 and _HIRAGANA.fullmatch(piece.text)) or _MIXED.search(piece.text)
            return (suspect and self._by_keyboard(piece)) or (_as_one_word(piece), [])
        return (
            self._by_keyboard(piece)
            or self._by_phonetic_key(piece)
            or self._by_similar_reading(piece)
            or self._by_spelling(piece)
        )

    def _is_known(self, word: QueryWord) -> bool:
        """Return whether any document or title has a word."""
        titles = self.terms.schema.titles
        return self.terms.exists(word) or bool(titles and self.terms.exists(in_title(titles[1], (word,))))

    def _by_keyboard(self, piece: QueryPiece) -> _Corrected | None:
        """Return a piece as katakana, as the name with this reading, or as the keys it was typed with; else None."""
        if "keyboard" in self.without or not _KANA_AND_LETTERS.fullmatch(piece.text):
            return None
        whole = () if _MIXED.search(piece.text) else (katakana(piece.text),)
        readings = filter(None, (piece.text, kana_of(piece.text)))
        names = filter(None, map(self.words.readings.of, readings))
        for text in (*whole, *names, *keys_of(piece.text)):
            if text != piece.text and (replacement := self._known(text)):
                return replacement, [Step("keyboard", piece.text, text)]
        return None

    def _known(self, text: str) -> QueryPiece | None:
        """Return a text as a piece of a query if the index has all its words."""
        words = self.words.of(text)
        return QueryPiece(text, words) if words and all(map(self._is_known, words)) else None

    def _by_phonetic_key(self, piece: QueryPiece) -> _Corrected | None:
        """Return a piece as its homophones if the index has any."""
        if "sound" in self.without:
            return None
        # As kana, as letters that spell kana, as Sudachi reads it.
        for reading in (katakana(piece.text), kana_of(piece.text), self.words.reading_of(piece.text)):
            if reading and (phonetic := phonetic_key(reading)):
                word = _homophones(piece.text, phonetic)
                if self.terms.exists(word):
                    return QueryPiece(piece.text, (word,)), [Step("sound", piece.text, reading)]
        return None

    def _by_similar_reading(self, piece: QueryPiece) -> _Corrected | None:
        """Return a piece in kana as a name with a similar reading, else as a term with one; else None."""
        if "spelling" in self.without or not (phonetic := phonetic_key(katakana(piece.text))):
            return None
        name = self.words.readings.near(piece.text)
        if name and (replacement := self._known(name)):
            return replacement, [Step("spelling", piece.text, name)]
        if len(phonetic) < _MIN_PHONETIC:
            return None
        near = self.terms.spell_checker(phonetic, "sound").similar(phonetic)
        if near is None or near == phonetic:
            return None
        return QueryPiece(piece.text, (_homophones(piece.text, near),)), [Step("spelling", piece.text, near)]

    def _by_spelling(self, piece: QueryPiece) -> _Corrected:
        """Return a piece with each unknown word replaced by the most similar term. Names are left alone."""
        if "spelling" in self.without:
            return piece, []
        replacements: dict[QueryWord, str] = {}
        for word in piece.words:
            if not self._is_known(word) and not self.words.analyzer.is_name(word.text):
                similar = self.terms.spell_checker(word.text).similar(word.text)
                if similar:
                    replacements[word] = similar
        text = piece.text
        for word, similar in replacements.items():
            text = text.replace(word.text, similar)
        words = (
            replace(word, text=replacements[word], alternatives=(Alternative((Key(replacements[word]),)),))
            if word in replacements
            else word
            for word in piece.words
        )
        steps = [Step("spelling", word.text, similar) for word, similar in replacements.items()]
        return QueryPiece(text, tuple(words)), steps


def _homophones(text: str, phonetic: str) -> QueryWord:
    return QueryWord(text, (Alternative((Key(phonetic, "sound"),), PHONETIC_WEIGHT),))


def _as_one_word(piece: QueryPiece) -> QueryPiece:
    """Return a piece as a single word if otherwise only single letters of it would be searched: d of らむd, あ of いたりあ."""
    fragments = _HIRAGANA.fullmatch(piece.text) and all(len(word.text) == 1 for word in piece.words)
    if len(piece.text) > 1 and (fragments or _COMPOSED.fullmatch(piece.text)):
        return replace(piece, words=(as_written(piece.text, is_function_word=True),))
    return piece
