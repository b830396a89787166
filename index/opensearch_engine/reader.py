"""A generation on a cluster as one request sees it: from a query to hits, counts and related documents."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from typing import Any

from index.embedder import EmbeddingError
from index.engine import FEW, MOST_NEAR, ConditionCount, Coverage, Hit, Results, TitledCount, WordCount
from index.language import Language
from index.opensearch_engine import neighbours
from index.opensearch_engine.batching import NONE_FOUND, BatchedRequests, RequestBatch
from index.opensearch_engine.connection import Connection
from index.opensearch_engine.counting import Counting, Counts, size_of
from index.opensearch_engine.embedding import TextVectors, embed
from index.opensearch_engine.filters import Filter, Filters
from index.opensearch_engine.manifest import Manifest
from index.opensearch_engine.mapping import Layout
from index.opensearch_engine.meaning import Meaning, Seen
from index.opensearch_engine.reasons import reasons
from index.opensearch_engine.related import Found, RelatedDocuments, stored_text
from index.opensearch_engine.search import Search, Tier
from index.query import Query

_PAGE = 2000  # hits asked for at once where all are wanted
_NO_FACETS: Counts = ({}, {})
_NO_COUNTS: Mapping[str, int] = {}
_MOST_SKIPPED = 10_000  # what a cluster by itself lets a window end at


class ClusterReader:
    """A Reader of one generation, shared by threads: what is published later, or written meanwhile, it does not see."""

    def __init__(
        self,
        connection: Connection,
        index: str,
        manifest: Manifest,
        layout: Layout,
        language: Language,
        *,
        meaning: Callable[[], Meaning | None],
    ) -> None:
        self._manifest = manifest
        self._layout = layout
        self._filters = Filters(layout.schema)
        self._language = language
        self._index = index
        self._questions = BatchedRequests(connection, index, manifest)
        self._meaning = meaning
        self._ranks = {run.name: place for place, run in enumerate(manifest.runs.values())}

    def search(self, query: Query) -> Results:
        """Answer a query."""
        asked = self._questions.counting()
        search = asked.until_known(lambda: self._understood(asked, query))
        counting = Counting(self._filters, query, self._questions.held(search.found))
        body = self._body(search.first, query)
        first = {**body, **_window_of(query)}
        answer, told, titled = asked.until_known(lambda: self._told(asked, search, query, first, counting))
        window = self._rest(answer["hits"]["hits"], body, query)
        total = int(answer["hits"]["total"]["value"])
        tier, near = self._near(asked, query, total)
        shown = [*window, *near]
        places = self._places(shown, query)
        context, found_in, own = self._around(shown, places, titled, search, query)
        return Results(
            total=total,
            hits=self._hits(search.first, window, query),
            near=self._hits(tier, near, query) if tier else (),
            steps=search.relaxation.steps,
            notices=search.notices,
            terms=search.terms,
            near_terms=search.near_terms,
            meant=search.meant,
            titled=tuple(TitledCount(value, count, own.get(value, 0)) for value, count in titled.items()),
            context=context,
            found_in=found_in,
            **told,
        )

    def _near(self, asked: RequestBatch, query: Query, total: int) -> tuple[Tier | None, list[Found]]:
        """Return what is near below the last hit, the best first; nothing where more hits follow."""
        limit = query.limit or 0
        if not limit or not query.offset < max(total, 1) <= query.offset + limit:
            return None, []

        def understood() -> Tier | None:
            near = self._searched(asked, query).near
            _ = near and near.score
            return near

        tier = asked.until_known(understood)
        if tier is None:
            return None, []
        body = {**self._body(tier, replace(query, sort="relevance")), "size": min(limit, MOST_NEAR)}
        return tier, self._questions.search(body)[0]["hits"]["hits"]

    def _hits(self, tier: Tier, window: Sequence[Found], query: Query) -> tuple[Hit, ...]:
        told = reasons(self._questions, tier, self._layout, window) if query.explain and tier.scored else {}
        keys = [(hit["_source"]["key"], hit) for hit in window]
        return tuple(Hit(key, tier.told_score(hit), stored_text(hit), told.get(key, ())) for key, hit in keys)

    def stored(self, document_id: str) -> str | None:
        """Return what was stored of a document, or None if there is none of that id."""
        body = {"size": 1, "_source": ["stored"], "query": self._questions.held({"term": {"key": document_id}})}
        hits = self._questions.search(body)[0]["hits"]["hits"]
        return stored_text(hits[0]) if hits else None

    def like(self, ids: Sequence[str], apart: str, limit: int) -> tuple[Hit, ...]:
        """Return the documents that are most like some by their vectors."""
        with suppress(EmbeddingError):  # an endpoint does not tell which vectors are its own
            return neighbours.like(self._questions, self._seen, ids, apart, limit) if self._seen else ()
        return ()

    def similarity(self, some: Sequence[str], others: Sequence[str], context: str) -> tuple[tuple[float, ...], ...]:
        """Return the cosine of each of some documents to each of others."""
        with suppress(EmbeddingError):
            return neighbours.similarity(self._questions, self._seen, some, others, context) if self._seen else ()
        return ()

    def coverage(self) -> Coverage | None:
        """Return how far documents can be found by similarity, None where there is no model."""
        with suppress(EmbeddingError):
            return self._seen.coverage() if self._seen else None
        return Coverage(0, self._manifest.documents)

    def embed(self, connection: Connection, told: Callable[[int, int], None]) -> None:
        """Make the vectors that documents lack, and tell how many have theirs, of how many."""
        if self._seen:
            embed(self._questions, self._seen, connection, self._index, told)

    def kept_vectors(self, connection: Connection) -> TextVectors | None:
        """Return the vectors that documents have, by their texts; None without a model."""
        return TextVectors(self._seen, connection) if self._seen else None

    @cached_property
    def _seen(self) -> Seen | None:
        """What is known by vectors, None where there is no model; asked when the first text is looked for."""
        meaning = self._meaning()
        return Seen(self._questions, meaning) if meaning else None

    def _searched(self, asked: RequestBatch, query: Query) -> Search:
        return Search(asked, query, self._language, self._layout, self._manifest, seen=self._seen)

    def _understood(self, asked: RequestBatch, query: Query) -> Search:
        """Return a search with its score, as far as all that they ask is known."""
        search = self._searched(asked, query)
        if query.limit != 0:  # who counts needs no vector of the text
            _ = search.first.score
        return search

    def meta(self) -> Mapping[str, object] | None:
        """Return what the generation was written with."""
        return self._manifest.meta if self._manifest.token else None

    def _body(self, tier: Tier, query: Query) -> Mapping[str, Any]:
        """Return the search for what a query finds, in its order."""
        score = tier.score if query.limit != 0 else None
        scored = {"should": [score]} if score else {}
        selected = self._filters.selected(query)
        return {
            "track_total_hits": True,
            "track_scores": score is not None,
            "query": {"bool": {"filter": [self._questions.held(tier.found, *selected)], **scored}},
            "sort": self._sort(query, scored=score is not None),
            "_source": ["key", "stored", "belongs", *([f"facet.{query.context}"] if query.context else [])],
        }

    def _rest(self, hits: list[Found], body: Mapping[str, Any], query: Query) -> list[Found]:
        """Return the hits of the query's window, given those of the first answer; many come page after page."""
        if _fits(query):
            return hits
        end, page = None if query.limit is None else query.offset + query.limit, hits
        while len(page) == _PAGE and (end is None or len(hits) < end):
            more = {**body, "track_total_hits": False, "size": _PAGE, "search_after": page[-1]["sort"]}
            page = self._questions.search(more)[0]["hits"]["hits"]
            hits = hits + page
        return hits[query.offset : end]

    def _sort(self, query: Query, *, scored: bool) -> list[Mapping[str, Any]]:
        position = self._by_position()
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

    def _by_position(self) -> list[Mapping[str, Any]]:
        place = {"place": "asc"}
        if not self._manifest.moved:
            return [{"rank": "asc"}, place]
        source = "def moved = params.moved[doc['run'].value]; return moved == null ? doc['rank'].value : moved;"
        script = {"source": source, "params": {"moved": dict(self._manifest.moved)}}
        return [{"_script": {"type": "number", "script": script, "order": "asc"}}, place]

    def _told(
        self, asked: RequestBatch, search: Search, query: Query, first: Mapping[str, Any], counting: Counting
    ) -> tuple[Mapping[str, Any], dict[str, Any], Mapping[str, int]]:
        """Return the first answer, what a page tells beside its hits, and what titles have the words."""
        answer = asked.ask(first, lambda given: given, NONE_FOUND, None)
        facets, unlisted = (
            asked.ask(counting.asked(), counting.facets, _NO_FACETS, size_of) if query.facets else _NO_FACETS
        )
        total = FEW if asked.is_open else int(answer["hits"]["total"]["value"])
        count, selected = asked.count, self._filters.selected(query)
        pairs = [(group, value) for group, values in query.selections for value in values]
        words, conditions = tuple[WordCount, ...](), tuple[ConditionCount, ...]()
        if total < FEW:
            having = ((word.text, count(*selected, search.having([word]))) for word in search.relaxation.corrected)
            words = tuple(WordCount(text, number) for text, number in having)
            conditions = tuple(self._without(asked, search, query))
        told = {
            "facets": facets,
            "unlisted": unlisted,
            "without": {
                (group, value): count(search.found, *self._filters.selected(query.toggle(group, value)))
                for group, value in pairs
            },
            "without_group": {
                group: count(search.found, *self._filters.selected(query, but=group))
                for group, _ in query.selections
                if not total
            },
            "words": words,
            "conditions": conditions,
            "unknown": tuple(
                (group, value) for group, value in pairs if not count(self._filters.with_values(group, (value,)))
            ),
        }
        return answer, told, self._titles(asked, search, selected)

    def _titles(self, asked: RequestBatch, search: Search, selected: Sequence[Filter]) -> Mapping[str, int]:
        """Return how many selected documents each value has whose title has the words."""
        titles, titled = self._layout.schema.titles, search.titled
        if not titles or not titled:
            return {}
        body = _counted(self._questions.held(titled, *selected), f"facet.{titles[0]}")
        return asked.ask(body, _counts, _NO_COUNTS, None)

    def _without(self, asked: RequestBatch, search: Search, query: Query) -> Iterator[ConditionCount]:
        """Yield how many documents would be found without each condition of a query's text."""
        for told in search.told:
            less = self._searched(asked, replace(query, text=told.rest))
            number = asked.count(less.found, *self._filters.selected(query))
            yield ConditionCount(told.text, told.rest, number)

    def _places(self, window: Sequence[Found], query: Query) -> Sequence[str]:
        """Return the values that hits have in the group of their context."""
        if not query.context or query.context not in self._layout.schema.facets:
            return ()
        values = (hit["_source"].get("facet", {}).get(query.context, ()) for hit in window)
        return tuple(dict.fromkeys(value for every in values for value in every))

    def _around(
        self, window: Sequence[Found], places: Sequence[str], titled: Mapping[str, int], search: Search, query: Query
    ) -> tuple[Mapping[str, tuple[str, ...]], Mapping[str, int], Mapping[str, int]]:
        """Return what is stored of what is related to the hits, how many each place has, and under each title."""
        found = self._questions.held(search.found, *self._filters.selected(query))
        group, titles = f"facet.{query.context}", self._layout.schema.titles
        bodies: dict[str, Mapping[str, Any]] = {}
        related: RelatedDocuments | None = None
        if places and query.context:
            bodies["found_in"] = _counted(found, group, places)
            related = RelatedDocuments(window, query.context, places)
            bodies["kin"] = related.asked(self._questions)
        if titles and titled:
            bodies["titled"] = _counted(found, f"facet.{titles[0]}", tuple(titled))
        answers = dict(zip(bodies, self._questions.search(*bodies.values()), strict=True)) if bodies else {}
        counts = _counts(answers.get("found_in", {}))
        return (
            related.read(answers["kin"], self._questions, self._ranks) if related else {},
            {value: counts.get(value, 0) for value in places},
            _counts(answers.get("titled", {})),
        )


def _fits(query: Query) -> bool:
    """Tell whether one answer has all of a query's window."""
    return query.limit is not None and query.offset + query.limit <= _MOST_SKIPPED


def _window_of(query: Query) -> Mapping[str, Any]:
    """Return which hits are to be in the first answer."""
    return {"from": query.offset, "size": query.limit} if _fits(query) else {"size": _PAGE}


def _counted(query: Filter, field: str, values: Sequence[str] = ()) -> Mapping[str, Any]:
    """Return the search for how many documents have each value of a field."""
    only = {"include": list(values)} if values else {}
    return {"size": 0, "query": query, "aggs": {"values": {"terms": {**Counting.TERMS, "field": field, **only}}}}


def _counts(answer: Mapping[str, Any]) -> Mapping[str, int]:
    buckets = answer.get("aggregations", {}).get("values", {}).get("buckets", ())
    return {bucket["key"]: bucket["doc_count"] for bucket in buckets}
