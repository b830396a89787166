"""One query's text over one snapshot: which documents it finds, what each of them scores, and why."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, reduce

import numpy as np

from index.analysis import TermKind
from index.embedder import EmbeddingError
from index.engine import Reason
from index.interpretation import MIN_NEAR_SHARE, interpret, may_have_near, reasons
from index.messages import message_of
from index.query import Query
from index.query_ast import Alternative, Key, Node, Notice, QueryWord
from index.query_parser import QueryParser
from index.ranking import SignalName, most_points, parts
from index.schema import Schema
from index.similarity import Similarity, section_boost
from index.terms import SpellChecker, shortest_with_prefix
from index.whoosh_engine.docs import NONE, Docs, either, less
from index.whoosh_engine.matching import Matching
from index.whoosh_engine.snapshot import Scores, Snapshot
from index.whoosh_engine.vectors import VectorStore

_FEW = 16  # where fewer than one of so many documents is weighed, it is quicker to look each up among a term's


class SnapshotTerms:
    """The terms of a snapshot (`TermIndex`)."""

    def __init__(self, snapshot: Snapshot, matching: Matching) -> None:
        self._snapshot = snapshot
        self._matching = matching

    @property
    def schema(self) -> Schema:
        """The fields of its documents."""
        return self._snapshot.schema

    def exists(self, node: Node) -> bool:
        """Return whether any document matches a node."""
        return len(self._matching.of(node)) > 0

    def count(self, nodes: Sequence[Node]) -> int:
        """Return how many documents match all of these nodes."""
        return len(self._matching.all_of(nodes))

    def has_name(self, name: str) -> bool:
        """Return whether any document has this folded name in the facet `Schema.names`."""
        return bool(self._snapshot.group(self.schema.names or "").having((name,)))

    def with_prefix(self, prefix: str, kind: TermKind = "word") -> Sequence[str]:
        """Return the terms that begin so."""
        return shortest_with_prefix(prefix, self._snapshot.vocabulary(kind))

    def spell_checker(self, text: str, kind: TermKind = "word") -> SpellChecker:  # noqa: ARG002  # it knows all terms
        """Return the spell checker of all terms."""
        return self._snapshot.spell_checker(kind)


class Search:
    """A query's text over a snapshot: its documents as arrays of their numbers."""

    def __init__(
        self, snapshot: Snapshot, query: Query, parser: QueryParser, vectors: Callable[[], VectorStore | None]
    ) -> None:
        self.snapshot = snapshot
        self._query = query
        self._vectors = vectors
        self.matching = Matching(snapshot)
        self.terms = SnapshotTerms(snapshot, self.matching)
        self.interpretation = interpret(query, parser, self.terms)
        self.conditions = self.interpretation.parsed.conditions
        self.notices = self.interpretation.parsed.notices  # and that of a model which failed (`similarity`)

    @cached_property
    def similarity(self) -> Similarity | None:
        """The similarity of each document to the text; None without a model, or where it failed, which is noticed."""
        text, vectors = self.interpretation.text, self._vectors()
        try:
            return vectors.of(self.snapshot).similarity(text) if vectors and text else None
        except EmbeddingError as error:
            self.notices = (*self.notices, Notice("no likeness", message_of(error)))
            return None

    @cached_property
    def matches(self) -> Docs:
        """The documents that match every word, or what it names, and the conditions."""
        return self._with_all(self.interpretation.required)

    def near(self, selected: Callable[[Docs], Docs]) -> Docs:
        """Return the other selected documents that match some of the words, or are similar to the query."""
        words = self.interpretation.relaxation.loosest
        if not may_have_near(self._query, words, self.terms):
            return NONE
        having = selected(self.matching.only(self.matching.any_of(words), self.conditions))
        some = having.compress(self.matching.shares(words, having) >= MIN_NEAR_SHARE)
        others = less(selected(self._with_all(())), self.matches)
        like = self.similarity.found(self.snapshot.mask(others)) if self.similarity else NONE
        return either((less(some, self.matches), np.sort(like)))

    @cached_property
    def titled(self) -> Docs:
        """The documents that meet the conditions and have every word in their title."""
        title = self.interpretation.title
        return self._with_all((title,)) if title else NONE

    def scores(self, docs: Docs) -> Scores:
        """Return the score of each of some documents, which are found, before it is rounded."""
        return self.scoring.of(docs) if self.has_scores else np.zeros(len(docs))

    @property
    def has_scores(self) -> bool:
        """Whether any word gives points; without one no document has a score."""
        return bool(self.interpretation.relaxation.words or self.interpretation.condition_words)

    @cached_property
    def scoring(self) -> "Scoring":
        """What each document that is found scores where words are asked for, and why."""
        words = self.interpretation.relaxation.words
        return Scoring(self, words, self.matches, every=self.interpretation.required == words)

    def near_scoring(self, near: Docs) -> "Scoring":
        """Return what each of the documents that are near scores, and why."""
        return Scoring(self, self.interpretation.relaxation.loosest, near, every=False)

    @cached_property
    def held_pairs(self) -> Sequence[Key]:
        """The pairs of the query's text that any document has."""
        return [key for key in self.interpretation.shingles if len(self.snapshot.term(key).docs)]

    def _with_all(self, nodes: Iterable[Node]) -> Docs:
        """Return the documents that meet the conditions and that all of these nodes describe."""
        return self.matching.all_of((*self.conditions, *nodes))


class Scoring:
    """The scores of the documents that a query finds by some words; `every` says that each of them has every word."""

    def __init__(self, search: Search, words: Sequence[QueryWord], found: Docs, *, every: bool) -> None:
        self._search = search
        self._snapshot = search.snapshot
        self._words = words
        self._scored = tuple(dict.fromkeys((*words, *search.interpretation.condition_words)))
        self._found = found
        self._every = every

    def of(self, docs: Docs) -> Scores:
        """Return the score of each of some documents, which are found, before it is rounded."""
        return reduce(np.add, parts(self._strengths(docs)).values())

    def reasons(self, docs: Docs) -> Iterator[tuple[Reason, ...]]:
        """Yield what made the score of each of some documents, most first; the points add up to it."""
        given, similarity = parts(self._strengths(docs)), self._search.similarity
        cosines = similarity.of(docs)[0].tolist() if similarity else [None] * len(docs)
        by_words = zip(*(self._word_reasons(word, docs) for word in self._scored), strict=True)
        by_signals = zip(*(points.tolist() for points in given.values()), strict=True)
        for cosine, points in zip(cosines, by_signals, strict=True):
            yield reasons(next(by_words, ()), dict(zip(given, points, strict=True)), cosine)

    def _strengths(self, docs: Docs) -> Mapping[SignalName, Scores]:
        """Return how strong each signal is in each of some documents."""
        search = self._search
        points = (
            reduce(np.maximum, (self._alternative_points(alternative, docs) for alternative in word.alternatives))
            for word in self._scored
        )
        strengths: dict[SignalName, Scores] = {
            "words": reduce(np.add, points) if self._scored else np.zeros(len(docs)),
            "coverage": self._coverage(docs),
        }
        if search.held_pairs:
            strengths["nearness"] = reduce(np.add, (self._points(key, docs) for key in search.held_pairs))
        if len(self._words) > 1:  # one word is a subject, not a note
            strengths["exact"] = self._snapshot.reading(search.interpretation.parsed.plain, docs).astype(np.float64)
        if self._similar:
            own, beside = self._similar
            strengths["likeness"] = self._most_points * own[docs]
            strengths["around"] = self._most_points * beside[docs]
        if self._snapshot.substance is not None:
            strengths["length"] = self._snapshot.substance.take(docs)
        if self._snapshot.raised is not None:
            strengths["boost"] = self._snapshot.raised.take(docs)
        return strengths

    def _coverage(self, docs: Docs) -> Scores:
        """Return which share of the words' weight each of some documents has."""
        words = self._words
        if words and self._every and all(one.weight == 1 for word in words for one in word.alternatives):
            return np.ones(len(docs))
        return self._search.matching.shares(words, docs)

    @cached_property
    def _most_points(self) -> float:
        """What the words of the query may give at most."""
        having = (len(self._search.matching.of(word)) for word in self._words)
        return sum(most_points(self._snapshot.documents, count) for count in having)

    @cached_property
    def _similar(self) -> tuple[Scores, Scores] | None:
        """How like the query each document that is found is, and what its section adds, itself included."""
        docs, similarity, sections = self._found, self._search.similarity, self._snapshot.sections
        if similarity is None:
            return None
        own, beside = np.zeros(self._snapshot.size), np.zeros(self._snapshot.size)
        own[docs] = similarity.of(docs)[1]
        beside[docs] = section_boost(docs if sections is None else sections[docs], own[docs])
        return own, beside

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
