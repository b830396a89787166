"""What searching means, whatever does it: the contract of every engine, its results and its errors."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from index.query import Query
from index.schema import Document


@dataclass(frozen=True, slots=True)
class Hit:
    """One found document: what was stored of it, and its score (0.0 where no words were asked)."""

    id: str
    score: float
    stored: str


@dataclass(frozen=True, slots=True)
class FacetCount:
    """A facet value, how many documents have it, and whether the query selects it.

    The count ignores the selections of its own group and obeys words and all other groups. Every selected value is
    listed, even at 0; others only above 0; order: count descending, then value.
    """

    value: str
    count: int
    selected: bool


@dataclass(frozen=True, slots=True)
class Results:
    """The answer to a query: `total` hits, the window of them, and the counts of the groups that were asked for.

    `loosened` tells that no document had every word, so that those with some of the words are given.
    """

    total: int
    hits: tuple[Hit, ...]
    facets: Mapping[str, tuple[FacetCount, ...]] = field(default_factory=dict)
    loosened: bool = False


class Engine(Protocol):
    """A searchable set of documents; engines differ in speed and scale, never in answers.

    Words: a document matches when every term of the query stands in any of its text fields. If none of the index does, whatever
    is selected, and there are two terms or more, the documents with at least one of them are given and `loosened` is set.
    A text without terms finds nothing; white space alone is no text and finds everything.

    Scores: the sum, over the distinct terms and the fields times their weight, of BM25 within the field:
    idf * f * (k1 + 1) / (f + k1 * (1 - b + b * length / mean length)), k1 1.2, b 0.75, idf ln(1 + (N - df + 0.5) / (df + 0.5)), the
    mean over the documents that have the field; rounded to six places. Ties: newer date first (as strings), undated last, then
    position. Sort `new` is that order of ties alone, `position` that of positions.
    """

    def search(self, query: Query) -> Results:
        """Answer a query from one generation, the newest whole one."""

    def stored(self, document_id: str) -> str | None:
        """Return what was stored of a document, or None if there is none of that id."""

    def meta(self) -> Mapping[str, object] | None:
        """Return the JSON object that the newest whole generation was written with, None before the first."""

    def replace_all(self, documents: Iterable[Document], meta: Mapping[str, object]) -> None:
        """Write these documents as a new generation and swap it in; the old one answers until then and on any failure."""

    def close(self) -> None:
        """Give back what is open."""


class SearchIndexError(Exception):
    """The index cannot do what was asked; the message says which folder and what to do."""


class WriterBusyError(SearchIndexError):
    """Another process is writing this index."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"{folder}: another kb is writing this index; try again when it is done")
