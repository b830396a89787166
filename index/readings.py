"""Readings: kana to the keys they are typed with and back, and names by their readings.

A name may be typed with the input method left on (ふぁrがて for fargate) or off, unfinished, or as somebody heard it.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache, cached_property, lru_cache
from itertools import islice, product
from string import ascii_lowercase

from index import datafiles
from index.analysis import folded_reading
from index.terms import fewest_edits_away
from index.text import KATAKANA, folded_name, hiragana, katakana

_CONSONANTS = "".join(set(ascii_lowercase) - set("aiueo"))
_MAX_SPELLINGS = 64  # six kana with two spellings each; every spelling is looked up

# Each sound as marks, so that the edits between the marks of two readings say how different they sound: a consonant or
# vowel has two marks. Voicing, a glide, a long vowel and っ have one; y and w are half of their vowels.
_MARKS = str.maketrans(
    {letter: letter * 2 for letter in "aeokstnhmr"}
    | {"i": "iy", "u": "uw", "g": "kk゛", "z": "ss゛", "d": "tt゛", "b": "hh゛", "p": "hh゜", "f": "hhw", "l": ""}
)
_UNLIKE, _MARKS_OF_AN_EDIT = 6, 4  # marks; らむた is near ラムダ, らむたー is not, and こくばねてぃす near クバネティス
_MIN_NEAR = 3  # kana; any two are near some name


class NamesByReading:
    """Names by their readings. If two names are read alike, the first counts."""

    def __init__(self, pairs: Callable[[], Iterable[tuple[str, str]]] = tuple) -> None:
        """`pairs` returns pairs of a reading and a name; it is called when a query in kana comes."""
        self._pairs = pairs

    @cached_property
    def names(self) -> Mapping[str, str]:
        """The names by their folded readings."""
        return self._by(as_read)

    @cached_property
    def _by_sound(self) -> Mapping[str, str]:
        return self._by(heard)

    def of(self, kana: str) -> str | None:
        """Return the name with the same sound, or None."""
        sound = heard(kana)
        return self._by_sound.get(sound) if sound else None

    def with_other_length(self, kana: str) -> str | None:
        """Return the name whose reading differs at most in long vowels, or None."""
        return self.names.get(as_read(kana)) if len(kana) >= _MIN_NEAR else None

    def near(self, kana: str) -> str | None:
        """Return the name with the most similar sound, or None."""
        sound = heard(kana)
        if not sound or len(kana) < _MIN_NEAR:
            return None
        most = max(1, (len(sound) - _UNLIKE) // _MARKS_OF_AN_EDIT)
        nearest = fewest_edits_away(sound, self._by_sound.keys(), most)
        return self._by_sound[nearest] if nearest else None

    def _by(self, fold: Callable[[str], str]) -> Mapping[str, str]:
        names: dict[str, str] = {}
        for reading, name in self._pairs():
            names.setdefault(fold(reading), name)
        return names

    def beginning(self, typed: str) -> tuple[str, ...]:
        """Return the names whose reading begins like an unfinished text, the shortest reading first."""
        prefixes = beginnings(typed)
        readings = sorted((reading for reading in self.names if reading.startswith(prefixes)), key=len)
        return tuple(dict.fromkeys(self.names[reading] for reading in readings))


def as_read(text: str) -> str:
    """Return a text folded for comparing readings: in katakana, without gaps and long vowels."""
    return folded_reading(katakana(folded_name(text)))


@lru_cache(1000)
def heard(text: str) -> str:
    """Return the sound of a text in kana as marks, empty if it has other characters.

    The edits between the marks of two texts are the distance of their sounds.
    """
    kana = katakana(folded_name(text))
    if not KATAKANA.fullmatch(kana):
        return ""
    sound = "".join(keys[0] for keys in _choices(kana) if keys).replace("'", "")
    for pattern, same in _same_sounds():
        sound = pattern.sub(same, sound)
    return sound.translate(_MARKS)


@cache
def _same_sounds() -> list[tuple[re.Pattern[str], str]]:
    pairs = (line.partition(" ") for line in datafiles.lines("index", "same_sounds.txt"))
    return [(re.compile(pattern), same) for pattern, _, same in pairs]


def beginnings(typed: str) -> tuple[str, ...]:
    """Return the folded readings that an unfinished text may have."""
    return tuple(filter(None, map(as_read, (typed, *kana_begun(typed)))))


def keys_of(text: str) -> tuple[str, ...]:
    """Return the spellings of a text by the keys it is typed with, the most common first.

    Empty if the text holds anything but kana, Latin letters and digits.
    """
    return tuple(dict.fromkeys(map("".join, islice(product(*_choices(text)), _MAX_SPELLINGS)))) if text else ()


def _choices(text: str) -> list[list[str]]:
    """Return the keys that give each kana of a text; empty lists for other characters."""
    choices: list[list[str]] = []
    rest = hiragana(text)
    while rest:
        length, keys = _first_keys(rest)
        doubled = _first_keys(rest[1:])[1] if rest[0] == "っ" and len(rest) > 1 else []
        if doubled:
            length, keys = 1, [doubled[0][0]]
        choices.append(keys)
        rest = rest[length:]
    return choices


def kana_of(letters: str) -> str | None:
    """Return the katakana that an input method makes of letters, or None if some letters give no kana."""
    letters = letters.casefold()
    keys = [match[0] for match in _key_pattern().finditer(letters)]
    if "".join(keys) != letters:
        return None
    return katakana("".join(_kana_by_keys().get(own, "っ") for own in keys))


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
def _key_pattern() -> re.Pattern[str]:
    """Return the pattern of the first of two equal consonants (っ), or of the most keys that give a kana."""
    return re.compile("|".join((r"([^aiueon])(?=\1)", *map(re.escape, sorted(_kana_by_keys(), key=len, reverse=True)))))


@cache
def _kana_by_keys() -> dict[str, str]:
    return {keys: kana for kana, spellings in _keys().items() for keys in spellings}
