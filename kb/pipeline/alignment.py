"""The notes of several people on one talk, side by side: what they all noted, and what only one of them did."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from index.text import letters
from kb.report.model import Note

Similarity: TypeAlias = Callable[[Sequence[Note], Sequence[Note]], Sequence[Sequence[float]]]
"""What gives the cosine of each of some notes to each of others; nothing where there are no vectors."""

# Two notes say the same where the mean of both measures is so high, or words alone where there are no vectors. F1 is
# highest there, 0.97 and 0.94, of the notes of a report that two people left out and reworded a third of each; half
# or twice of it gives 0.93 and 0.92, or 0.90 and 0.87 (tests/kb/pipeline/test_alignment.py).
_SAME, _SAME_WORDS = 0.36, 0.25
_MOST = 500  # notes of a note taker that are compared with those of others; a talk has thirty


@dataclass(frozen=True, slots=True)
class Row:
    """What each note taker noted of one thing, in their order, None where that is nothing.

    `words` tells which share of their words the notes have in common, `similarity` the cosine of what they mean, both
    of the least alike where there are more than two; None for a note that stands alone or, of similarity, has no
    vector.
    """

    notes: tuple[Note | None, ...]
    words: float | None = None
    similarity: float | None = None


@dataclass(slots=True, eq=False)
class _Open:
    """A row that more notes may come to."""

    notes: list[Note | None]
    words: float | None = None
    similarity: float | None = None

    def join(self, note: Note, words: float, similarity: float | None) -> None:
        """Take a note that says the same."""
        self.notes[-1] = note
        self.words = min(words, 1.0 if self.words is None else self.words)
        if similarity is not None:
            self.similarity = min(similarity, 1.0 if self.similarity is None else self.similarity)


def aligned(note_takers: Sequence[Sequence[Note]], similarity: Similarity) -> tuple[Row, ...]:
    """Return the notes of all note takers, each once: what says the same in one row, in reading order."""
    rows: list[_Open] = []
    for number, notes in enumerate(note_takers):
        same = _same(rows, notes, similarity)
        for row in rows:
            row.notes.append(None)
        here = 0  # where the next note goes that nobody else took
        for place, note in enumerate(notes):
            if place in same:
                row, words, cosine = same[place]
                row.join(note, words, cosine)
                here = rows.index(row) + 1
            else:
                rows.insert(here, _Open([*[None] * number, note]))
                here += 1
    return tuple(Row(tuple(row.notes), row.words, row.similarity) for row in rows)


def _same(
    rows: Sequence[_Open], notes: Sequence[Note], similarity: Similarity
) -> dict[int, tuple[_Open, float, float | None]]:
    """Return which note says the same as which row, by its place: the surest first, each once."""
    known = [(row, note) for row in rows for note in row.notes if note][:_MOST]
    some = notes[:_MOST]
    words = _common_words([note.text for _, note in known], [note.text for note in some])
    cosines = similarity([note for _, note in known], some) if known and some else ()
    least = _SAME if cosines else _SAME_WORDS
    found = []
    for number, (row, _) in enumerate(known):
        for place in range(len(some)):
            in_words = words[number].get(place, 0.0)
            cosine = cosines[number][place] if cosines else None
            sure = in_words if cosine is None else (in_words + cosine) / 2
            if sure >= least:
                apart = abs(number / len(known) - place / len(some))  # of two that are as like the nearer is meant
                found.append((-sure, apart, number, place, row, in_words, cosine))
    same: dict[int, tuple[_Open, float, float | None]] = {}
    taken: set[_Open] = set()
    for _, _, _, place, row, in_words, cosine in sorted(found, key=lambda one: one[:4]):
        if place not in same and row not in taken:
            same[place] = (row, in_words, cosine)
            taken.add(row)
    return same


def _common_words(texts: Sequence[str], others: Sequence[str]) -> list[dict[int, float]]:
    """Return for each text which share of their words it has in common with others, by their places: from 0 to 1."""
    own, other = [list(map(_bigrams, every)) for every in (texts, others)]
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
                # One pair is 「の話」, which says nothing, but where it is all that one of them says.
                if n > 1 or n == min(bigrams.total(), other[place].total())
            }
        )
    return shares


def _bigrams(text: str) -> Counter[str]:
    """Return the pairs of letters of a text, long vowels apart: words need not be cut alike to be compared by them."""
    plain = letters(text).replace("ー", "") or text
    return Counter(plain[i : i + 2] for i in range(max(len(plain) - 1, 1)))
