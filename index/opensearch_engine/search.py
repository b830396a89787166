"""One query's text over one generation on a cluster: understood, loosened as far as needed, and told as filters."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from math import ceil
from typing import Any

from index import ladder
from index.analysis import TermKind
from index.embedder import EmbeddingError, Vectors
from index.engine import MeantCount
from index.language import Language
from index.likeness import Likest
from index.mending import begun, meant
from index.opensearch_engine.alike import Likeness, Strength
from index.opensearch_engine.filters import NOTHING, Filter, Filters, all_of, any_of, found_by, reading
from index.opensearch_engine.manifest import Manifest
from index.opensearch_engine.mapping import Layout
from index.opensearch_engine.meaning import Seen, View
from index.opensearch_engine.questions import Round
from index.opensearch_engine.scoring import Scoring, shares, whole
from index.opensearch_engine.vocabulary import Vocabulary
from index.query import Query, Step
from index.ranking import PLACES, SIGNAL_OF_KIND, SignalName, most_points, word_weight
from index.tree import AllOf, Alternative, AnyOf, FacetIs, InField, Key, Node, Notice, QueryPiece, QueryWord, words_in
from index.words import beside_names, names_among

_MOST_CLAUSES = 960  # of a query; a cluster takes 1,024
_CLAUSES_OF_TERM = 4  # where it finds, where some words are enough, and two where it gives points
_CLAUSES_OF_HELPER = 2
_MOST_HELPERS = 300  # pairs and grams: those of 200 characters
_BELOW = 1e-6  # of a share, which has seven digits there: it is held against a bound


class Search:
    """A query's text as a cluster is asked for it; it is the ladder's source.

    It is made again until nothing that it asks is open (`Round.until_known`).
    """

    def __init__(
        self, asked: Round, query: Query, language: Language, layout: Layout, manifest: Manifest, *, seen: Seen | None
    ) -> None:
        self._asked = asked
        self._query = query
        self._language = language
        self._schema = layout.schema
        self._documents = manifest.documents
        self._seen = seen
        self._likeness: Likeness | None = None
        self._filters = Filters(layout.schema)
        self._vocabulary = Vocabulary(asked)
        self.scoring = Scoring(layout, manifest, lambda key: asked.count(found_by(key)))
        parsed = language.parse(query.text, typing=query.typing)
        self.notices = parsed.notices
        self.told = parsed.told
        self.conditions = all_of(map(self._filters.of, parsed.conditions))
        pieces = begun(parsed.pieces, self, language.words) if query.typing else parsed.pieces
        self.ascent = ladder.climb(pieces, self, language.words, query.without)
        besides = tuple(word for node in parsed.conditions for word in words_in(node))
        self.scored = tuple(dict.fromkeys((*self.ascent.words, *besides)))
        self.helpers = self._helpers()
        self._by_words = self._found_by_words()
        self.alike = self._found_alike()
        self.found = any_of((self._by_words, with_keys(self.alike))) if self.alike else self._by_words
        self.steps = (*self.ascent.steps, *([Step("likeness")] if self.alike else []))
        self.meant = tuple(self._meant())

    def has(self, word: QueryWord) -> bool:
        """Tell whether any document has a word."""
        return self._asked.count(self._filters.of(word), guess=1) > 0

    def count(self, words: Sequence[QueryWord]) -> int:
        """Return how many documents meet the conditions and have all of these words."""
        return self._asked.count(self.conditions, *map(self._filters.of, words))

    def best_share(self, words: Sequence[QueryWord]) -> float:
        """Return the greatest share of the words' weight that a document meeting the conditions has."""
        if not words or self.count(words) >= ladder.ENOUGH:
            return float(len(words) > 0)  # where enough is found nobody needs to know
        weights = self._weights(words)
        if self._asked.is_open:
            return 1.0
        query = {
            "bool": {"filter": [self._held(self.conditions)], "must": [shares(weights, self._filters.alternative)]}
        }
        body = {"size": 1, "_source": False, "query": query}
        best = self._asked.ask(body, _best_score, 1.0)
        return round(best, 6)

    def likest(self, pieces: Sequence[QueryPiece]) -> Likest | None:
        """Return how like any document with what the query names is to all else it says, None where that is unknown."""
        text = " ".join(piece.text for piece in pieces)
        self._likeness = self._read_likeness(text)
        if self._likeness is None:
            return None
        words = [word for piece in pieces for word in piece.words]
        runs = dict(self._names(words))
        others, rest = beside_names(pieces, runs)
        having = (*map(self._filters.of, runs.values()), *map(self._of_name, others))
        vector: Vectors | None = None
        with suppress(EmbeddingError):  # the model answers no more
            vector = self._vector_of(rest, self._likeness.view) if rest not in ("", text) else None
        return self._likeness.likest(vector, (self.conditions, *having), self._having_any(words))

    def beginning(self, text: str, kind: TermKind = "word") -> Sequence[str]:
        """Return the words of the index, or the sounds, that a text is the beginning of."""
        return self._vocabulary.beginning(text, kind)

    def similar(self, text: str, kind: TermKind = "word") -> str | None:
        """Return the word of the index, or the sound, that a text is most likely a slip of, or None."""
        return self._vocabulary.similar(text, kind)

    def having(self, words: Iterable[QueryWord]) -> Filter:
        """Return which documents have all of some words."""
        return all_of(map(self._filters.of, words))

    @property
    def titled(self) -> Filter | None:
        """Which documents that meet the conditions have every word in their title; None where that asks for nothing."""
        titles, words = self._schema.titles, self.ascent.titles_words
        if not titles or not words:
            return None
        return all_of((self.conditions, self._filters.of(InField(titles[1], words))))

    @property
    def terms(self) -> frozenset[str]:
        """The words that were looked for, as terms."""
        keys = (key for word in self.scored for alternative in word.alternatives for key in alternative.terms)
        return frozenset(key.text for key in keys if key.kind == "word")

    @property
    def exact(self) -> Filter | None:
        """Which documents' text is the query's, of two words or more."""
        return reading(self._query.text) if len(self.ascent.words) > 1 else None

    def had(self, alternative: Alternative) -> Filter:
        """Return which documents have an alternative of a word."""
        return self._filters.alternative(alternative)

    def in_field(self, field: str, key: Key) -> Filter:
        """Return which documents have a term in a text field."""
        return self._filters.anywhere_in(field, key)

    def weight(self, word: QueryWord) -> float:
        """Return the weight of a word among others."""
        return word_weight(self._documents, self._asked.count(self._filters.of(word), guess=1))

    @cached_property
    def score(self) -> Filter | None:
        """What gives each document its score, `above` what it is; None where no words are asked for."""
        if not self.scored:
            return None
        words, most = self._score_of_words(), self.most_points
        points = {key: strength.points(most) for key, strength in self.strengths.items()}
        return whole(words, points, self.above)

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
        """How like the query the best documents are, by their ids: of all, and of those selected."""
        if self._likeness is None or not self.scored or self._asked.is_open:  # what is asked depends on all that
            return {}
        by_words = whole(self._score_of_words(), dict.fromkeys(self.alike, 0.0), 0.0)
        selected = self._filters.selected(self._query)
        return self._likeness.strengths(
            (
                {"query": {"bool": {"filter": [self._asked.held(self.found, *some)], "should": [by_words]}}}
                for some in ([], *([selected] if selected else []))
            ),
            self._schema.sections,
        )

    @cached_property
    def most_points(self) -> float:
        """What the words of the query may give at most."""
        having = (self._asked.count(self._filters.of(word)) for word in self.ascent.words)
        return sum(most_points(self._documents, count) for count in having)

    def _read_likeness(self, text: str) -> Likeness | None:
        """Return how like each document is to a text, None where there is no model or it could not tell."""
        if not text or "likeness" in self._query.without or self._seen is None:
            return None
        try:
            view = self._asked.once(None, self._seen.view)
            if view is None:
                return None
            return Likeness(self._asked, view, self._documents, self._vector_of(text, view))
        except EmbeddingError as error:
            self.notices = (*self.notices, Notice("no likeness", str(error)))
            return None

    def _vector_of(self, text: str, view: View) -> Vectors:
        """Return the vector of a text. Raises EmbeddingError."""
        return self._asked.once(text, lambda: view.query(text))

    def _found_by_words(self) -> Filter:
        """Return which documents the words of the text find."""
        words = self.ascent.words
        if self.ascent.some:
            some: Mapping[str, Any] = shares(self._weights(words), self._filters.alternative)
            enough = {**some["function_score"], "min_score": ladder.LEAST_SHARE - _BELOW}
            return all_of((self.conditions, {"function_score": enough}, *self._named()))
        named = self._named() if self.ascent.steps else ()
        return all_of((self.conditions, *map(self._filters.of, words), *named))

    def _found_alike(self) -> Sequence[str]:
        """Return the ids of the documents that are found by likeness, without the words."""
        if not self._likeness or not self.ascent.alike:
            return ()
        # A title that has the words makes all below it like them: it is found by itself.
        untitled = [{"bool": {"must_not": [self.titled]}}] if self.titled else []
        candidates = (self.conditions, *self._named(), *untitled)
        keys = self._likeness.found(candidates, self._having_any(self.ascent.words))
        by_words = self._asked.found(self._by_words, with_keys(keys)) if keys else ()
        return tuple(key for key in keys if key not in by_words)

    def _having_any(self, words: Sequence[QueryWord]) -> Filter:
        return any_of(map(self._filters.of, words)) if words else NOTHING

    def _of_name(self, word: QueryWord) -> Filter:
        """Return which documents have a word in any field, or what it names."""
        facet, anywhere = self._language.named(word.text), self._filters.anywhere(word)
        return any_of((anywhere, self._filters.of(facet))) if facet else anywhere

    def _names(self, words: Sequence[QueryWord]) -> Iterator[tuple[tuple[QueryWord, ...], Node]]:
        """Yield the words in a row that are a name, and which documents have them or are of what that names."""
        if group := self._schema.names:
            is_name = lambda text: self._asked.count(self._filters.with_values(group, (text,))) > 0  # noqa: E731
            for run, name in names_among(words, is_name):
                yield tuple(run), AnyOf((AllOf(tuple(run)), FacetIs(group, name, (name,))))

    def _named(self) -> Iterator[Filter]:
        """Yield which documents have what the query names, one name after the other, as far as any document has it."""
        words = self.ascent.mended
        every = [AnyOf((word, facet)) for word in words if (facet := self._language.named(word.text))]
        for node in (*every, *(node for _, node in self._names(words))):
            one = self._filters.of(node)
            if self._asked.count(one, guess=1):
                yield one

    def _helpers(self) -> Mapping[SignalName, Sequence[Key]]:
        """Return the pairs and grams of the query's text, by the signals that they make, as many as a cluster takes."""
        text = " ".join(piece.text for piece in self.ascent.pieces)
        terms = sum(len(alternative.terms) for word in self.scored for alternative in word.alternatives)
        most = min(max(_MOST_CLAUSES - _CLAUSES_OF_TERM * terms, 0) // _CLAUSES_OF_HELPER, _MOST_HELPERS)
        keys = [key for key in self._language.words.helpers(text) if key.kind in SIGNAL_OF_KIND][:most]
        return {signal: [key for key in keys if key.kind == kind] for kind, signal in SIGNAL_OF_KIND.items()}

    def _score_of_words(self) -> Filter:
        weights = self._weights(self.ascent.words)
        share = shares(weights, self._filters.alternative) if weights else None
        return self.scoring.every(self.scored, self.helpers, share, self.exact)

    def _weights(self, words: Sequence[QueryWord]) -> list[tuple[QueryWord, float]]:
        return [(word, self.weight(word)) for word in words]

    def _held(self, *filters: Filter) -> Filter:
        return self._asked.held(*filters)

    def _meant(self) -> Iterator[MeantCount]:
        """Yield words that may be meant instead, and how many of the selected documents have each."""
        for word, other in meant(self.ascent.mended, self._vocabulary.commoner):
            selected = self._filters.selected(self._query)
            yield MeantCount(word, other, self._asked.count(found_by(Key(other)), *selected))


def with_keys(keys: Iterable[str]) -> Filter:
    """Return which documents have one of some ids."""
    return {"terms": {"key": list(keys)}}


def _best_score(answer: Mapping[str, Any]) -> float:
    hits = answer["hits"]["hits"]
    return float(hits[0]["_score"]) if hits else 0.0
