"""An open generation: its segments read as one, terms weighted, documents in each order, facets and stored fields."""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import accumulate, chain, product
from operator import attrgetter

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from index.analysis import TermKind
from index.cache import Cache
from index.query import Sort
from index.query_ast import Key
from index.ranking import MIN_LENGTH, length_strength, term_points
from index.schema import Schema, TextField
from index.terms import SpellChecker
from index.text import folded_name
from index.whoosh_engine import columns, rows
from index.whoosh_engine.columns import Columns, Keys, Numbers, TrigramFilter, ValueColumn
from index.whoosh_engine.docs import NONE, Docs, Mask, among, either
from index.whoosh_engine.facets import FacetGroup
from index.whoosh_engine.generations import TERM_CACHE_SIZE, Generation
from index.whoosh_engine.rows import NO_KEY, facet_column, key_of, length_column, text_field
from index.whoosh_engine.whoosh_reader import Postings, SegmentFile

Scores = NDArray[np.float64]  # one number a document


class WeightedTerm(Struct, frozen=True):
    """A term over all text fields: the documents with it and its points in each, and the documents that it finds.

    A document that has it in score-only fields alone is not found.
    """

    docs: Docs
    points: Scores
    finds: Docs
    size: int  # bytes


class Snapshot:
    """A generation, which stays the same whatever is published later. Shared by threads.

    Documents are numbered from 0 to `size`; `live` says of each number whether the document is not deleted.
    """

    def __init__(self, generation: Generation, schema: Schema) -> None:
        self.schema = schema
        self._files = [SegmentFile(segment.folder, segment.size) for segment in generation.segments]
        *self._bases, self.size = accumulate((segment.size for segment in generation.segments), initial=0)
        self.in_position = _in_position(generation)  # live documents
        self.document_count = len(self.in_position)
        self.positions = self._places(self.in_position)
        self.live = self.mask(self.in_position)
        self.all_docs: Docs = np.flatnonzero(self.live).astype(np.int32)
        self._columns = Columns.joined([columns.read(segment.folder) for segment in generation.segments], self.live)
        self.literals = self._columns.literals  # the folded text of every document
        self.vector_keys = self._keys(rows.PASSAGE)  # of every document (`vector_file`)
        self.boosts = self._figures(rows.BOOST, 1.0)
        self._groups: dict[str, FacetGroup] = {}
        self._vocabularies: dict[TermKind, Mapping[str, int]] = {}
        self._spell_checkers: dict[TermKind, SpellChecker] = {}
        self._terms = Cache[WeightedTerm](TERM_CACHE_SIZE * 3 // 4, attrgetter("size"))
        self._docs_in_fields = Cache[Docs](TERM_CACHE_SIZE // 4, attrgetter("nbytes"))
        self._norms = {text: self._norms_of(text) for text in schema.texts}

    @cached_property
    def newest_first(self) -> Docs:
        """All documents by date, newest first, undated last, and by position within a date."""
        return self._by_date(-1)

    def places(self, sort: Sort) -> Numbers:
        """Return the place of every document by position, by date from the oldest, or else by date from the newest."""
        if sort == "position":
            return self.positions
        return self._places_from_oldest if sort == "old" else self._places_from_newest

    @cached_property
    def _places_from_newest(self) -> Numbers:
        return self._places(self.newest_first)

    @cached_property
    def _places_from_oldest(self) -> Numbers:
        return self._places(self._by_date(1))

    def _by_date(self, sign: int) -> Docs:
        dates = self._columns.values.get(rows.DATE)
        if dates is None:
            return self.in_position
        age = np.full(self.size, self.size, np.int32)  # of undated documents
        age[dates.counts > 0] = sign * dates.numbers  # a document has at most one date; the values are sorted
        return self.in_position[np.argsort(age[self.in_position], kind="stable")]

    def _places(self, docs: Docs) -> Numbers:
        places = np.zeros(self.size, np.int32)
        places[docs] = np.arange(len(docs))
        return places

    @cached_property
    def boost_strengths(self) -> Scores | None:
        """The strength of the signal `boost` in every document, or None if it is always 0."""
        return self.boosts - 1 if (self.boosts != 1).any() else None

    @cached_property
    def length_strengths(self) -> Scores | None:
        """The strength of the signal `length` in every document, or None if no field has a length."""
        text = next((text for text in self.schema.texts if text.length), None)
        return length_strength(self._figures(length_column(text.name), 0.0)) if text else None

    @cached_property
    def trigram_filter(self) -> TrigramFilter:
        """The filter that narrows phrase searches."""
        return TrigramFilter(self.literals)

    def passage(self, doc: int) -> str:
        """Return the text of a document's vector."""
        return self._stored_fields([doc])[doc]["passage"]

    def vocabulary(self, kind: TermKind) -> Mapping[str, int]:
        """Return all terms of a kind in fields that are not score-only, with an upper bound of their frequencies."""
        if kind not in self._vocabularies:
            counts = Counter[str]()
            for text, file in product(self.schema.texts, self._files):
                if not text.score_only:
                    counts.update(file.terms(text_field(text.name, kind)))
            self._vocabularies[kind] = counts
        return self._vocabularies[kind]

    def spell_checker(self, kind: TermKind) -> SpellChecker:
        """Return the spell checker of all terms of a kind."""
        if kind not in self._spell_checkers:
            checker = SpellChecker(lambda: self.vocabulary(kind), lambda text: len(self.term(Key(text, kind)).finds))
            self._spell_checkers.setdefault(kind, checker)
        return self._spell_checkers[kind]

    @cached_property
    def dates(self) -> FacetGroup:
        """The documents of each date."""
        return self._read_group(rows.DATE)

    @cached_property
    def sections(self) -> Docs | None:
        """The number of every document's section, negative if it has none; None if the schema has no sections."""
        sections = self.schema.sections
        return self.group(sections).section_numbers(self.size) if sections else None

    def group(self, name: str) -> FacetGroup:
        """Return a facet group; an empty one if the schema lacks it."""
        group = self._groups.get(name) or self._read_group(facet_column(name))
        if name in self.schema.facets:
            self._groups[name] = group  # two threads may both read it, with equal results
        return group

    def term(self, key: Key) -> WeightedTerm:
        """Return a term, weighted over all text fields."""
        if found := self._terms.find(key):
            return found
        postings = [(text, self._postings(text_field(text.name, key.kind), key.text)) for text in self.schema.texts]
        postings = [(text, own) for text, own in postings if len(own.docs)]
        docs = either([own.docs for _, own in postings])
        finding = [own.docs for text, own in postings if not text.score_only]
        finds = docs if len(finding) == len(postings) else either(finding)
        finds = docs if len(finds) == len(docs) else finds
        frequency = np.zeros(self.size)  # of all documents: indexing it is far faster than searching `docs`
        for text, own in postings:
            frequency[own.docs] += text.weight / self._norms[text][own.docs] * own.weights
        points = term_points(self.document_count, len(finds), frequency[docs])
        size = docs.nbytes + points.nbytes + (0 if finds is docs else finds.nbytes)
        self._terms.keep(key, term := WeightedTerm(docs, points, finds, size))
        return term

    def docs_in_field(self, field: str, key: Key) -> Docs:
        """Return the documents that have a term in one text field."""
        name = text_field(field, key.kind)
        docs = self._docs_in_fields.find((name, key.text))
        if docs is None:
            docs = self._postings(name, key.text).docs
            self._docs_in_fields.keep((name, key.text), docs)
        return docs

    def fields_with(self, keys: Sequence[Key], docs: Docs) -> Sequence[tuple[str, ...]]:
        """Return for each of these documents the text fields that have any of the terms."""
        masks = [
            (text.name, among(docs, self.docs_in_field(text.name, key))) for key in keys for text in self.schema.texts
        ]
        return [tuple(dict.fromkeys(name for name, mask in masks if mask[place])) for place in range(len(docs))]

    def is_whole_text(self, text: str, docs: Docs) -> Mask:
        """Return for each of these documents whether its literal is this text, ignoring width, case and spaces."""
        same: Mask = self._keys(rows.WHOLE).take(docs) == np.uint64(key_of(folded_name(text)))
        return same

    def stored(self, docs: Docs) -> Mapping[int, tuple[str, str]]:
        """Return the id and the stored text of each of these documents."""
        fields = self._stored_fields(docs.tolist())
        return {doc: (own["key"], own["stored"]) for doc, own in fields.items()}

    def related(self, docs: Docs, candidates: Docs) -> Docs:
        """Return the candidates that are among the documents, their parents, or their children."""
        ids, links = self._keys(rows.ID), self._columns.links
        related_keys = np.concatenate([ids[docs], links.keys[links.of(docs)]])
        own_links = links.of(candidates)
        children = links.docs[own_links[_keys_among(links.keys[own_links], ids[docs])]]
        return either((candidates[_keys_among(ids[candidates], related_keys)], np.unique(children)))

    def find(self, document_id: str) -> int | None:
        """Return the number of a document, or None if no document has that id."""
        docs = np.flatnonzero(self._keys(rows.ID) == np.uint64(key_of(document_id))).astype(np.int32)
        found = self.stored(docs[self.live[docs]])  # two ids may share a key
        return next((doc for doc, (key, _) in found.items() if key == document_id), None)

    def mask(self, docs: Docs) -> Mask:
        """Return for every number whether the document is among these."""
        mask = np.zeros(self.size, np.bool_)
        mask[docs] = True
        return mask

    def _postings(self, field: str, term: str) -> Postings:
        """Return the postings of a term in live documents; empty ones if none has it."""
        lists = [file.postings(field, term) for file in self._files]
        docs = [postings.docs + np.int32(base) for postings, base in zip(lists, self._bases, strict=True)]
        joined = Postings(
            np.concatenate([NONE, *docs]),
            np.concatenate([np.empty(0, np.float32), *(postings.weights for postings in lists)]),
        )
        if self.document_count == self.size:
            return joined
        live = self.live[joined.docs]
        return Postings(joined.docs[live], joined.weights[live])

    def _stored_fields(self, docs: Iterable[int]) -> Mapping[int, Mapping[str, str]]:
        by_segment: dict[int, list[int]] = defaultdict(list)
        for doc in docs:
            by_segment[bisect_right(self._bases, doc) - 1].append(doc)
        fields: dict[int, Mapping[str, str]] = {}
        for number, own in by_segment.items():
            base = self._bases[number]
            fields.update(zip(own, self._files[number].stored([doc - base for doc in own]), strict=True))
        return fields

    def _keys(self, column: str) -> Keys:
        """Return a key column; without any segment it has no keys."""
        keys = self._columns.keys.get(column)
        return np.full(self.size, NO_KEY, np.uint64) if keys is None else keys

    def _norms_of(self, text: TextField) -> Scores:
        """Return the BM25F length norm of a text field in every document."""
        if not text.length:
            return np.broadcast_to(1.0, self.size)  # takes no memory
        lengths = self._figures(length_column(text.name), 0.0)
        with_words = self.live & (lengths > 0)
        norms = np.ones(self.size)
        own = np.maximum(lengths[with_words], MIN_LENGTH)
        norms[with_words] = 1 - text.length + text.length * own / (own.mean() if len(own) else 1)
        return norms

    def _figures(self, name: str, default: float) -> Scores:
        figures = self._columns.figures.get(name)
        return np.full(self.size, default) if figures is None else figures.astype(np.float64)

    def _read_group(self, column: str) -> FacetGroup:
        empty = ValueColumn((), NONE, np.zeros(self.size, np.int32))
        return FacetGroup(self._columns.values.get(column, empty), self.document_count)


def _in_position(generation: Generation) -> Docs:
    """Return the live documents of a generation in order of position."""
    by_source: dict[str, Docs] = {}
    begin = 0
    for source, count in chain.from_iterable(segment.runs for segment in generation.segments):
        if source is not None:
            by_source[source] = np.arange(begin, begin + count, dtype=np.int32)
        begin += count
    return np.concatenate([NONE, *(by_source[source] for source in dict.fromkeys(generation.order))])


def _keys_among(keys: Keys, others: Keys) -> Mask:
    """Return for each key whether it is among the others, at least one; faster than np.isin, which sorts both."""
    ordered = np.sort(others)
    found: Mask = ordered.take(np.searchsorted(ordered, keys), mode="clip") == keys
    return found
