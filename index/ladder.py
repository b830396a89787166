"""What a search does where a query finds little: one step after the other, each told and each to be refused.

First, words that stand nowhere are mended (`index.mending`). Then, while fewer than three documents have every word:
words that only carry the question are left out (`function`), parts of compounds are enough (`parts`), words that mean
nearly the same count (`related`), and at last some of the words are enough (`some`), provided that one document has
enough of what was asked, or is like it: a query without an answer ends in nothing.
"""

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct
from msgspec.structs import replace

from index.mending import Vocabulary, mend
from index.query import Step, StepName
from index.tree import QueryPiece, QueryWord
from index.words import QueryWords

if TYPE_CHECKING:
    from index.likeness import Likest

ENOUGH = 3  # documents: with one or two, those with some of the words are wanted too (0.575 without, 0.654 with)
# Of the weight of all words, that the best document must have; less in a long query. Here queries with an answer part
# from those without one: docs/relevance.md, "Knowing when there is no answer".
NEEDED_SHARE = 0.45
# The same with likeness, which counts so much beside: what is like enough needs none of the words.
NEEDED, LIKENESS_COUNTS = 0.61, 1.25
LEAST_SHARE = 0.1  # that any document must have

Loosen = Callable[[Sequence[QueryWord]], tuple[QueryWord, ...]]


class Source(Vocabulary, Protocol):
    """What the ladder asks of the documents that meet a query's conditions, whatever is selected."""

    def count(self, words: Sequence[QueryWord]) -> int:
        """Return how many documents have all of these words."""

    def best_share(self, words: Sequence[QueryWord]) -> float:
        """Return the greatest share of the words' weight that a document has."""

    def likest(self, pieces: Sequence[QueryPiece]) -> "Likest | None":
        """Return how like any document with what the query names is to all else it says, None where that is unknown."""


class Ascent(Struct, frozen=True):
    """How far a query went up: the pieces as mended, the words wanted, whether some are enough, and the steps.

    `alike` tells that documents may be found by likeness alone.
    """

    pieces: tuple[QueryPiece, ...]
    words: tuple[QueryWord, ...]
    some: bool = False
    alike: bool = False
    steps: tuple[Step, ...] = ()

    @property
    def mended(self) -> tuple[QueryWord, ...]:
        """The words as mended, before any was loosened."""
        return tuple(dict.fromkeys(word for piece in self.pieces for word in piece.words))

    @property
    def titles_words(self) -> tuple[QueryWord, ...]:
        """The words that a title must have to be found by them: as mended, without those that carry the question."""
        return tuple(word for word in self.mended if not word.function)


def climb(
    pieces: Sequence[QueryPiece], source: Source, words: QueryWords, without: Collection[StepName] = ()
) -> Ascent:
    """Return what to look for so that a query finds something, without the steps that are refused."""
    mended, steps = mend(pieces, source, words, without)
    wanted = tuple(dict.fromkeys(word for piece in mended for word in piece.words))
    found = source.count(wanted) if wanted else ENOUGH
    looser, untold = wanted, list[Step]()  # tried, and so far of no use
    for name, loosen in _rungs(words):
        if found < ENOUGH and name not in without:
            before, looser = looser, loosen(looser)
            lost = " ".join(word.text for word in before if word not in looser)
            if len(lost) > 1:  # nobody misses 性, or wants to be told of it
                untold.append(Step(name, lost))
            if (more := source.count(looser)) > found:
                found, wanted, steps, untold = more, looser, [*steps, *untold], []
    answered = _is_answered(mended, looser, source)
    some = len(looser) > 1 and answered and source.best_share(looser) >= LEAST_SHARE
    if found < ENOUGH and "some" not in without and some:
        return Ascent(mended, looser, some=True, alike=True, steps=(*steps, *untold, Step("some")))
    # What is like a single word is mostly like its letters: it is wanted only where the word itself finds little.
    certain = found >= ENOUGH and len(wanted) == 1 and not steps
    return Ascent(mended, wanted, alike=answered and not certain, steps=tuple(steps))


def _rungs(words: QueryWords) -> tuple[tuple[StepName, Loosen], ...]:
    return (
        ("function", _without_function_words),
        ("parts", _with_parts),
        ("related", lambda wanted: tuple(map(words.with_related, wanted))),
    )


def _without_function_words(words: Sequence[QueryWord]) -> tuple[QueryWord, ...]:
    return tuple(word for word in words if not word.function) or tuple(words)


def _with_parts(words: Sequence[QueryWord]) -> tuple[QueryWord, ...]:
    return tuple(replace(word, alternatives=(*word.alternatives, *word.parts)) for word in words)


def _is_answered(pieces: Sequence[QueryPiece], words: Sequence[QueryWord], source: Source) -> bool:
    likest, share = source.likest(pieces), source.best_share(words)
    if likest and share + LIKENESS_COUNTS * likest.cosine >= NEEDED:
        return True
    if likest and likest.of_all:
        return False
    return share >= NEEDED_SHARE * min(1, 2 / max(len(words) - 1, 1))
