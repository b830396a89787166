"""Which documents of a snapshot a query's nodes describe, and how much of its words each has."""

from collections.abc import Iterable, Sequence
from functools import partial, reduce

import numpy as np

from index.query_ast import (
    AllOf,
    Alternative,
    AnyOf,
    Dated,
    FacetIs,
    InField,
    Node,
    Not,
    QueryPhrase,
    QueryPiece,
    QueryWord,
)
from index.ranking import word_weight
from index.text import folded_name
from index.whoosh_engine.docs import Docs, among, both, either, less
from index.whoosh_engine.rows import encoded
from index.whoosh_engine.snapshot import Scores, Snapshot


class Matching:
    """The documents that one query's nodes describe, each node looked up once."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._known: dict[Node | Alternative, Docs] = {}

    def of(self, node: Node) -> Docs:
        """Return the documents that a node describes."""
        docs = self._known.get(node)
        if docs is None:
            docs = self._known[node] = self._described(node)
        return docs

    def all_of(self, nodes: Iterable[Node]) -> Docs:
        """Return the documents that all of the nodes describe."""
        return self.of(AllOf(tuple(nodes)))

    def any_of(self, nodes: Iterable[Node]) -> Docs:
        """Return the documents that any of the nodes describes."""
        return either(list(map(self.of, nodes)))

    def only(self, docs: Docs, nodes: Iterable[Node]) -> Docs:
        """Return those of some documents that all of the nodes describe."""
        for node in nodes:
            docs = less(docs, self.of(node.node)) if isinstance(node, Not) else both(docs, self.of(node))
        return docs

    def shares(self, words: Sequence[QueryWord], docs: Docs) -> Scores:
        """Return which share of the weight of these words each of some documents has."""
        shares, total = np.zeros(len(docs)), 0.0
        for word in words:
            levels = (one.weight * among(docs, self._alternative(one)) for one in word.alternatives)
            weight = word_weight(self._snapshot.documents, len(self.of(word)))
            shares += weight * reduce(np.maximum, levels)
            total += weight
        return shares / total if total else shares

    def _described(self, node: Node) -> Docs:  # noqa: PLR0911  # a case a node
        match node:
            case QueryWord(_, alternatives):
                return either(list(map(self._alternative, alternatives)))
            case AllOf(nodes) | QueryPiece(_, nodes):
                return self._all_of(nodes)
            case AnyOf(nodes):
                return self.any_of(nodes)
            case Not(inner):
                return less(self._snapshot.everything, self.of(inner))
            case InField(field, words):
                in_field = partial(self._snapshot.in_field, field)
                return _all(
                    either([_all(map(in_field, alternative.terms)) for alternative in word.alternatives])
                    for word in words
                )
            case QueryPhrase(text):
                return self._phrase(encoded(text))
            case FacetIs(name, text, values):
                group = self._snapshot.group(name)
                return group.having_any(values or [value for value in group.values if text in folded_name(value)])
            case Dated(when, date):
                dates = self._snapshot.dates
                return dates.having_any([value for value in dates.values if (value < date) is (when == "before")])

    def _all_of(self, nodes: Sequence[Node]) -> Docs:
        """Return the documents that all nodes describe, beginning with the fewest; most nodes exclude few."""
        plain = [self.of(node) for node in nodes if not isinstance(node, Not)]
        docs = _all(plain) if plain else self._snapshot.everything
        return self.only(docs, (node for node in nodes if isinstance(node, Not)))

    def _alternative(self, alternative: Alternative) -> Docs:
        """Return the documents that have all terms of an alternative in fields that find."""
        docs = self._known.get(alternative)
        if docs is None:
            docs = _all(self._snapshot.term(key).finds for key in alternative.terms)
            self._known[alternative] = docs
        return docs

    def _phrase(self, text: bytes) -> Docs:
        """Return the documents that have a text in theirs."""
        snapshot = self._snapshot
        if not text:
            return snapshot.everything
        docs = snapshot.trigram_filter.candidates(text)
        docs = docs[snapshot.live[docs]]
        found = (text in snapshot.literals[doc] for doc in docs.tolist())
        return docs.compress(np.fromiter(found, np.bool_, len(docs)))


def _all(lists: Iterable[Docs]) -> Docs:
    """Return the documents that are in each of several lists, of which there is one at least."""
    return reduce(both, sorted(lists, key=len))
