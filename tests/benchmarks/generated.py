"""Generated notes with the statistics of real bullets, the same each time: words as frequent, facets as many.

A note has seven words in the mean, of 17,000 that there are: the commonest in a quarter of all notes, the tenth in 4 %, the
30th in 2 %. It is about none to three of 150 services, stands in a talk of 60 notes, and so on.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

WORDS = 17_000
MEAN_WORDS = 7
TALK = 60
SERVICES, EVENTS, YEARS, SPEAKERS, KINDS = 150, 300, 16, 2_000, 7
_BENDS = ((0, 10, 0.80), (10, 30, 0.63), (30, WORDS, 0.93))  # in log frequency over log rank


@dataclass(frozen=True, slots=True)
class Note:
    """A generated note: its words, facets and date."""

    number: int
    words: tuple[str, ...]
    facets: dict[str, tuple[str, ...]]
    date: str

    @property
    def text(self) -> str:
        """The note as written."""
        return " ".join(self.words)

    @property
    def stored(self) -> str:
        """What is given back of a note: about as much as of a real one."""
        return f'{{"id": "{self.number}", "text": "{self.text}", "facets": {self.facets}}}'.replace("'", '"')


def word(rank: int) -> str:
    """Return the word of a rank: letters that no dictionary knows, so that it is cut nowhere."""
    letters = ""
    for consonants, vowels in (("bdfgkmprsvz", "aiou"), ("bdfgkmprstvz", "aiou"), ("bdgkmnprstz", "aiou")):
        rank, vowel = divmod(rank, len(vowels))
        rank, consonant = divmod(rank, len(consonants))
        letters += consonants[consonant] + vowels[vowel]
    return letters


def notes(count: int) -> Iterator[Note]:
    """Yield so many notes."""
    rng = random.Random(2018)  # noqa: S311  # the same notes each time
    words, shares = [word(rank) for rank in range(WORDS)], list(accumulate(_frequencies()))
    services = [f"service-{number}" for number in range(SERVICES)]
    popular = list(accumulate(1 / rank for rank in range(1, SERVICES + 1)))
    for number in range(count):
        talk = number // TALK
        event = talk * EVENTS // max(count // TALK, EVENTS) % EVENTS
        year = 2008 + event * YEARS // EVENTS
        own = tuple(rng.choices(words, cum_weights=shares, k=rng.randint(2, 2 * MEAN_WORDS - 2)))
        about = tuple(sorted(set(rng.choices(services, cum_weights=popular, k=rng.choice((0, 1, 1, 2, 3))))))
        facets = {
            "service": about,
            "kind": (f"kind-{rng.randrange(KINDS)}",),
            "event": (f"event-{event}",),
            "year": (str(year),),
            "speaker": (f"speaker-{talk * 7 % SPEAKERS}",),
            "place": (f"talk-{talk}",),
        }
        yield Note(
            number, own, {group: values for group, values in facets.items() if values}, f"{year}-{event % 12 + 1:02}"
        )


def _frequencies() -> Iterator[float]:
    """Yield how frequent the word of each rank is."""
    share = 0.25
    for begin, end, bend in _BENDS:
        for rank in range(begin, end):
            yield share * ((begin or 1) / (rank + 1)) ** bend
        share *= ((begin or 1) / end) ** bend
