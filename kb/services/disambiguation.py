"""Finds the services that a text names. The context decides names with several meanings.

Input: the matches of names in a text, the texts above it, and the services that its talk names clearly.
Rules: `Sense` of each service and `DisambiguationRules` of the domain. Output: the places that name services.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from index.analysis import MAX_ANALYSED
from index.text import skeleton
from kb.services.catalogue import Catalogue, Service
from kb.services.matcher import Match, Matcher, misspellings

Clarity = Literal["clear", "shared", "common", "ambiguous"]

_UNCLEAR: tuple[Clarity, ...] = ("ambiguous", "common", "shared")  # fields of `Sense`, the least clear first
_MAX_ABBREVIATION = 4  # letters; a longer one is no other word in any case
_MAX_EXACT = 2  # letters of an abbreviation that must be written as in the catalogue


class DisambiguationRules(Struct, frozen=True):
    """The rules of a domain for names, in addition to those of each service."""

    ours: tuple[str, ...] = ()  # names of this cloud
    others: tuple[str, ...] = ()  # names of other clouds; near one, a shared name is theirs
    longer: tuple[str, ...] = ()  # names that contain a service's but mean something else
    alike: frozenset[str] = frozenset()  # words after an owner's name that are no service
    hosts: tuple[str, ...] = ()  # hosts whose addresses name services


class Naming(Struct, frozen=True):
    """A place where a text names a service: `text[begin:end]`."""

    service: str
    begin: int
    end: int
    part: bool = False  # only by an ambiguous feature (DLQ): a model decides if the note is about the service


class Surroundings(Struct, frozen=True):
    """The context of a text."""

    passages: tuple[str, ...] = ()  # the texts above it, the nearest first
    named: Collection[str] = ()  # the services that its talk names clearly


class _Meaning(Struct, frozen=True):
    """The meaning of a name."""

    service: str
    clarity: Clarity
    spellings: frozenset[str]  # in the catalogue
    context: tuple[str, ...]  # skeletons, as of `against`
    related_services: frozenset[str]  # the services among the words of its context
    against: tuple[str, ...]
    part: bool = False


class ServiceFinder:
    """Finds the services that texts name."""

    def __init__(self, catalogue: Catalogue, disambiguation: DisambiguationRules) -> None:
        names = [(name, service) for service in catalogue.services for name in service.names]
        spellings = defaultdict[str, set[str]](set)
        for name, _ in names:
            spellings[skeleton(name)].add(name)
        known = {
            skeleton(name): _meaning(service, frozenset(spellings[skeleton(name)]), catalogue)
            for name, service in names
        }
        misspelled = {
            spelling: name for name, _ in names for spelling in misspellings(name) if skeleton(spelling) not in known
        }
        self._meanings = known | {
            skeleton(spelling): _misspelled(known[skeleton(name)]) for spelling, name in misspelled.items()
        }
        self._matcher = Matcher(
            [*(name for name, _ in names), *misspelled, *disambiguation.longer], catalogue.owners, disambiguation.hosts
        )
        self._ours, self._others = _skeletons(disambiguation.ours), _skeletons(disambiguation.others)
        # The separator of two services in a list: 「Polly、Translate」, "SQS / Amazon SNS".
        owners = "|".join(rf"{re.escape(owner)}\s" for owner in catalogue.owners)
        self._list_sign = re.compile(rf"\s*[、,，/／・&＆+＋と]\s*(?:{owners})?")

    def matches(self, text: str) -> tuple[Match, ...]:
        """Return the names of services in the analysed part of a text, whatever they mean there."""
        return tuple(match for match in self._matcher.find(text[:MAX_ANALYSED]) if match.name in self._meanings)

    def clearly_named(self, matches: Iterable[Match]) -> frozenset[str]:
        """Return the services that these names mean in every context."""
        meanings = ((self._meanings[match.name], match.owned) for match in matches)
        return frozenset(meaning.service for meaning, owned in meanings if owned or meaning.clarity == "clear")

    def namings(self, text: str, matches: Sequence[Match], surroundings: Surroundings) -> tuple[Naming, ...]:
        """Return the places where a text names services; `matches` are those of this text."""
        surroundings = Surroundings((text, *surroundings.passages), surroundings.named)
        return tuple(
            Naming(self._meanings[match.name].service, match.begin, match.end, self._meanings[match.name].part)
            for number, match in enumerate(matches)
            if match.owned
            or self._means_service(text, match, surroundings)
            or self._is_listed(text, matches, number, surroundings)
        )

    def _is_listed(self, text: str, matches: Sequence[Match], number: int, surroundings: Surroundings) -> bool:
        """Return whether a name, in the catalogue's spelling, is in a list of services (Polly、Translate)."""
        own = matches[number]
        meaning = self._meanings[own.name]
        if text[own.begin : own.end] not in meaning.spellings or _has_any(surroundings.passages[0], meaning.against):
            return False
        neighbours = matches[max(0, number - 1) : number + 2]
        return any(
            self.clearly_named((before, after)) and self._list_sign.fullmatch(text, before.end, after.begin)
            for before, after in pairwise(neighbours)
        )

    def _means_service(self, text: str, match: Match, surroundings: Surroundings) -> bool:
        """Return whether a name means its service here; the first of the passages is the text itself."""
        meaning = self._meanings[match.name]
        if _has_any(surroundings.passages[0], meaning.against):
            return False
        if meaning.clarity == "clear":
            return True
        if meaning.clarity == "shared":
            return self._is_ours(surroundings)
        written = text[match.begin : match.end]
        as_listed = written in meaning.spellings
        if as_listed and meaning.clarity == "common":
            return True
        if not as_listed and _is_like_a_word(written, meaning.spellings):
            return False
        return (
            any(_has_any(passage, meaning.context) for passage in surroundings.passages)
            or (as_listed and meaning.service in surroundings.named)
            or (
                not meaning.related_services.isdisjoint(surroundings.named)
                and match.end - match.begin == len(text.strip())
            )
        )

    def _is_ours(self, surroundings: Surroundings) -> bool:
        """Return whether the nearest passage with a cloud's name names ours, or no passage names a cloud."""
        for passage in surroundings.passages:
            if _has_any(passage, self._ours):
                return True
            if _has_any(passage, self._others):
                return False
        return True


_cached_skeleton = lru_cache(4096)(skeleton)


@lru_cache(8192)  # each name of a text looks for the same words
def _has_any(text: str, words: tuple[str, ...]) -> bool:
    """Return whether a text has one of the words, which are skeletons."""
    passage = _cached_skeleton(text) if words else ""
    return any(word in passage for word in words)


def _meaning(service: Service, spellings: frozenset[str], catalogue: Catalogue) -> _Meaning:
    sense = service.sense
    clarity: Clarity = next((kind for kind in _UNCLEAR if spellings & getattr(sense, kind)), "clear")
    related = frozenset(other.slug for word in sense.context if (other := catalogue.find(word)))
    context, against = _skeletons(sense.context), _skeletons(sense.against)
    part = clarity == "ambiguous" and spellings <= service.features
    return _Meaning(service.slug, clarity, spellings, context, related, against, part)


def _misspelled(meaning: _Meaning) -> _Meaning:
    """Return the meaning of a misspelled name: the same if it is clear, else only after the owner's name."""
    if meaning.clarity == "clear":
        return meaning
    return replace(meaning, clarity="ambiguous", spellings=frozenset(), context=(), related_services=frozenset())


def _skeletons(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(map(skeleton, words))


def _is_like_a_word(written: str, spellings: Iterable[str]) -> bool:
    """Return whether an abbreviation is written like another word: Sam is not SAM, my-es-cluster not ES."""
    is_abbreviation = all(spelling.isupper() and len(spelling) <= _MAX_ABBREVIATION for spelling in spellings)
    return is_abbreviation and (written.istitle() or len(written) <= _MAX_EXACT)
