"""How names may be written, and where they stand in running text, by longest match: the one door to pyahocorasick."""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice, pairwise
from typing import Any

import ahocorasick
from msgspec import Struct

from index.text import folded_for_sudachi, is_gap, skeleton, skeleton_places

_ADDRESS = re.compile(r"https?://[!-~]+")  # in Japanese text an address ends where ASCII does
_LONG_VOWELS = re.compile("[ーｰ]+")  # the skeleton has none: what follows a name in katakana is a part of it
# 「AWS Lambda Blog」, 「Amplify Meetup」: a blog or an event bears a service's name and is none.
_NAMESAKE = re.compile(
    r"[\s\-_]?(?:(?:Tech\s)?Blog|Days|Meetup|Certified|Certification|ブログ|ミートアップ|認定)(?![A-Za-z])",
    re.IGNORECASE,
)
# In `mysql.rds_kill` a name in small letters is a part of an identifier.
_GOES_ON = re.compile("_[a-z]")
_WENT_BEFORE = re.compile("[a-z0-9][_.]$")
# A digit may follow a name of so many letters, which it does not make another: Inspector2; but not S33 or EC22.
_NUMBERED_FROM = 6
_DIGIT = re.compile(r"[0-9](?![A-Za-z0-9])")
_NEVER = re.compile(r"(?!)")
# Shorter words are left alone: their misspellings are other words. In a name of several words six letters are enough.
_LONG_WORD = re.compile(r"[A-Za-z]{5,}")
_SEVERAL_WORDS = re.compile(r"(?=.{12,40}$)[A-Za-z0-9]+(?: [A-Za-z0-9]+){1,3}")
_INNER_WORD = re.compile(r"[A-Za-z]{6,}")
# A name may be written apart at its own gaps, where its case or script changes, around signs, and before a number
# that follows a word: Step Functions, Guard Duty, API ゲートウェイ, Lambda @ Edge, Route 53; but never I AM or S 3.
_BREAK = re.compile(
    r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z]{3})(?=[0-9])"
    r"|(?<=[!-~])(?=[^!-~])|(?<=[^!-~])(?=[!-~])|(?<=[^A-Za-z0-9])(?=[A-Za-z0-9])|(?<=[A-Za-z0-9])(?=[^A-Za-z0-9])"
)

# Where a name ends in the skeleton of a text, its own skeleton, and where in that it may be written apart.
_Found = tuple[int, tuple[str, frozenset[int]]]


class Match(Struct, frozen=True):
    """A name found in a text, by its skeleton: `text[begin:end]`, which has its owner's name before it if `owned`."""

    name: str
    begin: int
    end: int
    owned: bool = False


class Matcher:
    """Finds any of many names, however they are written, with one of the owners' names before it where it stands."""

    def __init__(self, names: Iterable[str], owners: Sequence[str] = (), hosts: Sequence[str] = ()) -> None:
        breaks: dict[str, frozenset[int]] = defaultdict(frozenset)
        for name in names:
            breaks[skeleton(name)] |= _breaks(name)
        self._automaton: Any = ahocorasick.Automaton()  # the library has no types
        for entry in breaks.items():
            self._automaton.add_word(entry[0], entry)
        self._automaton.make_automaton()
        # An owner's name right before a name: 「AWSのLambda」, amazon-sqs.
        before = rf"(?<![A-Za-z0-9])(?:{'|'.join(map(re.escape, owners))})(?:の|[\s\-_])?$"
        self._owner = re.compile(before, re.IGNORECASE) if owners else _NEVER
        self._owner_length = max(map(len, owners), default=0) + 1  # with の or a gap after it
        self._own_address = re.compile(rf"https?://(?:{'|'.join(map(re.escape, hosts))})(?:/|$)") if hosts else _NEVER

    def find(self, text: str) -> tuple[Match, ...]:
        """Return the longest names of a text that do not overlap, in reading order.

        Those in addresses count only at the owners' own hosts, in words of the path.
        """
        found = list(self._automaton.iter(skeleton(text))) if len(self._automaton) else []
        if not found:
            return ()
        addresses = [self._without_names(match) for match in _ADDRESS.finditer(text)]
        longest, end = list[Match](), 0
        for match in sorted(self._matches(text, found), key=lambda match: (match.begin, -match.end)):
            if match.begin >= end and not _is_within(match.begin, addresses):
                longest.append(match)
                end = match.end
        return tuple(longest)

    def _without_names(self, address: re.Match[str]) -> tuple[int, int]:
        """Return the stretch of an address in which no name counts: at an owner's host, that host."""
        own = self._own_address.match(address[0])
        return (address.start(), address.start() + own.end()) if own else address.span()

    def _matches(self, text: str, found: Sequence[_Found]) -> Iterator[Match]:
        """Yield those names that are no part of a longer word and written apart only where they may be."""
        came_from = skeleton_places(text)
        for last, (name, breaks) in found:
            places = came_from[last - len(name) + 1 : last + 1]
            if not _is_joined(text, places, breaks):
                continue
            begin, end = places[0], places[-1] + 1
            if _script(text[end - 1]) == "katakana" and (vowels := _LONG_VOWELS.match(text, end)):
                end = vowels.end()
            in_identifier = text[begin:end].islower() and (
                _GOES_ON.match(text, end) or _WENT_BEFORE.search(text, max(0, begin - 2), begin)
            )
            if in_identifier or _NAMESAKE.match(text, end):
                continue
            owner = self._owner.search(text, max(0, begin - self._owner_length), begin)
            numbered = len(name) >= _NUMBERED_FROM and name[-1].isalpha() and _DIGIT.match(text, end)
            if (owner or _ends(text, begin, -1)) and (numbered or _ends(text, end - 1, 1)):
                yield Match(name, owner.start() if owner else begin, end, owned=owner is not None)


def misspellings(name: str) -> Iterator[str]:
    """Yield a long name with a letter of a word missing, doubled or swapped, as hurried hands write: CodePipline."""
    words = _LONG_WORD if " " not in name else _INNER_WORD if _SEVERAL_WORDS.fullmatch(name) else None
    for word in words.finditer(name) if words else ():
        for place in range(word.start() + 1, word.end()):
            yield name[:place] + name[place] + name[place:]
        for place in range(word.start() + 1, word.end() - 1):
            yield name[:place] + name[place + 1 :]
            if place < word.end() - 2:
                yield name[:place] + name[place + 1] + name[place] + name[place + 2 :]


def _breaks(name: str) -> frozenset[int]:
    """Return the places in the skeleton of a name where it may be written apart."""
    parted = {match.start() for match in _BREAK.finditer(name)}
    parted |= {place for place, character in enumerate(name) if is_gap(character)}
    return frozenset(len(skeleton(name[:place])) for place in parted)


@lru_cache(4096)  # a text has few characters, and each is asked for again and again
def _script(character: str) -> str:
    """Return what a name of this character must not be continued by: `latin`, `katakana`, or nothing."""
    plain = folded_for_sudachi(character)[:1]
    if plain.isascii() and plain.isalnum():
        return "latin"
    return "katakana" if "ァ" <= plain <= "ヿ" and plain != "・" else ""


def _is_within(place: int, spans: Sequence[tuple[int, int]]) -> bool:
    """Tell whether a place is in one of the spans, which stand in order and apart."""
    before = bisect_right(spans, place, key=lambda span: span[0])
    return before > 0 and place < spans[before - 1][1]


def _is_joined(text: str, places: Sequence[int], breaks: frozenset[int]) -> bool:
    """Tell whether the places of a name follow each other with at most one gap where it may be written apart."""
    if places[-1] - places[0] == len(places) - 1:
        return True
    for count, (here, following) in enumerate(pairwise(places), start=1):
        gaps = list(islice(filter(is_gap, text[here + 1 : following]), 2))
        if len(gaps) > 1 or (gaps and count not in breaks):
            return False
    return True


def _ends(text: str, place: int, step: int) -> bool:
    """Tell whether the character before (`step` -1) or after (1) is not of the same script: the name ends there."""
    beside = place + step
    kind = _script(text[place])
    return not kind or not 0 <= beside < len(text) or _script(text[beside]) != kind
