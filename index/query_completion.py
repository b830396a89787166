"""Completes the last word of a query while it is being typed: by its spelling, and by its readings."""

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from index.analysis import folded_reading
from index.query_ast import Alternative, Key, QueryPiece, QueryWord
from index.query_words import COMPOSED, PHONETIC_WEIGHT, QueryWords, first_terms, without_fragments
from index.readings import kana_begun
from index.terms import TermIndex
from index.text import HIRAGANA, KANA, KANA_AND_LETTERS


def with_completions(pieces: Sequence[QueryPiece], terms: TermIndex, words: QueryWords) -> tuple[QueryPiece, ...]:
    """Return the pieces of a query with the completions of the last word, which is still being typed."""
    if not pieces or not pieces[-1].words:
        return tuple(pieces)
    return (*pieces[:-1], _completed(pieces[-1], terms, words))


def _completed(piece: QueryPiece, terms: TermIndex, words: QueryWords) -> QueryPiece:
    """Return a piece with the completions of its last word.

    A piece in kana is a single word if any reading begins so: Sudachi splits くばね into くば and 寝る.
    """
    text, (*before, word) = piece.text, piece.words
    in_kana = KANA.search(text) and KANA_AND_LETTERS.fullmatch(text)
    if in_kana and (completions := tuple(_completions(text, terms, words))):
        own = word.alternatives if word.text == text else ()
        return replace(piece, words=(QueryWord(text, tuple(dict.fromkeys((*own, *completions)))),))
    if HIRAGANA.fullmatch(text) or COMPOSED.fullmatch(text):
        return without_fragments(piece)  # the end of a non-word is not the beginning of a word: あ of いたりあ
    alternatives = dict.fromkeys((*word.alternatives, *_completions(word.text, terms, words)))
    return replace(piece, words=(*before, replace(word, alternatives=tuple(alternatives))))


def _completions(typed: str, terms: TermIndex, words: QueryWords) -> Iterator[Alternative]:
    """Yield the terms that begin so, the names whose reading does, and the phonetic keys that do."""
    completions = terms.with_prefix(typed)
    yield from (Alternative((Key(term),)) for term in completions)
    if completions and typed.isascii():
        return
    for name in words.names.readings.beginning(typed):
        if named := words.of(name):
            yield Alternative(first_terms(named))
    for reading in kana_begun(typed):
        for phonetic in terms.with_prefix(folded_reading(reading), "sound"):
            yield Alternative((Key(phonetic, "sound"),), PHONETIC_WEIGHT)
