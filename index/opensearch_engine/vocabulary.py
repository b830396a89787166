"""The words of an index on a cluster, each kept once: those that a text may be the beginning or a slip of."""

from collections.abc import Mapping, Sequence
from sys import maxsize
from typing import Any

from index import spelling
from index.analysis import TermKind
from index.opensearch_engine.batching import RequestBatch
from index.opensearch_engine.filters import found_by
from index.text import folded_case
from index.tree import Key

_MOST_BEGUN = 120  # words looked at: those of documents that are gone count as none
_MOST_NEAR = 1000
_NOTHING: Sequence[str] = ()


class Vocabulary:
    """The words of one generation, as far as a request asks for them."""

    def __init__(self, asked: RequestBatch) -> None:
        self._asked = asked

    def beginning(self, text: str, kind: TermKind = "word") -> Sequence[str]:
        """Return the words, or sounds, that a text is the beginning of."""
        begun = folded_case(text)
        if not begun.isprintable():
            return ()
        body = {
            "size": _MOST_BEGUN,
            "_source": [kind],
            "query": {"prefix": {kind: begun}},
            "sort": [{"long": "asc"}, {kind: "asc"}],
        }
        words = self._asked.ask(body, _texts, _NOTHING)
        held = [word for word in words if self._asked.count(found_by(Key(word, kind)), guess=1)]
        return spelling.beginning(text, held)

    def similar(self, text: str, kind: TermKind = "word") -> str | None:
        """Return the word, or sound, that a text is most likely a slip of, or None."""
        return self._near(text, kind).similar(text)

    def commoner(self, text: str) -> str | None:
        """Return a far commoner word that a text is nearly, where few documents have it itself; or None."""
        return self._near(text, "word").commoner(text)

    def _near(self, text: str, kind: TermKind) -> spelling.Spellings:
        """Return the words, or sounds, that are as near to a text as any slip."""
        body = {
            "size": _MOST_NEAR,
            "_source": [kind],
            "query": {"fuzzy": {kind: {"value": folded_case(text), "fuzziness": 2, "max_expansions": _MOST_NEAR}}},
        }
        return spelling.Spellings(
            lambda: dict.fromkeys(self._asked.ask(body, _texts, _NOTHING), maxsize),
            lambda found: self._asked.count(found_by(Key(found, kind))),
        )


def _texts(answer: Mapping[str, Any]) -> Sequence[str]:
    return tuple(text for hit in answer["hits"]["hits"] for text in hit["_source"].values())
