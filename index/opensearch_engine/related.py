"""What stands around hits on a cluster: the documents of their places that belong to them, or that they belong to."""

from collections.abc import Mapping, Sequence
from typing import Any

from index.opensearch_engine.batching import BatchedRequests
from index.opensearch_engine.connection import ClusterError
from index.opensearch_engine.filters import Filter, any_of
from index.opensearch_engine.mapping import received

_MOST_KEYS = 30_000  # that a search is narrowed by; a cluster takes twice as many
_PAGE = 2000  # documents asked for at once

Found = Mapping[str, Any]
"""A hit of a cluster: its score and what is kept of the document."""


class RelatedDocuments:
    """The hits of a window and their related documents, in the places that are values of a group."""

    def __init__(self, window: Sequence[Found], group: str, places: Sequence[str]) -> None:
        self._hits = {hit["_source"]["key"] for hit in window}
        self._above = {key for hit in window for key in hit["_source"].get("belongs", ())}
        self._group = group
        self._places = places

    def asked(self, questions: BatchedRequests) -> Mapping[str, Any]:
        """Return the search for them."""
        of_related: list[Filter] = []
        if len(self._hits) + len(self._above) < _MOST_KEYS:
            keys = {"terms": {"key": [*self._hits, *self._above]}}
            of_related = [any_of((keys, {"terms": {"belongs": list(self._hits)}}))]
        return {
            "size": _PAGE,
            "track_total_hits": False,
            "query": questions.held({"terms": {f"facet.{self._group}": list(self._places)}}, *of_related),
            "_source": ["stored", "run", "place", "key", "belongs", f"facet.{self._group}"],
            "sort": [{"run": "asc"}, {"place": "asc"}],
        }

    def read(
        self, answer: Mapping[str, Any], questions: BatchedRequests, ranks: Mapping[str, int]
    ) -> Mapping[str, tuple[str, ...]]:
        """Return what is stored of them in each place, given the first answer and in which order runs come."""
        related: list[Found] = []
        while page := answer["hits"]["hits"]:
            related += filter(self._is_one, page)
            if len(page) < _PAGE:
                break
            answer = questions.search({**self.asked(questions), "search_after": page[-1]["sort"]})[0]
        related.sort(key=lambda hit: (ranks[hit["_source"]["run"]], hit["_source"]["place"]))
        return {
            value: tuple(stored_text(hit) for hit in related if value in hit["_source"]["facet"][self._group])
            for value in self._places
        }

    def _is_one(self, hit: Found) -> bool:
        source = hit["_source"]
        return bool(source["key"] in self._hits or source["key"] in self._above or self._hits & {*source["belongs"]})


def stored_text(hit: Found) -> str:
    """Return what was stored of a document."""
    stored = hit.get("_source", {}).get("stored")
    if not isinstance(stored, str):
        raise ClusterError("a document of the cluster lacks what was stored of it; give another index to kb's own")
    return received(stored)
