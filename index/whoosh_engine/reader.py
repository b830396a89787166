"""Answers requests from one generation: searches, stored documents, and similar documents."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from index.engine import FEW_HITS, ConditionCount, Hit, MeantCount, Results, TitledCount, WordCount
from index.query import Query
from index.query_ast import Key
from index.query_correction import did_you_mean
from index.query_parser import QueryParser
from index.schema import Schema
from index.similarity import DocumentVectors, Similarity
from index.whoosh_engine.docs import Docs, both, either, less
from index.whoosh_engine.generations import Generation
from index.whoosh_engine.search import Ranked, Search
from index.whoosh_engine.snapshot import Snapshot
from index.whoosh_engine.vectors import VectorStore


class WhooshReader:
    """A Reader of one generation, shared by threads."""

    def __init__(
        self,
        generation: Generation | None,
        schema: Schema,
        parser: QueryParser,
        vectors: Callable[[], VectorStore | None],
    ) -> None:
        self.snapshot = Snapshot(generation or Generation("", (), (), {}), schema)
        self._meta = generation.meta if generation else None
        self._parser = parser
        self._vectors = vectors  # called when a query needs them: opening the model takes a second

    def search(self, query: Query) -> Results:
        """Answer a query."""
        snapshot = self.snapshot
        search = self._search(query)
        interpretation, selections = search.interpretation, search.selections
        total = len(selections.hits)
        window, near = search.window, search.near
        most = dict(query.most_values)
        counts = {
            group: snapshot.group(group).listed(selections.counted(group), query.selected(group), most.get(group))
            for group in query.facets
        }
        shown = np.sort(np.concatenate([window.docs, near.docs]))
        context = snapshot.group(query.context) if query.context else None
        places = context.docs_by_value(context.counts(shown)) if context else {}
        related = snapshot.related(shown, either((shown, *places.values()))) if places else shown
        documents = snapshot.stored(related)  # the shown documents are among the related ones
        return Results(
            total=total,
            hits=_hits(window, documents),
            near=_hits(near, documents),
            facets={group: listed for group, (listed, _) in counts.items()},
            unlisted={group: unlisted for group, (_, unlisted) in counts.items() if group in most},
            steps=interpretation.steps,
            notices=search.notices,
            terms=interpretation.terms,
            near_terms=interpretation.near_terms,
            without=selections.without_value,
            without_group={} if total else selections.without_group,
            words=self._word_counts(search) if total < FEW_HITS else (),
            conditions=self._condition_counts(search, query) if total < FEW_HITS else (),
            meant=tuple(
                MeantCount(typed, meant, len(selections.only(snapshot.term(Key(meant)).finds)))
                for typed, meant in did_you_mean(interpretation.corrected, search.matching)
            ),
            unknown=selections.unknown,
            titled=self._titled(search),
            context={
                value: tuple(documents[doc][1] for doc in snapshot.by_position(both(docs, related)).tolist())
                for value, docs in places.items()
            },
            found_in={value: len(both(docs, selections.hits)) for value, docs in places.items()},
        )

    def stored(self, document_id: str) -> str | None:
        """Return the stored text of a document, or None if no document has that id."""
        doc = self.snapshot.find(document_id)
        return None if doc is None else self.snapshot.stored(np.array([doc], np.int32))[doc][1]

    def more_like(self, ids: Sequence[str], group: str, limit: int) -> tuple[Hit, ...]:
        """Return the documents nearest to the mean vector of the given ones, with their cosine as score."""
        snapshot, vectors = self.snapshot, self._document_vectors()
        if vectors is None:
            return ()
        docs = np.unique(np.array([doc for doc in map(snapshot.find, ids) if doc is not None], np.int32))
        rows = np.flatnonzero(np.isin(vectors.docs, docs)).astype(np.int32)
        if not len(rows):
            return ()
        similarity = Similarity(vectors, vectors.index.mean(rows))
        values = snapshot.group(group)
        excluded = either((docs, values.docs_with(values.counts(docs))))
        found = similarity.found(snapshot.mask(less(snapshot.all_docs, excluded)), copies=False)[:limit]
        return _hits(Ranked(found, similarity.of(found)[0], ()), snapshot.stored(found))

    def similarity(self, ids: Sequence[str], other_ids: Sequence[str], context: str) -> tuple[tuple[float, ...], ...]:
        """Return a row of cosines for each of `ids`, to each of `other_ids`; nothing if any has no vector."""
        vectors = self._document_vectors()
        if vectors is None:
            return ()
        docs, other_docs = ([self.snapshot.find(each) for each in group] for group in (ids, other_ids))
        if not docs or not other_docs or None in (*docs, *other_docs):
            return ()
        rows, other_rows = (vectors.rows[np.array(each, np.int32)] for each in (docs, other_docs))
        if min(rows.min(), other_rows.min()) < 0:
            return ()
        group = self.snapshot.group(context)
        values = group.counts(np.unique(vectors.docs[np.concatenate([rows, other_rows])]))
        in_context = [vectors.rows.take(docs) for docs in group.docs_by_value(values).values()]
        contexts = [with_vector[with_vector >= 0] for with_vector in in_context]
        cosines = vectors.index.contextual_cosines(rows, other_rows, contexts, vectors.index.centring.mean)
        return tuple(map(tuple, cosines.tolist()))

    def meta(self) -> Mapping[str, object] | None:
        """Return the JSON object that the generation was written with, or None before the first."""
        return self._meta

    def _search(self, query: Query) -> Search:
        return Search(self.snapshot, query, self._parser, self._vectors)

    def _word_counts(self, search: Search) -> tuple[WordCount, ...]:
        words = search.interpretation.corrected
        return tuple(WordCount(word.text, len(search.selections.only(search.matching.of(word)))) for word in words)

    def _condition_counts(self, search: Search, query: Query) -> tuple[ConditionCount, ...]:
        def matches(text: str) -> Docs:
            return self._search(replace(query, text=text)).matches if text else self.snapshot.all_docs

        conditions = search.interpretation.parsed.condition_texts
        return tuple(
            ConditionCount(each.text, each.rest, len(search.selections.only(matches(each.rest)))) for each in conditions
        )

    def _titled(self, search: Search) -> tuple[TitledCount, ...]:
        titles = self.snapshot.schema.titles
        if not titles:
            return ()
        group = self.snapshot.group(titles[0])
        listed, _ = group.listed(search.selections.only(search.titled))
        found = group.counts(search.selections.hits) if listed else {}
        return tuple(TitledCount(value, count, found.get(value, 0)) for value, count, *_ in listed)

    def _document_vectors(self) -> DocumentVectors | None:
        store = self._vectors()
        return store.of(self.snapshot).vectors if store else None


def _hits(ranked: Ranked, documents: Mapping[int, tuple[str, str]]) -> tuple[Hit, ...]:
    """Return ranked documents as hits; `documents` has their ids and stored texts."""
    reasons = ranked.reasons or [()] * len(ranked.docs)
    stored = [documents[doc] for doc in ranked.docs.tolist()]
    return tuple(
        Hit(key, score, text, why)
        for (key, text), score, why in zip(stored, ranked.scores.tolist(), reasons, strict=True)
    )
