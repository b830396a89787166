"""Which services a text names, where a name is also a word or the name of something else: context settles it."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from itertools import pairwise
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from index.analysis import MOST_ANALYSED
from index.text import skeleton
from kb.services.catalogue import Catalogue, Service
from kb.services.matcher import Match, Matcher, misspellings

Clarity = Literal["clear", "shared", "common", "ambiguous"]

_UNCLEAR: tuple[Clarity, ...] = ("ambiguous", "common", "shared")  # fields of `Sense`, the least clear first
_LONGEST_ABBREVIATION = 4  # letters; a longer one is no word, however it is written
_TOO_SHORT_IN_SMALL = 2  # letters; so short an abbreviation counts only as it is listed


class DisambiguationRules(Struct, frozen=True):
    """What is known of names beyond whose they are.

    Near a name of the `others`, a name that they share is theirs and not `ours`. `longer` names contain a service's and
    name none; `alike` stand behind an owner's name and name none. Addresses at the `hosts` name services, no others do.
    """

    ours: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    longer: tuple[str, ...] = ()
    alike: frozenset[str] = frozenset()
    hosts: tuple[str, ...] = ()


class Passage:
    """A text by its skeleton, which remembers what stands in it: a text is asked the same of each of its names."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._skeleton: str | None = None
        self._answers: dict[tuple[str, ...], bool] = {}

    def says_any(self, words: tuple[str, ...]) -> bool:
        """Tell whether one of the words, which are skeletons, stands in the text."""
        if not words:
            return False
        if words not in self._answers:
            if self._skeleton is None:
                self._skeleton = skeleton(self._text)
            self._answers[words] = any(word in self._skeleton for word in words)
        return self._answers[words]


class Naming(Struct, frozen=True):
    """A place where a text names a service: `text[begin:end]`."""

    service: str
    begin: int
    end: int
    part: bool = False  # by the name of a part of it alone (DLQ): whether the note is about it is learned


class Surroundings(Struct, frozen=True):
    """What a text stands in: the texts over it, the nearest first, and the services that its talk names clearly."""

    passages: tuple[Passage, ...] = ()
    named: Collection[str] = ()


class _Meaning(Struct, frozen=True):
    """What a name means: a service, how clearly, and the skeletons of what the catalogue knows of its context."""

    service: str
    clarity: Clarity
    spellings: frozenset[str]
    context: tuple[str, ...]
    beside: frozenset[str]  # the services among the words of its context
    against: tuple[str, ...]
    part: bool = False


class Namer:
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
        wrong = {wrong: name for name, _ in names for wrong in misspellings(name) if skeleton(wrong) not in known}
        self._meanings = known | {skeleton(word): _misspelt(known[skeleton(name)]) for word, name in wrong.items()}
        self._matcher = Matcher(
            [*(name for name, _ in names), *wrong, *disambiguation.longer], catalogue.owners, disambiguation.hosts
        )
        self._ours, self._others = _skeletons(disambiguation.ours), _skeletons(disambiguation.others)
        # What stands between two services of a list: 「Polly、Translate」, "SQS / Amazon SNS".
        owners = "|".join(rf"{re.escape(owner)}\s" for owner in catalogue.owners)
        self._list_sign = re.compile(rf"\s*[、,，/／・&＆+＋と]\s*(?:{owners})?")

    def matches(self, text: str) -> tuple[Match, ...]:
        """Return the names of services in a text, as far as it is analysed, whatever they mean there."""
        return tuple(match for match in self._matcher.find(text[:MOST_ANALYSED]) if match.name in self._meanings)

    def clear(self, matches: Iterable[Match]) -> frozenset[str]:
        """Return the services that these names mean in any context."""
        meanings = ((self._meanings[match.name], match.owned) for match in matches)
        return frozenset(meaning.service for meaning, owned in meanings if owned or meaning.clarity == "clear")

    def namings(self, text: str, matches: Sequence[Match], surroundings: Surroundings) -> tuple[Naming, ...]:
        """Return where a text names services; `matches` are those of this text, in reading order."""
        surroundings = Surroundings((Passage(text), *surroundings.passages), surroundings.named)
        return tuple(
            Naming(self._meanings[match.name].service, match.begin, match.end, self._meanings[match.name].part)
            for number, match in enumerate(matches)
            if match.owned
            or self._holds(text, match, surroundings)
            or self._is_listed(text, matches, number, surroundings)
        )

    def _is_listed(self, text: str, matches: Sequence[Match], number: int, surroundings: Surroundings) -> bool:
        """Tell whether a name, written as the catalogue has it, stands in a list of services (Polly、Translate)."""
        own = matches[number]
        meaning = self._meanings[own.name]
        if text[own.begin : own.end] not in meaning.spellings or surroundings.passages[0].says_any(meaning.against):
            return False
        beside = matches[max(0, number - 1) : number + 2]
        return any(
            self.clear((before, after)) and self._list_sign.fullmatch(text, before.end, after.begin)
            for before, after in pairwise(beside)
        )

    def _holds(self, text: str, match: Match, surroundings: Surroundings) -> bool:
        """Tell whether a name means its service where it stands; the first of the passages is the text itself."""
        meaning = self._meanings[match.name]
        if surroundings.passages[0].says_any(meaning.against):
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
            any(passage.says_any(meaning.context) for passage in surroundings.passages)
            or (as_listed and meaning.service in surroundings.named)
            or (not meaning.beside.isdisjoint(surroundings.named) and match.end - match.begin == len(text.strip()))
        )

    def _is_ours(self, surroundings: Surroundings) -> bool:
        """Tell whether the nearest passage that names any of the clouds names ours; where none does, it is ours."""
        for passage in surroundings.passages:
            if passage.says_any(self._ours):
                return True
            if passage.says_any(self._others):
                return False
        return True


def _meaning(service: Service, spellings: frozenset[str], catalogue: Catalogue) -> _Meaning:
    sense = service.sense
    clarity: Clarity = next((kind for kind in _UNCLEAR if spellings & getattr(sense, kind)), "clear")
    beside = frozenset(other.slug for word in sense.context if (other := catalogue.find(word)))
    context, against = _skeletons(sense.context), _skeletons(sense.against)
    part = clarity == "ambiguous" and spellings <= service.features
    return _Meaning(service.slug, clarity, spellings, context, beside, against, part)


def _misspelt(meaning: _Meaning) -> _Meaning:
    """Return what a misspelling of a name means: the same where that is clear, else nothing unless it is owned."""
    if meaning.clarity == "clear":
        return meaning
    return replace(meaning, clarity="ambiguous", spellings=frozenset(), context=(), beside=frozenset())


def _skeletons(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(map(skeleton, words))


def _is_like_a_word(written: str, spellings: Iterable[str]) -> bool:
    """Tell whether an abbreviation is written like a word: Sam is nobody's SAM, my-es-cluster no ES."""
    abbreviation = all(spelling.isupper() and len(spelling) <= _LONGEST_ABBREVIATION for spelling in spellings)
    return abbreviation and (written.istitle() or len(written) <= _TOO_SHORT_IN_SMALL)
