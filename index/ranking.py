"""How hits are ranked: the signals that make a score, the same for every engine (docs/relevance.md: what was tried).

The score of a document is what its signals give, one after the other (`SIGNALS`), rounded to six places, so that what
differs only by the order of addition ties in every engine; to five on a cluster, which has single precision. How
strong each signal is in a document:

- words: for each wanted word the most that one of its alternatives gives: its weight times the points of its terms.
- nearness: the points of the query's shingles, two words that follow each other.
- coverage: the share of the words' weight that the document has.
- likeness: the cosine of the document to the query (`index.similarity`), times what all words of the query may give at
  most.
- around, the section boost: the same of the two nearest that are found in the document's section, itself among them,
  half of each.
- exact: 1 where the document's text is the query's without its conditions, of two words or more (one word is a
  subject, not a note).
- length: the logarithm of how many words the field has whose length matters, of more than LONGEST as if of so many: a
  note of two words answers nothing.
- boost: what the document's own boost is above 1.

The points of a term are those of BM25F with rare terms favoured (`term_points`), from its frequency summed over the
fields: the field's weight times the term's frequency there, divided by 1 - b + b * length / mean length for a field
whose length matters. A length under SHORTEST counts as SHORTEST, so that a label of two words does not win by being
short.
"""

from collections.abc import Mapping
from math import log
from typing import Literal, TypeAlias, TypeVar

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

SignalName: TypeAlias = Literal["words", "nearness", "coverage", "exact", "likeness", "around", "length", "boost"]

# One document's number, or those of all documents at once.
Amount = TypeVar("Amount", float, NDArray[np.float64])


class Signal(Struct, frozen=True):
    """Something that speaks for a document, and its weight: what it counts where it is 1 strong.

    It adds that to the score, or raises what the signals before it gave by that share.
    """

    name: SignalName
    weight: float
    effect: Literal["adds", "raises"]


SIGNALS = (
    Signal("words", 1.0, "adds"),
    Signal("nearness", 0.4, "adds"),  # nothing on notes, + 0.009 on jaquad
    Signal("coverage", 0.5, "raises"),  # + 0.005
    Signal("exact", 0.5, "raises"),  # enough for a note of many words to come before those that have them by chance
    Signal("likeness", 2.0, "adds"),  # the most like have 0.5 of it: as much as one with all words
    Signal("around", 1.0, "adds"),  # two notes of a section speak for each other (+ 0.019, samples + 0.014)
    Signal("length", 0.12, "raises"),  # + 0.02, and the first hit is useful in 3 of 100 more
    Signal("boost", 1.0, "raises"),
)
"""All signals in the order in which they enter the score. The figures here and below are of docs/relevance.md."""
WEIGHTS = {signal.name: signal.weight for signal in SIGNALS}

PLACES = 6  # of a score; orders of addition differ in the twelfth
SHORTEST = 12  # words; together with no length in the trail 0.565 instead of 0.537
LONGEST = 40  # words
MAX_OF_SECTION = 2  # documents of a section that count
# How soon more of a term counts no more, BM25's k1: its usual 1.2 is for pages, not for texts of a line (0.531).
SATURATION = 0.5
_RARITY = 1.3  # + 0.002
_ABSENT = 1.5  # with 2 the best note needs less of the words, and 5 of 40 real answers are refused all the same


def parts(strengths: Mapping[SignalName, Amount]) -> dict[SignalName, Amount]:
    """Return each signal's part of the score; the parts add up to it. A signal without a strength has none."""
    points: dict[SignalName, Amount] = {}
    total = 0 * strengths["words"]
    for signal in SIGNALS:
        if signal.name not in strengths:
            continue
        part = signal.weight * strengths[signal.name]
        points[signal.name] = part = part * total if signal.effect == "raises" else part
        total = total + part
    return points


def term_points(documents: int, having: int, frequency: Amount) -> Amount:
    """Return the points of a term that is so frequent; `having` of all `documents` have it in a field that finds."""
    return rarity(documents, having) * frequency / (frequency + SATURATION)


def rarity(documents: int, having: int) -> float:
    """Return the points that a term would give were it frequent without end."""
    points: float = _idf(documents, having) ** _RARITY
    return points


def length_strength(words: Amount) -> Amount:
    """Return how much it speaks for a document that a field of it has so many words."""
    strength: Amount = np.log(np.clip(words, 1, LONGEST))
    return strength


def most_points(documents: int, having: int) -> float:
    """Return what a word that `having` of all `documents` have may give at most; one that none has counts as rare."""
    return rarity(documents, max(having, 1))


def word_weight(documents: int, having: int) -> float:
    """Return the weight of a word that `having` of all `documents` have.

    It is more for one that none has: an index that never speaks of half of a question hardly answers it.
    """
    return _idf(documents, having) * (1 if having else _ABSENT)


def _idf(documents: int, having: int) -> float:
    """Return how much it tells that a document has a term: never below 0, as Okapi's own is in small indexes."""
    return log(1 + (documents - having + 0.5) / (having + 0.5))
