"""The columns of a segment, stored next to Whoosh's files: facet values, dates, numbers, keys, links and literals.

Columns are small, so they are read whole. They are never memory-mapped: truncating a mapped file kills the process.
"""

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import reduce
from pathlib import Path
from typing import TypeAlias

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from index.schema import Schema
from index.whoosh_engine import rows
from index.whoosh_engine.docs import NONE, Docs, Mask
from index.whoosh_engine.generations import DamageError
from index.whoosh_engine.rows import COLUMNS_FILE, Arrays, Row, decoded, encoded, facet_column, length_column

Numbers: TypeAlias = NDArray[np.int32]
Figures: TypeAlias = NDArray[np.float32]
Keys: TypeAlias = NDArray[np.uint64]

# Bits of a text in a trigram filter: 32 bytes. A bullet sets about a quarter of the bits. A phrase of three characters
# has seven trigrams and about 100 false positives in 100,000 bullets.
_BUCKETS = 256
_TRIGRAM = 3  # bytes: a Japanese character in UTF-8
_TEXTS_AT_ONCE = 1 << 16  # each bit takes a byte until it is packed
_BYTES_AT_ONCE = 1 << 20  # each takes 28 bytes meanwhile


class Texts(Struct, frozen=True):
    """Encoded texts, one after another, and the end of each."""

    data: bytes
    ends: NDArray[np.int64]

    @classmethod
    def of(cls, texts: Iterable[bytes]) -> "Texts":
        """Return texts joined."""
        pieces = list(texts)
        return cls(b"".join(pieces), np.cumsum([len(text) for text in pieces], dtype=np.int64))

    def __getitem__(self, number: int) -> bytes:
        return self.data[self.ends[number - 1] if number else 0 : self.ends[number]]

    def __iter__(self) -> Iterator[bytes]:
        return map(self.__getitem__, range(len(self)))

    def __len__(self) -> int:
        return len(self.ends)


class TrigramFilter:
    """Narrows a phrase search to the texts that have all byte trigrams of the phrase, by bits for hashed trigrams."""

    def __init__(self, texts: Texts) -> None:
        self._count = len(texts)
        begins = range(0, self._count, _TEXTS_AT_ONCE)
        packed = [_packed(texts, begin, min(begin + _TEXTS_AT_ONCE, self._count)) for begin in begins]
        self._rows = np.concatenate([np.empty((_BUCKETS, 0), np.uint8), *packed], axis=1)  # a row for each bucket

    def candidates(self, phrase: bytes) -> Docs:
        """Return the numbers of all texts that contain a phrase, and of some that do not."""
        buckets = set(_trigram_buckets(np.frombuffer(phrase, np.uint8)).tolist())
        if not buckets:
            return np.arange(self._count, dtype=np.int32)
        bits = reduce(np.bitwise_and, (self._rows[bucket] for bucket in buckets))
        octets = np.flatnonzero(bits != 0)  # few; unpacking all bits would be eight times the work
        numbers, bit = np.nonzero(np.unpackbits(bits[octets, None], axis=1))
        return (octets[numbers] * 8 + bit).astype(np.int32)


def _packed(texts: Texts, begin: int, end: int) -> NDArray[np.uint8]:
    """Return the packed bits of the texts from number `begin` to `end`, a row for each bucket."""
    first = int(texts.ends[begin - 1]) if begin else 0
    ends = texts.ends[begin:end] - first
    data = np.frombuffer(texts.data, np.uint8, int(ends[-1]), first)
    bits = np.zeros((_BUCKETS, end - begin), np.bool_)
    for place in range(0, len(data) - _TRIGRAM + 1, _BYTES_AT_ONCE):
        buckets = _trigram_buckets(data[place : place + _BYTES_AT_ONCE + _TRIGRAM - 1])
        begins = np.arange(place, place + len(buckets))
        numbers = np.searchsorted(ends, begins, side="right")
        within = begins + _TRIGRAM <= ends[numbers]
        bits[buckets[within], numbers[within]] = True
    return np.packbits(bits, axis=1)


def _trigram_buckets(data: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the bucket of each three successive bytes; the factors are odd, so that every bit of a byte counts."""
    wide = data.astype(np.uint16)
    mixed = wide[:-2] * 31 + wide[1:-1] * 97 + wide[2:] * 57
    buckets: NDArray[np.uint8] = ((mixed ^ (mixed >> 7)) & (_BUCKETS - 1)).astype(np.uint8)
    return buckets


class ValueColumn(Struct, frozen=True):
    """A column of strings: the sorted distinct values, the value numbers of all documents, and how many each has."""

    values: Sequence[str]
    numbers: Numbers
    counts: Numbers

    def only(self, live: Mask) -> "ValueColumn":
        """Return the column without the values of deleted documents, which keep their numbers."""
        return ValueColumn(self.values, self.numbers[np.repeat(live, self.counts)], self.counts * live)


class Links(Struct, frozen=True):
    """The links of documents to their parents: the child's number, ascending, and the key of the parent's id."""

    docs: Numbers
    keys: Keys

    def of(self, docs: Docs) -> NDArray[np.intp]:
        """Return the indices of the links of these documents."""
        begins, ends = np.searchsorted(self.docs, docs), np.searchsorted(self.docs, docs, "right")
        counts = ends - begins
        indices: NDArray[np.intp] = np.arange(counts.sum()) + np.repeat(ends - counts.cumsum(), counts)
        return indices

    def only(self, live: Mask) -> "Links":
        """Return the links of live documents, which keep their numbers."""
        kept = live[self.docs]
        return Links(self.docs[kept], self.keys[kept])


class Columns(Struct, frozen=True):
    """All columns of a segment, or of several joined."""

    values: Mapping[str, ValueColumn]
    figures: Mapping[str, Figures]
    keys: Mapping[str, Keys]
    links: Links
    literals: Texts

    @classmethod
    def joined(cls, segments: Sequence["Columns"], live: Mask) -> "Columns":
        """Return the columns of successive segments as one, without the values of deleted documents."""
        if not segments:
            return cls({}, {}, {}, Links(NONE, np.empty(0, np.uint64)), Texts.of(()))
        first, *_ = segments
        if len(segments) == 1 and live.all():
            return first
        bases = np.cumsum([0, *(len(columns.literals) for columns in segments)], dtype=np.int32)
        offsets = np.cumsum([0, *(len(columns.literals.data) for columns in segments)])
        links = Links(
            np.concatenate([columns.links.docs + base for columns, base in zip(segments, bases, strict=False)]),
            np.concatenate([columns.links.keys for columns in segments]),
        )
        ends = [columns.literals.ends + offset for columns, offset in zip(segments, offsets, strict=False)]
        return cls(
            {name: _joined([columns.values[name] for columns in segments]).only(live) for name in first.values},
            {name: np.concatenate([columns.figures[name] for columns in segments]) for name in first.figures},
            {name: np.concatenate([columns.keys[name] for columns in segments]) for name in first.keys},
            links.only(live),
            Texts(b"".join(columns.literals.data for columns in segments), np.concatenate(ends)),
        )


class ColumnsWriter:
    """Collects the columns of documents, one after another."""

    def __init__(self, schema: Schema) -> None:
        self._lexicons = {name: dict[str, int]() for name in (rows.DATE, *map(facet_column, schema.facets))}
        self._numbers = {name: array("i") for name in self._lexicons}
        self._counts = {name: array("i") for name in self._lexicons}
        self._defaults = {rows.BOOST: 1.0, **{length_column(text.name): 0.0 for text in schema.texts if text.length}}
        self._figures = {name: array("f") for name in self._defaults}
        self._keys = {name: array("Q") for name in rows.KEYS}
        self._link_docs, self._link_keys = array("i"), array("Q")
        self._literals = list[bytes]()

    def add(self, row: Row) -> None:
        """Add a document."""
        for name, lexicon in self._lexicons.items():
            values = dict.fromkeys(row.values.get(name, ()))
            self._numbers[name].extend([lexicon.setdefault(value, len(lexicon)) for value in values])
            self._counts[name].append(len(values))
        for name, figures in self._figures.items():
            figures.append(row.figures.get(name, self._defaults[name]))
        for name, keys in self._keys.items():
            keys.append(row.keys[name])
        self._link_docs.extend([len(self._literals)] * len(row.links))
        self._link_keys.extend(row.links)
        self._literals.append(row.literal)

    def add_segment(self, columns: Columns, live: Mask) -> None:
        """Add the live documents of a segment."""
        for name, lexicon in self._lexicons.items():
            column = columns.values[name].only(live)
            numbers = np.array([lexicon.setdefault(value, len(lexicon)) for value in column.values], np.int32)
            self._numbers[name].frombytes(numbers[column.numbers].tobytes())
            self._counts[name].frombytes(column.counts[live].tobytes())
        for name, figures in self._figures.items():
            figures.frombytes(columns.figures[name][live].tobytes())
        for name, keys in self._keys.items():
            keys.frombytes(columns.keys[name][live].tobytes())
        links = columns.links.only(live)
        numbers = len(self._literals) - 1 + np.cumsum(live, dtype=np.int32)
        self._link_docs.frombytes(numbers[links.docs].astype(np.int32).tobytes())
        self._link_keys.frombytes(links.keys.tobytes())
        self._literals += [columns.literals[number] for number in np.flatnonzero(live).tolist()]

    def write(self, folder: Path) -> None:
        """Write the columns to a folder."""
        arrays: Arrays = {}
        for name, lexicon in self._lexicons.items():
            numbers, counts = (np.array(column[name], np.int32) for column in (self._numbers, self._counts))
            column = _joined([ValueColumn(list(lexicon), numbers, counts)])
            arrays |= _text_arrays(f"value {name}", Texts.of(map(encoded, column.values)))
            arrays |= {f"value {name} numbers": column.numbers, f"value {name} counts": column.counts}
        arrays |= {f"figure {name}": np.frombuffer(column, np.float32) for name, column in self._figures.items()}
        arrays |= {f"key {name}": np.frombuffer(column, np.uint64) for name, column in self._keys.items()}
        arrays |= {"link docs": np.array(self._link_docs, np.int32), "link keys": np.array(self._link_keys, np.uint64)}
        rows.write_arrays(folder / COLUMNS_FILE, {**arrays, **_text_arrays("literal", Texts.of(self._literals))})


def read(folder: Path) -> Columns:
    """Return the columns in a folder. Raises DamageError if they cannot be read."""
    try:
        arrays = rows.read_arrays(folder / COLUMNS_FILE)
        names = [name.split(" ", 1) for name in arrays]
        values = [rest.removesuffix(" numbers") for _, rest in names if rest.endswith(" numbers")]
        return Columns(
            {
                name: ValueColumn(
                    [decoded(text) for text in _texts(arrays, f"value {name}")],
                    arrays[f"value {name} numbers"],
                    arrays[f"value {name} counts"],
                )
                for name in values
            },
            {rest: arrays[f"figure {rest}"] for kind, rest in names if kind == "figure"},
            {rest: arrays[f"key {rest}"] for kind, rest in names if kind == "key"},
            Links(arrays["link docs"], arrays["link keys"]),
            _texts(arrays, "literal"),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DamageError(
            "{0} cannot be read ({1}); make the index anew: kb sync", folder / COLUMNS_FILE, error
        ) from error


def _joined(columns: Sequence[ValueColumn]) -> ValueColumn:
    """Return successive columns as one, with their distinct values sorted."""
    values = sorted({value for column in columns for value in column.values})
    places = {value: number for number, value in enumerate(values)}
    numbers = [
        np.array([places[value] for value in column.values], np.int32)[column.numbers]
        for column in columns
        if len(column.numbers)
    ]
    return ValueColumn(
        values, np.concatenate([NONE, *numbers]), np.concatenate([NONE, *(column.counts for column in columns)])
    )


def _text_arrays(name: str, texts: Texts) -> Arrays:
    return {f"{name} texts": np.frombuffer(texts.data, np.uint8), f"{name} ends": texts.ends}


def _texts(arrays: Arrays, name: str) -> Texts:
    return Texts(arrays[f"{name} texts"].tobytes(), arrays[f"{name} ends"])
