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
_MAX_NAME_PIECES = 3  # a name may be typed with spaces: えーぴーあい げーとうぇい
_MIN_PHONETIC = 6  # kana; too many shorter words are one edit away from another

_KANA_AND_LETTERS = re.compile("[ぁ-ゖァ-ヶーA-Za-zＡ-Ｚａ-ｚ]+")
_HIRAGANA = re.compile("[ぁ-ゖー]+")
_ONLY_KANA = re.compile("[ぁ-ゖァ-ヶー]+")
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
    corrected = [correction.corrected(piece) for piece in correction.with_names(pieces)]
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

    def with_names(self, pieces: Sequence[QueryPiece]) -> Iterator[QueryPiece]:
        """Yield the pieces, split around known names in kana (らむだ|の課金), and joined if a name has spaces."""
        begin = 0
        while begin < len(pieces):
            for end in range(min(begin + _MAX_NAME_PIECES, len(pieces)), begin + 1, -1):
                text = "".join(piece.text for piece in pieces[begin:end])
                are_known = all(map(self._is_one_word, pieces[begin:end]))
                if not are_known and _ONLY_KANA.fullmatch(text) and self._named(text):
                    yield QueryPiece(text, (as_written(text),))
                    break
            else:
                end = begin + 1
                yield from self._split(pieces[begin])
            begin = end

    def _split(self, piece: QueryPiece) -> Iterator[QueryPiece]:
        text, at = piece.text, 0
        places = () if self._is_one_word(piece) else self.words.names_in(text)
        known = [(begin, end) for begin, end in places if self._is_name(text[begin:end])]
        if not known or known == [(0, len(text))]:
            yield piece
            return
        for begin, end in (*known, (len(text), len(text))):
            rest, name = text[at:begin], text[begin:end]
            if words := self.words.of(rest):  # without the particles around them
                first, last = rest.find(words[0].text), rest.rfind(words[-1].text) + len(words[-1].text)
                yield QueryPiece(rest[first:last], words)
            if name:
                yield QueryPiece(name, self.words.of(name) or (as_written(name),))
            at = end

    def corrected(self, piece: QueryPiece) -> _Corrected:
        if self._is_one_word(piece):
            return self._with_name(piece, self.words.name_of(piece.text)), []
        all_known = all(map(self._is_known, piece.words))
        # Known fragments of an unknown word: Sudachi splits くばねてす into くば and 寝る, and some log has each
        # piece of ふぁrがて.
        is_suspect = (len(piece.words) > 1 and _HIRAGANA.fullmatch(piece.text)) or _MIXED.search(piece.text)
        if all_known and katakana(piece.text) == piece.text:
            return self._with_name(_as_one_word(piece), self.words.name_of(piece.text)), []
        may_be_typed = "keyboard" not in self.without and _KANA_AND_LETTERS.fullmatch(piece.text)
        return (
            (self._by_reading(piece) if may_be_typed else None)
            or (self._by_keyboard(piece) if may_be_typed and (is_suspect or not all_known) else None)
            or (None if all_known else self._by_phonetic_key(piece))
            or self._named(piece.text)
            or ((_as_one_word(piece), []) if all_known else self._by_similar_key(piece) or self._by_spelling(piece))
        )

    def _is_one_word(self, piece: QueryPiece) -> bool:
        """Return whether a piece is one word that the index has."""
        return [word.text for word in piece.words] == [piece.text] and self._is_known(piece.words[0])

    def _is_known(self, word: QueryWord) -> bool:
        """Return whether any document or title has a word."""
        titles = self.terms.schema.titles
        return self.terms.exists(word) or bool(titles and self.terms.exists(in_title(titles[1], (word,))))

    def _is_name(self, kana: str) -> bool:
        """Return whether kana are read like a name that the index has.

        Words of the index are no other name: in セキュリティはどう nobody means Security Hub.
        """
        written, in_katakana = self._known(kana), katakana(kana[0]) == kana[0]
        is_word = written is not None and self._is_one_word(written)
        if written and (in_katakana or is_word):
            return not (in_katakana and is_word) and bool(self.words.readings.of(kana) and self._named(kana))
        return self._named(kana) is not None

    def _named(self, kana: str) -> _Corrected | None:
        """Return the name that sounds like this, or nearly so, if the index has it; else None."""
        name = self.words.name_of(kana)
        step: StepName = "keyboard" if name else "spelling"
        if step in self.without or not (name := name or self.words.similar_name(kana)):
            return None
        return (named, [Step(step, kana, named.text)]) if (named := self._known(name)) else None

    def _with_name(self, piece: QueryPiece, name: str | None, weight: float = PHONETIC_WEIGHT) -> QueryPiece:
        """Return a known piece that also finds a known name: ラスト and Rust."""
        named = self._known(name) if name else None
        if not named or "keyboard" in self.without:
            return piece
        own, other = (
            tuple(key for word in words for key in word.alternatives[0].terms) for words in (piece.words, named.words)
        )
        word = piece.words[0] if len(piece.words) == 1 else QueryWord(piece.text, (Alternative(own),))
        if other in {alternative.terms for alternative in word.alternatives}:
            return piece
        text = named.text if weight == 1 else word.text  # which may name a facet value
        alternatives = (*word.alternatives, Alternative(other, weight))
        return replace(piece, words=(replace(word, text=text, alternatives=alternatives),))

    def _by_reading(self, piece: QueryPiece) -> _Corrected | None:
        """Return a piece as a word in katakana, as the name that sounds like it, or as both; else None."""
        text = piece.text
        names = filter(None, map(self.words.name_of, filter(None, (text, kana_of(text)))))
        named = next(filter(None, map(self._known, names)), None)
        whole = None if _MIXED.search(text) or katakana(text) == text else self._known(katakana(text))
        if whole and (named or len(whole.words) == 1):
            return self._with_name(whole, named.text if named else None, 1), [Step("keyboard", text, whole.text)]
        return (named, [Step("keyboard", text, named.text)]) if named and named.text != text else None

    def _by_keyboard(self, piece: QueryPiece) -> _Corrected | None:
        """Return a piece as words in katakana, or as the keys it was typed with; else None."""
        text = piece.text
        for other in (*(() if _MIXED.search(text) else (katakana(text),)), *keys_of(text)):
            if other != text and (replacement := self._known(other)):
                also = None if "spelling" in self.without else self.words.similar_name(text)
                return self._with_name(replacement, also, 1), [Step("keyboard", text, other)]
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

    def _by_similar_key(self, piece: QueryPiece) -> _Corrected | None:
        """Return a piece in kana as a word with a similar phonetic key, or None."""
        phonetic = None if "spelling" in self.without else phonetic_key(katakana(piece.text))
        if phonetic is None or len(phonetic) < _MIN_PHONETIC:
            return None
        near = self.terms.spell_checker(phonetic, "sound").similar(phonetic)
        if near is None or near == phonetic:
            return None
        return QueryPiece(piece.text, (_homophones(piece.text, near),)), [Step("spelling", piece.text, near)]

    def _by_spelling(self, piece: QueryPiece) -> _Corrected:
        """Return a piece with each unknown word replaced by the most similar term. Names are left alone."""
        if "spelling" in self.without:
            return piece, []
        text, words, steps = piece.text, list[QueryWord](), list[Step]()
        for word in dict.fromkeys(piece.words):
            is_kept = self._is_known(word) or self.words.analyzer.is_name(word.text)
            similar = None if is_kept else self.terms.spell_checker(word.text).similar(word.text)
            if similar:
                text = text.replace(word.text, similar)
                steps.append(Step("spelling", word.text, similar))
            alternatives = (Alternative((Key(similar),)),) if similar else word.alternatives
            words.append(replace(word, text=similar or word.text, alternatives=alternatives))
        return QueryPiece(text, tuple(words)), steps


def _homophones(text: str, phonetic: str) -> QueryWord:
    return QueryWord(text, (Alternative((Key(phonetic, "sound"),), PHONETIC_WEIGHT),))


def _as_one_word(piece: QueryPiece) -> QueryPiece:
    """Return a piece as a single word if otherwise only single letters of it would be searched: d of らむd, あ of いたりあ."""
    fragments = _HIRAGANA.fullmatch(piece.text) and all(len(word.text) == 1 for word in piece.words)
    if len(piece.text) > 1 and (fragments or _COMPOSED.fullmatch(piece.text)):
        return replace(piece, words=(as_written(piece.text, is_function_word=True),))
    return piece
