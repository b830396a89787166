"""The engine on a cluster, and the reader of a generation: from a query to hits, counts and related documents."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from functools import cache, cached_property
from itertools import islice
from pathlib import Path
from typing import Any

from index import engine
from index.embedder import EmbedderMaker, EmbeddingError, no_embedder
from index.engine import Coverage, Engine, Hit, Publication, Results, SearchIndexError, near_limit
from index.opensearch_engine import layout, publishing
from index.opensearch_engine.connection import MAX_ANSWER, Address, ClusterError, Connection
from index.opensearch_engine.generations import CACHE_SIZE, EMPTY, Generation, read_manifest, read_state
from index.opensearch_engine.layout import Layout, all_of, any_of, matching, received, with_keys, with_values
from index.opensearch_engine.search import EXPLAINED, Search, Tier
from index.opensearch_engine.vectors import GenerationVectors
from index.query import Query
from index.query_parser import QueryParser, QueryParserMaker
from index.ranking import DECIMALS
from index.schema import Schema

_MAX_WINDOW = 10_000  # documents up to the end of a window, a cluster's own limit; more are read page after page
_MAX_KEYS = 30_000  # in one filter; a cluster takes twice as many
_POSITION: list[Mapping[str, Any]] = [{"rank": "asc"}, {"place": "asc"}]


class OpenSearchEngine(Engine):
    """An Engine on a cluster, shared by threads and machines; one of them may write at a time."""

    def __init__(
        self,
        address: Address,
        folder: Path,
        schema: Schema,
        parser: QueryParserMaker,
        embedder: EmbedderMaker = no_embedder,
    ) -> None:
        self._address = address
        self._folder = folder  # of staged segments
        self._layout = Layout(schema)
        self._parser = parser
        self._embedder = cache(embedder)
        # Replaced without a lock, at which threads would wait one after another for a silent cluster.
        self._reader: tuple[tuple[str, int] | None, ClusterReader] | None = None

    def snapshot(self) -> "ClusterReader":
        """Return a reader of the newest whole generation, cached until the next one. Raises SearchIndexError."""
        address, cached = self._address, self._reader
        stored = read_state(self._connection, address.index)
        stamp = stored.stamp if stored and stored.state.generation else None
        if cached is None or cached[0] != stamp:
            index, manifest = "", EMPTY
            if stored and stamp:
                if stored.state.layout != self._layout.version:
                    raise SearchIndexError("{0}: another version of kb made it; run `kb sync`", address)
                index, manifest = stored.index, read_manifest(self._connection, *stamp)
            generation = Generation(self._connection, index, manifest, self._layout.schema)
            parser = self._parser(manifest.meta if manifest.token else None)
            cached = self._reader = stamp, ClusterReader(generation, parser, self._embedder)
        return cached[1]

    def damage(self) -> str | None:
        """Return None: a cluster keeps copies of its shards and answers from whole ones."""
        return None

    def coverage(self) -> Coverage | None:
        """Return how many documents have a vector, or None without a model."""
        reader = self.snapshot()
        with suppress(EmbeddingError):  # an endpoint that does not answer cannot tell which vectors are its own
            return reader.vectors.coverage() if reader.vectors else None
        return Coverage(0, reader.documents)

    def embed(self, progress: Callable[[int, int], None], most: int | None = None) -> bool:
        """Make the vectors that documents lack."""
        vectors = self.snapshot().vectors
        return vectors is None or vectors.embed(progress, most)

    def stamp(self) -> tuple[str, int]:
        """Return a value that changes with each generation."""
        stored = read_state(self._connection, self._address.index)
        return stored.stamp if stored else (publishing.first_index(self._address), 0)

    def publish(self, publication: Publication, since: object = None) -> None:
        """Write a new generation and swap it in; if it replaces a whole large index, to a new index."""
        publishing.publish(publication, since, self._connection, self._layout)

    def staging(self) -> AbstractContextManager[publishing.LineStaging]:
        """Give a writer of staged segments, in a folder of this machine."""
        return publishing.staging(self._folder, self._layout.schema)

    def memory(self) -> int:
        """Return the most memory, in bytes, that answering takes here: cached answers, and one being read."""
        return CACHE_SIZE + MAX_ANSWER

    def merge(self) -> None:
        """Delete the documents that belong to no generation any more."""
        publishing.tidy(self._connection, self._address.index)

    @cached_property
    def _connection(self) -> Connection:
        return Connection(self._address)


class ClusterReader:
    """An IndexReader of one generation, shared by threads."""

    def __init__(self, generation: Generation, parser: QueryParser, embedder: EmbedderMaker) -> None:
        self._generation = generation
        self._parser = parser
        self._embedder = embedder
        self.documents = generation.manifest.documents

    def search(self, query: Query) -> Results:
        """Answer a query."""
        search = Search(self._generation, query, self._parser, self.vectors)
        body = self._body(search.found_tier, query)
        facets_body = layout.facets_body(query, self._generation.filtered(search.found))
        answer, facets = self._generation.search(body, facets_body)
        hits, total = answer["hits"]["hits"], int(answer["hits"]["total"]["value"])
        if not _fits(query):
            end = None if query.limit is None else query.offset + query.limit
            hits = list(islice(self._generation.every({**body, "track_total_hits": False}), query.offset, end))
        limit, near = near_limit(query, total), list[Any]()
        if tier := search.near_tier if limit else None:
            near = self._generation.hits(self._body(tier, replace(query, sort="relevance", offset=0, limit=limit)))
        listed, unlisted = layout.facet_counts(query, facets)
        return Results(
            total=total,
            hits=_hits(search.found_tier, hits, query),
            near=_hits(tier, near, query) if tier else (),
            facets=listed,
            unlisted=unlisted,
            text=search.interpretation.text,
            steps=search.interpretation.steps,
            notices=search.notices,
            terms=search.interpretation.terms,
            near_terms=search.interpretation.near_terms,
            meant=search.suggestions(),
            titled=self._titled(search),
            **self._counts(search, total),
            **self._related(search, [*hits, *near]),
        )

    def stored(self, document_id: str) -> str | None:
        """Return the stored text of a document, or None if no document has that id."""
        query = self._generation.filtered(with_keys([document_id]))
        hits = self._generation.hits({"size": 1, "_source": ["stored"], "query": query})
        return _stored_text(hits[0]) if hits else None

    def more_like(self, ids: Sequence[str], group: str, limit: int) -> tuple[Hit, ...]:
        """Return the documents nearest to the mean vector of the given ones."""
        with suppress(EmbeddingError):  # an endpoint that does not answer cannot tell which vectors are its own
            vectors = self.vectors.answering() if self.vectors else None
            return vectors.more_like(ids, group, limit) if vectors else ()
        return ()

    def similarity(self, ids: Sequence[str], other_ids: Sequence[str], context: str) -> tuple[tuple[float, ...], ...]:
        """Return a row of cosines for each of `ids`, to each of `other_ids`."""
        with suppress(EmbeddingError):
            vectors = self.vectors.answering() if self.vectors else None
            return vectors.similarity(ids, other_ids, context) if vectors else ()
        return ()

    def meta(self) -> Mapping[str, object] | None:
        """Return the JSON object that the generation was written with, or None before the first."""
        manifest = self._generation.manifest
        return manifest.meta if manifest.token else None

    @cached_property
    def vectors(self) -> GenerationVectors | None:
        """The vectors of the generation, None without a model; the first text that is compared loads the model."""
        embedder = self._embedder()
        return GenerationVectors(self._generation, embedder) if embedder else None

    def _body(self, tier: Tier, query: Query) -> dict[str, Any]:
        """Return the search for the window of a tier."""
        score = tier.score if query.limit != 0 else None
        scored = {"should": [score]} if score else {}
        extra = [*([f"facet.{query.context}"] if query.context else []), *(EXPLAINED if query.explain else [])]
        newest = [{"date": {"order": "desc", "missing": "_last"}}, *_POSITION]
        orders = {
            "position": _POSITION,
            "old": [{"date": {"order": "asc", "missing": "_last"}}, *_POSITION],
            "boost": [{"boost": "desc"}, *newest],
            "relevance": [{"_score": "desc"}, *newest] if score else newest,
        }
        return {
            "from": query.offset if _fits(query) else 0,
            "size": query.limit if _fits(query) else 0,
            "track_total_hits": True,
            "track_scores": score is not None,
            "query": {"bool": {"filter": [self._generation.filtered(tier.documents)], **scored}},
            "sort": [*layout.order_of_last(query), *orders.get(query.sort, newest)],
            "_source": ["key", "stored", "belongs", *extra],
        }

    def _counts(self, search: Search, total: int) -> dict[str, Any]:
        """Return the counts without selections, and those of words and conditions if few documents are found."""
        query, selected, counts = search.query, search.selected, self._generation.counts
        pairs = [(group, value) for group, values in query.selections for value in values]
        groups = [group for group, _ in query.selections if not total]
        words = search.interpretation.content_words if total < engine.FEW_HITS else ()
        conditions = search.interpretation.parsed.condition_texts if total < engine.FEW_HITS else ()
        without = (replace(query, text=one.rest) for one in conditions)
        rests = (Search(self._generation, rest, self._parser, self.vectors).found for rest in without)
        known = iter(
            counts(
                *(with_values(group, [value]) for group, value in pairs),
                *(all_of((search.found, *layout.selected(query.toggle(*pair)))) for pair in pairs),
                *(all_of((search.found, *layout.selected(query, but=group))) for group in groups),
                *(all_of((matching(word), *selected)) for word in words),
                *(all_of((rest, *selected)) for rest in rests),
            )
        )
        return {
            "unknown": tuple(pair for pair in pairs if not next(known)),
            "without": {pair: next(known) for pair in pairs},
            "without_group": {group: next(known) for group in groups},
            "words": tuple(engine.WordCount(word.text, next(known)) for word in words),
            "conditions": tuple(engine.ConditionCount(one.text, one.rest, next(known)) for one in conditions),
        }

    def _titled(self, search: Search) -> tuple[engine.TitledCount, ...]:
        if not self._generation.schema.titles or not search.titled:
            return ()
        group = self._generation.schema.titles[0]
        titles = self._generation.values(group, search.titled, *search.selected)
        counts = self._generation.values(group, search.found, *search.selected, among=titles) if titles else {}
        return tuple(engine.TitledCount(title, count, counts.get(title, 0)) for title, count in titles.items())

    def _related(self, search: Search, shown: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Return the related documents of hits by place (`Results.context`), and the found documents of each place."""
        group = search.query.context
        values = (value for hit in shown for value in hit["_source"].get("facet", {}).get(group, ()))
        places: dict[str, list[str]] = {value: [] for value in values}
        if not places:
            return {}
        counts = self._generation.values(group, search.found, *search.selected, among=places)
        keys = {hit["_source"]["key"] for hit in shown}
        parents = {key for hit in shown for key in hit["_source"]["belongs"]}
        related = [with_values(group, [*places])]
        if len(keys) + len(parents) < _MAX_KEYS:
            related.append(any_of((with_keys({*keys, *parents}), {"terms": {"belongs": [*keys]}})))
        source, query = ["stored", "key", "belongs", f"facet.{group}"], self._generation.filtered(*related)
        for hit in self._generation.every({"query": query, "_source": source, "sort": _POSITION}):
            if hit["_source"]["key"] in keys | parents or keys & {*hit["_source"]["belongs"]}:
                for place in places.keys() & {*hit["_source"]["facet"][group]}:
                    places[place].append(_stored_text(hit))
        return {
            "context": {place: tuple(texts) for place, texts in places.items()},
            "found_in": {place: counts.get(place, 0) for place in places},
        }


def _fits(query: Query) -> bool:
    """Return whether one answer has all of a query's window."""
    return query.limit is not None and query.offset + query.limit <= _MAX_WINDOW


def _hits(tier: Tier, hits: Sequence[Mapping[str, Any]], query: Query) -> tuple[Hit, ...]:
    found = ((hit, round(float(hit["_score"] or 0.0), DECIMALS)) for hit in hits)  # a text without words has no score
    return tuple(
        Hit(hit["_source"]["key"], score, _stored_text(hit), tier.reasons(hit) if query.explain else ())
        for hit, score in found
    )


def _stored_text(hit: Mapping[str, Any]) -> str:
    """Return the stored text of a hit. Raises ClusterError if there is none."""
    try:
        return received(hit["_source"]["stored"])
    except (LookupError, TypeError, ValueError) as error:
        raise ClusterError("a document lacks its stored text; give kb an index of its own") from error
