"""What Whoosh has written, read without Whoosh: to import it takes longer than to answer a query.

A segment of Whoosh 2.7.4, which is pinned, is one file of several, with a directory (`whoosh.filedb.compound`): terms
in a table by their hash (`filedb.filetables`), postings in blocks (`codec.whoosh3`), stored fields one after the other
(`columns.CompressedBytesColumn`). All numbers lie there big end first. Reading may raise anything where a file is not
as it was written.

Whoosh pickles its table of contents, its directories, its posting blocks and stored values; a doctored file would run
any code when it is opened. What is unpickled here, and by Whoosh itself (`confine`), may name a few harmless things.
"""

import hashlib
import io
import pickle
import struct
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, BinaryIO
from zlib import decompress

import numpy as np

_POINTER = struct.Struct("!qi")  # where something begins, and how long it is or how many slots it has
_SLOT = struct.Struct("!Iq")  # a hash, and where its key is; 0 for none
LENGTHS = struct.Struct("!ii")  # of a key and of what stands for it
FIELD = struct.Struct("!H")  # the number of a field, which its terms begin with
_LENGTH = struct.Struct("!i")
INFO = struct.Struct("!BfIBBfIIqi")  # of a term: `W3TermInfo`, then where its postings are
_HAVING = 2  # of these
TABLES = 256
_TERMS_BEGIN = 13  # after what the file is, how it is hashed, and two numbers for later
BLOCK_HEAD = struct.Struct("!4si")  # of postings: what it is, and its length, negative for the last block of a term
_OFFSETS_TOO = ord("X")


class SegmentFile:
    """The terms, postings and stored fields of so many documents, for one thread at a time."""

    def __init__(self, path: Path, count: int) -> None:
        self._file = _File(path)
        directory = loads(self._read(*_POINTER.unpack(self._read(0, _POINTER.size))))
        parts = {name.rpartition(".")[2]: (part["offset"], part["length"]) for name, part in directory.items()}
        self._postings, _ = parts["pst"]
        self._open_terms(*parts["trm"])
        self._open_stored(*parts["col"], count)

    def find(self, field: str, term: bytes) -> bytes | None:
        """Return the block of the postings of a term, None if there are none."""
        if field not in self._fields:
            return None
        key = FIELD.pack(self._fields[field]) + term
        hashed = hash_of(key)
        table, slots = self._tables[hashed % TABLES]
        for probe in range(slots):
            slot = ((hashed >> 8) + probe) % slots
            found, place = _SLOT.unpack(self._read(self._terms + table + slot * _SLOT.size, _SLOT.size))
            if not place:
                return None
            if found == hashed:
                long, size = LENGTHS.unpack(self._read(self._terms + place, LENGTHS.size))
                data = self._read(self._terms + place + LENGTHS.size, long + size)
                if data[:long] == key:
                    return self._block(data[long:])
        return None

    def terms(self, field: str) -> Iterator[tuple[bytes, int]]:
        """Yield the terms of a field in order, each with how many documents have it."""
        return ((term, INFO.unpack(info)[_HAVING]) for name, term, info in self._entries() if name == field)

    def every(self) -> Iterator[tuple[str, bytes, bytes]]:
        """Yield each field and term, in order, with the block of its postings."""
        for field, term, info in self._entries():
            yield field, term, self._block(info)

    def stored(self, docs: Sequence[int]) -> Iterator[bytes]:
        """Yield the pickle of what was stored of each of some documents."""
        begins = self._begins[docs]
        lengths = self._begins[np.add(docs, 1)] - begins
        for begin, length in zip(begins.tolist(), lengths.tolist(), strict=True):
            yield decompress(self._read(self._stored + begin, length))

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _open_terms(self, begin: int, size: int) -> None:
        self._terms = begin
        (length,) = _LENGTH.unpack(self._read(begin + size - _LENGTH.size, _LENGTH.size))
        extras = begin + size - _LENGTH.size - length
        self._fields: dict[str, int] = loads(self._read(extras, length))["fieldmap"]
        directory = TABLES * _POINTER.size
        self._tables = list(_POINTER.iter_unpack(self._read(extras - directory, directory)))
        self._terms_end = self._tables[0][0]

    def _open_stored(self, begin: int, size: int, count: int) -> None:
        self._stored = begin
        sort, other, last = self._read(begin + size - 3, 3)
        kinds = (sort, other) if last == _OFFSETS_TOO else (last,)  # for many, where each begins is written as well
        arrays = [np.dtype(f">{chr(kind)}") for kind in kinds]
        tail = sum(array.itemsize * count for array in arrays) + (1 if len(kinds) == 1 else 3)
        lengths = np.frombuffer(self._read(begin + size - tail, arrays[0].itemsize * count), arrays[0])
        self._begins = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
        if self._begins[-1] != size - tail:
            raise ValueError(f"it does not hold {count} documents")

    def _entries(self) -> Iterator[tuple[str, bytes, bytes]]:
        """Yield each field and term with its `INFO`."""
        names = {number: name for name, number in self._fields.items()}
        data = self._read(self._terms + _TERMS_BEGIN, self._terms_end - _TERMS_BEGIN)
        end = 0
        while end < len(data):
            long, size = LENGTHS.unpack_from(data, end)
            begin = end + LENGTHS.size
            end = begin + long + size
            (number,) = FIELD.unpack_from(data, begin)
            yield names[number], data[begin + FIELD.size : begin + long], data[end - size : end]

    def _block(self, info: bytes) -> bytes:
        """Return the two pickles of a block of postings."""
        inline, *_, offset, length = INFO.unpack(info)
        if inline:
            raise ValueError("postings stand where none of ours do")
        return self._read(self._postings + offset, length)[BLOCK_HEAD.size :]

    def _read(self, begin: int, size: int) -> bytes:
        self._file.seek(begin)
        return self._file.read(size)


def hash_of(key: bytes) -> int:
    """Return the hash of a key by which it is found in a table."""
    return int.from_bytes(hashlib.md5(key, usedforsecurity=False).digest()[-4:], "big")


class _File(io.FileIO):
    """An open file that closes when the last reader of a generation let go of it."""

    def __del__(self) -> None:
        self.close()


# All that an index of ours names: a doctored file that names anything else would run its code. None of these does
# anything but hold what it is given.
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


def load(file: BinaryIO) -> Any:  # noqa: ANN401  # whatever was pickled
    """Return the next pickled object of a file. Raises UnpicklingError where it names what it must not."""
    return _Unpickler(file).load()


def loads(data: bytes) -> Any:  # noqa: ANN401
    """Return a pickled object. Raises UnpicklingError where it names what it must not."""
    return _Unpickler(io.BytesIO(data)).load()


def loads_each(pickles: Iterable[bytes]) -> list[Any]:
    """Return pickled objects. Raises UnpicklingError where one names what it must not.

    A reader that can be peeked into is read at once: an opcode at a time takes thrice as long.
    """
    every = list(pickles)
    unpickler = _Unpickler(io.BufferedReader(io.BytesIO(b"".join(every))))
    return [unpickler.load() for _ in every]


def confine(modules: Iterable[ModuleType]) -> None:
    """Have modules unpickle through `load` and `loads`, under whatever name they imported pickle's own."""
    confined = SimpleNamespace(**{**vars(pickle), "load": load, "loads": loads, "Unpickler": _Unpickler})
    substitutes = ((pickle.load, load), (pickle.loads, loads), (pickle, confined))
    for module in modules:
        for name, value in list(vars(module).items()):
            for own, substitute in substitutes:
                if value is own:
                    setattr(module, name, substitute)
