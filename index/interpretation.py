"""Interprets a query's text over one generation: parse, complete, correct, relax. The result is a value.

Relaxation takes three steps while fewer than ENOUGH documents match every word. It drops function words (`function`),
accepts parts of compounds (`parts`), and accepts related words (`related`). Each step is shown and can be refused.
Documents that match only some of the words, or are similar to the text, are near (`Results.near`).
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cache, partial
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from index.engine import Reason
from index.query import Query, Step, StepName
from index.query_ast import InField, Key, Node, Parsed, QueryWord, terms_of, words_in
from index.query_completion import with_completions
from index.query_correction import correct
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
    required: tuple[Node, ...] = ()  # a found document matches all of them and the conditions


class Interpretation(Struct, frozen=True):
    """The text of a query over one generation: its AST, and the corrections and relaxations that led to it."""

    parsed: Parsed
    text: str  # as corrected, without conditions
    corrected: _Words  # before relaxation
    content_words: _Words  # of these, without function words
    relaxation: Relaxation
    steps: tuple[Step, ...]  # of correction and relaxation
    shingles: tuple[Key, ...]  # of the corrected text
    title: InField | None  # a title (`Schema.titles`) is found by itself if it matches

    @property
    def condition_words(self) -> _Words:
        """The words in conditions; they too add to the score."""
        return tuple(word for node in self.parsed.conditions for word in words_in(node))

    @property
    def terms(self) -> frozenset[str]:
        """The terms of all searched words, those in conditions included."""
        return terms_of((*self.relaxation.words, *self.condition_words))

    @property
    def near_terms(self) -> frozenset[str]:
        """The terms of the words that make a document near."""
        return terms_of(self.relaxation.loosest)


def interpret(query: Query, parser: QueryParser, terms: TermIndex) -> Interpretation:
    """Interpret the text of a query over the generation with these terms."""
    words, titles = parser.words, terms.schema.titles
    parsed = parser.parse(query.text, typing=query.typing)
    pieces = with_completions(parsed.pieces, terms, words) if parsed.typed else parsed.pieces
    pieces, corrections = correct(pieces, terms, words, query.without)
    corrected = tuple(dict.fromkeys(word for piece in pieces for word in piece.words))
    relaxation = relax(corrected, parsed.conditions, parser, terms, query.without)
    text = " ".join(piece.text for piece in pieces)
    content_words = tuple(word for word in corrected if not word.is_function_word)
    return Interpretation(
        parsed=parsed,
        text=text,
        corrected=corrected,
        content_words=content_words,
        relaxation=relaxation,
        steps=(*corrections, *relaxation.steps),
        shingles=words.shingles(text),
        title=InField(titles[1], content_words) if titles and content_words else None,
    )


def relax(
    words: _Words, conditions: tuple[Node, ...], parser: QueryParser, terms: TermIndex, without: Collection[StepName]
) -> Relaxation:
    """Return the words loosened step by step until ENOUGH documents match, without the refused steps.

    A step that finds no more documents is taken only together with a later one that does.
    """
    if not words:
        return Relaxation(words=(), loosest=(), steps=())
    loosenings: tuple[tuple[StepName, Callable[[_Words], _Words]], ...] = (
        ("function", lambda before: tuple(word for word in before if not word.is_function_word) or before),
        ("parts", lambda before: tuple(replace(word, alternatives=word.alternatives + word.parts) for word in before)),
        ("related", lambda before: tuple(map(parser.words.with_related, before))),
    )
    steps, stages = list[Step](), [words]  # the allowed steps; the words as given, then after each step
    for name, loosen in loosenings:
        if name not in without:
            before, after = stages[-1], loosen(stages[-1])
            steps.append(Step(name, " ".join(word.text for word in before if word not in after)))
            stages.append(after)
    required = cache(partial(parser.required, terms=terms))  # most steps change no word
    found = terms.count((*conditions, *required(words)))
    taken = 0
    for number, loosened in enumerate(stages[1:], start=1):
        if found >= ENOUGH:
            break
        more = terms.count((*conditions, *required(loosened)))
        if more > found:
            found, taken = more, number
    return Relaxation(
        words=stages[taken],
        loosest=stages[-1],
        steps=tuple(step for step in steps[:taken] if len(step.text) > 1),  # 性 is not worth showing
        required=required(stages[taken]),
    )


def may_have_near(query: Query, interpretation: Interpretation, parser: QueryParser, terms: TermIndex) -> bool:
    """Return whether near documents are allowed, and any word is in a document, names a facet value, or is real.

    Otherwise the query is noise, and documents similar to it are noise too.
    """
    words = interpretation.relaxation.loosest
    if "near" in query.without or not words:
        return False
    is_known = any(terms.exists(word) or parser.named(word.text) for word in words)
    return is_known or parser.words.has_real_word(interpretation.parsed.plain)


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
