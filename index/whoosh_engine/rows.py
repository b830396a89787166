"""A document as it is written: Whoosh's fields, and columns, which are named arrays in one file.

This module does not import numpy, so that `kb status` can read a column without it.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from msgspec import Struct

from index.schema import MAX_EXACT_LENGTH, Document, Schema, check_fields
from index.text import folded, folded_name

if TYPE_CHECKING:  # both take longer to import than all of `kb status`
    from numpy.typing import NDArray

    from index.analysis import TermKind

Arrays: TypeAlias = "dict[str, NDArray[Any]]"

KINDS: "tuple[TermKind, ...]" = ("word", "pair", "sound")
STORED = ("key", "stored", "passage")
COLUMNS_FILE = "columns"
ID, DATE, WHOLE, BOOST, PASSAGE = "id", "date", "whole", "boost", "passage"
KEYS = (ID, WHOLE, PASSAGE)
NO_KEY = 0
_ALIGNMENT = 8  # bytes; numpy is slow with unaligned numbers


class Row(Struct, frozen=True):
    """A document as it is written.

    - `fields`: the terms of each field of Whoosh, with their weights.
    - `stored`: the fields that are returned with a hit.
    - `values`, `figures`, `keys`, `links`, `literal`: its entries in the columns (`columns`).
    """

    fields: Mapping[str, Mapping[str, float]]
    stored: Mapping[str, str]
    values: Mapping[str, Sequence[str]]
    figures: Mapping[str, float]
    keys: Mapping[str, int]
    links: Sequence[int]
    literal: bytes


def row(document: Document, schema: Schema) -> Row:
    """Return a document as it is written. Raises ValueError for a field that the schema lacks."""
    check_fields(document, schema)
    with_length = {text.name for text in schema.texts if text.length}
    fields: dict[str, dict[str, float]] = {}
    figures = {BOOST: document.boost}
    whole = folded_name(document.literal)
    keys = {
        ID: key_of(document.id),
        WHOLE: key_of(whole) if len(whole) <= MAX_EXACT_LENGTH else NO_KEY,
        PASSAGE: key_of(document.passage),
    }
    for name, terms in document.texts.items():
        by_kind: dict[TermKind, dict[str, float]] = {kind: {} for kind in KINDS}
        for text, _, _, kind in terms:
            frequencies = by_kind[kind]
            frequencies[text] = frequencies.get(text, 0.0) + 1.0
        fields |= {text_field(name, kind): frequencies for kind, frequencies in by_kind.items() if frequencies}
        if name in with_length:
            figures[length_column(name)] = sum(by_kind["word"].values())
    values = {facet_column(group): values for group, values in document.facets.items()}
    if document.date:
        values[DATE] = (document.date,)
    links = [key_of(parent) for parent in document.parents]
    stored = {"key": document.id, "stored": document.stored, "passage": document.passage}
    return Row(fields, stored, values, figures, keys, links, encoded(folded(document.literal)))


def key_of(text: str) -> int:
    """Return the first 64 bits of the SHA-256 of a text; NO_KEY for an empty one.

    Among a million texts two share a key once in 40 million times. Whoosh terms for these texts would be most of an
    index: as many as documents.
    """
    return int.from_bytes(hashlib.sha256(encoded(text)).digest()[:8], "little") if text else NO_KEY


def encoded(text: str) -> bytes:
    """Return a text as UTF-8, lone surrogates included."""
    return text.encode("utf-8", "surrogatepass")


def decoded(data: bytes) -> str:
    """Return the text that was encoded."""
    return data.decode("utf-8", "surrogatepass")


def text_field(name: str, kind: "TermKind") -> str:
    """Return the name of Whoosh's field for one kind of terms of a text field."""
    return f"{kind}.{name}"


def field_names(schema: Schema) -> tuple[str, ...]:
    """Return the names of all fields of Whoosh."""
    return tuple(text_field(text.name, kind) for text in schema.texts for kind in KINDS)


def length_column(name: str) -> str:
    """Return the name of the column with the number of words of a text field."""
    return f"length.{name}"


def facet_column(group: str) -> str:
    """Return the name of the column of a facet group."""
    return f"facet.{group}"


def write_arrays(path: Path, arrays: Arrays) -> None:
    """Write one-dimensional arrays: a line of JSON with the type, offset and length of each, then their bytes.

    numpy's .npz is a ZIP archive: reading it copies each array and verifies a checksum, but the manifest has the digest
    of the file already.
    """
    places, offset = {}, 0
    for name, array in arrays.items():
        places[name] = (array.dtype.str, offset, len(array))
        offset += array.nbytes + -array.nbytes % _ALIGNMENT
    head = json.dumps(places).encode()
    with path.open("wb") as file:
        file.write(head + b" " * (-(len(head) + 1) % _ALIGNMENT) + b"\n")
        for array in arrays.values():
            file.write(array.tobytes() + bytes(-array.nbytes % _ALIGNMENT))


def read_arrays(path: Path) -> Arrays:
    """Return the arrays of a file, without copying. Raises OSError, ValueError if it is damaged."""
    import numpy as np  # noqa: PLC0415  # `array_bytes` does without

    data, places = _parsed(path)
    return {name: np.frombuffer(data, dtype, count, begin) for name, (dtype, begin, count) in places.items()}


def array_bytes(path: Path, name: str, size: int) -> bytes:
    """Return the bytes of an array whose numbers take `size` bytes each. Raises OSError, ValueError, KeyError."""
    data, places = _parsed(path)
    _, begin, count = places[name]
    return data[begin : begin + count * size]


def _parsed(path: Path) -> tuple[bytes, dict[str, tuple[str, int, int]]]:
    """Return the bytes of a file, and the type, offset and length of each array in them."""
    data = path.read_bytes()
    begin = data.index(b"\n") + 1
    places = json.loads(data[:begin])
    return data, {name: (dtype, begin + offset, count) for name, (dtype, offset, count) in places.items()}
