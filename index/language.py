"""The search-box language: from any text to what it asks for.

    監視 SQS        both words        "結果整合性"      these characters in a row
    -VPC            without it        監視 OR 通知      either
    ( )             together          service:lambda    the value of a field

Every mark may be full-width. Any input is a query: what cannot be meant literally is searched as words, and said so.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from index.text import folded, folded_name, folded_width
from index.tree import (
    AllOf,
    AnyOf,
    Dated,
    FacetIs,
    InField,
    Node,
    Not,
    Notice,
    NoticeName,
    Parsed,
    QueryPhrase,
    QueryPiece,
    QueryWord,
)
from index.words import QueryWords

# What a person types stays far below; what a program sends is bounded before it costs anything.
MOST_CHARACTERS, MOST_WORDS, MOST_DEPTH = 512, 32, 8

# A long vowel mark at the start of a word is what a Japanese keyboard makes of a minus.
_TOKEN = re.compile(
    r"""(?P<minus> [-−‐–ー]+ (?=\S) )?
        (?: (?P<field> [^\s"():|]+ ) : (?=[^\s)]) )?
        (?: "(?P<phrase>[^"]*)" | (?P<bar>\|) | (?P<open>\() | (?P<close>\)) | (?P<quote>") | (?P<word>[^\s"()|]+) )""",
    re.VERBOSE,
)
_MARKS = str.maketrans("＂“”„（）：－｜", '""""():-|')
_DATE = re.compile(r"(\d{4})(?:[-/.年](\d{1,2})(?:[-/.月](\d{1,2}))?)?[年月日]?")


@dataclass(frozen=True, slots=True)
class FieldMeaning:
    """What a field of the language asks of documents: a facet's value, words in a text field, or a date.

    `values` gives the facet value that each name means, names folded (`folded_name`). A facet whose values are not told
    means the values that contain what is typed.
    """

    of: Literal["facet", "text", "before", "after"]
    name: str = ""  # of the facet group or the text field
    values: Mapping[str, str] = field(default_factory=dict)


Fields = Mapping[str, FieldMeaning]
"""The fields of the language by their names, folded (`folded_name`): service, サービス."""


@dataclass(frozen=True, slots=True)
class Language:
    """What a search box understands: the words of its analysis, fields, and what a word names (`named`).

    What is named is wanted in everything that is found: a document has the word, or what it names.
    """

    words: QueryWords
    fields: Fields = field(default_factory=dict)
    named: Callable[[str], FacetIs | None] = lambda _text: None

    def parse(self, text: str) -> Parsed:
        """Return what a text asks for."""
        return _Parser(self).parse(text)


@dataclass(slots=True)
class _Bracket:
    """An open bracket, or the whole query: what stands in it so far."""

    negated: bool = False
    nodes: list[Node] = field(default_factory=list)
    either: bool = False  # an OR stands before what comes next

    def add(self, node: Node, *, negated: bool = False) -> None:
        if negated:
            node = Not(node)
        if self.either and self.nodes:
            before = self.nodes.pop()
            node = AnyOf((*(before.nodes if isinstance(before, AnyOf) else (before,)), node))
        self.either = False
        self.nodes.append(node)


class _Parser:
    """Reads one query from left to right, keeping the brackets that are open."""

    def __init__(self, language: Language) -> None:
        self._fields = language.fields
        self._words = language.words
        self._open = [_Bracket()]
        self._too_deep = 0  # open brackets that are ignored
        self._count = 0
        self._notices: dict[Notice, None] = {}
        self._run: list[str] = []  # plain words in a row: a name may hold spaces, as Step Functions does

    def parse(self, text: str) -> Parsed:
        if len(text) > MOST_CHARACTERS:
            self._notice("cut", text[MOST_CHARACTERS:])
        text = text[:MOST_CHARACTERS].translate(_MARKS)
        for token in _TOKEN.finditer(text):
            self._take(token)
        self._end_run()
        while len(self._open) > 1:
            self._notice("unclosed", "(")
            self._close()
        nodes = tuple(_flat(self._open[0].nodes))
        if not nodes and text.strip():
            self._notice("literally", text.strip())
            nodes = (QueryPhrase(folded(text.strip())),)
        pieces = tuple(node for node in nodes if isinstance(node, QueryPiece))
        conditions = tuple(node for node in nodes if not isinstance(node, QueryPiece))
        return Parsed(pieces, conditions, tuple(self._notices))

    def _take(self, token: re.Match[str]) -> None:
        negated = bool(token["minus"])
        if token["word"] and not token["field"] and not negated and not _is_or(token["word"]):
            self._run.append(token["word"])
            return
        self._end_run()
        group = self._open[-1]
        if token["field"]:
            self._take_field(token)
        elif token["phrase"] is not None:
            if phrase := folded(token["phrase"]):
                group.add(QueryPhrase(phrase), negated=negated)
        elif token["open"]:
            self._open_bracket(negated=negated)
        elif token["close"]:
            self._close_bracket()
        elif token["quote"]:
            self._notice("unclosed", '"')
        elif token["bar"] or not negated:
            group.either = True
        else:
            self._add_words(token["word"], negated=True)

    def _end_run(self) -> None:
        if self._run:
            self._add_words(" ".join(self._run), negated=False)
            self._run.clear()

    def _take_field(self, token: re.Match[str]) -> None:
        negated = bool(token["minus"])
        value = token["phrase"] or token["word"] or ""
        meaning = self._fields.get(folded_name(token["field"]))
        node = self._meant(meaning, value) if meaning and value else None
        if node:
            self._open[-1].add(node, negated=negated)
            return
        if meaning:
            self._notice("as words", f"{token['field']}:{value}")
        else:
            value = f"{token['field']} {value}"
        self._add_words(value, negated=negated)
        if token["open"]:
            self._open_bracket(negated=negated)

    def _meant(self, meaning: FieldMeaning, value: str) -> Node | None:
        """Return what a field asks with this value, None where the value means nothing there."""
        if meaning.of == "text":
            words = self._counted(self._words.of(value))
            return InField(meaning.name, words) if words else None
        if meaning.of == "facet":
            known = meaning.values.get(folded_name(value))
            if meaning.values and known is None:
                return None
            return FacetIs(meaning.name, folded_name(value), (known,) if known else ())
        date = _date(value)
        return Dated(meaning.of, date) if date else None

    def _add_words(self, text: str, *, negated: bool) -> None:
        for piece in self._words.pieces(text):
            if words := self._counted(piece.words):
                self._open[-1].add(QueryPiece(piece.text, words), negated=negated)

    def _counted(self, words: tuple[QueryWord, ...]) -> tuple[QueryWord, ...]:
        left = MOST_WORDS - self._count
        if len(words) > left:
            self._notice("too many words", words[left].text)
        self._count += len(words[:left])
        return words[:left]

    def _open_bracket(self, *, negated: bool) -> None:
        if len(self._open) > MOST_DEPTH:
            self._too_deep += 1
            self._notice("too deep", "(")
        else:
            self._open.append(_Bracket(negated=negated))

    def _close_bracket(self) -> None:
        if self._too_deep:
            self._too_deep -= 1
        elif len(self._open) == 1:
            self._notice("unclosed", ")")
        else:
            self._close()

    def _close(self) -> None:
        group = self._open.pop()
        if group.nodes:
            node = group.nodes[0] if len(group.nodes) == 1 else AllOf(tuple(group.nodes))
            self._open[-1].add(node, negated=group.negated)

    def _notice(self, name: NoticeName, text: str) -> None:
        self._notices[Notice(name, text)] = None


def _is_or(word: str) -> bool:
    return folded_width(word) == "OR"


def _flat(nodes: Iterable[Node]) -> Iterator[Node]:
    """Yield nodes that must all hold, those in brackets among them."""
    for node in nodes:
        if isinstance(node, AllOf):
            yield from _flat(node.nodes)
        else:
            yield node


def _date(text: str) -> str | None:
    """Return a date of any precision as ISO has it, None for what is none."""
    match = _DATE.fullmatch(folded_width(text))
    if not match:
        return None
    return "-".join(part.zfill(2) for part in match.groups() if part)
