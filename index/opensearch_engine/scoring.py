"""The formula of the ranking (`index.ranking`) as a query of a cluster.

The points of a term are worked out by a script from its packed frequency, the document's length and figures of the
whole generation, so that they are those of any engine but for the cluster's single precision: six digits.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from index.opensearch_engine.filters import EVERYTHING, Filter, any_of, in_any_field
from index.opensearch_engine.manifest import Manifest
from index.opensearch_engine.mapping import PACK, Layout
from index.query_ast import Alternative, Key, QueryWord
from index.ranking import MAX_LENGTH, MIN_LENGTH, SATURATION, WEIGHTS, rarity

_WHOLE = """
double alike = params.alike.getOrDefault(doc['key'].value, 0.0);
double words = doc['length'].size() == 0 ? 1 : Math.min(Math.max(doc['length'].value, 1), params.longest);
double raised = (1 + params.long * Math.log(words)) * doc['boost'].value;
return Math.max(0, params.above + Math.rint((_score + alike) * raised * 1e5) / 1e5);
"""
_POINTS = """
double own = Math.floor(_score / params.pack);
double other = _score - own * params.pack;
double length = doc['length'].size() == 0 ? 0 : Math.max(doc['length'].value, params.shortest);
double norm = length == 0 ? 1 : 1 - params.b + params.b * length / params.mean;
double frequency = own * params.weight / norm + other * params.unit;
return params.rarity * frequency / (frequency + params.saturation);
"""


class Scoring:
    """The points of terms in one generation; `having` tells how many documents a term finds."""

    def __init__(self, layout: Layout, manifest: Manifest, having: Callable[[Key], int]) -> None:
        self._manifest = manifest
        self._having = having
        measured = layout.measured
        self._figures = {
            "pack": PACK,
            "b": measured.length if measured else 0.0,
            "weight": measured.weight if measured else 0.0,
            "mean": manifest.mean_length,
            "shortest": MIN_LENGTH,
            "unit": layout.unit,
            "saturation": SATURATION,
        }

    def points(self, key: Key, boost: float = 1.0, name: str | None = None) -> Filter:
        """Return a query that gives each document with a term its points, times a boost."""
        worth = rarity(self._manifest.documents, self._having(key))
        script = {"source": _POINTS, "params": {**self._figures, "rarity": boost * worth}}
        named = {"_name": name} if name else {}
        return {"script_score": {"query": in_any_field(key), "script": script, **named}}

    def alternative(self, alternative: Alternative) -> Filter:
        """Return a query that gives what an alternative does."""
        return _sum(self.points(key, alternative.weight) for key in alternative.terms)

    def word(self, word: QueryWord) -> Filter:
        """Return a query that gives the most that an alternative of a word does."""
        every = [self.alternative(alternative) for alternative in word.alternatives]
        return every[0] if len(every) == 1 else {"dis_max": {"queries": every}}

    def every(
        self,
        words: Iterable[QueryWord],
        pairs: Sequence[Key],
        shares: Filter | None,
        exact: Filter | None,
    ) -> Filter:
        """Return a query that gives each document what its words do, boost, length and similarity apart (`whole`).

        `pairs` are words that follow each other, `shares` gives what part of the words a document has, and `exact`
        tells which have the very text.
        """
        query = _sum((*map(self.word, words), *(self.points(key, WEIGHTS["nearness"]) for key in pairs)))
        if shares:
            query = _raised(query, shares["function_score"]["functions"], WEIGHTS["coverage"])
        if exact:
            query = _raised(query, [{"filter": exact, "weight": 1.0}], WEIGHTS["exact"])
        return query


def whole(query: Filter, alike: Mapping[str, float], above: float) -> Filter:
    """Return a query that gives each document its score, given what gives those of its words.

    `alike` has the points that similarity adds, by the ids of documents. A cluster knows no scores below 0: all are
    raised by `above`.
    """
    also = [{"constant_score": {"filter": {"terms": {"key": list(alike)}}, "boost": 0.0}}] if alike else []
    script = {
        "source": _WHOLE,
        "params": {"alike": alike, "above": above, "long": WEIGHTS["length"], "longest": MAX_LENGTH},
    }
    return {"script_score": {"query": _sum((query, *also)), "script": script}}


def shares(weights: Sequence[tuple[QueryWord, float]], of: Callable[[Alternative], Filter]) -> Filter:
    """Return a query that gives each document what share of the weight of some words it has."""
    total = sum(weight for _, weight in weights) or 1.0
    functions: list[Mapping[str, Any]] = [
        {"filter": one, "weight": weight * level / total}
        for word, weight in weights
        for one, level in _levels(word, of)
        if weight * level
    ]
    query = any_of(one["filter"] for one in functions)
    return {
        "function_score": {
            "query": {"constant_score": {"filter": query}},
            "functions": functions,
            "score_mode": "sum",
            "boost_mode": "replace",
        }
    }


def _levels(word: QueryWord, of: Callable[[Alternative], Filter]) -> Iterable[tuple[Filter, float]]:
    """Yield which documents have a word at each of the weights of its alternatives, and at no higher one."""
    higher: list[Filter] = []
    for level in sorted({alternative.weight for alternative in word.alternatives}, reverse=True):
        own = any_of(of(alternative) for alternative in word.alternatives if alternative.weight == level)
        yield ({"bool": {"filter": [own], "must_not": list(higher)}} if higher else own), level
        higher.append(own)


def _raised(query: Filter, functions: Sequence[Mapping[str, Any]], weight: float) -> Filter:
    """Return a query whose scores are raised by the sum of what functions give, times a weight."""
    given = [{**one, "weight": one["weight"] * weight} for one in functions]
    return {
        "function_score": {
            "query": query,
            "functions": [{"filter": EVERYTHING, "weight": 1.0}, *given],
            "score_mode": "sum",
            "boost_mode": "multiply",
        }
    }


def _sum(queries: Iterable[Filter]) -> Filter:
    """Return a query that gives a document the sum of what those give that find it."""
    every = list(queries)
    return every[0] if len(every) == 1 else {"bool": {"should": every}}
