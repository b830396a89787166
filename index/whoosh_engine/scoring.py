"""Scores the documents that a query finds, by the signals of `index.ranking`, and gives the reasons."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Scoring:
    """The scores of a set of documents by the words of a query.

    `complete` says that each document matches every word, so that its coverage is known.
    """

    snapshot: Snapshot
    matching: Matching
    interpretation: Interpretation
    similarity: Similarity | None
    words: tuple[QueryWord, ...]
    docs: Docs
    complete: bool

    def scores(self, docs: Docs) -> Scores:
        """Return the unrounded scores of some documents of the set."""
        return reduce(np.add, parts(self._strengths(docs)).values())

    def reasons(self, docs: Docs) -> Iterator[tuple[Reason, ...]]:
        """Yield the reasons for the score of each of these documents, largest first."""
        points_by_signal = parts(self._strengths(docs))
        cosines = self.similarity.of(docs)[0].tolist() if self.similarity else [None] * len(docs)
        by_words = zip(*(self._word_reasons(word, docs) for word in self._scored_words), strict=True)
        by_signals = zip(*(points.tolist() for points in points_by_signal.values()), strict=True)
        for cosine, points in zip(cosines, by_signals, strict=True):
            yield reasons(next(by_words, ()), dict(zip(points_by_signal, points, strict=True)), cosine)

    def _strengths(self, docs: Docs) -> Mapping[SignalName, Scores]:
        snapshot = self.snapshot
        points = (
            reduce(np.maximum, (self._alternative_points(alternative, docs) for alternative in word.alternatives))
            for word in self._scored_words
        )
        has_all = self.words and self.complete and all(each.weight == 1 for w in self.words for each in w.alternatives)
        strengths: dict[SignalName, Scores] = {
            "words": reduce(np.add, points) if self._scored_words else np.zeros(len(docs)),
            "coverage": np.ones(len(docs)) if has_all else self.matching.shares(self.words, docs),
        }
        if shingles := [key for key in self.interpretation.shingles if len(snapshot.term(key).docs)]:
            strengths["nearness"] = reduce(np.add, (self._points(key, docs) for key in shingles))
        if len(self.words) > 1:  # a single word is a subject, not a note
            strengths["exact"] = snapshot.is_whole_text(self.interpretation.parsed.plain, docs).astype(np.float64)
        if self._by_similarity:
            strengths["likeness"], strengths["around"] = (strength[docs] for strength in self._by_similarity)
        if snapshot.length_strengths is not None:
            strengths["length"] = snapshot.length_strengths.take(docs)
        if snapshot.boost_strengths is not None:
            strengths["boost"] = snapshot.boost_strengths.take(docs)
        return strengths

    @cached_property
    def _scored_words(self) -> Sequence[QueryWord]:
        return tuple(dict.fromkeys((*self.words, *self.interpretation.condition_words)))

    @cached_property
    def _by_similarity(self) -> tuple[Scores, Scores] | None:
        """The strengths of `likeness` and `around` in each document of the set; 0 for all other documents."""
        if self.similarity is None:
            return None
        counts = (len(self.matching.of(word)) for word in self.words)
        most_points = sum(max_points(self.snapshot.document_count, count) for count in counts)
        docs, sections = self.docs, self.snapshot.sections
        cosines = self.similarity.of(docs)[1]
        likeness, around = np.zeros(self.snapshot.size), np.zeros(self.snapshot.size)
        likeness[docs] = most_points * cosines
        around[docs] = most_points * section_boost(docs if sections is None else sections[docs], cosines)
        return likeness, around

    def _word_reasons(self, word: QueryWord, docs: Docs) -> Iterator[Reason]:
        """Yield the points of a word in each of these documents, by its best alternative."""
        points = np.stack([self._alternative_points(alternative, docs) for alternative in word.alternatives])
        best = points.argmax(axis=0)
        fields = {
            number: self.snapshot.fields_with(word.alternatives[number].terms, docs) for number in set(best.tolist())
        }
        for place, number in enumerate(best.tolist()):
            term = " ".join(key.text for key in word.alternatives[number].terms)
            yield Reason("words", float(points[number, place]), word.text, term, fields[number][place])

    def _alternative_points(self, alternative: Alternative, docs: Docs) -> Scores:
        return alternative.weight * reduce(np.add, (self._points(key, docs) for key in alternative.terms))

    def _points(self, key: Key, docs: Docs) -> Scores:
        term = self.snapshot.term(key)
        if docs is term.docs:
            return term.points
        if len(docs) * _SEARCH_RATIO > self.snapshot.size:
            points = np.zeros(self.snapshot.size)
            points[term.docs] = term.points
            return points.take(docs)
        if not len(term.docs):
            return np.zeros(len(docs))
        places = np.searchsorted(term.docs, docs)
        return np.where(term.docs.take(places, mode="clip") == docs, term.points.take(places, mode="clip"), 0.0)
