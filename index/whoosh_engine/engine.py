"""The embedded engine: from a query to masks, scores and counts over one snapshot."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from threading import Lock

import numpy as np

from index.analysis import Analyzer
from index.engine import FacetCount, Hit, Results, SearchIndexError
from index.query import Query, wanted
from index.schema import Document, Schema
from index.whoosh_engine import generations, storage
from index.whoosh_engine.snapshot import Mask, Scores, Snapshot, field_names, row
from index.whoosh_engine.storage import Docs, TermStore


class WhooshEngine:
    """An Engine in a folder of its own, shared by threads, and by processes of which one may write at a time."""

    def __init__(self, folder: Path, schema: Schema, analyzer: Analyzer) -> None:
        self._folder = folder
        self._schema = schema
        self._analyzer = analyzer
        self._lock = Lock()
        self._stamp: tuple[int, ...] | None = None
        self._snapshot: Snapshot | None = None
        self._meta: tuple[tuple[int, ...] | None, Mapping[str, object] | None] = (None, None)

    def search(self, query: Query) -> Results:
        """Answer a query from the newest whole generation."""
        snapshot = self._newest()
        if snapshot is None:
            return Results(0, (), {group: _listed({}, query.selected(group)) for group in query.facets})
        words = wanted(query, self._analyzer)
        matching, loosened = _matching(snapshot, words, nothing=bool(query.text.strip()) and not words)
        selected = {group: snapshot.group(group).mask(values, snapshot.count) for group, values in query.selections}
        found = _all_of(matching, selected.values())
        scores = snapshot.scores(_terms(words))
        docs = _window(snapshot, found, scores, query)
        hits = (_hit(snapshot, int(doc), float(scores[doc])) for doc in docs)
        facets = {
            group: _listed(
                snapshot.group(group).counts(
                    _all_of(matching, (selected[other] for other in selected if other != group))
                ),
                query.selected(group),
            )
            for group in query.facets
        }
        return Results(int(np.count_nonzero(found)), tuple(hits), facets, loosened)

    def stored(self, document_id: str) -> str | None:
        """Return what was stored of a document, or None if there is none of that id."""
        snapshot = self._newest()
        doc = snapshot.find(document_id) if snapshot else None
        return None if snapshot is None or doc is None else snapshot.document(doc)[1]

    def meta(self) -> Mapping[str, object] | None:
        """Return what the newest whole generation was written with, None before the first; the same object each time."""
        stamp = generations.stamp(self._folder)
        if stamp != self._meta[0]:
            generation = generations.current(self._folder)
            self._meta = (stamp, generation.meta if generation else None)
        return self._meta[1]

    def replace_all(self, documents: Iterable[Document], meta: Mapping[str, object]) -> None:
        """Write a new generation and swap it in; on any failure the old one stays."""
        rows = (row(document, self._schema) for document in documents)
        generations.publish(
            self._folder, meta, lambda folder: storage.write(folder, field_names(self._schema), ("key", "stored"), rows)
        )

    def close(self) -> None:
        """Close the files; a search after this opens them again."""
        with self._lock:
            if self._snapshot:
                self._snapshot.close()
            self._snapshot = self._stamp = None

    def _newest(self) -> Snapshot | None:
        """Return the current generation, opened once; the one before is let go when its last search is done."""
        stamp = generations.stamp(self._folder)
        if stamp != self._stamp:
            with self._lock:
                self._snapshot = self._opened(stamp)
                self._stamp = stamp
        return self._snapshot

    def _opened(self, stamp: tuple[int, ...] | None) -> Snapshot | None:
        try:
            generation = generations.current(self._folder)
            return Snapshot(TermStore(generation.folder), self._schema) if generation else None
        except SearchIndexError:
            newer = generations.stamp(self._folder)
            if newer == stamp:
                raise
            return self._opened(newer)  # a writer removed it while we opened it: two generations came since


def _matching(snapshot: Snapshot, words: tuple[tuple[str, ...], ...], *, nothing: bool) -> tuple[Mask, bool]:
    """Return which documents have every term; if none has, which have any, and that it was loosened."""
    if nothing:
        return np.zeros(snapshot.count, np.bool_), False
    masks = [snapshot.with_term(term) for term in _terms(words)]
    strict = _all_of(np.ones(snapshot.count, np.bool_), masks)
    if strict.any() or len(masks) < 2:  # noqa: PLR2004  # one term cannot be loosened
        return strict, False
    loose: Mask = np.any(masks, axis=0)
    return loose, bool(loose.any())


def _terms(words: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(term for word in words for term in word))


def _all_of(mask: Mask, others: Iterable[Mask]) -> Mask:
    for other in others:
        mask = mask & other
    return mask


def _window(snapshot: Snapshot, found: Mask, scores: Scores, query: Query) -> Docs:
    """Return the documents of the query's window, in its order."""
    end = None if query.limit is None else query.offset + query.limit
    if query.sort == "position":
        return np.flatnonzero(found).astype(np.int32)[query.offset : end]
    docs = snapshot.newest_first[found[snapshot.newest_first]]
    if query.sort == "relevance":
        docs = _best_first(docs, scores, end)
    return docs[query.offset : end]


def _best_first(docs: Docs, scores: Scores, end: int | None) -> Docs:
    """Return at least the `end` best documents (None: all), best first, ties as they stand."""
    if end is not None and 0 < end < len(docs):
        least = np.partition(scores[docs], len(docs) - end)[len(docs) - end]
        docs = docs[scores[docs] >= least]
    return docs[np.argsort(-scores[docs], kind="stable")]


def _hit(snapshot: Snapshot, doc: int, score: float) -> Hit:
    document_id, stored = snapshot.document(doc)
    return Hit(document_id, score, stored)


def _listed(counts: Mapping[str, int], selected: tuple[str, ...]) -> tuple[FacetCount, ...]:
    """Return the counts as the contract lists them."""
    every = {**dict.fromkeys(selected, 0), **{value: count for value, count in counts.items() if count}}
    every = {value: counts.get(value, 0) for value in every}
    return tuple(
        FacetCount(value, count, value in selected)
        for value, count in sorted(every.items(), key=lambda item: (-item[1], item[0]))
    )
