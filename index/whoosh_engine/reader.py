"""Answers requests from one generation: searches, stored documents, and similar documents."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from index.embedder import EmbeddingError
from index.engine import FEW_HITS, ConditionCount, Hit, MeantCount, Reason, Results, TitledCount, WordCount, near_limit
from index.interpretation import MIN_NEAR_SHARE, interpret, may_have_near
from index.messages import message_of
from index.query import Query
from index.query_ast import AnyOf, Key, Notice, QueryWord
from index.query_correction import did_you_mean
from index.query_parser import QueryParser
from index.ranking import DECIMALS
from index.schema import Schema
from index.similarity import DocumentVectors, Similarity
from index.whoosh_engine.docs import NONE, Docs, among, both, either, least, less
from index.whoosh_engine.facets import Selections
from index.whoosh_engine.generations import Generation
from index.whoosh_engine.matching import Matching, Scoring
from index.whoosh_engine.snapshot import Scores, Snapshot
from index.whoosh_engine.vectors import VectorStore

_LAST = np.int64(1 << 62)  # greater than the rank of any document


class WhooshReader:
    """An IndexReader of one generation, shared by threads."""

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
        return _Search(self.snapshot, query, self._parser, self._vectors).results()

    def stored(self, document_id: str) -> str | None:
        doc = self.snapshot.find(document_id)
        return None if doc is None else self.snapshot.stored(np.array([doc], np.int32))[doc][1]

    def more_like(self, ids: Sequence[str], group: str, limit: int) -> tuple[Hit, ...]:
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
        return _hits(_Ranked(found, similarity.of(found)[0]), snapshot.stored(found))

    def similarity(self, ids: Sequence[str], other_ids: Sequence[str], context: str) -> tuple[tuple[float, ...], ...]:
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
        return self._meta

    def _document_vectors(self) -> DocumentVectors | None:
        store = self._vectors()
        return store.of(self.snapshot).vectors if store else None


class _Ranked(NamedTuple):
    """Documents in order, with their rounded scores, and with reasons if the query asks for them."""

    docs: Docs
    scores: Scores
    reasons: Sequence[tuple[Reason, ...]] = ()


_NOTHING = _Ranked(NONE, np.zeros(0))


class _Search:
    """A query over a snapshot: interprets its text, matches, selects by facets, ranks."""

    def __init__(
        self, snapshot: Snapshot, query: Query, parser: QueryParser, vectors: Callable[[], VectorStore | None]
    ) -> None:
        self._snapshot = snapshot
        self._query = query
        self._parser = parser
        self._vectors = vectors
        self._matching = Matching(snapshot)
        self._interpretation = interpret(query, parser, self._matching)
        self._conditions = self._interpretation.parsed.conditions
        self._notices = self._interpretation.parsed.notices  # `_similarity` adds one if the model fails

    def results(self) -> Results:
        query, snapshot = self._query, self._snapshot
        interpretation, selections = self._interpretation, self._selections
        total = len(selections.hits)
        window, near = self._window(), self._near()
        most = dict(query.most_values)
        counts = {
            group: snapshot.group(group).listed(selections.counted(group), query.selected(group), most.get(group))
            for group in query.facets
        }
        shown = np.sort(np.concatenate([window.docs, near.docs]))
        context = snapshot.group(query.context) if query.context else None
        places = context.docs_by_value(context.counts(shown)) if context else {}
        related = snapshot.related(shown, either((shown, *places.values()))) if places else shown
        positions = snapshot.positions.item
        documents = snapshot.stored(related)  # the shown documents are among the related ones
        return Results(
            total=total,
            hits=_hits(window, documents),
            near=_hits(near, documents),
            facets={group: listed for group, (listed, _) in counts.items()},
            unlisted={group: unlisted for group, (_, unlisted) in counts.items() if group in most},
            text=interpretation.text,
            steps=interpretation.steps,
            notices=self._notices,
            terms=interpretation.terms,
            near_terms=interpretation.near_terms,
            without=selections.without_value,
            without_group={} if total else selections.without_group,
            words=tuple(
                WordCount(word.text, len(selections.only(self._matching.of(word))))
                for word in (interpretation.content_words if total < FEW_HITS else ())
            ),
            conditions=tuple(self._condition_counts()) if total < FEW_HITS else (),
            meant=tuple(
                MeantCount(typed, meant, len(selections.only(snapshot.term(Key(meant)).finds)))
                for typed, meant in did_you_mean(interpretation.corrected, self._matching)
            ),
            unknown=selections.unknown,
            titled=self._titled(),
            context={
                value: tuple(documents[doc][1] for doc in sorted(both(docs, related).tolist(), key=positions))
                for value, docs in places.items()
            },
            found_in={value: len(both(docs, selections.hits)) for value, docs in places.items()},
        )

    @cached_property
    def matches(self) -> Docs:
        """The documents that match the text, whatever is selected."""
        return self._matching.all_of((*self._conditions, *self._interpretation.relaxation.required))

    @cached_property
    def _selections(self) -> Selections:
        """The documents that match and are selected."""
        groups = {name: self._snapshot.group(name).docs_by_value(values) for name, values in self._query.selections}
        return Selections(self._query, groups, self.matches)

    def _window(self) -> _Ranked:
        """Return the hits in the window of the query."""
        query, found = self._query, self._selections.hits
        if query.limit == 0:  # counts alone need no vector of the text
            return _NOTHING
        begin, end = query.offset, None if query.limit is None else query.offset + query.limit
        words = self._interpretation.relaxation.words
        scoring = self._scoring(words, self.matches, complete=self._interpretation.relaxation.required == words)
        has_scores = words or self._interpretation.condition_words  # without any word, all scores are 0
        if query.sort == "relevance" and has_scores:
            return self._best(scoring, found, begin, end)
        places = self._snapshot.places(query.sort).take(found)
        ranks = self._ranks(self._snapshot.boosts.take(found), places) if query.sort == "boost" else places
        docs = found.take(least(self._with_last(found, ranks), end)[begin:])
        return self._ranked(scoring, docs, scoring.scores(docs) if has_scores else np.zeros(len(docs)))

    def _near(self) -> _Ranked:
        """Return the near documents that follow the window, best first.

        They are selected and do not match, but have some of the words or are similar to the text.
        """
        words = self._interpretation.relaxation.loosest
        matching, only = self._matching, self._selections.only
        limit = near_limit(self._query, len(self._selections.hits))
        if not limit or not may_have_near(self._query, self._interpretation, self._parser, matching):
            return _NOTHING
        having = only(matching.only(matching.of(AnyOf(words)), self._conditions))
        by_words = having.compress(matching.shares(words, having) >= MIN_NEAR_SHARE)
        others = less(only(matching.all_of(self._conditions)), self.matches)
        similar = self._similarity.found(self._snapshot.mask(others)) if self._similarity else NONE
        docs = either((less(by_words, self.matches), np.sort(similar)))
        return self._best(self._scoring(words, docs, complete=False), docs, 0, limit) if len(docs) else _NOTHING

    def _scoring(self, words: tuple[QueryWord, ...], docs: Docs, *, complete: bool) -> Scoring:
        return Scoring(
            self._snapshot, self._matching, self._interpretation, self._similarity, words, docs, complete=complete
        )

    def _best(self, scoring: Scoring, docs: Docs, begin: int, end: int | None) -> _Ranked:
        """Return a window of these documents in order of score."""
        scores = scoring.scores(docs)
        ranks = self._ranks(scores, self._snapshot.places("relevance").take(docs))
        order = least(self._with_last(docs, ranks), end)[begin:]
        return self._ranked(scoring, docs.take(order), scores.take(order))

    def _ranks(self, scores: Scores, places: Docs) -> NDArray[np.int64]:
        """Return distinct numbers that sort by score, highest first, and by place if the rounded scores are equal."""
        ranks: NDArray[np.int64] = places - np.rint(scores * 10**DECIMALS).astype(np.int64) * self._snapshot.size
        return ranks

    def _with_last(self, docs: Docs, ranks: NDArray[Any]) -> NDArray[Any]:
        """Return ranks that put the documents of `Query.last` after all others."""
        if not self._query.last:
            return ranks
        group, values = self._query.last
        is_last = among(docs, self._snapshot.group(group).docs_with(values))
        return np.where(is_last, ranks + _LAST, ranks)

    def _ranked(self, scoring: Scoring, docs: Docs, scores: Scores) -> _Ranked:
        reasons = list(scoring.reasons(docs)) if self._query.explain and len(docs) else ()
        return _Ranked(docs, np.round(scores, DECIMALS), reasons)

    @cached_property
    def _similarity(self) -> Similarity | None:
        """The similarity of each document to the text, or None without vectors."""
        text = self._interpretation.text
        vectors = self._vectors() if text else None
        try:
            return vectors.of(self._snapshot).similarity(text) if vectors else None
        except EmbeddingError as error:
            self._notices = (*self._notices, Notice("no likeness", message_of(error)))
            return None

    def _condition_counts(self) -> Iterator[ConditionCount]:
        for condition in self._interpretation.parsed.condition_texts:
            matches = self._matching.all_of(())
            if condition.rest:
                rest = replace(self._query, text=condition.rest)
                matches = _Search(self._snapshot, rest, self._parser, self._vectors).matches
            yield ConditionCount(condition.text, condition.rest, len(self._selections.only(matches)))

    def _titled(self) -> tuple[TitledCount, ...]:
        titles, title = self._snapshot.schema.titles, self._interpretation.title
        if not titles or not title:
            return ()
        group = self._snapshot.group(titles[0])
        listed, _ = group.listed(self._selections.only(self._matching.all_of((*self._conditions, title))))
        found = group.counts(self._selections.hits) if listed else {}
        return tuple(TitledCount(value, count, found.get(value, 0)) for value, count, *_ in listed)


def _hits(ranked: _Ranked, documents: Mapping[int, tuple[str, str]]) -> tuple[Hit, ...]:
    """Return ranked documents as hits; `documents` has their ids and stored texts."""
    reasons = ranked.reasons or [()] * len(ranked.docs)
    stored = [documents[doc] for doc in ranked.docs.tolist()]
    return tuple(
        Hit(key, score, text, why)
        for (key, text), score, why in zip(stored, ranked.scores.tolist(), reasons, strict=True)
    )
