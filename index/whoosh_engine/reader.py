"""A generation as one request sees it: from a query to documents, scores and counts."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import repeat
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from index.engine import FEW, MOST_NEAR, ConditionCount, Hit, Reason, Results, TitledCount
from index.language import Language
from index.query import Query
from index.ranking import PLACES
from index.schema import Schema
from index.similarity import Similarity
from index.whoosh_engine.docs import NONE, both, either, least, less
from index.whoosh_engine.generations import Generation
from index.whoosh_engine.meaning import Meaning
from index.whoosh_engine.search import Search
from index.whoosh_engine.segments import Segments
from index.whoosh_engine.selections import Selections
from index.whoosh_engine.snapshot import Scores, Snapshot
from index.whoosh_engine.term_store import Docs

Reasons: TypeAlias = Callable[[Docs], Iterable[tuple[Reason, ...]]]


class WhooshReader:
    """A Reader of one generation, shared by threads."""

    def __init__(
        self, generation: Generation | None, schema: Schema, language: Language, meaning: Callable[[], Meaning | None]
    ) -> None:
        self.snapshot = Snapshot(Segments(generation or Generation("", (), (), {})), schema)
        self._meta = generation.meta if generation else None
        self._language = language
        self._meaning = meaning

    def search(self, query: Query) -> Results:
        """Answer a query."""
        snapshot = self.snapshot
        search = Search(snapshot, query, self._language, self._meaning)
        selections = Selections(snapshot, query, search.matches)
        total = len(selections.hits)
        docs, scores = _window(snapshot, selections.hits, search, query)
        near, near_scores, near_reasons = _near(snapshot, search, selections, query)
        most = dict(query.most_values)
        counts = {
            group: snapshot.group(group).listed(selections.counted(group), query.selected(group), most.get(group))
            for group in query.facets
        }
        shown = np.sort(np.concatenate([docs, near]))
        places = _places(snapshot, shown, query.context) if query.context else {}
        related = _related(snapshot, shown, places) if places else {}
        documents = snapshot.documents_of(either((shown, *related.values())))  # a hit is among its related documents
        reasons = search.scoring.reasons if query.explain and len(docs) else _untold
        return Results(
            total=total,
            hits=tuple(_hits(documents, docs, scores, reasons)),
            near=tuple(_hits(documents, near, near_scores, near_reasons)),
            facets={group: listed for group, (listed, _) in counts.items()},
            unlisted={group: unlisted for group, (_, unlisted) in counts.items() if group in most},
            steps=search.relaxation.steps,
            notices=search.notices,
            terms=search.terms,
            near_terms=search.near_terms,
            without=selections.without_value,
            without_group={} if total else selections.without_group,
            words=search.counted_alone(selections.of) if total < FEW else (),
            conditions=tuple(self._conditions(search, query, selections.of)) if total < FEW else (),
            meant=tuple(search.meant(selections.of)),
            unknown=selections.unknown,
            titled=_titled(snapshot, search, selections),
            context={value: _in_position(snapshot, own, documents) for value, own in related.items()},
            found_in={value: len(both(own, selections.hits)) for value, own in places.items()},
        )

    def _conditions(self, search: Search, query: Query, selected: Callable[[Docs], Docs]) -> Iterator[ConditionCount]:
        """Yield how many of the selected documents would be found without each condition of a query's text."""
        for told in search.conditions:
            found = self.snapshot.everything
            if told.rest:
                found = Search(self.snapshot, replace(query, text=told.rest), self._language, self._meaning).matches
            yield ConditionCount(told.text, told.rest, len(selected(found)))

    def stored(self, document_id: str) -> str | None:
        """Return what was stored of a document, or None if there is none of that id."""
        snapshot = self.snapshot
        doc = snapshot.find(document_id)
        return None if doc is None else snapshot.documents_of(np.array([doc], np.int32))[doc][1]

    def like(self, ids: Sequence[str], apart: str, limit: int) -> tuple[Hit, ...]:
        """Return the documents that are most like some by their vectors."""
        snapshot, meaning = self.snapshot, self._meaning()
        vectors = meaning.seen(snapshot).vectors if meaning else None
        docs = [doc for doc in map(snapshot.find, ids) if doc is not None]
        if vectors is None or not np.isin(vectors.docs, docs).any():
            return ()
        rows = np.flatnonzero(np.isin(vectors.docs, docs)).astype(np.int32)
        similarity = Similarity(vectors, vectors.space.mean(rows))
        group = snapshot.group(apart)
        beside = group.having_any(group.counts(np.unique(docs)))
        found = similarity.found(snapshot.mask(less(snapshot.everything, beside)), copies=False)[:limit]
        cosines = similarity.of(found)[0].tolist()
        documents = snapshot.documents_of(found)
        hits = ((*documents[doc], cosine) for doc, cosine in zip(found.tolist(), cosines, strict=True))
        return tuple(Hit(key, cosine, stored) for key, stored, cosine in hits)

    def similarity(self, some: Sequence[str], others: Sequence[str], context: str) -> tuple[tuple[float, ...], ...]:
        """Return the cosine of each of some documents to each of others; none where one has no vector."""
        snapshot, meaning = self.snapshot, self._meaning()
        vectors = meaning.seen(snapshot).vectors if meaning else None
        if vectors is None:  # before each document is looked for
            return ()
        docs, others_docs = ([snapshot.find(each) for each in ids] for ids in (some, others))
        if not docs or not others_docs or None in (*docs, *others_docs):
            return ()
        rows, others_rows = (vectors.rows[np.array(each, np.int32)] for each in (docs, others_docs))
        if min(rows.min(), others_rows.min()) < 0:
            return ()
        group = snapshot.group(context)
        values = group.counts(np.unique(vectors.docs[np.concatenate([rows, others_rows])]))
        around = (found[found >= 0] for found in map(vectors.rows.take, group.having(values).values()))
        return tuple(map(tuple, vectors.space.among(rows, others_rows, around, vectors.space.centre).tolist()))

    def meta(self) -> Mapping[str, object] | None:
        """Return what the generation was written with, None before the first."""
        return self._meta

    def close(self) -> None:
        """Close the files."""
        self.snapshot.close()


def _window(snapshot: Snapshot, found: Docs, search: Search, query: Query) -> tuple[Docs, Scores]:
    """Return the documents of the query's window, in its order, and their scores."""
    if query.limit == 0:  # who counts needs no vector of the text
        return NONE, np.zeros(0)
    end = None if query.limit is None else query.offset + query.limit
    places = snapshot.places(query.sort).take(found)
    by_score = query.sort == "relevance" and bool(search.scored)
    if by_score or query.sort == "boost":
        ranks = search.scores(found) if by_score else snapshot.boosts.take(found)
        order = least(_by_score(places, ranks, snapshot.size), end)[query.offset :]
        docs = found.take(order)
        return docs, np.round(ranks.take(order) if by_score else search.scores(docs), PLACES)
    docs = found.take(least(places, end)[query.offset :])
    return docs, np.round(search.scores(docs), PLACES)


def _near(snapshot: Snapshot, search: Search, selections: Selections, query: Query) -> tuple[Docs, Scores, Reasons]:
    """Return what is near below the last hit, the best first, the scores, and why; nothing where more hits follow."""
    most = min(query.limit or 0, MOST_NEAR)
    is_last = most and query.offset < max(len(selections.hits), 1) <= query.offset + (query.limit or 0)
    docs = search.near(selections.of) if is_last else NONE
    if not len(docs):
        return docs, np.zeros(0), _untold
    scoring = search.near_scoring(docs)
    scores = scoring.of(docs)
    order = least(_by_score(snapshot.places("relevance").take(docs), scores, snapshot.size), most)
    told = scoring.reasons if query.explain else _untold
    return docs.take(order), np.round(scores.take(order), PLACES), told


def _by_score(places: Docs, scores: Scores, size: int) -> NDArray[np.int64]:
    """Return one number for both, the least for the best: what ties as rounded comes in the order of places."""
    numbers: NDArray[np.int64] = places - np.rint(scores * 10**PLACES).astype(np.int64) * size
    return numbers


def _hits(
    documents: Mapping[int, tuple[str, str]],
    docs: Docs,
    scores: Scores,
    reasons: Reasons,
) -> Iterator[Hit]:
    told = map(documents.__getitem__, docs.tolist())
    for (key, stored), score, why in zip(told, scores.tolist(), reasons(docs), strict=True):
        yield Hit(key, score, stored, why)


def _untold(docs: Docs) -> Iterable[tuple[Reason, ...]]:
    return repeat((), len(docs))


def _titled(snapshot: Snapshot, search: Search, selections: Selections) -> tuple[TitledCount, ...]:
    if not snapshot.titles or not search.relaxation.titles_words:
        return ()
    group = snapshot.group(snapshot.titles[0])
    listed, _ = group.listed(selections.of(search.titled))
    found = group.counts(selections.hits) if listed else {}
    return tuple(TitledCount(value, count, found.get(value, 0)) for value, count, _ in listed)


def _places(snapshot: Snapshot, docs: Docs, name: str) -> Mapping[str, Docs]:
    """Return the documents that have a value of a group which one of these has, by value."""
    group = snapshot.group(name)
    return group.having(group.counts(docs))


def _related(snapshot: Snapshot, docs: Docs, places: Mapping[str, Docs]) -> Mapping[str, Docs]:
    """Return these documents and their related documents in each place."""
    related = snapshot.related(docs, either((docs, *places.values())))
    return {value: both(having, related) for value, having in places.items()}


def _in_position(snapshot: Snapshot, docs: Docs, documents: Mapping[int, tuple[str, str]]) -> tuple[str, ...]:
    """Return what is stored of some documents in the order of their positions."""
    return tuple(documents[doc][1] for doc in docs[np.argsort(snapshot.positions[docs])].tolist())
