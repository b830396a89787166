"""What a document is made of: texts with a weight, facets, a date, and what is stored."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import Struct, field

if TYPE_CHECKING:
    from index.analysis import Term

LONGEST_WHOLE = 200  # characters of a text that a query may be as a whole (`index.ranking`, `exact`)


class TextField(Struct, frozen=True):
    """A text that words are looked up in.

    `weight` is what one occurrence here counts. `length` says how much a longer text lowers that: 0 not at all, 1 in
    full (BM25's b). A word that stands only in a `score_only` field adds to the score of a document but does not find
    it.
    """

    name: str
    weight: float
    length: float = 0.0
    score_only: bool = False


class Schema(Struct, frozen=True):
    """Which fields the documents of one index have.

    `texts` are searched for words, `facets` are the groups whose values can be selected and counted. `titles` names a
    group whose values have a title, and the text field that this is in: what has every word in it is found by itself.
    `names` is a group whose values are names, folded (`folded_name`): a document with one is of what words in a row
    name that are it together. `sections` is a group of one value each: documents with the same speak for each
    other (`index.similarity.section_boost`).
    """

    texts: tuple[TextField, ...]
    facets: tuple[str, ...]
    titles: tuple[str, str] | None = None
    names: str | None = None
    sections: str | None = None


class Document(Struct, frozen=True):
    """One thing that can be found.

    `texts` holds the terms of each text field in reading order, `facets` the values of each group (none: the key is
    absent), `date` an ISO date of any precision (`2018`, `2018-03`, `2018-03-10`) or None, `stored` what a hit gives
    back, untouched. `literal` is the text that phrases are looked up in, `boost` multiplies the score. `passage` is the
    text whose vector stands for the document; without one it is found by its words alone. `parents` has the ids of the
    documents that it belongs to, such as what it stands under.
    """

    id: str
    texts: "Mapping[str, tuple[Term, ...]]"
    facets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    date: str | None = None
    stored: str = ""
    literal: str = ""
    boost: float = 1.0
    passage: str = ""
    parents: tuple[str, ...] = ()


def check_fields(document: Document, schema: Schema) -> None:
    """Raise ValueError for a field of a document that the schema has not."""
    texts = {text.name for text in schema.texts}
    unknown = [*(document.texts.keys() - texts), *(document.facets.keys() - set(schema.facets))]
    if unknown:
        raise ValueError(f"{document.id}: the schema has no field {min(unknown)!r}")
