"""One query's text over one snapshot: which documents it finds, what they score, and why."""

from collections.abc import Mapping, Sequence
from functools import cached_property, reduce

import numpy as np

from index import ladder, spelling
from index.engine import Reason
from index.language import Language
from index.query import Query
from index.ranking import PLACES, SIGNAL_OF_KIND, SignalName, parts, word_weight
from index.tree import Alternative, Key, QueryWord, words_in
from index.whoosh_engine.masks import Masks
from index.whoosh_engine.snapshot import Scores, Snapshot
from index.whoosh_engine.term_store import Mask


class Search:
    """A query's text, understood, loosened as far as needed, and applied to a snapshot; it is the ladder's source."""

    def __init__(self, snapshot: Snapshot, query: Query, language: Language) -> None:
        self._snapshot = snapshot
        self._language = language
        self._text = query.text
        parsed = language.parse(query.text)
        self.notices = parsed.notices
        self._masks = Masks(snapshot)
        self._conditions = self._masks.all_of(parsed.conditions)
        self._scored_besides = tuple(word for node in parsed.conditions for word in words_in(node))
        self.ascent = ladder.climb(parsed.pieces, self, language.words, query.without)

    def has(self, word: QueryWord) -> bool:
        """Tell whether any document has a word."""
        return bool(self._masks.of(word).any())

    def count(self, words: Sequence[QueryWord]) -> int:
        """Return how many documents meet the conditions and have all of these words."""
        return int(np.count_nonzero(self._conditions & self._masks.all_of(words)))

    def best_share(self, words: Sequence[QueryWord]) -> float:
        """Return the greatest share of the words' weight that a document meeting the conditions has."""
        return float((self._shares(words) * self._conditions).max(initial=0.0))

    def similar(self, text: str) -> str | None:
        """Return the word of the index that a text is most likely a slip of, or None."""
        return spelling.similar(text, self._snapshot.words, lambda word: len(self._snapshot.term(Key(word)).finds))

    @cached_property
    def matches(self) -> Mask:
        """Which documents the text finds."""
        words = self.ascent.words
        if self.ascent.some:
            return self._conditions & (self._shares(words) >= ladder.LEAST_SHARE)
        return self._conditions & self._masks.all_of(words)

    @cached_property
    def scores(self) -> Scores:
        """The score of every document."""
        return np.round(reduce(np.add, parts(self._strengths).values()), PLACES)

    @cached_property
    def terms(self) -> frozenset[str]:
        """The words that were looked for, as terms."""
        keys = (key for word in self._scored for alternative in word.alternatives for key in alternative.terms)
        return frozenset(key.text for key in keys if key.kind == "word")

    def reasons(self, doc: int) -> tuple[Reason, ...]:
        """Return what made the score of a document, most first; the points add up to it."""
        given = parts({signal: float(strength[doc]) for signal, strength in self._strengths.items()})
        others = (Reason(signal, points) for signal, points in given.items() if signal != "words")
        reasons = [reason for reason in (*(self._reason(word, doc) for word in self._scored), *others) if reason.points]
        return tuple(sorted(reasons, key=lambda reason: -reason.points))

    @property
    def _scored(self) -> tuple[QueryWord, ...]:
        return tuple(dict.fromkeys((*self.ascent.words, *self._scored_besides)))

    @cached_property
    def _strengths(self) -> Mapping[SignalName, Scores]:
        """How strong each signal is in every document."""
        words = self.ascent.words
        nothing = np.zeros(self._snapshot.size)
        strengths: dict[SignalName, Scores] = dict.fromkeys(SIGNAL_OF_KIND.values(), nothing)
        for key in self._helpers:
            signal = SIGNAL_OF_KIND[key.kind]
            strengths[signal] = strengths[signal] + self._dense(key)
        exact = nothing.copy()
        if len(words) > 1:
            exact[self._snapshot.reading(self._text)] = 1
        return {
            "words": reduce(np.add, map(self._word_points, self._scored), nothing),
            **strengths,
            "coverage": self._shares(words),
            "exact": exact,
            "boost": self._snapshot.boosts - 1,
        }

    @property
    def _helpers(self) -> Sequence[Key]:
        """The pairs and grams of the query's text."""
        analyzer = self._language.words.analyzer
        text = " ".join(piece.text for piece in self.ascent.pieces)
        keys = dict.fromkeys(Key(term.text, term.kind) for term in analyzer.helpers(analyzer.morphemes(text)))
        return [key for key in keys if key.kind in SIGNAL_OF_KIND]

    def _reason(self, word: QueryWord, doc: int) -> Reason:
        def points(alternative: Alternative) -> float:
            return alternative.weight * sum(self._points_at(key, doc) for key in alternative.terms)

        best = max(word.alternatives, key=points)
        fields = dict.fromkeys(name for key in best.terms for name in self._snapshot.fields_with(key, doc))
        return Reason("words", points(best), word.text, " ".join(key.text for key in best.terms), tuple(fields))

    def _points_at(self, key: Key, doc: int) -> float:
        term = self._snapshot.term(key)
        place = int(np.searchsorted(term.docs, doc))
        return float(term.points[place]) if place < len(term.docs) and term.docs[place] == doc else 0.0

    def _word_points(self, word: QueryWord) -> Scores:
        """Return what a word gives each document: the most that one of its alternatives does."""
        return reduce(
            np.maximum,
            (
                alternative.weight * reduce(np.add, map(self._dense, alternative.terms))
                for alternative in word.alternatives
            ),
        )

    def _dense(self, key: Key) -> Scores:
        points = np.zeros(self._snapshot.size)
        term = self._snapshot.term(key)
        points[term.docs] = term.points
        return points

    def _shares(self, words: Sequence[QueryWord]) -> Scores:
        """Return which share of the weight of these words each document has."""
        shares, total = np.zeros(self._snapshot.size), 0.0
        for word in words:
            had = np.zeros(self._snapshot.size)
            for alternative in sorted(word.alternatives, key=lambda alternative: alternative.weight):
                had[self._masks.alternative(alternative)] = alternative.weight
            weight = word_weight(self._snapshot.documents, int(np.count_nonzero(had)))
            shares += weight * had
            total += weight
        return shares / total if total else shares
