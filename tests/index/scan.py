"""One query held against every document in turn, for the oracle."""

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache, cached_property, partial
from typing import TYPE_CHECKING

import numpy as np
from counted import Counted

from index import ladder, spelling
from index.analysis import TermKind
from index.embedder import Embedder, EmbeddingError
from index.engine import Reason
from index.likeness import DocumentVectors, Likeness, Likest, Space, quantised
from index.mending import begun
from index.query import Query, Step
from index.ranking import (
    AROUND,
    PLACES,
    SHORTEST,
    SIGNAL_OF_KIND,
    SignalName,
    most_points,
    parts,
    term_points,
    word_weight,
)
from index.schema import TextField
from index.text import folded, folded_name
from index.tree import (
    AllOf,
    Alternative,
    AnyOf,
    Dated,
    FacetIs,
    InField,
    Key,
    Node,
    Not,
    Notice,
    QueryPhrase,
    QueryPiece,
    QueryWord,
    words_in,
)
from index.words import names_among, without_names

if TYPE_CHECKING:
    from scan_engine import ScanEngine


class Scan:
    """One query's text, held against every document in turn."""

    def __init__(self, engine: "ScanEngine", query: Query) -> None:
        self._engine = engine
        self._documents = documents = engine.documents
        self._texts = engine.schema.texts
        self._asked = query
        self._language = language = engine.language
        self._found_by = cache(lambda key: sum(key in d.found_by for d in documents))
        self._weight = cache(lambda word: word_weight(len(documents), sum(self.describes(word, d) for d in documents)))
        self._mean_length = cache(self._read_mean_length)
        self.score = cache(self._score)
        self.has_words = cache(self._has_words)  # each is asked of a document again for every count
        self._has_word = cache(lambda word, d: any(self._has_alternative(a, d) for a in word.alternatives))
        parsed = language.parse(query.text, typing=query.typing)
        self.notices = parsed.notices
        self.conditions = parsed.told
        self._conditions = AllOf(parsed.conditions)
        self._likeness: Likeness | None = None
        self._number = {id(d): number for number, d in enumerate(documents)}
        pieces = begun(parsed.pieces, self, language.words) if query.typing else parsed.pieces
        self.ascent = ladder.climb(pieces, self, language.words, query.without)
        besides = [word for node in parsed.conditions for word in words_in(node)]
        self._scored = list(dict.fromkeys([*self.ascent.words, *besides]))
        analyzer = language.words.analyzer
        text = " ".join(piece.text for piece in self.ascent.pieces)
        terms = analyzer.helpers(analyzer.morphemes(text))
        self._helpers = list(dict.fromkeys(Key(term.text, term.kind) for term in terms if term.kind in SIGNAL_OF_KIND))
        named = self._named()
        fitting = np.array([self.describes(AllOf((self._conditions, *named)), d) for d in documents], np.bool_)
        if titles := engine.schema.titles:
            titled = [self.has_in(titles[1], self.ascent.titles_words, d) for d in documents]
            fitting &= ~np.array(titled, np.bool_)
        tells = self._likeness and self.ascent.alike
        self._alike = set(self._likeness.found(fitting).tolist()) if tells else set()
        alone = any(not self.has_words(documents[number]) for number in self._alike)
        self.steps = (*self.ascent.steps, Step("likeness")) if alone else self.ascent.steps
        self.terms = frozenset(
            key.text for word in self._scored for a in word.alternatives for key in a.terms if key.kind == "word"
        )

    def has(self, word: QueryWord) -> bool:
        return any(self.describes(word, d) for d in self._documents)

    def count(self, words: Sequence[QueryWord]) -> int:
        return sum(self.describes(AllOf((self._conditions, *words)), d) for d in self._documents)

    def best_share(self, words: Sequence[QueryWord]) -> float:
        fitting = [d for d in self._documents if self.describes(self._conditions, d)]
        return max((self._share(words, d) for d in fitting), default=0.0)

    def beginning(self, text: str, kind: TermKind = "word") -> Sequence[str]:
        return spelling.beginning(text, self._all(kind))

    def similar(self, text: str, kind: TermKind = "word") -> str | None:
        return self._spellings(kind).similar(text)

    def meant(self) -> Iterator[tuple[str, QueryWord]]:
        asked = {key.text for word in self.ascent.mended for a in word.alternatives for key in a.terms}
        for word in self.ascent.mended:
            if (other := self._spellings("word").commoner(word.text)) and other not in asked:
                yield word.text, QueryWord(other, (Alternative((Key(other),)),))

    def _spellings(self, kind: TermKind) -> spelling.Spellings:
        return spelling.Spellings(
            lambda: dict.fromkeys(self._all(kind), len(self._documents)), lambda text: self._found_by(Key(text, kind))
        )

    def _all(self, kind: TermKind) -> list[str]:
        return [key.text for key in frozenset().union(*(d.found_by for d in self._documents)) if key.kind == kind]

    def likest(self, pieces: Sequence[QueryPiece]) -> Likest | None:
        text = " ".join(piece.text for piece in pieces)
        embedder = self._engine.embedder()
        if embedder and text and "likeness" not in self._asked.without:
            self._likeness = self._read_likeness(text, embedder)
        if self._likeness is None or embedder is None:
            return None
        words = [word for piece in pieces for word in piece.words]
        named = dict(self._names(words))
        others = [word for word in words if word.is_name and not any(word in run for run in named)]
        fitting = (
            self.describes(AllOf((self._conditions, *named.values())), d)
            and all(map(partial(self._is_anywhere, d), others))
            for d in self._documents
        )
        rest = without_names(pieces, [*others, *(word for run in named for word in run)])
        vector = embedder.queries([rest])[0] if rest and rest != text else None
        return self._likeness.likest(vector, np.array(list(fitting), np.bool_), len(self._documents))

    def _read_likeness(self, text: str, embedder: Embedder) -> Likeness | None:
        having = [number for number, d in enumerate(self._documents) if d.document.passage in self._engine.embedded]
        passages = [self._documents[number].document.passage for number in having]
        if not passages:
            return None
        try:
            query = embedder.queries([text])[0]
        except EmbeddingError as error:
            self.notices = (*self.notices, Notice("no likeness", str(error)))
            return None
        space = Space(quantised(embedder.passages(passages)))
        return Likeness(DocumentVectors(np.array(having, np.int32), space, len(self._documents)), query)

    def _is_anywhere(self, counted: Counted, word: QueryWord) -> bool:
        facet = self._language.named(word.text)
        return bool(facet and self.describes(facet, counted)) or any(
            all(any(counted.frequency(f.name, key) for f in self._texts) for key in a.terms) for a in word.alternatives
        )

    def _named(self) -> list[Node]:
        words = self.ascent.mended
        named: list[Node] = [AnyOf((w, facet)) for w in words if (facet := self._language.named(w.text))]
        named += [node for _, node in self._names(words)]
        return [node for node in named if any(self.describes(node, d) for d in self._documents)]

    def _names(self, words: Sequence[QueryWord]) -> Iterator[tuple[tuple[QueryWord, ...], Node]]:
        group = self._engine.schema.names or ""
        known = {name for d in self._documents for name in d.document.facets.get(group, ())}
        for run, name in names_among(words, known.__contains__):
            yield tuple(run), AnyOf((AllOf(tuple(run)), FacetIs(group, name, (name,))))

    def finds(self, counted: Counted) -> bool:
        return self._number[id(counted)] in self._alike or self.has_words(counted)

    def has_in(self, field: str, words: tuple[QueryWord, ...], counted: Counted) -> bool:
        return self.describes(AllOf((self._conditions, InField(field, words))), counted)

    def _has_words(self, counted: Counted) -> bool:
        if self.ascent.some:
            enough = self._share(self.ascent.words, counted) >= ladder.LEAST_SHARE
            return enough and self.describes(AllOf((self._conditions, *self._named())), counted)
        named = self._named() if self.ascent.steps else []
        return self.describes(AllOf((self._conditions, *self.ascent.words, *named)), counted)

    def _score(self, counted: Counted) -> float:
        return round(sum(parts(self._strengths(counted)).values()), PLACES)

    def reasons(self, counted: Counted) -> tuple[Reason, ...]:
        by_word = [Reason("words", self._most(word, counted), word.text) for word in self._scored]
        given = parts(self._strengths(counted))
        cosine = self._cosines(counted)[0] if self._likeness else None
        alike = Reason("likeness", given.pop("likeness"), cosine=cosine)
        others = [alike, *(Reason(name, part) for name, part in given.items() if name != "words")]
        return tuple(sorted((r for r in (*by_word, *others) if r.points), key=lambda reason: -reason.points))

    def _strengths(self, counted: Counted) -> dict[SignalName, float]:
        words = self.ascent.words
        same = len(words) > 1 and folded_name(counted.document.literal) == folded_name(self._asked.text)
        helping = {
            SIGNAL_OF_KIND[kind]: sum((self._points(key, counted) for key in self._helpers if key.kind == kind), 0.0)
            for kind in SIGNAL_OF_KIND
        }
        return {
            "words": sum((self._most(word, counted) for word in self._scored), 0.0),
            **helping,
            "coverage": self._share(words, counted),
            "exact": float(same),
            "likeness": self._most_points * self._cosines(counted)[1],
            "around": self._most_points * self._around(counted),
            "boost": counted.document.boost - 1,
        }

    def _around(self, counted: Counted) -> float:
        found = [d for d in self._documents if self.finds(d)]
        name = self._engine.schema.sections or ""
        own = counted.document.facets.get(name)
        section = [d for d in found if own and d.document.facets.get(name) == own] or [counted]
        return sum(sorted((self._cosines(d)[1] for d in section), reverse=True)[:AROUND]) / AROUND

    def _cosines(self, counted: Counted) -> list[float]:
        number = np.array([self._number[id(counted)]], np.int32)
        return self._likeness.of(number)[:, 0].tolist() if self._likeness else [0.0, 0.0]

    @cached_property
    def _most_points(self) -> float:
        having = [sum(self.describes(word, d) for d in self._documents) for word in self.ascent.words]
        return sum((most_points(len(self._documents), count) for count in having), 0.0)

    def _most(self, word: QueryWord, counted: Counted) -> float:
        return max(self._given(alternative, counted) for alternative in word.alternatives)

    def _given(self, alternative: Alternative, counted: Counted) -> float:
        return alternative.weight * sum(self._points(key, counted) for key in alternative.terms)

    def _points(self, key: Key, counted: Counted) -> float:
        tf = sum(f.weight * counted.frequency(f.name, key) / self._norm(counted, f) for f in self._texts)
        return term_points(len(self._documents), self._found_by(key), tf)

    def _norm(self, counted: Counted, field: TextField) -> float:
        length = counted.length(field.name) if field.length else 0
        if not length:
            return 1.0
        return 1 - field.length + field.length * max(length, SHORTEST) / self._mean_length(field.name)

    def _read_mean_length(self, field: str) -> float:
        lengths = [max(length, SHORTEST) for d in self._documents if (length := d.length(field))]
        return sum(lengths) / len(lengths)

    def _share(self, words: Sequence[QueryWord], counted: Counted) -> float:
        weights = [self._weight(word) for word in words]
        had = [
            max((a.weight for a in word.alternatives if self._has_alternative(a, counted)), default=0.0)
            for word in words
        ]
        return sum(w * h for w, h in zip(weights, had, strict=True)) / sum(weights) if weights else 0.0

    def _has_alternative(self, alternative: Alternative, counted: Counted) -> bool:
        return all(key in counted.found_by for key in alternative.terms)

    def describes(self, node: Node, counted: Counted) -> bool:  # noqa: PLR0911  # a case a node
        document = counted.document
        match node:
            case QueryWord():
                return self._has_word(node, counted)
            case AllOf(nodes) | QueryPiece(_, nodes):
                return all(self.describes(inner, counted) for inner in nodes)
            case AnyOf(nodes):
                return any(self.describes(inner, counted) for inner in nodes)
            case Not(inner):
                return not self.describes(inner, counted)
            case QueryPhrase(text):
                return text in folded(document.literal)
            case FacetIs(group, text, values):
                own = document.facets.get(group, ())
                return any(value in values if values else text in folded_name(value) for value in own)
            case Dated(when, date):
                return document.date is not None and (document.date < date) is (when == "before")
            case InField(name, words):
                there = counted.terms.get(name, Counter())
                return all(any(all(key in there for key in a.terms) for a in word.alternatives) for word in words)
