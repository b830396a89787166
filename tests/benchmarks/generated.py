"""Notes made by chance with the statistics of real bullets, as values and as a library of Markdown files.

    python tests/benchmarks/generated.py FOLDER [NOTES [SEED]]

A note has 7 indexed terms in the mean, of 17,000 distinct ones; the commonest stands in 25 % of the notes, the tenth
in 4 %, the thirtieth in 2 %; a note is about 0 to 3 of 150 services, few of which have most of the notes; 300 events in
16 years, 2,000 speakers, a talk for every 60 notes.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kb.library.configuration import Configuration

WORDS, SERVICES, EVENTS, YEARS, SPEAKERS, TALK = 17_000, 150, 300, 16, 2_000, 60
FIRST_YEAR = 2010
KINDS = ("statement", "advice", "problem", "question", "impression", "label")
_MEAN = 7  # terms of a note
_SHARES = ((1, 0.25), (10, 0.04), (30, 0.02))  # of the notes, by the rank of a word
_TAIL = 0.89  # the exponent below the thirtieth that brings the mean to 7
_MENTIONS = (0.45, 0.35, 0.15, 0.05)  # notes about 0, 1, 2, 3 services
_SYLLABLES = tuple(consonant + vowel for consonant in "bdgkmnprstz" for vowel in "aeiou")  # Sudachi leaves them whole
_BATCH = 10_000  # notes drawn at once


@dataclass(frozen=True, slots=True)
class GeneratedNote:
    """One note: its words in order, and the values of its facets as numbers."""

    number: int
    words: tuple[int, ...]
    services: tuple[int, ...]
    kind: int
    event: int
    year: int
    talk: int
    speaker: int

    @property
    def text(self) -> str:
        """The words as one text."""
        return " ".join(map(word, self.words))


def word(rank: int) -> str:
    """Return the word of a rank, counted from 0: four syllables."""
    size = len(_SYLLABLES)
    return "".join(_SYLLABLES[(rank * 7919 // size**place) % size] for place in range(4))


def notes(count: int, seed: int = 2018) -> Iterator[GeneratedNote]:
    """Yield so many notes, event by event, talk by talk; the same for the same count and seed."""
    rng = np.random.default_rng(seed)
    words, services = _word_chances(), _zipf(SERVICES)
    talks = -(-count // TALK)
    years = rng.integers(YEARS, size=EVENTS)
    speakers = rng.integers(SPEAKERS, size=talks)
    for begin in range(0, count, _BATCH):
        size = min(_BATCH, count - begin)
        lengths = 1 + rng.poisson(_MEAN - 1, size)
        drawn = rng.choice(WORDS, int(lengths.sum()), p=words).tolist()
        mentions = rng.choice(len(_MENTIONS), size, p=_MENTIONS).tolist()
        about = rng.choice(SERVICES, sum(mentions), p=services).tolist()
        kinds = rng.integers(len(KINDS), size=size).tolist()
        word_at = service_at = 0
        for place, (length, mentioned) in enumerate(zip(lengths.tolist(), mentions, strict=True)):
            number = begin + place
            talk = number // TALK
            event = talk * EVENTS // talks
            yield GeneratedNote(
                number=number,
                words=tuple(dict.fromkeys(drawn[word_at : word_at + length])),
                services=tuple(sorted(set(about[service_at : service_at + mentioned]))),
                kind=kinds[place],
                event=event,
                year=FIRST_YEAR + int(years[event]),
                talk=talk,
                speaker=int(speakers[talk]),
            )
            word_at, service_at = word_at + length, service_at + mentioned


def write_library(folder: Path, count: int, seed: int = 2018) -> None:
    """Write so many notes as reports in Markdown, one for each event."""
    names = [service.short_name for service in Configuration().domain.catalogue.services][:SERVICES]
    folder.mkdir(parents=True, exist_ok=True)
    for event, own in groupby(notes(count, seed), key=lambda note: note.event):
        text = "\n".join(_lines(event, tuple(own), names))
        (folder / f"report-{event:03}.md").write_text(text, "utf-8")


def _lines(event: int, own: Sequence[GeneratedNote], names: Sequence[str]) -> Iterator[str]:
    yield f"---\ntitle: 勉強会 第{event}回（{own[0].year}年6月15日）参加レポート\nevent: 勉強会 第{event}回\n---\n"
    for talk, told in groupby(own, key=lambda note: note.talk):
        first, *rest = told
        yield f"\n## 講演 {talk} {word(first.words[0])}\n\n登壇: Speaker{first.speaker}\n"
        for place, note in enumerate((first, *rest)):
            about = "と".join(names[service] for service in note.services)
            indent = "  " * min(2, place % 5)
            yield f"{indent}- {about}{' で ' if about else ''}{note.text}"


def _word_chances() -> NDArray[np.float64]:
    """Return how likely a drawn word is each of the words, the shares of the notes being given."""
    ranks = np.arange(1, WORDS + 1)
    known, shares = np.log(np.array(_SHARES)).T
    share = np.exp(np.interp(np.log(ranks), known, shares))
    last, lowest = _SHARES[-1]
    share = np.where(ranks > last, lowest * (ranks / last) ** -_TAIL, share)
    once = 1 - (1 - share) ** (1 / _MEAN)  # in a note of seven draws it then stands in its share
    return np.asarray(once / once.sum())


def _zipf(size: int) -> NDArray[np.float64]:
    chances = 1 / np.arange(1, size + 1)
    return np.asarray(chances / chances.sum())


def main() -> None:
    """Write a library."""
    folder, count, seed = (*sys.argv[1:], *("100000", "2018")[len(sys.argv) - 2 :])
    write_library(Path(folder), int(count), int(seed))


if __name__ == "__main__":
    main()
