"""One query's text over one snapshot: understood, loosened as far as needed, and which documents it finds."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property

import numpy as np

from index import relaxation, spelling
from index.analysis import TermKind
from index.embedder import EmbeddingError
from index.engine import MeantCount, WordCount
from index.language import Language
from index.query import Query
from index.query_correction import begun, meant
from index.similarity import Similarity
from index.tree import InField, Key, Node, Notice, QueryWord, terms_of, words_in
from index.whoosh_engine.docs import NONE, either, less
from index.whoosh_engine.matching import Matching
from index.whoosh_engine.meaning import Meaning
from index.whoosh_engine.scoring import Scoring, Wanted
from index.whoosh_engine.snapshot import Scores, Snapshot
from index.whoosh_engine.term_store import Docs


class Search:
    """A query's text, understood, loosened as far as needed, and applied to a snapshot; it is relaxation's source."""

    def __init__(
        self, snapshot: Snapshot, query: Query, language: Language, meaning: Callable[[], Meaning | None]
    ) -> None:
        self._snapshot = snapshot
        self._language = language
        self._query = query
        self._meaning = meaning
        parsed = language.parse(query.text, typing=query.typing)
        self.notices = parsed.notices
        self.conditions = parsed.told
        self._matching = Matching(snapshot)
        self._conditions = parsed.conditions
        self._scored_besides = tuple(word for node in parsed.conditions for word in words_in(node))
        pieces = begun(parsed.pieces, self, language.words) if query.typing else parsed.pieces
        self.relaxation = relaxation.relax(pieces, self, language.words, query.without)

    def has(self, word: QueryWord) -> bool:
        """Tell whether any document has a word."""
        return len(self._matching.of(word)) > 0

    def count(self, words: Sequence[QueryWord]) -> int:
        """Return how many documents meet the conditions and have all of these words, or what they name."""
        return len(self._with_all(self._wanted(words)))

    def beginning(self, text: str, kind: TermKind = "word") -> Sequence[str]:
        """Return the words of the index, or the sounds, that a text is the beginning of."""
        return spelling.beginning(text, self._snapshot.vocabulary(kind))

    def similar(self, text: str, kind: TermKind = "word") -> str | None:
        """Return the word of the index, or the sound, that a text is most likely a slip of, or None."""
        return self._snapshot.spellings(kind).similar(text)

    @cached_property
    def matches(self) -> Docs:
        """The documents that have every word, or what it names."""
        return self._with_all(self._wanted(self.relaxation.words))

    def near(self, selected: Callable[[Docs], Docs]) -> Docs:
        """Return the other selected documents that have some of the words, or are like the query."""
        words = self.relaxation.loosest
        if "near" in self._query.without or not any(map(self.has, words)):  # what no document speaks of is noise
            return NONE
        having = selected(self._with_any(words))
        some = having.compress(self._matching.shares(words, having) >= relaxation.LEAST_SHARE)
        others = less(selected(self._with_all(())), self.matches)
        alike = self._similarity.found(self._snapshot.mask(others)) if self._similarity else NONE
        return either((less(some, self.matches), np.sort(alike)))

    @cached_property
    def titled(self) -> Docs:
        """The documents that meet the conditions and have every word in their title."""
        titles, words = self._snapshot.titles, self.relaxation.titles_words
        return self._with_all((InField(titles[1], words),)) if titles and words else NONE

    def counted_alone(self, selected: Callable[[Docs], Docs]) -> tuple[WordCount, ...]:
        """Return how many of the selected documents have each word."""
        return tuple(WordCount(word.text, len(selected(self._matching.of(word)))) for word in self.relaxation.corrected)

    def meant(self, selected: Callable[[Docs], Docs]) -> Iterator[MeantCount]:
        """Yield words that may be meant instead, and how many of the selected documents have each."""
        for word, other in meant(self.relaxation.corrected, self._snapshot.spellings("word").commoner):
            yield MeantCount(word, other, len(selected(self._snapshot.term(Key(other)).finds)))

    def scores(self, docs: Docs) -> Scores:
        """Return the score of each of some documents, which are found, before it is rounded."""
        return self.scoring.of(docs) if self.scored else np.zeros(len(docs))

    @cached_property
    def scoring(self) -> Scoring:
        """What each document that is found scores where words are asked for, and why."""
        words = self.relaxation.words
        return self._scoring(words, self.matches, every=tuple(self._wanted(words)) == words)

    def near_scoring(self, near: Docs) -> Scoring:
        """Return what each of the documents that are near scores, and why."""
        return self._scoring(self.relaxation.loosest, near, every=False)

    def _scoring(self, words: Sequence[QueryWord], found: Docs, *, every: bool) -> Scoring:
        scored = tuple(dict.fromkeys((*words, *self._scored_besides)))
        wanted = Wanted(self._query.text, words, scored, self._pairs, self._similarity, found, every)
        return Scoring(self._snapshot, self._matching, wanted)

    @cached_property
    def scored(self) -> tuple[QueryWord, ...]:
        """The words that give points; without any, no document has a score."""
        return tuple(dict.fromkeys((*self.relaxation.words, *self._scored_besides)))

    @property
    def terms(self) -> frozenset[str]:
        """The words that were looked for, as terms."""
        return terms_of((*self.relaxation.words, *self._scored_besides))

    @property
    def near_terms(self) -> frozenset[str]:
        """The words that make a document near, as terms."""
        return terms_of(self.relaxation.loosest)

    @cached_property
    def _similarity(self) -> Similarity | None:
        """How like each document is to the text, None where there is no model or it could not tell."""
        text = " ".join(piece.text for piece in self.relaxation.pieces)
        if not text or not (meaning := self._meaning()):
            return None
        try:
            return meaning.seen(self._snapshot).similarity(text)
        except EmbeddingError as error:
            self.notices = (*self.notices, Notice("no likeness", str(error)))
            return None

    def _wanted(self, words: Sequence[QueryWord]) -> Iterator[Node]:
        """Yield what a document must have for some words (`Language.wanted`)."""
        group = self._snapshot.names
        is_name = lambda text: bool(self._snapshot.group(group or "").having((text,)))  # noqa: E731
        return self._language.wanted(words, group, is_name, lambda node: len(self._matching.of(node)) > 0)

    @cached_property
    def _pairs(self) -> Sequence[Key]:
        """The pairs of the query's text that any document has."""
        every = self._language.words.pairs(" ".join(piece.text for piece in self.relaxation.pieces))
        return [key for key in every if len(self._snapshot.term(key).docs)]

    def _with_all(self, nodes: Iterable[Node]) -> Docs:
        """Return the documents that meet the conditions and that all of these nodes describe."""
        return self._matching.all_of((*self._conditions, *nodes))

    def _with_any(self, words: Sequence[QueryWord]) -> Docs:
        """Return the documents that meet the conditions and have any of these words."""
        return self._matching.only(self._matching.any_of(words), self._conditions)
