"""Ranking: the signals that make up the score of a hit, the same for all engines (docs/relevance.md has experiments).

The score of a document is the sum of the parts of its signals (`parts`), rounded to six decimals. Scores that differ
only by the order of addition tie then in every engine. A cluster computes in single precision and rounds to five. The
strength of each signal in a document is:

- words: the sum over the query's words of the best alternative: its weight times the points of its terms.
- nearness: the points of the query's shingles, each of two adjacent words.
- coverage: the share of the words' total weight that the document has.
- likeness: the cosine of the document to the query (`index.similarity`), times the maximum points of all words.
- around: the section boost, the mean of the two greatest such products among the found documents of its section.
- exact: 1 if the document's text is the query's without conditions, of two words or more. One word is a subject, not a
  note.
- length: the logarithm of the number of words in the field whose length matters, capped at MAX_LENGTH. A note of two
  words answers nothing.
- boost: the document's own boost minus 1.

The points of a term are those of BM25F with rare terms favoured (`term_points`). The frequency of a term is summed over
the fields, each times the field's weight. If the field's length matters, that is divided by 1 - b + b * length / mean
length. A length under MIN_LENGTH counts as MIN_LENGTH, so that a label of two words does not win by its length.
"""

from collections.abc import Mapping
from math import log
from typing import Literal, TypeAlias, TypeVar

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

SignalName: TypeAlias = Literal["words", "nearness", "coverage", "exact", "likeness", "around", "length", "boost"]

# The number of one document, or an array for many.
Amount = TypeVar("Amount", float, NDArray[np.float64])


class Signal(Struct, frozen=True):
    """A signal of relevance, and its weight at strength 1.

    It adds weight * strength to the score, or multiplies the score of the signals before it by 1 + weight * strength.
    """

    name: SignalName
    weight: float
    effect: Literal["adds", "raises"]


SIGNALS = (
    Signal("words", 1.0, "adds"),
    Signal("nearness", 0.4, "adds"),  # nothing on notes, + 0.009 on jaquad
    Signal("coverage", 0.5, "raises"),  # + 0.005
    Signal("exact", 0.5, "raises"),  # enough for the exact note to precede notes that have its words by chance
    Signal("likeness", 2.0, "adds"),  # the most similar documents have a cosine of 0.5: as much as all words
    Signal("around", 1.0, "adds"),  # two notes of a section support each other (+ 0.019, samples + 0.014)
    Signal("length", 0.12, "raises"),  # + 0.02, and the first hit is useful for 3 more of 100 queries
    Signal("boost", 1.0, "raises"),
)
"""All signals in order of computation. The figures here and below are nDCG@10 from docs/relevance.md."""
WEIGHTS = {signal.name: signal.weight for signal in SIGNALS}

DECIMALS = 6  # of a score; the order of addition changes the twelfth
MIN_LENGTH = 12  # words; together with a trail without length 0.565 instead of 0.537
MAX_LENGTH = 40  # words
MAX_OF_SECTION = 2  # documents of a section in its boost
# BM25's k1, which limits the effect of term frequency. The usual 1.2 is for pages, not for one-line texts (0.531).
SATURATION = 0.5
_IDF_EXPONENT = 1.3  # + 0.002
_ABSENT_FACTOR = 1.5  # with 2 the best note may lack more words, but 5 of 40 real answers are still refused


def parts(strengths: Mapping[SignalName, Amount]) -> dict[SignalName, Amount]:
    """Return the part of the score of each signal that has a strength; the parts add up to the score."""
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
    """Return the points of a term of this frequency in a document, which `having` of all `documents` have."""
    return rarity(documents, having) * frequency / (frequency + SATURATION)


def rarity(documents: int, having: int) -> float:
    """Return the limit of the points of a term as its frequency grows."""
    points: float = _idf(documents, having) ** _IDF_EXPONENT
    return points


def length_strength(words: Amount) -> Amount:
    """Return the strength of `length` for a field with this many words."""
    strength: Amount = np.log(np.clip(words, 1, MAX_LENGTH))
    return strength


def max_points(documents: int, having: int) -> float:
    """Return the maximum points of a word that `having` of all `documents` have; an unknown word counts as rare."""
    return rarity(documents, max(having, 1))


def word_weight(documents: int, having: int) -> float:
    """Return the weight of a word that `having` of all `documents` have.

    An unknown word weighs more: an index that never mentions half of a question hardly answers it.
    """
    return _idf(documents, having) * (1 if having else _ABSENT_FACTOR)


def _idf(documents: int, having: int) -> float:
    """Return the inverse document frequency, which is never negative, unlike Okapi's in small indexes."""
    return log(1 + (documents - having + 0.5) / (having + 0.5))
