"""The notes of several note takers on one talk, aligned: notes that say the same are in one row."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from index.text import letters
from kb.report.model import Note

Similarity: TypeAlias = Callable[[Sequence[Note], Sequence[Note]], Sequence[Sequence[float]]]
"""Returns the cosine of each note with each of the others, empty without vectors."""

# Two notes say the same from this mean of both measures on, or from this share of words on without vectors. F1 is
# highest there, 0.97 and 0.94, on a report of which two people each left out and reworded a third; half of the
# threshold gives 0.93 and 0.92, twice of it 0.90 and 0.87 (tests/kb/pipeline/test_alignment.py).
_MIN_MEAN, _MIN_WORDS = 0.36, 0.25
_MAX_NOTES = 500  # notes of a note taker that are compared; a talk has thirty


@dataclass(frozen=True, slots=True)
class Row:
    """The notes that say the same, one of each note taker in their order, None for a taker without one.

    `words` is the share of bigrams that the notes have in common, `similarity` their cosine. Both are those of the
    least similar pair, and None in a row of one note; `similarity` also without vectors.
    """

    notes: tuple[Note | None, ...]
    words: float | None = None
    similarity: float | None = None


@dataclass(slots=True, eq=False)
class _MutableRow:
    """A row that more notes may join."""

    notes: list[Note | None]
    words: float | None = None
    similarity: float | None = None


def aligned(note_takers: Sequence[Sequence[Note]], similarity: Similarity) -> tuple[Row, ...]:
    """Return the notes of all note takers in rows, in reading order."""
    rows: list[_MutableRow] = []
    for number, notes in enumerate(note_takers):
        same = _same(rows, notes, similarity)
        for row in rows:
            row.notes.append(None)
        here = 0  # the row before which the next new row goes
        for place, note in enumerate(notes):
            if place in same:
                row, words, cosine = same[place]
                row.notes[-1] = note
                row.words = min(words, 1.0 if row.words is None else row.words)
                if cosine is not None:
                    row.similarity = min(cosine, 1.0 if row.similarity is None else row.similarity)
                here = rows.index(row) + 1
            else:
                rows.insert(here, _MutableRow([*[None] * number, note]))
                here += 1
    return tuple(Row(tuple(row.notes), row.words, row.similarity) for row in rows)


def _same(
    rows: Sequence[_MutableRow], notes: Sequence[Note], similarity: Similarity
) -> dict[int, tuple[_MutableRow, float, float | None]]:
    """Match notes with the notes of existing rows, most similar pairs first. Return the row of each matched note."""
    known = [(row, note) for row in rows for note in row.notes if note][:_MAX_NOTES]
    compared = notes[:_MAX_NOTES]
    if not known or not compared:
        return {}
    words = _common_words([note.text for _, note in known], [note.text for note in compared])
    cosines = similarity([note for _, note in known], compared)
    threshold = _MIN_MEAN if cosines else _MIN_WORDS
    pairs = []
    for number, (row, _) in enumerate(known):
        for place in range(len(compared)):
            shared = words[number].get(place, 0.0)
            cosine = cosines[number][place] if cosines else None
            score = shared if cosine is None else (shared + cosine) / 2
            if score >= threshold:
                distance = abs(number / len(known) - place / len(compared))  # of equal scores the nearer pair wins
                pairs.append((-score, distance, number, place, row, shared, cosine))
    same: dict[int, tuple[_MutableRow, float, float | None]] = {}
    taken: set[_MutableRow] = set()
    for _, _, _, place, row, shared, cosine in sorted(pairs, key=lambda pair: pair[:4]):
        if place not in same and row not in taken:
            same[place] = (row, shared, cosine)
            taken.add(row)
    return same


def _common_words(texts: Sequence[str], others: Sequence[str]) -> list[dict[int, float]]:
    """Return for each text its share of common bigrams (0 to 1) with each other text, by index."""
    own, other = [list(map(_bigrams, group)) for group in (texts, others)]
    places: defaultdict[str, list[int]] = defaultdict(list)
    for place, bigrams in enumerate(other):
        for bigram in bigrams:
            places[bigram].append(place)
    shares = []
    for bigrams in own:
        common: Counter[int] = Counter()
        for bigram, times in bigrams.items():
            for place in places[bigram]:
                common[place] += min(times, other[place][bigram])
        shares.append(
            {
                place: n / (bigrams.total() * other[place].total()) ** 0.5
                for place, n in common.items()
                # A single common bigram, as from 「の話」, does not count unless one text has no other.
                if n > 1 or n == min(bigrams.total(), other[place].total())
            }
        )
    return shares


def _bigrams(text: str) -> Counter[str]:
    """Return the bigrams of a text without long vowel marks: they compare words however these are tokenised."""
    plain = letters(text).replace("ー", "") or text
    return Counter(plain[i : i + 2] for i in range(max(len(plain) - 1, 1)))
