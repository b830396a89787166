"""The field's words: how they are written, what they are slips of, what is related; and the names of services as words."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import permutations
from typing import Any

from index import datafiles
from index.analysis import LexiconEntry
from kb.services.catalogue import Catalogue, Service

_SEAM = re.compile(r"(?<=[a-z])(?=[A-Z])")
_GAP = re.compile(r"([ ・\-])")
_COMPANY = ("AWS ", "Amazon ")


def words(catalogue: Catalogue) -> tuple[LexiconEntry, ...]:
    """Return the words that the analysis shall know: those of the field, and the names of services."""
    return (*(word for service in catalogue.services for word in _names(service)), *_spellings(), *_field_words())


def field_words() -> dict[str, tuple[str, ...]]:
    """Return the field's words that one may want to type, each with its other spellings and readings."""
    table = _table()
    own = {word: (told["reading"],) for word, told in table["words"].items() if "as" not in told}
    return {**{usual: tuple(others) for usual, others in table["spellings"].items()}, **own}


def slips() -> tuple[tuple[str, str], ...]:
    """Return the slips seen in notes, each with a word that was meant."""
    return tuple((slip, meant) for slip, every in _table()["slips"].items() for meant in every)


def related() -> tuple[tuple[str, str], ...]:
    """Return words with others that may stand for them where they find little."""
    table = _table()["related"]
    mutual = [(word, other) for group in table["groups"] for word, other in permutations(group, 2)]
    return (*mutual, *((word, other) for word, others in table["also"].items() for other in others))


@cache
def _table() -> Mapping[str, Any]:
    return datafiles.table("kb.domains.aws", "vocabulary.toml")


def _field_words() -> Iterator[LexiconEntry]:
    for word, told in _table()["words"].items():
        yield LexiconEntry(word, told.get("as", word), tuple(told.get("units", ())), told["reading"])


def _spellings() -> Iterator[LexiconEntry]:
    for usual, others in _table()["spellings"].items():
        for spelling in (usual, *others):
            yield LexiconEntry(spelling, usual.casefold(), _units(spelling))


def _names(service: Service) -> Iterator[LexiconEntry]:
    """Yield the names that mean a service wherever they stand, each found as its short name, a feature as itself."""
    words_too = service.sense.common | service.sense.ambiguous
    for name in (service.short_name, *service.aliases):
        if name in words_too or name.startswith(_COMPANY):
            continue
        found_as = name if name in service.features else service.short_name
        for spelling in dict.fromkeys(_ways_to_write(name)):
            yield LexiconEntry(spelling, found_as.replace("・", "").casefold(), _units(spelling), name=True)


def _ways_to_write(name: str) -> Iterator[str]:
    """Yield a name as it is, in one word, and apart where its case changes; ・ only shows where it may be written apart."""
    yield name
    yield _GAP.sub("", name)
    yield _SEAM.sub(" ", name).replace("・", " ")


def _units(spelling: str) -> tuple[str, ...]:
    units = _GAP.split(spelling)
    return tuple(units) if len(units) > 1 and all(units) else ()
