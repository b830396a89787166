"""Interprets a query's text over one generation: parse, complete, correct, relax. The result is a value.

Relaxation: while fewer than ENOUGH documents match every word, function words are dropped (`function`), parts of
compounds suffice (`parts`), and related words count (`related`). Each step is shown and can be refused. Documents that
match only some of the words, or are similar to the text, are near (`Results.near`).
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from index.engine import MAX_NEAR_HITS, Reason
from index.query import Query, Step, StepName
from index.query_ast import InField, Key, Node, Parsed, QueryWord, distinct_words, terms_of, words_in
from index.query_correction import correct, with_completions
from index.query_parser import QueryParser
from index.ranking import SignalName
from index.terms import TermIndex

ENOUGH = 3  # documents; a query that finds fewer is relaxed
MIN_NEAR_SHARE = 0.1  # of the weight of the query's words, which a document needs to be near by words

_Words: TypeAlias = tuple[QueryWord, ...]


class Relaxation(Struct, frozen=True):
    """The words of a query after relaxation, and the steps that were taken."""

    words: _Words  # a found document matches all of them
    loosest: _Words  # after every allowed step: a near document matches some of them
    steps: tuple[Step, ...]


class Interpretation(Struct, frozen=True):
    """A query's text as one generation understands it: an AST, and how it was reached."""

    parsed: Parsed
    text: str  # as corrected, without conditions
    corrected: _Words  # before relaxation
    relaxation: Relaxation
    steps: tuple[Step, ...]  # of correction and relaxation
    required: tuple[Node, ...]  # a found document matches all of them and the conditions
    shingles: tuple[Key, ...]  # of the corrected text
    title: InField | None  # matches the titles that are found by themselves; None if nothing is asked of them

    @property
    def condition_words(self) -> _Words:
        """The words in conditions; they too add to the score."""
        return tuple(word for node in self.parsed.conditions for word in words_in(node))

    @property
    def terms(self) -> frozenset[str]:
        """The terms of all words that were looked for, those in conditions included."""
        return terms_of((*self.relaxation.words, *self.condition_words))

    @property
    def near_terms(self) -> frozenset[str]:
        """The terms of the words that make a document near."""
        return terms_of(self.relaxation.loosest)


def interpret(query: Query, parser: QueryParser, terms: TermIndex) -> Interpretation:
    """Return what the text of a query means in the index of these terms."""
    words, titles = parser.words, terms.schema.titles
    parsed = parser.parse(query.text, typing=query.typing)
    pieces = with_completions(parsed.pieces, terms, words) if parsed.typed else parsed.pieces
    pieces, corrections = correct(pieces, terms, words, query.without)
    corrected = distinct_words(pieces)
    relaxation = relax(corrected, parsed.conditions, parser, terms, query.without)
    text = " ".join(piece.text for piece in pieces)
    title_words = tuple(word for word in corrected if not word.is_function_word)
    return Interpretation(
        parsed=parsed,
        text=text,
        corrected=corrected,
        relaxation=relaxation,
        steps=(*corrections, *relaxation.steps),
        required=parser.required(relaxation.words, terms),
        shingles=words.shingles(text),
        title=InField(titles[1], title_words) if titles and title_words else None,
    )


def relax(
    words: _Words, conditions: tuple[Node, ...], parser: QueryParser, terms: TermIndex, without: Collection[StepName]
) -> Relaxation:
    """Return the words loosened step by step until ENOUGH documents match, without the refused steps."""
    loosenings: tuple[tuple[StepName, Callable[[_Words], _Words]], ...] = (
        ("function", lambda before: tuple(word for word in before if not word.is_function_word) or before),
        ("parts", lambda before: tuple(replace(word, alternatives=word.alternatives + word.parts) for word in before)),
        ("related", lambda before: tuple(map(parser.words.with_related, before))),
    )
    loosest, steps = words, list[Step]()
    found = terms.count((*conditions, *parser.required(words, terms))) if words else ENOUGH
    pending = list[Step]()  # tried, but without more documents so far
    for name, loosen in loosenings:
        if name in without:
            continue
        before, loosest = loosest, loosen(loosest)
        if found >= ENOUGH:
            continue
        changed = " ".join(word.text for word in before if word not in loosest)
        if len(changed) > 1:  # a single character, such as 性, is not worth showing
            pending.append(Step(name, changed))
        more = terms.count((*conditions, *parser.required(loosest, terms)))
        if more > found:
            found, words, steps, pending = more, loosest, [*steps, *pending], []
    return Relaxation(words, loosest, tuple(steps))


def may_have_near(query: Query, words: Iterable[QueryWord], terms: TermIndex) -> bool:
    """Return whether near documents are allowed, and any document matches one of the words: otherwise they are noise.

    `words` are the loosest ones.
    """
    return "near" not in query.without and any(map(terms.exists, words))


def near_limit(query: Query, total: int) -> int:
    """Return how many near documents at most follow the window of a query with `total` hits; 0 if more hits follow."""
    limit = query.limit or 0
    return min(limit, MAX_NEAR_HITS) if query.offset < max(total, 1) <= query.offset + limit else 0


def reasons(words: Iterable[Reason], parts: Mapping[SignalName, float], cosine: float | None) -> tuple[Reason, ...]:
    """Return the reasons of a hit, largest first: those of its words, and the part of each other signal.

    `cosine` is the document's to the query, None if unknown.
    """
    signals = (
        Reason(signal, points, cosine=cosine if signal == "likeness" else None)
        for signal, points in parts.items()
        if signal != "words"
    )
    return tuple(sorted((reason for reason in (*words, *signals) if reason.points), key=lambda reason: -reason.points))
