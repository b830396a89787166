"""Which documents are fetched for a page: those of a query's window in its order, and those related to them."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from index.messages import translatable
from index.opensearch_engine.batching import BatchedRequests
from index.opensearch_engine.connection import ClusterError
from index.opensearch_engine.filters import Filter, any_of, with_keys
from index.opensearch_engine.manifest import Manifest
from index.opensearch_engine.mapping import received
from index.query import Query

ClusterHit: TypeAlias = Mapping[str, Any]
"""A hit of a cluster: its score and what is kept of the document."""

_PAGE = 2000  # documents asked for at once where all are wanted
_MOST_SKIPPED = 10_000  # what a cluster by itself lets a window end at
_MOST_KEYS = 30_000  # that a search is narrowed by; a cluster takes twice as many
_MOVED = "def moved = params.moved[doc['run'].value]; return moved == null ? doc['rank'].value : moved;"


def first_window(query: Query) -> Mapping[str, Any]:
    """Return the part of a search that says which hits are to be in the first answer."""
    return {"from": query.offset, "size": query.limit} if _fits(query) else {"size": _PAGE}


def whole_window(
    requests: BatchedRequests, hits: list[ClusterHit], body: Mapping[str, Any], query: Query
) -> list[ClusterHit]:
    """Return the hits of the query's window, given those of the first answer; many come page after page."""
    if _fits(query):
        return hits
    end, page = None if query.limit is None else query.offset + query.limit, hits
    while len(page) == _PAGE and (end is None or len(hits) < end):
        more = {**body, "track_total_hits": False, "size": _PAGE, "search_after": page[-1]["sort"]}
        page = requests.search(more)[0]["hits"]["hits"]
        hits = hits + page
    return hits[query.offset : end]


def _fits(query: Query) -> bool:
    """Tell whether one answer has all of a query's window."""
    return query.limit is not None and query.offset + query.limit <= _MOST_SKIPPED


def sort_by(query: Query, manifest: Manifest, *, scored: bool) -> list[Mapping[str, Any]]:
    """Return how the hits of a query are sorted; by score only where they have one."""
    by_rank: Mapping[str, Any] = {"rank": "asc"}
    if manifest.moved:
        script = {"source": _MOVED, "params": {"moved": dict(manifest.moved)}}
        by_rank = {"_script": {"type": "number", "script": script, "order": "asc"}}
    position = [by_rank, {"place": "asc"}]
    newest = [{"date": {"order": "desc", "missing": "_last"}}, *position]
    match query.sort:
        case "position":
            return position
        case "old":
            return [{"date": {"order": "asc", "missing": "_last"}}, *position]
        case "boost":
            return [{"boost": "desc"}, *newest]
        case "relevance" if scored:
            return [{"_score": "desc"}, *newest]
        case _:
            return newest


class RelatedDocuments:
    """The hits of a window and their related documents, in the places that are values of a group."""

    def __init__(self, requests: BatchedRequests, window: Sequence[ClusterHit], group: str) -> None:
        self._requests = requests
        self._hits = {hit["_source"]["key"] for hit in window}
        self._parents = {key for hit in window for key in hit["_source"].get("belongs", ())}
        self._group = group
        values = (hit["_source"].get("facet", {}).get(group, ()) for hit in window)
        self.places: Sequence[str] = tuple(dict.fromkeys(value for every in values for value in every))

    def body(self) -> Mapping[str, Any]:
        """Return the search for them."""
        of_related: list[Filter] = []
        if len(self._hits) + len(self._parents) < _MOST_KEYS:
            keys = with_keys([*self._hits, *self._parents])
            of_related = [any_of((keys, {"terms": {"belongs": list(self._hits)}}))]
        in_places = {"terms": {f"facet.{self._group}": list(self.places)}}
        return {
            "size": _PAGE,
            "track_total_hits": False,
            "query": self._requests.of_generation(in_places, *of_related),
            "_source": ["stored", "run", "place", "key", "belongs", f"facet.{self._group}"],
            "sort": [{"run": "asc"}, {"place": "asc"}],
        }

    def read(self, answer: Mapping[str, Any]) -> Mapping[str, tuple[str, ...]]:
        """Return what is stored of them in each place, in the order of positions, given the first answer."""
        related: list[ClusterHit] = []
        while page := answer["hits"]["hits"]:
            related += filter(self._is_one, page)
            if len(page) < _PAGE:
                break
            answer = self._requests.search({**self.body(), "search_after": page[-1]["sort"]})[0]
        places = self._requests.manifest.places
        related.sort(key=lambda hit: (places[hit["_source"]["run"]], hit["_source"]["place"]))
        return {
            value: tuple(stored_text(hit) for hit in related if value in hit["_source"]["facet"][self._group])
            for value in self.places
        }

    def _is_one(self, hit: ClusterHit) -> bool:
        source = hit["_source"]
        return bool(source["key"] in self._hits or source["key"] in self._parents or self._hits & {*source["belongs"]})


def stored_text(hit: ClusterHit) -> str:
    """Return what was stored of a document. Raises ClusterError where nothing was."""
    stored = hit.get("_source", {}).get("stored")
    if not isinstance(stored, str):
        raise ClusterError(
            translatable("a document of the cluster lacks what was stored of it; give another index to kb's own")
        )
    return received(stored)
