"""Reads the files that Whoosh wrote, without Whoosh: importing it takes longer than to answer a query.

A segment of Whoosh 2.7.4, which is pinned, is one file with a directory (`whoosh.filedb.compound`): terms in a hash
table (`filedb.filetables`), postings in blocks (`codec.whoosh3`), stored fields one after another
(`columns.CompressedBytesColumn`). All numbers are big-endian.

Whoosh pickles its table of contents, its directories, its posting blocks and stored values. A doctored pickle can run
any code, so everything unpickled here, and by Whoosh itself (`confine`), may name only a few harmless classes.
"""

import hashlib
import io
import pickle
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from types import ModuleType, SimpleNamespace
from typing import Any, BinaryIO
from zlib import decompress

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from index.whoosh_engine.docs import NONE, Docs
from index.whoosh_engine.generations import DamageError
from index.whoosh_engine.rows import decoded, encoded

_POINTER = struct.Struct("!qi")  # an offset, and a length or a number of slots
_SLOT = struct.Struct("!Iq")  # a hash and the offset of its key, 0 if the slot is empty
LENGTHS = struct.Struct("!ii")  # of a key and its value
FIELD = struct.Struct("!H")  # the number of a field; it begins each key
_LENGTH = struct.Struct("!i")
INFO = struct.Struct("!BfIBBfIIqi")  # of a term: `W3TermInfo`, then the offset and length of its postings
_DOCUMENT_COUNT = 2  # its index in INFO
TABLES = 256  # hash tables of a file
_TERMS_BEGIN = 13  # bytes of the header: magic, hash type, and two reserved numbers
BLOCK_HEAD = struct.Struct("!4si")  # of postings: magic and length, which is negative for the last block of a term
_WITH_OFFSETS = ord("X")  # marks a column that also stores offsets, as Whoosh writes it for many documents


class Postings(Struct, frozen=True):
    """The documents that have a term, ascending, and its weight in each."""

    docs: Docs
    weights: NDArray[np.float32]


class SegmentFile:
    """The terms, postings and stored fields of a segment's documents, shared by threads.

    All methods raise DamageError if the file is not as it was written.
    """

    def __init__(self, folder: Path, size: int) -> None:
        """`size` is the number of documents, including deleted ones."""
        self._folder = folder
        self._lock = Lock()  # threads share the position in the file
        self._file: _File | None = None
        self._fields: dict[str, int] = {}
        with self._reading():
            if not size:
                return  # Whoosh writes no file
            (path,) = folder.glob("*.seg")
            self._file = _File(path)
            directory = loads(self._read(*_POINTER.unpack(self._read(0, _POINTER.size))))
            parts = {name.rpartition(".")[2]: (part["offset"], part["length"]) for name, part in directory.items()}
            self._postings, _ = parts["pst"]
            self._open_terms(*parts["trm"])
            self._open_stored(*parts["col"], size)

    def terms(self, field: str) -> Mapping[str, int]:
        """Return all terms of a field, each with its number of documents."""
        with self._reading():
            entries = ((term, info) for name, term, info in self._entries() if name == field)
            return {decoded(term): INFO.unpack(info)[_DOCUMENT_COUNT] for term, info in entries}

    def postings(self, field: str, term: str) -> Postings:
        """Return the postings of a term; empty ones if no document has it."""
        with self._reading():
            info = self._find(FIELD.pack(self._fields[field]) + encoded(term)) if field in self._fields else None
            return self._postings_at(info) if info else Postings(NONE, np.empty(0, np.float32))

    def all_postings(self) -> Iterator[tuple[str, str, Postings]]:
        """Yield each field and term, in order, with its postings."""
        with self._reading():
            for field, term, info in self._entries():
                yield field, decoded(term), self._postings_at(info)

    def stored(self, docs: Sequence[int]) -> Sequence[Mapping[str, str]]:
        """Return the stored fields of these documents."""
        with self._reading():
            begins = self._begins[docs]
            lengths = self._begins[np.add(docs, 1)] - begins
            rows = zip(begins.tolist(), lengths.tolist(), strict=True)
            return loads_each([decompress(self._read(self._stored + begin, length)) for begin, length in rows])

    def close(self) -> None:
        """Close the file."""
        if self._file:
            self._file.close()

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with self._lock:
            try:
                yield
            except Exception as error:  # unpickling damaged bytes may raise any type; all mean damage
                raise DamageError(
                    "{0} cannot be read ({1}); make the index anew: kb sync", self._folder, error
                ) from error

    def _open_terms(self, begin: int, size: int) -> None:
        self._terms = begin
        (length,) = _LENGTH.unpack(self._read(begin + size - _LENGTH.size, _LENGTH.size))
        extras = begin + size - _LENGTH.size - length
        self._fields = loads(self._read(extras, length))["fieldmap"]
        directory = TABLES * _POINTER.size
        self._tables = list(_POINTER.iter_unpack(self._read(extras - directory, directory)))

    def _open_stored(self, begin: int, size: int, count: int) -> None:
        self._stored = begin
        kind, second_kind, last = self._read(begin + size - 3, 3)
        kinds = (kind, second_kind) if last == _WITH_OFFSETS else (last,)
        arrays = [np.dtype(f">{chr(each)}") for each in kinds]
        tail = sum(array.itemsize * count for array in arrays) + (1 if len(kinds) == 1 else 3)
        lengths = np.frombuffer(self._read(begin + size - tail, arrays[0].itemsize * count), arrays[0])
        self._begins = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
        if self._begins[-1] != size - tail:
            raise ValueError(f"it does not hold {count} documents")

    def _find(self, key: bytes) -> bytes | None:
        """Return the `INFO` of a key, which is a field and a term; None if no document has it."""
        hashed = hash_of(key)
        table, slots = self._tables[hashed % TABLES]
        for probe in range(slots):
            slot = ((hashed >> 8) + probe) % slots
            found, offset = _SLOT.unpack(self._read(self._terms + table + slot * _SLOT.size, _SLOT.size))
            if not offset:
                return None
            if found == hashed:
                key_length, length = LENGTHS.unpack(self._read(self._terms + offset, LENGTHS.size))
                data = self._read(self._terms + offset + LENGTHS.size, key_length + length)
                if data[:key_length] == key:
                    return data[key_length:]
        return None

    def _entries(self) -> Iterator[tuple[str, bytes, bytes]]:
        """Yield each field and term, in order, with its `INFO`."""
        if not self._file:
            return
        names = {number: name for name, number in self._fields.items()}
        data = self._read(self._terms + _TERMS_BEGIN, self._tables[0][0] - _TERMS_BEGIN)  # up to the first table
        end = 0
        while end < len(data):
            key_length, length = LENGTHS.unpack_from(data, end)
            begin = end + LENGTHS.size
            end = begin + key_length + length
            (number,) = FIELD.unpack_from(data, begin)
            yield names[number], data[begin + FIELD.size : begin + key_length], data[end - length : end]

    def _postings_at(self, info: bytes) -> Postings:
        inline, *_, offset, length = INFO.unpack(info)
        if inline:
            raise ValueError("postings are inline, which we never write")
        block = io.BytesIO(self._read(self._postings + offset, length)[BLOCK_HEAD.size :])
        load(block)  # the summary by which Whoosh skips it
        differences, weights, _ = load(block)
        docs = np.cumsum(_numbers(differences), dtype=np.int32)
        return Postings(docs, np.ones(len(docs), np.float32) * np.float32(1 if weights is None else _numbers(weights)))

    def _read(self, begin: int, size: int) -> bytes:
        if not self._file:
            raise EOFError("the segment has no documents")
        self._file.seek(begin)
        return self._file.read(size)


def _numbers(written: bytes | tuple[float, ...] | float) -> Any:  # noqa: ANN401  # an array, or the number itself
    return np.frombuffer(written, np.uint8) if isinstance(written, bytes) else np.array(written)


def hash_of(key: bytes) -> int:
    """Return the hash of a key in a table of terms."""
    return int.from_bytes(hashlib.md5(key, usedforsecurity=False).digest()[-4:], "big")


class _File(io.FileIO):
    """An open file that closes when the last reader of its generation is gone."""

    def __del__(self) -> None:
        self.close()


# The only globals that an index of ours names. None of these does more than hold its arguments.
_HARMLESS = frozenset(
    {
        ("builtins", "int"),
        ("collections", "defaultdict"),
        ("whoosh.codec.whoosh3", "W3Codec"),
        ("whoosh.codec.whoosh3", "W3Segment"),
        ("whoosh.fields", "FieldType"),
        ("whoosh.fields", "STORED"),
        ("whoosh.fields", "Schema"),
        ("whoosh.formats", "Existence"),
    }
)


class _Unpickler(pickle.Unpickler):
    def find_class(self, module_name: str, global_name: str) -> Any:  # noqa: ANN401  # pickle's own signature
        if (module_name, global_name) not in _HARMLESS:
            raise pickle.UnpicklingError(f"it names {module_name}.{global_name}, which no index of ours does")
        return super().find_class(module_name, global_name)


def load(file: BinaryIO) -> Any:  # noqa: ANN401  # pickle's own signature
    """Return the next pickled object of a file. Raises UnpicklingError for a forbidden name."""
    return _Unpickler(file).load()


def loads(data: bytes) -> Any:  # noqa: ANN401
    """Return a pickled object. Raises UnpicklingError for a forbidden name."""
    return _Unpickler(io.BytesIO(data)).load()


def loads_each(pickles: Iterable[bytes]) -> list[Any]:
    """Return pickled objects. Raises UnpicklingError for a forbidden name.

    A BufferedReader has `peek`, so pickle reads ahead: three times as fast as one opcode at a time.
    """
    data = list(pickles)
    unpickler = _Unpickler(io.BufferedReader(io.BytesIO(b"".join(data))))
    return [unpickler.load() for _ in data]


def confine(modules: Sequence[ModuleType]) -> None:
    """Make modules unpickle through `load` and `loads`, under whatever name they imported pickle's own."""
    confined = SimpleNamespace(**{**vars(pickle), "load": load, "loads": loads, "Unpickler": _Unpickler})
    substitutes = ((pickle.load, load), (pickle.loads, loads), (pickle, confined))
    for module in modules:
        for name, value in list(vars(module).items()):
            for own, substitute in substitutes:
                if value is own:
                    setattr(module, name, substitute)
