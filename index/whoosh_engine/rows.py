"""How a document lies in Whoosh's fields and in columns."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from index.analysis import TermKind
from index.schema import Document, Schema
from index.text import folded, folded_name
from index.whoosh_engine.column_names import BOOST, DATE, ID, NO_KEY, PASSAGE, WHOLE, facet_column, length_column
from index.whoosh_engine.columns import encoded, key_of

KINDS: tuple[TermKind, ...] = ("word", "pair", "sound")
LONGEST_WHOLE = 200  # characters of a text that a query may be as a whole; of such a text a key is kept
STORED = ("key", "stored", "passage")


class Row(Struct, frozen=True):
    """A document as it is written: for each field its terms with their weights, what is given back, and its columns."""

    fields: Mapping[str, Mapping[str, float]]
    stored: Mapping[str, str]
    values: Mapping[str, Sequence[str]]
    figures: Mapping[str, float]
    keys: Mapping[str, int]
    links: Sequence[int]
    literal: bytes


def text_field(name: str, kind: TermKind) -> str:
    """Return the field of one kind of the terms of a text."""
    return f"{kind}.{name}"


def field_names(schema: Schema) -> tuple[str, ...]:
    """Return the names of all fields that documents are written to."""
    return tuple(text_field(text.name, kind) for text in schema.texts for kind in KINDS)


def value_columns(schema: Schema) -> tuple[str, ...]:
    """Return the names of the columns of values."""
    return (DATE, *map(facet_column, schema.facets))


def figure_columns(schema: Schema) -> dict[str, float]:
    """Return the names of the columns of figures, each with what a document without has."""
    return {BOOST: 1.0, **{length_column(text.name): 0.0 for text in schema.texts if text.length}}


def row(document: Document, schema: Schema) -> Row:
    """Return a document as it is written. Raises ValueError for a field that the schema has not."""
    texts = {text.name: text for text in schema.texts}
    unknown = [*(document.texts.keys() - texts.keys()), *(document.facets.keys() - set(schema.facets))]
    if unknown:
        raise ValueError(f"{document.id}: the schema has no field {min(unknown)!r}")
    fields: dict[str, dict[str, float]] = {}
    figures = {BOOST: document.boost}
    whole = folded_name(document.literal)
    keys = {
        ID: key_of(document.id),
        WHOLE: key_of(whole) if len(whole) <= LONGEST_WHOLE else NO_KEY,
        PASSAGE: key_of(document.passage),
    }
    for name, terms in document.texts.items():
        of_kinds: dict[TermKind, dict[str, float]] = {kind: {} for kind in KINDS}
        for text, _, _, kind in terms:
            frequencies = of_kinds[kind]
            frequencies[text] = frequencies.get(text, 0.0) + 1.0
        fields |= {text_field(name, kind): frequencies for kind, frequencies in of_kinds.items() if frequencies}
        if texts[name].length:
            figures[length_column(name)] = sum(of_kinds["word"].values())
    values = {facet_column(group): values for group, values in document.facets.items()}
    if document.date:
        values[DATE] = (document.date,)
    links = [key_of(other) for other in document.parents]
    stored = {"key": document.id, "stored": document.stored, "passage": document.passage}
    return Row(fields, stored, values, figures, keys, links, encoded(folded(document.literal)))
