"""A generation as one request sees it: from a query to masks, scores and counts."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import repeat

import numpy as np

from index.engine import FEW, ConditionCount, Hit, Reason, Results, TitledCount
from index.language import Language
from index.likeness import Likeness
from index.query import Query
from index.schema import Schema
from index.whoosh_engine.generations import Generation
from index.whoosh_engine.meaning import Meaning
from index.whoosh_engine.search import Search
from index.whoosh_engine.segments import Segments
from index.whoosh_engine.selections import Selections
from index.whoosh_engine.snapshot import Scores, Snapshot
from index.whoosh_engine.term_store import Docs, Mask


class WhooshReader:
    """A Reader of one generation, shared by threads."""

    def __init__(
        self, generation: Generation | None, schema: Schema, language: Language, meaning: Callable[[], Meaning | None]
    ) -> None:
        self._snapshot = Snapshot(Segments(generation or Generation("", (), (), {})), schema)
        self._meta = generation.meta if generation else None
        self._language = language
        self._meaning = meaning

    def search(self, query: Query) -> Results:
        """Answer a query."""
        snapshot = self._snapshot
        search = Search(snapshot, query, self._language, self._meaning)
        selections = Selections(snapshot, query, search.matches)
        total = int(np.count_nonzero(selections.hits))
        docs, scores = _window(snapshot, selections.hits, search, query)
        reasons: Iterable[tuple[Reason, ...]] = search.reasons(docs) if query.explain else repeat((), len(docs))
        most = dict(query.most_values)
        counts = {
            group: snapshot.group(group).listed(selections.counted(group), query.selected(group), most.get(group))
            for group in query.facets
        }
        document = cache(snapshot.document)  # a hit is among its kin
        places = _places(snapshot, docs, query.context) if query.context and len(docs) else {}
        return Results(
            total=total,
            hits=tuple(
                Hit(document(doc)[0], score, document(doc)[1], why, alike=not search.by_words[doc])
                for doc, score, why in zip(docs.tolist(), scores.tolist(), reasons, strict=True)
            ),
            facets={group: listed for group, (listed, _) in counts.items()},
            unlisted={group: unlisted for group, (_, unlisted) in counts.items() if group in most},
            steps=search.steps,
            notices=search.notices,
            terms=search.terms,
            without=selections.without_value,
            without_group={} if total else selections.without_group,
            words=search.counted_alone(selections.of) if total < FEW else (),
            conditions=tuple(self._conditions(search, query)) if total < FEW else (),
            meant=tuple(search.meant(selections.of)),
            unknown=selections.unknown,
            titled=_titled(snapshot, search, selections),
            context=_context(snapshot, docs, places, document) if places else {},
            found_in={value: int(np.count_nonzero(selections.hits[own])) for value, own in places.items()},
        )

    def _conditions(self, search: Search, query: Query) -> Iterator[ConditionCount]:
        """Yield how many documents would be found without each condition of a query's text."""
        for told in search.conditions:
            less = replace(query, text=told.rest)
            found = Search(self._snapshot, less, self._language, self._meaning).matches
            count = int(np.count_nonzero(Selections(self._snapshot, less, found).hits))
            yield ConditionCount(told.text, told.rest, count)

    def stored(self, document_id: str) -> str | None:
        """Return what was stored of a document, or None if there is none of that id."""
        snapshot = self._snapshot
        doc = snapshot.find(document_id)
        return None if doc is None else snapshot.document(doc)[1]

    def like(self, ids: Sequence[str], apart: str, limit: int) -> tuple[Hit, ...]:
        """Return the documents that are most like some by their vectors."""
        snapshot, meaning = self._snapshot, self._meaning()
        vectors = meaning.vectors(snapshot) if meaning else None
        docs = [doc for doc in map(snapshot.find, ids) if doc is not None]
        if vectors is None or not np.isin(vectors.docs, docs).any():
            return ()
        rows = np.flatnonzero(np.isin(vectors.docs, docs)).astype(np.int32)
        likeness = Likeness(vectors, vectors.space.mean(rows))
        group = snapshot.group(apart)
        own = np.zeros(snapshot.size, np.bool_)
        own[docs] = True
        others = group.tally(group.counts(own), snapshot.size) == 0
        found = likeness.found(snapshot.live & others, copies=False)[:limit]
        cosines = likeness.of(found)[0].tolist()
        documents = map(snapshot.document, found.tolist())
        return tuple(Hit(key, cosine, stored) for (key, stored), cosine in zip(documents, cosines, strict=True))

    def likeness(self, some: Sequence[str], others: Sequence[str]) -> tuple[tuple[float, ...], ...]:
        """Return the cosine of each of some documents to each of others; none where one has no vector."""
        snapshot, meaning = self._snapshot, self._meaning()
        vectors = meaning.vectors(snapshot) if meaning else None
        if vectors is None:  # before each document is looked for
            return ()
        places = {doc: row for row, doc in enumerate(vectors.docs.tolist())}
        rows, other_rows = ([places.get(snapshot.find(each), -1) for each in ids] for ids in (some, others))
        if not rows or not other_rows or min(*rows, *other_rows) < 0:
            return ()
        cosines = vectors.space.among(np.array(rows, np.int32), np.array(other_rows, np.int32))
        return tuple(map(tuple, cosines.tolist()))

    def meta(self) -> Mapping[str, object] | None:
        """Return what the generation was written with, None before the first."""
        return self._meta

    def embed(self, told: Callable[[int, int], None]) -> None:
        """Make the vectors that documents lack, and tell how many have theirs, of how many."""
        if meaning := self._meaning():
            meaning.embed(self._snapshot, told)

    def close(self) -> None:
        """Close the files."""
        self._snapshot.close()


def _window(snapshot: Snapshot, found: Mask, search: Search, query: Query) -> tuple[Docs, Scores]:
    """Return the documents of the query's window, in its order, and their scores."""
    end = None if query.limit is None else query.offset + query.limit
    if query.sort in ("new", "old", "position") or (query.sort == "relevance" and not search.scored):
        docs = snapshot.ordered(found, query.sort)[query.offset : end]
        return docs, search.scores(docs)
    docs = np.flatnonzero(found).astype(np.int32)
    ranks = snapshot.boosts[docs] if query.sort == "boost" else search.scores(docs)
    if end is not None and end < len(docs):  # those that cannot come into the window need no order
        near = ranks >= np.sort(ranks)[len(docs) - max(end, 1)]  # np.partition takes far longer where many tie
        docs, ranks = docs[near], ranks[near]
    order = np.lexsort((snapshot.ages[docs], -ranks))[query.offset : end]
    return docs[order], search.scores(docs[order]) if query.sort == "boost" else ranks[order]


def _titled(snapshot: Snapshot, search: Search, selections: Selections) -> tuple[TitledCount, ...]:
    if not snapshot.titles or not search.ascent.titles_words:
        return ()
    group = snapshot.group(snapshot.titles[0])
    listed, _ = group.listed(selections.of(search.titled))
    found = group.counts(selections.hits) if listed else {}
    return tuple(TitledCount(value, count, found.get(value, 0)) for value, count, _ in listed)


def _places(snapshot: Snapshot, docs: Docs, group: str) -> Mapping[str, Docs]:
    """Return the documents that have a value of a group which one of these has, by value."""
    window = np.zeros(snapshot.size, np.bool_)
    window[docs] = True
    return snapshot.group(group).having(snapshot.group(group).counts(window))


def _context(
    snapshot: Snapshot, docs: Docs, places: Mapping[str, Docs], document: Callable[[int], tuple[str, str]]
) -> Mapping[str, tuple[str, ...]]:
    """Return what is stored of these documents and their kin in each place."""
    kin = snapshot.kin(docs, np.concatenate([docs, *places.values()]))
    return {
        value: tuple(document(doc)[1] for doc in own[np.argsort(snapshot.positions[own])].tolist())
        for value, own in ((value, having[kin[having]]) for value, having in places.items())
    }
