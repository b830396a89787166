"""The syntax tree of a query: words, and conditions on documents."""

from collections.abc import Iterable
from typing import Literal, TypeAlias

from msgspec import Struct

from index.analysis import TermKind
from index.messages import Message


class Key(Struct, frozen=True):
    """A term as the index knows it."""

    text: str
    kind: TermKind = "word"


class Alternative(Struct, frozen=True):
    """Terms that together match a word; `weight` is their points relative to the word itself."""

    terms: tuple[Key, ...]
    weight: float = 1.0


class QueryWord(Struct, frozen=True):
    """A word of a query: a document matches if it has all terms of any alternative.

    `parts` become alternatives if the query finds little. A function word only carries the question (なぜ, 方法): it is
    dropped first.
    """

    text: str
    alternatives: tuple[Alternative, ...]
    parts: tuple[Alternative, ...] = ()
    is_function_word: bool = False


class QueryPiece(Struct, frozen=True):
    """The text between two spaces of a query, and its words."""

    text: str
    words: tuple[QueryWord, ...]


class QueryPhrase(Struct, frozen=True):
    """A substring of a document's text, width and case folded."""

    text: str


class FacetIs(Struct, frozen=True):
    """A facet value: one of `values`; without `values`, any whose letters and digits contain `text`."""

    group: str
    text: str
    values: tuple[str, ...] = ()


class InField(Struct, frozen=True):
    """Words that one text field must all have."""

    field: str
    words: tuple[QueryWord, ...]


class Dated(Struct, frozen=True):
    """The documents dated before a day, month or year, or from it on. Undated documents match neither.

    A year or month matches only if all its days do: 2018 is neither before 2018-03 nor from it on.
    """

    when: Literal["before", "after"]
    date: str

    @property
    def start(self) -> str:
        """The shortest date with the same first day, 2018 for 2018-01-01: no date from it on is a smaller string."""
        return self.date.removesuffix("-01").removesuffix("-01")

    def includes(self, date: str) -> bool:
        """Return whether a date of any precision matches."""
        if self.when == "before":
            return date < self.date and not self.date.startswith(date)
        return date >= self.start


class Not(Struct, frozen=True):
    """The documents that do not match the node."""

    node: "Node"


class AllOf(Struct, frozen=True):
    """The documents that match every node."""

    nodes: tuple["Node", ...]


class AnyOf(Struct, frozen=True):
    """The documents that match at least one node."""

    nodes: tuple["Node", ...]


Node: TypeAlias = QueryWord | QueryPiece | QueryPhrase | FacetIs | InField | Dated | Not | AllOf | AnyOf


NoticeName: TypeAlias = Literal["cut", "too many words", "too deep", "unclosed", "as words", "literally", "no likeness"]


class Notice(Struct, frozen=True):
    """A part of a query that could not be taken as typed, with its text.

    - `cut`: the text after 512 characters was ignored.
    - `too many words`: the words after the 32nd were ignored.
    - `too deep`: brackets nested more than 8 levels deep were ignored.
    - `unclosed`: a quotation mark or bracket without its other half was ignored.
    - `as words`: a field's value, or a mark without meaning there, was searched as words.
    - `literally`: a query without any word was searched as a phrase.
    - `no likeness`: only words were searched, because the embedding model failed; the text is its error.
    """

    name: NoticeName
    text: str | Message


class ConditionText(Struct, frozen=True):
    """A condition as typed, and the query's text without it."""

    text: str
    rest: str


class Parsed(Struct, frozen=True):
    """A parsed query: its pieces, its conditions, and notices.

    `condition_texts` has the first conditions as typed, `plain` the text without any condition. `typed` says that the
    last piece is a word that is still being typed.
    """

    pieces: tuple[QueryPiece, ...] = ()
    conditions: tuple[Node, ...] = ()
    condition_texts: tuple[ConditionText, ...] = ()
    notices: tuple[Notice, ...] = ()
    plain: str = ""
    typed: bool = False


def terms_of(words: Iterable[QueryWord]) -> frozenset[str]:
    """Return the terms of all alternatives of some words, without phonetic keys."""
    keys = (key for word in words for alternative in word.alternatives for key in alternative.terms)
    return frozenset(key.text for key in keys if key.kind == "word")


def words_in(node: Node) -> tuple[QueryWord, ...]:
    """Return the words under a node that its documents may have: all except those under Not."""
    match node:
        case QueryWord():
            return (node,)
        case QueryPiece(_, words) | InField(_, words):
            return words
        case AllOf(nodes) | AnyOf(nodes):
            return tuple(word for inner in nodes for word in words_in(inner))
        case _:
            return ()
