"""A generation on a cluster as one request sees it: from a query to hits, counts and related documents."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from typing import Any

from index.embedder import EmbeddingError
from index.engine import FEW_HITS, ConditionCount, Coverage, Hit, Results, TitledCount, WordCount
from index.interpretation import near_limit
from index.opensearch_engine import semantic_match
from index.opensearch_engine.batching import NONE_FOUND, BatchedRequests, RequestBatch, total_of
from index.opensearch_engine.embedding import TextVectors, embed
from index.opensearch_engine.filters import Counting, Counts, Filters, counting, counts_in, size_of
from index.opensearch_engine.hits import (
    ClusterHit,
    RelatedDocuments,
    first_window,
    sort_by,
    stored_text,
    whole_window,
)
from index.opensearch_engine.mapping import Layout
from index.opensearch_engine.reasons import reasons
from index.opensearch_engine.search import Matches, Search
from index.opensearch_engine.vectors import GenerationVectors, Model
from index.query import Query
from index.query_parser import QueryParser

_NO_FACETS: Counts = ({}, {})
_NO_COUNTS: Mapping[str, int] = {}


class ClusterReader:
    """A Reader of one generation, shared by threads: what is published later, or written meanwhile, it does not see."""

    def __init__(
        self, requests: BatchedRequests, layout: Layout, parser: QueryParser, model: Callable[[], Model | None]
    ) -> None:
        self._requests = requests
        self._manifest = requests.manifest
        self._layout = layout
        self._filters = Filters(layout.schema)
        self._parser = parser
        self._model = model

    def search(self, query: Query) -> Results:
        """Answer a query."""
        batch = RequestBatch(self._requests)
        search = batch.until_known(lambda: self._scored(batch, query))
        body = self._body(search.matches, query)
        first = {**body, **first_window(query)}
        answer, counts, titled = batch.until_known(lambda: self._counts(batch, search, query, first))
        window = whole_window(self._requests, answer["hits"]["hits"], body, query)
        matches, near = self._near(batch, query, total_of(answer))
        context, found_in, found_titled = self._beside([*window, *near], titled, search)
        return Results(
            total=total_of(answer),
            hits=self._hits(search.matches, window, query),
            near=self._hits(matches, near, query) if matches else (),
            steps=search.interpretation.steps,
            notices=search.notices,
            terms=search.interpretation.terms,
            near_terms=search.interpretation.near_terms,
            meant=search.suggested,
            titled=tuple(TitledCount(value, count, found_titled.get(value, 0)) for value, count in titled.items()),
            context=context,
            found_in=found_in,
            **counts,
        )

    def stored(self, document_id: str) -> str | None:
        """Return what was stored of a document, or None if there is none of that id."""
        query = self._requests.of_generation({"term": {"key": document_id}})
        hits = self._requests.search({"size": 1, "_source": ["stored"], "query": query})[0]["hits"]["hits"]
        return stored_text(hits[0]) if hits else None

    def more_like(self, ids: Sequence[str], group: str, limit: int) -> tuple[Hit, ...]:
        """Return the documents that are most like some by their vectors."""
        with suppress(EmbeddingError):  # an endpoint does not tell which vectors are its own
            return semantic_match.more_like(self._vectors, ids, group, limit) if self._vectors else ()
        return ()

    def similarity(self, ids: Sequence[str], other_ids: Sequence[str], context: str) -> tuple[tuple[float, ...], ...]:
        """Return the cosine of each of some documents to each of others."""
        with suppress(EmbeddingError):
            return semantic_match.similarity(self._vectors, ids, other_ids, context) if self._vectors else ()
        return ()

    def coverage(self) -> Coverage | None:
        """Return how far documents can be found by similarity, None where there is no model."""
        with suppress(EmbeddingError):
            return self._vectors.coverage() if self._vectors else None
        return Coverage(0, self._manifest.documents)

    def embed(self, progress: Callable[[int, int], None]) -> None:
        """Make the vectors that documents lack."""
        if self._vectors:
            embed(self._vectors, progress)

    def stored_vectors(self) -> TextVectors | None:
        """Return the vectors that documents have, by their texts; None without a model."""
        return TextVectors(self._vectors) if self._vectors else None

    def meta(self) -> Mapping[str, object] | None:
        """Return what the generation was written with."""
        return self._manifest.meta if self._manifest.token else None

    @cached_property
    def _vectors(self) -> GenerationVectors | None:
        """What is known by vectors, None where there is no model; asked when the first text is looked for."""
        model = self._model()
        return GenerationVectors(self._requests, model) if model else None

    def _search(self, batch: RequestBatch, query: Query) -> Search:
        return Search(batch, query, self._parser, self._layout, self._manifest, vectors=self._vectors)

    def _scored(self, batch: RequestBatch, query: Query) -> Search:
        """Return a search with its score, as far as all that they ask is known."""
        search = self._search(batch, query)
        if query.limit != 0:  # who counts needs no vector of the text
            _ = search.matches.score
        return search

    def _near(self, batch: RequestBatch, query: Query, total: int) -> tuple[Matches | None, list[ClusterHit]]:
        """Return what is near below the last hit, the best first; nothing where more hits follow."""
        most = near_limit(query, total)
        if not most:
            return None, []

        def scored() -> Matches | None:
            near = self._search(batch, query).near
            _ = near and near.score
            return near

        matches = batch.until_known(scored)
        if matches is None:
            return None, []
        body = {**self._body(matches, replace(query, sort="relevance")), "size": most}
        return matches, self._requests.search(body)[0]["hits"]["hits"]

    def _hits(self, matches: Matches, window: Sequence[ClusterHit], query: Query) -> tuple[Hit, ...]:
        why = reasons(self._requests, matches, self._layout, window) if query.explain and matches.scored else {}
        keys = [(hit["_source"]["key"], hit) for hit in window]
        return tuple(Hit(key, matches.score_of(hit), stored_text(hit), why.get(key, ())) for key, hit in keys)

    def _body(self, matches: Matches, query: Query) -> Mapping[str, Any]:
        """Return the search for what a query finds, in its order."""
        score = matches.score if query.limit != 0 else None
        should = {"should": [score]} if score else {}
        found = self._requests.of_generation(matches.found, *self._filters.selected(query))
        return {
            "track_total_hits": True,
            "track_scores": score is not None,
            "query": {"bool": {"filter": [found], **should}},
            "sort": sort_by(query, self._manifest, scored=score is not None),
            "_source": ["key", "stored", "belongs", *([f"facet.{query.context}"] if query.context else [])],
        }

    def _counts(
        self, batch: RequestBatch, search: Search, query: Query, first: Mapping[str, Any]
    ) -> tuple[Mapping[str, Any], dict[str, Any], Mapping[str, int]]:
        """Return the first answer, the counts among the results, and how many selected documents each title has."""
        answer = batch.ask(first, lambda given: given, NONE_FOUND, None)
        facets, unlisted = _NO_FACETS
        if query.facets:
            of_facets = Counting(self._filters, query, self._requests.of_generation(search.found))
            facets, unlisted = batch.ask(of_facets.body(), of_facets.facets, _NO_FACETS, size_of)
        total = FEW_HITS if batch.is_open else total_of(answer)
        count, selected = batch.count, self._filters.selected(query)
        pairs = [(group, value) for group, values in query.selections for value in values]
        counts = {
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
            "unknown": tuple(
                (group, value) for group, value in pairs if not count(self._filters.with_values(group, (value,)))
            ),
        }
        if total < FEW_HITS:
            interpretation = search.interpretation
            counts["words"] = tuple(
                WordCount(word.text, count(*selected, self._filters.of(word))) for word in interpretation.corrected
            )
            rests = [(one, replace(query, text=one.rest)) for one in interpretation.parsed.condition_texts]
            counts["conditions"] = tuple(
                ConditionCount(one.text, one.rest, count(self._search(batch, rest).found, *selected))
                for one, rest in rests
            )
        titles, titled = search.schema.titles, search.titled
        if not titles or not titled:
            return answer, counts, {}
        body = counting(self._requests.of_generation(titled, *selected), f"facet.{titles[0]}")
        return answer, counts, batch.ask(body, counts_in, _NO_COUNTS, None)

    def _beside(
        self, shown: Sequence[ClusterHit], titled: Mapping[str, int], search: Search
    ) -> tuple[Mapping[str, tuple[str, ...]], Mapping[str, int], Mapping[str, int]]:
        """Return what is stored of what is related to hits, how many are found in each place, and under each title."""
        query, titles = search.query, search.schema.titles
        found = self._requests.of_generation(search.found, *self._filters.selected(query))
        bodies: dict[str, Mapping[str, Any]] = {}
        related: RelatedDocuments | None = None
        if query.context in search.schema.facets:
            related = RelatedDocuments(self._requests, shown, query.context)
        if related and related.places:
            bodies["found_in"] = counting(found, f"facet.{query.context}", related.places)
            bodies["related"] = related.body()
        if titles and titled:
            bodies["titled"] = counting(found, f"facet.{titles[0]}", tuple(titled))
        answers = dict(zip(bodies, self._requests.search(*bodies.values()), strict=True)) if bodies else {}
        counts = counts_in(answers.get("found_in", {}))
        return (
            related.read(answers["related"]) if related and "related" in answers else {},
            {value: counts.get(value, 0) for value in related.places} if related else {},
            counts_in(answers.get("titled", {})),
        )
