"""Corrects and completes the words of a query for the oracle, as ARCHITECTURE.md defines it."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise, product
from pathlib import Path
from typing import TypeAlias

from msgspec.structs import replace

from index.analysis import TermKind, folded_reading, phonetic_key
from index.query import Step, StepName
from index.query_ast import Alternative, Key, QueryPiece, QueryWord
from index.query_parser import QueryParser
from index.text import folded, folded_case, folded_name, hiragana, katakana

_TABLE = Path(__file__).parents[2] / "index" / "kana_keys.txt"
_ROWS = [line.split() for line in _TABLE.read_text("utf-8").splitlines() if line and not line.startswith("#")]
_KEYS = {kana: keys for kana, *keys in _ROWS}
_KANA = {keys: kana for kana, *spellings in _ROWS for keys in spellings}

_HIRAGANA = re.compile("[ぁ-ゖー]+")
_LETTERS_OF_WORDS = re.compile("[a-z]+|[ァ-ヶーぁ-ゖ]+")
_KANA_OR_LATIN = re.compile("[ぁ-ゖァ-ヶーA-Za-zＡ-Ｚａ-ｚ]+")
_MIXED = re.compile("[ぁ-ゖ][A-Za-zＡ-Ｚａ-ｚ]|[A-Za-zＡ-Ｚａ-ｚ][ぁ-ゖ]")
_UNFINISHED = re.compile("[ぁ-ゖァ-ヶー]+[a-zａ-ｚ]{1,3}")

_Corrected: TypeAlias = tuple[QueryPiece, list[Step]]


def edits(one: str, other: str) -> int:
    """Return the fewest edits between two words: a letter more, less or changed, or two adjacent letters swapped."""
    fewest = {(i, j): i + j for i in range(len(one) + 1) for j in range(len(other) + 1) if not i or not j}
    for i, a in enumerate(one, 1):
        for j, b in enumerate(other, 1):
            fewest[i, j] = min(fewest[i - 1, j] + 1, fewest[i, j - 1] + 1, fewest[i - 1, j - 1] + (a != b))
            if one[i - 2 : i] == other[j - 2 : j][::-1] and i > 1 and j > 1:
                fewest[i, j] = min(fewest[i, j], fewest[i - 2, j - 2] + 1)
    return fewest[len(one), len(other)]


def few_edits_away(word: str, counts: Mapping[str, int]) -> list[tuple[int, int, str]]:
    """Return the words that another may be a misspelling of, as (edits, -count, word)."""
    if not _LETTERS_OF_WORDS.fullmatch(word) or len(word) < (4 if word.isascii() else 5):
        return []
    most = 2 if len(word) >= 8 else 1
    others = [other for other in counts if _LETTERS_OF_WORDS.fullmatch(other) and other.isascii() == word.isascii()]
    others = [other for other in others if abs(len(other) - len(word)) <= most]  # each has that many edits or more
    return [(number, -counts[other], other) for other in others if (number := edits(word, other)) <= most]


def misspelt(word: str, counts: Mapping[str, int]) -> str | None:
    """Return the word that is the fewest edits away, the commonest of several, the first of these, or None."""
    return min(few_edits_away(folded_case(word), counts), default=(0, 0, None))[2]


def far_commoner(word: str, counts: Mapping[str, int]) -> str | None:
    """Return the word that a rare one may be a misspelling of, None if the word is not rare or there is none."""
    word = folded_case(word)
    if not 1 <= counts.get(word, 0) <= 10:
        return None
    common = {other: count for other, count in counts.items() if count >= 20 * counts[word] and other != word}
    return min(few_edits_away(word, common), default=(0, 0, None))[2]


def as_read(text: str) -> str:
    """Return a text as readings are compared: in katakana, without gaps and long vowels."""
    return folded_reading(katakana(folded_name(text)))


def keys_of(text: str) -> list[str]:
    """Return the first 64 spellings of a text by the keys of a keyboard, [] if a character has no key."""
    choices, rest = [], hiragana(text)
    while rest:
        length, keys = _first_keys(rest)
        if rest[0] == "っ" and len(rest) > 1 and (doubled := _first_keys(rest[1:])[1]):
            length, keys = 1, [doubled[0][0]]
        choices.append(keys)
        rest = rest[length:]
    return list(dict.fromkeys(map("".join, islice(product(*choices), 64)))) if choices else []


def _first_keys(text: str) -> tuple[int, list[str]]:
    """Return the length of the first kana, Latin letter or digit of a text, and its spellings."""
    for length in (2, 1):
        if text[:length] in _KEYS:
            return length, _KEYS[text[:length]]
    return 1, [text[0]] if text[0].isascii() and text[0].isalnum() else []


def kana_of(letters: str) -> str | None:
    """Return the katakana that letters are the keys of, or None if some give no kana."""
    kana, rest = "", letters.casefold()
    while rest:
        if rest[:1] == rest[1:2] and rest[0] not in "aiueon":
            kana, rest = kana + "っ", rest[1:]
            continue
        keys = next((rest[:length] for length in (4, 3, 2, 1) if rest[:length] in _KANA), None)
        if keys is None:
            return None
        kana, rest = kana + _KANA[keys], rest[len(keys) :]
    return katakana(kana)


def kana_begun(text: str) -> list[str]:
    """Return the katakana that an unfinished text may become: らま, らみ, らむ … for らm."""
    text = hiragana(text)
    keys = re.search("[b-df-hj-np-tv-z]*$" if text.isascii() else "[a-z]*$", text)
    assert keys
    begin = text[: keys.start()]
    kana = kana_of(begin) if text.isascii() else katakana(begin)
    if kana is None or not keys[0]:
        return [kana] if kana else []
    return list(dict.fromkeys(kana + katakana(next_kana) for k, next_kana in _KANA.items() if k.startswith(keys[0])))


@dataclass(frozen=True)
class Words:
    """Corrects and completes the words of a query.

    `counts` has the number of documents that each term finds, `exists` says whether any document matches a word.
    """

    parser: QueryParser
    counts: Mapping[TermKind, Mapping[str, int]]
    exists: Callable[[QueryWord], bool]

    def meant(self, words: Iterable[QueryWord]) -> Iterator[tuple[str, str]]:
        """Yield each rare word with the far commoner one that may be meant, unless the query has that too."""
        words = tuple(words)
        asked = {key.text for word in words for each in word.alternatives for key in each.terms}
        for word in words:
            other = far_commoner(word.text, self.counts["word"])
            if other and other not in asked:
                yield word.text, other

    def corrected(self, piece: QueryPiece, without: Sequence[StepName]) -> _Corrected:
        """Return a piece with its unknown words corrected, and the steps."""
        text, all_known = piece.text, all(map(self.exists, piece.words))
        is_word = self._is_word(piece)
        if is_word or (all_known and not re.search("[ぁ-ゖ]", text)):
            found = None if "keyboard" in without else self._known(self.parser.words.names.of(text))
            return _or_name(piece if is_word else _whole(piece), found, 0.5), []
        is_suspect = (len(piece.words) > 1 and _HIRAGANA.fullmatch(text)) or _MIXED.search(text)
        attempts: list[tuple[StepName, Callable[[QueryPiece], _Corrected | None]]] = [("keyboard", self._by_kana)]
        if is_suspect or not all_known:
            attempts += [("keyboard", lambda piece: self._by_keyboard(piece, similar="spelling" not in without))]
        if not all_known:
            attempts += [("sound", self._by_sound)]
        attempts += [(self._step_to_name(text), lambda piece: self._named(piece.text))]
        if not all_known:
            attempts += [("spelling", self._by_similar_sound), ("spelling", self._by_spelling)]
        for name, attempt in attempts:
            if name not in without and (found := attempt(piece)):
                return found
        return (_whole(piece) if all_known else piece), []

    def with_names(self, pieces: Sequence[QueryPiece], without: Sequence[StepName]) -> Iterator[QueryPiece]:
        """Yield the pieces with each known name in kana as a piece: joined if it has spaces, split off in a text."""
        if not pieces:
            return
        for count in (3, 2):
            text = "".join(piece.text for piece in pieces[:count])
            is_new = len(pieces) >= count and not all(map(self._is_word, pieces[:count]))
            if is_new and re.fullmatch("[ぁ-ゖァ-ヶー]+", text) and self._is_named(text, without):
                yield _as_it_is(text)
                yield from self.with_names(pieces[count:], without)
                return
        yield from self._split(pieces[0], without)
        yield from self.with_names(pieces[1:], without)

    def _split(self, piece: QueryPiece, without: Sequence[StepName]) -> Iterator[QueryPiece]:
        text, places = piece.text, [] if self._is_word(piece) else list(self.parser.words.names.places(piece.text))
        places = [(begin, end) for begin, end in places if self._is_split_off(text[begin:end], without)]
        if places in ([], [(0, len(text))]):
            yield piece
            return
        ends = [0, *(end for place in places for end in place), len(text)]
        for number, part in enumerate(text[begin:end] for begin, end in pairwise(ends)):
            words = self.parser.words.of(part)
            if number % 2:
                yield QueryPiece(part, words) if words else _as_it_is(part)
            elif words:  # without the particles around them
                begin, last = part.index(words[0].text), words[-1].text
                yield QueryPiece(part[begin : part.rindex(last) + len(last)], words)

    def _is_word(self, piece: QueryPiece) -> bool:
        return [word.text for word in piece.words] == [piece.text] and self.exists(piece.words[0])

    def _is_named(self, kana: str, without: Sequence[StepName]) -> bool:
        return bool(self._step_to_name(kana) not in without and self._named(kana))

    def _is_split_off(self, kana: str, without: Sequence[StepName]) -> bool:
        written, in_katakana = self._known(kana), not "ぁ" <= kana[0] <= "ゖ"
        if not written or not (in_katakana or self._is_word(written)):
            return self._is_named(kana, without)
        if in_katakana and self._is_word(written):
            return False
        return bool(self.parser.words.names.readings.of(kana)) and self._is_named(kana, without)

    def _step_to_name(self, kana: str) -> StepName:
        return "keyboard" if self.parser.words.names.of(kana) else "spelling"

    def _named(self, kana: str) -> _Corrected | None:
        found = self._known(self.parser.words.names.of(kana) or self.parser.words.names.similar(kana))
        return (found, [Step(self._step_to_name(kana), kana, found.text)]) if found else None

    def _by_kana(self, piece: QueryPiece) -> _Corrected | None:
        text = piece.text
        if not _KANA_OR_LATIN.fullmatch(text):
            return None
        known = (self._known(self.parser.words.names.of(kana)) for kana in (text, kana_of(text)) if kana)
        named = next((found for found in known if found), None)
        whole = None if _MIXED.search(text) or katakana(text) == text else self._known(katakana(text))
        if whole and (named or len(whole.words) == 1):
            return _or_name(whole, named, 1), [Step("keyboard", text, whole.text)]
        return (named, [Step("keyboard", text, named.text)]) if named and named.text != text else None

    def _by_keyboard(self, piece: QueryPiece, *, similar: bool) -> _Corrected | None:
        text = piece.text
        if not _KANA_OR_LATIN.fullmatch(text):
            return None
        for other in [*([] if _MIXED.search(text) else [katakana(text)]), *keys_of(text)]:
            if other != text and (found := self._known(other)):
                name = self._known(self.parser.words.names.similar(text)) if similar else None
                return _or_name(found, name, 1), [Step("keyboard", text, other)]
        return None

    def _known(self, text: str | None) -> QueryPiece | None:
        words = self.parser.words.of(text or "")
        return QueryPiece(text or "", words) if words and all(map(self.exists, words)) else None

    def _by_sound(self, piece: QueryPiece) -> _Corrected | None:
        analyzer = self.parser.words.analyzer
        read = "".join(morpheme.reading for morpheme in analyzer.morphemes(piece.text))
        for reading in (katakana(piece.text), kana_of(piece.text), read):
            if reading and (key := phonetic_key(reading)) and self.exists(_sounding(piece.text, key)):
                return QueryPiece(piece.text, (_sounding(piece.text, key),)), [Step("sound", piece.text, reading)]
        return None

    def _by_similar_sound(self, piece: QueryPiece) -> _Corrected | None:
        key = phonetic_key(katakana(piece.text))
        sound = misspelt(key, self.counts["sound"]) if key and len(key) >= 6 else None
        if sound in (None, key):
            return None
        return QueryPiece(piece.text, (_sounding(piece.text, sound),)), [Step("spelling", piece.text, sound)]

    def _by_spelling(self, piece: QueryPiece) -> _Corrected | None:
        text, words, steps = piece.text, list(piece.words), dict[Step, None]()
        for number, word in enumerate(words):
            if self.exists(word) or self.parser.words.analyzer.is_name(word.text):
                continue
            if other := misspelt(word.text, self.counts["word"]):
                words[number] = replace(word, text=other, alternatives=(Alternative((Key(other),)),))
                step = Step("spelling", word.text, other)
                text = text if step in steps else text.replace(word.text, other)
                steps[step] = None
        return QueryPiece(text, tuple(words)), [*steps]

    def completed(self, pieces: tuple[QueryPiece, ...]) -> tuple[QueryPiece, ...]:
        """Return pieces whose last word, which is being typed, also means what it may become."""
        if not pieces or not pieces[-1].words:
            return pieces
        *others, last = pieces
        *before, word = last.words
        in_kana = _KANA_OR_LATIN.fullmatch(last.text) and re.search("[ぁ-ゖァ-ヶー]", last.text)
        if in_kana and (becomes := self._may_become(last.text)):
            own = word.alternatives if word.text == last.text else ()
            return *others, replace(last, words=(QueryWord(last.text, _distinct(own, becomes)),))
        if _UNFINISHED.fullmatch(last.text) or (_HIRAGANA.fullmatch(last.text) and word.text != last.text):
            return *others, _whole(last)
        word = replace(word, alternatives=_distinct(word.alternatives, self._may_become(word.text)))
        return *others, replace(last, words=(*before, word))

    def _may_become(self, typed: str) -> list[Alternative]:
        """Return the alternatives that a word may become: by its spelling, as a name by its reading, by its sound."""
        spelt = [Alternative((Key(term),)) for term in self._beginning(typed, "word")]
        if spelt and typed.isascii():
            return spelt
        begun = kana_begun(typed)
        prefixes = tuple(filter(None, map(as_read, (typed, *begun))))
        named = self.parser.words.names.readings.names
        readings = sorted((reading for reading in named if reading.startswith(prefixes)), key=len)
        words = (self.parser.words.of(name) for name in dict.fromkeys(named[reading] for reading in readings))
        names = [Alternative(tuple(key for word in ws for key in word.alternatives[0].terms)) for ws in words if ws]
        sounds = [key for reading in begun for key in self._beginning(folded_reading(reading), "sound")]
        return [*spelt, *names, *(Alternative((Key(key, "sound"),), 0.5) for key in sounds)]

    def _beginning(self, prefix: str, kind: TermKind) -> list[str]:
        """Return the 30 shortest terms that begin so."""
        terms = [term for term in self.counts[kind] if term.startswith(folded_case(prefix))]
        return sorted(terms, key=lambda term: (len(term), term))[:30]


def _distinct(*alternatives: Iterable[Alternative]) -> tuple[Alternative, ...]:
    return tuple(dict.fromkeys(each for some in alternatives for each in some))


def _or_name(piece: QueryPiece, named: QueryPiece | None, weight: float) -> QueryPiece:
    """Return a piece as one word that is also found as a name."""
    if not named:
        return piece
    own, other = (tuple(key for word in each.words for key in word.alternatives[0].terms) for each in (piece, named))
    word = piece.words[0] if len(piece.words) == 1 else QueryWord(piece.text, (Alternative(own),))
    if other in [each.terms for each in word.alternatives]:
        return piece
    word = replace(word, alternatives=(*word.alternatives, Alternative(other, weight)))
    return replace(piece, words=(replace(word, text=named.text if weight == 1 else word.text),))


def _as_it_is(text: str) -> QueryPiece:
    return QueryPiece(text, (QueryWord(text, (Alternative((Key(folded(text)),)),)),))


def _sounding(text: str, key: str) -> QueryWord:
    return QueryWord(text, (Alternative((Key(key, "sound"),), 0.5),))


def _whole(piece: QueryPiece) -> QueryPiece:
    """Return an unfinished word, or hiragana that were split into single letters, as one function word."""
    text = piece.text
    letters = _HIRAGANA.fullmatch(text) and all(len(word.text) == 1 for word in piece.words)
    if len(text) == 1 or not (letters or _UNFINISHED.fullmatch(text)):
        return piece
    return replace(piece, words=(QueryWord(text, (Alternative((Key(folded(text)),)),), is_function_word=True),))
