"""Why hits on a cluster came where they are: what each term gave, asked for by name, put together by the formula."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from index import interpretation
from index.engine import Reason
from index.opensearch_engine.batching import BatchedRequests
from index.opensearch_engine.filters import Filter, with_keys
from index.opensearch_engine.mapping import Layout
from index.opensearch_engine.search import Matches
from index.opensearch_engine.semantic_match import Strength
from index.query_ast import Alternative, Key, QueryWord
from index.ranking import SignalName, length_strength, parts

_AT_ONCE, _CLAUSES = 1000, 300  # hits and named queries in one search


def reasons(
    requests: BatchedRequests, matches: Matches, layout: Layout, window: Sequence[Mapping[str, Any]]
) -> Mapping[str, tuple[Reason, ...]]:
    """Return the reasons of each hit by its id, most first."""
    keys = [hit["_source"]["key"] for hit in window]
    named, of_hits = _NamedQueries(matches, layout), dict[str, tuple[Reason, ...]]()
    for begin in range(0, len(keys), _AT_ONCE):
        some = requests.of_generation(with_keys(keys[begin : begin + _AT_ONCE]))
        for key, (scores, source) in _scores(requests, some, named.queries()).items():
            of_hits[key] = _Explanation(matches, named, scores, source, matches.strengths.get(key)).reasons()
    return of_hits


def _scores(
    requests: BatchedRequests, some: Filter, queries: Sequence[Filter]
) -> Mapping[str, tuple[dict[str, float], Mapping[str, float]]]:
    """Return what named queries give some documents, by their ids, and the boost and length of each document."""
    every: dict[str, tuple[dict[str, float], Mapping[str, float]]] = {}
    for begin in range(0, len(queries), _CLAUSES):
        query = {"bool": {"filter": [some], "should": queries[begin : begin + _CLAUSES]}}
        answer = requests.connection.search_named(
            requests.index, {"size": _AT_ONCE, "_source": ["key", "boost", "length"], "query": query}
        )
        for hit in answer["hits"]["hits"]:
            scores, _ = every.setdefault(hit["_source"]["key"], ({}, hit["_source"]))
            scores.update(hit.get("matched_queries") or {})
    return every


class _NamedQueries:
    """The parts of a query that explain a score, each by a name."""

    def __init__(self, matches: Matches, layout: Layout) -> None:
        self._matches = matches
        self.texts = [text.name for text in layout.schema.texts]
        self._names: dict[tuple[str, object], str] = {}

    def name(self, what: str, value: object) -> str:
        return self._names.setdefault((what, value), str(len(self._names)))

    def queries(self) -> list[Filter]:
        matches, filters = self._matches, self._matches.filters
        alternatives = list(dict.fromkeys(one for word in matches.scored for one in word.alternatives))
        terms = list(dict.fromkeys(key for one in alternatives for key in one.terms))
        return [
            *(
                matches.scoring.points(key, name=self.name("points", key))
                for key in dict.fromkeys([*terms, *matches.pairs])
            ),
            *(self._filter("alternative", one, filters.alternative(one)) for one in alternatives),
            *(self._filter("in", (text, key), filters.term(text, key)) for key in terms for text in self.texts),
            *([self._filter("exact", None, matches.exact)] if matches.exact else []),
        ]

    def _filter(self, what: str, value: object, one: Filter) -> Filter:
        return {"bool": {"filter": [one], "_name": self.name(what, value)}}


class _Explanation(NamedTuple):
    """What the named queries gave one hit, what its document has, and how like the query it is."""

    matches: Matches
    named: _NamedQueries
    scores: Mapping[str, float]
    source: Mapping[str, float]
    strength: Strength | None

    def reasons(self) -> tuple[Reason, ...]:
        words = [self._of_word(word) for word in self.matches.scored]
        return interpretation.reasons(words, parts(self._strengths()), self.strength.cosine if self.strength else None)

    def _of_word(self, word: QueryWord) -> Reason:
        """Return what a word gave, by the alternative that gave most."""
        best = max(word.alternatives, key=self._points)
        fields = (text for key in best.terms for text in self.named.texts if self._has("in", (text, key)))
        term = " ".join(key.text for key in best.terms)
        return Reason("words", self._points(best), word.text, term, tuple(dict.fromkeys(fields)))

    def _strengths(self) -> dict[SignalName, float]:
        matches, similar = self.matches, self.strength
        strengths: dict[SignalName, float] = {
            "words": sum(max(map(self._points, word.alternatives)) for word in matches.scored),
            "nearness": sum(map(self._term_points, matches.pairs)),
            "coverage": self._share(),
            "length": length_strength(self.source.get("length", 0.0)),
            "boost": self.source["boost"] - 1,
        }
        if similar:
            strengths["likeness"] = matches.max_points * similar.own
            strengths["around"] = matches.max_points * similar.section_boost
        if matches.exact:
            strengths["exact"] = float(self._has("exact", None))
        return strengths

    def _share(self) -> float:
        weighed = [(self.matches.weight(word), word) for word in self.matches.words]
        total = sum(weight for weight, _ in weighed)
        return sum(weight * max(map(self._level, word.alternatives)) for weight, word in weighed) / (total or 1.0)

    def _level(self, alternative: Alternative) -> float:
        """Return the weight of an alternative, 0 where the document does not have it."""
        return alternative.weight if self._has("alternative", alternative) else 0.0

    def _points(self, alternative: Alternative) -> float:
        return alternative.weight * sum(map(self._term_points, alternative.terms))

    def _term_points(self, key: Key) -> float:
        return self.scores.get(self.named.name("points", key), 0.0)

    def _has(self, what: str, value: object) -> bool:
        return self.named.name(what, value) in self.scores
