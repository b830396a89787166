"""One generation, open: its posting lists as arrays, scored and counted whole, and kept once decoded."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from index.schema import Document, Schema
from index.whoosh_engine.storage import Docs, Postings, Row, TermStore

Mask = NDArray[np.bool_]  # one truth value a document
Scores = NDArray[np.float64]

K1, B = 1.2, 0.75

_LENGTH = "length"  # the one term of a length field; its weight is the length
Kept = TypeVar("Kept")


def field_names(schema: Schema) -> tuple[str, ...]:
    """Return the names of the fields that a document is written to."""
    texts = [name for text in schema.texts for name in (_text(text.name), _length(text.name))]
    return ("id", "date", *texts, *(_facet(group) for group in schema.facets))


def row(document: Document, schema: Schema) -> Row:
    """Return a document as it is written. Raises ValueError for a field that the schema has not."""
    unknown = [
        *(document.texts.keys() - {text.name for text in schema.texts}),
        *(document.facets.keys() - set(schema.facets)),
    ]
    if unknown:
        raise ValueError(f"{document.id}: the schema has no field {min(unknown)!r}")
    fields: dict[str, Mapping[str, float]] = {"id": {document.id: 1.0}}
    if document.date:
        fields["date"] = {document.date: 1.0}
    for name, terms in document.texts.items():
        frequencies: dict[str, float] = {}
        for term in terms:
            frequencies[term.text] = frequencies.get(term.text, 0.0) + 1.0
        fields[_text(name)] = frequencies
        fields[_length(name)] = {_LENGTH: float(len(terms))} if terms else {}
    for group, values in document.facets.items():
        fields[_facet(group)] = dict.fromkeys(values, 1.0)
    return Row(fields, {"key": document.id, "stored": document.stored})


@dataclass(frozen=True, slots=True)
class Group:
    """A facet group: its values, and their posting lists one after the other."""

    values: tuple[str, ...]
    docs: Docs
    starts: NDArray[np.intp]  # of each value in `docs`

    def counts(self, mask: Mask) -> Mapping[str, int]:
        """Return how many of the documents in the mask have each value."""
        if not self.values:
            return {}
        counts = np.add.reduceat(mask[self.docs], self.starts, dtype=np.int32)
        return dict(zip(self.values, counts.tolist(), strict=True))

    def mask(self, values: Iterable[str], count: int) -> Mask:
        """Return which of `count` documents have one of these values."""
        mask = np.zeros(count, np.bool_)
        numbers = {value: number for number, value in enumerate(self.values)}
        ends = np.append(self.starts[1:], len(self.docs))
        for number in (numbers[value] for value in values if value in numbers):
            mask[self.docs[self.starts[number] : ends[number]]] = True
        return mask


class Snapshot:
    """A generation as a reader sees it, whatever is written after."""

    def __init__(self, store: TermStore, schema: Schema) -> None:
        self._store = store
        self._schema = schema
        self._kept: dict[Hashable, object] = {}
        self.count = store.count
        self.newest_first = self._newest_first()

    def with_term(self, term: str) -> Mask:
        """Return which documents have a term in any text field."""
        mask = np.zeros(self.count, np.bool_)
        for text in self._schema.texts:
            mask[self._postings(_text(text.name), term).docs] = True
        return mask

    def scores(self, terms: Iterable[str]) -> Scores:
        """Return the BM25 score of every document, summed over terms and text fields, to six decimal places.

        Rounding makes equal what differs only by the order of addition, so that ties are ties in every engine.
        """
        scores = np.zeros(self.count)
        for term in terms:
            for text in self._schema.texts:
                docs, weights = self._weighed(text.name, text.weight, term)
                scores[docs] += weights
        return np.round(scores, 6)

    def group(self, name: str) -> Group:
        """Return a facet group, an empty one if the schema has none of that name."""
        if name not in self._schema.facets:
            return Group((), np.empty(0, np.int32), np.empty(0, np.intp))
        return self._keep(("group", name), lambda: self._read_group(_facet(name)))

    def document(self, doc: int) -> tuple[str, str]:
        """Return the id and the stored text of a document."""
        fields = self._store.stored(doc)
        return fields["key"], fields["stored"]

    def find(self, document_id: str) -> int | None:
        """Return the document of an id, or None."""
        docs = self._store.postings("id", document_id).docs
        return int(docs[0]) if len(docs) else None

    def close(self) -> None:
        """Close the files."""
        self._store.close()

    def _weighed(self, field: str, weight: float, term: str) -> tuple[Docs, Scores]:
        def weigh() -> tuple[Docs, Scores]:
            postings = self._postings(_text(field), term)
            idf = np.log(1 + (self.count - len(postings.docs) + 0.5) / (len(postings.docs) + 0.5))
            frequencies = postings.weights.astype(np.float64)
            norms = self._norms(field)[postings.docs]
            return postings.docs, weight * idf * frequencies * (K1 + 1) / (frequencies + norms)

        return self._keep(("weighed", field, term), weigh)

    def _norms(self, field: str) -> Scores:
        """Return k1 * (1 - b + b * length / mean length) for each document; the mean is over those that have the field."""

        def read() -> Scores:
            postings = self._store.postings(_length(field), _LENGTH)
            lengths = np.zeros(self.count)
            lengths[postings.docs] = postings.weights
            return K1 * (1 - B + B * lengths / (lengths.sum() / max(len(postings.docs), 1) or 1))

        return self._keep(("norms", field), read)

    def _postings(self, field: str, term: str) -> Postings:
        return self._keep((field, term), lambda: self._store.postings(field, term))

    def _read_group(self, field: str) -> Group:
        values = self._store.terms(field)
        lists = [self._store.postings(field, value).docs for value in values]
        starts = np.cumsum([0, *(len(docs) for docs in lists)])[:-1]
        return Group(values, np.concatenate([np.empty(0, np.int32), *lists]), starts)

    def _newest_first(self) -> Docs:
        """Return all documents, newest date first, undated last, by position within a date."""
        dates = self._read_group("date")
        lists = np.split(dates.docs, dates.starts[1:]) if dates.values else []
        dated: Sequence[Docs] = lists[::-1]
        undated = np.setdiff1d(np.arange(self.count, dtype=np.int32), dates.docs, assume_unique=True)
        return np.concatenate([*dated, undated])

    def _keep(self, key: Hashable, read: Callable[[], Kept]) -> Kept:
        """Return what was read under this key, reading it the first time.

        Two threads may both read it; they read the same.
        """
        if key not in self._kept:
            self._kept[key] = read()
        return self._kept[key]  # type: ignore[return-value]  # what a key is kept for is what `read` returns


def _text(name: str) -> str:
    return f"text.{name}"


def _length(name: str) -> str:
    return f"length.{name}"


def _facet(group: str) -> str:
    return f"facet.{group}"
