"""What one may be about to type: services, events, talks, speakers and words, in kana, kanji or letters."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from kb.search.answers import FacetValue
from kb.services import Catalogue

_MOST = 8
# What is written or left out at will; ッ too, with which no word begins: `zzz` begins nothing that begins with z.
_GAPS = re.compile(r"[\s\-_・ー]|(?<=\w([bcdfghjkmpqrstvwxz]))\1")
# What one types, and how Unicode spells it in the names of the kana.
_SPELLED = (
    ("sh", "sy"),
    ("ch", "ty"),
    ("j", "zy"),
    ("ts", "t"),
    ("f", "h"),
    ("yi", "i"),
    ("wi", "i"),
    ("we", "e"),
    ("wo", "o"),
)
_KANA = re.compile(r"(?:HIRAGANA|KATAKANA) LETTER (?P<small>SMALL )?(?P<sound>\w+)$")
_VOWELS = ("a", "i", "u", "e", "o")

WORD = "word"  # the group of suggestions that are words to search for


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Something to select, or a word to search for: its group and value in a query, its name, how many notes."""

    group: str
    value: str
    label: str
    notes: int


@dataclass(frozen=True, slots=True)
class _Entry:
    suggestion: Suggestion
    names: frozenset[str]
    tails: frozenset[str]  # of names, from each of their words on


@dataclass(frozen=True, slots=True)
class Suggestions:
    """All that can be suggested, each with the ways its names are written and read."""

    entries: tuple[_Entry, ...]

    @classmethod
    def of(
        cls,
        catalogue: Catalogue,
        facets: Mapping[str, Iterable[FacetValue]],
        words: Iterable[tuple[FacetValue, tuple[str, ...]]],
        reading: Callable[[str], str],
    ) -> "Suggestions":
        """Return the suggestions for the values that notes have, those of each group in their order, then for words.

        Each word comes with its other spellings; `reading` tells how a text is read, in katakana.
        """
        entries = []
        for group, values in facets.items():
            for facet in values:
                service = catalogue.by_slug.get(facet.value) if group == "service" else None
                names = (*service.names, service.slug) if service else (facet.label, reading(facet.label))
                entries.append(_entry(Suggestion(group, facet.value, facet.label, facet.count), names))
        entries += [_entry(Suggestion(WORD, w.value, w.label, w.count), (w.label, *others)) for w, others in words]
        return cls(tuple(entries))

    def for_typed(self, text: str) -> tuple[Suggestion, ...]:
        """Return what may be meant by the beginning of a name; nothing for nothing."""
        begun = tuple(filter(None, _spellings(text)))
        found = [entry for entry in self.entries if begun and any(tail.startswith(begun) for tail in entry.tails)]
        found.sort(key=lambda entry: not any(name.startswith(begun) for name in entry.names))
        return tuple(entry.suggestion for entry in found[:_MOST])


def _entry(suggestion: Suggestion, names: Iterable[str]) -> _Entry:
    names = [unicodedata.normalize("NFKC", name) for name in names]
    tails = {name[word.start() :] for name in names for word in re.finditer(r"\S+", name)}
    return _Entry(
        suggestion,
        frozenset(spelling for name in names for spelling in _spellings(name)),
        frozenset(spelling for tail in tails for spelling in _spellings(tail)),
    )


def _spellings(text: str) -> tuple[str, str]:
    """Return a text as it is compared: as written, and with its kana in letters."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return _GAPS.sub("", folded), romanised(folded)


def romanised(text: str) -> str:
    """Return a text with its kana in letters, spelled as Unicode spells them: らむ and ラム give `ramu`."""
    letters = ""
    for character in text:
        kana = _KANA.match(unicodedata.name(character, ""))
        sound = kana["sound"].lower() if kana else character
        if kana and kana["small"] and sound == "tu":
            continue
        if kana and kana["small"] and letters[-1:] in _VOWELS:
            letters = letters[:-1]  # キ and a small ヤ are kya
        letters += sound
    for typed, spelled in _SPELLED:
        letters = letters.replace(typed, spelled)
    return _GAPS.sub("", letters)
