"""What a segment holds beside Whoosh's files, as arrays: facet values, dates, figures, keys, links and literal texts.

Read whole, for it is small, and never mapped: a file that is cut while it is mapped kills the process.
"""

from array import array
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from index.messages import translatable
from index.schema import Schema
from index.whoosh_engine.manifest import DamageError
from index.whoosh_engine.rows import (
    COLUMNS_FILE,
    KEYS,
    Arrays,
    Row,
    decoded,
    encoded,
    figure_columns,
    key_array,
    read_arrays,
    value_columns,
    write_arrays,
)
from index.whoosh_engine.texts import Texts

Numbers: TypeAlias = NDArray[np.int32]
Figures: TypeAlias = NDArray[np.float32]
Keys: TypeAlias = NDArray[np.uint64]


class ValueColumn(Struct, frozen=True):
    """The values that documents have: their numbers, document after document, and how many each has."""

    values: Sequence[str]
    numbers: Numbers
    counts: Numbers

    def only(self, live: NDArray[np.bool_]) -> "ValueColumn":
        """Return the column with no values for documents that are not live; they keep their places."""
        return ValueColumn(self.values, self.numbers[np.repeat(live, self.counts)], self.counts * live)


class Links(Struct, frozen=True):
    """Which documents belong to which: the number of each that does, in order, and the key of the other's id."""

    docs: Numbers
    keys: Keys

    @classmethod
    def joined(cls, every: Sequence["Links"], begins: Sequence[int]) -> "Links":
        """Return links one after the other, the documents of each beginning at a number."""
        docs = (links.docs + np.int32(begin) for links, begin in zip(every, begins, strict=True))
        return cls(
            np.concatenate([np.empty(0, np.int32), *docs]),
            np.concatenate([np.empty(0, np.uint64), *(links.keys for links in every)]),
        )

    def of(self, docs: Numbers) -> NDArray[np.intp]:
        """Return where the links of some documents are."""
        begins, ends = np.searchsorted(self.docs, docs), np.searchsorted(self.docs, docs, "right")
        counts = ends - begins
        places: NDArray[np.intp] = np.arange(counts.sum()) + np.repeat(ends - counts.cumsum(), counts)
        return places

    def only(self, live: NDArray[np.bool_]) -> "Links":
        """Return the links of the documents that are live; they keep their numbers."""
        kept = live[self.docs]
        return Links(self.docs[kept], self.keys[kept])


class Columns(Struct, frozen=True):
    """All columns of a segment, or of several as one."""

    values: Mapping[str, ValueColumn]
    figures: Mapping[str, Figures]
    keys: Mapping[str, Keys]
    links: Links
    literals: Texts

    @classmethod
    def joined(cls, every: Sequence["Columns"], live: NDArray[np.bool_]) -> "Columns":
        """Return the columns of segments one after the other, their values in order, but those of dead documents."""
        if len(every) == 1 and live.all():
            return every[0]
        names = dict.fromkeys(name for columns in every for name in columns.values)
        figures = dict.fromkeys(name for columns in every for name in columns.figures)
        keys = dict.fromkeys(name for columns in every for name in columns.keys)
        *begins, _ = np.cumsum([0, *(len(columns.literals) for columns in every)]).tolist()
        offsets = np.cumsum([0, *(len(columns.literals.data) for columns in every)])
        return cls(
            {name: _joined([columns.values[name] for columns in every]).only(live) for name in names},
            {name: np.concatenate([columns.figures[name] for columns in every]) for name in figures},
            {name: np.concatenate([columns.keys[name] for columns in every]) for name in keys},
            Links.joined([columns.links for columns in every], begins).only(live),
            Texts(
                b"".join(columns.literals.data for columns in every),
                np.concatenate(
                    [np.empty(0, np.int64), *(c.literals.ends + at for c, at in zip(every, offsets, strict=False))]
                ),
            ),
        )


class ColumnsWriter:
    """Gathers the columns of documents, one after the other."""

    def __init__(self, schema: Schema) -> None:
        self._lexicons: dict[str, dict[str, int]] = {name: {} for name in value_columns(schema)}
        self._numbers = {name: array("i") for name in self._lexicons}
        self._counts = {name: array("i") for name in self._lexicons}
        self._absent = figure_columns(schema)
        self._figures = {name: array("f") for name in self._absent}
        self._keys = {name: array("Q") for name in KEYS}
        self._link_docs, self._link_keys = array("i"), array("Q")
        self._literals = list[bytes]()

    def add(self, row: Row) -> None:
        """Add a document."""
        for name, lexicon in self._lexicons.items():
            own = dict.fromkeys(row.values.get(name, ()))
            self._numbers[name].extend([lexicon.setdefault(value, len(lexicon)) for value in own])
            self._counts[name].append(len(own))
        for name, column in self._figures.items():
            column.append(row.figures.get(name, self._absent[name]))
        for name, own_keys in self._keys.items():
            own_keys.append(row.keys[name])
        self._link_docs.extend([len(self._literals)] * len(row.links))
        self._link_keys.extend(row.links)
        self._literals.append(row.literal)

    def take_in(self, columns: Columns, live: NDArray[np.bool_]) -> None:
        """Add those of a segment's documents that are live."""
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
            column = _joined([ValueColumn(list(lexicon), _array(self._numbers[name]), _array(self._counts[name]))])
            arrays |= _as_arrays(f"value {name}", Texts.of(map(encoded, column.values)))
            arrays |= {f"value {name} numbers": column.numbers, f"value {name} counts": column.counts}
        arrays |= {f"figure {name}": np.frombuffer(column, np.float32) for name, column in self._figures.items()}
        arrays |= {key_array(name): np.frombuffer(column, np.uint64) for name, column in self._keys.items()}
        arrays |= {"link docs": _array(self._link_docs), "link keys": np.array(self._link_keys, np.uint64)}
        write_arrays(folder / COLUMNS_FILE, {**arrays, **_as_arrays("literal", Texts.of(self._literals))})


def read(folder: Path) -> Columns:
    """Return the columns in a folder. Raises DamageError where they cannot be read."""
    try:
        arrays = read_arrays(folder / COLUMNS_FILE)
        names = [name.split(" ", 1) for name in arrays]
        values = [rest.removesuffix(" numbers") for kind, rest in names if rest.endswith(" numbers")]
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
            {rest: arrays[key_array(rest)] for kind, rest in names if kind == "key"},
            Links(arrays["link docs"], arrays["link keys"]),
            _texts(arrays, "literal"),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DamageError(
            translatable("{0} cannot be read ({1}); make the index anew: kb sync", folder / COLUMNS_FILE, error)
        ) from error


def _joined(columns: Sequence[ValueColumn]) -> ValueColumn:
    """Return the columns one after the other as one, the values that any of them has in order."""
    values = sorted({value for column in columns for value in column.values})
    places = {value: number for number, value in enumerate(values)}
    numbers = [
        np.array([places[value] for value in column.values], np.int32)[column.numbers]
        for column in columns
        if len(column.numbers)
    ]
    return ValueColumn(
        values,
        np.concatenate([np.empty(0, np.int32), *numbers]),
        np.concatenate([np.empty(0, np.int32), *(column.counts for column in columns)]),
    )


def _array(column: "array[int]") -> Numbers:
    return np.array(column, np.int32)


def _as_arrays(name: str, texts: Texts) -> Arrays:
    return {f"{name} texts": np.frombuffer(texts.data, np.uint8), f"{name} ends": texts.ends}


def _texts(arrays: Arrays, name: str) -> Texts:
    return Texts(arrays[f"{name} texts"].tobytes(), arrays[f"{name} ends"])
