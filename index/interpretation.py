"""What a query's text means over one generation: parsed, corrected and relaxed, one way for all engines."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Generic, TypeVar

from index.analysis import TermKind
from index.embedder import EmbeddingError
from index.engine import MAX_NEAR_HITS, ConditionCount, MeantCount, Reason, WordCount
from index.language import Language
from index.messages import message_of
from index.query import Query
from index.query_correction import did_you_mean, with_completions
from index.ranking import SignalName
from index.relaxation import relax
from index.schema import Schema
from index.spelling import Spellings
from index.tree import InField, Key, Node, Notice, QueryWord, terms_of, words_in

SimilarityT = TypeVar("SimilarityT")


class Interpretation(ABC, Generic[SimilarityT]):
    """A query's text as one generation makes it be understood; it is relaxation's source.

    An engine says what the index holds, by the abstract methods, and what comes of that is the same in each. They are
    called while this is made: what they need must be set before.
    """

    def __init__(self, query: Query, language: Language, schema: Schema) -> None:
        self.query = query
        self.schema = schema
        self._language = language
        parsed = language.parse(query.text, typing=query.typing)
        self.notices = parsed.notices
        self.conditions = parsed.conditions
        self.condition_words = tuple(word for node in parsed.conditions for word in words_in(node))
        self._typed_conditions = parsed.condition_texts
        self.plain_text = parsed.plain
        pieces = with_completions(parsed.pieces, self, language.words) if parsed.typed else parsed.pieces
        self.relaxation = relax(pieces, self, language.words, query.without)

    @abstractmethod
    def has(self, word: Node) -> bool:
        """Tell whether any document is described by a node: has a word."""

    @abstractmethod
    def count(self, words: Sequence[QueryWord]) -> int:
        """Return how many documents meet the conditions and have all of these words, or what they name."""

    @abstractmethod
    def beginning(self, text: str, kind: TermKind = "word") -> Sequence[str]:
        """Return the words of the index, or the sounds, that a text is the beginning of."""

    @abstractmethod
    def spellings(self, text: str, kind: TermKind) -> Spellings:
        """Return the words of the index, or the sounds, that a text may be a slip of, and perhaps others."""

    @abstractmethod
    def is_name(self, text: str) -> bool:
        """Tell whether any document has a folded text in the group of names."""

    @abstractmethod
    def compare(self, text: str) -> SimilarityT | None:
        """Return how like the documents are to a text, None without vectors. Raises EmbeddingError."""

    def similar(self, text: str, kind: TermKind = "word") -> str | None:
        """Return the word of the index, or the sound, that a text is most likely a slip of, or None."""
        return self.spellings(text, kind).similar(text)

    def wanted(self, words: Sequence[QueryWord]) -> tuple[Node, ...]:
        """Return what a document must have for some words (`Language.wanted`)."""
        return tuple(self._language.wanted(words, self.schema.names, self.is_name, self.has))

    def scored(self, words: Sequence[QueryWord]) -> tuple[QueryWord, ...]:
        """Return what gives points where some words are looked for: these, and those of conditions."""
        return tuple(dict.fromkeys((*words, *self.condition_words)))

    @cached_property
    def text(self) -> str:
        """The text as corrected, without conditions."""
        return " ".join(piece.text for piece in self.relaxation.pieces)

    @property
    def pairs(self) -> Sequence[Key]:
        """The pairs of words that follow each other in the text."""
        return self._language.words.shingles(self.text)

    @property
    def terms(self) -> frozenset[str]:
        """The words that were looked for, as terms."""
        return terms_of(self.scored(self.relaxation.words))

    @property
    def near_terms(self) -> frozenset[str]:
        """The words that make a document near, as terms."""
        return terms_of(self.relaxation.loosest)

    @property
    def title(self) -> InField | None:
        """What a title must have to be found by itself; None where that asks for nothing."""
        titles, words = self.schema.titles, self.relaxation.title_words
        return InField(titles[1], words) if titles and words else None

    @property
    def wants_near(self) -> bool:
        """Whether anything may be near: not refused, and not of words that no document has, which are noise."""
        return "near" not in self.query.without and any(map(self.has, self.relaxation.loosest))

    @cached_property
    def similarity(self) -> SimilarityT | None:
        """How like each document is to the text, None where there is no model or it failed, which is noticed."""
        try:
            return self.compare(self.text) if self.text else None
        except EmbeddingError as error:
            self.notices = (*self.notices, Notice("no likeness", message_of(error)))
            return None

    def suggestions(self, count: Callable[[Key], int]) -> tuple[MeantCount, ...]:
        """Return words that may be meant instead, each with its count."""
        words = did_you_mean(self.relaxation.corrected, lambda text: self.spellings(text, "word").commoner(text))
        return tuple(MeantCount(word, other, count(Key(other))) for word, other in words)

    def word_counts(self, count: Callable[[QueryWord], int]) -> tuple[WordCount, ...]:
        """Return each word as corrected with its count."""
        return tuple(WordCount(word.text, count(word)) for word in self.relaxation.corrected)

    def condition_counts(self, count: Callable[[Query], int]) -> tuple[ConditionCount, ...]:
        """Return each condition with the count of the query without it."""
        return tuple(
            ConditionCount(one.text, one.rest, count(replace(self.query, text=one.rest)))
            for one in self._typed_conditions
        )


def near_limit(query: Query, total: int) -> int:
    """Return how many near documents at most follow the window of a query that finds so many; 0 where hits follow."""
    limit = query.limit or 0
    return min(limit, MAX_NEAR_HITS) if query.offset < max(total, 1) <= query.offset + limit else 0


def reasons(words: Iterable[Reason], parts: Mapping[SignalName, float], cosine: float | None) -> tuple[Reason, ...]:
    """Return the reasons of a hit, most first: those of its words, and each other signal's part of its score.

    `cosine` is the document's to the query, None where that is not known.
    """
    others = (
        Reason(signal, points, cosine=cosine if signal == "likeness" else None)
        for signal, points in parts.items()
        if signal != "words"
    )
    return tuple(sorted((one for one in (*words, *others) if one.points), key=lambda one: -one.points))
