"""What a search does where a query finds little: one step after the other, each told and each to be refused.

First, words that stand nowhere are mended (`index.mending`). Then, while fewer than three documents have every word: words that
only carry the question are left out (`function`), parts of compounds are enough (`parts`), words that mean nearly the same
count (`related`), and at last some of the words are enough (`some`), provided that one document has enough of what was asked: a
query without an answer ends in nothing.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from index.mending import Vocabulary, mend
from index.query import Step, StepName
from index.tree import Piece, Word
from index.words import Words

ENOUGH = 3
NEEDED_SHARE = 0.45  # of the weight of all words, that the best document must have; less in a long query
LEAST_SHARE = 0.1  # that any document must have

Loosen = Callable[[Sequence[Word]], tuple[Word, ...]]


class Source(Vocabulary, Protocol):
    """What the ladder asks of the documents that meet a query's conditions, whatever is selected."""

    def count(self, words: Sequence[Word]) -> int:
        """Return how many documents have all of these words."""

    def best_share(self, words: Sequence[Word]) -> float:
        """Return the greatest share of the words' weight that a document has."""


@dataclass(frozen=True, slots=True)
class Climbed:
    """How far the ladder went: the pieces as mended, the words that are wanted, whether some are enough, and the steps."""

    pieces: tuple[Piece, ...]
    words: tuple[Word, ...]
    some: bool = False
    steps: tuple[Step, ...] = ()


def climb(pieces: Sequence[Piece], source: Source, words: Words, without: Collection[StepName] = ()) -> Climbed:
    """Return what to look for so that a query finds something, without the steps that are refused."""
    mended, steps = mend(pieces, source, words, without)
    wanted = tuple(dict.fromkeys(word for piece in mended for word in piece.words))
    found = source.count(wanted) if wanted else ENOUGH
    looser, untold = wanted, list[Step]()  # tried, and so far of no use
    for name, loosen in _rungs(words):
        if found < ENOUGH and name not in without:
            before, looser = looser, loosen(looser)
            if looser != before:
                untold.append(Step(name, " ".join(word.text for word in before if word not in looser)))
            if (more := source.count(looser)) > found:
                found, wanted, steps, untold = more, looser, [*steps, *untold], []
    if found < ENOUGH and "some" not in without and _some_are_enough(looser, source):
        return Climbed(mended, looser, some=True, steps=(*steps, *untold, Step("some")))
    return Climbed(mended, wanted, steps=tuple(steps))


def _rungs(words: Words) -> tuple[tuple[StepName, Loosen], ...]:
    return (
        ("function", _without_function_words),
        ("parts", _with_parts),
        ("related", lambda wanted: tuple(map(words.with_related, wanted))),
    )


def _without_function_words(words: Sequence[Word]) -> tuple[Word, ...]:
    return tuple(word for word in words if not word.function) or tuple(words)


def _with_parts(words: Sequence[Word]) -> tuple[Word, ...]:
    return tuple(replace(word, alternatives=(*word.alternatives, *word.parts)) for word in words)


def _some_are_enough(words: Sequence[Word], source: Source) -> bool:
    needed = NEEDED_SHARE * min(1, 2 / max(len(words) - 1, 1))
    return len(words) > 1 and source.best_share(words) >= needed
