"""What a search does where few documents have every word of a query: step after step, each shown and refusable.

First, words that stand nowhere are corrected (`index.query_correction`). Then, while fewer than ENOUGH documents have
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
from index.tree import QueryPiece, QueryWord, distinct_words
from index.words import QueryWords

ENOUGH = 3  # documents: who has fewer wants more
LEAST_SHARE = 0.1  # of the weight of a query's words, that a document must have to be near by them

Loosen = Callable[[tuple[QueryWord, ...]], tuple[QueryWord, ...]]


class Source(Vocabulary, Protocol):
    """What relaxation asks of the documents that meet a query's conditions, whatever is selected."""

    def count(self, words: Sequence[QueryWord]) -> int:
        """Return how many documents have all of these words."""


class Relaxation(Struct, frozen=True):
    """The outcome: pieces as corrected, the words wanted, those by which documents are near, and the steps taken."""

    pieces: tuple[QueryPiece, ...]
    words: tuple[QueryWord, ...]
    loosest: tuple[QueryWord, ...]
    steps: tuple[Step, ...]

    @property
    def corrected(self) -> tuple[QueryWord, ...]:
        """The words as corrected, before any was loosened."""
        return distinct_words(self.pieces)

    @property
    def title_words(self) -> tuple[QueryWord, ...]:
        """The words that a title must have to be found by them: as corrected, without function words."""
        return tuple(word for word in self.corrected if not word.is_function_word)


def relax(pieces: Sequence[QueryPiece], source: Source, words: QueryWords, without: Collection[StepName]) -> Relaxation:
    """Return what to look for so that a query finds something, without the steps that are refused."""
    loosenings: tuple[tuple[StepName, Loosen], ...] = (
        ("function", lambda some: tuple(word for word in some if not word.is_function_word) or some),
        ("parts", lambda some: tuple(replace(one, alternatives=(*one.alternatives, *one.parts)) for one in some)),
        ("related", lambda some: tuple(map(words.with_related, some))),
    )
    corrected, steps = correct(pieces, source, words, without)
    wanted = looser = distinct_words(corrected)
    found = source.count(wanted) if wanted else ENOUGH
    pending = list[Step]()  # tried, and so far of no use
    for name, loosen in loosenings:
        if name in without:
            continue
        before, looser = looser, loosen(looser)
        if found < ENOUGH:
            lost = " ".join(word.text for word in before if word not in looser)
            if len(lost) > 1:  # nobody misses 性, or wants to read of it
                pending.append(Step(name, lost))
            if (more := source.count(looser)) > found:
                found, wanted, steps, pending = more, looser, [*steps, *pending], []
    return Relaxation(corrected, wanted, looser, tuple(steps))
