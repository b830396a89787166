"""Scores the documents that a query finds, by the signals of `index.ranking`, and gives the reasons."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, reduce

import numpy as np

from index.engine import Reason
from index.interpretation import Interpretation, reasons
from index.query_ast import Alternative, Key, QueryWord
from index.ranking import SignalName, max_points, parts
from index.similarity import Similarity, section_boost
from index.whoosh_engine.docs import Docs
from index.whoosh_engine.matching import Matching
from index.whoosh_engine.snapshot import Scores, Snapshot

_SEARCH_RATIO = 16  # binary search is faster than an array if the index is 16 times as large as the scored set


class Scoring:
    """The scores of a set of documents by the words of a query.

    `complete` says that each document matches every word, so that its coverage is known.
    """

    def __init__(  # noqa: PLR0917  # all parts of one search
        self,
        snapshot: Snapshot,
        matching: Matching,
        interpretation: Interpretation,
        similarity: Similarity | None,
        words: Sequence[QueryWord],
        docs: Docs,
        *,
        complete: bool,
    ) -> None:
        self._snapshot = snapshot
        self._matching = matching
        self._plain_text = interpretation.parsed.plain
        self._shingles = [key for key in interpretation.shingles if len(snapshot.term(key).docs)]
        self._similarity = similarity
        self._words = words
        self._scored_words = tuple(dict.fromkeys((*words, *interpretation.condition_words)))
        self._docs = docs
        self._complete = complete

    def scores(self, docs: Docs) -> Scores:
        """Return the unrounded scores of some documents of the set."""
        return reduce(np.add, parts(self._strengths(docs)).values())

    def reasons(self, docs: Docs) -> Iterator[tuple[Reason, ...]]:
        """Yield the reasons for the score of each of these documents, largest first."""
        points_by_signal = parts(self._strengths(docs))
        cosines = self._similarity.of(docs)[0].tolist() if self._similarity else [None] * len(docs)
        by_words = zip(*(self._word_reasons(word, docs) for word in self._scored_words), strict=True)
        by_signals = zip(*(points.tolist() for points in points_by_signal.values()), strict=True)
        for cosine, points in zip(cosines, by_signals, strict=True):
            yield reasons(next(by_words, ()), dict(zip(points_by_signal, points, strict=True)), cosine)

    def _strengths(self, docs: Docs) -> Mapping[SignalName, Scores]:
        """Return the strength of each signal in each of these documents."""
        snapshot = self._snapshot
        points = (
            reduce(np.maximum, (self._alternative_points(alternative, docs) for alternative in word.alternatives))
            for word in self._scored_words
        )
        strengths: dict[SignalName, Scores] = {
            "words": reduce(np.add, points) if self._scored_words else np.zeros(len(docs)),
            "coverage": self._coverage(docs),
        }
        if self._shingles:
            strengths["nearness"] = reduce(np.add, (self._points(key, docs) for key in self._shingles))
        if len(self._words) > 1:  # a single word is a subject, not a note
            strengths["exact"] = snapshot.is_whole_text(self._plain_text, docs).astype(np.float64)
        if self._cosines:
            own, section = self._cosines
            strengths["likeness"] = self._most_points * own[docs]
            strengths["around"] = self._most_points * section[docs]
        if snapshot.length_strengths is not None:
            strengths["length"] = snapshot.length_strengths.take(docs)
        if snapshot.boost_strengths is not None:
            strengths["boost"] = snapshot.boost_strengths.take(docs)
        return strengths

    def _coverage(self, docs: Docs) -> Scores:
        """Return each document's share of the words' weight."""
        if self._words and self._complete and all(each.weight == 1 for w in self._words for each in w.alternatives):
            return np.ones(len(docs))
        return self._matching.shares(self._words, docs)

    @cached_property
    def _most_points(self) -> float:
        """The most points that the words can give."""
        counts = (len(self._matching.of(word)) for word in self._words)
        return sum(max_points(self._snapshot.document_count, count) for count in counts)

    @cached_property
    def _cosines(self) -> tuple[Scores, Scores] | None:
        """The cosine of each document of the set to the query, and its section boost; 0 for all other documents."""
        if self._similarity is None:
            return None
        docs, sections = self._docs, self._snapshot.sections
        own, section = np.zeros(self._snapshot.size), np.zeros(self._snapshot.size)
        own[docs] = self._similarity.of(docs)[1]
        section[docs] = section_boost(docs if sections is None else sections[docs], own[docs])
        return own, section

    def _word_reasons(self, word: QueryWord, docs: Docs) -> Iterator[Reason]:
        """Yield the points of a word in each of these documents, by its best alternative."""
        points = np.stack([self._alternative_points(alternative, docs) for alternative in word.alternatives])
        best = points.argmax(axis=0)
        fields = {
            number: self._snapshot.fields_with(word.alternatives[number].terms, docs) for number in set(best.tolist())
        }
        for place, number in enumerate(best.tolist()):
            term = " ".join(key.text for key in word.alternatives[number].terms)
            yield Reason("words", float(points[number, place]), word.text, term, fields[number][place])

    def _alternative_points(self, alternative: Alternative, docs: Docs) -> Scores:
        return alternative.weight * reduce(np.add, (self._points(key, docs) for key in alternative.terms))

    def _points(self, key: Key, docs: Docs) -> Scores:
        """Return the points of a term in each of these documents."""
        term = self._snapshot.term(key)
        if docs is term.docs:
            return term.points
        if len(docs) * _SEARCH_RATIO > self._snapshot.size:
            points = np.zeros(self._snapshot.size)
            points[term.docs] = term.points
            return points.take(docs)
        if not len(term.docs):
            return np.zeros(len(docs))
        places = np.searchsorted(term.docs, docs)
        return np.where(term.docs.take(places, mode="clip") == docs, term.points.take(places, mode="clip"), 0.0)
