"""Why hits on a cluster came where they are: what each term gave, asked for by name, put together by the formula."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from index.engine import Reason
from index.opensearch_engine.batching import BatchedRequests
from index.opensearch_engine.filters import Filter
from index.opensearch_engine.mapping import Layout
from index.opensearch_engine.search import Tier
from index.opensearch_engine.semantic_match import Strength
from index.ranking import SignalName, length_strength, parts
from index.tree import Alternative, Key, QueryWord

_AT_ONCE, _CLAUSES = 1000, 300  # hits and named queries in one search


def reasons(
    questions: BatchedRequests, tier: Tier, layout: Layout, window: Sequence[Mapping[str, Any]]
) -> Mapping[str, tuple[Reason, ...]]:
    """Return the reasons of each hit by its id, most first."""
    keys = [hit["_source"]["key"] for hit in window]
    named, told = _Named(tier, layout), dict[str, tuple[Reason, ...]]()
    for begin in range(0, len(keys), _AT_ONCE):
        some = questions.held({"terms": {"key": keys[begin : begin + _AT_ONCE]}})
        for key, (given, own) in _given(questions, some, named.queries()).items():
            told[key] = _of(tier, layout, _Told(named, given), own, tier.strengths.get(key))
    return told


def _given(
    questions: BatchedRequests, some: Filter, queries: Sequence[Filter]
) -> Mapping[str, tuple[dict[str, float], Mapping[str, float]]]:
    """Return what named queries give some documents, by their ids, and the boost and length of each document."""
    told: dict[str, tuple[dict[str, float], Mapping[str, float]]] = {}
    for begin in range(0, len(queries), _CLAUSES):
        query = {"bool": {"filter": [some], "should": queries[begin : begin + _CLAUSES]}}
        answer = questions.search_named({"size": _AT_ONCE, "_source": ["key", "boost", "length"], "query": query})
        for hit in answer["hits"]["hits"]:
            given, _ = told.setdefault(hit["_source"]["key"], ({}, hit["_source"]))
            given.update(hit.get("matched_queries") or {})
    return told


class _Told:
    """What the named parts of a query gave one hit."""

    def __init__(self, named: "_Named", given: Mapping[str, float]) -> None:
        self._named = named
        self._given = given

    def points(self, key: Key) -> float:
        return self._given.get(self._named.name("points", key), 0.0)

    def has(self, what: str, value: object) -> bool:
        return self._named.name(what, value) in self._given


class _Named:
    """The parts of a query that tell why, each by a name."""

    def __init__(self, tier: Tier, layout: Layout) -> None:
        self._tier = tier
        self._layout = layout
        self._names: dict[tuple[str, object], str] = {}

    def name(self, what: str, value: object) -> str:
        return self._names.setdefault((what, value), str(len(self._names)))

    def queries(self) -> list[Filter]:
        tier, layout = self._tier, self._layout
        alternatives = list(dict.fromkeys(one for word in tier.scored for one in word.alternatives))
        terms = list(dict.fromkeys(key for one in alternatives for key in one.terms))
        exact = tier.exact
        return [
            *(tier.scoring.points(key, name=self.name("points", key)) for key in dict.fromkeys([*terms, *tier.pairs])),
            *(self._filter("had", one, tier.had(one)) for one in alternatives),
            *(
                self._filter("in", (text.name, key), tier.in_field(text.name, key))
                for key in terms
                for text in layout.schema.texts
            ),
            *([self._filter("exact", None, exact)] if exact else []),
        ]

    def _filter(self, what: str, value: object, one: Filter) -> Filter:
        return {"bool": {"filter": [one], "_name": self.name(what, value)}}


def _of(
    tier: Tier, layout: Layout, told: _Told, own: Mapping[str, float], alike: Strength | None
) -> tuple[Reason, ...]:
    given = parts(_strengths(tier, told, own, alike))
    cosine = alike.cosine if alike else None
    others = (
        Reason(signal, points, cosine=cosine if signal == "likeness" else None)
        for signal, points in given.items()
        if signal != "words"
    )
    every = (*(_of_word(word, layout, told) for word in tier.scored), *others)
    return tuple(sorted((reason for reason in every if reason.points), key=lambda reason: -reason.points))


def _of_word(word: QueryWord, layout: Layout, told: _Told) -> Reason:
    """Return what a word gave, by the alternative that gave most."""
    best = max(word.alternatives, key=lambda one: _points(one, told))
    fields = (text.name for key in best.terms for text in layout.schema.texts if told.has("in", (text.name, key)))
    term = " ".join(key.text for key in best.terms)
    return Reason("words", _points(best, told), word.text, term, tuple(dict.fromkeys(fields)))


def _strengths(tier: Tier, told: _Told, own: Mapping[str, float], alike: Strength | None) -> dict[SignalName, float]:
    strengths: dict[SignalName, float] = {
        "words": sum(max(_points(one, told) for one in word.alternatives) for word in tier.scored),
        "nearness": sum(told.points(key) for key in tier.pairs),
        "coverage": _share(tier, told),
        "length": length_strength(own.get("length", 0.0)),
        "boost": own["boost"] - 1,
    }
    if alike:
        strengths["likeness"] = tier.most_points * alike.own
        strengths["around"] = tier.most_points * alike.around
    if tier.exact:
        strengths["exact"] = float(told.has("exact", None))
    return strengths


def _share(tier: Tier, told: _Told) -> float:
    weighed = [(tier.weight(word), word) for word in tier.words]
    total = sum(weight for weight, _ in weighed)
    had = sum(weight * max(_had(word, told)) for weight, word in weighed)
    return had / total if total else 0.0


def _had(word: QueryWord, told: _Told) -> Iterator[float]:
    for alternative in word.alternatives:
        yield alternative.weight if told.has("had", alternative) else 0.0


def _points(alternative: Alternative, told: _Told) -> float:
    return alternative.weight * sum(told.points(key) for key in alternative.terms)
