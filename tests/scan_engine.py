"""The oracle: an engine that looks at every document each time, too simple to be wrong."""

from collections.abc import Iterable, Mapping
from math import log

from index.analysis import Analyzer
from index.engine import FacetCount, Hit, Results
from index.query import Query, wanted
from index.schema import Document, Schema


class ScanEngine:
    """An Engine over a list in memory."""

    def __init__(self, schema: Schema, analyzer: Analyzer) -> None:
        self._schema = schema
        self._analyzer = analyzer
        self._documents: list[Document] = []
        self._meta: Mapping[str, object] | None = None

    def search(self, query: Query) -> Results:
        terms = list(dict.fromkeys(term for word in wanted(query, self._analyzer) for term in word))
        matching = [d for d in self._documents if all(self._has(d, term) for term in terms)]
        loosened = False
        if query.text.strip() and not terms:
            matching = []
        elif not matching and len(terms) > 1:
            matching = [d for d in self._documents if any(self._has(d, term) for term in terms)]
            loosened = bool(matching)
        found = [d for d in matching if all(_selected(d, group, values) for group, values in query.selections)]
        ordered = self._ordered(found, terms, query.sort)
        window = ordered[query.offset :] if query.limit is None else ordered[query.offset : query.offset + query.limit]
        return Results(
            total=len(found),
            hits=tuple(Hit(d.id, self._score(d, terms), d.stored) for d in window),
            facets={group: self._counts(matching, group, query) for group in query.facets},
            loosened=loosened,
        )

    def stored(self, document_id: str) -> str | None:
        return next((d.stored for d in self._documents if d.id == document_id), None)

    def meta(self) -> Mapping[str, object] | None:
        return self._meta

    def replace_all(self, documents: Iterable[Document], meta: Mapping[str, object]) -> None:
        self._documents = list(documents)
        self._meta = meta

    def close(self) -> None:
        pass

    def _has(self, document: Document, term: str) -> bool:
        return any(term == t.text for field in self._schema.texts for t in document.texts.get(field.name, ()))

    def _ordered(self, found: list[Document], terms: list[str], sort: str) -> list[Document]:
        if sort == "position":
            return found
        newest_first = sorted(found, key=lambda d: d.date or "", reverse=True)
        if sort == "new":
            return newest_first
        return sorted(newest_first, key=lambda d: -self._score(d, terms))

    def _score(self, document: Document, terms: list[str]) -> float:
        scores = (
            field.weight * self._bm25(document, field.name, term) for term in terms for field in self._schema.texts
        )
        return round(sum(scores), 6)

    def _bm25(self, document: Document, field: str, term: str) -> float:
        texts = [[t.text for t in d.texts.get(field, ())] for d in self._documents]
        lengths = [len(text) for text in texts if text]
        words = [t.text for t in document.texts.get(field, ())]
        frequency, df = words.count(term), sum(term in text for text in texts)
        if not frequency:
            return 0.0
        idf = log(1 + (len(texts) - df + 0.5) / (df + 0.5))
        norm = 1.2 * (1 - 0.75 + 0.75 * len(words) / (sum(lengths) / len(lengths)))
        return idf * frequency * 2.2 / (frequency + norm)

    def _counts(self, matching: list[Document], group: str, query: Query) -> tuple[FacetCount, ...]:
        others = [(g, values) for g, values in query.selections if g != group]
        counted = [d for d in matching if all(_selected(d, g, values) for g, values in others)]
        counts = dict.fromkeys(query.selected(group), 0)
        for document in counted:
            for value in set(document.facets.get(group, ())):
                counts[value] = counts.get(value, 0) + 1
        listed = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        return tuple(FacetCount(value, count, value in query.selected(group)) for value, count in listed)


def _selected(document: Document, group: str, values: tuple[str, ...]) -> bool:
    return any(value in values for value in document.facets.get(group, ()))
