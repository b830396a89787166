"""One query's text over one generation on a cluster: understood, loosened as far as needed, and told as filters."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from math import ceil
from typing import Any

from index import relaxation
from index.analysis import TermKind
from index.embedder import EmbeddingError
from index.engine import MeantCount
from index.language import Language
from index.opensearch_engine.batching import RequestBatch
from index.opensearch_engine.filters import Filter, Filters, all_of, any_of, found_by, reading
from index.opensearch_engine.manifest import Manifest
from index.opensearch_engine.mapping import Layout
from index.opensearch_engine.meaning import Seen
from index.opensearch_engine.scoring import Scoring, shares, whole
from index.opensearch_engine.semantic_match import Similarity, Strength
from index.opensearch_engine.vocabulary import Vocabulary
from index.query import Query
from index.query_correction import begun, meant
from index.ranking import PLACES, most_points, word_weight
from index.tree import Alternative, InField, Key, Node, Notice, QueryWord, terms_of, words_in

_MOST_CLAUSES = 960  # of a query; a cluster takes 1,024
_CLAUSES_OF_TERM = 4  # where it finds, where some words are enough, and two where it gives points
_CLAUSES_OF_PAIR = 2
_MOST_PAIRS = 300
_BELOW = 1e-6  # of a share, which has seven digits there: it is held against a bound


class Search:
    """A query's text as a cluster is asked for it; it is relaxation's source.

    It is made again until nothing that it asks is open (`RequestBatch.until_known`).
    """

    def __init__(
        self,
        asked: RequestBatch,
        query: Query,
        language: Language,
        layout: Layout,
        manifest: Manifest,
        *,
        seen: Seen | None,
    ) -> None:
        self.asked = asked
        self.text = query.text
        self.filters = Filters(layout.schema)
        self.documents = manifest.documents
        self.sections = layout.schema.sections
        self._query = query
        self._language = language
        self._schema = layout.schema
        self._seen = seen
        self._vocabulary = Vocabulary(asked)
        self.scoring = Scoring(layout, manifest, lambda key: asked.count(found_by(key)))
        parsed = language.parse(query.text, typing=query.typing)
        self.notices = parsed.notices
        self.told = parsed.told
        self.besides = tuple(word for node in parsed.conditions for word in words_in(node))
        self.conditions = all_of(map(self.filters.of, parsed.conditions))
        pieces = begun(parsed.pieces, self, language.words) if query.typing else parsed.pieces
        self.relaxation = relaxation.relax(pieces, self, language.words, query.without)
        self.pairs = self._pairs()
        self.found = all_of((self.conditions, *map(self.filters.of, self._wanted(self.relaxation.words))))
        self.meant = tuple(self._meant())

    def has(self, word: QueryWord) -> bool:
        """Tell whether any document has a word."""
        return self.asked.count(self.filters.of(word), guess=1) > 0

    def count(self, words: Sequence[QueryWord]) -> int:
        """Return how many documents meet the conditions and have all of these words, or what they name."""
        return self.asked.count(self.conditions, *map(self.filters.of, self._wanted(words)))

    def beginning(self, text: str, kind: TermKind = "word") -> Sequence[str]:
        """Return the words of the index, or the sounds, that a text is the beginning of."""
        return self._vocabulary.beginning(text, kind)

    def similar(self, text: str, kind: TermKind = "word") -> str | None:
        """Return the word of the index, or the sound, that a text is most likely a slip of, or None."""
        return self._vocabulary.similar(text, kind)

    def having(self, words: Iterable[QueryWord]) -> Filter:
        """Return which documents have all of some words."""
        return all_of(map(self.filters.of, words))

    @cached_property
    def first(self) -> "Tier":
        """The documents that have every word, or what it names."""
        selected = self.filters.selected(self._query)
        every = [self.found, *([all_of((self.found, *selected))] if selected else [])]
        return Tier(self, self.relaxation.words, self.found, every)

    @cached_property
    def near(self) -> "Tier | None":
        """The other selected documents that have some of the words, or are like the query; None where none can be."""
        words = self.relaxation.loosest
        if "near" in self._query.without or not any(map(self.has, words)):  # what no document speaks of is noise
            return None
        others = (self.conditions, *self.filters.selected(self._query), {"bool": {"must_not": [self.found]}})
        any_word = any_of(map(self.filters.of, words))
        alike = self.similarity.found(others, any_word) if self.similarity else ()
        share = Tier(self, words, any_word, ()).shares or {}
        some: Filter = {"function_score": {**share["function_score"], "min_score": relaxation.LEAST_SHARE - _BELOW}}
        found = all_of((*others, any_of((some, with_keys(alike))) if alike else some))
        return Tier(self, words, found, [found], alike)

    @property
    def titled(self) -> Filter | None:
        """Which documents that meet the conditions have every word in their title; None where that asks for nothing."""
        titles, words = self._schema.titles, self.relaxation.titles_words
        if not titles or not words:
            return None
        return all_of((self.conditions, self.filters.of(InField(titles[1], words))))

    @property
    def terms(self) -> frozenset[str]:
        """The words that were looked for, as terms."""
        return terms_of((*self.relaxation.words, *self.besides))

    @property
    def near_terms(self) -> frozenset[str]:
        """The words that make a document near, as terms."""
        return terms_of(self.relaxation.loosest)

    @cached_property
    def similarity(self) -> Similarity | None:
        """How like each document is to the text, None where there is no model or it could not tell."""
        text, seen = " ".join(piece.text for piece in self.relaxation.pieces), self._seen
        if not text or seen is None:
            return None
        try:
            view = self.asked.once(None, seen.view)
            if view is None:
                return None
            vector = self.asked.once(text, lambda: view.query(text))
            return Similarity(self.asked, view, vector)
        except EmbeddingError as error:
            self.notices = (*self.notices, Notice("no likeness", str(error)))
            return None

    def _wanted(self, words: Sequence[QueryWord]) -> Iterator[Node]:
        """Yield what a document must have for some words (`Language.wanted`)."""
        group, count, filters = self._schema.names, self.asked.count, self.filters
        is_name = lambda text: count(filters.with_values(group or "", (text,))) > 0  # noqa: E731
        return self._language.wanted(words, group, is_name, lambda node: count(filters.of(node), guess=1) > 0)

    def _pairs(self) -> Sequence[Key]:
        """Return the pairs of the query's text, as many as a cluster takes."""
        text = " ".join(piece.text for piece in self.relaxation.pieces)
        words = (*self.relaxation.loosest, *self.besides)
        terms = sum(len(alternative.terms) for word in words for alternative in word.alternatives)
        most = min(max(_MOST_CLAUSES - _CLAUSES_OF_TERM * terms, 0) // _CLAUSES_OF_PAIR, _MOST_PAIRS)
        return self._language.words.pairs(text)[:most]

    def _meant(self) -> Iterator[MeantCount]:
        """Yield words that may be meant instead, and how many of the selected documents have each."""
        for word, other in meant(self.relaxation.corrected, self._vocabulary.commoner):
            selected = self.filters.selected(self._query)
            yield MeantCount(word, other, self.asked.count(found_by(Key(other)), *selected))


class Tier:
    """What a query finds by some of its words; `every` lists searches that together hold all that is to be ranked.

    `alike` are the ids of the documents among them that are found by similarity.
    """

    def __init__(
        self,
        search: Search,
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
