"""Corrects the words of a query that the index does not have.

A name in kana first becomes a piece of its own (らむだの課金, えーぴーあい げーとうぇい). A piece that the index has as
one word then stays. Any other goes through `_Correction._attempts` until one of them finds words of the index:

    step        attempt             typed         searched
    keyboard    _by_reading         らむだ        ラムダ, and Lambda, which has this reading
    keyboard    _by_keyboard        ふぁrがて     fargate, the keys that were typed
    sound       _by_phonetic_key    kanshi        every word with the reading カンシ, such as 監視
    spelling    _named              らむた        Lambda, the name of the most similar sound
    spelling    _by_similar_key     おぶじぇくど  every word with a similar reading, オブジェクト
    spelling    _by_spelling        fargte        fargate

A step that is refused (`Query.without`) is not tried.
"""

import re
from collections.abc import Collection, Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from index.analysis import phonetic_key
from index.query import Step, StepName
from index.query_ast import Alternative, Key, QueryPiece, QueryWord
from index.query_parser import in_title
from index.query_words import PHONETIC_WEIGHT, QueryWords, as_written, first_terms, without_fragments
from index.readings import kana_of, keys_of
from index.terms import TermIndex
from index.text import HIRAGANA, KANA_AND_LETTERS, katakana

_MAX_NAME_PIECES = 3  # a name may be typed with spaces: えーぴーあい げーとうぇい
_MIN_PHONETIC = 6  # kana; too many shorter words are one edit away from another

_ONLY_KANA = re.compile("[ぁ-ゖァ-ヶー]+")
# The input method was left on: some keys became kana, and others stayed letters (ふぁrがて).
_MIXED = re.compile("[ぁ-ゖ][A-Za-zＡ-Ｚａ-ｚ]|[A-Za-zＡ-Ｚａ-ｚ][ぁ-ゖ]")

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


def did_you_mean(words: Sequence[QueryWord], terms: TermIndex) -> Iterator[tuple[str, str]]:
    """Yield each rare word with a far more frequent term of nearly the same spelling, unless the query has that too."""
    requested = {key.text for word in words for alternative in word.alternatives for key in alternative.terms}
    for word in words:
        meant = terms.spell_checker(word.text).more_frequent(word.text)
        if meant and meant not in requested:
            yield word.text, meant


class _Correction(Struct, frozen=True):
    """Corrects the pieces of one query, without the refused steps."""

    terms: TermIndex
    words: QueryWords
    without: Collection[StepName]

    def with_names(self, pieces: Sequence[QueryPiece]) -> Iterator[QueryPiece]:
        """Yield the pieces, joined if a known name in kana has spaces, and split around the known names inside one."""
        if not pieces:
            return
        for count in range(min(_MAX_NAME_PIECES, len(pieces)), 1, -1):
            text = "".join(piece.text for piece in pieces[:count])
            are_known = all(map(self._is_one_word, pieces[:count]))
            if not are_known and _ONLY_KANA.fullmatch(text) and self._named(text):
                yield QueryPiece(text, (as_written(text),))
                yield from self.with_names(pieces[count:])
                return
        yield from self._split(pieces[0])
        yield from self.with_names(pieces[1:])

    def _split(self, piece: QueryPiece) -> Iterator[QueryPiece]:
        text, at = piece.text, 0
        places = () if self._is_one_word(piece) else self.words.names.places(text)
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

    def _is_name(self, kana: str) -> bool:
        """Return whether kana in a longer text are a known name.

        Words of the index are no other name: in セキュリティはどう nobody means Security Hub.
        """
        if written := self._known(kana):
            in_katakana, is_word = katakana(kana[0]) == kana[0], self._is_one_word(written)
            if in_katakana and is_word:
                return False
            if (in_katakana or is_word) and not self.words.names.readings.of(kana):
                return False
        return self._named(kana) is not None

    def corrected(self, piece: QueryPiece) -> _Corrected:
        """Return a piece as it is searched, and the steps that led to it."""
        if self._is_one_word(piece):
            return self._also_named(piece), []
        all_known = all(map(self._is_known, piece.words))
        if all_known and katakana(piece.text) == piece.text:  # no hiragana
            return self._also_named(without_fragments(piece)), []
        return next(filter(None, self._attempts(piece, all_known=all_known)))

    def _attempts(self, piece: QueryPiece, *, all_known: bool) -> Iterator[_Corrected | None]:
        """Yield the attempts to correct a piece, each None if it fails. The last one is to leave the piece alone."""
        if "keyboard" not in self.without and KANA_AND_LETTERS.fullmatch(piece.text):
            yield self._by_reading(piece)
            # Known words may be fragments of an unknown one: Sudachi splits くばねてす into くば and 寝る, and some log
            # has each piece of ふぁrがて.
            is_suspect = (len(piece.words) > 1 and HIRAGANA.fullmatch(piece.text)) or _MIXED.search(piece.text)
            if is_suspect or not all_known:
                yield self._by_keyboard(piece)
        if not all_known and "sound" not in self.without:
            yield self._by_phonetic_key(piece)
        yield self._named(piece.text)
        if not all_known and "spelling" not in self.without:
            yield self._by_similar_key(piece)
            yield self._by_spelling(piece)
        yield (without_fragments(piece) if all_known else piece), []

    def _by_reading(self, piece: QueryPiece) -> _Corrected | None:
        """Return a piece as a word in katakana, as the name with this reading, or as both."""
        text = piece.text
        names = (self._known(self.words.names.of(kana)) for kana in (text, kana_of(text)) if kana)
        name = next(filter(None, names), None)
        word = None if _MIXED.search(text) or katakana(text) == text else self._known(katakana(text))
        if word and (name or len(word.words) == 1):
            return _or_name(word, name, 1), [Step("keyboard", text, word.text)]
        return (name, [Step("keyboard", text, name.text)]) if name and name.text != text else None

    def _by_keyboard(self, piece: QueryPiece) -> _Corrected | None:
        """Return a piece as words in katakana, or as the keys it was typed with; it also finds a similar name."""
        text = piece.text
        for other in keys_of(text) if _MIXED.search(text) else (katakana(text), *keys_of(text)):
            if other != text and (replacement := self._known(other)):
                name = None if "spelling" in self.without else self._known(self.words.names.similar(text))
                return _or_name(replacement, name, 1), [Step("keyboard", text, other)]
        return None

    def _by_phonetic_key(self, piece: QueryPiece) -> _Corrected | None:
        """Return a piece as its homophones."""
        # As kana, as letters that spell kana, as Sudachi reads it.
        for reading in (katakana(piece.text), kana_of(piece.text), self.words.reading_of(piece.text)):
            if reading and (phonetic := phonetic_key(reading)):
                word = _homophones(piece.text, phonetic)
                if self.terms.exists(word):
                    return QueryPiece(piece.text, (word,)), [Step("sound", piece.text, reading)]
        return None

    def _named(self, kana: str) -> _Corrected | None:
        """Return the name with this reading, else the name with the most similar sound."""
        name = self.words.names.of(kana)
        step: StepName = "keyboard" if name else "spelling"
        if step in self.without:
            return None
        known = self._known(name or self.words.names.similar(kana))
        return (known, [Step(step, kana, known.text)]) if known else None

    def _by_similar_key(self, piece: QueryPiece) -> _Corrected | None:
        """Return a piece in kana as the words with the most similar phonetic key."""
        phonetic = phonetic_key(katakana(piece.text))
        if phonetic is None or len(phonetic) < _MIN_PHONETIC:
            return None
        near = self.terms.spell_checker(phonetic, "sound").similar(phonetic)
        if near is None or near == phonetic:
            return None
        return QueryPiece(piece.text, (_homophones(piece.text, near),)), [Step("spelling", piece.text, near)]

    def _by_spelling(self, piece: QueryPiece) -> _Corrected:
        """Return a piece with each unknown word replaced by the most similar term. Names are left alone."""
        text, words, steps = piece.text, list[QueryWord](), list[Step]()
        for word in dict.fromkeys(piece.words):
            is_kept = self._is_known(word) or self.words.analyzer.is_name(word.text)
            similar = None if is_kept else self.terms.spell_checker(word.text).similar(word.text)
            if similar is None:
                words.append(word)
                continue
            text = text.replace(word.text, similar)
            words.append(replace(word, text=similar, alternatives=(Alternative((Key(similar),)),)))
            steps.append(Step("spelling", word.text, similar))
        return QueryPiece(text, tuple(words)), steps

    def _also_named(self, piece: QueryPiece) -> QueryPiece:
        """Return a known piece that also finds the name with the same reading: ラスト and Rust."""
        name = None if "keyboard" in self.without else self._known(self.words.names.of(piece.text))
        return _or_name(piece, name, PHONETIC_WEIGHT)

    def _is_one_word(self, piece: QueryPiece) -> bool:
        """Return whether a piece is one word that the index has."""
        return [word.text for word in piece.words] == [piece.text] and self._is_known(piece.words[0])

    def _is_known(self, word: QueryWord) -> bool:
        """Return whether any document or title has a word."""
        titles = self.terms.schema.titles
        return self.terms.exists(word) or bool(titles and self.terms.exists(in_title(titles[1], (word,))))

    def _known(self, text: str | None) -> QueryPiece | None:
        """Return a text as a piece of a query if the index has all its words; else None, as for None."""
        words = self.words.of(text) if text else ()
        return QueryPiece(text, words) if text and words and all(map(self._is_known, words)) else None


def _or_name(piece: QueryPiece, name: QueryPiece | None, weight: float) -> QueryPiece:
    """Return a piece as one word that also finds a name, with a weight. With the weight 1 it is called by the name."""
    if name is None:
        return piece
    word = piece.words[0] if len(piece.words) == 1 else QueryWord(piece.text, (Alternative(first_terms(piece.words)),))
    terms = first_terms(name.words)
    if terms in {alternative.terms for alternative in word.alternatives}:
        return piece
    text = name.text if weight == 1 else word.text  # which may name a facet value
    alternatives = (*word.alternatives, Alternative(terms, weight))
    return replace(piece, words=(replace(word, text=text, alternatives=alternatives),))


def _homophones(text: str, phonetic: str) -> QueryWord:
    return QueryWord(text, (Alternative((Key(phonetic, "sound"),), PHONETIC_WEIGHT),))
