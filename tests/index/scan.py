"""Evaluates a query on every document in turn, for the oracle."""

import calendar
import datetime as dt
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache, cached_property
from typing import TYPE_CHECKING

import numpy as np
from counted import Counted
from msgspec.structs import replace

from index.analysis import TermKind
from index.embedder import EmbeddingError
from index.engine import Reason
from index.interpretation import MIN_NEAR_SHARE
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
    words_in,
)
from index.query_correction import correct, with_completions
from index.query_words import names_among
from index.ranking import (
    DECIMALS,
    MAX_OF_SECTION,
    MIN_LENGTH,
    SignalName,
    length_strength,
    max_points,
    parts,
    term_points,
    word_weight,
)
from index.schema import TextField
from index.similarity import DocumentVectors, Similarity, VectorIndex, quantised
from index.terms import SpellChecker, shortest_with_prefix
from index.text import folded, folded_name

if TYPE_CHECKING:
    from scan_engine import ScanEngine


class Scan:
    """A query's text, evaluated on every document in turn. It relaxes queries by itself, to check `index`."""

    def __init__(self, engine: "ScanEngine", query: Query) -> None:
        self._engine = engine
        self._documents = documents = engine.documents
        self.schema = engine.schema
        self._texts = engine.schema.texts
        self._query = query
        self._parser = parser = engine.parser
        self._found_by = cache(lambda key: sum(key in d.found_by for d in documents))
        self._weight = cache(lambda word: word_weight(len(documents), sum(self.describes(word, d) for d in documents)))
        self._mean_length = cache(self._read_mean_length)
        self._required = cache(lambda words: tuple(self._read_required(words)))
        self._has_word = cache(lambda word, d: any(self._has_alternative(a, d) for a in word.alternatives))
        parsed = parser.parse(query.text, typing=query.typing)
        self.notices = parsed.notices
        self.conditions = parsed.condition_texts
        self._plain_text = parsed.plain
        self._conditions = AllOf(parsed.conditions)
        self._number = {id(d): number for number, d in enumerate(documents)}
        pieces = with_completions(parsed.pieces, self, parser.words) if parsed.typed else parsed.pieces
        pieces, corrections = correct(pieces, self, parser.words, query.without)
        self.corrected = list(dict.fromkeys(word for piece in pieces for word in piece.words))
        self.words, self.loosest, steps = self._relaxed()
        self.title_words = tuple(word for word in self.corrected if not word.is_function_word)
        self.steps = (*corrections, *steps)
        self.condition_words = [word for node in parsed.conditions for word in words_in(node)]
        analyzer = parser.words.analyzer
        text = " ".join(piece.text for piece in pieces)
        shingles = analyzer.shingles(analyzer.morphemes(text))
        self.pairs = list(dict.fromkeys(Key(term.text, term.kind) for term in shingles))
        self._similarity = self._read_similarity(text) if text and query.limit != 0 else None
        self._found = {number for number, d in enumerate(documents) if self._matches_all(self.words, d)}
        self.terms = _terms([*self.words, *self.condition_words])
        self.near_terms = _terms(self.loosest)

    def exists(self, node: Node) -> bool:
        return any(self.describes(node, d) for d in self._documents)

    def count(self, nodes: Sequence[Node]) -> int:
        return sum(self.describes(AllOf(tuple(nodes)), d) for d in self._documents)

    def has_name(self, name: str) -> bool:
        return any(name in d.document.facets.get(self.schema.names or "", ()) for d in self._documents)

    def with_prefix(self, prefix: str, kind: TermKind = "word") -> Sequence[str]:
        return shortest_with_prefix(prefix, self._all(kind))

    def spell_checker(self, text: str, kind: TermKind = "word") -> SpellChecker:  # noqa: ARG002  # it knows all terms
        return SpellChecker(
            lambda: dict.fromkeys(self._all(kind), len(self._documents)), lambda text: self._found_by(Key(text, kind))
        )

    def meant(self) -> Iterator[tuple[str, QueryWord]]:
        known = {key.text for word in self.corrected for a in word.alternatives for key in a.terms}
        for word in self.corrected:
            other = self.spell_checker(word.text).more_frequent(word.text)
            if other and other not in known:
                yield word.text, QueryWord(other, (Alternative((Key(other),)),))

    def _all(self, kind: TermKind) -> list[str]:
        return [key.text for key in frozenset().union(*(d.found_by for d in self._documents)) if key.kind == kind]

    def _read_similarity(self, text: str) -> Similarity | None:
        embedder = self._engine.embedder()
        if embedder is None:
            return None
        having = [number for number, d in enumerate(self._documents) if d.document.passage in self._engine.embedded]
        passages = [self._documents[number].document.passage for number in having]
        if not passages:
            return None
        try:
            query = embedder.queries([text])[0]
        except EmbeddingError as error:
            self.notices = (*self.notices, Notice("no likeness", message_of(error)))
            return None
        index = VectorIndex(quantised(embedder.passages(passages)))
        return Similarity(DocumentVectors(np.array(having, np.int32), index, len(self._documents)), query)

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
                words = tuple(self._parser.words.with_related(word) for word in words)
            yield Step(name, " ".join(word.text for word in before if word not in words)), words

    def _matches_all(self, words: Sequence[QueryWord], counted: Counted) -> bool:
        """Return whether a document matches the conditions and all of these words."""
        return self.describes(self._conditions, counted) and all(
            self.describes(node, counted) for node in self._required(tuple(words))
        )

    def _read_required(self, words: tuple[QueryWord, ...]) -> Iterator[Node]:
        """Yield the nodes that a document must match for these words: each word, or the facet value that it names."""
        runs = list(self._names(words))
        yield from (node for _, node in runs)
        for word in words:
            if not any(word in run for run, _ in runs):
                facet = self._parser.named(word.text)
                strict = tuple(one for one in word.alternatives if one.weight == 1)
                named = AnyOf((replace(word, alternatives=strict), facet)) if facet else word
                yield named if any(self.describes(named, d) for d in self._documents) else word

    def _names(self, words: Sequence[QueryWord]) -> Iterator[tuple[tuple[QueryWord, ...], Node]]:
        group = self._engine.schema.names or ""
        for run, name in names_among(words, self.has_name) if group else ():
            yield tuple(run), AnyOf((AllOf(tuple(run)), FacetIs(group, name, (name,))))

    def finds(self, counted: Counted) -> bool:
        return self._number[id(counted)] in self._found

    def near(self, selected: list[Counted]) -> list[Counted]:
        """Return the other selected documents that match some of the words or are similar to the query."""
        words = self.loosest
        if "near" in self._query.without or not any(map(self.exists, words)):
            return []
        others = [d for d in selected if self.describes(self._conditions, d) and not self.finds(d)]
        numbers = [self._number[id(d)] for d in others]
        mask = np.zeros(len(self._documents), np.bool_)
        mask[numbers] = True
        similar = set(self._similarity.found(mask).tolist()) if self._similarity else set()
        return [d for d, n in zip(others, numbers, strict=True) if n in similar or self.is_some(words, d)]

    def is_some(self, words: Sequence[QueryWord], counted: Counted) -> bool:
        return any(self.describes(w, counted) for w in words) and self.share(words, counted) >= MIN_NEAR_SHARE

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
        return self._similarity is not None

    def cosines(self, counted: Counted) -> list[float]:
        number = np.array([self._number[id(counted)]], np.int32)
        return self._similarity.of(number)[:, 0].tolist() if self._similarity else [0.0, 0.0]

    def max_points(self, word: QueryWord) -> float:
        return max_points(len(self._documents), sum(self.describes(word, d) for d in self._documents))

    def has_in(self, field: str, words: tuple[QueryWord, ...], counted: Counted) -> bool:
        return self.describes(AllOf((self._conditions, InField(field, words))), counted)

    def alternative_points(self, alternative: Alternative, counted: Counted) -> float:
        return alternative.weight * sum(self.points(key, counted) for key in alternative.terms)

    def points(self, key: Key, counted: Counted) -> float:
        tf = sum(f.weight * counted.frequency(f.name, key) / self._norm(counted, f) for f in self._texts)
        return term_points(len(self._documents), self._found_by(key), tf)

    def _norm(self, counted: Counted, field: TextField) -> float:
        length = counted.length(field.name) if field.length else 0
        if not length:
            return 1.0
        return 1 - field.length + field.length * max(length, MIN_LENGTH) / self._mean_length(field.name)

    def _read_mean_length(self, field: str) -> float:
        lengths = [max(length, MIN_LENGTH) for d in self._documents if (length := d.length(field))]
        return sum(lengths) / len(lengths)

    def share(self, words: Sequence[QueryWord], counted: Counted) -> float:
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
                if not document.date:
                    return False
                days, bounds = _days(document.date), _days(date)
                return days[-1] < bounds[0] if when == "before" else days[0] >= bounds[0]
            case InField(name, words):
                there = counted.terms.get(name, Counter())
                return all(any(all(key in there for key in a.terms) for a in word.alternatives) for word in words)


def _days(date: str) -> tuple[dt.date, dt.date]:
    """Return the first and last day of a year, a month or a day."""
    year, month, day = [*map(int, date.split("-")), 0, 0][:3]
    last = calendar.monthrange(year, month or 12)[1]
    return dt.date(year, month or 1, day or 1), dt.date(year, month or 12, day or last)


def _terms(words: Sequence[QueryWord]) -> frozenset[str]:
    return frozenset(key.text for word in words for a in word.alternatives for key in a.terms if key.kind == "word")


class Scoring:
    """The scores of documents by some words of a query, and their reasons."""

    def __init__(self, scan: Scan, words: tuple[QueryWord, ...], found: list[Counted]) -> None:
        self._scan = scan
        self._words = words
        self._found = found
        self._scored = list(dict.fromkeys([*words, *scan.condition_words]))
        self.score = cache(self._score)

    def _score(self, counted: Counted) -> float:
        return round(sum(parts(self._strengths(counted)).values()), DECIMALS) if self._scored else 0.0

    def reasons(self, counted: Counted) -> tuple[Reason, ...]:
        by_word = [Reason("words", self._most(word, counted), word.text) for word in self._scored]
        signals = parts(self._strengths(counted))
        cosine = self._scan.cosines(counted)[0] if self._scan.has_similarity else None
        similar = Reason("likeness", signals.pop("likeness"), cosine=cosine)
        others = [similar, *(Reason(name, part) for name, part in signals.items() if name != "words")]
        return tuple(sorted((r for r in (*by_word, *others) if r.points), key=lambda reason: -reason.points))

    def _strengths(self, counted: Counted) -> dict[SignalName, float]:
        scan, most = self._scan, self._most_points
        return {
            "words": sum((self._most(word, counted) for word in self._scored), 0.0),
            "nearness": sum((scan.points(key, counted) for key in scan.pairs), 0.0),
            "coverage": scan.share(self._words, counted),
            "exact": float(len(self._words) > 1 and scan.has_whole_text(counted)),
            "likeness": most * scan.cosines(counted)[1],
            "around": most * self._section_boost(counted),
            "length": length_strength(scan.measured(counted)),
            "boost": counted.document.boost - 1,
        }

    def _most(self, word: QueryWord, counted: Counted) -> float:
        return max(self._scan.alternative_points(alternative, counted) for alternative in word.alternatives)

    def _section_boost(self, counted: Counted) -> float:
        section = [d for d in self._found if self._scan.in_section_of(counted, d)] or [counted]
        return sum(sorted((self._scan.cosines(d)[1] for d in section), reverse=True)[:MAX_OF_SECTION]) / MAX_OF_SECTION

    @cached_property
    def _most_points(self) -> float:
        return sum((self._scan.max_points(word) for word in self._words), 0.0)
