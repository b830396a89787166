"""Which services a text names, where a name is also a word or the name of something else: context settles it."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from kb.services.catalogue import Catalogue, Service
from kb.services.datafiles import Words
from kb.services.matcher import Match, Matcher
from kb.services.names import fold, misspellings

Clarity = Literal["clear", "shared", "common", "ambiguous"]

_LONGEST_ABBREVIATION = 4
_TOO_SHORT_IN_SMALL = 2
_LIST_SIGN = re.compile(r"\s*[、,，/／・&＆+＋と]\s*(?:(?:AWS|Amazon)\s)?")


@dataclass(frozen=True, slots=True)
class Naming:
    """A place where a text names a service: `text[begin:end]`."""

    service: str
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a text stands in: the texts over it, the nearest first, and the services that its talk names clearly."""

    texts: tuple[str, ...] = ()
    named: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What a name means: a service, how clearly, and what the catalogue tells of its context, folded."""

    service: str
    clarity: Clarity
    spellings: frozenset[str]
    context: tuple[str, ...]
    beside: frozenset[str]  # the services among the words of its context
    against: tuple[str, ...]


class Namer:
    """Finds the services that texts name."""

    def __init__(self, catalogue: Catalogue, words: Words) -> None:
        names = [(name, service) for service in catalogue.services for name in service.names]
        spellings: dict[str, set[str]] = {}
        for name, _ in names:
            spellings.setdefault(fold(name), set()).add(name)
        self._meanings = {
            fold(name): _meaning(service, frozenset(spellings[fold(name)]), catalogue) for name, service in names
        }
        wrong = {wrong: name for name, _ in names for wrong in misspellings(name) if fold(wrong) not in self._meanings}
        self._meanings |= {fold(word): _misspelt(self._meanings[fold(name)]) for word, name in wrong.items()}
        self._matcher = Matcher([*(name for name, _ in names), *wrong, *words["no_services"]])
        self._ours, self._others = _folded(words["ours"]), _folded(words["others"])

    def matches(self, text: str) -> tuple[Match, ...]:
        """Return the names of services in a text, whatever they mean there."""
        return tuple(match for match in self._matcher.find(text) if match.name in self._meanings)

    def clear(self, matches: Iterable[Match]) -> frozenset[str]:
        """Return the services that these names mean in any context."""
        meanings = ((self._meanings[match.name], match.owned) for match in matches)
        return frozenset(meaning.service for meaning, owned in meanings if owned or meaning.clarity == "clear")

    def namings(self, text: str, matches: Sequence[Match], around: Surroundings) -> tuple[Naming, ...]:
        """Return where a text names services."""
        return tuple(
            Naming(self._meanings[match.name].service, match.begin, match.end)
            for match in matches
            if match.owned
            or self._holds(self._meanings[match.name], text, match, around)
            or self._listed(match, text, matches)
        )

    def _listed(self, own: Match, text: str, matches: Sequence[Match]) -> bool:
        """Tell whether a name, written as the catalogue has it, stands in a list of services (Polly、Translate)."""
        meaning = self._meanings[own.name]
        if text[own.begin : own.end] not in meaning.spellings or _any(meaning.against, fold(text)):
            return False
        return any(
            self.clear((before, after)) and _LIST_SIGN.fullmatch(text, before.end, after.begin)
            for before, after in pairwise(matches)
            if own in (before, after)
        )

    def _holds(self, meaning: _Meaning, text: str, match: Match, around: Surroundings) -> bool:
        """Tell whether a name means its service where it stands."""
        folded = fold(text)
        if _any(meaning.against, folded):
            return False
        if meaning.clarity == "clear":
            return True
        if meaning.clarity == "shared":
            return self._in_our_cloud(folded, around)
        written = text[match.begin : match.end]
        as_listed = written in meaning.spellings
        if as_listed and meaning.clarity == "common":
            return True
        if not as_listed and _as_a_word(written, meaning.spellings):
            return False
        in_context = any(_any(meaning.context, place) for place in (folded, *map(fold, around.texts)))
        alone = match.end - match.begin == len(text.strip())
        return (
            in_context
            or (as_listed and meaning.service in around.named)
            or (alone and not meaning.beside.isdisjoint(around.named))
        )

    def _in_our_cloud(self, folded: str, around: Surroundings) -> bool:
        """Tell whether the nearest text that names a cloud names AWS; where none does, it is AWS."""
        for place in (folded, *map(fold, around.texts)):
            if _any(self._ours, place):
                return True
            if _any(self._others, place):
                return False
        return True


def _meaning(service: Service, spellings: frozenset[str], catalogue: Catalogue) -> _Meaning:
    sense = service.sense
    kinds: Mapping[Clarity, frozenset[str]] = {
        "ambiguous": sense.ambiguous,
        "common": sense.common,
        "shared": sense.shared,
    }
    clarity: Clarity = next((kind for kind, names in kinds.items() if spellings & names), "clear")
    beside = frozenset(other.slug for word in sense.context if (other := catalogue.find(word)))
    return _Meaning(service.slug, clarity, spellings, _folded(sense.context), beside, _folded(sense.against))


def _misspelt(meaning: _Meaning) -> _Meaning:
    """Return what a misspelling of a name means: the same where the name is clear, else nothing without AWS before it."""
    if meaning.clarity == "clear":
        return meaning
    return replace(meaning, clarity="ambiguous", spellings=frozenset(), context=(), beside=frozenset())


def _folded(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(map(fold, words))


def _any(words: Iterable[str], folded: str) -> bool:
    return any(word in folded for word in words)


def _as_a_word(written: str, spellings: Iterable[str]) -> bool:
    """Tell whether an abbreviation is written like a word: Sam is nobody's SAM, my-es-cluster no ES."""
    abbreviation = all(spelling.isupper() and len(spelling) <= _LONGEST_ABBREVIATION for spelling in spellings)
    return abbreviation and (written.istitle() or len(written) <= _TOO_SHORT_IN_SMALL)
