"""What is known of words where notes are compared (words.toml): which say the same, weigh little, or are opposites."""

from collections.abc import Mapping
from functools import cache

from msgspec import Struct

from index import datafiles
from index.tables import Text, Texts


class _Verdict(Struct, frozen=True, forbid_unknown_fields=True):
    """The words that speak for something, and those that speak against it."""

    yes: Texts = ()
    no: Texts = ()


class Lore(Struct, frozen=True, forbid_unknown_fields=True):
    """What is known of words, as `words.toml` tells and explains it."""

    light: frozenset[Text]
    doing: frozenset[Text]
    alike: tuple[Texts, ...]
    of_many: tuple[Texts, ...]
    stances: frozenset[Text]
    units: dict[Text, tuple[Text, float]]
    opposites: dict[Text, Text]
    verdicts: dict[Text, _Verdict]


@cache
def lore() -> Lore:
    """Return what is known of words."""
    return datafiles.table("kb.points", "words.toml", Lore)


@cache
def alike() -> Mapping[str, str]:
    """Return for each word that says what others say the one that stands for them all."""
    return {word: group[0] for group in lore().alike for word in group}


@cache
def verdicts() -> Mapping[str, tuple[str, bool]]:
    """Return for each word that judges of what, and whether it speaks for it: of 「不可」 that it is not possible."""
    signed = ((of, ((told.yes, True), (told.no, False))) for of, told in lore().verdicts.items())
    return {word: (of, sign) for of, both in signed for words, sign in both for word in words}


def stances() -> frozenset[str]:
    """Return the words by which a text takes a stand against what others say, or may."""
    return lore().stances


def said_as(word: str) -> str:
    """Return the word that stands for all that say what a word says."""
    return alike().get(word, word)


def opposite(word: str) -> str | None:
    """Return the word that one denies, None where it denies none: of 「重い」 「軽い」, though it also says 「遅い」."""
    return opposites().get(word) or opposites().get(said_as(word))


def told_of_things() -> frozenset[str]:
    """Return the words that have an opposite."""
    return frozenset((*opposites(), *opposites().values()))


def opposites() -> Mapping[str, str]:
    """Return for each word that denies another which one that is."""
    return lore().opposites
