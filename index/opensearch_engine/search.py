"""One query's text over one generation on a cluster: what it finds, as filters, and how that is scored."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from math import ceil
from sys import maxsize
from typing import Any

from index.analysis import TermKind
from index.embedder import EmbeddingError
from index.engine import MeantCount
from index.interpretation import MIN_NEAR_SHARE, interpret, may_have_near
from index.messages import message_of
from index.opensearch_engine.batching import RequestBatch
from index.opensearch_engine.filters import Filter, Filters, all_of, any_of, found_by, with_keys, with_whole_text
from index.opensearch_engine.manifest import Manifest
from index.opensearch_engine.mapping import Layout
from index.opensearch_engine.scoring import Scoring, shares, whole
from index.opensearch_engine.semantic_match import Similarity, Strength
from index.opensearch_engine.vectors import GenerationVectors
from index.query import Query
from index.query_ast import Key, Node, Notice, QueryWord
from index.query_correction import did_you_mean
from index.query_parser import QueryParser
from index.ranking import DECIMALS, max_points, word_weight
from index.schema import Schema
from index.terms import SpellChecker, shortest_with_prefix
from index.text import folded_case

_MOST_CLAUSES = 960  # of a query; a cluster takes 1,024
_CLAUSES_OF_TERM = 4  # where it finds, where some words are enough, and two where it gives points
_CLAUSES_OF_PAIR = 2
_MOST_PAIRS = 300
_BELOW = 1e-6  # of a share, which has seven digits there: it is held against a bound
_MOST_BEGUN = 120  # words looked at: those of documents that are gone count as none
_MOST_SIMILAR = 1000
_NO_WORDS: Sequence[str] = ()


class ClusterTerms:
    """The terms of a generation on a cluster (`TermIndex`), as far as they are known yet."""

    def __init__(self, batch: RequestBatch, filters: Filters, schema: Schema) -> None:
        self._batch = batch
        self._filters = filters
        self.schema = schema

    def exists(self, node: Node) -> bool:
        """Return whether any document matches a node."""
        return self._batch.count(self._filters.of(node), guess=1) > 0

    def count(self, nodes: Sequence[Node]) -> int:
        """Return how many documents match all of these nodes."""
        return self._batch.count(all_of(map(self._filters.of, nodes)))

    def has_name(self, name: str) -> bool:
        """Return whether any document has this folded name in the facet `Schema.names`."""
        return self._batch.count(self._filters.with_values(self.schema.names or "", (name,))) > 0

    def with_prefix(self, prefix: str, kind: TermKind = "word") -> Sequence[str]:
        """Return the terms that begin so."""
        folded = folded_case(prefix)
        if not folded.isprintable():
            return ()
        body = {
            "size": _MOST_BEGUN,
            "_source": [kind],
            "query": {"prefix": {kind: folded}},
            "sort": [{"long": "asc"}, {kind: "asc"}],
        }
        terms = self._batch.ask(body, _words, _NO_WORDS)
        return shortest_with_prefix(
            prefix, [term for term in terms if self._batch.count(found_by(Key(term, kind)), guess=1)]
        )

    def spell_checker(self, text: str, kind: TermKind = "word") -> SpellChecker:
        """Return a spell checker of the terms within two edits of this text."""
        body = {
            "size": _MOST_SIMILAR,
            "_source": [kind],
            "query": {"fuzzy": {kind: {"value": folded_case(text), "fuzziness": 2, "max_expansions": _MOST_SIMILAR}}},
        }
        return SpellChecker(
            lambda: dict.fromkeys(self._batch.ask(body, _words, _NO_WORDS), maxsize),
            lambda term: self._batch.count(found_by(Key(term, kind))),
        )


class Search:
    """A query's text as a cluster is asked for it.

    It is made again until nothing that it asks is open (`RequestBatch.until_known`).
    """

    def __init__(
        self,
        batch: RequestBatch,
        query: Query,
        parser: QueryParser,
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
        self.query = query
        self.schema = layout.schema
        self.terms = ClusterTerms(batch, self.filters, layout.schema)
        self.interpretation = interpret(query, parser, self.terms)
        self.notices = self.interpretation.parsed.notices  # and that of a model which failed (`similarity`)
        self.found = self._with_all(self.interpretation.required)
        selected = self.filters.selected(query)
        self.suggested = tuple(
            MeantCount(typed, meant, batch.count(found_by(Key(meant)), *selected))
            for typed, meant in did_you_mean(self.interpretation.corrected, self.terms)
        )

    @cached_property
    def similarity(self) -> Similarity | None:
        """The similarity of the documents to the text; None without a model, or where it failed, which is noticed."""
        text = self.interpretation.text
        try:
            view = self.batch.once(None, self._vectors.view) if self._vectors and text else None
            return Similarity(self.batch, view, self.batch.once(text, lambda: view.query(text))) if view else None
        except EmbeddingError as error:
            self.notices = (*self.notices, Notice("no likeness", message_of(error)))
            return None

    @cached_property
    def matches(self) -> "Matches":
        """The documents that have every word, or what it names."""
        selected = self.filters.selected(self.query)
        ranked = [self.found, *([all_of((self.found, *selected))] if selected else [])]
        return Matches(self, self.interpretation.relaxation.words, self.found, ranked)

    @cached_property
    def near(self) -> "Matches | None":
        """The other selected documents that have some of the words, or are like the query; None where none can be."""
        words = self.interpretation.relaxation.loosest
        if not may_have_near(self.query, words, self.terms):
            return None
        others = (self._condition, *self.filters.selected(self.query), {"bool": {"must_not": [self.found]}})
        any_word = any_of(map(self.filters.of, words))
        similar = self.similarity.found(others, any_word) if self.similarity else ()
        share = Matches(self, words, any_word, ()).shares or {}
        some: Filter = {"function_score": {**share["function_score"], "min_score": MIN_NEAR_SHARE - _BELOW}}
        found = all_of((*others, any_of((some, with_keys(similar))) if similar else some))
        return Matches(self, words, found, [found], similar)

    @property
    def titled(self) -> Filter | None:
        """Which documents that meet the conditions have every word in their title; None where that asks for nothing."""
        title = self.interpretation.title
        return self._with_all((title,)) if title else None

    @cached_property
    def most_pairs(self) -> Sequence[Key]:
        """The pairs of the query's text, as many as a cluster takes."""
        words = (*self.interpretation.relaxation.loosest, *self.interpretation.condition_words)
        terms = sum(len(alternative.terms) for word in words for alternative in word.alternatives)
        most = min(max(_MOST_CLAUSES - _CLAUSES_OF_TERM * terms, 0) // _CLAUSES_OF_PAIR, _MOST_PAIRS)
        return self.interpretation.shingles[:most]

    @cached_property
    def _condition(self) -> Filter:
        return all_of(map(self.filters.of, self.interpretation.parsed.conditions))

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
        self.scored = tuple(dict.fromkeys((*words, *search.interpretation.condition_words)))
        self.pairs = search.most_pairs
        self.scoring = search.scoring
        self.filters = search.filters

    @property
    def exact(self) -> Filter | None:
        """Which documents' text is the query's without its conditions, of two words or more."""
        return with_whole_text(self._search.interpretation.parsed.plain) if len(self.words) > 1 else None

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
        points = {key: strength.points(self.max_points) for key, strength in self.strengths.items()}
        return whole(self._by_words, points, self.above)

    def score_of(self, hit: Mapping[str, Any]) -> float:
        """Return the score of a hit, without what it stands above that."""
        return round(float(hit["_score"] or self.above) - self.above, DECIMALS)

    @cached_property
    def above(self) -> float:
        """How much scores on the cluster are above what they are, so that none is below 0."""
        lowest = min((strength.points(self.max_points) for strength in self.strengths.values()), default=0.0)
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
    def max_points(self) -> float:
        """What the words of the query may give at most."""
        return sum(max_points(self._search.documents, self._having(word)) for word in self.words)

    @cached_property
    def _by_words(self) -> Filter:
        return self.scoring.every(self.scored, self.pairs, self.shares, self.exact)

    def _having(self, word: QueryWord, guess: int = 0) -> int:
        return self._search.batch.count(self.filters.of(word), guess=guess)
