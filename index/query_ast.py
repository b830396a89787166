"""What a query asks for, as values: words that are wanted, and conditions on documents."""

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
    """Terms that together stand for a word; `weight` is how much less than the word itself they count (1: as much)."""

    terms: tuple[Key, ...]
    weight: float = 1.0


class QueryWord(Struct, frozen=True):
    """A word of a query: a document has it that has all terms of any of its alternatives.

    `parts` may stand for it where the whole finds nothing. A function word only carries the question (なぜ, 方法): it is
    the first to be done without.
    """

    text: str
    alternatives: tuple[Alternative, ...]
    parts: tuple[Alternative, ...] = ()
    is_function_word: bool = False

    @property
    def is_name(self) -> bool:
        """Whether it is written in Latin letters: among Japanese words that is what a thing is called."""
        return self.text.isascii() and len(self.text) > 1 and any(map(str.isalpha, self.text))


class QueryPiece(Struct, frozen=True):
    """What stands between spaces in a query, and its words."""

    text: str
    words: tuple[QueryWord, ...]


class QueryPhrase(Struct, frozen=True):
    """A literal piece of a document's text, width and case folded."""

    text: str


class FacetIs(Struct, frozen=True):
    """A facet value: one of `values`, or where there are none any value that contains `text`, folded."""

    group: str
    text: str
    values: tuple[str, ...] = ()


class InField(Struct, frozen=True):
    """Words that must all stand in one text field."""

    field: str
    words: tuple[QueryWord, ...]


class Dated(Struct, frozen=True):
    """A date before a day, month or year, or from it on. Documents without a date are neither."""

    when: Literal["before", "after"]
    date: str


class Not(Struct, frozen=True):
    """The documents that the node does not describe."""

    node: "Node"


class AllOf(Struct, frozen=True):
    """The documents that every node describes."""

    nodes: tuple["Node", ...]


class AnyOf(Struct, frozen=True):
    """The documents that at least one node describes."""

    nodes: tuple["Node", ...]


Node: TypeAlias = QueryWord | QueryPiece | QueryPhrase | FacetIs | InField | Dated | Not | AllOf | AnyOf


NoticeName: TypeAlias = Literal["cut", "too many words", "too deep", "unclosed", "as words", "literally", "no likeness"]


class Notice(Struct, frozen=True):
    """Something of a query that could not be taken as typed, and its text; what was done instead is in the name.

    `cut`: over 512 characters, the rest was left out. `too many words`: over 32, the rest was left out. `too deep`:
    brackets within brackets over 8 levels were ignored. `unclosed`: a quotation mark or bracket without its other half
    was ignored. `as words`: a field's value or a mark that means nothing there was searched as words. `literally`: a
    query without any word was looked for as it stands. `no likeness`: words alone were looked for, because the
    model did not answer; the text tells why, as a sentence where there is one.
    """

    name: NoticeName
    text: str | Message


class ConditionText(Struct, frozen=True):
    """A condition as it is typed, and the query's text without it."""

    text: str
    rest: str


class Parsed(Struct, frozen=True):
    """A query's text as understood: the words plainly wanted, conditions that always hold, and what was odd.

    `condition_texts` has the text of each condition, of many only the first, and `plain` the text without any.
    `typed` says that the last piece is a word that is still being typed.
    """

    pieces: tuple[QueryPiece, ...] = ()
    conditions: tuple[Node, ...] = ()
    condition_texts: tuple[ConditionText, ...] = ()
    notices: tuple[Notice, ...] = ()
    plain: str = ""
    typed: bool = False


def distinct_words(pieces: Iterable[QueryPiece]) -> tuple[QueryWord, ...]:
    """Return the words of pieces without repeats."""
    return tuple(dict.fromkeys(word for piece in pieces for word in piece.words))


def terms_of(words: Iterable[QueryWord]) -> frozenset[str]:
    """Return the words that are looked for by some words of a query, as terms."""
    keys = (key for word in words for alternative in word.alternatives for key in alternative.terms)
    return frozenset(key.text for key in keys if key.kind == "word")


def words_in(node: Node) -> tuple[QueryWord, ...]:
    """Return the words under a node that its documents may have: all but those under Not."""
    match node:
        case QueryWord():
            return (node,)
        case QueryPiece(_, words) | InField(_, words):
            return words
        case AllOf(nodes) | AnyOf(nodes):
            return tuple(word for inner in nodes for word in words_in(inner))
        case _:
            return ()
