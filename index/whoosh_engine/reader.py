"""A generation as one request sees it: from a query to documents, scores and counts."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import repeat
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from index.engine import FEW_HITS, ConditionCount, Hit, MeantCount, Reason, Results, TitledCount, WordCount
from index.interpretation import near_limit
from index.query import Query
from index.query_ast import Key
from index.query_correction import did_you_mean
from index.query_parser import QueryParser
from index.ranking import PLACES
from index.schema import Schema
from index.similarity import DocumentVectors, Similarity
from index.whoosh_engine.docs import NONE, Docs, both, either, least, less
from index.whoosh_engine.facets import Selections
from index.whoosh_engine.generations import Generation
from index.whoosh_engine.search import Search
from index.whoosh_engine.segments import Segments
from index.whoosh_engine.snapshot import Scores, Snapshot
from index.whoosh_engine.vectors import VectorStore

Reasons: TypeAlias = Callable[[Docs], Iterable[tuple[Reason, ...]]]


class WhooshReader:
    """A Reader of one generation, shared by threads."""

    def __init__(
        self,
        generation: Generation | None,
        schema: Schema,
        parser: QueryParser,
        vectors: Callable[[], VectorStore | None],
    ) -> None:
        self.snapshot = Snapshot(Segments(generation or Generation("", (), (), {})), schema)
        self._meta = generation.meta if generation else None
        self._parser = parser
        self._vectors = vectors

    def search(self, query: Query) -> Results:
        """Answer a query."""
        snapshot = self.snapshot
        search = Search(snapshot, query, self._parser, self._vectors)
        selections = Selections(snapshot.group, query, search.matches)
        total = len(selections.hits)
        docs, scores = _window(snapshot, selections.hits, search, query)
        near, near_scores, near_reasons = _near(snapshot, search, selections, query)
        most = dict(query.most_values)
        counts = {
            group: snapshot.group(group).listed(selections.counted(group), query.selected(group), most.get(group))
            for group in query.facets
        }
        shown = np.sort(np.concatenate([docs, near]))
        context = snapshot.group(query.context) if query.context else None
        places = context.having(context.counts(shown)) if context else {}
        related = snapshot.related(shown, either((shown, *places.values()))) if places else shown
        documents = snapshot.documents_of(related)  # a hit is among its related documents
        reasons = search.scoring.reasons if query.explain and len(docs) else _no_reasons
        return Results(
            total=total,
            hits=tuple(_hits(documents, docs, scores, reasons)),
            near=tuple(_hits(documents, near, near_scores, near_reasons)),
            facets={group: listed for group, (listed, _) in counts.items()},
            unlisted={group: unlisted for group, (_, unlisted) in counts.items() if group in most},
            steps=search.interpretation.steps,
            notices=search.notices,
            terms=search.interpretation.terms,
            near_terms=search.interpretation.near_terms,
            without=selections.without_value,
            without_group={} if total else selections.without_group,
            words=self._word_counts(search, selections) if total < FEW_HITS else (),
            conditions=self._condition_counts(search, selections, query) if total < FEW_HITS else (),
            meant=tuple(
                MeantCount(typed, meant, len(selections.of(snapshot.term(Key(meant)).finds)))
                for typed, meant in did_you_mean(search.interpretation.corrected, search.terms)
            ),
            unknown=selections.unknown,
            titled=_titled(snapshot, search, selections),
            context={
                value: tuple(documents[doc][1] for doc in snapshot.by_position(both(own, related)).tolist())
                for value, own in places.items()
            },
            found_in={value: len(both(own, selections.hits)) for value, own in places.items()},
        )

    def _word_counts(self, search: Search, selections: Selections) -> tuple[WordCount, ...]:
        words = search.interpretation.corrected
        return tuple(WordCount(word.text, len(selections.of(search.matching.of(word)))) for word in words)

    def _condition_counts(self, search: Search, selections: Selections, query: Query) -> tuple[ConditionCount, ...]:
        def found(text: str) -> Docs:
            if not text:
                return self.snapshot.everything
            return Search(self.snapshot, replace(query, text=text), self._parser, self._vectors).matches

        conditions = search.interpretation.parsed.condition_texts
        return tuple(ConditionCount(one.text, one.rest, len(selections.of(found(one.rest)))) for one in conditions)

    def stored(self, document_id: str) -> str | None:
        """Return what was stored of a document, or None if there is none of that id."""
        snapshot = self.snapshot
        doc = snapshot.find(document_id)
        return None if doc is None else snapshot.documents_of(np.array([doc], np.int32))[doc][1]

    def more_like(self, ids: Sequence[str], group: str, limit: int) -> tuple[Hit, ...]:
        """Return the documents that are most like some by their vectors."""
        snapshot, vectors = self.snapshot, self._document_vectors()
        if vectors is None:
            return ()
        docs = np.unique(np.array([doc for doc in map(snapshot.find, ids) if doc is not None], np.int32))
        rows = np.flatnonzero(np.isin(vectors.docs, docs)).astype(np.int32)
        if not len(rows):
            return ()
        similarity = Similarity(vectors, vectors.index.mean(rows))
        values = snapshot.group(group)
        same = either((docs, values.having_any(values.counts(docs))))
        found = similarity.found(snapshot.mask(less(snapshot.everything, same)), copies=False)[:limit]
        return tuple(_hits(snapshot.documents_of(found), found, similarity.of(found)[0], _no_reasons))

    def similarity(self, ids: Sequence[str], other_ids: Sequence[str], context: str) -> tuple[tuple[float, ...], ...]:
        """Return the cosine of each of some documents to each of others; none where one has no vector."""
        snapshot, vectors = self.snapshot, self._document_vectors()
        if vectors is None:  # before each document is looked for
            return ()
        docs, others_docs = ([snapshot.find(each) for each in one] for one in (ids, other_ids))
        if not docs or not others_docs or None in (*docs, *others_docs):
            return ()
        rows, others_rows = (vectors.rows[np.array(each, np.int32)] for each in (docs, others_docs))
        if min(rows.min(), others_rows.min()) < 0:
            return ()
        group = snapshot.group(context)
        values = group.counts(np.unique(vectors.docs[np.concatenate([rows, others_rows])]))
        places = (own[own >= 0] for own in map(vectors.rows.take, group.having(values).values()))
        return tuple(
            map(
                tuple, vectors.index.contextual_cosines(rows, others_rows, places, vectors.index.centring.mean).tolist()
            )
        )

    def _document_vectors(self) -> DocumentVectors | None:
        store = self._vectors()
        return store.of(self.snapshot).vectors if store else None

    def meta(self) -> Mapping[str, object] | None:
        """Return what the generation was written with, None before the first."""
        return self._meta


def _window(snapshot: Snapshot, found: Docs, search: Search, query: Query) -> tuple[Docs, Scores]:
    """Return the documents of the query's window, in its order, and their scores."""
    if query.limit == 0:  # who counts needs no vector of the text
        return NONE, np.zeros(0)
    end = None if query.limit is None else query.offset + query.limit
    places = snapshot.places(query.sort).take(found)
    by_score = query.sort == "relevance" and search.has_scores
    if by_score or query.sort == "boost":
        ranks = search.scores(found) if by_score else snapshot.boosts.take(found)
        order = least(_by_score(places, ranks, snapshot.size), end)[query.offset :]
        docs = found.take(order)
        return docs, np.round(ranks.take(order) if by_score else search.scores(docs), PLACES)
    docs = found.take(least(places, end)[query.offset :])
    return docs, np.round(search.scores(docs), PLACES)


def _near(snapshot: Snapshot, search: Search, selections: Selections, query: Query) -> tuple[Docs, Scores, Reasons]:
    """Return what is near below the last hit, the best first, the scores, and why; nothing where more hits follow."""
    most = near_limit(query, len(selections.hits))
    docs = search.near(selections.of) if most else NONE
    if not len(docs):
        return docs, np.zeros(0), _no_reasons
    scoring = search.near_scoring(docs)
    scores = scoring.of(docs)
    order = least(_by_score(snapshot.places("relevance").take(docs), scores, snapshot.size), most)
    return docs.take(order), np.round(scores.take(order), PLACES), scoring.reasons if query.explain else _no_reasons


def _by_score(places: Docs, scores: Scores, size: int) -> NDArray[np.int64]:
    """Return one number for both, the least for the best: what ties as rounded comes in the order of places."""
    numbers: NDArray[np.int64] = places - np.rint(scores * 10**PLACES).astype(np.int64) * size
    return numbers


def _hits(documents: Mapping[int, tuple[str, str]], docs: Docs, scores: Scores, reasons: Reasons) -> Iterator[Hit]:
    for doc, score, why in zip(docs.tolist(), scores.tolist(), reasons(docs), strict=True):
        key, stored = documents[doc]
        yield Hit(key, score, stored, why)


def _no_reasons(docs: Docs) -> Iterable[tuple[Reason, ...]]:
    return repeat((), len(docs))


def _titled(snapshot: Snapshot, search: Search, selections: Selections) -> tuple[TitledCount, ...]:
    if not snapshot.schema.titles:
        return ()
    group = snapshot.group(snapshot.schema.titles[0])
    listed, _ = group.listed(selections.of(search.titled))
    found = group.counts(selections.hits) if listed else {}
    return tuple(TitledCount(value, count, found.get(value, 0)) for value, count, *_ in listed)
