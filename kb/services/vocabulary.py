"""The field's words: their spellings, their slips, what is related; and the names of services as words."""

import re
from collections.abc import Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from index.analysis import LexiconEntry
from index.text import folded_for_sudachi
from kb.services.catalogue import Catalogue, Service

_SEAM = re.compile(r"(?<=[a-z])(?=[A-Z])")  # StepFunctions is written Step Functions too
_GAP = re.compile(r"([ ・\-])")


class Vocabulary(Struct, frozen=True):
    """The words of a field.

    `spellings` are other ways to write a word, found as the first of them; `own` the same of a library itself, found as
    what the field already knows of them. `slips` come with what was meant, `related` words with what may stand for them
    where they find little.
    """

    words: tuple[LexiconEntry, ...] = ()
    spellings: Mapping[str, tuple[str, ...]] = {}
    own: Mapping[str, tuple[str, ...]] = {}
    slips: tuple[tuple[str, str], ...] = ()
    related: tuple[tuple[str, str], ...] = ()

    @property
    def typed(self) -> dict[str, tuple[str, ...]]:
        """The words that one may want to type, each with its other spellings and readings."""
        read = {word.surface: (word.reading,) for word in self.words if word.normalized == word.surface}
        return {**self.spellings, **read, **self.own}


def words(catalogue: Catalogue, vocabulary: Vocabulary) -> tuple[LexiconEntry, ...]:
    """Return the words that the analysis shall know: those of the field, of the library, and the names of services."""
    names = (word for service in catalogue.services for word in _names(service, catalogue.owners))
    spellings = (
        LexiconEntry(spelling, usual.casefold(), _units(spelling))
        for usual, others in vocabulary.spellings.items()
        for spelling in (usual, *others)
    )
    return _with_own((*names, *spellings, *vocabulary.words), vocabulary.own)


def readings(catalogue: Catalogue, vocabulary: Vocabulary) -> Iterator[tuple[str, str]]:
    """Yield how services and words of the field are read, or written in Japanese, each with the name that it means."""
    services = ((one.short_name, [n for n in one.names if n not in one.features]) for one in catalogue.services)
    for name, others in (*services, *vocabulary.typed.items()):
        yield from ((reading, name) for reading in others if not reading.isascii())


def _with_own(known: tuple[LexiconEntry, ...], own: Mapping[str, tuple[str, ...]]) -> tuple[LexiconEntry, ...]:
    """Return known words with a library's, so that those of each of its groups are found as one."""
    if not own:
        return known
    found_as = {folded_for_sudachi(word.surface): word.normalized for word in known}
    moved: dict[str, str] = {}  # what was found as one thing, and is now found as another

    def final(found: str) -> str:
        while found in moved:
            found = moved[found]
        return found

    added = []
    for usual, others in own.items():
        spellings = dict.fromkeys((usual, *others))
        before = [final(found_as[key]) for spelling in spellings if (key := folded_for_sudachi(spelling)) in found_as]
        head = before[0] if before else usual.casefold()
        moved |= {other: head for other in before if other != head}
        added += [
            LexiconEntry(spelling, head, _units(spelling))
            for spelling in spellings
            if folded_for_sudachi(spelling) not in found_as
        ]
        found_as |= {folded_for_sudachi(spelling): head for spelling in spellings}
    return tuple(replace(word, normalized=final(word.normalized)) for word in (*known, *added))


def _names(service: Service, owners: tuple[str, ...]) -> Iterator[LexiconEntry]:
    """Yield the names that mean a service wherever they stand, each found as its short name, a feature as itself."""
    words_too = service.sense.common | service.sense.ambiguous
    owned = tuple(f"{owner} " for owner in owners)
    for name in (service.short_name, *service.aliases):
        if name in words_too or name.startswith(owned):
            continue
        found_as = name if name in service.features else service.short_name
        # As it is, in one word, and apart where its case changes; ・ only shows where it may be apart.
        written = (name, _GAP.sub("", name), _SEAM.sub(" ", name).replace("・", " "))
        for spelling in dict.fromkeys(written):
            yield LexiconEntry(spelling, found_as.replace("・", "").casefold(), _units(spelling), name=True)


def _units(spelling: str) -> tuple[str, ...]:
    units = _GAP.split(spelling)
    return tuple(units) if len(units) > 1 and all(units) else ()
