"""What is known of words where notes are compared (words.toml): which say the same, weigh little, or are opposites."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from index import datafiles


@cache
def lore() -> Mapping[str, Any]:
    """Return what is known of words: the light ones, those that only tell that a thing is done, and opposites."""
    table = datafiles.table("kb.points", "words.toml")
    return {**table, "light": frozenset(table["light"]), "doing": frozenset(table["doing"])}


@cache
def alike() -> Mapping[str, str]:
    """Return for each word that says what others say the one that stands for them all."""
    return {word: group[0] for group in lore()["alike"] for word in group}


@cache
def verdicts() -> Mapping[str, tuple[str, bool]]:
    """Return for each word that judges of what, and whether it speaks for it: of 「不可」 that it is not possible."""
    told: Mapping[str, Mapping[str, list[str]]] = lore()["verdicts"]
    return {word: (of, sign == "yes") for of, words in told.items() for sign in ("yes", "no") for word in words[sign]}


@cache
def stances() -> frozenset[str]:
    """Return the words by which a text takes a stand against what others say, or may."""
    return frozenset(lore()["stances"])


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
    told: Mapping[str, str] = lore()["opposites"]
    return told
