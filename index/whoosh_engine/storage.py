"""Whoosh itself, which writes; its files are read without it (`whoosh_files`). The one module that imports whoosh.

Whoosh is given terms, never text: none of its analyzers, parsers and scorers is used, and nothing of ours is pickled.
What it unpickles of its own runs no code (`whoosh_files.confine`). Whoosh as published reads what is written here.
"""

import sys
import warnings
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from index.whoosh_engine.docs import Docs, Mask
from index.whoosh_engine.rows import Row, encoded
from index.whoosh_engine.segments import TermStore, Weights
from index.whoosh_engine.whoosh_files import BLOCK_HEAD, FIELD, INFO, LENGTHS, TABLES, confine, hash_of

with warnings.catch_warnings():
    # Compiling Whoosh warns of its regular expressions and of `is` with a literal; the last two it would import late.
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

confine(module for name, module in list(sys.modules.items()) if name.partition(".")[0] == "whoosh")
# What is stored lies there as it is, in zlib's frame with its sum: to inflate twenty notes takes longer than to find
# them.
whoosh3.STORED_COLUMN = whoosh.columns.PickleColumn(whoosh.columns.CompressedBytesColumn(level=0))
whoosh.legacy.toc_loaders.clear()  # older tables of contents are unpickled in a way of their own; ours are never old


# Terms whose postings are made lists of, and stored documents that are read: one by one that is most of the time, all
# at once the memory.
_AT_ONCE = 1000


@contextmanager
def writing(folder: Path, field_names: Iterable[str], stored_names: Iterable[str]) -> Iterator["TermWriter"]:
    """Make a folder and write to it what is written within; on any failure its content is of no use."""
    folder.mkdir()
    schema = whoosh.fields.Schema(
        **{name: whoosh.fields.FieldType(whoosh.formats.Existence(), None) for name in field_names},
        **{name: whoosh.fields.STORED() for name in stored_names},
    )
    codec = whoosh3.W3Codec()
    codec.length_stats = False  # nothing asks Whoosh for lengths
    writer = whoosh.index.create_in(str(folder), schema).writer(codec=codec)
    try:
        terms = TermWriter(writer)
        yield terms
        terms.finish()
    except BaseException:
        writer.cancel()
        raise
    writer.commit()
    (folder / "MAIN_WRITELOCK").unlink(missing_ok=True)  # Whoosh's own, which nobody will take again


class TermWriter:
    """Writes rows, one after the other, to a folder.

    The postings of a field lie in three arrays as they come, and are sorted at once in the end; Whoosh's own way, a
    tuple for each posting that goes through a sort on disk, is most of what indexing with it costs.
    """

    def __init__(self, writer: Any) -> None:  # noqa: ANN401  # whoosh is untyped
        self._writer = writer
        self._fields: dict[str, _FieldPostings] = {}
        self._count = 0

    def add(self, row: Row) -> None:
        """Write a row."""
        self._store(row.stored)
        for name, terms in row.fields.items():
            self._field(name).add(self._count, terms)
        self._count += 1

    def take_in(self, store: TermStore, live: Mask) -> None:
        """Write the live rows of what was written before. Raises DamageError on damage."""
        new = np.cumsum(live, dtype=np.int32) + np.int32(self._count - 1)
        kept = np.flatnonzero(live).tolist()
        for begin in range(0, len(kept), _AT_ONCE):
            for stored in store.stored(kept[begin : begin + _AT_ONCE]):
                self._store(stored)
                self._count += 1
        for name, term, postings in store.every_posting():
            kept_docs = live[postings.docs]
            if kept_docs.any():
                self._field(name).add_postings(term, new[postings.docs[kept_docs]], postings.weights[kept_docs])

    def finish(self) -> None:
        """Write the postings."""
        for name in sorted(self._fields):
            self._fields[name].write(name, self._writer.schema[name], self._writer.fieldwriter)
        self._writer.docnum = self._count
        self._writer._added = self._count > 0  # noqa: SLF001  # what commit asks before it keeps what was written

    def _store(self, stored: Mapping[str, str]) -> None:
        per_document = self._writer.perdocwriter
        per_document.start_doc(self._count)
        for name in sorted(stored):
            per_document.add_field(name, None, stored[name], 0)
        per_document.finish_doc()

    def _field(self, name: str) -> "_FieldPostings":
        return self._fields.setdefault(name, _FieldPostings())


class _FieldPostings:
    """The postings of a field in the order in which they come."""

    def __init__(self) -> None:
        self._lexicon: dict[str, int] = {}
        self._terms, self._docs, self._weights = array("i"), array("i"), array("f")

    def add(self, doc: int, terms: Mapping[str, float]) -> None:
        lexicon = self._lexicon
        self._terms.extend([lexicon.setdefault(term, len(lexicon)) for term in terms])
        self._docs.extend([doc] * len(terms))
        self._weights.extend(terms.values())

    def add_postings(self, term: str, docs: Docs, weights: Weights) -> None:
        number = self._lexicon.setdefault(term, len(self._lexicon))
        self._terms.extend([number] * len(docs))
        self._docs.frombytes(docs.tobytes())
        self._weights.frombytes(weights.tobytes())

    def write(self, name: str, field: Any, writer: Any) -> None:  # noqa: ANN401  # whoosh is untyped
        """Write each term's postings as one block, as Whoosh's own writer would write them without compression.

        A block is its length, negative for the last, then two pickles: what readers skip by, and the document numbers
        as differences with their weights (None: all 1.0; one number: all the same). Whoosh takes any sequence of
        numbers, so bytes where they are small enough: they are read in no time. Whoosh is pinned.
        """
        writer.start_field(name, field)
        prefix, file, table = FIELD.pack(writer._fieldid), writer._postfile, _Table(writer._tindex)  # noqa: SLF001
        terms = [prefix + encoded(term) for term in self._lexicon]
        order = sorted(range(len(terms)), key=terms.__getitem__)
        offset, write = file.tell(), file.file.write
        for number, docs, differences, weights in self._sorted(order):
            most = max(weights)
            uniform = most if weights.count(most) == len(weights) else None
            kept = _compact(weights) if uniform is None else None if uniform == 1 else uniform
            info = whoosh3.dumps((len(docs), docs[-1], most, 0, 0, 0), 2)
            data = whoosh3.dumps((_compact(differences), kept, None), 3)  # protocol 3 is the first that knows bytes
            length = BLOCK_HEAD.size + len(info) + len(data)
            write(BLOCK_HEAD.pack(whoosh3.WHOOSH3_HEADER_MAGIC, BLOCK_HEAD.size - length) + info + data)
            info_of_term = INFO.pack(0, sum(weights), len(docs), 0, 0, most, docs[0], docs[-1], offset, length)
            table.add(terms[number], info_of_term)
            offset += length
        table.write()
        writer.finish_field()

    def _sorted(self, order: Sequence[int]) -> Iterator[tuple[int, list[int], list[int], list[float]]]:
        """Yield each term's number, its documents, how they differ from one to the next, and its weights."""
        ranks = np.empty(len(order), np.int32)
        ranks[order] = np.arange(len(order), dtype=np.int32)
        keys = ranks[np.array(self._terms, np.int32)]
        places = np.argsort(keys, kind="stable")
        docs = np.array(self._docs, np.int32)[places]
        differences = np.diff(docs, prepend=0)
        ends = np.cumsum(np.bincount(keys, minlength=len(order)))
        differences[ends[:-1]] = docs[ends[:-1]]
        weights = np.array(self._weights, np.float32)[places]
        begin = 0
        for some in range(0, len(order), _AT_ONCE):
            last = int(ends[some : some + _AT_ONCE][-1])
            columns = [column[begin:last].tolist() for column in (docs, differences, weights)]
            bounds = [0, *(ends[some : some + _AT_ONCE] - begin).tolist()]
            for number, (left, right) in zip(order[some : some + _AT_ONCE], pairwise(bounds), strict=True):
                yield number, *(column[left:right] for column in columns)
            begin = last


class _Table:
    """What adds keys in order to Whoosh's table of terms. Its own way takes three writes and two looks at the file."""

    def __init__(self, table: Any) -> None:  # noqa: ANN401  # whoosh is untyped
        self._table = table
        self._place = table.tell()
        self._entries = list[bytes]()

    def add(self, key: bytes, value: bytes) -> None:
        hashed = hash_of(key)
        self._table.index.append(self._place)
        self._table.buckets[hashed % TABLES].append((hashed, self._place))
        self._entries.append(LENGTHS.pack(len(key), len(value)) + key + value)
        self._place += len(self._entries[-1])

    def write(self) -> None:
        self._table.dbfile.write(b"".join(self._entries))


def _compact(numbers: Sequence[float]) -> bytes | tuple[float, ...]:
    """Return numbers as bytes if each of them fits into one."""
    try:
        whole = list(map(int, numbers))
        return bytes(whole) if whole == numbers else tuple(numbers)
    except ValueError:
        return tuple(numbers)
