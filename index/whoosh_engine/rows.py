"""How a document lies in Whoosh's fields."""

from index.analysis import TermKind
from index.schema import Document, Schema
from index.text import folded, folded_name
from index.whoosh_engine.storage import Row

KINDS: tuple[TermKind, ...] = ("word", "pair", "gram", "sound")
# Names of fields. The term of BOOST is its own name, its weight the boost.
ID, DATE, WHOLE, BOOST = "id", "date", "whole", "boost"
LENGTH = "length"  # the one term of a length field; its weight is the length
LONGEST_WHOLE = 200  # characters of a text that a query may be as a whole; such a text is kept as one term
STORED = ("key", "stored", "literal")


def text_field(name: str, kind: TermKind) -> str:
    """Return the field of one kind of the terms of a text."""
    return f"{kind}.{name}"


def length_field(name: str) -> str:
    """Return the field that holds how many words a text has."""
    return f"length.{name}"


def facet_field(group: str) -> str:
    """Return the field of a facet group."""
    return f"facet.{group}"


def field_names(schema: Schema) -> tuple[str, ...]:
    """Return the names of all fields that documents are written to."""
    texts = [text_field(text.name, kind) for text in schema.texts for kind in KINDS]
    lengths = [length_field(text.name) for text in schema.texts if text.length]
    return (ID, DATE, WHOLE, BOOST, *texts, *lengths, *map(facet_field, schema.facets))


def row(document: Document, schema: Schema) -> Row:
    """Return a document as it is written. Raises ValueError for a field that the schema has not."""
    texts = {text.name: text for text in schema.texts}
    unknown = [*(document.texts.keys() - texts.keys()), *(document.facets.keys() - set(schema.facets))]
    if unknown:
        raise ValueError(f"{document.id}: the schema has no field {min(unknown)!r}")
    fields: dict[str, dict[str, float]] = {ID: {document.id: 1.0}}
    if document.date:
        fields[DATE] = {document.date: 1.0}
    if (name := folded_name(document.literal)) and len(name) <= LONGEST_WHOLE:
        fields[WHOLE] = {name: 1.0}
    if document.boost != 1.0:
        fields[BOOST] = {BOOST: document.boost}
    for name, terms in document.texts.items():
        for term in terms:
            frequencies = fields.setdefault(text_field(name, term.kind), {})
            frequencies[term.text] = frequencies.get(term.text, 0.0) + 1.0
        if texts[name].length and (length := sum(term.kind == "word" for term in terms)):
            fields[length_field(name)] = {LENGTH: length}
    fields |= {facet_field(group): dict.fromkeys(values, 1.0) for group, values in document.facets.items()}
    return Row(fields, {"key": document.id, "stored": document.stored, "literal": folded(document.literal)})
