"""One generation, open: its posting lists as arrays, the last asked for kept decoded and weighed."""

from collections.abc import Iterable, Sequence
from functools import cached_property

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from index.query import Sort
from index.ranking import SHORTEST, term_points
from index.schema import Schema, TextField
from index.spelling import Spellings
from index.text import folded_name
from index.tree import Key
from index.whoosh_engine.cache import Cache
from index.whoosh_engine.column_names import BOOST, DATE, ID, PASSAGE, WHOLE, facet_column, length_column
from index.whoosh_engine.columns import Keys, Texts, ValueColumn, key_of
from index.whoosh_engine.facet_group import FacetGroup
from index.whoosh_engine.overview import MOST_KEPT
from index.whoosh_engine.rows import text_field
from index.whoosh_engine.segments import Segments
from index.whoosh_engine.signatures import Signatures
from index.whoosh_engine.term_store import Docs, Mask

Scores = NDArray[np.float64]  # one number a document

_FEW = 16  # where fewer than one of so many documents is found


class WeightedTerm(Struct, frozen=True):
    """A term over the whole index: the documents with it in any field and its points there, and those it finds."""

    docs: Docs
    points: Scores
    finds: Docs

    @property
    def size(self) -> int:
        """How many bytes it takes."""
        return self.docs.nbytes + self.points.nbytes + (0 if self.finds is self.docs else self.finds.nbytes)


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
        self.titles, self.names, self._sections = schema.titles, schema.names, schema.sections
        self._groups: dict[str, FacetGroup] = {}
        self._terms = Cache[WeightedTerm](MOST_KEPT * 3 // 4, lambda term: term.size)
        self._lists = Cache[Docs](MOST_KEPT // 4, lambda docs: docs.nbytes)
        self._norms = {text: self._read_norms(text) for text in schema.texts}

    @cached_property
    def newest_first(self) -> Docs:
        """All documents, newest date first, undated last, by position within a date."""
        return self._by_date(-1)

    @cached_property
    def oldest_first(self) -> Docs:
        """All documents, oldest date first, undated last, by position within a date."""
        return self._by_date(1)

    def _by_date(self, sign: int) -> Docs:
        dates = self._segments.columns.values.get(DATE)
        if dates is None:
            return self.in_position
        age = np.full(self.size, self.size, np.int32)  # that of the undated
        age[dates.counts > 0] = sign * dates.numbers  # a document has one date at most, and dates are in order
        return self.in_position[np.argsort(age[self.in_position], kind="stable")]

    @cached_property
    def ages(self) -> Docs:
        """The place of every document in `newest_first`."""
        ages = np.zeros(self.size, np.int32)
        ages[self.newest_first] = np.arange(self.documents)
        return ages

    def ordered(self, found: Mask, sort: Sort) -> Docs:
        """Return the documents that are found, by position, oldest first, or for any other sort newest first."""
        docs = np.flatnonzero(found).astype(np.int32)
        if sort != "old" and len(docs) * _FEW < self.size:  # to look each of all up takes longer than to sort those
            return docs[np.argsort((self.positions if sort == "position" else self.ages)[docs])]
        match sort:
            case "position":
                order = self.in_position
            case "old":
                order = self.oldest_first
            case _:
                order = self.newest_first
        return order[found[order]]

    @cached_property
    def boosts(self) -> Scores:
        """The boost of every document."""
        return self._figures(BOOST, 1.0)

    @property
    def literals(self) -> Texts:
        """The text of every document that phrases are looked up in, folded."""
        return self._segments.columns.literals

    @property
    def vector_keys(self) -> Keys:
        """The key of the vector of every document (`index.whoosh_engine.vector_file`)."""
        return self._segments.columns.keys[PASSAGE]

    def passage(self, doc: int) -> str:
        """Return the text that the vector of a document is made of."""
        return self._segments.stored(doc)["passage"]

    @cached_property
    def signatures(self) -> Signatures:
        """Which documents may have a phrase in their literals."""
        return Signatures(self.literals)

    @cached_property
    def words(self) -> Sequence[str]:
        """All words that find documents, short units among them."""
        fields = (text_field(text.name, "word") for text in self._texts if text.finds)
        return list(dict.fromkeys(word for field in fields for word in self._segments.terms(field)))

    @cached_property
    def spellings(self) -> Spellings:
        """The words that a text may be a slip of."""
        return Spellings(lambda: self.words, lambda word: len(self.term(Key(word)).finds))

    @cached_property
    def dates(self) -> FacetGroup:
        """The documents of each date."""
        return self._read_group(DATE)

    @cached_property
    def sections(self) -> Docs | None:
        """The number of the section of each document, below 0 where it has none; None where the schema knows none."""
        return self.group(self._sections).numbers(self.size) if self._sections else None

    def group(self, name: str) -> FacetGroup:
        """Return a facet group, an empty one if the schema has none of that name."""
        if name not in self._groups and name in self._facets:
            self._groups[name] = self._read_group(facet_column(name))  # two threads may both read it: the same
        return self._groups.get(name) or self._read_group(facet_column(name))

    def term(self, key: Key) -> WeightedTerm:
        """Return a term weighed over all text fields."""
        return self._terms.get(key, lambda: self._weigh(key))

    def in_field(self, field: str, key: Key) -> Docs:
        """Return the documents that have a term in one text field."""
        return self._docs(text_field(field, key.kind), key.text)

    def fields_with(self, keys: Sequence[Key], docs: Docs) -> Sequence[tuple[str, ...]]:
        """Return for each of some documents its text fields that have one of these terms."""
        having = [(text.name, _among(docs, self.in_field(text.name, key))) for key in keys for text in self._texts]
        return [tuple(dict.fromkeys(name for name, had in having if had[place])) for place in range(len(docs))]

    def reading(self, text: str) -> Docs:
        """Return the documents whose whole text is this one, width, case and gaps apart."""
        return self._keyed(WHOLE, folded_name(text))

    def document(self, doc: int) -> tuple[str, str]:
        """Return the id and the stored text of a document."""
        fields = self._segments.stored(doc)
        return fields["key"], fields["stored"]

    def kin(self, docs: Docs, among: Docs) -> Mask:
        """Return which of some documents are these, are what these belong to, or belong to one of these."""
        ids, links = self._segments.columns.keys[ID], self._segments.columns.links
        wanted = np.concatenate([ids[docs], links.keys[links.of(docs)]])
        near = links.of(among)
        belonging = links.docs[near[np.isin(links.keys[near], ids[docs])]]
        return self._mask(among[np.isin(ids[among], wanted)], belonging)

    def find(self, document_id: str) -> int | None:
        """Return the document of an id, or None."""
        found = (int(doc) for doc in self._keyed(ID, document_id))
        return next((doc for doc in found if self.document(doc)[0] == document_id), None)

    def close(self) -> None:
        """Close the files."""
        self._segments.close()

    def _keyed(self, column: str, text: str) -> Docs:
        """Return the documents that have the key of a text."""
        keys = self._segments.columns.keys.get(column, np.empty(0, np.uint64))
        docs = np.flatnonzero(keys == np.uint64(key_of(text))).astype(np.int32)
        return docs[self.live[docs]]

    def _docs(self, field: str, term: str) -> Docs:
        return self._lists.get((field, term), lambda: self._segments.postings(field, term).docs)

    def _weigh(self, key: Key) -> WeightedTerm:
        fields = [(text, self._segments.postings(text_field(text.name, key.kind), key.text)) for text in self._texts]
        lists = [(text, postings) for text, postings in fields if len(postings.docs)]
        docs = self._merged(postings.docs for _, postings in lists)
        finding = [postings.docs for text, postings in lists if text.finds]
        finds = docs if len(finding) == len(lists) else self._merged(finding)
        finds = docs if len(finds) == len(docs) else finds
        frequency = np.zeros(self.size)  # to look up each document's place among `docs` takes far longer
        for text, postings in lists:
            frequency[postings.docs] += text.weight / self._norms[text][postings.docs] * postings.weights
        return WeightedTerm(docs, term_points(self.documents, len(finds), frequency[docs]), finds)

    def _merged(self, lists: Iterable[Docs]) -> Docs:
        """Return the documents of several lists, each once and in order."""
        return np.flatnonzero(self._mask(*lists)).astype(np.int32)

    def _mask(self, *lists: Docs) -> Mask:
        mask = np.zeros(self.size, np.bool_)
        for docs in lists:
            mask[docs] = True
        return mask

    def _read_norms(self, text: TextField) -> Scores:
        if not text.length:
            return np.broadcast_to(1.0, self.size)  # which takes no memory
        lengths = self._figures(length_column(text.name), 0.0)
        with_words = self.live & (lengths > 0)
        norms = np.ones(self.size)
        own = np.maximum(lengths[with_words], SHORTEST)
        norms[with_words] = 1 - text.length + text.length * own / (own.mean() if len(own) else 1)
        return norms

    def _figures(self, name: str, absent: float) -> Scores:
        figures = self._segments.columns.figures.get(name)
        return np.full(self.size, absent) if figures is None else figures.astype(np.float64)

    def _read_group(self, column: str) -> FacetGroup:
        nothing = ValueColumn((), np.empty(0, np.int32), np.zeros(self.size, np.int32))
        return FacetGroup(self._segments.columns.values.get(column, nothing), self.documents)


def _among(docs: Docs, others: Docs) -> Mask:
    """Return which of some documents are among others, which are in order."""
    if not len(others):
        return np.zeros(len(docs), np.bool_)
    among: Mask = others[np.minimum(np.searchsorted(others, docs), len(others) - 1)] == docs
    return among
