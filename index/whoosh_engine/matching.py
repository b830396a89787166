"""Evaluates the nodes of a query over a snapshot, and scores the documents that it finds by `index.ranking`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce

import numpy as np

from index import query_ast as ast
from index.analysis import TermKind
from index.engine import Reason
from index.interpretation import Interpretation, reasons
from index.query_ast import Alternative, Key, QueryWord
from index.ranking import SignalName, max_points, parts, word_weight
from index.similarity import Similarity, section_boost
from index.terms import SpellChecker, shortest_with_prefix
from index.text import letters
from index.whoosh_engine.docs import Docs, among, both, either, less
from index.whoosh_engine.rows import encoded
from index.whoosh_engine.snapshot import Scores, Snapshot

_SEARCH_RATIO = 16  # binary search is faster than an array if the index is 16 times as large as the scored set


class Matching:
    """The documents that match the nodes of one query, each node evaluated once; the TermIndex of a snapshot."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self.schema = snapshot.schema
        self._evaluated: dict[ast.Node | Alternative, Docs] = {}

    def of(self, node: ast.Node | Alternative) -> Docs:
        """Return the documents that match a node, or have all terms of an alternative outside score-only fields."""
        docs = self._evaluated.get(node)
        if docs is None:
            docs = self._evaluated[node] = self._evaluate(node)
        return docs

    def all_of(self, nodes: Iterable[ast.Node]) -> Docs:
        """Return the documents that match all nodes."""
        return self.of(ast.AllOf(tuple(nodes)))

    def only(self, docs: Docs, nodes: Iterable[ast.Node]) -> Docs:
        """Return those of the given documents that match all nodes."""
        for node in nodes:
            docs = less(docs, self.of(node.node)) if isinstance(node, ast.Not) else both(docs, self.of(node))
        return docs

    def shares(self, words: Sequence[QueryWord], docs: Docs) -> Scores:
        """Return each document's share of the weight of the words."""
        shares, total = np.zeros(len(docs)), 0.0
        for word in words:
            levels = (each.weight * among(docs, self.of(each)) for each in word.alternatives)
            weight = word_weight(self._snapshot.document_count, len(self.of(word)))
            shares += weight * reduce(np.maximum, levels)
            total += weight
        return shares / total if total else shares

    def exists(self, node: ast.Node) -> bool:
        return len(self.of(node)) > 0

    def count(self, nodes: Sequence[ast.Node]) -> int:
        return len(self.all_of(nodes))

    def has_name(self, name: str) -> bool:
        return bool(self._snapshot.group(self.schema.names or "").docs_by_value((name,)))

    def with_prefix(self, prefix: str, kind: TermKind = "word") -> Sequence[str]:
        return shortest_with_prefix(prefix, self._snapshot.vocabulary(kind))

    def spell_checker(self, text: str, kind: TermKind = "word") -> SpellChecker:  # noqa: ARG002  # it knows all terms
        return self._snapshot.spell_checker(kind)

    def _evaluate(self, node: ast.Node | Alternative) -> Docs:  # noqa: PLR0911  # a case for each node
        match node:
            case QueryWord(_, alternatives):
                return either([self.of(each) for each in alternatives])
            case Alternative(terms):
                return _intersection([self._snapshot.term(key).finds for key in terms])
            case ast.AllOf(nodes) | ast.QueryPiece(_, nodes):
                included = [self.of(each) for each in nodes if not isinstance(each, ast.Not)]
                docs = _intersection(included) if included else self._snapshot.all_docs
                return self.only(docs, [each for each in nodes if isinstance(each, ast.Not)])
            case ast.AnyOf(nodes):
                return either([self.of(each) for each in nodes])
            case ast.Not(inner):
                return less(self._snapshot.all_docs, self.of(inner))
            case ast.InField(field, words):
                return _intersection([self._word_in_field(field, word) for word in words])
            case ast.QueryPhrase(text):
                return self._phrase(encoded(text))
            case ast.FacetIs(name, text, values):
                group = self._snapshot.group(name)
                return group.docs_with(values or [value for value in group.values if text in letters(value)])
            case ast.Dated():
                dates = self._snapshot.dates
                return dates.docs_with(filter(node.includes, dates.values))

    def _word_in_field(self, field: str, word: QueryWord) -> Docs:
        snapshot = self._snapshot
        sets = ([snapshot.docs_in_field(field, key) for key in each.terms] for each in word.alternatives)
        return either(list(map(_intersection, sets)))

    def _phrase(self, text: bytes) -> Docs:
        snapshot = self._snapshot
        if not text:
            return snapshot.all_docs
        docs = snapshot.trigram_filter.candidates(text)
        docs = docs[snapshot.live[docs]]
        found = (text in snapshot.literals[doc] for doc in docs.tolist())
        return docs.compress(np.fromiter(found, np.bool_, len(docs)))


def _intersection(sets: Sequence[Docs]) -> Docs:
    """Return the intersection of at least one set, the smallest first: it bounds the work of all others."""
    return reduce(both, sorted(sets, key=len))


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
