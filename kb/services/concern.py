"""Which reports the change of a domain concerns: those whose texts hold a name or word that it tells otherwise."""

import re
from collections.abc import Iterable, Iterator

from index.analysis import LexiconEntry
from index.text import folded_for_sudachi, skeleton
from kb.services.catalogue import Catalogue, Service
from kb.services.domain import Domain
from kb.services.names import misspellings

# Sudachi takes no notice of a reading in brackets (徳島（とくしま）県), so a word may go on behind one.
_READING = re.compile(r"[（(][ぁ-んァ-ヶー]+[）)]")


def names_in(texts: Iterable[str]) -> str:
    """Return the texts of a report as changed names are looked for in them."""
    every = sorted(set(texts))
    without = [_READING.sub("", text) for text in every if _READING.search(text)]
    return "\n".join(map(skeleton, (*every, *without)))


def changed_services(old: Domain, new: Domain) -> frozenset[str]:
    """Return the slugs of the services that two domains tell otherwise, or name by a word they know otherwise."""
    words = [key for key in map(skeleton, _changed_words(old, new)) if key]
    every = {slug: _both(slug, old, new) for slug in old.catalogue.by_slug.keys() | new.catalogue.by_slug.keys()}
    return frozenset(
        slug
        for slug, services in every.items()
        if len(set(services)) > 1
        or len(services) == 1
        or any(word in skeleton(service.short_name) for service in services for word in words)
    )


def changed_names(old: Domain, new: Domain) -> frozenset[str] | None:
    """Return what the texts hold (`names_in`) of every report that is understood otherwise, None where that may be all.

    Other owners, or another field, may change what any name means; a word of nothing but gaps may stand in any text.
    """
    if (old.disambiguation, old.catalogue.owners) != (new.disambiguation, new.catalogue.owners):
        return None
    services = [service for slug in changed_services(old, new) for service in _both(slug, old, new)]
    names = [name for service in services for name in service.names]
    wrong = [wrong for name in names for wrong in misspellings(name)]
    every = frozenset(map(skeleton, (*_changed_words(old, new), *names, *wrong)))
    return None if "" in every else every


def _both(slug: str, old: Domain, new: Domain) -> tuple[Service, ...]:
    catalogues: tuple[Catalogue, ...] = (old.catalogue, new.catalogue)
    return tuple(catalogue.by_slug[slug] for catalogue in catalogues if slug in catalogue.by_slug)


def _changed_words(old: Domain, new: Domain) -> Iterator[str]:
    """Yield the words that the analysis knows otherwise, and the units that only one of the two has."""
    before, after = _by_surface(old.words), _by_surface(new.words)
    yield from (key for key in before.keys() | after.keys() if before.get(key) != after.get(key))
    yield from _units(before.values()) ^ _units(after.values())


def _by_surface(words: Iterable[LexiconEntry]) -> dict[str, LexiconEntry]:
    return {folded_for_sudachi(word.surface): word for word in words}


def _units(words: Iterable[LexiconEntry]) -> set[str]:
    return {unit for word in words for unit in word.units}
