"""The analysis of texts, the same for documents and for queries."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from threading import local
from typing import TYPE_CHECKING

from index.analysis.lexicon import LexiconEntry
from index.analysis.morphemes import Known, Morpheme, morphemes_of
from index.analysis.terms import Term, helper_terms, word_terms
from index.text import letters

if TYPE_CHECKING:
    from sudachipy import Dictionary, Tokenizer


_TEXTS_KEPT = 4000  # 8 MB: while one types, filters or turns a page most texts are found again


class Analyzer:
    """Makes morphemes and terms of texts, knowing some words beyond Sudachi's dictionary.

    It may be shared by threads. `folder` keeps the compiled words; without it each process compiles them. What is kept
    of texts goes with the analyzer: a kb.toml with other words makes a new one.
    """

    def __init__(self, words: Iterable[LexiconEntry] = (), folder: Path | None = None) -> None:
        self._words = tuple(words)
        self._folder = folder
        self._known: Known = {}
        self._kept: dict[str, tuple[Term, ...]] = {}
        self._of_thread = local()

    def morphemes(self, text: str) -> tuple[Morpheme, ...]:
        """Return the morphemes of a text; offsets are code points of `text` as given.

        They stand in order and never overlap. White space and marks are morphemes too. A text may have any length; of
        one over MOST_ANALYSED characters only the beginning is analysed.
        """
        return tuple(morphemes_of(text, self._tokenizer, self._known))

    def terms(self, morphemes: Sequence[Morpheme]) -> tuple[Term, ...]:
        """Return the words of morphemes in their order, each long one before its short units, stop words left out."""
        return tuple(word_terms(morphemes))

    def terms_of(self, text: str) -> tuple[Term, ...]:
        """Return the words of the morphemes of a text, which are kept: many texts are asked for again."""
        terms = self._kept.get(text)
        if terms is None:
            if len(self._kept) >= _TEXTS_KEPT:
                self._kept.clear()
            terms = self._kept[text] = self.terms(self.morphemes(text))
        return terms

    def is_name(self, text: str) -> bool:
        """Tell whether a text is a name, or a word of one, among the words that this knows beyond Sudachi's."""
        return letters(text) in self._names

    @cached_property
    def _names(self) -> frozenset[str]:
        return frozenset(letters(text) for word in self._words if word.name for text in (word.surface, *word.units))

    def helpers(self, morphemes: Sequence[Morpheme]) -> tuple[Term, ...]:
        """Return the terms of other kinds: what stands side by side, and how the words sound."""
        return tuple(helper_terms(morphemes))

    @property
    def _tokenizer(self) -> "Tokenizer":
        """Sudachi's tokenizer of this thread: no two may share one, and the first text of one takes twice as long."""
        if not hasattr(self._of_thread, "tokenizer"):
            self._of_thread.tokenizer = self._dictionary.tokenizer("C")
        tokenizer: Tokenizer = self._of_thread.tokenizer
        return tokenizer

    @cached_property
    def _dictionary(self) -> "Dictionary":
        from index.analysis import dictionary  # noqa: PLC0415  # sudachipy is imported when a text is to be analysed

        return dictionary.load(self._words, self._folder)
