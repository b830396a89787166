"""Readings: kana to the keys they are typed with and back, and the names that are read so.

A name may be typed with the input method left on (ふぁrがて for fargate) or off, unfinished, or misspelt.
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
_MAX_SPELLINGS = 64  # six kana with two spellings each; every spelling is looked up


class Readings:
    """Names by their readings. If two names are read alike, the first counts."""

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        """`pairs` are of a reading and a name."""
        self.names: dict[str, str] = {}  # by their folded readings
        for reading, name in pairs:
            self.names.setdefault(as_read(reading), name)
        self._spell_checker = SpellChecker(
            lambda: dict.fromkeys(self.names, 1), lambda reading: int(reading in self.names)
        )

    def of(self, kana: str) -> str | None:
        """Return the name with this reading, or None."""
        return self.names.get(as_read(kana))

    def near(self, kana: str) -> str | None:
        """Return the name whose reading is one or two edits away; None without one, or if a name has this reading."""
        reading = None if self.of(kana) else self._spell_checker.similar(as_read(kana))
        return self.names[reading] if reading else None

    def beginning(self, typed: str) -> tuple[str, ...]:
        """Return the names whose reading begins like an unfinished text, the shortest reading first."""
        prefixes = beginnings(typed)
        readings = sorted((reading for reading in self.names if reading.startswith(prefixes)), key=len)
        return tuple(dict.fromkeys(self.names[reading] for reading in readings))


def as_read(text: str) -> str:
    """Return a text folded for comparing readings: in katakana, without gaps and long vowels."""
    return folded_reading(katakana(folded_name(text)))


def beginnings(typed: str) -> tuple[str, ...]:
    """Return the folded readings that an unfinished text may have."""
    return tuple(filter(None, map(as_read, (typed, *kana_begun(typed)))))


def keys_of(text: str) -> tuple[str, ...]:
    """Return the spellings of a text by the keys it is typed with, the most common first.

    Empty if the text holds anything but kana, Latin letters and digits.
    """
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
    return tuple(dict.fromkeys(map("".join, islice(product(*choices), _MAX_SPELLINGS))))


def kana_of(letters: str) -> str | None:
    """Return the katakana that an input method makes of letters, or None if some letters give no kana."""
    kana, rest = "", letters.casefold()
    while rest:
        if len(rest) > 1 and rest[0] == rest[1] and rest[0] not in "aiueon":
            kana, rest = kana + "っ", rest[1:]
            continue
        length = next((length for length in (4, 3, 2, 1) if rest[:length] in _kana_by_keys()), None)
        if length is None:
            return None
        kana, rest = kana + _kana_by_keys()[rest[:length]], rest[length:]
    return katakana(kana)


def kana_begun(text: str) -> tuple[str, ...]:
    """Return the katakana that an unfinished text may become. Its last letters are the first keys of the next kana.

    らm may become らま, らみ or らむ. Letters alone are read as if the input method were on. Empty if they give no kana.
    """
    folded = hiragana(text)
    finished = folded.rstrip(_CONSONANTS if folded.isascii() else ascii_lowercase)
    kana = kana_of(finished) if folded.isascii() else katakana(finished)
    if kana is None or finished == folded:
        return (kana,) if kana else ()
    first_keys = folded[len(finished) :]
    endings = (ending for keys, ending in _kana_by_keys().items() if keys.startswith(first_keys))
    return tuple(dict.fromkeys(kana + katakana(ending) for ending in endings))


def _first_keys(text: str) -> tuple[int, list[str]]:
    """Return the length of the first kana of a text, and its keys. A letter or digit is its own key."""
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
