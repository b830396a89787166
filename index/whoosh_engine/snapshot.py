"""One generation, open: its posting lists as arrays, kept once they have been decoded and weighed."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from index.ranking import SHORTEST, term_points
from index.schema import Schema, TextField
from index.text import folded_name
from index.tree import Key
from index.whoosh_engine.rows import BOOST, DATE, ID, LENGTH, WHOLE, facet_field, length_field, text_field
from index.whoosh_engine.segments import Mask, Segments
from index.whoosh_engine.storage import Docs

Scores = NDArray[np.float64]  # one number a document

Kept = TypeVar("Kept")


@dataclass(frozen=True, slots=True)
class FacetGroup:
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

    def tally(self, values: Iterable[str], size: int) -> NDArray[np.int32]:
        """Return how many of these values each of `size` documents has."""
        tally = np.zeros(size, np.int32)
        for docs in self.having(values).values():
            tally[docs] += 1
        return tally

    def having(self, values: Iterable[str]) -> Mapping[str, Docs]:
        """Return the documents that have each of these values; those that none has are left out."""
        numbers = {value: number for number, value in enumerate(self.values)}
        lists = np.split(self.docs, self.starts[1:])
        return {value: lists[numbers[value]] for value in values if value in numbers}


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
        return self._keep("boosts", self._read_boosts)

    @property
    def literals(self) -> Sequence[str]:
        """The text of every document that phrases are looked up in, folded."""
        return self._keep("literals", self._read_literals)

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
        if name not in self._facets:
            return FacetGroup((), np.empty(0, np.int32), np.empty(0, np.intp))
        return self._keep(("group", name), lambda: self._read_group(facet_field(name)))

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
        norms = np.ones(self.size)
        if text.length:
            postings = self._segments.postings(length_field(text.name), LENGTH)
            lengths = np.maximum(postings.weights.astype(np.float64), SHORTEST)
            norms[postings.docs] = 1 - text.length + text.length * lengths / (lengths.mean() if len(lengths) else 1)
        return norms

    def _read_literals(self) -> Sequence[str]:
        literals = [""] * self.size
        for doc in self.in_position.tolist():
            literals[doc] = self._segments.stored(doc)["literal"]
        return literals

    def _read_boosts(self) -> Scores:
        boosts = np.ones(self.size)
        postings = self._segments.postings(BOOST, BOOST)
        boosts[postings.docs] = postings.weights
        return boosts

    def _read_words(self) -> Sequence[str]:
        fields = (text_field(text.name, "word") for text in self._texts if text.finds)
        return list(dict.fromkeys(word for field in fields for word in self._segments.terms(field)))

    def _read_group(self, field: str) -> FacetGroup:
        lists = {value: self._segments.postings(field, value).docs for value in self._segments.terms(field)}
        lists = {value: docs for value, docs in lists.items() if len(docs)}
        starts = np.cumsum([0, *map(len, lists.values())])[:-1]
        return FacetGroup(tuple(lists), np.concatenate([np.empty(0, np.int32), *lists.values()]), starts)

    def _newest_first(self) -> Docs:
        """Return all documents, newest date first, undated last, by position within a date."""
        age = np.zeros(self.size, np.int32)  # of the newest -1, and so on up to the undated at 0
        starts = self.dates.starts
        age[self.dates.docs] = np.repeat(-np.arange(1, len(starts) + 1), np.diff(starts, append=len(self.dates.docs)))
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
