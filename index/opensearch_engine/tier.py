"""Documents on a cluster that words find, all of them or some: which, in which order, and what each scores."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from math import ceil
from typing import TYPE_CHECKING, Any

from index.opensearch_engine.filters import Filter, reading
from index.opensearch_engine.scoring import shares, whole
from index.opensearch_engine.semantic_match import Strength
from index.ranking import PLACES, most_points, word_weight
from index.tree import Alternative, Key, QueryWord

if TYPE_CHECKING:
    from index.opensearch_engine.search import Search


class Tier:
    """What a query finds by some of its words; `every` lists searches that together hold all that is to be ranked.

    `alike` are the ids of the documents among them that are found by similarity.
    """

    def __init__(
        self,
        search: "Search",
        words: tuple[QueryWord, ...],
        found: Filter,
        every: Sequence[Filter],
        alike: Sequence[str] = (),
    ) -> None:
        self._search = search
        self.words = words
        self.found = found
        self._every = every
        self._similar = alike
        self.scored = tuple(dict.fromkeys((*words, *search.besides)))
        self.pairs = search.pairs
        self.scoring = search.scoring

    @property
    def exact(self) -> Filter | None:
        """Which documents' text is the query's, of two words or more."""
        return reading(self._search.text) if len(self.words) > 1 else None

    def had(self, alternative: Alternative) -> Filter:
        """Return which documents have an alternative of a word."""
        return self._search.filters.alternative(alternative)

    def in_field(self, field: str, key: Key) -> Filter:
        """Return which documents have a term in a text field."""
        return self._search.filters.anywhere_in(field, key)

    def weight(self, word: QueryWord) -> float:
        """Return the weight of a word among others."""
        return word_weight(self._search.documents, self._having(word, guess=1))

    @cached_property
    def shares(self) -> Filter | None:
        """What gives each document its share of the words' weight, None where there are no words."""
        weights = [(word, self.weight(word)) for word in self.words]
        return shares(weights, self.had) if weights else None

    @cached_property
    def score(self) -> Filter | None:
        """What gives each document its score, `above` what it is; None where no words are asked for."""
        if not self.scored:
            return None
        most = self.most_points
        points = {key: strength.points(most) for key, strength in self.strengths.items()}
        return whole(self._by_words, points, self.above)

    def told_score(self, hit: Mapping[str, Any]) -> float:
        """Return the score of a hit as it is meant."""
        return round(float(hit["_score"] or self.above) - self.above, PLACES)

    @cached_property
    def above(self) -> float:
        """What scores are told above what they are, so that none is below 0."""
        lowest = min((strength.points(self.most_points) for strength in self.strengths.values()), default=0.0)
        return float(ceil(2 * max(-lowest, 0.0)))  # a boost may double it

    @cached_property
    def strengths(self) -> Mapping[str, Strength]:
        """How like the query the best documents are, by their ids."""
        search = self._search
        if search.similarity is None or not self.scored or search.asked.is_open:  # what is asked depends on all that
            return {}
        by_words = whole(self._by_words, {}, 0.0)
        best = [{"query": {"bool": {"filter": [search.asked.held(one)], "should": [by_words]}}} for one in self._every]
        alike = [{"query": search.asked.held(with_keys(self._similar))}] if self._similar else []
        return search.similarity.strengths([*best, *alike], search.sections)

    @cached_property
    def most_points(self) -> float:
        """What the words of the query may give at most."""
        return sum(most_points(self._search.documents, self._having(word)) for word in self.words)

    @cached_property
    def _by_words(self) -> Filter:
        return self.scoring.every(self.scored, self.pairs, self.shares, self.exact)

    def _having(self, word: QueryWord, guess: int = 0) -> int:
        return self._search.asked.count(self._search.filters.of(word), guess=guess)


def with_keys(keys: Sequence[str]) -> Filter:
    """Return which documents have one of some ids."""
    return {"terms": {"key": list(keys)}}
