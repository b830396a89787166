"""The oracle: an engine that looks at every document each time, too simple to be wrong."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from index import ladder, spelling
from index.engine import FacetCount, Hit, OutdatedError, Reason, Results, SearchIndexError
from index.language import Language
from index.query import Query
from index.ranking import PLACES, SHORTEST, SIGNAL_OF_KIND, SignalName, parts, term_points, word_weight
from index.schema import Document, Schema, TextField
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
    QueryPhrase,
    QueryPiece,
    QueryWord,
    words_in,
)


class ScanEngine:
    """An Engine over a list in memory. Its reasons name no terms and fields."""

    def __init__(self, schema: Schema, language: Language) -> None:
        self._schema = schema
        self._language = language
        self._sources: dict[str, list[Counted]] = {}  # in the order of sources
        self._documents: list[Counted] = []
        self._meta: Mapping[str, object] | None = None
        self._published = 0

    def search(self, query: Query) -> Results:
        scan = Scan(self._documents, self._schema.texts, query, self._language)
        matching = [d for d in self._documents if scan.finds(d)]
        found = [d for d in matching if _is_selected(d, query)]
        ordered = self._ordered(found, scan, query.sort)
        window = ordered[query.offset :] if query.limit is None else ordered[query.offset : query.offset + query.limit]
        return Results(
            total=len(found),
            hits=tuple(
                Hit(d.document.id, scan.score(d), d.document.stored, scan.reasons(d) if query.explain else ())
                for d in window
            ),
            facets={group: self._counts(matching, group, query) for group in query.facets},
            steps=scan.ascent.steps,
            notices=scan.notices,
            without_group={
                group: sum(_is_selected(d, query.select(group)) for d in matching)
                for group, _ in query.selections
                if not found
            },
            terms=scan.terms,
            without={
                (group, value): sum(_is_selected(d, query.toggle(group, value)) for d in matching)
                for group, value in _selected_pairs(query)
            },
            unknown=tuple((group, value) for group, value in _selected_pairs(query) if not self._having(group, value)),
            context={
                value: tuple(self._having(query.context, value))
                for d in window
                for value in d.document.facets.get(query.context or "", ())
            },
        )

    def _having(self, group: str | None, value: str) -> list[str]:
        return [d.document.stored for d in self._documents if value in d.document.facets.get(group or "", ())]

    def stored(self, document_id: str) -> str | None:
        return next((d.document.stored for d in self._documents if d.document.id == document_id), None)

    def meta(self) -> Mapping[str, object] | None:
        return self._meta

    def snapshot(self) -> "ScanEngine":
        return copy(self)  # publish changes no list, it makes new ones

    def damage(self) -> str | None:
        return None

    def stamp(self) -> object:
        return self._published

    def publish(
        self,
        replaced: Mapping[str, Iterable[Document]],
        removed: Collection[str],
        order: Sequence[str],
        meta: Mapping[str, object],
        since: object = None,
    ) -> None:
        if since not in (None, self._published):
            raise OutdatedError(Path("memory"))
        held = {source: documents for source, documents in self._sources.items() if source not in removed}
        given = {source: [Counted(document) for document in documents] for source, documents in replaced.items()}
        known = held | given
        if unknown := (set(order) - known.keys()) | (given.keys() - set(order)):
            raise SearchIndexError(f"{min(unknown)}: neither given nor held, or without a place")
        self._sources = {source: known[source] for source in order}
        self._documents = [document for documents in self._sources.values() for document in documents]
        self._meta = meta
        self._published += 1

    def memory(self) -> int:
        return 0

    def merge(self) -> None:
        pass

    def close(self) -> None:
        pass

    def _ordered(self, found: list["Counted"], scan: "Scan", sort: str) -> list["Counted"]:
        if sort == "position":
            return found
        newest_first = sorted(found, key=lambda d: d.document.date or "", reverse=True)
        return newest_first if sort == "new" else sorted(newest_first, key=lambda d: -scan.score(d))

    def _counts(self, matching: list["Counted"], group: str, query: Query) -> tuple[FacetCount, ...]:
        counts = dict.fromkeys(query.selected(group), 0)
        others = query if group in query.every else query.select(group)
        for counted in matching:
            if _is_selected(counted, others):
                for value in set(counted.document.facets.get(group, ())):
                    counts[value] = counts.get(value, 0) + 1
        listed = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        return tuple(FacetCount(value, count, value in query.selected(group)) for value, count in listed)


@dataclass(eq=False)
class Counted:
    """A document and how often it has each term."""

    document: Document

    @cached_property
    def terms(self) -> Mapping[str, Counter[Key]]:
        return {
            name: Counter(Key(term.text, term.kind) for term in terms) for name, terms in self.document.texts.items()
        }

    def frequency(self, field: str, key: Key) -> int:
        return self.terms[field][key] if field in self.terms else 0

    def length(self, field: str) -> int:
        return sum(count for key, count in self.terms.get(field, Counter()).items() if key.kind == "word")


class Scan:
    """One query's text, held against every document in turn."""

    def __init__(
        self, documents: list[Counted], texts: tuple[TextField, ...], query: Query, language: Language
    ) -> None:
        self._documents = documents
        self._texts = texts
        self._text = query.text
        self._found_by = cache(lambda key: sum(self._has_term(key, d) for d in documents))
        self._weight = cache(lambda word: word_weight(len(documents), sum(self._describes(word, d) for d in documents)))
        self._mean_length = cache(self._read_mean_length)
        self.score = cache(self._score)
        parsed = language.parse(query.text)
        self.notices = parsed.notices
        self._conditions = AllOf(parsed.conditions)
        self.ascent = ladder.climb(parsed.pieces, self, language.words, query.without)
        besides = [word for node in parsed.conditions for word in words_in(node)]
        self._scored = list(dict.fromkeys([*self.ascent.words, *besides]))
        analyzer = language.words.analyzer
        text = " ".join(piece.text for piece in self.ascent.pieces)
        terms = analyzer.helpers(analyzer.morphemes(text))
        self._helpers = list(dict.fromkeys(Key(term.text, term.kind) for term in terms if term.kind in SIGNAL_OF_KIND))
        self.terms = frozenset(
            key.text for word in self._scored for a in word.alternatives for key in a.terms if key.kind == "word"
        )

    def has(self, word: QueryWord) -> bool:
        return any(self._describes(word, d) for d in self._documents)

    def count(self, words: Sequence[QueryWord]) -> int:
        return sum(self._describes(AllOf((self._conditions, *words)), d) for d in self._documents)

    def best_share(self, words: Sequence[QueryWord]) -> float:
        fitting = [d for d in self._documents if self._describes(self._conditions, d)]
        return max((self._share(words, d) for d in fitting), default=0.0)

    def similar(self, text: str) -> str | None:
        names = [field.name for field in self._texts if field.finds]
        keys = {key for d in self._documents for name in names for key in d.terms.get(name, ()) if key.kind == "word"}
        return spelling.similar(text, [key.text for key in keys], lambda word: self._found_by(Key(word)))

    def finds(self, counted: Counted) -> bool:
        if self.ascent.some:
            enough = self._share(self.ascent.words, counted) >= ladder.LEAST_SHARE
            return enough and self._describes(self._conditions, counted)
        return self._describes(AllOf((self._conditions, *self.ascent.words)), counted)

    def _score(self, counted: Counted) -> float:
        return round(sum(parts(self._strengths(counted)).values()), PLACES)

    def reasons(self, counted: Counted) -> tuple[Reason, ...]:
        by_word = [Reason("words", self._most(word, counted), word.text) for word in self._scored]
        others = [Reason(name, part) for name, part in parts(self._strengths(counted)).items() if name != "words"]
        return tuple(sorted((r for r in (*by_word, *others) if r.points), key=lambda reason: -reason.points))

    def _strengths(self, counted: Counted) -> dict[SignalName, float]:
        words = self.ascent.words
        same = len(words) > 1 and folded_name(counted.document.literal) == folded_name(self._text)
        helping = {
            SIGNAL_OF_KIND[kind]: sum((self._points(key, counted) for key in self._helpers if key.kind == kind), 0.0)
            for kind in SIGNAL_OF_KIND
        }
        return {
            "words": sum((self._most(word, counted) for word in self._scored), 0.0),
            **helping,
            "coverage": self._share(words, counted),
            "exact": float(same),
            "boost": counted.document.boost - 1,
        }

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

    def _has_term(self, key: Key, counted: Counted) -> bool:
        return any(field.finds and counted.frequency(field.name, key) for field in self._texts)

    def _share(self, words: Sequence[QueryWord], counted: Counted) -> float:
        weights = [self._weight(word) for word in words]
        had = [
            max((a.weight for a in word.alternatives if self._has_alternative(a, counted)), default=0.0)
            for word in words
        ]
        return sum(w * h for w, h in zip(weights, had, strict=True)) / sum(weights) if weights else 0.0

    def _has_alternative(self, alternative: Alternative, counted: Counted) -> bool:
        return all(self._has_term(key, counted) for key in alternative.terms)

    def _describes(self, node: Node, counted: Counted) -> bool:  # noqa: PLR0911  # a case a node
        document = counted.document
        match node:
            case QueryWord(_, alternatives):
                return any(self._has_alternative(a, counted) for a in alternatives)
            case AllOf(nodes) | QueryPiece(_, nodes):
                return all(self._describes(inner, counted) for inner in nodes)
            case AnyOf(nodes):
                return any(self._describes(inner, counted) for inner in nodes)
            case Not(inner):
                return not self._describes(inner, counted)
            case QueryPhrase(text):
                return text in folded(document.literal)
            case FacetIs(group, text, values):
                own = document.facets.get(group, ())
                return any(value in values if values else text in folded_name(value) for value in own)
            case Dated(when, date):
                return document.date is not None and (document.date < date) is (when == "before")
            case InField(name, words):
                every = [[all(counted.frequency(name, k) for k in a.terms) for a in w.alternatives] for w in words]
                return all(map(any, every))


def _selected_pairs(query: Query) -> list[tuple[str, str]]:
    return [(group, value) for group, values in query.selections for value in values]


def _is_selected(counted: Counted, query: Query) -> bool:
    facets = counted.document.facets
    return all(
        set(values) <= set(facets.get(group, ())) if group in query.every else set(values) & set(facets.get(group, ()))
        for group, values in query.selections
    )
