"""What the documents that a query finds score, and why."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, reduce

import numpy as np
from msgspec import Struct

from index.engine import Reason
from index.ranking import SignalName, most_points, parts
from index.similarity import Similarity, around
from index.tree import Alternative, Key, QueryWord
from index.whoosh_engine.matching import Matching
from index.whoosh_engine.snapshot import Scores, Snapshot
from index.whoosh_engine.term_store import Docs

_FEW = 16  # where fewer than one of so many documents is weighed, it is quicker to look each up among a term's


class Wanted(Struct, frozen=True):
    """What gives a document of a query points: its text, its words as loosened, those of conditions too, its pairs.

    `found` are the documents that it finds; `every` tells that each of them has every word.
    """

    text: str
    words: Sequence[QueryWord]
    scored: Sequence[QueryWord]
    pairs: Sequence[Key]
    similarity: Similarity | None
    found: Docs
    every: bool


class Scoring:
    """The scores of one query over a snapshot."""

    def __init__(self, snapshot: Snapshot, matching: Matching, wanted: Wanted) -> None:
        self._snapshot = snapshot
        self._matching = matching
        self._wanted = wanted

    def of(self, docs: Docs) -> Scores:
        """Return the score of each of some documents, which are found, before it is rounded."""
        return reduce(np.add, parts(self._strengths(docs)).values())

    def reasons(self, docs: Docs) -> Iterator[tuple[Reason, ...]]:
        """Yield what made the score of each of some documents, most first; the points add up to it."""
        given, similarity = parts(self._strengths(docs)), self._wanted.similarity
        cosines = similarity.of(docs)[0].tolist() if similarity else [None] * len(docs)
        by_words = zip(*(self._word_reasons(word, docs) for word in self._wanted.scored), strict=True)
        for place, cosine in enumerate(cosines):
            others = (
                Reason(signal, float(points[place]), cosine=cosine if signal == "likeness" else None)
                for signal, points in given.items()
                if signal != "words"
            )
            every = (*next(by_words, ()), *others)
            yield tuple(sorted((reason for reason in every if reason.points), key=lambda reason: -reason.points))

    def _strengths(self, docs: Docs) -> Mapping[SignalName, Scores]:
        """Return how strong each signal is in each of some documents."""
        wanted = self._wanted
        points = (self._word_points(word, docs) for word in wanted.scored)
        strengths: dict[SignalName, Scores] = {
            "words": reduce(np.add, points) if wanted.scored else np.zeros(len(docs)),
            "coverage": self._coverage(docs),
        }
        if wanted.pairs:
            strengths["nearness"] = reduce(np.add, (self._points(key, docs) for key in wanted.pairs))
        if len(wanted.words) > 1:  # one word is a subject, not a note
            strengths["exact"] = self._snapshot.reading(wanted.text, docs).astype(np.float64)
        if self._similar:
            own, near = self._similar
            strengths["likeness"] = self._most_points * own[docs]
            strengths["around"] = self._most_points * near[docs]
        if self._snapshot.substance is not None:
            strengths["length"] = self._snapshot.substance.take(docs)
        if self._snapshot.raised is not None:
            strengths["boost"] = self._snapshot.raised.take(docs)
        return strengths

    def _coverage(self, docs: Docs) -> Scores:
        """Return which share of the words' weight each of some documents has."""
        words = self._wanted.words
        if words and self._wanted.every and all(one.weight == 1 for word in words for one in word.alternatives):
            return np.ones(len(docs))
        return self._matching.shares(words, docs)

    @cached_property
    def _most_points(self) -> float:
        """What the words of the query may give at most."""
        having = (len(self._matching.of(word)) for word in self._wanted.words)
        return sum(most_points(self._snapshot.documents, count) for count in having)

    @cached_property
    def _similar(self) -> tuple[Scores, Scores] | None:
        """How like the query each document that is found is, and what is found around it, itself included."""
        docs, similarity, sections = self._wanted.found, self._wanted.similarity, self._snapshot.sections
        if similarity is None:
            return None
        alike, near = np.zeros(self._snapshot.size), np.zeros(self._snapshot.size)
        alike[docs] = similarity.of(docs)[1]
        near[docs] = around(docs, docs if sections is None else sections[docs], alike[docs])
        return alike, near

    def _word_reasons(self, word: QueryWord, docs: Docs) -> Iterator[Reason]:
        """Yield what a word gave to the score of each of some documents, by the alternative that gave most."""
        points = np.stack([self._alternative_points(alternative, docs) for alternative in word.alternatives])
        best = points.argmax(axis=0)
        fields = {
            number: self._snapshot.fields_with(word.alternatives[number].terms, docs) for number in set(best.tolist())
        }
        for place, number in enumerate(best.tolist()):
            term = " ".join(key.text for key in word.alternatives[number].terms)
            yield Reason("words", float(points[number, place]), word.text, term, fields[number][place])

    def _word_points(self, word: QueryWord, docs: Docs) -> Scores:
        """Return what a word gives each of some documents: the most that one of its alternatives does."""
        return reduce(np.maximum, (self._alternative_points(alternative, docs) for alternative in word.alternatives))

    def _alternative_points(self, alternative: Alternative, docs: Docs) -> Scores:
        return alternative.weight * reduce(np.add, (self._points(key, docs) for key in alternative.terms))

    def _points(self, key: Key, docs: Docs) -> Scores:
        """Return the points of a term in each of some documents."""
        term = self._snapshot.term(key)
        if docs is term.docs:
            return term.points
        if len(docs) * _FEW > self._snapshot.size:
            points = np.zeros(self._snapshot.size)
            points[term.docs] = term.points
            return points.take(docs)
        if not len(term.docs):
            return np.zeros(len(docs))
        places = np.searchsorted(term.docs, docs)
        return np.where(term.docs.take(places, mode="clip") == docs, term.points.take(places, mode="clip"), 0.0)
