"""Finds names in running text by longest match, with exact offsets: the one door to pyahocorasick."""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, pairwise
from typing import Any

import ahocorasick
from msgspec import Struct

from index.text import is_gap, skeleton, skeleton_places
from kb.services.names import breaks, script

_ADDRESS = re.compile(r"https?://[!-~]+")  # in Japanese text an address ends where ASCII does
_LONG_VOWELS = re.compile("[ーｰ]+")  # the skeleton has none: what follows a name in katakana is a part of it
_DIGIT = re.compile(r"[0-9](?![A-Za-z0-9])")
# 「AWS Lambda Blog」, 「Amplify Meetup」: a blog or an event bears a service's name and is none.
_NAMESAKE = re.compile(
    r"[\s\-_]?(?:(?:Tech\s)?Blog|Days|Meetup|Certified|Certification|ブログ|ミートアップ|認定)(?![A-Za-z])",
    re.IGNORECASE,
)
# In `mysql.rds_kill` a name in small letters is a part of an identifier.
_GOES_ON = re.compile("_[a-z]")
_WENT_BEFORE = re.compile("[a-z0-9][_.]$")
_LONG_NAME = 6
_NEVER = re.compile(r"(?!)")

_Entry = tuple[str, frozenset[int]]  # the skeleton of a name and where it may be written apart


class Match(Struct, frozen=True):
    """A name found in a text, by its skeleton: `text[begin:end]`, which has its owner's name before it if `owned`."""

    name: str
    begin: int
    end: int
    owned: bool = False


class Matcher:
    """Finds any of many names, however they are written, with one of the owners' names before it where it stands."""

    def __init__(self, names: Iterable[str], owners: Sequence[str] = (), hosts: Sequence[str] = ()) -> None:
        parted: dict[str, frozenset[int]] = defaultdict(frozenset)
        for name in names:
            parted[skeleton(name)] |= breaks(name)
        self._automaton: Any = ahocorasick.Automaton()  # the library has no types
        for name, apart in parted.items():
            self._automaton.add_word(name, (name, apart))
        self._automaton.make_automaton()
        self._owner = _owner(owners)
        self._own_address = re.compile(rf"https?://(?:{'|'.join(map(re.escape, hosts))})(?:/|$)") if hosts else _NEVER
        self._owner_length = max(map(len, owners), default=0) + 1  # with の or a gap after it

    def find(self, text: str) -> tuple[Match, ...]:
        """Return the longest names of a text that do not overlap, in reading order.

        Those in addresses count only at the owners' own hosts, in words of the path.
        """
        found = list(self._automaton.iter(skeleton(text))) if len(self._automaton) else []
        if not found:
            return ()
        addresses = [self._unread(match) for match in _ADDRESS.finditer(text)]
        matches = (match for match in self._matches(text, found) if not _is_within(match.begin, addresses))
        return tuple(_longest(matches))

    def _unread(self, address: re.Match[str]) -> tuple[int, int]:
        """Return the stretch of an address in which no name counts."""
        own = self._own_address.match(address[0])
        return (address.start(), address.start() + own.end()) if own else address.span()

    def _matches(self, text: str, found: list[tuple[int, _Entry]]) -> Iterator[Match]:
        """Yield those names that are no part of a longer word and written apart only where they may be."""
        came_from = skeleton_places(text)
        for last, (name, parted) in found:
            own = came_from[last - len(name) + 1 : last + 1]
            if not _joined(text, own, parted):
                continue
            begin, end = own[0], own[-1] + 1
            if script(text[own[-1]]) == "katakana" and (vowels := _LONG_VOWELS.match(text, end)):
                end = vowels.end()
            if _NAMESAKE.match(text, end) or _is_in_identifier(text, begin, end):
                continue
            owner = self._owner.search(text, max(0, begin - self._owner_length), begin)
            if (owner or _free(text, begin, -1)) and (_free(text, end - 1, 1) or _is_numbered(name, text, end)):
                yield Match(name, owner.start() if owner else begin, end, owned=owner is not None)


def _owner(owners: Sequence[str]) -> re.Pattern[str]:
    """Return the pattern of an owner's name right before a name: 「AWSのLambda」, amazon-sqs."""
    names = "|".join(map(re.escape, owners))
    return re.compile(rf"(?<![A-Za-z0-9])(?:{names})(?:の|[\s\-_])?$", re.IGNORECASE) if owners else _NEVER


def _is_within(place: int, spans: Sequence[tuple[int, int]]) -> bool:
    """Tell whether a place is in one of the spans, which stand in order and apart."""
    before = bisect_right(spans, place, key=lambda span: span[0])
    return before > 0 and place < spans[before - 1][1]


def _joined(text: str, own: Sequence[int], parted: frozenset[int]) -> bool:
    """Tell whether the places of a name follow each other with at most one gap where it may be written apart."""
    if own[-1] - own[0] == len(own) - 1:
        return True
    for count, (here, following) in enumerate(pairwise(own), start=1):
        gaps = list(islice(filter(is_gap, text[here + 1 : following]), 2))
        if len(gaps) > 1 or (gaps and count not in parted):
            return False
    return True


def _free(text: str, place: int, step: int) -> bool:
    """Tell whether the character before (`step` -1) or after (1) is not of the same script: the name ends there."""
    beside = place + step
    kind = script(text[place])
    return not kind or not 0 <= beside < len(text) or script(text[beside]) != kind


def _is_in_identifier(text: str, begin: int, end: int) -> bool:
    return text[begin:end].islower() and bool(
        _GOES_ON.match(text, end) or _WENT_BEFORE.search(text, max(0, begin - 2), begin)
    )


def _is_numbered(name: str, text: str, end: int) -> bool:
    """Tell whether only a digit follows a long name: Inspector2; but not S33 or EC22."""
    return len(name) >= _LONG_NAME and name[-1].isalpha() and _DIGIT.match(text, end) is not None


def _longest(matches: Iterable[Match]) -> Iterator[Match]:
    """Yield the matches that no longer or earlier one covers."""
    free_from = 0
    for match in sorted(matches, key=lambda match: (match.begin, -match.end)):
        if match.begin >= free_from:
            free_from = match.end
            yield match
