"""The words of an index on a cluster, each kept once: those that a text may be the beginning or a slip of."""

from collections.abc import Mapping, Sequence
from sys import maxsize
from typing import Any

from index import spelling
from index.opensearch_engine.filters import found_by
from index.opensearch_engine.questions import Round
from index.text import folded_case
from index.tree import Key

_MOST_BEGUN = 120  # words looked at: those of documents that are gone count as none
_MOST_NEAR = 1000
_NOTHING: Sequence[str] = ()


class Vocabulary:
    """The words of one generation, as far as a request asks for them."""

    def __init__(self, asked: Round) -> None:
        self._asked = asked

    def frequency(self, word: str) -> int:
        """Return how many documents a word finds."""
        return self._asked.count(found_by(Key(word)))

    def beginning(self, text: str) -> Sequence[str]:
        """Return the words that a text is the beginning of."""
        begun = folded_case(text)
        if not begun.isprintable():
            return ()
        body = {
            "size": _MOST_BEGUN,
            "_source": ["word"],
            "query": {"prefix": {"word": begun}},
            "sort": [{"long": "asc"}, {"word": "asc"}],
        }
        words = self._asked.ask(body, _words, _NOTHING)
        held = [word for word in words if self._asked.count(found_by(Key(word)), guess=1)]
        return spelling.beginning(text, held)

    def similar(self, text: str) -> str | None:
        """Return the word that a text is most likely a slip of, or None."""
        return self._near(text).similar(text)

    def commoner(self, text: str) -> str | None:
        """Return a far commoner word that a text is nearly, where few documents have it itself; or None."""
        return self._near(text).commoner(text)

    def _near(self, text: str) -> spelling.Spellings:
        """Return the words that are as near to a text as any slip."""
        body = {
            "size": _MOST_NEAR,
            "_source": ["word"],
            "query": {"fuzzy": {"word": {"value": folded_case(text), "fuzziness": 2, "max_expansions": _MOST_NEAR}}},
        }
        return spelling.Spellings(
            lambda: dict.fromkeys(self._asked.ask(body, _words, _NOTHING), maxsize), self.frequency
        )


def _words(answer: Mapping[str, Any]) -> Sequence[str]:
    return tuple(hit["_source"]["word"] for hit in answer["hits"]["hits"])
