"""What is asked of engines over generated notes, and what they count and give back."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from generated import KINDS, GeneratedNote, word

SHOWN = 20
FACETS = ("service", "kind", "event", "year", "talk", "speaker")


@dataclass(frozen=True, slots=True)
class Asked:
    """A query: words of which all, any or the phrase are wanted, the value of `service`, whether facets are counted."""

    words: tuple[str, ...] = ()
    mode: str = "all"  # all, any, phrase
    service: str | None = None
    facets: bool = False


def values(note: GeneratedNote) -> dict[str, tuple[str, ...]]:
    """Return the values of a note's facets."""
    return {
        "service": tuple(f"s{service}" for service in note.services),
        "kind": (KINDS[note.kind],),
        "event": (f"event{note.event}",),
        "year": (str(note.year),),
        "talk": (f"talk{note.talk}",),
        "speaker": (f"speaker{note.speaker}",),
    }


def stored(note: GeneratedNote) -> str:
    """Return what is given back of a note."""
    return json.dumps({"id": note.number, "text": note.text, **values(note)})


def shapes(notes: Iterable[GeneratedNote], count: int) -> dict[str, list[Asked]]:
    """Return the eight shapes of query, each with so many queries, of words that the notes have."""
    each = range(count)
    phrases = [tuple(map(word, note.words[:2])) for note in islice((n for n in notes if len(n.words) > 1), count)]
    return {
        "rare word": [Asked((word(5000 + n),)) for n in each],
        "common word": [Asked((word(n % 3),)) for n in each],
        "two words": [Asked((word(n % 5), word(10 + n))) for n in each],
        "three words, any": [Asked((word(100 + n), word(200 + n), word(300 + n)), "any") for n in each],
        "phrase": [Asked(words, "phrase") for words in phrases],
        "filter and word": [Asked((word(10 + n),), service=f"s{n % 10}") for n in each],
        "browse all, facets": [Asked(facets=True)] * count,
        "typical page": [Asked((word(10 + n),), facets=True) for n in each],
    }
