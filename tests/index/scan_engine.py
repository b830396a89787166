"""The oracle: an engine that evaluates every query on every document, too simple to be wrong."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import get_args

import numpy as np
from counted import Counted
from numpy.typing import NDArray
from scan import Scan, Scoring
from scan_vectors import Centred, as_stored

from index.analysis import TermKind
from index.embedder import EmbedderMaker, no_embedder
from index.engine import (
    ConditionCount,
    Coverage,
    Engine,
    FacetCount,
    Hit,
    MeantCount,
    OutdatedError,
    Publication,
    Results,
    SearchIndexError,
    StagedSegment,
    TitledCount,
    WordCount,
)
from index.query import Query
from index.query_ast import Key
from index.query_parser import QueryParser
from index.schema import Document, Schema


class ScanEngine(Engine):
    """An Engine over a list in memory. Its reasons give no terms and fields.

    It takes the parser for granted, which makes the query AST, and imports no other rule of the product.
    """

    def __init__(self, schema: Schema, parser: QueryParser, embedder: EmbedderMaker = no_embedder) -> None:
        self.schema = schema
        self.parser = parser
        self.embedder = cache(embedder)
        self.embedded: set[str] = set()
        self._sources: dict[str, list[Counted]] = {}  # in the order of sources
        self.documents: list[Counted] = []
        self.counts = _frequencies([])
        self.related = [tuple(map(self._terms, pair)) for pair in parser.words.related]
        self._staged: dict[Path, dict[str, list[Counted]]] = {}
        self._meta: Mapping[str, object] | None = None
        self._published = 0

    def search(self, query: Query) -> Results:
        scan = Scan(self, query)
        matching = [d for d in self.documents if scan.finds(d)]
        found = [d for d in matching if _is_selected(d, query)]
        first = Scoring(scan, scan.words, matching)
        ordered = self._ordered(found, first, query, query.sort)
        window = ordered[query.offset :] if query.limit is None else ordered[query.offset : query.offset + query.limit]
        counts = {group: self._counts(matching, group, query) for group in query.facets}
        limited = [group for group, _ in query.most_values if group in counts]
        near, second = self._near(scan, query, len(found))
        places = {value for d in (*window, *near) for value in _values(d, query.context)}
        return Results(
            total=len(found),
            hits=tuple(_hit(d, first, query) for d in window),
            near=tuple(_hit(d, second, query) for d in near),
            facets={group: _listed(counts[group], group, query) for group in query.facets},
            unlisted={group: len(counts[group]) - len(_listed(counts[group], group, query)) for group in limited},
            text=scan.text,
            steps=scan.steps,
            notices=scan.notices,
            without_group={
                group: sum(_is_selected(d, query.select(group)) for d in matching)
                for group, _ in query.selections
                if not found
            },
            terms=scan.terms,
            near_terms=scan.near_terms,
            without={
                (group, value): sum(_is_selected(d, query.toggle(group, value)) for d in matching)
                for group, value in _selected_pairs(query)
            },
            words=tuple(self._word_counts(scan, query)) if len(found) < 3 else (),
            conditions=tuple(self._condition_counts(scan, query)) if len(found) < 3 else (),
            meant=tuple(
                MeantCount(
                    typed, meant, sum(_is_selected(d, query) and Key(meant) in d.found_by for d in self.documents)
                )
                for typed, meant in scan.meant
            ),
            unknown=tuple((group, value) for group, value in _selected_pairs(query) if not self._having(group, value)),
            titled=self._titled(scan, query, found),
            context={value: tuple(self._related([*window, *near], query.context, value)) for value in places},
            found_in={place: sum(place in _values(d, query.context) for d in found) for place in places},
        )

    def _word_counts(self, scan: "Scan", query: Query) -> Iterator[WordCount]:
        for word in scan.content_words:
            having = [d for d in self.documents if _is_selected(d, query) and scan.describes(word, d)]
            yield WordCount(word.text, len(having))

    def _condition_counts(self, scan: "Scan", query: Query) -> Iterator[ConditionCount]:
        for condition in scan.conditions:
            less = Scan(self, replace(query, text=condition.rest))
            found = [d for d in self.documents if _is_selected(d, query) and less.finds(d)]
            yield ConditionCount(condition.text, condition.rest, len(found))

    def _titled(self, scan: "Scan", query: Query, found: list["Counted"]) -> tuple[TitledCount, ...]:
        if not self.schema.titles or not scan.content_words:
            return ()
        group, field = self.schema.titles
        having = [d for d in self.documents if _is_selected(d, query) and scan.has_in(field, scan.content_words, d)]
        counts = Counter(value for d in having for value in set(d.document.facets.get(group, ())))
        own = Counter(value for d in found for value in set(d.document.facets.get(group, ())))
        return tuple(TitledCount(v, n, own[v]) for v, n in sorted(counts.items(), key=lambda i: (-i[1], i[0])))

    def _having(self, group: str | None, value: str) -> list[str]:
        return [d.document.stored for d in self.documents if value in _values(d, group)]

    def _related(self, window: list["Counted"], group: str | None, value: str) -> Iterator[str]:
        hits = {d.document.id for d in window}
        wanted = hits.union(*(d.document.parents for d in window))
        for d in self.documents:
            if value in _values(d, group) and (d.document.id in wanted or hits & {*d.document.parents}):
                yield d.document.stored

    def stored(self, document_id: str) -> str | None:
        return next((d.document.stored for d in self.documents if d.document.id == document_id), None)

    def meta(self) -> Mapping[str, object] | None:
        return self._meta

    def more_like(self, ids: Sequence[str], group: str, limit: int) -> tuple[Hit, ...]:
        embedder = self.embedder()
        having = [d.document for d in self.documents if d.document.passage in self.embedded]
        some = [d.document for d in self.documents if d.document.id in ids]
        rows = [row for row, document in enumerate(having) if document.id in ids]
        if not embedder or not rows:
            return ()
        centred = Centred(embedder.passages([document.passage for document in having]))
        cosines = centred.cosines(centred.vectors[rows].mean(axis=0).astype(np.float32))[0].tolist()
        taken = {value for document in some for value in document.facets.get(group, ())}
        others = [
            (cosine, document)
            for cosine, document in zip(cosines, having, strict=True)
            if 0.25 <= cosine < 0.97  # a copy has more
            and document.id not in ids
            and not taken & set(document.facets.get(group, ()))
        ]
        nearest = sorted(others, key=lambda pair: -pair[0])[:limit]
        return tuple(Hit(document.id, cosine, document.stored) for cosine, document in nearest)

    def similarity(self, ids: Sequence[str], other_ids: Sequence[str], context: str) -> tuple[tuple[float, ...], ...]:
        embedder = self.embedder()
        having = {d.document.id: d.document for d in self.documents if d.document.passage in self.embedded}
        if not embedder or not ids or not other_ids or not {*ids, *other_ids} <= having.keys():
            return ()
        stored = as_stored(embedder.passages([document.passage for document in having.values()]))
        vectors = dict(zip(having, stored, strict=True))
        mean = np.mean([*vectors.values()], axis=0)

        def away(each: str) -> NDArray[np.float64]:
            value = having[each].facets.get(context)
            place = [vectors[key] for key, other in having.items() if value and other.facets.get(context) == value]
            differs = vectors[each] - np.mean([*place, mean, mean, mean], axis=0)
            return differs / max(np.linalg.norm(differs), 0.05)

        return tuple(tuple(round(float(away(one) @ away(other)), 6) for other in other_ids) for one in ids)

    def coverage(self) -> Coverage | None:
        wanted = [d.document.passage for d in self.documents if d.document.passage]
        return Coverage(sum(text in self.embedded for text in wanted), len(wanted)) if self.embedder() else None

    def embed(self, progress: Callable[[int, int], None], most: int | None = None) -> bool:  # noqa: ARG002  # makes all
        if self.embedder():
            self.embedded = {d.document.passage for d in self.documents} - {""}
            progress(len(self.documents), len(self.documents))
        return True

    def snapshot(self) -> "ScanEngine":
        return copy(self)  # publish changes no list, it makes new ones

    def damage(self) -> str | None:
        return None

    def stamp(self) -> object:
        return self._published

    def publish(self, publication: Publication, since: object = None) -> None:
        if since not in (None, self._published):
            raise OutdatedError(Path("memory"))
        given = {source: self._counted(documents) for source, documents in publication.replaced.items()}
        known = (
            self._sources
            | {source: d for stage in publication.staged for source, d in self._staged[stage.folder].items()}
            | given
        )
        if unknown := (set(publication.order) - known.keys()) | (given.keys() - set(publication.order)):
            raise SearchIndexError(f"{min(unknown)}: neither given nor held, or without a place")
        self._sources = {source: known[source] for source in publication.order}
        self.documents = [document for documents in self._sources.values() for document in documents]
        self.counts = _frequencies(self.documents)
        self._meta = publication.meta
        self._published += 1

    @contextmanager
    def staging(self) -> Iterator["ScanEngine"]:
        self._staged = {}
        yield self

    def write(self, given: Iterable[tuple[str, Iterable[Document]]]) -> StagedSegment:
        written = {source: self._counted(documents) for source, documents in given}
        stage = StagedSegment(Path(str(len(self._staged))), tuple((source, len(d)) for source, d in written.items()))
        self._staged[stage.folder] = written
        return stage

    def _counted(self, documents: Iterable[Document]) -> list[Counted]:
        finding = tuple(text.name for text in self.schema.texts if not text.score_only)
        return [Counted(document, finding) for document in documents]

    def _terms(self, text: str) -> list[str]:
        return [each.normalized for each in self.parser.words.analyzer.morphemes(text) if each.is_content]

    def memory(self) -> int:
        return 0

    def merge(self) -> None:
        pass

    def _near(self, scan: "Scan", query: Query, total: int) -> tuple[list["Counted"], "Scoring"]:
        """Return the near documents below the last hit, ranked, and their scoring."""
        limit = query.limit or 0
        last = limit and query.offset < max(total, 1) <= query.offset + limit
        near = scan.near([d for d in self.documents if _is_selected(d, query)]) if last else []
        scoring = Scoring(scan, scan.loosest, near)
        return self._ordered(near, scoring, query, "relevance")[: min(limit, 20)], scoring

    def _ordered(self, found: list["Counted"], scoring: "Scoring", query: Query, sort: str) -> list["Counted"]:
        group, values = query.last or ("", ())
        return sorted(self._sorted(found, scoring, sort), key=lambda d: bool({*values} & {*_values(d, group)}))

    def _sorted(self, found: list["Counted"], scoring: "Scoring", sort: str) -> list["Counted"]:
        if sort == "position":
            return found
        newest_first = sorted(found, key=lambda d: d.document.date or "", reverse=True)
        if sort == "boost":
            return sorted(newest_first, key=lambda d: -d.document.boost)
        if sort == "old":
            return sorted(found, key=lambda d: d.document.date or "later than any")
        return newest_first if sort == "new" else sorted(newest_first, key=lambda d: -scoring.score(d))

    def _counts(self, matching: list["Counted"], group: str, query: Query) -> tuple[FacetCount, ...]:
        counts = dict.fromkeys(query.selected(group), 0)
        others = query if group in query.match_all else query.select(group)
        for counted in matching:
            if _is_selected(counted, others):
                for value in set(counted.document.facets.get(group, ())):
                    counts[value] = counts.get(value, 0) + 1
        listed = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        return tuple(FacetCount(value, count, value in query.selected(group)) for value, count in listed)


def _frequencies(documents: Iterable[Counted]) -> dict[TermKind, Counter[str]]:
    """Return the number of documents that each term finds, by its kind."""
    counts: dict[TermKind, Counter[str]] = {kind: Counter() for kind in get_args(TermKind)}
    for key in (key for d in documents for key in d.found_by):
        counts[key.kind][key.text] += 1
    return counts


def _hit(counted: "Counted", scoring: "Scoring", query: Query) -> Hit:
    document = counted.document
    return Hit(document.id, scoring.score(counted), document.stored, scoring.reasons(counted) if query.explain else ())


def _values(counted: "Counted", group: str | None) -> tuple[str, ...]:
    return tuple(counted.document.facets.get(group or "", ()))


def _listed(counts: tuple[FacetCount, ...], group: str, query: Query) -> tuple[FacetCount, ...]:
    most = dict(query.most_values).get(group, len(counts))
    return tuple(count for place, count in enumerate(counts) if place < most or count.selected)


def _selected_pairs(query: Query) -> list[tuple[str, str]]:
    return [(group, value) for group, values in query.selections for value in values]


def _is_selected(counted: Counted, query: Query) -> bool:
    facets = counted.document.facets
    return all(
        set(values) <= set(facets.get(group, ()))
        if group in query.match_all
        else set(values) & set(facets.get(group, ()))
        for group, values in query.selections
    )
