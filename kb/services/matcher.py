"""Names of services in running text, in any spelling, by longest match. Only this module imports pyahocorasick."""

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

_ADDRESS = re.compile(r"https?://[!-~]+")  # in Japanese text, an address ends with ASCII
_LONG_VOWELS = re.compile("[ーｰ]+")  # skeletons have none: those after a name in katakana are part of it
# 「AWS Lambda Blog」, 「Amplify Meetup」: a blog or an event with a service's name.
_NAMESAKE = re.compile(
    r"[\s\-_]?(?:(?:Tech\s)?Blog|Days|Meetup|Certified|Certification|ブログ|ミートアップ|認定)(?![A-Za-z])",
    re.IGNORECASE,
)
# In `mysql.rds_kill`, a name in lower case is a part of an identifier.
_IDENTIFIER_AFTER = re.compile("_[a-z]")
_IDENTIFIER_BEFORE = re.compile("[a-z0-9][_.]$")
_MIN_NUMBERED = 6  # letters of a name that may have a digit after it: Inspector2, but not S33 or EC22
_DIGIT = re.compile(r"[0-9](?![A-Za-z0-9])")
_NEVER = re.compile(r"(?!)")
# Words whose misspellings are matched; those of shorter words are other words. In a name of several words, six letters.
_LONG_WORD = re.compile(r"[A-Za-z]{5,}")
_SEVERAL_WORDS = re.compile(r"(?=.{12,40}$)[A-Za-z0-9]+(?: [A-Za-z0-9]+){1,3}")
_INNER_WORD = re.compile(r"[A-Za-z]{6,}")
# Where a name may have a space: at its own spaces, changes of case or script, around signs, and before a number after a
# word: Step Functions, Guard Duty, API ゲートウェイ, Lambda @ Edge, Route 53; but never I AM or S 3.
_BREAK = re.compile(
    r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z]{3})(?=[0-9])"
    r"|(?<=[!-~])(?=[^!-~])|(?<=[^!-~])(?=[!-~])|(?<=[^A-Za-z0-9])(?=[A-Za-z0-9])|(?<=[A-Za-z0-9])(?=[^A-Za-z0-9])"
)

_Found = tuple[int, tuple[str, frozenset[int]]]  # the end in the text's skeleton; the name's skeleton and its breaks


class Match(Struct, frozen=True):
    """A name in a text: `text[begin:end]`."""

    name: str  # its skeleton
    begin: int
    end: int
    owned: bool = False  # it begins with its owner's name


class Matcher:
    """An Aho-Corasick automaton over the skeletons of names; a match includes an owner's name before it."""

    def __init__(self, names: Iterable[str], owners: Sequence[str] = (), hosts: Sequence[str] = ()) -> None:
        breaks: dict[str, frozenset[int]] = defaultdict(frozenset)  # places in a skeleton that may have a space
        for name in names:
            begins = {match.start() for match in _BREAK.finditer(name)}
            begins |= {place for place, character in enumerate(name) if is_gap(character)}
            breaks[skeleton(name)] |= {len(skeleton(name[:begin])) for begin in begins}
        self._automaton: Any = ahocorasick.Automaton()  # the library has no types
        shared: dict[frozenset[int], frozenset[int]] = {}  # many names have the same breaks, at 200 bytes each
        for name, places in breaks.items():
            self._automaton.add_word(name, (name, shared.setdefault(places, places)))
        self._automaton.make_automaton()
        # An owner's name right before a name: 「AWSのLambda」, amazon-sqs.
        before = rf"(?<![A-Za-z0-9])(?:{'|'.join(map(re.escape, owners))})(?:の|[\s\-_])?$"
        self._owner = re.compile(before, re.IGNORECASE) if owners else _NEVER
        self._owner_length = max(map(len, owners), default=0) + 1  # with の or a gap after it
        self._own_address = re.compile(rf"https?://(?:{'|'.join(map(re.escape, hosts))})(?:/|$)") if hosts else _NEVER

    def find(self, text: str) -> tuple[Match, ...]:
        """Return the longest names in a text without overlaps, in reading order.

        In addresses, only the paths at the owners' hosts have names.
        """
        found = list(self._automaton.iter(skeleton(text))) if len(self._automaton) else []
        if not found:
            return ()
        excluded = list[tuple[int, int]]()  # whole addresses; at an owner's host, only the host
        for address in _ADDRESS.finditer(text):
            host = self._own_address.match(text, *address.span())
            excluded.append(host.span() if host else address.span())
        longest, end = list[Match](), 0
        for match in sorted(self._matches(text, found), key=lambda match: (match.begin, -match.end, not match.owned)):
            before = bisect_right(excluded, match.begin, key=lambda span: span[0])
            if match.begin >= end and not (before and match.begin < excluded[before - 1][1]):
                longest.append(match)
                end = match.end
        return tuple(longest)

    def _matches(self, text: str, found: Sequence[_Found]) -> Iterator[Match]:
        """Yield the names that are not part of a longer word and have spaces only at their breaks."""
        places_in_text = skeleton_places(text)
        for last, (name, breaks) in found:
            places = places_in_text[last - len(name) + 1 : last + 1]
            if not _is_joined(text, places, breaks):
                continue
            begin, end = places[0], places[-1] + 1
            if _script(text[end - 1]) == "katakana" and (vowels := _LONG_VOWELS.match(text, end)):
                end = vowels.end()
            in_identifier = text[begin:end].islower() and (
                _IDENTIFIER_AFTER.match(text, end) or _IDENTIFIER_BEFORE.search(text, max(0, begin - 2), begin)
            )
            if in_identifier or _NAMESAKE.match(text, end):
                continue
            owner = self._owner.search(text, max(0, begin - self._owner_length), begin)
            numbered = len(name) >= _MIN_NUMBERED and name[-1].isalpha() and _DIGIT.match(text, end)
            if (owner or _ends(text, begin, -1)) and (numbered or _ends(text, end - 1, 1)):
                yield Match(name, owner.start() if owner else begin, end, owned=owner is not None)


class KeywordSet:
    """Keywords that are looked for in a text all at once, as substrings."""

    def __init__(self, keywords: Iterable[str]) -> None:
        self._automaton: Any = ahocorasick.Automaton(ahocorasick.STORE_LENGTH)
        for keyword in keywords:
            self._automaton.add_word(keyword)
        self._automaton.make_automaton()

    def __len__(self) -> int:
        return len(self._automaton)

    def is_in(self, text: str) -> bool:
        """Return whether a text contains one of the keywords."""
        return bool(self) and next(self._automaton.iter(text), None) is not None


def misspellings(name: str) -> Iterator[str]:
    """Yield a long name with a letter of one word missing, doubled or swapped: CodePipline."""
    words = _LONG_WORD if " " not in name else _INNER_WORD if _SEVERAL_WORDS.fullmatch(name) else None
    for word in words.finditer(name) if words else ():
        for place in range(word.start() + 1, word.end()):
            yield name[:place] + name[place] + name[place:]
        for place in range(word.start() + 1, word.end() - 1):
            yield name[:place] + name[place + 1 :]
            if place < word.end() - 2:
                yield name[:place] + name[place + 1] + name[place] + name[place + 2 :]


@lru_cache(4096)  # a text has few different characters
def _script(character: str) -> str:
    """Return the script that must not continue after this character: `latin`, `katakana`, or "" for all others."""
    plain = folded_for_sudachi(character)[:1]
    if plain.isascii() and plain.isalnum():
        return "latin"
    return "katakana" if "ァ" <= plain <= "ヿ" and plain != "・" else ""


def _is_joined(text: str, places: Sequence[int], breaks: frozenset[int]) -> bool:
    """Return whether the characters of a name are adjacent, with at most one space at each of its breaks."""
    if places[-1] - places[0] == len(places) - 1:
        return True
    for count, (here, following) in enumerate(pairwise(places), start=1):
        gaps = list(islice(filter(is_gap, text[here + 1 : following]), 2))
        if len(gaps) > 1 or (gaps and count not in breaks):
            return False
    return True


def _ends(text: str, place: int, step: int) -> bool:
    """Return whether a name ends here: the next character, in direction `step`, is of another script."""
    neighbour = place + step
    kind = _script(text[place])
    return not kind or not 0 <= neighbour < len(text) or _script(text[neighbour]) != kind
