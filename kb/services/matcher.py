"""Finds names in running text by longest match, with exact offsets: the one door to pyahocorasick."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import ahocorasick

from kb.services.names import breaks, fold, is_gap, places, script

_OWNER = re.compile(r"(?<![A-Za-z0-9])(?:aws|amazon)(?:の|[\s\-_])?$", re.IGNORECASE)
_OWNER_LENGTH = len("amazonの")
_ADDRESS = re.compile(r"https?://[!-~]+")

_Entry = tuple[str, frozenset[int]]  # a folded name and where it may be written apart


@dataclass(frozen=True, slots=True)
class Match:
    """A name found in a text, folded: `text[begin:end]`, which has AWS or Amazon before it if `owned`."""

    name: str
    begin: int
    end: int
    owned: bool = False


class Matcher:
    """Finds any of many names, however they are written."""

    def __init__(self, names: Iterable[str]) -> None:
        parted: dict[str, frozenset[int]] = defaultdict(frozenset)
        for name in names:
            parted[fold(name)] |= breaks(name)
        self._automaton: Any = ahocorasick.Automaton()  # the library has no types
        for name, apart in parted.items():
            self._automaton.add_word(name, (name, apart))
        self._automaton.make_automaton()

    def find(self, text: str) -> tuple[Match, ...]:
        """Return the longest names of a text that do not overlap, in reading order; those in addresses do not count."""
        found = list(self._automaton.iter(fold(text)))
        if not found:
            return ()
        addresses = [match.span() for match in _ADDRESS.finditer(text)]
        matches = [
            match
            for match in self._matches(text, found)
            if not any(begin <= match.begin < end for begin, end in addresses)
        ]
        return tuple(_longest(matches))

    def _matches(self, text: str, found: list[tuple[int, _Entry]]) -> Iterator[Match]:
        """Yield those names that are no part of a longer word and written apart only where they may be."""
        came_from = places(text)
        for last, (name, parted) in found:
            own = came_from[last - len(name) + 1 : last + 1]
            if not _joined(text, own, parted):
                continue
            begin, end = own[0], own[-1] + 1
            while script(text[end - 1]) == "katakana" and text[end : end + 1] in ("ー", "ｰ"):
                end += 1
            owner = _OWNER.search(text, max(0, begin - _OWNER_LENGTH), begin)
            if (owner or _free(text, begin, -1)) and _free(text, end - 1, 1):
                yield Match(name, owner.start() if owner else begin, end, owned=owner is not None)


def _joined(text: str, own: list[int], parted: frozenset[int]) -> bool:
    """Tell whether the places of a name follow each other with at most one gap where it may be written apart."""
    if own[-1] - own[0] == len(own) - 1:
        return True
    for count, (here, following) in enumerate(pairwise(own), start=1):
        gaps = sum(is_gap(character) for character in text[here + 1 : following])
        if gaps > 1 or (gaps and count not in parted):
            return False
    return True


def _free(text: str, place: int, step: int) -> bool:
    """Tell whether the character before (`step` -1) or after (1) is not of the same script: the name ends there."""
    beside = place + step
    kind = script(text[place])
    return not kind or not 0 <= beside < len(text) or script(text[beside]) != kind


def _longest(matches: list[Match]) -> Iterator[Match]:
    """Yield the matches that no longer or earlier one covers."""
    free_from = 0
    for match in sorted(matches, key=lambda match: (match.begin, -match.end)):
        if match.begin >= free_from:
            free_from = match.end
            yield match
