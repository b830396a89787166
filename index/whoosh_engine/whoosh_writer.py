"""Writes segments: terms, postings and stored fields with Whoosh, and columns. The one module that imports Whoosh.

Whoosh receives terms, never text: its analyzers, parsers and scorers are not used, and no object of ours is pickled.
Its own pickles run no code (`whoosh_reader.confine`). Whoosh as published can read the files (`whoosh_reader` does so
without it).
"""

import sys
import warnings
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from index.schema import Document, Schema
from index.whoosh_engine import columns
from index.whoosh_engine.columns import ColumnsWriter, Figures
from index.whoosh_engine.docs import Docs
from index.whoosh_engine.generations import Segment
from index.whoosh_engine.rows import STORED, encoded, field_names, row
from index.whoosh_engine.whoosh_reader import BLOCK_HEAD, FIELD, INFO, LENGTHS, TABLES, SegmentFile, confine, hash_of

with warnings.catch_warnings():
    # Compiling Whoosh warns about its regular expressions and about `is` with a literal. The last two modules would be
    # imported late, after `confine`.
    warnings.simplefilter("ignore", SyntaxWarning)
    warnings.simplefilter("ignore", DeprecationWarning)
    import whoosh.columns
    import whoosh.fields
    import whoosh.filedb.filestore
    import whoosh.formats
    import whoosh.index
    import whoosh.lang.porter2
    import whoosh.legacy
    from whoosh.codec import whoosh3

confine([module for name, module in sys.modules.items() if name.partition(".")[0] == "whoosh"])
# Level 0 stores the bytes uncompressed, with zlib's checksum: inflating twenty notes takes longer than finding them.
whoosh3.STORED_COLUMN = whoosh.columns.PickleColumn(whoosh.columns.CompressedBytesColumn(level=0))
whoosh.legacy.toc_loaders.clear()  # they unpickle old tables of contents in a way of their own; ours are never old

_BATCH = 1000  # terms or stored documents; one by one costs most of the time, all at once too much memory


@contextmanager
def writing(folder: Path, schema: Schema) -> Iterator["SegmentWriter"]:
    """Make a folder and give a writer of a segment there; after a failure its content is of no use."""
    folder.mkdir()
    fields = whoosh.fields.Schema(
        **{name: whoosh.fields.FieldType(whoosh.formats.Existence(), None) for name in field_names(schema)},
        **{name: whoosh.fields.STORED() for name in STORED},
    )
    codec = whoosh3.W3Codec()
    codec.length_stats = False  # nothing asks Whoosh for lengths
    writer = whoosh.index.create_in(str(folder), fields).writer(codec=codec)
    segment = SegmentWriter(writer, schema)
    try:
        yield segment
        segment.finish()
    except BaseException:
        writer.cancel()
        raise
    writer.commit()
    (folder / "MAIN_WRITELOCK").unlink(missing_ok=True)  # Whoosh's own, of no use in a finished segment
    segment.columns.write(folder)


class SegmentWriter:
    """Writes the documents of a segment, source by source, to Whoosh's files and to columns.

    The postings of a field are collected in three arrays and sorted at the end. Whoosh's own way makes a tuple of each
    posting and sorts on disk, which is most of the cost of indexing with it.
    """

    def __init__(self, writer: Any, schema: Schema) -> None:  # noqa: ANN401  # whoosh is untyped
        self._writer = writer
        self._schema = schema
        self._postings = defaultdict[str, _FieldPostings](_FieldPostings)
        self.columns = ColumnsWriter(schema)
        self.runs = list[tuple[str, int]]()  # sources written so far, with their numbers of documents
        self.size = 0  # documents written so far

    def add(self, source: str, documents: Iterable[Document]) -> None:
        """Write all documents of a source. Raises ValueError for a field that the schema lacks."""
        begin = self.size
        for document in documents:
            written = row(document, self._schema)
            self._store(written.stored)
            for name, terms in written.fields.items():
                self._postings[name].add(self.size, terms)
            self.columns.add(written)
            self.size += 1
        self.runs.append((source, self.size - begin))

    def add_segment(self, segment: Segment) -> None:
        """Write the live documents of a segment. Raises DamageError if it cannot be read."""
        live = np.ones(segment.size, np.bool_)
        live[list(segment.deleted)] = False
        numbers = np.cumsum(live, dtype=np.int32) + np.int32(self.size - 1)  # of its documents in the new segment
        kept = np.flatnonzero(live).tolist()
        with closing(SegmentFile(segment.folder, segment.size)) as file:
            for begin in range(0, len(kept), _BATCH):
                for stored in file.stored(kept[begin : begin + _BATCH]):
                    self._store(stored)
                    self.size += 1
            for name, term, postings in file.all_postings():
                is_kept = live[postings.docs]
                if is_kept.any():
                    docs = numbers[postings.docs[is_kept]]
                    self._postings[name].add_postings(term, docs, postings.weights[is_kept])
        self.columns.add_segment(columns.read(segment.folder), live)
        self.runs += [(source, count) for source, count in segment.runs if source is not None]

    def finish(self) -> None:
        """Write the postings."""
        for name in sorted(self._postings):
            self._postings[name].write(name, self._writer.schema[name], self._writer.fieldwriter)
        self._writer.docnum = self.size
        self._writer._added = self.size > 0  # noqa: SLF001  # without it, `commit` drops what was written

    def _store(self, stored: Mapping[str, str]) -> None:
        per_document = self._writer.perdocwriter
        per_document.start_doc(self.size)
        for name in sorted(stored):
            per_document.add_field(name, None, stored[name], 0)
        per_document.finish_doc()


class _FieldPostings:
    """The postings of a field, in the order in which they are added."""

    def __init__(self) -> None:
        self._lexicon: dict[str, int] = {}
        self._terms, self._docs, self._weights = array("i"), array("i"), array("f")

    def add(self, doc: int, terms: Mapping[str, float]) -> None:
        lexicon = self._lexicon
        self._terms.extend([lexicon.setdefault(term, len(lexicon)) for term in terms])
        self._docs.extend([doc] * len(terms))
        self._weights.extend(terms.values())

    def add_postings(self, term: str, docs: Docs, weights: Figures) -> None:
        number = self._lexicon.setdefault(term, len(self._lexicon))
        self._terms.extend([number] * len(docs))
        self._docs.frombytes(docs.tobytes())
        self._weights.frombytes(weights.tobytes())

    def write(self, name: str, field: Any, writer: Any) -> None:  # noqa: ANN401  # whoosh is untyped
        """Write each term's postings as one block, in the format of Whoosh's own writer without compression.

        A block is its length, negative in the last block of a term, and two pickles: a summary, by which Whoosh skips
        blocks, and the postings. These are the differences of the document numbers, and the weights: None if all are
        1.0, one number if all are equal. Whoosh accepts any sequence of numbers. Small ones are written as bytes,
        because these are fastest to read.
        """
        writer.start_field(name, field)
        prefix, file, table = FIELD.pack(writer._fieldid), writer._postfile, _Table(writer._tindex)  # noqa: SLF001
        terms = [prefix + encoded(term) for term in self._lexicon]
        order = sorted(range(len(terms)), key=terms.__getitem__)
        offset, write = file.tell(), file.file.write
        for number, docs, differences, weights in self._sorted(order):
            highest = max(weights)
            uniform = highest if weights.count(highest) == len(weights) else None
            written = _compact(weights) if uniform is None else None if uniform == 1 else uniform
            summary = whoosh3.dumps((len(docs), docs[-1], highest, 0, 0, 0), 2)
            data = whoosh3.dumps((_compact(differences), written, None), 3)  # protocol 3 is the first with bytes
            length = BLOCK_HEAD.size + len(summary) + len(data)
            write(BLOCK_HEAD.pack(whoosh3.WHOOSH3_HEADER_MAGIC, BLOCK_HEAD.size - length) + summary + data)
            info = INFO.pack(0, sum(weights), len(docs), 0, 0, highest, docs[0], docs[-1], offset, length)
            table.add(terms[number], info)
            offset += length
        table.write()
        writer.finish_field()

    def _sorted(self, order: Sequence[int]) -> Iterator[tuple[int, list[int], list[int], list[float]]]:
        """Yield each term's number, its documents, their differences, and its weights, with the terms in `order`."""
        ranks = np.empty(len(order), np.int32)
        ranks[order] = np.arange(len(order), dtype=np.int32)
        keys = ranks[np.array(self._terms, np.int32)]
        by_term = np.argsort(keys, kind="stable")
        docs = np.array(self._docs, np.int32)[by_term]
        differences = np.diff(docs, prepend=0)
        ends = np.cumsum(np.bincount(keys, minlength=len(order)))
        differences[ends[:-1]] = docs[ends[:-1]]
        weights = np.array(self._weights, np.float32)[by_term]
        begin = 0
        for first in range(0, len(order), _BATCH):
            last = int(ends[first : first + _BATCH][-1])
            lists = [column[begin:last].tolist() for column in (docs, differences, weights)]
            bounds = [0, *(ends[first : first + _BATCH] - begin).tolist()]
            for number, (left, right) in zip(order[first : first + _BATCH], pairwise(bounds), strict=True):
                yield number, *(column[left:right] for column in lists)
            begin = last


class _Table:
    """Adds keys in order to Whoosh's table of terms, in one write; Whoosh makes three writes and two seeks a key."""

    def __init__(self, table: Any) -> None:  # noqa: ANN401  # whoosh is untyped
        self._table = table
        self._offset = table.tell()
        self._entries = list[bytes]()

    def add(self, key: bytes, value: bytes) -> None:
        hashed = hash_of(key)
        self._table.index.append(self._offset)
        self._table.buckets[hashed % TABLES].append((hashed, self._offset))
        self._entries.append(LENGTHS.pack(len(key), len(value)) + key + value)
        self._offset += len(self._entries[-1])

    def write(self) -> None:
        self._table.dbfile.write(b"".join(self._entries))


def _compact(numbers: Sequence[float]) -> bytes | tuple[float, ...]:
    """Return numbers as bytes if each fits into a byte."""
    try:
        whole = list(map(int, numbers))
        return bytes(whole) if whole == numbers else tuple(numbers)
    except ValueError:
        return tuple(numbers)
