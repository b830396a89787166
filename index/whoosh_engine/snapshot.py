"""One generation, open: its posting lists as arrays, kept once they have been decoded and weighed."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from index.ranking import SHORTEST, term_points
from index.schema import Schema, TextField
from index.text import folded_name
from index.tree import Key
from index.whoosh_engine.columns import Keys, Texts, ValueColumn
from index.whoosh_engine.facet_group import FacetGroup
from index.whoosh_engine.rows import BOOST, DATE, ID, WHOLE, facet_column, length_column, text_field
from index.whoosh_engine.segments import Segments
from index.whoosh_engine.term_store import Docs

Scores = NDArray[np.float64]  # one number a document

Kept = TypeVar("Kept")


@dataclass(frozen=True, slots=True)
class WeightedTerm:
    """A term over the whole index: the documents with it in any field and its points there, and those it finds."""

    docs: Docs
    points: Scores
    finds: Docs


class Snapshot:
    """A generation as a reader sees it, whatever is written after.

    Its masks and scores have a place for each of `size` numbers, of which `live` tells whether they are of a document.
    """

    def __init__(self, segments: Segments, schema: Schema) -> None:
        self._segments = segments
        self.size = segments.size
        self.documents = len(segments.in_position)
        self.live, self.in_position, self.positions = segments.live, segments.in_position, segments.positions
        self._texts = schema.texts
        self._facets = schema.facets
        self._kept: dict[Hashable, object] = {}
        self.newest_first = self._newest_first()

    @property
    def boosts(self) -> Scores:
        """The boost of every document."""
        return self._keep("boosts", lambda: self._figures(BOOST, 1.0))

    @property
    def literals(self) -> Texts:
        """The text of every document that phrases are looked up in, folded."""
        return self._segments.columns.literals

    @property
    def vector_keys(self) -> Keys:
        """The key of the vector of every document (`index.whoosh_engine.vectors`)."""
        return self._segments.columns.vectors

    def passage(self, doc: int) -> str:
        """Return the text that the vector of a document is made of."""
        return self._segments.stored(doc)["passage"]

    @property
    def words(self) -> Sequence[str]:
        """All words that find documents, short units among them."""
        return self._keep("words", self._read_words)

    @property
    def dates(self) -> FacetGroup:
        """The documents of each date."""
        return self._keep("dates", lambda: self._read_group(DATE))

    def group(self, name: str) -> FacetGroup:
        """Return a facet group, an empty one if the schema has none of that name."""
        return self._keep(
            ("group", name), lambda: self._read_group(facet_column(name)), worth=lambda _: name in self._facets
        )

    def term(self, key: Key) -> WeightedTerm:
        """Return a term weighed over all text fields."""
        return self._keep(key, lambda: self._weigh(key), worth=lambda term: len(term.docs) > 0)

    def in_field(self, field: str, key: Key) -> Docs:
        """Return the documents that have a term in one text field."""
        name = text_field(field, key.kind)
        return self._keep(
            (field, key), lambda: self._segments.postings(name, key.text).docs, worth=lambda docs: len(docs) > 0
        )

    def fields_with(self, key: Key, doc: int) -> tuple[str, ...]:
        """Return the text fields of a document that have a term."""
        return tuple(text.name for text in self._texts if doc in self.in_field(text.name, key))

    def reading(self, text: str) -> Docs:
        """Return the documents whose whole text is this one, width, case and gaps apart."""
        return self._segments.postings(WHOLE, folded_name(text)).docs

    def document(self, doc: int) -> tuple[str, str]:
        """Return the id and the stored text of a document."""
        fields = self._segments.stored(doc)
        return fields["key"], fields["stored"]

    def find(self, document_id: str) -> int | None:
        """Return the document of an id, or None."""
        docs = self._segments.postings(ID, document_id).docs
        return int(docs[0]) if len(docs) else None

    def close(self) -> None:
        """Close the files."""
        self._segments.close()

    def _weigh(self, key: Key) -> WeightedTerm:
        frequency, found = np.zeros(self.size), np.zeros(self.size, np.bool_)
        for text in self._texts:
            postings = self._segments.postings(text_field(text.name, key.kind), key.text)
            if len(postings.docs):
                frequency[postings.docs] += text.weight / self._norms(text)[postings.docs] * postings.weights
                found[postings.docs] |= text.finds
        docs = np.flatnonzero(frequency)
        found_docs = np.flatnonzero(found)
        points = term_points(self.documents, len(found_docs), frequency[docs])
        return WeightedTerm(docs.astype(np.int32), points, found_docs.astype(np.int32))

    def _norms(self, text: TextField) -> Scores:
        """Return what the length of a text divides the frequencies in it by, for every document."""
        return self._keep(("norms", text.name), lambda: self._read_norms(text))

    def _read_norms(self, text: TextField) -> Scores:
        if not text.length:
            return np.ones(self.size)
        lengths = self._figures(length_column(text.name), 0.0)
        with_words = self.live & (lengths > 0)
        norms = np.ones(self.size)
        own = np.maximum(lengths[with_words], SHORTEST)
        norms[with_words] = 1 - text.length + text.length * own / (own.mean() if len(own) else 1)
        return norms

    def _figures(self, name: str, absent: float) -> Scores:
        figures = self._segments.columns.figures.get(name)
        return np.full(self.size, absent) if figures is None else figures.astype(np.float64)

    def _read_words(self) -> Sequence[str]:
        fields = (text_field(text.name, "word") for text in self._texts if text.finds)
        return list(dict.fromkeys(word for field in fields for word in self._segments.terms(field)))

    def _read_group(self, column: str) -> FacetGroup:
        nothing = ValueColumn((), np.empty(0, np.int32), np.zeros(self.size, np.int32))
        return FacetGroup(self._segments.columns.values.get(column, nothing), self.documents)

    def _newest_first(self) -> Docs:
        """Return all documents, newest date first, undated last, by position within a date."""
        dates = self._segments.columns.values.get(DATE)
        if dates is None:
            return self.in_position
        age = np.zeros(self.size, np.int32)  # of the newest most below 0, of the undated 0
        age[dates.counts > 0] = -1 - dates.numbers  # a document has one date at most, and dates are in order
        return self.in_position[np.argsort(age[self.in_position], kind="stable")]

    def _keep(
        self, key: Hashable, read: Callable[[], Kept], worth: Callable[[Kept], bool] = lambda _read: True
    ) -> Kept:
        """Return what was read under this key, reading it the first time.

        Two threads may both read it; they read the same. What is not worth keeping is read each time: what is kept
        stays bounded by what the index holds, however many words are asked for that no document has.
        """
        if key in self._kept:
            return self._kept[key]  # type: ignore[return-value]  # what a key is kept for is what `read` returns
        value = read()
        if worth(value):
            self._kept[key] = value
        return value
