"""One query's text over one snapshot: understood, loosened as far as needed, and which documents it finds."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import cached_property

import numpy as np
from msgspec.structs import replace

from index import ladder, spelling
from index.analysis import TermKind
from index.embedder import EmbeddingError, Vectors
from index.engine import MeantCount, WordCount
from index.language import Language
from index.likeness import Likeness, Likest
from index.mending import begun, meant
from index.query import Query, Step
from index.ranking import SIGNAL_OF_KIND
from index.tree import AllOf, AnyOf, FacetIs, InField, Key, Node, Notice, QueryPiece, QueryWord, words_in
from index.whoosh_engine.docs import NONE, both, either, less
from index.whoosh_engine.matching import Matching
from index.whoosh_engine.meaning import Meaning, Seen
from index.whoosh_engine.scoring import Scoring, Wanted
from index.whoosh_engine.snapshot import Scores, Snapshot
from index.whoosh_engine.term_store import Docs
from index.words import beside_names, names_among


class Search:
    """A query's text, understood, loosened as far as needed, and applied to a snapshot; it is the ladder's source."""

    def __init__(
        self, snapshot: Snapshot, query: Query, language: Language, meaning: Callable[[], Meaning | None]
    ) -> None:
        self._snapshot = snapshot
        self._language = language
        self._query = query
        self._meaning = meaning
        self._seen: Seen | None = None
        self._likeness: Likeness | None = None
        parsed = language.parse(query.text, typing=query.typing)
        self.notices = parsed.notices
        self.conditions = parsed.told
        self._matching = Matching(snapshot)
        self._conditions = parsed.conditions
        self._scored_besides = tuple(word for node in parsed.conditions for word in words_in(node))
        pieces = begun(parsed.pieces, self, language.words) if query.typing else parsed.pieces
        self.ascent = ladder.climb(pieces, self, language.words, query.without)

    def has(self, word: QueryWord) -> bool:
        """Tell whether any document has a word."""
        return len(self._matching.of(word)) > 0

    def count(self, words: Sequence[QueryWord]) -> int:
        """Return how many documents meet the conditions and have all of these words."""
        return len(self._with_all(words))

    def best_share(self, words: Sequence[QueryWord]) -> float:
        """Return the greatest share of the words' weight that a document meeting the conditions has."""
        if not words or len(self._with_all(map(_at_full_weight, words))):
            return float(len(words) > 0)
        return float(self._matching.shares(words, self._with_any(words)).max(initial=0.0))

    def likest(self, pieces: Sequence[QueryPiece]) -> Likest | None:
        """Return how like any document with what the query names is to all else it says, None where that is unknown."""
        text = " ".join(piece.text for piece in pieces)
        self._likeness = self._read_likeness(text)
        if self._likeness is None:
            return None
        runs = dict(self._names([word for piece in pieces for word in piece.words]))
        others, rest = beside_names(pieces, runs)
        vector: Vectors | None = None
        with suppress(EmbeddingError):  # the model answers no more
            vector = self._seen.query(rest) if self._seen and rest not in ("", text) else None
        having = self._matching.all_of((*self._conditions, *runs.values()))
        for word in others:
            having = both(having, self._of_name(word))
        return self._likeness.likest(vector, self._snapshot.mask(having), self._snapshot.documents)

    def beginning(self, text: str, kind: TermKind = "word") -> Sequence[str]:
        """Return the words of the index, or the sounds, that a text is the beginning of."""
        return spelling.beginning(text, self._snapshot.vocabulary(kind))

    def similar(self, text: str, kind: TermKind = "word") -> str | None:
        """Return the word of the index, or the sound, that a text is most likely a slip of, or None."""
        return self._snapshot.spellings(kind).similar(text)

    @property
    def steps(self) -> tuple[Step, ...]:
        """What was done to find more."""
        return self.ascent.steps if len(self.matches) == len(self.by_words) else (*self.ascent.steps, Step("likeness"))

    @cached_property
    def matches(self) -> Docs:
        """The documents that the text finds."""
        return either((self.by_words, self._by_likeness))

    @cached_property
    def by_words(self) -> Docs:
        """The documents that its words find."""
        words = self.ascent.words
        if not self.ascent.some:
            return self._with_all((*words, *self._named) if self.ascent.steps else words)
        docs = self._with_any(words)
        enough = docs.compress(self._matching.shares(words, docs) >= ladder.LEAST_SHARE)
        return self._matching.only(enough, self._named)

    @cached_property
    def titled(self) -> Docs:
        """The documents that meet the conditions and have every word in their title."""
        titles, words = self._snapshot.titles, self.ascent.titles_words
        return self._with_all((InField(titles[1], words),)) if titles and words else NONE

    def counted_alone(self, selected: Callable[[Docs], Docs]) -> tuple[WordCount, ...]:
        """Return how many of the selected documents have each word."""
        return tuple(WordCount(word.text, len(selected(self._matching.of(word)))) for word in self.ascent.mended)

    def meant(self, selected: Callable[[Docs], Docs]) -> Iterator[MeantCount]:
        """Yield words that may be meant instead, and how many of the selected documents have each."""
        for word, other in meant(self.ascent.mended, self._snapshot.spellings("word").commoner):
            yield MeantCount(word, other, len(selected(self._snapshot.term(Key(other)).finds)))

    def scores(self, docs: Docs) -> Scores:
        """Return the score of each of some documents, which are found, before it is rounded."""
        return self.scoring.of(docs) if self.scored else np.zeros(len(docs))

    @cached_property
    def scoring(self) -> Scoring:
        """What each document that is found scores where words are asked for, and why."""
        every = not self.ascent.some and len(self.matches) == len(self.by_words)
        wanted = Wanted(
            self._query.text, self.ascent.words, self.scored, self._helpers, self._likeness, self.matches, every
        )
        return Scoring(self._snapshot, self._matching, wanted)

    @cached_property
    def scored(self) -> tuple[QueryWord, ...]:
        """The words that give points; without any, no document has a score."""
        return tuple(dict.fromkeys((*self.ascent.words, *self._scored_besides)))

    @cached_property
    def terms(self) -> frozenset[str]:
        """The words that were looked for, as terms."""
        keys = (key for word in self.scored for alternative in word.alternatives for key in alternative.terms)
        return frozenset(key.text for key in keys if key.kind == "word")

    def _read_likeness(self, text: str) -> Likeness | None:
        """Return how like each document is to a text, None where there is no model or it could not tell."""
        if not text or "likeness" in self._query.without or not (meaning := self._meaning()):
            return None
        try:
            self._seen = meaning.seen(self._snapshot)
            return self._seen.likeness(text)
        except EmbeddingError as error:
            self.notices = (*self.notices, Notice("no likeness", str(error)))
            return None

    @cached_property
    def _by_likeness(self) -> Docs:
        """The documents that are so like the query that they are found without its words."""
        if not self._likeness or not self.ascent.alike:
            return NONE
        # A title that has the words makes all below it like them: it is found by itself.
        candidates = less(self._with_all(self._named), self.titled)
        return np.sort(self._likeness.found(self._snapshot.mask(candidates)))

    @cached_property
    def _named(self) -> Sequence[Node]:
        """What the query names, as far as any document has it: the word, no looser one, or what it stands for."""
        words = self.ascent.mended
        named = (AnyOf((word, facet)) for word in words if (facet := self._language.named(word.text)))
        names = (node for _, node in self._names(words))
        return [node for node in (*named, *names) if len(self._matching.of(node))]

    def _of_name(self, word: QueryWord) -> Docs:
        """Return the documents that have a word in any field, or what it names."""
        facet, anywhere = self._language.named(word.text), self._matching.anywhere(word)
        return either((anywhere, self._matching.of(facet))) if facet else anywhere

    def _names(self, words: Sequence[QueryWord]) -> Iterator[tuple[tuple[QueryWord, ...], Node]]:
        """Yield the words in a row that are a name, and which documents have them or are of what that names."""
        group = self._snapshot.names
        if group:
            for run, name in names_among(words, lambda text: bool(self._snapshot.group(group).having((text,)))):
                yield tuple(run), AnyOf((AllOf(tuple(run)), FacetIs(group, name, (name,))))

    @cached_property
    def _helpers(self) -> Sequence[Key]:
        """The pairs and grams of the query's text that any document has."""
        every = self._language.words.helpers(" ".join(piece.text for piece in self.ascent.pieces))
        return [key for key in every if key.kind in SIGNAL_OF_KIND and len(self._snapshot.term(key).docs)]

    def _with_all(self, nodes: Iterable[Node]) -> Docs:
        """Return the documents that meet the conditions and that all of these nodes describe."""
        return self._matching.all_of((*self._conditions, *nodes))

    def _with_any(self, words: Sequence[QueryWord]) -> Docs:
        """Return the documents that meet the conditions and have any of these words."""
        return self._matching.only(self._matching.any_of(words), self._conditions)


def _at_full_weight(word: QueryWord) -> QueryWord:
    """Return a word without the alternatives that count less than itself."""
    if all(one.weight == 1 for one in word.alternatives):
        return word
    return replace(word, alternatives=tuple(one for one in word.alternatives if one.weight == 1))
