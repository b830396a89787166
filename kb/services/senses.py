"""Which services a text names, where a name is also a word or the name of something else: context settles it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal

from kb.services.catalogue import Catalogue, Service
from kb.services.matcher import Match, Matcher
from kb.services.names import fold

Clarity = Literal["clear", "common", "ambiguous"]


@dataclass(frozen=True, slots=True)
class Naming:
    """A place where a text names a service: `text[begin:end]`."""

    service: str
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What a name means: a service, how clearly, and the spellings that the catalogue gives it."""

    service: Service
    clarity: Clarity
    spellings: frozenset[str]
    context: tuple[str, ...]
    against: tuple[str, ...]


class Namer:
    """Finds the services that texts name."""

    def __init__(self, catalogue: Catalogue) -> None:
        names = [(name, service) for service in catalogue.services for name in service.names]
        self._matcher = Matcher(name for name, _ in names)
        spellings: dict[str, set[str]] = {}
        for name, _ in names:
            spellings.setdefault(fold(name), set()).add(name)
        self._meanings = {
            folded: _meaning(service, frozenset(spellings[folded])) for name, service in names if (folded := fold(name))
        }

    def matches(self, text: str) -> tuple[Match, ...]:
        """Return the names in a text, whatever they mean there."""
        return self._matcher.find(text)

    def clear(self, matches: Iterable[Match]) -> frozenset[str]:
        """Return the services that these names mean in any context."""
        return frozenset(
            self._meanings[match.name].service.slug
            for match in matches
            if match.owned or self._meanings[match.name].clarity == "clear"
        )

    def namings(self, text: str, matches: Iterable[Match], around: Collection[str] = ()) -> tuple[Naming, ...]:
        """Return where a text names services; `around` are those that its talk names clearly."""
        beside = self.clear(matches)
        return tuple(
            Naming(self._meanings[match.name].service.slug, match.begin, match.end)
            for match in matches
            if match.owned or _holds(self._meanings[match.name], text, match, beside, around)
        )


def _meaning(service: Service, spellings: frozenset[str]) -> _Meaning:
    """Return what a name of a service means; folded once here, as each note is compared with it."""
    sense = service.sense
    clarity: Clarity = "ambiguous" if spellings & sense.ambiguous else "common" if spellings & sense.common else "clear"
    return _Meaning(service, clarity, spellings, _folded(sense.context), _folded(sense.against))


def _folded(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(map(fold, words))


def _holds(meaning: _Meaning, text: str, match: Match, beside: Collection[str], around: Collection[str]) -> bool:
    """Tell whether a name means its service where it stands, from how it is written and what stands near it."""
    if meaning.clarity == "clear":
        return True
    folded = fold(text)
    if any(word in folded for word in meaning.against):
        return False
    written = text[match.begin : match.end]
    as_listed = written in meaning.spellings
    if (as_listed and meaning.clarity == "common") or any(word in folded for word in meaning.context):
        return True
    abbreviation = all(spelling.isupper() for spelling in meaning.spellings)
    return (as_listed and meaning.service.slug in around) or (
        abbreviation and (written.isupper() or written.islower()) and bool(beside)
    )
