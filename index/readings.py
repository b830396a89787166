"""How names are known to be read: what a field calls its things is found by kana, whole, begun, or with a slip."""

from collections.abc import Iterable

from index import romaji
from index.analysis import folded_reading
from index.spelling import Spellings
from index.text import folded_name, katakana


class Readings:
    """Names by their readings, each given with one; of two that are read alike the first is meant."""

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self._names: dict[str, str] = {}
        for reading, name in pairs:
            self._names.setdefault(as_read(reading), name)
        self._spellings = Spellings(
            lambda: dict.fromkeys(self._names, 1), lambda phonetic: int(phonetic in self._names)
        )

    def of(self, kana: str) -> str | None:
        """Return the name that is read so, None where none is."""
        return self._names.get(as_read(kana))

    def near(self, kana: str) -> str | None:
        """Return the name whose reading a text is a slip or two away from, None where none is, or one is read so."""
        phonetic = None if self.of(kana) else self._spellings.similar(as_read(kana))
        return self._names[phonetic] if phonetic else None

    def beginning(self, typed: str) -> tuple[str, ...]:
        """Return the names whose reading begins as what was typed so far, the shortest reading first."""
        begun = beginnings(typed)
        phonetics = sorted((phonetic for phonetic in self._names if phonetic.startswith(begun)), key=len)
        return tuple(dict.fromkeys(self._names[phonetic] for phonetic in phonetics))


def as_read(text: str) -> str:
    """Return a text as readings are compared: in katakana, without gaps and long vowels."""
    return folded_reading(katakana(folded_name(text)))


def beginnings(typed: str) -> tuple[str, ...]:
    """Return how what was typed so far may be read, as readings are compared; nothing for nothing."""
    return tuple(filter(None, map(as_read, (typed, *romaji.begun(typed)))))
