"""What a search does where few documents have every word of a query: one step after the other, each told and refusable.

First, words that stand nowhere are corrected (`index.query_correction`). Then, while fewer than three documents have
every word: words that only carry the question are left out (`function`), parts of compounds are enough (`parts`), and
words that mean nearly the same count (`related`). What has only some of the words, or is like them, is near
(`Results.near`).
"""

from collections.abc import Callable, Collection, Sequence
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from index.query import Step, StepName
from index.query_correction import Vocabulary, correct
from index.tree import QueryPiece, QueryWord
from index.words import QueryWords

ENOUGH = 3  # documents
LEAST_SHARE = 0.1  # of the weight of a query's words, that a document must have to be near by them

Loosen = Callable[[Sequence[QueryWord]], tuple[QueryWord, ...]]


class Source(Vocabulary, Protocol):
    """What relaxation asks of the documents that meet a query's conditions, whatever is selected."""

    def count(self, words: Sequence[QueryWord]) -> int:
        """Return how many documents have all of these words."""


class Relaxation(Struct, frozen=True):
    """How far a query went up: the pieces as mended, the words wanted, those that tell what is near, and the steps."""

    pieces: tuple[QueryPiece, ...]
    words: tuple[QueryWord, ...]
    loosest: tuple[QueryWord, ...] = ()
    steps: tuple[Step, ...] = ()

    @property
    def corrected(self) -> tuple[QueryWord, ...]:
        """The words as mended, before any was loosened."""
        return tuple(dict.fromkeys(word for piece in self.pieces for word in piece.words))

    @property
    def titles_words(self) -> tuple[QueryWord, ...]:
        """The words that a title must have to be found by them: as mended, without those that carry the question."""
        return tuple(word for word in self.corrected if not word.function)


def relax(
    pieces: Sequence[QueryPiece], source: Source, words: QueryWords, without: Collection[StepName] = ()
) -> Relaxation:
    """Return what to look for so that a query finds something, without the steps that are refused."""
    corrected, steps = correct(pieces, source, words, without)
    wanted = tuple(dict.fromkeys(word for piece in corrected for word in piece.words))
    found = source.count(wanted) if wanted else ENOUGH
    looser, untold = wanted, list[Step]()  # tried, and so far of no use
    for name, loosen in _relaxation_steps(words):
        if name in without:
            continue
        before, looser = looser, loosen(looser)
        if found < ENOUGH:
            lost = " ".join(word.text for word in before if word not in looser)
            if len(lost) > 1:  # nobody misses 性, or wants to be told of it
                untold.append(Step(name, lost))
            if (more := source.count(looser)) > found:
                found, wanted, steps, untold = more, looser, [*steps, *untold], []
    return Relaxation(corrected, wanted, looser, tuple(steps))


def _relaxation_steps(words: QueryWords) -> tuple[tuple[StepName, Loosen], ...]:
    return (
        ("function", _without_function_words),
        ("parts", _with_parts),
        ("related", lambda wanted: tuple(map(words.with_related, wanted))),
    )


def _without_function_words(words: Sequence[QueryWord]) -> tuple[QueryWord, ...]:
    return tuple(word for word in words if not word.function) or tuple(words)


def _with_parts(words: Sequence[QueryWord]) -> tuple[QueryWord, ...]:
    return tuple(replace(word, alternatives=(*word.alternatives, *word.parts)) for word in words)
