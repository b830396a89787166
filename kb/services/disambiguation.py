"""Finds the services that a text names. The context decides names with several meanings.

Input: the matches of names in a text, the texts above it, and what its talk and report name.
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
_OF_ANY_CLOUD: tuple[Clarity, ...] = ("ambiguous", "shared")  # Security Group, VPC: other clouds may have the same
_MAX_ABBREVIATION = 4  # letters; a longer one is no other word in any case
_MAX_EXACT = 2  # letters of an abbreviation that must be written as in the catalogue


class DisambiguationRules(Struct, frozen=True):
    """The rules of a domain for names, in addition to those of each service."""

    ours: tuple[str, ...] = ()  # names of this cloud
    others: tuple[str, ...] = ()  # names of other clouds; near one, a shared name is theirs
    makers: tuple[str, ...] = ()  # right before a name that is not clear, they make it a product of theirs
    longer: tuple[str, ...] = ()  # names that contain a service's but mean something else
    alike: frozenset[str] = frozenset()  # words after an owner's name that are no service
    hosts: tuple[str, ...] = ()  # hosts whose addresses name services


class Naming(Struct, frozen=True):
    """A place where a text names a service: `text[begin:end]`."""

    service: str
    begin: int
    end: int
    part: bool = False  # only by an ambiguous feature (DLQ): a model decides if the note is about the service


class Scope(Struct, frozen=True):
    """The clouds that a talk or a report names."""

    ours: int = 0  # texts that name this cloud, or a service clearly
    others: int = 0  # other texts that name another cloud
    strange: frozenset[str] = frozenset()  # services whose names have another meaning in it unless it names this cloud


class Surroundings(Struct, frozen=True):
    """The context of a text."""

    passages: tuple[str, ...] = ()  # the texts above it, the nearest first
    named: Collection[str] = ()  # the services that its talk names clearly
    scopes: tuple[Scope, ...] = ()  # its talk, if any, and its report


class _Meaning(Struct, frozen=True):
    """The meaning of a name."""

    service: str
    clarity: Clarity
    spellings: frozenset[str]  # in the catalogue
    context: tuple[str, ...]  # skeletons, as of `against` and `elsewhere`
    related_services: frozenset[str]  # the services among the words of its context
    against: frozenset[str]
    elsewhere: frozenset[str]  # with those of `against`
    part: bool = False


class ServiceFinder:
    """Finds the services that texts name."""

    def __init__(
        self, catalogue: Catalogue, disambiguation: DisambiguationRules, own_services: frozenset[str] = frozenset()
    ) -> None:
        """Take the rules, and the slugs of a library's own services: their common names need no sign of this cloud."""
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
        clear = ((name, own) for name, own in self._meanings.items() if own.clarity == "clear")
        self._sure = frozenset(name for name, own in clear if not own.elsewhere)
        self._own_services = own_services
        ours, others = disambiguation.ours, disambiguation.others
        self._ours, self._others = frozenset(_skeletons(ours)), frozenset(_skeletons(others))
        senses = [service.sense for service in catalogue.services]
        words = [word for sense in senses for word in (*sense.against, *sense.elsewhere)]
        known_names = [*(name for name, _ in names), *misspelled, *disambiguation.longer, *ours, *others, *words]
        self._matcher = Matcher(known_names, catalogue.owners, disambiguation.hosts)
        # A text is also above other notes.
        self.matches, self._names = lru_cache(4096)(self._matches_in), lru_cache(4096)(self._names_in)
        # A maker's name right before a name, as `Matcher` finds an owner's: "Azure Backup".
        makers = "|".join(map(re.escape, disambiguation.makers)) or "(?!)"
        self._maker = re.compile(rf"(?<![A-Za-z0-9])(?:{makers})(?:の|[\s\-_])?$", re.IGNORECASE)
        self._maker_length = max(map(len, disambiguation.makers), default=0) + 2  # with the characters around it
        # The separator of two services in a list: 「Polly、Translate」, "SQS / Amazon SNS".
        owners = "|".join(rf"{re.escape(owner)}\s" for owner in catalogue.owners)
        self._list_sign = re.compile(rf"\s*[、,，/／・&＆+＋と]\s*(?:{owners})?")

    def _matches_in(self, text: str) -> tuple[Match, ...]:
        """Return the names of services and clouds and the words of rules in the analysed part of a text."""
        return self._matcher.find(text[:MAX_ANALYSED])

    def _names_in(self, text: str) -> frozenset[str]:
        """Return the names of these matches, and those of this cloud if one begins with its owner's name."""
        matches = self.matches(text)
        return frozenset(match.name for match in matches).union(*[self._ours for match in matches if match.owned][:1])

    def scope(self, texts: Iterable[str]) -> Scope:
        """Return what the texts of a talk or report name."""
        found = [self._names(text) for text in texts]
        words = frozenset[str]().union(*found)
        named = {name: self._meanings[name] for name in words & self._meanings.keys()}
        sure, strange = {"clear"}, frozenset[str]()
        if words.isdisjoint(self._others):
            sure.add("shared")
            strange = frozenset(own.service for own in named.values() if not own.elsewhere.isdisjoint(words))
        signs = {name for name, own in named.items() if own.clarity in sure and own.service not in strange}
        clouds = [self._cloud(names, signs) for names in found]
        return Scope(clouds.count("ours"), clouds.count("others"), strange)

    def _cloud(self, names: frozenset[str], signs: Collection[str]) -> Literal["ours", "others"] | None:
        """Return whose cloud a text has names of, ours before others; `signs` are services' names that are ours."""
        if not names.isdisjoint(self._ours) or not names.isdisjoint(signs):
            return "ours"
        return None if names.isdisjoint(self._others) else "others"

    def clearly_named(self, matches: Iterable[Match]) -> frozenset[str]:
        """Return the services that these names mean in every context."""
        meanings = ((self._meanings[match.name], match.owned) for match in matches if match.name in self._meanings)
        return frozenset(meaning.service for meaning, owned in meanings if owned or meaning.clarity == "clear")

    def namings(self, text: str, matches: Sequence[Match], surroundings: Surroundings) -> tuple[Naming, ...]:
        """Return the places where a text names services; `matches` are those of this text."""
        surroundings = replace(surroundings, passages=(text, *surroundings.passages))
        matches = [match for match in matches if match.name in self._meanings]
        return tuple(
            Naming(self._meanings[match.name].service, match.begin, match.end, self._meanings[match.name].part)
            for number, match in enumerate(matches)
            if match.owned or self._means_service(text, match, surroundings) or self._is_listed(text, matches, number)
        )

    def _is_elsewhere(self, text: str, match: Match) -> bool:
        """Return whether the text itself makes a name something else: by a word, or by a maker's name before it."""
        meaning, begin = self._meanings[match.name], max(0, match.begin - self._maker_length)
        is_made = meaning.clarity != "clear" and self._maker.search(text[begin : match.begin])
        return bool(is_made) or not self._names(text).isdisjoint(meaning.against)

    def _is_listed(self, text: str, matches: Sequence[Match], number: int) -> bool:
        """Return whether a name, in the catalogue's spelling, is in a list of services (Polly、Translate)."""
        own = matches[number]
        meaning = self._meanings[own.name]
        if text[own.begin : own.end] not in meaning.spellings or self._is_elsewhere(text, own):
            return False
        neighbours = matches[max(0, number - 1) : number + 2]
        return any(
            self.clearly_named((before, after)) and self._list_sign.fullmatch(text, before.end, after.begin)
            for before, after in pairwise(neighbours)
        )

    def _means_service(self, text: str, match: Match, surroundings: Surroundings) -> bool:
        """Return whether a name means its service here; the first of the passages is the text itself."""
        meaning = self._meanings[match.name]
        if self._is_elsewhere(text, match):
            return False
        if meaning.clarity in ("clear", "shared"):
            return self._is_ours(meaning, surroundings)
        written = text[match.begin : match.end]
        as_listed = written in meaning.spellings
        # A word such as Shield means something else in a report that does not name this cloud.
        has_sign = meaning.service in self._own_services or all(scope.ours for scope in surroundings.scopes[-1:])
        if as_listed and meaning.clarity == "common" and has_sign:
            return self._is_ours(meaning, surroundings)
        if not as_listed and _is_like_a_word(written, meaning.spellings):
            return False
        has_context = (
            any(_has_any(passage, meaning.context) for passage in surroundings.passages)
            or (as_listed and meaning.service in surroundings.named)
            or (
                not meaning.related_services.isdisjoint(surroundings.named)
                and match.end - match.begin == len(text.strip())
            )
        )
        return has_context and self._is_ours(meaning, surroundings)

    def _is_ours(self, meaning: _Meaning, surroundings: Surroundings) -> bool:
        """Return whether the nearest text, else the talk, else the report that decides is about this cloud."""
        for passage in surroundings.passages:
            names = self._names(passage)
            cloud = self._cloud(names, self._sure)
            if cloud == "ours":
                return True
            if (cloud and meaning.clarity in _OF_ANY_CLOUD) or not names.isdisjoint(meaning.against):
                return False
        for scope in surroundings.scopes:
            if meaning.clarity in _OF_ANY_CLOUD and scope.others > scope.ours + 1:  # not for one remark
                return False
            if scope.ours or meaning.service in scope.strange:
                return scope.ours > 0
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
    context, against = _skeletons(sense.context), frozenset(_skeletons(sense.against))
    elsewhere = against.union(_skeletons(sense.elsewhere))
    part = clarity == "ambiguous" and spellings <= service.features
    return _Meaning(service.slug, clarity, spellings, context, related, against, elsewhere, part)


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
