"""What a document is made of: texts with a weight, facets, a date, and what is stored."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from index.analysis import Term


@dataclass(frozen=True, slots=True)
class TextField:
    """A text that words are looked up in; `weight` multiplies its BM25 score."""

    name: str
    weight: float


@dataclass(frozen=True, slots=True)
class Schema:
    """Which fields the documents of one index have.

    `texts` are searched for words, `facets` are the groups whose values can be selected and counted.
    """

    texts: tuple[TextField, ...]
    facets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """One thing that can be found.

    `texts` holds the terms of each text field in reading order, `facets` the values of each group (none: the key is absent),
    `date` an ISO date of any precision (`2018`, `2018-03`, `2018-03-10`) or None, `stored` what a hit gives back, untouched.
    The order in which documents are written is their position: the last tie-breaker of every sort.
    """

    id: str
    texts: Mapping[str, tuple[Term, ...]]
    facets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    date: str | None = None
    stored: str = ""
