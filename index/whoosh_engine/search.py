"""One query's text over one snapshot: which documents it finds, what they score, and why."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property, reduce

import numpy as np

from index import ladder, spelling
from index.embedder import EmbeddingError, Vectors
from index.engine import MeantCount, Reason, WordCount
from index.language import Language
from index.likeness import Likeness, Likest, around
from index.mending import begun
from index.query import Query, Step
from index.ranking import PLACES, SIGNAL_OF_KIND, SignalName, most_points, parts, word_weight
from index.tree import AllOf, Alternative, AnyOf, FacetIs, InField, Key, Notice, QueryPiece, QueryWord, words_in
from index.whoosh_engine.masks import Masks
from index.whoosh_engine.meaning import Meaning
from index.whoosh_engine.snapshot import Scores, Snapshot
from index.whoosh_engine.term_store import Docs, Mask
from index.words import names_among, without_names

_FEW = 16  # where fewer than one of so many documents is weighed, it is quicker to look each up among a term's


class Search:
    """A query's text, understood, loosened as far as needed, and applied to a snapshot; it is the ladder's source."""

    def __init__(
        self, snapshot: Snapshot, query: Query, language: Language, meaning: Callable[[], Meaning | None]
    ) -> None:
        self._snapshot = snapshot
        self._language = language
        self._query = query
        self._meaning = meaning
        self._likeness: Likeness | None = None
        self._found_alike: tuple[Scores, Scores] | None = None
        parsed = language.parse(query.text)
        self.notices = parsed.notices
        self.conditions = parsed.told
        self._masks = Masks(snapshot)
        self._conditions = self._masks.all_of(parsed.conditions)
        self._scored_besides = tuple(word for node in parsed.conditions for word in words_in(node))
        pieces = begun(parsed.pieces, self) if query.typing else parsed.pieces
        self.ascent = ladder.climb(pieces, self, language.words, query.without)

    def has(self, word: QueryWord) -> bool:
        """Tell whether any document has a word."""
        return bool(self._masks.of(word).any())

    def count(self, words: Sequence[QueryWord]) -> int:
        """Return how many documents meet the conditions and have all of these words."""
        return int(np.count_nonzero(self._conditions & self._masks.all_of(words)))

    def best_share(self, words: Sequence[QueryWord]) -> float:
        """Return the greatest share of the words' weight that a document meeting the conditions has."""
        return float(self._shares(words, self._with_any(words)).max(initial=0.0))

    def likest(self, pieces: Sequence[QueryPiece]) -> Likest | None:
        """Return how like any document with what the query names is to all else it says, None where that is unknown."""
        text = " ".join(piece.text for piece in pieces)
        self._likeness = self._read_likeness(text)
        if self._likeness is None:
            return None
        words = [word for piece in pieces for word in piece.words]
        runs = dict(self._names(words))
        others = [word for word in words if word.is_name and not any(word in run for run in runs)]
        having = (*runs.values(), *map(self._of_name, others))
        rest = without_names(pieces, (*others, *(word for run in runs for word in run)))
        vector = self._vector(rest) if rest not in ("", text) else None
        return self._likeness.likest(vector, reduce(np.logical_and, having, self._conditions), self._snapshot.documents)

    def beginning(self, text: str) -> Sequence[str]:
        """Return the words of the index that a text is the beginning of."""
        return spelling.beginning(text, self._snapshot.words)

    def similar(self, text: str) -> str | None:
        """Return the word of the index that a text is most likely a slip of, or None."""
        return self._snapshot.spellings.similar(text)

    @property
    def steps(self) -> tuple[Step, ...]:
        """What was done to find more."""
        return (*self.ascent.steps, Step("likeness")) if np.any(self.matches & ~self.by_words) else self.ascent.steps

    @cached_property
    def matches(self) -> Mask:
        """Which documents the text finds."""
        return self.by_words | self._by_likeness

    @cached_property
    def by_words(self) -> Mask:
        """Which documents its words find."""
        words = self.ascent.words
        if not self.ascent.some:
            every = self._conditions & self._masks.all_of(words)
            return every & self._named if self.ascent.steps else every
        docs = self._with_any(words)
        mask = np.zeros(self._snapshot.size, np.bool_)
        mask[docs[self._shares(words, docs) >= ladder.LEAST_SHARE]] = True
        return mask & self._named

    @cached_property
    def titled(self) -> Mask:
        """Which documents that meet the conditions have every word in their title."""
        titles, words = self._snapshot.titles, self.ascent.titles_words
        every = self._masks.of(InField(titles[1], words)) if titles and words else np.False_
        return self._conditions & every

    def counted_alone(self, selected: Callable[[Mask], Mask]) -> tuple[WordCount, ...]:
        """Return how many of the selected documents have each word."""
        counts = ((word.text, np.count_nonzero(selected(self._masks.of(word)))) for word in self.ascent.mended)
        return tuple(WordCount(text, int(count)) for text, count in counts)

    def meant(self, selected: Callable[[Mask], Mask]) -> Iterator[MeantCount]:
        """Yield words that may be meant instead, and how many of the selected documents have each."""
        for word in self.ascent.mended:
            if other := self._snapshot.spellings.commoner(word.text):
                having = selected(self._masks.of(QueryWord(other, (Alternative((Key(other),)),))))
                yield MeantCount(word.text, other, int(np.count_nonzero(having)))

    def scores(self, docs: Docs) -> Scores:
        """Return the score of each of some documents, which are found."""
        if not self.scored:
            return np.zeros(len(docs))
        return np.round(reduce(np.add, parts(self._strengths(docs)).values()), PLACES)

    @cached_property
    def scored(self) -> tuple[QueryWord, ...]:
        """The words that give points; without any, no document has a score."""
        return tuple(dict.fromkeys((*self.ascent.words, *self._scored_besides)))

    @cached_property
    def terms(self) -> frozenset[str]:
        """The words that were looked for, as terms."""
        keys = (key for word in self.scored for alternative in word.alternatives for key in alternative.terms)
        return frozenset(key.text for key in keys if key.kind == "word")

    def reasons(self, docs: Docs) -> Iterator[tuple[Reason, ...]]:
        """Yield what made the score of each of some documents, most first; the points add up to it."""
        given = parts(self._strengths(docs))
        cosines = self._likeness.of(docs)[0].tolist() if self._likeness else [None] * len(docs)
        by_words = zip(*(self._word_reasons(word, docs) for word in self.scored), strict=True)
        for place, cosine in enumerate(cosines):
            others = (
                Reason(signal, float(points[place]), cosine=cosine if signal == "likeness" else None)
                for signal, points in given.items()
                if signal != "words"
            )
            every = (*next(by_words, ()), *others)
            yield tuple(sorted((reason for reason in every if reason.points), key=lambda reason: -reason.points))

    def _read_likeness(self, text: str) -> Likeness | None:
        """Return how like each document is to a text, None where there is no model or it could not tell."""
        if not text or "likeness" in self._query.without or not (meaning := self._meaning()):
            return None
        try:
            return meaning.likeness(self._snapshot, text)
        except EmbeddingError as error:
            self.notices = (*self.notices, Notice("no likeness", str(error)))
            return None

    def _vector(self, text: str) -> "Vectors | None":
        """Return the vector of a part of the query, None where the model answers no more."""
        meaning = self._meaning()
        try:
            return meaning.query(text) if meaning else None
        except EmbeddingError:
            return None

    @cached_property
    def _most_points(self) -> float:
        """What the words of the query may give at most."""
        having = (int(np.count_nonzero(self._masks.of(word))) for word in self.ascent.words)
        return sum(most_points(self._snapshot.documents, count) for count in having)

    def _strengths(self, docs: Docs) -> Mapping[SignalName, Scores]:
        """Return how strong each signal is in each of some documents."""
        strengths: dict[SignalName, Scores] = {
            "words": reduce(np.add, (self._word_points(word, docs) for word in self.scored), np.zeros(len(docs))),
            "coverage": self._shares(self.ascent.words, docs),
            "boost": self._snapshot.boosts[docs] - 1,
        }
        for key in self._helpers:
            signal = SIGNAL_OF_KIND[key.kind]
            strengths[signal] = strengths.get(signal, 0) + self._points(key, docs)
        if len(self._exact):
            strengths["exact"] = np.isin(docs, self._exact).astype(np.float64)
        if self._likeness:
            own, near = self._alike(self._likeness)
            strengths["likeness"] = self._most_points * own[docs]
            strengths["around"] = self._most_points * near[docs]
        return strengths

    def _alike(self, likeness: Likeness) -> tuple[Scores, Scores]:
        """Return how like the query each document that is found is, and what is found around it, itself included."""
        if self._found_alike is None:
            docs = np.flatnonzero(self.matches).astype(np.int32)
            sections = self._snapshot.sections
            own = docs if sections is None else sections[docs]
            alike, near = np.zeros(self._snapshot.size), np.zeros(self._snapshot.size)
            alike[docs] = likeness.of(docs)[1]
            near[docs] = around(docs, own, alike[docs])
            self._found_alike = alike, near
        return self._found_alike

    @cached_property
    def _exact(self) -> Docs:
        """The documents whose text is the query's, of two words or more."""
        return self._snapshot.reading(self._query.text) if len(self.ascent.words) > 1 else np.empty(0, np.int32)

    @cached_property
    def _by_likeness(self) -> Mask:
        """Which documents are so like the query that they are found without its words."""
        mask = np.zeros(self._snapshot.size, np.bool_)
        if self._likeness and self.ascent.alike:
            # A title that has the words makes all below it like them: it is found by itself.
            candidates = self._conditions & self._named & ~self.titled
            mask[self._likeness.found(candidates)] = True
        return mask

    @cached_property
    def _named(self) -> Mask:
        """Which documents have what the query names: the word, no looser one, or what it stands for."""
        named = ((word, self._language.named(word.text)) for word in self.ascent.mended)
        wanted = (self._masks.of(AnyOf((word, facet))) for word, facet in named if facet)
        names = (mask for _, mask in self._names(self.ascent.mended))
        return reduce(np.logical_and, (mask for mask in (*wanted, *names) if mask.any()), self._snapshot.live)

    def _of_name(self, word: QueryWord) -> Mask:
        """Return which documents have a word in any field, or what it names."""
        facet, anywhere = self._language.named(word.text), self._masks.anywhere(word)
        return anywhere | self._masks.of(facet) if facet else anywhere

    def _names(self, words: Sequence[QueryWord]) -> Iterator[tuple[tuple[QueryWord, ...], Mask]]:
        """Yield the words in a row that are a name, and which documents have them or are of what that names."""
        group = self._snapshot.names
        if group:
            for run, name in names_among(words, lambda text: bool(self._snapshot.group(group).having((text,)))):
                yield tuple(run), self._masks.of(AnyOf((AllOf(tuple(run)), FacetIs(group, name, (name,)))))

    @cached_property
    def _helpers(self) -> Sequence[Key]:
        """The pairs and grams of the query's text that any document has."""
        analyzer = self._language.words.analyzer
        text = " ".join(piece.text for piece in self.ascent.pieces)
        keys = dict.fromkeys(Key(term.text, term.kind) for term in analyzer.helpers(analyzer.morphemes(text)))
        return [key for key in keys if key.kind in SIGNAL_OF_KIND and len(self._snapshot.term(key).docs)]

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
        if len(docs) * _FEW > self._snapshot.size:
            points = np.zeros(self._snapshot.size)
            points[term.docs] = term.points
            return points[docs]
        if not len(term.docs):
            return np.zeros(len(docs))
        places = np.minimum(np.searchsorted(term.docs, docs), len(term.docs) - 1)
        return np.where(term.docs[places] == docs, term.points[places], 0.0)

    def _with_any(self, words: Sequence[QueryWord]) -> Docs:
        """Return the documents that meet the conditions and have any of these words."""
        nothing = np.zeros(self._snapshot.size, np.bool_)
        having = reduce(np.logical_or, map(self._masks.of, words), nothing)
        return np.flatnonzero(self._conditions & having).astype(np.int32)

    def _shares(self, words: Sequence[QueryWord], docs: Docs) -> Scores:
        """Return which share of the weight of these words each of some documents has."""
        shares, total = np.zeros(len(docs)), 0.0
        for word in words:
            had = reduce(
                np.maximum,
                (self._masks.alternative(alternative)[docs] * alternative.weight for alternative in word.alternatives),
            )
            weight = word_weight(self._snapshot.documents, int(np.count_nonzero(self._masks.of(word))))
            shares += weight * had
            total += weight
        return shares / total if total else shares
