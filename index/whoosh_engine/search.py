"""Runs one query over a snapshot: interpret its text, match, select by facets, rank."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from index.embedder import EmbeddingError
from index.engine import Reason
from index.interpretation import MIN_NEAR_SHARE, interpret, may_have_near, near_limit
from index.messages import message_of
from index.query import Query
from index.query_ast import Notice, QueryWord
from index.query_parser import QueryParser
from index.ranking import DECIMALS
from index.similarity import Similarity
from index.whoosh_engine.docs import NONE, Docs, either, least, less
from index.whoosh_engine.facets import Selections
from index.whoosh_engine.matching import Matching
from index.whoosh_engine.scoring import Scoring
from index.whoosh_engine.snapshot import Scores, Snapshot
from index.whoosh_engine.vectors import VectorStore


class Ranked(NamedTuple):
    """Documents in order, with their rounded scores, and with reasons if the query asks for them."""

    docs: Docs
    scores: Scores
    reasons: Sequence[tuple[Reason, ...]]


_NOTHING = Ranked(NONE, np.zeros(0), ())


class Search:
    """A query over a snapshot; each part of its answer is computed when it is first read."""

    def __init__(
        self, snapshot: Snapshot, query: Query, parser: QueryParser, vectors: Callable[[], VectorStore | None]
    ) -> None:
        self._snapshot = snapshot
        self._query = query
        self._vectors = vectors
        self.matching = Matching(snapshot)
        self.interpretation = interpret(query, parser, self.matching)
        self._conditions = self.interpretation.parsed.conditions
        self.notices = self.interpretation.parsed.notices  # `_similarity` adds one if the model fails

    @cached_property
    def matches(self) -> Docs:
        """The documents that match the text, whatever is selected."""
        return self.matching.all_of((*self._conditions, *self.interpretation.required))

    @cached_property
    def selections(self) -> Selections:
        """The documents that match and are selected."""
        groups = {name: self._snapshot.group(name).docs_by_value(values) for name, values in self._query.selections}
        return Selections(self._query, groups, self.matches)

    @property
    def titled(self) -> Docs:
        """The documents that meet the conditions and have every word in their title."""
        title = self.interpretation.title
        return self.matching.all_of((*self._conditions, title)) if title else NONE

    @cached_property
    def window(self) -> Ranked:
        """The hits in the window of the query."""
        query, found = self._query, self.selections.hits
        if query.limit == 0:  # counts alone need no vector of the text
            return _NOTHING
        end = None if query.limit is None else query.offset + query.limit
        places = self._snapshot.places(query.sort).take(found)
        by_score = query.sort == "relevance" and self._has_scores
        if by_score:
            scores = self._scoring.scores(found)
            order = least(_by_rank(scores, places, self._snapshot.size), end)[query.offset :]
            return self._ranked(found.take(order), scores.take(order))
        by_boost = query.sort == "boost"
        numbers = _by_rank(self._snapshot.boosts.take(found), places, self._snapshot.size) if by_boost else places
        docs = found.take(least(numbers, end)[query.offset :])
        return self._ranked(docs, self._scoring.scores(docs) if self._has_scores else np.zeros(len(docs)))

    def _ranked(self, docs: Docs, scores: Scores) -> Ranked:
        reasons = list(self._scoring.reasons(docs)) if self._query.explain and len(docs) else ()
        return Ranked(docs, np.round(scores, DECIMALS), reasons)

    @cached_property
    def near(self) -> Ranked:
        """The near documents that follow the window, best first."""
        words = self.interpretation.relaxation.loosest
        limit = near_limit(self._query, len(self.selections.hits))
        if not limit or not may_have_near(self._query, words, self.matching):
            return _NOTHING
        docs = self._near_docs(words)
        if not len(docs):
            return _NOTHING
        scoring = self._scoring_of(words, docs, complete=False)
        scores = scoring.scores(docs)
        places = self._snapshot.places("relevance").take(docs)
        order = least(_by_rank(scores, places, self._snapshot.size), limit)
        docs = docs.take(order)
        reasons = list(scoring.reasons(docs)) if self._query.explain else ()
        return Ranked(docs, np.round(scores.take(order), DECIMALS), reasons)

    def _near_docs(self, words: Sequence[QueryWord]) -> Docs:
        """Return the selected documents that do not match, but have some of the words or are similar to the text."""
        having = self.selections.only(self.matching.only(self.matching.any_of(words), self._conditions))
        by_words = having.compress(self.matching.shares(words, having) >= MIN_NEAR_SHARE)
        others = less(self.selections.only(self.matching.all_of(self._conditions)), self.matches)
        similar = self._similarity.found(self._snapshot.mask(others)) if self._similarity else NONE
        return either((less(by_words, self.matches), np.sort(similar)))

    @property
    def _has_scores(self) -> bool:
        """Whether the query has words; without any, all scores are 0."""
        return bool(self.interpretation.relaxation.words or self.interpretation.condition_words)

    @cached_property
    def _scoring(self) -> Scoring:
        """The scores of the documents that match."""
        words = self.interpretation.relaxation.words
        return self._scoring_of(words, self.matches, complete=self.interpretation.required == words)

    def _scoring_of(self, words: Sequence[QueryWord], docs: Docs, *, complete: bool) -> Scoring:
        return Scoring(
            self._snapshot, self.matching, self.interpretation, self._similarity, words, docs, complete=complete
        )

    @cached_property
    def _similarity(self) -> Similarity | None:
        """The similarity of each document to the text, or None without vectors."""
        text, vectors = self.interpretation.text, self._vectors()
        try:
            return vectors.of(self._snapshot).similarity(text) if vectors and text else None
        except EmbeddingError as error:
            self.notices = (*self.notices, Notice("no likeness", message_of(error)))
            return None


def _by_rank(ranks: Scores, places: Docs, size: int) -> NDArray[np.int64]:
    """Return distinct numbers that sort by rank, highest first, and by place if the rounded ranks are equal."""
    numbers: NDArray[np.int64] = places - np.rint(ranks * 10**DECIMALS).astype(np.int64) * size
    return numbers
