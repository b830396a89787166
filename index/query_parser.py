"""Parses the text of a search box into a query AST.

    監視 SQS        both words, as 監視 AND SQS    "結果整合性"      a phrase
    -VPC            not this word, as NOT VPC      監視 OR 通知      either word
    ( )             a group                        service:lambda    the value of a field, as service: lambda

Every mark may be full-width. Any text is a valid query: a mark without meaning is searched as words, with a notice.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Literal, TypeAlias

from msgspec import Struct, field
from msgspec.structs import replace

from index import query_ast as ast
from index.query_words import QueryWords, as_written, joined, runs_of
from index.terms import TermIndex
from index.text import KANA, folded, folded_name, folded_width, letters

# People type far less; these limits bound the cost of queries sent by programs.
MAX_CHARACTERS, MAX_WORDS, MAX_DEPTH = 512, 32, 8
MAX_CONDITION_TEXTS = 8  # each costs a search without the condition
# A word of titles finds their documents if it is rare: in few titles, and hardly in any text. These limits separate
# handles, companies and session numbers from the subjects of talks.
MAX_UNDER_TITLES = 300  # documents, which some twenty talks have
_MIN_COMMON = 0.2  # documents that match the word themselves, for each document under such a title

_Span: TypeAlias = tuple[int, int]

_AND, _OR, _NOT = (f"(?:{name}|{''.join(chr(ord(c) + 0xFEE0) for c in name)})" for name in ("AND", "OR", "NOT"))
OPERATOR = re.compile(f"(?:{_AND}|{_OR}|{_NOT})")  # half-width or full-width


def _token(gap: str) -> re.Pattern[str]:
    """Return the pattern of a token, with a gap after the colon of a field."""
    # A long vowel mark before a word is a minus: Japanese keyboards have them on the same key.
    return re.compile(
        rf"""(?P<minus> [-−‐–ー]+ (?=\S) | {_NOT} (?: \s+ (?=\S) | (?=["(]) ) )?
        (?: (?P<field> [^\s"():|]+ ) : {gap} (?=[^\s)]) )?
        (?: "(?P<phrase>[^"]*)" | (?P<bar>\|) | (?P<open>\() | (?P<close>\)) | (?P<quote>") | (?P<word>[^\s"()|]+) )""",
        re.VERBOSE,
    )


_TOKEN, _TOKEN_WITH_GAP = _token(""), _token(r"\s+")
_MARKS = str.maketrans("＂“”„（）：－｜", '""""():-|')


class QueryField(Struct, frozen=True):
    """A field of the syntax: a facet, a text field, or a bound on the date.

    `values` has the facet values by their names, folded (`folded_name`). A facet without `values` matches all values
    that contain the typed text, or that `merged` has for a former name. `date` returns the date that a text names in
    the form of `Document.date`, else None.
    """

    of: Literal["facet", "text", "before", "after"]
    name: str = ""  # of the facet group or the text field
    values: Mapping[str, str] = field(default_factory=dict)
    merged: Mapping[str, str] = field(default_factory=dict)
    date: Callable[[str], str | None] = lambda _text: None


class QueryParser(Struct, frozen=True):
    """Parses queries. Its options are the words, the fields of the syntax, and the facet values that words name.

    `merged` has values of the facet `Schema.names` by their former names, folded (`folded_name`).
    """

    words: QueryWords
    fields: Mapping[str, QueryField] = field(default_factory=dict)  # by name, folded (`folded_name`): サービス
    named: Callable[[str], ast.FacetIs | None] = lambda _word: None
    merged: Mapping[str, str] = field(default_factory=dict)

    def required(self, words: Sequence[ast.QueryWord], terms: TermIndex) -> tuple[ast.Node, ...]:
        """Return the nodes that a document must match to have these words.

        Words may also name a facet value or titles; documents with these match too. A run of words is looked up in the
        facet `Schema.names` and in titles, a single word by `named`. Of a single word that names a value, and of words
        in titles, only alternatives of weight 1 count.
        """
        field = terms.schema.titles[1] if terms.schema.titles else ""
        in_titles = {word for word in words if field and terms.exists(in_title(field, (word,)))}
        nodes = {word: self._node(word, terms) for word in words}

        def names_of(run: Sequence[ast.QueryWord]) -> list[ast.Node]:
            """Return the nodes of what words together name; titles count unless the words are common."""
            names = list[ast.Node]()
            name = self.merged.get(joined(run)) or joined(run)
            if terms.schema.names and terms.has_name(name):
                names.append(ast.FacetIs(terms.schema.names, name, (name,)))
            if all(word in in_titles for word in run):
                having = terms.count((title := in_title(field, run),))
                common = _MIN_COMMON * having
                if 0 < having <= MAX_UNDER_TITLES and terms.count([nodes[word] for word in run]) < common:
                    names.append(title)
            return names

        required, in_names = list[ast.Node](), set[ast.QueryWord]()
        for run in runs_of(words):
            if in_names.isdisjoint(run) and (names := names_of(run)):
                required.append(ast.AnyOf((ast.AllOf(tuple(nodes[word] for word in run)), *names)))
                in_names.update(run)
        return (*required, *(node for word, node in nodes.items() if word not in in_names))

    def _node(self, word: ast.QueryWord, terms: TermIndex) -> ast.Node:
        facet = self.named(word.text)
        named = ast.AnyOf((_at_full_weight(word), facet)) if facet else word
        return named if terms.exists(named) else word

    def parse(self, text: str, *, typing: bool = False) -> ast.Parsed:
        """Parse a text. With `typing`, its last word may be unfinished."""
        return _Parser(self, typing=typing).parse(text)


def in_title(field: str, words: Sequence[ast.QueryWord]) -> ast.InField:
    """Return the node for titles with all of these words, as alternatives of weight 1."""
    return ast.InField(field, tuple(map(_at_full_weight, words)))


def _at_full_weight(word: ast.QueryWord) -> ast.QueryWord:
    alternatives = tuple(each for each in word.alternatives if each.weight == 1)
    return word if len(alternatives) == len(word.alternatives) else replace(word, alternatives=alternatives)


QueryParserMaker: TypeAlias = Callable[[Mapping[str, object] | None], QueryParser]
"""Makes the parser of queries to a generation from its metadata (`Engine.meta`); they have the words of its documents.

It is made when the first query comes, because the names that it knows take a while to read.
"""


class _Placed(Struct, frozen=True):
    """A node, its place in the text, and the nodes of a group that must all match."""

    node: ast.Node
    span: _Span
    inner: tuple["_Placed", ...] = ()


class _Bracket(Struct):
    """An open bracket, or the whole query: its beginning, and its nodes so far."""

    begin: int = 0
    negated: bool = False
    placed: list[_Placed] = field(default_factory=list)
    either: bool = False  # the next node follows an OR

    def add(self, placed: _Placed, *, negated: bool = False) -> None:
        if negated:
            placed = _Placed(ast.Not(placed.node), placed.span)
        if self.either and self.placed:
            before = self.placed.pop()
            nodes = before.node.nodes if isinstance(before.node, ast.AnyOf) else (before.node,)
            placed = _Placed(ast.AnyOf((*nodes, placed.node)), (before.span[0], placed.span[1]))
        self.either = False
        self.placed.append(placed)


class _Parser:
    """Parses one query from left to right, with a stack of open brackets."""

    def __init__(self, parser: QueryParser, *, typing: bool) -> None:
        self._typing = typing
        self._parser = parser
        self._open = [_Bracket()]
        self._too_deep = 0  # ignored open brackets
        self._count = 0
        self._notices: dict[ast.Notice, None] = {}
        self._text = ""
        self._token: _Span = (0, 0)  # the place of the current token
        self._run: list[_Span] = []  # adjacent plain words: a name such as Step Functions may hold spaces

    def parse(self, text: str) -> ast.Parsed:
        if len(text) > MAX_CHARACTERS:
            self._notice("cut", text[MAX_CHARACTERS:])
        self._text = text = " ".join(text[:MAX_CHARACTERS].translate(_MARKS).split())
        ends_in_word = False
        for token in self._tokens():
            ends_in_word = bool(token["word"])
            self._token = token.span()
            self._take(token)
        self._end_run(typing=self._typing)
        while len(self._open) > 1:
            self._notice("unclosed", "(")
            self._close()
        top_level = tuple(_flat(self._open[0].placed))
        if not top_level and text:
            self._notice("literally", text)
            top_level = (_Placed(ast.QueryPhrase(folded(text)), (0, len(text))),)
        pieces = tuple(placed.node for placed in top_level if isinstance(placed.node, ast.QueryPiece))
        conditions = [placed for placed in top_level if not isinstance(placed.node, ast.QueryPiece)]
        spans = [placed.span for placed in conditions]
        is_last = bool(pieces) and pieces[-1] is top_level[-1].node and top_level[-1].span[1] == len(text)
        return ast.Parsed(
            pieces,
            tuple(placed.node for placed in conditions),
            tuple(ast.ConditionText(text[slice(*span)], _without(text, span)) for span in spans[:MAX_CONDITION_TEXTS]),
            tuple(self._notices),
            plain=_without(text, *spans),
            typed=self._typing and ends_in_word and is_last,
        )

    def _tokens(self) -> Iterator[re.Match[str]]:
        at = 0
        while token := _TOKEN.search(self._text, at):
            spaced = _TOKEN_WITH_GAP.match(self._text, token.start())
            if spaced and spaced["field"] and folded_name(spaced["field"]) in self._parser.fields:
                token = spaced
            yield token
            at = token.end()

    def _take(self, token: re.Match[str]) -> None:
        negated = bool(token["minus"])
        is_plain = token["word"] and not token["field"] and not negated
        if is_plain and not OPERATOR.fullmatch(token["word"]):
            self._run.append(token.span())
            return
        self._end_run()
        group = self._open[-1]
        if token["field"]:
            self._take_field(token)
        elif token["phrase"] is not None:
            if phrase := folded(token["phrase"]):
                group.add(_Placed(ast.QueryPhrase(phrase), self._token), negated=negated)
        elif token["open"]:
            self._open_bracket(negated=negated)
        elif token["close"]:
            self._close_bracket()
        elif token["quote"]:
            self._notice("unclosed", '"')
        elif token["bar"] or (not negated and folded_width(token["word"]) == "OR"):
            group.either = True
        elif negated:
            self._add_words(token["word"], negated=True)

    def _end_run(self, *, typing: bool = False) -> None:
        if not self._run:
            return
        (begin, _), (_, end) = self._run[0], self._run[-1]
        pieces = self._parser.words.pieces(self._text[begin:end])
        if typing and not pieces[-1].words and KANA.match(pieces[-1].text):  # て may become a word
            pieces = (*pieces[:-1], replace(pieces[-1], words=(as_written(pieces[-1].text, is_function_word=True),)))
        for piece in pieces:
            begin = max(self._text.find(piece.text, begin), begin)
            if words := self._counted(piece.words):
                span = (begin, begin + len(piece.text))
                self._open[-1].add(_Placed(ast.QueryPiece(piece.text, words), span))
            begin += len(piece.text)
        self._run.clear()

    def _take_field(self, token: re.Match[str]) -> None:
        negated = bool(token["minus"])
        value = token["phrase"] or token["word"] or ""
        meaning = self._parser.fields.get(folded_name(token["field"]))
        node = self._node(meaning, value) if meaning and value else None
        if node:
            self._open[-1].add(_Placed(node, self._token), negated=negated)
            return
        if meaning:
            self._notice("as words", f"{token['field']}:{value}")
        else:
            value = f"{token['field']} {value}"
        self._add_words(value, negated=negated)
        if token["open"]:
            self._open_bracket(negated=negated)

    def _node(self, meaning: QueryField, value: str) -> ast.Node | None:
        """Return the node for a value of a field, or None if the value is invalid there."""
        if meaning.of == "text":
            words = self._counted(self._parser.words.of(value))
            return ast.InField(meaning.name, words) if words else None
        if meaning.of == "facet":
            known = meaning.values.get(folded_name(value))
            if meaning.values and known is None:
                return None
            known = known or meaning.merged.get(folded_name(value))
            return ast.FacetIs(meaning.name, letters(value) or folded_name(value), (known,) if known else ())
        date = meaning.date(value)
        return ast.Dated(meaning.of, date) if date else None

    def _add_words(self, text: str, *, negated: bool) -> None:
        counted = ((piece.text, self._counted(piece.words)) for piece in self._parser.words.pieces(text))
        pieces = tuple(ast.QueryPiece(text, words) for text, words in counted if words)
        for node in (ast.AnyOf(pieces),) if negated and len(pieces) > 1 else pieces:
            self._open[-1].add(_Placed(node, self._token), negated=negated)

    def _counted(self, words: tuple[ast.QueryWord, ...]) -> tuple[ast.QueryWord, ...]:
        left = MAX_WORDS - self._count
        if len(words) > left:
            self._notice("too many words", words[left].text)
        self._count += len(words[:left])
        return words[:left]

    def _open_bracket(self, *, negated: bool) -> None:
        if len(self._open) > MAX_DEPTH:
            self._too_deep += 1
            self._notice("too deep", "(")
        else:
            self._open.append(_Bracket(self._token[0], negated=negated))

    def _close_bracket(self) -> None:
        if self._too_deep:
            self._too_deep -= 1
        elif len(self._open) == 1:
            self._notice("unclosed", ")")
        else:
            self._close()

    def _close(self) -> None:
        group = self._open.pop()
        if group.placed:
            span, inner = (group.begin, self._token[1]), tuple(group.placed)
            node = inner[0].node if len(inner) == 1 else ast.AllOf(tuple(placed.node for placed in inner))
            self._open[-1].add(_Placed(node, span, () if len(inner) == 1 else inner), negated=group.negated)

    def _notice(self, name: ast.NoticeName, text: str) -> None:
        self._notices[ast.Notice(name, text)] = None


def _without(text: str, *spans: _Span) -> str:
    """Return a text without spans, which are in order and may overlap."""
    parts, at = list[str](), 0
    for begin, end in (*spans, (len(text), len(text))):
        parts += text[at:begin].split()
        at = max(at, end)
    return " ".join(parts)


def _flat(nodes: Iterable[_Placed]) -> Iterator[_Placed]:
    """Yield nodes that must all match, with groups flattened."""
    for placed in nodes:
        if placed.inner:
            yield from _flat(placed.inner)
        else:
            yield placed
