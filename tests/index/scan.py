"""Evaluates a query on every document in turn, for the oracle, as ARCHITECTURE.md defines it.

It imports no rule of the product: neither correction nor relaxation, neither ranking nor similarity. Slow is fine.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from math import log
from typing import TYPE_CHECKING, Any

from counted import Counted
from msgspec.structs import replace
from scan_vectors import Centred
from scan_words import Words

from index.embedder import EmbeddingError
from index.engine import Reason
from index.messages import message_of
from index.query import Query, Step
from index.query_ast import (
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
)
from index.schema import TextField
from index.text import folded, folded_name, letters

if TYPE_CHECKING:
    from scan_engine import ScanEngine


class Scan:
    """A query's text, evaluated on every document in turn."""

    def __init__(self, engine: "ScanEngine", query: Query) -> None:
        self._engine = engine
        self._documents = documents = engine.documents
        self.schema = engine.schema
        self._texts = engine.schema.texts
        self._query = query
        self._parser = parser = engine.parser
        self._having = cache(lambda word: sum(self.describes(word, d) for d in documents))
        self._mean_length = cache(self._read_mean_length)
        self._required = cache(lambda words: tuple(self._read_required(words)))
        self._has_word = cache(lambda word, d: any(self._has_alternative(a, d) for a in word.alternatives))
        parsed = parser.parse(query.text, typing=query.typing)
        self.notices = parsed.notices
        self.conditions = parsed.condition_texts
        self._plain_text = parsed.plain
        self._conditions = AllOf(parsed.conditions)
        self._number = {id(d): number for number, d in enumerate(documents)}
        words = Words(parser, engine.counts, lambda word: self._having(word) > 0 or bool(self._titled((word,))))
        pieces = words.completed(parsed.pieces) if parsed.typed else parsed.pieces
        corrected = [words.corrected(piece, query.without) for piece in words.with_names(pieces, query.without)]
        pieces = tuple(piece for piece, _ in corrected)
        self.corrected = list(dict.fromkeys(word for piece in pieces for word in piece.words))
        self.meant = list(words.meant(self.corrected))
        self.words, self.loosest, steps = self._relaxed()
        self.content_words = tuple(word for word in self.corrected if not word.is_function_word)
        self.steps = (*(step for _, each in corrected for step in each), *steps)
        self.condition_words = [word for node in parsed.conditions for word in _words_in(node)]
        analyzer = parser.words.analyzer
        self.text = text = " ".join(piece.text for piece in pieces)
        shingles = analyzer.shingles(analyzer.morphemes(text))
        self.pairs = list(dict.fromkeys(Key(term.text, term.kind) for term in shingles))
        self._cosines = self._read_cosines(text) if text and query.limit != 0 else None
        self._found = {number for number, d in enumerate(documents) if self._matches_all(self.words, d)}
        self.terms = _terms([*self.words, *self.condition_words])
        self.near_terms = _terms(self.loosest)

    def _read_cosines(self, text: str) -> dict[int, list[float]] | None:
        """Return the cosines of the documents to a text by their numbers, None without a model or vectors."""
        embedder, embedded = self._engine.embedder(), self._engine.embedded
        having = [number for number, d in enumerate(self._documents) if d.document.passage in embedded]
        if embedder is None or not having:
            return None
        try:
            query = embedder.queries([text])[0]
        except EmbeddingError as error:
            self.notices = (*self.notices, Notice("no likeness", message_of(error)))
            return None
        vectors = Centred(embedder.passages([self._documents[number].document.passage for number in having]))
        return dict(zip(having, vectors.cosines(query).T.tolist(), strict=True))

    def _relaxed(self) -> tuple[tuple[QueryWord, ...], tuple[QueryWord, ...], list[Step]]:
        """Return the words after relaxation, the loosest ones, and the steps taken.

        It ends at the first stage with three documents, and takes the first stage with most documents until there.
        """
        stages = [(Step("near"), tuple(self.corrected)), *self._loosened(tuple(self.corrected))]
        counts = [sum(self._matches_all(words, d) for d in self._documents) for _, words in stages]
        enough = [number for number, count in enumerate(counts) if count >= 3]
        counts = counts[: enough[0] + 1] if enough else counts
        taken = counts.index(max(counts)) if self.corrected else 0
        steps = [step for step, _ in stages[1 : taken + 1] if len(step.text) > 1]
        return stages[taken][1], stages[-1][1], steps

    def _loosened(self, words: tuple[QueryWord, ...]) -> Iterator[tuple[Step, tuple[QueryWord, ...]]]:
        for name in ("function", "parts", "related"):
            if name in self._query.without:
                continue
            before = words
            if name == "function":
                words = tuple(word for word in words if not word.is_function_word) or words
            elif name == "parts":
                words = tuple(replace(word, alternatives=word.alternatives + word.parts) for word in words)
            else:
                words = tuple(replace(word, alternatives=(*word.alternatives, *self._related(word))) for word in words)
            yield Step(name, " ".join(word.text for word in before if word not in words)), words

    def _related(self, word: QueryWord) -> Iterator[Alternative]:
        """Yield the words that the library names as related to a word, each for half of its points."""
        for one, others in self._engine.related:
            if one == [word.alternatives[0].terms[0].text] and others:
                yield Alternative(tuple(map(Key, others)), 0.5)

    def _matches_all(self, words: Sequence[QueryWord], counted: Counted) -> bool:
        """Return whether a document matches the conditions and all of these words."""
        return self.describes(self._conditions, counted) and all(
            self.describes(node, counted) for node in self._required(tuple(words))
        )

    def _read_required(self, words: tuple[QueryWord, ...]) -> Iterator[Node]:
        """Yield the nodes that a document must match for these words: each word, or the facet value that it names."""
        runs = list(self._names(words))
        yield from (node for _, node in runs)
        yield from (self._node(word) for word in words if not any(word in run for run, _ in runs))

    def _node(self, word: QueryWord) -> Node:
        """Return the node of a word, or of the word and the facet value that it names."""
        facet = self._parser.named(word.text)
        strict = tuple(one for one in word.alternatives if one.weight == 1)
        named = AnyOf((replace(word, alternatives=strict), facet)) if facet else word
        return named if any(self.describes(named, d) for d in self._documents) else word

    def _names(self, words: Sequence[QueryWord]) -> Iterator[tuple[tuple[QueryWord, ...], Node]]:
        """Yield from left to right the longest runs of up to 8 words that are a name, each with its node."""
        begin = 0
        while begin < len(words):
            runs = (tuple(words[begin : begin + length]) for length in range(min(8, len(words) - begin), 0, -1))
            run, names = next(((run, names) for run in runs if (names := self._names_of(run))), (words[:1], []))
            if names:
                yield tuple(run), AnyOf((AllOf(tuple(map(self._node, run))), *names))
            begin += len(run)

    def _names_of(self, run: tuple[QueryWord, ...]) -> list[Node]:
        """Return the nodes of the facet value and of the titles that words together name."""
        group, name = self.schema.names or "", folded_name("".join(word.text for word in run))
        is_value = any(name in d.document.facets.get(group, ()) for d in self._documents)
        own = AllOf(tuple(map(self._node, run)))
        titled, having = self._titled(run), sum(self.describes(own, d) for d in self._documents)
        names: list[Node] = [FacetIs(group, name, (name,))] if is_value else []
        return [*names, self._in_title(run)] if 5 * having < titled <= 300 else names

    def _titled(self, words: tuple[QueryWord, ...]) -> int:
        """Return the number of documents whose title has all of these words."""
        return sum(self.describes(self._in_title(words), d) for d in self._documents)

    def _in_title(self, words: tuple[QueryWord, ...]) -> InField:
        strict = (replace(word, alternatives=tuple(a for a in word.alternatives if a.weight == 1)) for word in words)
        return InField(self.schema.titles[1] if self.schema.titles else "", tuple(strict))

    def finds(self, counted: Counted) -> bool:
        return self._number[id(counted)] in self._found

    def near(self, selected: list[Counted]) -> list[Counted]:
        """Return the other selected documents that match some of the words or are similar to the query."""
        words = self.loosest
        if "near" in self._query.without or not (any(map(self._having, words)) or self._has_real_word()):
            return []
        others = [d for d in selected if self.describes(self._conditions, d) and not self.finds(d)]
        similar = sorted((d for d in others if self.cosines(d)[0] >= 0.25), key=lambda d: -self.cosines(d)[0])[:200]
        return [d for d in others if d in similar or self._has_some(words, d)]

    def _has_real_word(self) -> bool:
        words = self._parser.words
        if any(self._parser.named(word.text) for word in self.loosest):
            return True
        pieces = re.split(r"\s+", self._plain_text)
        return any(words.names.is_in(piece) or any(self._real_words(piece)) for piece in pieces if piece)

    def _real_words(self, piece: str) -> Iterator[bool]:
        """Yield whether each morpheme of a piece is a known word that means something and is long enough."""
        words = self._parser.words
        morphemes = words.analyzer.morphemes(piece)
        for one in morphemes:
            is_alone = len(morphemes) == 1 or words.analyzer.is_name(one.surface)
            is_long = len(one.surface) >= (2 if is_alone else 3) or re.search("[一-鿿々]", one.surface)
            is_meant = any(not word.is_function_word for word in words.of(one.surface))
            is_word = one.is_content and one.part_of_speech[0] != "感動詞" and one.part_of_speech[1] != "数詞"
            yield bool(one.is_known and is_long and is_meant and is_word)

    def _has_some(self, words: Sequence[QueryWord], counted: Counted) -> bool:
        return any(self.describes(w, counted) for w in words) and self.share(words, counted) >= 0.1

    def has_whole_text(self, counted: Counted) -> bool:
        """Return whether a document's text is the query's without its conditions."""
        return folded_name(counted.document.literal) == folded_name(self._plain_text)

    def in_section_of(self, counted: Counted, other: Counted) -> bool:
        name = self._engine.schema.sections or ""
        own = counted.document.facets.get(name)
        return bool(own) and other.document.facets.get(name) == own

    def measured(self, counted: Counted) -> float:
        """Return the number of words in the field whose length matters."""
        return next((float(counted.length(f.name)) for f in self._texts if f.length), 0.0)

    @property
    def has_similarity(self) -> bool:
        return self._cosines is not None

    def cosines(self, counted: Counted) -> list[float]:
        """Return the cosines of a document to the query, for matching and for ranking; 0 without a vector."""
        return (self._cosines or {}).get(self._number[id(counted)], [0.0, 0.0])

    def max_points(self, word: QueryWord) -> float:
        return self._idf(max(self._having(word), 1)) ** 1.3

    def has_in(self, field: str, words: tuple[QueryWord, ...], counted: Counted) -> bool:
        return self.describes(AllOf((self._conditions, InField(field, words))), counted)

    def alternative_points(self, alternative: Alternative, counted: Counted) -> float:
        return alternative.weight * sum(self.points(key, counted) for key in alternative.terms)

    def points(self, key: Key, counted: Counted) -> float:
        tf = sum(f.weight * counted.frequency(f.name, key) / self._norm(counted, f) for f in self._texts)
        return self._idf(self._engine.counts[key.kind].get(key.text, 0)) ** 1.3 * tf / (tf + 0.5)

    def _idf(self, having: int) -> float:
        """Return the inverse document frequency of what so many documents have."""
        return log(1 + (len(self._documents) - having + 0.5) / (having + 0.5))

    def _norm(self, counted: Counted, field: TextField) -> float:
        length = counted.length(field.name) if field.length else 0
        if not length:
            return 1.0
        return 1 - field.length + field.length * max(length, 12) / self._mean_length(field.name)

    def _read_mean_length(self, field: str) -> float:
        lengths = [max(length, 12) for d in self._documents if (length := d.length(field))]
        return sum(lengths) / len(lengths)

    def share(self, words: Sequence[QueryWord], counted: Counted) -> float:
        """Return the share of the words' weight that a document has. A word that no document has weighs half more."""
        having = [self._having(word) for word in words]
        weights = [self._idf(count) * (1 if count else 1.5) for count in having]
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
                return any(value in values if values else text in letters(value) for value in own)
            case Dated(when, date):
                if not document.date:
                    return False
                (first, last), (bound, _) = _days(document.date), _days(date)
                return last < bound if when == "before" else first >= bound
            case InField(name, words):
                there = counted.terms.get(name, Counter())
                return all(any(all(key in there for key in a.terms) for a in word.alternatives) for word in words)


def _days(date: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the first and the last day of a year, a month or a day, each as year, month and day."""
    known = tuple(map(int, date.split("-")))
    return (*known, 1, 1)[:3], (*known, *(12, 31)[len(known) - 1 :])


def _words_in(node: Node) -> list[QueryWord]:
    """Return the words of a condition, except those that documents must not have."""
    match node:
        case QueryWord():
            return [node]
        case QueryPiece(_, nodes) | InField(_, nodes) | AllOf(nodes) | AnyOf(nodes):
            return [word for inner in nodes for word in _words_in(inner)]
    return []


def _terms(words: Sequence[QueryWord]) -> frozenset[str]:
    return frozenset(key.text for word in words for a in word.alternatives for key in a.terms if key.kind == "word")


class Scoring:
    """The scores of documents by some words of a query, and their reasons."""

    def __init__(self, scan: Scan, words: tuple[QueryWord, ...], found: list[Counted]) -> None:
        self._scan = scan
        self._words = words
        self._found = found
        self._scored = list(dict.fromkeys([*words, *scan.condition_words]))
        self._max_points = sum((scan.max_points(word) for word in words), 0.0)
        self.parts = cache(self._parts)

    def score(self, counted: Counted) -> float:
        return round(sum(self.parts(counted).values()), 6) if self._scored else 0.0

    def reasons(self, counted: Counted) -> tuple[Reason, ...]:
        parts = {name: points for name, points in self.parts(counted).items() if name != "words"}
        cosine = self._scan.cosines(counted)[0] if self._scan.has_similarity else None
        by_word = [Reason("words", self._most(word, counted), word.text) for word in self._scored]
        others = [Reason(name, part, cosine=cosine if name == "likeness" else None) for name, part in parts.items()]
        return tuple(sorted((r for r in (*by_word, *others) if r.points), key=lambda reason: -reason.points))

    def _parts(self, counted: Counted) -> dict[Any, float]:
        """Return the points of each signal: some are added, the others raise the sum so far by a share of it."""
        scan, parts, total = self._scan, dict[Any, float](), 0.0
        _, cosine = scan.cosines(counted)
        is_exact = len(self._words) > 1 and scan.has_whole_text(counted)
        length = min(max(scan.measured(counted), 1), 40)
        for name, added, raised in (
            ("words", sum((self._most(word, counted) for word in self._scored), 0.0), 0),
            ("nearness", 0.4 * sum(scan.points(key, counted) for key in scan.pairs), 0),
            ("coverage", 0, 0.5 * scan.share(self._words, counted)),
            ("exact", 0, 0.5 if is_exact else 0),
            ("likeness", 2 * self._max_points * cosine, 0),
            ("around", self._max_points * self._section_boost(counted), 0),
            ("length", 0, 0.12 * log(length)),
            ("boost", 0, counted.document.boost - 1),
        ):
            parts[name] = added + total * raised
            total += parts[name]
        return parts

    def _most(self, word: QueryWord, counted: Counted) -> float:
        return max(self._scan.alternative_points(alternative, counted) for alternative in word.alternatives)

    def _section_boost(self, counted: Counted) -> float:
        """Return the mean of the two greatest cosines of the section; a missing one counts as 0."""
        section = [d for d in self._found if self._scan.in_section_of(counted, d)] or [counted]
        return sum(sorted((self._scan.cosines(d)[1] for d in section), reverse=True)[:2]) / 2
