"""How names and words are read: kana, the keys that they are typed with, and the names that a field's readings give.

A name may be typed with the input method left on (ふぁrがて is fargate) or off, only begun, or with a slip.
"""

from collections.abc import Iterable
from functools import cache
from itertools import islice, product
from string import ascii_lowercase

from index import datafiles
from index.analysis import folded_reading
from index.terms import SpellChecker
from index.text import folded_name, hiragana, katakana

_CONSONANTS = "".join(set(ascii_lowercase) - set("aiueo"))
_MOST_SPELLINGS = 64  # six kana with two spellings each; every spelling is looked up


class Readings:
    """Names by their readings, each given with one; of two that are read alike the first is meant."""

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self._names: dict[str, str] = {}
        for reading, name in pairs:
            self._names.setdefault(as_read(reading), name)
        self._spellings = SpellChecker(
            lambda: dict.fromkeys(self._names, 1), lambda reading: int(reading in self._names)
        )

    def of(self, kana: str) -> str | None:
        """Return the name that is read so, None where none is."""
        return self._names.get(as_read(kana))

    def near(self, kana: str) -> str | None:
        """Return the name whose reading a text is a slip or two away from, None where none is, or one is read so."""
        reading = None if self.of(kana) else self._spellings.similar(as_read(kana))
        return self._names[reading] if reading else None

    def beginning(self, typed: str) -> tuple[str, ...]:
        """Return the names whose reading begins as what was typed so far, the shortest reading first."""
        begun = beginnings(typed)
        readings = sorted((reading for reading in self._names if reading.startswith(begun)), key=len)
        return tuple(dict.fromkeys(self._names[reading] for reading in readings))


def as_read(text: str) -> str:
    """Return a text as readings are compared: in katakana, without gaps and long vowels."""
    return folded_reading(katakana(folded_name(text)))


def beginnings(typed: str) -> tuple[str, ...]:
    """Return how what was typed so far may be read, as readings are compared; nothing for nothing."""
    return tuple(filter(None, map(as_read, (typed, *kana_begun(typed)))))


def keys_of(text: str) -> tuple[str, ...]:
    """Return what the keys of a text in kana and letters spell, commonest first; nothing if it holds anything else."""
    choices: list[list[str]] = []
    rest = hiragana(text)
    while rest:
        length, keys = _first_keys(rest)
        doubled = _first_keys(rest[1:])[1] if rest[0] == "っ" and len(rest) > 1 else []
        if doubled:
            length, keys = 1, [doubled[0][0]]
        if not keys:
            return ()
        choices.append(keys)
        rest = rest[length:]
    return tuple(dict.fromkeys(map("".join, islice(product(*choices), _MOST_SPELLINGS))))


def kana_of(letters: str) -> str | None:
    """Return the katakana that letters would have given with the input method on, None where they give no kana."""
    given, rest = "", letters.casefold()
    while rest:
        if len(rest) > 1 and rest[0] == rest[1] and rest[0] not in "aiueon":
            given, rest = given + "っ", rest[1:]
            continue
        length = next((length for length in (4, 3, 2, 1) if rest[:length] in _kana_by_keys()), None)
        if length is None:
            return None
        given, rest = given + _kana_by_keys()[rest[:length]], rest[length:]
    return katakana(given)


def kana_begun(text: str) -> tuple[str, ...]:
    """Return the katakana that a text begins, its last letters being keys not yet at their end; nothing for no kana.

    らm may become らま, らみ, らむ; what is typed with the input method off is read as if it were on.
    """
    given = hiragana(text)
    typed = given.rstrip(_CONSONANTS if given.isascii() else ascii_lowercase)
    whole = kana_of(typed) if given.isascii() else katakana(typed)
    if whole is None or typed == given:
        return (whole,) if whole else ()
    keys = given[len(typed) :]
    return tuple(
        dict.fromkeys(whole + katakana(end) for spelled, end in _kana_by_keys().items() if spelled.startswith(keys))
    )


def _first_keys(text: str) -> tuple[int, list[str]]:
    """Return how long the first kana of a text is, with the keys that give it; a letter or figure is its own key."""
    for length in (2, 1):
        if keys := _keys().get(text[:length]):
            return length, keys
    return 1, [text[0]] if text[0].isascii() and text[0].isalnum() else []


@cache
def _keys() -> dict[str, list[str]]:
    return {kana: keys for kana, *keys in map(str.split, datafiles.lines("index", "kana_keys.txt"))}


@cache
def _kana_by_keys() -> dict[str, str]:
    return {keys: kana for kana, spellings in _keys().items() for keys in spellings}
