"""How hits are ranked: the formula and its figures, the same for every engine. docs/relevance.md tells what was tried.

The score of a document is the sum of

- for each wanted word, the most that one of its alternatives gives: its weight times the points of its terms;
- for the pairs, grams and sounds of the query's text: their points times `HELPERS`;

times 1 + COVERAGE * share, the share being that of the words' weight which the document has, times EXACT where the document's text
is the query's, two words or more (who types a whole note means it; one word is a subject), times the document's own boost; rounded
to six places, so that what differs only by the order of addition ties in every engine.

The points of a term are those of BM25F with rare terms favoured: idf ** RARITY * tf / (tf + K1), where tf sums, over the fields, the field's weight times the term's
frequency there, divided by 1 - b + b * length / mean length for a field whose length matters; idf is ln(1 + (N - n + 0.5) / (n +
0.5)), n being the number of documents with the term in a field that finds. A length under SHORTEST counts as SHORTEST, so that
a label of two words does not win by being short. The weight of a word is the idf of the documents that have it, and
more for one that none has: an index that never speaks of half of a question hardly answers it.
"""

from collections.abc import Mapping
from math import log

from index.analysis import TermKind

K1 = 0.5
SHORTEST = 12
RARITY = 1.3
COVERAGE = 0.5
EXACT = 1.5
HELPERS: Mapping[TermKind, float] = {"pair": 0.4, "gram": 0.3}
ABSENT = 1.5
PLACES = 6


def idf(documents: int, having: int) -> float:
    """Return how much it tells that a document has what `having` of all `documents` have."""
    return log(1 + (documents - having + 0.5) / (having + 0.5))


def word_weight(documents: int, having: int) -> float:
    """Return the weight of a word that `having` of all `documents` have."""
    return idf(documents, having) * (1 if having else ABSENT)
