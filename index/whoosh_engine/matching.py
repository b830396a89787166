"""Evaluates the nodes of a query over a snapshot: the documents that match each, and their share of its words."""

from collections.abc import Iterable, Sequence
from functools import reduce

import numpy as np

from index import query_ast as ast
from index.analysis import TermKind
from index.ranking import word_weight
from index.terms import SpellChecker, shortest_with_prefix
from index.text import folded_name
from index.whoosh_engine.docs import Docs, among, both, either, less
from index.whoosh_engine.rows import encoded
from index.whoosh_engine.snapshot import Scores, Snapshot


class Matching:
    """The documents that match the nodes of one query, each node evaluated once; the TermIndex of a snapshot."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self.schema = snapshot.schema
        self._evaluated: dict[ast.Node | ast.Alternative, Docs] = {}

    def of(self, node: ast.Node | ast.Alternative) -> Docs:
        """Return the documents that match a node, or have all terms of an alternative outside score-only fields."""
        docs = self._evaluated.get(node)
        if docs is None:
            docs = self._evaluated[node] = self._evaluate(node)
        return docs

    def all_of(self, nodes: Iterable[ast.Node]) -> Docs:
        """Return the documents that match all nodes."""
        return self.of(ast.AllOf(tuple(nodes)))

    def only(self, docs: Docs, nodes: Iterable[ast.Node]) -> Docs:
        """Return those of the given documents that match all nodes."""
        for node in nodes:
            docs = less(docs, self.of(node.node)) if isinstance(node, ast.Not) else both(docs, self.of(node))
        return docs

    def shares(self, words: Sequence[ast.QueryWord], docs: Docs) -> Scores:
        """Return each document's share of the weight of the words."""
        shares, total = np.zeros(len(docs)), 0.0
        for word in words:
            levels = (each.weight * among(docs, self.of(each)) for each in word.alternatives)
            weight = word_weight(self._snapshot.document_count, len(self.of(word)))
            shares += weight * reduce(np.maximum, levels)
            total += weight
        return shares / total if total else shares

    def exists(self, node: ast.Node) -> bool:
        return len(self.of(node)) > 0

    def count(self, nodes: Sequence[ast.Node]) -> int:
        return len(self.all_of(nodes))

    def has_name(self, name: str) -> bool:
        return bool(self._snapshot.group(self.schema.names or "").docs_by_value((name,)))

    def with_prefix(self, prefix: str, kind: TermKind = "word") -> Sequence[str]:
        return shortest_with_prefix(prefix, self._snapshot.vocabulary(kind))

    def spell_checker(self, text: str, kind: TermKind = "word") -> SpellChecker:  # noqa: ARG002  # it knows all terms
        return self._snapshot.spell_checker(kind)

    def _evaluate(self, node: ast.Node | ast.Alternative) -> Docs:  # noqa: PLR0911  # a case for each node
        match node:
            case ast.QueryWord(_, alternatives):
                return either([self.of(each) for each in alternatives])
            case ast.Alternative(terms):
                return _intersection([self._snapshot.term(key).finds for key in terms])
            case ast.AllOf(nodes) | ast.QueryPiece(_, nodes):
                included = [self.of(each) for each in nodes if not isinstance(each, ast.Not)]
                docs = _intersection(included) if included else self._snapshot.all_docs
                return self.only(docs, [each for each in nodes if isinstance(each, ast.Not)])
            case ast.AnyOf(nodes):
                return either([self.of(each) for each in nodes])
            case ast.Not(inner):
                return less(self._snapshot.all_docs, self.of(inner))
            case ast.InField(field, words):
                return _intersection([self._word_in_field(field, word) for word in words])
            case ast.QueryPhrase(text):
                return self._phrase(encoded(text))
            case ast.FacetIs(name, text, values):
                group = self._snapshot.group(name)
                return group.docs_with(values or [value for value in group.values if text in folded_name(value)])
            case ast.Dated():
                dates = self._snapshot.dates
                return dates.docs_with(filter(node.includes, dates.values))

    def _word_in_field(self, field: str, word: ast.QueryWord) -> Docs:
        snapshot = self._snapshot
        sets = ([snapshot.docs_in_field(field, key) for key in each.terms] for each in word.alternatives)
        return either(list(map(_intersection, sets)))

    def _phrase(self, text: bytes) -> Docs:
        snapshot = self._snapshot
        if not text:
            return snapshot.all_docs
        docs = snapshot.trigram_filter.candidates(text)
        docs = docs[snapshot.live[docs]]
        found = (text in snapshot.literals[doc] for doc in docs.tolist())
        return docs.compress(np.fromiter(found, np.bool_, len(docs)))


def _intersection(sets: Sequence[Docs]) -> Docs:
    """Return the intersection of at least one set, the smallest first: it bounds the work of all others."""
    return reduce(both, sorted(sets, key=len))
