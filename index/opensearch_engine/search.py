"""One query's text on a cluster: what it finds and what is near, as filters, and the score of each document.

The score is the formula of `index.ranking`: a term's points are a saturated `rank_feature`, coverage and the exact text
are function scores, similarity adds constants to the nearest documents, and length and boost are a stored factor.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from sys import maxsize
from typing import Any

from index import query_ast, ranking, terms
from index.analysis import TermKind
from index.embedder import EmbeddingError
from index.engine import MeantCount, Reason
from index.interpretation import MIN_NEAR_SHARE, interpret, may_have_near, reasons
from index.messages import message_of
from index.opensearch_engine import layout
from index.opensearch_engine.generations import Generation
from index.opensearch_engine.layout import (
    EVERYTHING,
    Filter,
    all_of,
    any_of,
    found_by,
    matching,
    token,
    token_of,
    with_keys,
)
from index.opensearch_engine.vectors import GenerationVectors, Strength
from index.query import Query
from index.query_ast import Alternative, Key, QueryWord
from index.query_correction import did_you_mean
from index.query_parser import QueryParser, in_title
from index.query_words import joined, runs_of
from index.ranking import WEIGHTS, SignalName
from index.similarity import MAX_SIMILAR, MIN_COSINE
from index.text import folded_case, folded_name

EXPLAINED = ("weights", "finds", "in", "length", "boost", "whole")  # the fields that `Tier.reasons` reads
_MAX_CLAUSES = 700  # for words; a cluster takes 1,024, and similarity has a clause for each different number of points
_CLAUSES_OF_TERM, _MAX_PAIRS = 4, 300  # a term is in the filter, the share, the coverage and the points
_MAX_PREFIXED, _MAX_FUZZY = 120, 1000  # words of the vocabulary, of which some may be in no document any more
_ROUNDING = 1e-6  # of a share in single precision, near a bound


class Search:
    """A query's text as a generation understands it, whose terms it knows (`TermIndex`)."""

    def __init__(
        self, generation: Generation, query: Query, parser: QueryParser, vectors: GenerationVectors | None
    ) -> None:
        self.generation = generation
        self.query = query
        self.schema = generation.schema
        self.size = generation.manifest.documents
        self._parser = parser
        self._vectors = vectors
        self._load([word for piece in parser.parse(query.text).pieces for word in piece.words])
        self.interpretation = interpret(query, parser, self)
        self.notices = self.interpretation.parsed.notices  # `_strengths` may add one
        self.selected = layout.selected(query)
        self._conditions = list(map(matching, self.interpretation.parsed.conditions))
        self.found = all_of((*self._conditions, *map(matching, self.interpretation.relaxation.required)))
        title = self.interpretation.title
        self.titled = all_of((*self._conditions, matching(title))) if title else None
        words = (*self.interpretation.relaxation.loosest, *self.interpretation.condition_words)
        clauses = sum(_CLAUSES_OF_TERM * len(alternative.terms) for word in words for alternative in word.alternatives)
        self.pairs = self.interpretation.shingles[: min(max(_MAX_CLAUSES - clauses, 0), _MAX_PAIRS)]

    def _load(self, words: Sequence[QueryWord]) -> None:
        """Ask in one request for the counts that most queries need to be interpreted; the generation caches them."""
        runs = list(runs_of(words))
        named = (layout.with_values(self.schema.names, [name]) for name in dict.fromkeys(map(joined, runs)))
        titles = (in_title(self.schema.titles[1], run) for run in runs) if self.schema.titles else ()
        keys = (key for word in words for alternative in word.alternatives for key in alternative.terms)
        self.generation.counts(*map(matching, (*words, *titles)), *map(found_by, keys), *named)

    def exists(self, node: query_ast.Node) -> bool:
        """Return whether any document matches a node."""
        return self.generation.count(matching(node)) > 0

    def count(self, nodes: Sequence[query_ast.Node]) -> int:
        """Return how many documents match all of these nodes."""
        return self.generation.count(*map(matching, nodes))

    def has_name(self, name: str) -> bool:
        """Return whether any document has this folded name in the facet `Schema.names`."""
        return self.generation.count(layout.with_values(self.schema.names, [name])) > 0

    def with_prefix(self, prefix: str, kind: TermKind = "word") -> Sequence[str]:
        """Return the terms that begin so."""
        folded = folded_case(prefix)
        if not folded.isprintable():
            return ()
        words = self._vocabulary(kind, {"prefix": {kind: folded}}, size=_MAX_PREFIXED, sort=["long", kind])
        counts = self.generation.counts(*(found_by(Key(word, kind)) for word in words))
        return terms.shortest_with_prefix(prefix, [word for word, count in zip(words, counts, strict=True) if count])

    def spell_checker(self, text: str, kind: TermKind = "word") -> terms.SpellChecker:
        """Return a spell checker of the terms within two edits of this text."""
        fuzzy = {"value": folded_case(text), "fuzziness": 2, "max_expansions": _MAX_FUZZY}
        return terms.SpellChecker(
            lambda: dict.fromkeys(self._vocabulary(kind, {"fuzzy": {kind: fuzzy}}, size=_MAX_FUZZY), maxsize),
            lambda word: self.generation.count(found_by(Key(word, kind))),
        )

    def _vocabulary(self, kind: TermKind, query: Filter, **body: object) -> Sequence[str]:
        hits = self.generation.hits({"_source": [kind], "query": query, **body})
        return [hit["_source"][kind] for hit in hits]

    def suggestions(self) -> tuple[MeantCount, ...]:
        """Return commoner words that may be meant, with the number of selected documents with each."""
        meant = did_you_mean(self.interpretation.corrected, self)
        return tuple(MeantCount(*one, self.generation.count(found_by(Key(one[1])), *self.selected)) for one in meant)

    @cached_property
    def found_tier(self) -> "Tier":
        """The selected documents that have every word."""
        documents = all_of((self.found, *self.selected))
        strengths = self._strengths(documents, EVERYTHING) if self.query.limit != 0 else {}  # counts need no vectors
        return Tier(self, self.interpretation.relaxation.words, documents, strengths)

    @cached_property
    def near_tier(self) -> "Tier | None":
        """The other selected documents that have some of the words or are similar to the text; None if not wanted."""
        words = self.interpretation.relaxation.loosest
        if not may_have_near(self.query, self.interpretation, self._parser, self):
            return None
        others = all_of((*self._conditions, *self.selected, {"bool": {"must_not": [self.found]}}))
        any_word = any_of(map(matching, words))
        strengths = self._strengths(others, any_word)
        similar = [key for key, strength in strengths.items() if strength.cosine >= MIN_COSINE][:MAX_SIMILAR]
        shares = Tier(self, words, any_word, strengths).shares
        some = _function_score({"constant_score": {"filter": any_word}}, shares, "replace")
        some["function_score"]["min_score"] = MIN_NEAR_SHARE - _ROUNDING
        return Tier(self, words, all_of((others, any_of((some, with_keys(similar))))), strengths)

    def _strengths(self, among: Filter, any_word: Filter) -> Mapping[str, Strength]:
        """Return the similarity of the nearest documents to the text by id; a model that fails is a notice."""
        text = self.interpretation.text
        try:
            answering = self._vectors.answering() if self._vectors and text else None
            return answering.strengths(text, among, any_word, self.schema.sections) if answering else {}
        except EmbeddingError as error:
            self.notices = (*self.notices, query_ast.Notice("no likeness", message_of(error)))
            self._vectors = None  # which is asked only once
            return {}


@dataclass(frozen=True)
class Tier:
    """The found documents of a search or the near ones: their filter, their scores, and the reasons of a score."""

    search: Search
    words: Sequence[QueryWord]
    documents: Filter
    strengths: Mapping[str, Strength]  # of the nearest documents, by their ids

    @cached_property
    def _scored(self) -> Sequence[QueryWord]:
        return tuple(dict.fromkeys((*self.words, *self.search.interpretation.condition_words)))

    @cached_property
    def score(self) -> Filter | None:
        """The query that gives each document its score, None if the text has no words."""
        if not self._scored:
            return None
        words = [{"dis_max": {"queries": [*map(self._alternative, word.alternatives)]}} for word in self._scored]
        pairs = [self._points(key, WEIGHTS["nearness"]) for key in self.search.pairs]
        raises = [{"filter": EVERYTHING, "weight": 1.0}]
        raises += [{**share, "weight": share["weight"] * WEIGHTS["coverage"]} for share in self.shares]
        if self._exact:  # a document with the exact text has all words
            exact = WEIGHTS["exact"] * (1 + WEIGHTS["coverage"])
            raises.append({"filter": {"term": {"whole": self._exact}}, "weight": exact})
        by_words = _function_score({"bool": {"should": [*words, *pairs]}}, raises, "multiply")
        similar: dict[float, list[str]] = {}
        for key, strength in self.strengths.items():
            share = WEIGHTS["likeness"] * strength.likeness + WEIGHTS["around"] * strength.around
            similar.setdefault(round(share * self._max_points, 6), []).append(key)
        scores = ({"filter": with_keys(keys), "boost": points} for points, keys in similar.items() if points)
        constants = [{"constant_score": score} for score in scores]
        factor = {"field_value_factor": {"field": "factor", "missing": 1.0}}
        return _function_score({"bool": {"should": [by_words, *constants]}}, [factor], "multiply")

    def reasons(self, hit: Mapping[str, Any]) -> tuple[Reason, ...]:
        """Return the reasons of a hit's score, largest first, computed from the fields EXPLAINED."""
        source = hit["_source"]

        def points(key: Key) -> float:
            weight: float = source["weights"].get(token_of(key), 0.0)
            return ranking.term_points(self.search.size, self._frequencies[key], weight)

        def alternative_points(alternative: Alternative) -> float:
            return alternative.weight * sum(map(points, alternative.terms))

        def has(word: QueryWord) -> bool:
            return any(finds.issuperset(map(token_of, one.terms)) for one in word.alternatives)

        words, finds = list[Reason](), {*source["finds"]}
        for word in self._scored:
            best = max(word.alternatives, key=alternative_points)
            names = {*map(token_of, best.terms)}
            fields = tuple(text.name for text in self.search.schema.texts if names & {*source["in"].get(text.name, ())})
            term = " ".join(key.text for key in best.terms)
            words.append(Reason("words", alternative_points(best), word.text, term, fields))
        strength = self.strengths.get(source["key"], Strength(0.0))
        strengths: dict[SignalName, float] = {
            "words": sum(reason.points for reason in words),
            "nearness": sum(map(points, self.search.pairs)),
            "coverage": sum(share for word, share in self._shares.items() if has(word)),
            "exact": float(self._exact is not None and source.get("whole") == self._exact),
            "likeness": self._max_points * strength.likeness,
            "around": self._max_points * strength.around,
            "length": ranking.length_strength(source["length"]),
            "boost": source["boost"] - 1,
        }
        return reasons(words, ranking.parts(strengths), strength.cosine)

    @property
    def shares(self) -> list[dict[str, Any]]:
        """The functions that give each document its share of the words' weight (`index.ranking`, coverage)."""
        return [{"filter": matching(word), "weight": share} for word, share in self._shares.items()]

    @cached_property
    def _shares(self) -> Mapping[QueryWord, float]:
        weights = {word: ranking.word_weight(self.search.size, count) for word, count in self._counts.items()}
        total = sum(weights.values()) or 1.0
        return {word: weight / total for word, weight in weights.items()}

    @cached_property
    def _counts(self) -> Mapping[QueryWord, int]:
        return dict(zip(self.words, self.search.generation.counts(*map(matching, self.words)), strict=True))

    @cached_property
    def _frequencies(self) -> Mapping[Key, int]:
        keys = [key for word in self._scored for alternative in word.alternatives for key in alternative.terms]
        keys = list(dict.fromkeys((*keys, *self.search.pairs)))
        return dict(zip(keys, self.search.generation.counts(*map(found_by, keys)), strict=True))

    @cached_property
    def _max_points(self) -> float:
        return sum(ranking.max_points(self.search.size, count) for count in self._counts.values())

    @property
    def _exact(self) -> str | None:
        """The name of the text that an equal document has; None for one word, which is a subject, not a note."""
        return token(folded_name(self.search.interpretation.parsed.plain), "whole") if len(self.words) > 1 else None

    def _alternative(self, alternative: Alternative) -> Filter:
        return {"bool": {"should": [self._points(key, alternative.weight) for key in alternative.terms]}}

    def _points(self, key: Key, weight: float) -> Filter:
        """Return the query that gives a document the points of a term, times a weight."""
        boost = weight * ranking.rarity(self.search.size, self._frequencies[key])
        saturation = {"pivot": ranking.SATURATION}
        return {"rank_feature": {"field": f"weights.{token_of(key)}", "saturation": saturation, "boost": boost}}


def _function_score(query: Filter, functions: Sequence[Filter], boost_mode: str) -> dict[str, Any]:
    """Return a query whose scores are multiplied or replaced by the sum of functions."""
    return {"function_score": {"query": query, "functions": functions, "score_mode": "sum", "boost_mode": boost_mode}}
