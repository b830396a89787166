"""A document and the schema of its fields."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import Struct, field

if TYPE_CHECKING:
    from index.analysis import Term  # the analyser, which `kb status` does without

MAX_EXACT_LENGTH = 200  # characters; a longer document never gets the signal `exact` (`index.ranking`)


class TextField(Struct, frozen=True):
    """A text field, searched for words.

    `weight` is the weight of an occurrence in this field. `length` is BM25's b: how much a longer text lowers that
    weight, from 0 (not at all) to 1. A word in a `score_only` field adds to the score of a document but does not find
    it.
    """

    name: str
    weight: float
    length: float = 0.0
    score_only: bool = False


class Schema(Struct, frozen=True):
    """The fields of the documents of an index.

    - `texts`: the fields that are searched for words.
    - `facets`: the groups whose values can be selected and counted.
    - `titles`: a group whose values have a title, and the text field that contains it. Values whose title has every
      word are listed in the results. Rare words of titles find their documents.
    - `names`: a group whose values are folded names (`folded_name`). Adjacent words that form a name match its
      documents.
    - `sections`: a group of at most one value per document. Similar documents of a section raise each other's scores
      (`index.similarity.section_boost`).
    """

    texts: tuple[TextField, ...]
    facets: tuple[str, ...]
    titles: tuple[str, str] | None = None
    names: str | None = None
    sections: str | None = None


class Document(Struct, frozen=True):
    """A searchable document.

    - `texts`: the terms of each text field, in reading order.
    - `facets`: the values of each group; a group without values is left out.
    - `date`: an ISO date of any precision (`2018`, `2018-03`, `2018-03-10`).
    - `stored`: returned with a hit, unchanged.
    - `literal`: the text that phrases are searched in.
    - `boost`: multiplies the score.
    - `passage`: the text whose vector represents the document. A document without it has no vector.
    - `parents`: the ids of the documents above it, such as the bullet that it is nested under.
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
    """Raise ValueError if a document has a field that the schema lacks."""
    texts = {text.name for text in schema.texts}
    unknown = [*(document.texts.keys() - texts), *(document.facets.keys() - set(schema.facets))]
    if unknown:
        raise ValueError(f"{document.id}: the schema has no field {min(unknown)!r}")
