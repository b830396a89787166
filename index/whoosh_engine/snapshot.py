"""One generation, open: its posting lists as arrays, the last asked for kept decoded and weighed."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from operator import attrgetter

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from index.analysis import TermKind
from index.cache import Cache
from index.query import Sort
from index.query_ast import Key
from index.ranking import SHORTEST, length_strength, term_points
from index.schema import Schema, TextField
from index.terms import SpellChecker
from index.text import folded_name
from index.whoosh_engine.columns import Keys, Numbers, Texts, TrigramFilter, ValueColumn
from index.whoosh_engine.docs import Docs, Mask, among, either
from index.whoosh_engine.facets import FacetGroup
from index.whoosh_engine.generations import TERM_CACHE_SIZE
from index.whoosh_engine.rows import (
    BOOST,
    DATE,
    ID,
    NO_KEY,
    PASSAGE,
    WHOLE,
    facet_column,
    key_of,
    length_column,
    text_field,
)
from index.whoosh_engine.segments import Segments

Scores = NDArray[np.float64]  # one number a document


class WeightedTerm(Struct, frozen=True):
    """A term over the whole index: the documents with it in any field and its points there, and those it finds."""

    docs: Docs
    points: Scores
    finds: Docs
    size: int  # bytes


class Snapshot:
    """A generation as a reader sees it, whatever is written after.

    Documents have numbers below `size`; `live` tells of each number whether it is of one.
    """

    def __init__(self, segments: Segments, schema: Schema) -> None:
        self._segments = segments
        self.size = segments.size
        self.documents = len(segments.in_position)
        self.live, self.in_position, self.positions = segments.live, segments.in_position, segments.positions
        self.schema = schema
        self._texts = schema.texts
        self._groups: dict[str, FacetGroup] = {}
        self._vocabularies: dict[TermKind, Mapping[str, int]] = {}
        self._spell_checkers: dict[TermKind, SpellChecker] = {}
        self._terms = Cache[WeightedTerm](TERM_CACHE_SIZE * 3 // 4, attrgetter("size"))
        self._lists = Cache[Docs](TERM_CACHE_SIZE // 4, attrgetter("nbytes"))
        self._norms = {text: self._norms_of(text) for text in schema.texts}

    @cached_property
    def everything(self) -> Docs:
        """All documents."""
        return np.flatnonzero(self.live).astype(np.int32)

    @cached_property
    def newest_first(self) -> Docs:
        """All documents, newest date first, undated last, by position within a date."""
        return self._by_date(-1)

    def _by_date(self, sign: int) -> Docs:
        dates = self._segments.columns.values.get(DATE)
        if dates is None:
            return self.in_position
        age = np.full(self.size, self.size, np.int32)  # that of the undated
        age[dates.counts > 0] = sign * dates.numbers  # a document has one date at most, and dates are in order
        return self.in_position[np.argsort(age[self.in_position], kind="stable")]

    def places(self, sort: Sort) -> Numbers:
        """Return the place of every document by position, from the oldest on, or for any other sort from the newest."""
        match sort:
            case "position":
                return self.positions
            case "old":
                return self._from_oldest
            case _:
                return self._from_newest

    @cached_property
    def _from_newest(self) -> Numbers:
        return self._places(self.newest_first)

    @cached_property
    def _from_oldest(self) -> Numbers:
        return self._places(self._by_date(1))

    def _places(self, docs: Docs) -> Numbers:
        places = np.zeros(self.size, np.int32)
        places[docs] = np.arange(len(docs))
        return places

    @cached_property
    def boosts(self) -> Scores:
        """The boost of every document."""
        return self._figures(BOOST, 1.0)

    @cached_property
    def raised(self) -> Scores | None:
        """How much the boost of every document is above 1, None where all boosts are 1."""
        return self.boosts - 1 if (self.boosts != 1).any() else None

    @cached_property
    def substance(self) -> Scores | None:
        """How much the length of every document speaks for it, None where no field's length matters."""
        measured = next((text for text in self._texts if text.length), None)
        return length_strength(self._figures(length_column(measured.name), 0.0)) if measured else None

    @property
    def literals(self) -> Texts:
        """The text of every document that phrases are looked up in, folded."""
        return self._segments.columns.literals

    @cached_property
    def vector_keys(self) -> Keys:
        """The key of the vector of every document (`index.whoosh_engine.vector_file`)."""
        return self._keys(PASSAGE)

    def passage(self, doc: int) -> str:
        """Return the text that the vector of a document is made of."""
        return self._segments.stored((doc,))[doc]["passage"]

    @cached_property
    def trigram_filter(self) -> TrigramFilter:
        """The filter that narrows a phrase search."""
        return TrigramFilter(self.literals)

    def vocabulary(self, kind: TermKind) -> Mapping[str, int]:
        """Return all words (short units among them) or sounds that find documents, each with how many at most."""
        known = self._vocabularies.get(kind)
        if known is None:
            fields = (text_field(text.name, kind) for text in self._texts if not text.score_only)
            known = self._vocabularies[kind] = self._segments.terms(fields)
        return known

    def spell_checker(self, kind: TermKind) -> SpellChecker:
        """Return the words, or sounds, that a text may be a slip of."""
        if kind not in self._spell_checkers:
            made = SpellChecker(lambda: self.vocabulary(kind), lambda text: len(self.term(Key(text, kind)).finds))
            self._spell_checkers.setdefault(kind, made)
        return self._spell_checkers[kind]

    @cached_property
    def dates(self) -> FacetGroup:
        """The documents of each date."""
        return self._read_group(DATE)

    @cached_property
    def sections(self) -> Docs | None:
        """The number of the section of each document, below 0 where it has none; None where the schema knows none."""
        sections = self.schema.sections
        return self.group(sections).numbers(self.size) if sections else None

    def group(self, name: str) -> FacetGroup:
        """Return a facet group, an empty one if the schema has none of that name."""
        if name not in self._groups and name in self.schema.facets:
            self._groups[name] = self._read_group(facet_column(name))  # two threads may both read it: the same
        return self._groups.get(name) or self._read_group(facet_column(name))

    def term(self, key: Key) -> WeightedTerm:
        """Return a term weighed over all text fields."""
        term = self._terms.find(key)
        if term is None:
            term = self._weigh(key)
            self._terms.keep(key, term)
        return term

    def in_field(self, field: str, key: Key) -> Docs:
        """Return the documents that have a term in one text field."""
        name = text_field(field, key.kind)
        docs = self._lists.find((name, key.text))
        if docs is None:
            docs = self._segments.postings(name, key.text).docs
            self._lists.keep((name, key.text), docs)
        return docs

    def fields_with(self, keys: Sequence[Key], docs: Docs) -> Sequence[tuple[str, ...]]:
        """Return for each of some documents its text fields that have one of these terms."""
        having = [(text.name, among(docs, self.in_field(text.name, key))) for key in keys for text in self._texts]
        return [tuple(dict.fromkeys(name for name, had in having if had[place])) for place in range(len(docs))]

    def reading(self, text: str, docs: Docs) -> Mask:
        """Return which of some documents have this as their whole text, width, case and gaps apart."""
        same: Mask = self._keys(WHOLE).take(docs) == np.uint64(key_of(folded_name(text)))
        return same

    def documents_of(self, docs: Docs) -> Mapping[int, tuple[str, str]]:
        """Return the id and the stored text of each of some documents."""
        every = self._segments.stored(docs.tolist())
        return {doc: (fields["key"], fields["stored"]) for doc, fields in every.items()}

    def related(self, docs: Docs, others: Docs) -> Docs:
        """Return those of others that are these documents, are what these belong to, or belong to one of these."""
        ids, links = self._keys(ID), self._segments.columns.links
        wanted = np.concatenate([ids[docs], links.keys[links.of(docs)]])
        of_others = links.of(others)
        children = links.docs[of_others[_keys_among(links.keys[of_others], ids[docs])]]
        return either((others[_keys_among(ids[others], wanted)], np.unique(children)))

    def by_position(self, docs: Docs) -> Docs:
        """Return some documents in the order of their positions."""
        return docs[np.argsort(self.positions[docs])]

    def find(self, document_id: str) -> int | None:
        """Return the document of an id, or None."""
        docs = np.flatnonzero(self._keys(ID) == np.uint64(key_of(document_id))).astype(np.int32)
        found = self.documents_of(docs[self.live[docs]])
        return next((doc for doc, (key, _) in found.items() if key == document_id), None)

    def mask(self, docs: Docs) -> Mask:
        """Return of every number whether it is of one of some documents."""
        mask = np.zeros(self.size, np.bool_)
        mask[docs] = True
        return mask

    def _keys(self, column: str) -> Keys:
        """Return the key that every document has in a column: none where no segment has the column, as without any."""
        keys = self._segments.columns.keys.get(column)
        return np.full(self.size, NO_KEY, np.uint64) if keys is None else keys

    def _weigh(self, key: Key) -> WeightedTerm:
        fields = [(text, self._segments.postings(text_field(text.name, key.kind), key.text)) for text in self._texts]
        lists = [(text, postings) for text, postings in fields if len(postings.docs)]
        docs = either([postings.docs for _, postings in lists])
        finding = [postings.docs for text, postings in lists if not text.score_only]
        finds = docs if len(finding) == len(lists) else either(finding)
        finds = docs if len(finds) == len(docs) else finds
        frequency = np.zeros(self.size)  # to look up each document's place among `docs` takes far longer
        for text, postings in lists:
            frequency[postings.docs] += text.weight / self._norms[text][postings.docs] * postings.weights
        points = term_points(self.documents, len(finds), frequency[docs])
        return WeightedTerm(docs, points, finds, docs.nbytes + points.nbytes + (0 if finds is docs else finds.nbytes))

    def _norms_of(self, text: TextField) -> Scores:
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


def _keys_among(keys: Keys, others: Keys) -> Mask:
    """Return which keys are among others, of which there are some; np.isin sorts both."""
    ordered = np.sort(others)
    found: Mask = ordered.take(np.searchsorted(ordered, keys), mode="clip") == keys
    return found
