"""What notes can be about, as one value: services, words and dated changes; and which reports another one concerns."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from msgspec import Struct
from msgspec.structs import replace

from index.analysis import LexiconEntry
from index.text import folded_for_sudachi, skeleton
from kb.report.model import Note
from kb.services.catalogue import Catalogue, Service
from kb.services.changes import Change
from kb.services.matcher import misspellings
from kb.services.senses import DisambiguationRules, Namer
from kb.services.vocabulary import Vocabulary, words

# Sudachi takes no notice of a reading in brackets (徳島（とくしま）県), so a word may go on behind one.
_READING = re.compile(r"[（(][ぁ-んァ-ヶー]+[）)]")


class Domain(Struct, frozen=True, dict=True):
    """A field, with what a library adds to it."""

    catalogue: Catalogue = Catalogue()
    disambiguation: DisambiguationRules = DisambiguationRules()
    vocabulary: Vocabulary = Vocabulary()
    changes: tuple[Change, ...] = ()

    def extended(
        self,
        services: Iterable[Service] = (),
        categories: Mapping[str, str] | None = None,
        own_words: Mapping[str, tuple[str, ...]] | None = None,
    ) -> "Domain":
        """Return it with a library's services, categories and words. Raises CatalogueError where a name is taken."""
        vocabulary = replace(self.vocabulary, own={**self.vocabulary.own, **(own_words or {})})
        return replace(self, catalogue=self.catalogue.extended(services, categories), vocabulary=vocabulary)

    @cached_property
    def namer(self) -> Namer:
        """What finds the services of this domain in texts."""
        return Namer(self.catalogue, self.disambiguation)

    @cached_property
    def words(self) -> tuple[LexiconEntry, ...]:
        """The words that the analysis shall know."""
        return words(self.catalogue, self.vocabulary)

    def changes_of(self, service: str) -> tuple[Change, ...]:
        """Return the changes of a service, in the order of the tables."""
        return self._changes.get(service, ())

    def changes_for(self, note: Note) -> tuple[Change, ...]:
        """Return what has changed since a note; the note itself stays as it is."""
        changes = dict.fromkeys(change for mention in note.services for change in self.changes_of(mention.service))
        return tuple(change for change in changes if change.overtakes(note))

    def overtaking(self, note: Note) -> tuple[str, ...]:
        """Return the ids of the changes that have overtaken a note."""
        return tuple(change.id for change in self.changes_for(note))

    def change(self, key: str) -> Change | None:
        """Return the change of an id, None where there is none."""
        return next((change for change in self.changes if change.id == key), None)

    @cached_property
    def _changes(self) -> Mapping[str, tuple[Change, ...]]:
        changes: dict[str, tuple[Change, ...]] = defaultdict(tuple)
        for change in self.changes:
            for service in change.services:
                changes[service] += (change,)
        return changes


def names_in(texts: Iterable[str]) -> str:
    """Return the texts of a report in one, as names of services are looked for in them (`changed_names`)."""
    every = sorted(set(texts))
    without_readings = [_READING.sub("", text) for text in every if _READING.search(text)]
    return "\n".join(map(skeleton, (*every, *without_readings)))


def changed_services(old: Domain, new: Domain) -> frozenset[str]:
    """Return the slugs of the services that two domains define otherwise, or name by a word they know otherwise."""
    words = [key for key in map(skeleton, _changed_words(old, new)) if key]
    before, after = old.catalogue.by_slug, new.catalogue.by_slug
    return frozenset(
        slug
        for slug in before.keys() | after.keys()
        if before.get(slug) != after.get(slug) or any(word in skeleton(after[slug].short_name) for word in words)
    )


def changed_names(old: Domain, new: Domain) -> frozenset[str] | None:
    """Return what the texts (`names_in`) of every report hold that is understood otherwise, None where that may be all.

    Other owners, or another field, may change what any name means; a word of nothing but gaps may stand in any text.
    """
    if (old.disambiguation, old.catalogue.owners) != (new.disambiguation, new.catalogue.owners):
        return None
    catalogues = (old.catalogue.by_slug, new.catalogue.by_slug)
    services = [known[slug] for slug in changed_services(old, new) for known in catalogues if slug in known]
    names = [name for service in services for name in service.names]
    wrong = [wrong for name in names for wrong in misspellings(name)]
    every = frozenset(map(skeleton, (*_changed_words(old, new), *names, *wrong)))
    return None if "" in every else every


def _changed_words(old: Domain, new: Domain) -> Iterator[str]:
    """Yield the words that the analysis knows otherwise, and the units that only one of the two has."""
    before, after = ({folded_for_sudachi(word.surface): word for word in domain.words} for domain in (old, new))
    yield from (key for key in before.keys() | after.keys() if before.get(key) != after.get(key))
    units = [{unit for word in words.values() for unit in word.units} for words in (before, after)]
    yield from units[0] ^ units[1]
