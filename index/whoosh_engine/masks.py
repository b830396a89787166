"""What a query asks for, as masks: which documents of a snapshot each node describes."""

from collections.abc import Iterable
from functools import reduce

import numpy as np

from index.text import folded_name
from index.tree import AllOf, Alternative, AnyOf, Dated, FacetIs, InField, Node, Not, QueryPhrase, QueryPiece, QueryWord
from index.whoosh_engine.columns import encoded
from index.whoosh_engine.snapshot import Snapshot
from index.whoosh_engine.term_store import Docs, Mask


class Masks:
    """The masks of one query's nodes, those of alternatives kept."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._alternatives: dict[Alternative, Mask] = {}

    def of(self, node: Node) -> Mask:  # noqa: PLR0911  # a case a node
        """Return which documents a node describes."""
        match node:
            case QueryWord(_, alternatives):
                return reduce(np.logical_or, map(self.alternative, alternatives))
            case AllOf(nodes):
                return self.all_of(nodes)
            case QueryPiece(_, words):
                return self.all_of(words)
            case AnyOf(nodes):
                return reduce(np.logical_or, map(self.of, nodes))
            case Not(inner):
                return self._snapshot.live & ~self.of(inner)
            case InField(field, words):
                return reduce(np.logical_and, (self._in_field(field, word) for word in words))
            case QueryPhrase(text):
                return self._phrase(encoded(text))
            case FacetIs():
                return self._facet(node)
            case Dated(when, date):
                dates = self._snapshot.dates
                meant = [value for value in dates.values if (value < date) is (when == "before")]
                return dates.tally(meant, self._snapshot.size) > 0

    def all_of(self, nodes: Iterable[Node]) -> Mask:
        """Return which documents all of the nodes describe."""
        return reduce(np.logical_and, map(self.of, nodes), self._snapshot.live)

    def alternative(self, alternative: Alternative) -> Mask:
        """Return which documents have all terms of an alternative in fields that find."""
        if alternative not in self._alternatives:
            self._alternatives[alternative] = self._having_all(
                self._snapshot.term(key).finds for key in alternative.terms
            )
        return self._alternatives[alternative]

    def anywhere(self, word: QueryWord) -> Mask:
        """Return which documents have a word in any field, those that find nothing too."""
        return reduce(
            np.logical_or,
            (
                self._having_all(self._snapshot.term(key).docs for key in alternative.terms)
                for alternative in word.alternatives
            ),
        )

    def _in_field(self, field: str, word: QueryWord) -> Mask:
        return reduce(
            np.logical_or,
            (
                self._having_all(self._snapshot.in_field(field, key) for key in alternative.terms)
                for alternative in word.alternatives
            ),
        )

    def _facet(self, node: FacetIs) -> Mask:
        group = self._snapshot.group(node.group)
        meant = node.values or [value for value in group.values if node.text in folded_name(value)]
        return group.tally(meant, self._snapshot.size) > 0

    def _phrase(self, text: bytes) -> Mask:
        """Return which documents have a text in theirs."""
        snapshot = self._snapshot
        if not text:
            return snapshot.live
        docs = snapshot.signatures.may_hold(text)
        found = [doc for doc in docs[snapshot.live[docs]].tolist() if text in snapshot.literals[doc]]
        return self._having(np.array(found, np.int32))

    def _having_all(self, lists: Iterable[Docs]) -> Mask:
        return reduce(np.logical_and, map(self._having, lists))

    def _having(self, docs: Docs) -> Mask:
        mask = np.zeros(self._snapshot.size, np.bool_)
        mask[docs] = True
        return mask
