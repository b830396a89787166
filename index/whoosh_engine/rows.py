"""How a document lies in a segment: in Whoosh's fields, and in columns, which are arrays by name in one file.

Nothing here imports numpy: what `kb status` reads of a column takes less time without it.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from msgspec import Struct

from index.schema import MAX_EXACT_LENGTH, check_fields
from index.text import folded, folded_name

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from index.analysis import TermKind
    from index.schema import Document, Schema

Arrays: TypeAlias = "dict[str, NDArray[Any]]"

KINDS: "tuple[TermKind, ...]" = ("word", "pair", "sound")
STORED = ("key", "stored", "passage")
COLUMNS_FILE = "columns"
ID, DATE, WHOLE, BOOST, PASSAGE = "id", "date", "whole", "boost", "passage"
KEYS = (ID, WHOLE, PASSAGE)
NO_KEY = 0
_ALIGNED = 8  # bytes: numpy is slow with numbers that begin elsewhere


class Row(Struct, frozen=True):
    """A document as it is written: for each field its terms with their weights, what is given back, and its columns."""

    fields: Mapping[str, Mapping[str, float]]
    stored: Mapping[str, str]
    values: Mapping[str, Sequence[str]]
    figures: Mapping[str, float]
    keys: Mapping[str, int]
    links: Sequence[int]
    literal: bytes


def row(document: "Document", schema: "Schema") -> Row:
    """Return a document as it is written. Raises ValueError for a field that the schema has not."""
    check_fields(document, schema)
    measured = {text.name for text in schema.texts if text.length}
    fields: dict[str, dict[str, float]] = {}
    figures = {BOOST: document.boost}
    whole = folded_name(document.literal)
    keys = {
        ID: key_of(document.id),
        WHOLE: key_of(whole) if len(whole) <= MAX_EXACT_LENGTH else NO_KEY,
        PASSAGE: key_of(document.passage),
    }
    for name, terms in document.texts.items():
        of_kinds: dict[TermKind, dict[str, float]] = {kind: {} for kind in KINDS}
        for text, _, _, kind in terms:
            frequencies = of_kinds[kind]
            frequencies[text] = frequencies.get(text, 0.0) + 1.0
        fields |= {text_field(name, kind): frequencies for kind, frequencies in of_kinds.items() if frequencies}
        if name in measured:
            figures[length_column(name)] = sum(of_kinds["word"].values())
    values = {facet_column(group): values for group, values in document.facets.items()}
    if document.date:
        values[DATE] = (document.date,)
    links = [key_of(other) for other in document.parents]
    stored = {"key": document.id, "stored": document.stored, "passage": document.passage}
    return Row(fields, stored, values, figures, keys, links, encoded(folded(document.literal)))


def key_of(text: str) -> int:
    """Return the key of a text: the first 64 bits of its SHA-256, which a million texts share once in 40 million times.

    An empty text has none. A term for each text would be most of an index: as many as documents, each of one document.
    """
    return int.from_bytes(hashlib.sha256(encoded(text)).digest()[:8], "little") if text else NO_KEY


def encoded(text: str) -> bytes:
    """Return the bytes of a text, lone surrogates too."""
    return text.encode("utf-8", "surrogatepass")


def decoded(data: bytes) -> str:
    """Return the text of bytes."""
    return data.decode("utf-8", "surrogatepass")


def text_field(name: str, kind: "TermKind") -> str:
    """Return the field of one kind of the terms of a text."""
    return f"{kind}.{name}"


def field_names(schema: "Schema") -> tuple[str, ...]:
    """Return the names of all fields that documents are written to."""
    return tuple(text_field(text.name, kind) for text in schema.texts for kind in KINDS)


def value_columns(schema: "Schema") -> tuple[str, ...]:
    """Return the names of the columns of values."""
    return (DATE, *map(facet_column, schema.facets))


def figure_columns(schema: "Schema") -> dict[str, float]:
    """Return the names of the columns of figures, each with what a document without has."""
    return {BOOST: 1.0, **{length_column(text.name): 0.0 for text in schema.texts if text.length}}


def length_column(name: str) -> str:
    """Return the column that holds how many words a text has."""
    return f"length.{name}"


def facet_column(group: str) -> str:
    """Return the column of a facet group."""
    return f"facet.{group}"


def key_array(column: str) -> str:
    """Return the array that holds a column of keys."""
    return f"key {column}"


def write_arrays(path: Path, arrays: Arrays) -> None:
    """Write arrays of one dimension: a line of JSON that says where each lies, then the arrays.

    numpy's own .npz is an archive: reading it copies each array and sums it once more, though the manifest of a
    generation has the digest of the file already.
    """
    places, place = {}, 0
    for name, array in arrays.items():
        places[name] = (array.dtype.str, place, len(array))
        place += array.nbytes + -array.nbytes % _ALIGNED
    head = json.dumps(places).encode()
    with path.open("wb") as file:
        file.write(head + b" " * (-(len(head) + 1) % _ALIGNED) + b"\n")
        for array in arrays.values():
            file.write(array.tobytes() + bytes(-array.nbytes % _ALIGNED))


def read_arrays(path: Path) -> Arrays:
    """Return the arrays of a file, without copies. Raises OSError, ValueError where they are not as written."""
    import numpy as np  # noqa: PLC0415  # `array_bytes` is for who does without

    data, places = _parted(path)
    return {name: np.frombuffer(data, kind, count, begin) for name, (kind, begin, count) in places.items()}


def array_bytes(path: Path, name: str, size: int) -> bytes:
    """Return the bytes of one array of a file, whose numbers take `size` each. Raises OSError, ValueError, KeyError."""
    data, places = _parted(path)
    _, begin, count = places[name]
    return data[begin : begin + count * size]


def _parted(path: Path) -> tuple[bytes, dict[str, tuple[str, int, int]]]:
    """Return what a file holds, and of each array its type, where it begins and how many numbers it has."""
    data = path.read_bytes()
    begin = data.index(b"\n") + 1
    places = json.loads(data[:begin])
    return data, {name: (kind, begin + place, count) for name, (kind, place, count) in places.items()}
