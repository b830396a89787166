"""One query's text over one generation on a cluster: what it finds, as filters, and how that is scored."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from math import ceil
from sys import maxsize
from typing import Any

from index import spelling
from index.analysis import TermKind
from index.interpretation import Interpretation
from index.language import Language
from index.opensearch_engine.batching import RequestBatch
from index.opensearch_engine.filters import Filter, Filters, all_of, any_of, found_by, with_keys, with_whole_text
from index.opensearch_engine.manifest import Manifest
from index.opensearch_engine.mapping import Layout
from index.opensearch_engine.scoring import Scoring, shares, whole
from index.opensearch_engine.semantic_match import Similarity, Strength
from index.opensearch_engine.vectors import GenerationVectors
from index.query import Query
from index.ranking import PLACES, most_points, word_weight
from index.relaxation import LEAST_SHARE
from index.spelling import Spellings
from index.text import folded_case
from index.tree import Key, Node, QueryWord

_MOST_CLAUSES = 960  # of a query; a cluster takes 1,024
_CLAUSES_OF_TERM = 4  # where it finds, where some words are enough, and two where it gives points
_CLAUSES_OF_PAIR = 2
_MOST_PAIRS = 300
_BELOW = 1e-6  # of a share, which has seven digits there: it is held against a bound
_MOST_BEGUN = 120  # words looked at: those of documents that are gone count as none
_MOST_SIMILAR = 1000
_NO_WORDS: Sequence[str] = ()


class Search(Interpretation[Similarity]):
    """A query's text as a cluster is asked for it.

    It is made again until nothing that it asks is open (`RequestBatch.until_known`).
    """

    def __init__(
        self,
        batch: RequestBatch,
        query: Query,
        language: Language,
        layout: Layout,
        manifest: Manifest,
        *,
        vectors: GenerationVectors | None,
    ) -> None:
        self.batch = batch
        self.filters = Filters(layout.schema)
        self.documents = manifest.documents
        self._vectors = vectors
        self.scoring = Scoring(layout, manifest, lambda key: batch.count(found_by(key)))
        super().__init__(query, language, layout.schema)
        self.found = self._with_all(self.wanted(self.relaxation.words))
        selected = self.filters.selected(query)
        self.suggested = self.suggestions(lambda key: batch.count(found_by(key), *selected))

    def has(self, word: Node) -> bool:
        """Tell whether any document is described by a node: has a word."""
        return self.batch.count(self.filters.of(word), guess=1) > 0

    def count(self, words: Sequence[QueryWord]) -> int:
        """Return how many documents meet the conditions and have all of these words, or what they name."""
        return self.batch.count(self._condition, *map(self.filters.of, self.wanted(words)))

    def beginning(self, text: str, kind: TermKind = "word") -> Sequence[str]:
        """Return the words of the index, or the sounds, that a text is the beginning of."""
        begun = folded_case(text)
        if not begun.isprintable():
            return ()
        body = {
            "size": _MOST_BEGUN,
            "_source": [kind],
            "query": {"prefix": {kind: begun}},
            "sort": [{"long": "asc"}, {kind: "asc"}],
        }
        words = self.batch.ask(body, _words, _NO_WORDS)
        return spelling.beginning(text, [one for one in words if self.batch.count(found_by(Key(one, kind)), guess=1)])

    def spellings(self, text: str, kind: TermKind) -> Spellings:
        """Return the words of the index, or the sounds, that are as near to a text as any slip."""
        body = {
            "size": _MOST_SIMILAR,
            "_source": [kind],
            "query": {"fuzzy": {kind: {"value": folded_case(text), "fuzziness": 2, "max_expansions": _MOST_SIMILAR}}},
        }
        return Spellings(
            lambda: dict.fromkeys(self.batch.ask(body, _words, _NO_WORDS), maxsize),
            lambda word: self.batch.count(found_by(Key(word, kind))),
        )

    def is_name(self, text: str) -> bool:
        """Tell whether any document has a folded text in the group of names."""
        return self.batch.count(self.filters.with_values(self.schema.names or "", (text,))) > 0

    def compare(self, text: str) -> Similarity | None:
        """Return how like the documents are to a text, None without vectors. Raises EmbeddingError."""
        view = self.batch.once(None, self._vectors.view) if self._vectors else None
        if view is None:
            return None
        return Similarity(self.batch, view, self.batch.once(text, lambda: view.query(text)))

    @cached_property
    def matches(self) -> "Matches":
        """The documents that have every word, or what it names."""
        selected = self.filters.selected(self.query)
        ranked = [self.found, *([all_of((self.found, *selected))] if selected else [])]
        return Matches(self, self.relaxation.words, self.found, ranked)

    @cached_property
    def near(self) -> "Matches | None":
        """The other selected documents that have some of the words, or are like the query; None where none can be."""
        if not self.wants_near:
            return None
        words = self.relaxation.loosest
        others = (self._condition, *self.filters.selected(self.query), {"bool": {"must_not": [self.found]}})
        any_word = any_of(map(self.filters.of, words))
        similar = self.similarity.found(others, any_word) if self.similarity else ()
        share = Matches(self, words, any_word, ()).shares or {}
        some: Filter = {"function_score": {**share["function_score"], "min_score": LEAST_SHARE - _BELOW}}
        found = all_of((*others, any_of((some, with_keys(similar))) if similar else some))
        return Matches(self, words, found, [found], similar)

    @property
    def titled(self) -> Filter | None:
        """Which documents that meet the conditions have every word in their title; None where that asks for nothing."""
        return self._with_all((self.title,)) if self.title else None

    @cached_property
    def most_pairs(self) -> Sequence[Key]:
        """The pairs of the query's text, as many as a cluster takes."""
        words = (*self.relaxation.loosest, *self.condition_words)
        terms = sum(len(alternative.terms) for word in words for alternative in word.alternatives)
        most = min(max(_MOST_CLAUSES - _CLAUSES_OF_TERM * terms, 0) // _CLAUSES_OF_PAIR, _MOST_PAIRS)
        return self.pairs[:most]

    @cached_property
    def _condition(self) -> Filter:
        return all_of(map(self.filters.of, self.conditions))

    def _with_all(self, nodes: Sequence[Node]) -> Filter:
        """Return which documents meet the conditions and are described by all of these nodes."""
        return all_of((self._condition, *map(self.filters.of, nodes)))


def _words(answer: Mapping[str, Any]) -> Sequence[str]:
    return tuple(text for hit in answer["hits"]["hits"] for text in hit["_source"].values())


class Matches:
    """The documents that have some words of a query, and their scores.

    `ranked` lists the searches that together hold all that is put in order; `similar` are the ids of the documents
    among them that are found by similarity.
    """

    def __init__(
        self,
        search: Search,
        words: tuple[QueryWord, ...],
        found: Filter,
        ranked: Sequence[Filter],
        similar: Sequence[str] = (),
    ) -> None:
        self._search = search
        self.words = words
        self.found = found
        self._ranked = ranked
        self._similar = similar
        self.scored = search.scored(words)
        self.pairs = search.most_pairs
        self.scoring = search.scoring
        self.filters = search.filters

    @property
    def exact(self) -> Filter | None:
        """Which documents' text is the query's without its conditions, of two words or more."""
        return with_whole_text(self._search.plain_text) if len(self.words) > 1 else None

    def weight(self, word: QueryWord) -> float:
        """Return the weight of a word among others."""
        return word_weight(self._search.documents, self._having(word, guess=1))

    @cached_property
    def shares(self) -> Filter | None:
        """What gives each document its share of the words' weight, None where there are no words."""
        weights = [(word, self.weight(word)) for word in self.words]
        return shares(weights, self.filters.alternative) if weights else None

    @cached_property
    def score(self) -> Filter | None:
        """What gives each document its score, `above` what it is; None where no words are asked for."""
        if not self.scored:
            return None
        points = {key: strength.points(self.most_points) for key, strength in self.strengths.items()}
        return whole(self._by_words, points, self.above)

    def score_of(self, hit: Mapping[str, Any]) -> float:
        """Return the score of a hit, without what it stands above that."""
        return round(float(hit["_score"] or self.above) - self.above, PLACES)

    @cached_property
    def above(self) -> float:
        """How much scores on the cluster are above what they are, so that none is below 0."""
        lowest = min((strength.points(self.most_points) for strength in self.strengths.values()), default=0.0)
        return float(ceil(2 * max(-lowest, 0.0)))  # a boost may double it

    @cached_property
    def strengths(self) -> Mapping[str, Strength]:
        """How like the query the best documents are, by their ids."""
        search, batch = self._search, self._search.batch
        if search.similarity is None or not self.scored or batch.is_open:  # what is asked depends on all that
            return {}
        by_words = whole(self._by_words, {}, 0.0)
        best = [
            {"query": {"bool": {"filter": [batch.requests.of_generation(one)], "should": [by_words]}}}
            for one in self._ranked
        ]
        similar = [{"query": batch.requests.of_generation(with_keys(self._similar))}] if self._similar else []
        return search.similarity.strengths([*best, *similar], search.schema.sections)

    @cached_property
    def most_points(self) -> float:
        """What the words of the query may give at most."""
        return sum(most_points(self._search.documents, self._having(word)) for word in self.words)

    @cached_property
    def _by_words(self) -> Filter:
        return self.scoring.every(self.scored, self.pairs, self.shares, self.exact)

    def _having(self, word: QueryWord, guess: int = 0) -> int:
        return self._search.batch.count(self.filters.of(word), guess=guess)
