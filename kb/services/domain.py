"""A domain: the services, words and dated changes of a field; and the effects of a changed domain on reports."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from itertools import islice, product

from msgspec import Struct
from msgspec.structs import replace

from index.analysis import LexiconEntry, spelled_out
from index.text import folded_for_sudachi, skeleton
from kb.report.model import Note
from kb.services.catalogue import Catalogue, Service
from kb.services.changes import Change
from kb.services.disambiguation import DisambiguationRules, ServiceFinder
from kb.services.matcher import KeywordSet, misspellings

# Sudachi ignores a reading in parentheses (徳島（とくしま）県), so that a word may continue after one.
_READING = re.compile(r"[（(][ぁ-んァ-ヶー]+[）)]")
_CASE_CHANGE = re.compile(r"(?<=[a-z])(?=[A-Z])")  # StepFunctions is also written Step Functions
_GAP = re.compile(r"([ ・\-])")
_WORD = re.compile("[A-Z]+(?![a-z])s?|[A-Z]?[a-z]+|[0-9]")  # Dynamo and DB
_OTHER = re.compile(r"[^A-Za-z0-9 ./\-]")
_MAX_READINGS = 16  # of a name; each of its words may have several


class Vocabulary(Struct, frozen=True):
    """The words of a field."""

    words: tuple[LexiconEntry, ...] = ()
    spellings: Mapping[str, tuple[str, ...]] = {}  # other spellings of a word, each found as the word
    own: Mapping[str, tuple[str, ...]] = {}  # the library's own spellings; the field's take precedence
    slips: tuple[tuple[str, str], ...] = ()  # a misspelling and the word that is meant
    related: tuple[tuple[str, str], ...] = ()  # a word, and one to search for too if the word finds little
    readings: Mapping[str, tuple[str, ...]] = {}  # how names in Latin letters are read
    parts: Mapping[str, tuple[str, ...]] = {}  # how the words that names are made of are read

    @property
    def typed(self) -> dict[str, tuple[str, ...]]:
        """The words to suggest while somebody types, each with its other spellings and readings."""
        read = {word.surface: (word.reading,) for word in self.words if word.normalized == word.surface}
        return {**self.spellings, **read, **self.own}


class Domain(Struct, frozen=True, dict=True):
    """A field, with the additions of a library."""

    catalogue: Catalogue = Catalogue()
    disambiguation: DisambiguationRules = DisambiguationRules()
    vocabulary: Vocabulary = Vocabulary()
    changes: tuple[Change, ...] = ()
    own_services: frozenset[str] = frozenset()  # slugs of the library's own services

    def extended(
        self,
        services: Iterable[Service] = (),
        categories: Mapping[str, str] | None = None,
        own_words: Mapping[str, tuple[str, ...]] | None = None,
    ) -> "Domain":
        """Return the domain with a library's services, categories and words. Raises CatalogueError for a taken name."""
        services = tuple(services)
        return replace(
            self,
            catalogue=self.catalogue.extended(services, categories),
            vocabulary=replace(self.vocabulary, own={**self.vocabulary.own, **(own_words or {})}),
            own_services=self.own_services.union(service.slug for service in services),
        )

    @cached_property
    def service_finder(self) -> ServiceFinder:
        """Finds the services of this domain in texts."""
        return ServiceFinder(self.catalogue, self.disambiguation, self.own_services)

    @cached_property
    def words(self) -> tuple[LexiconEntry, ...]:
        """The words that the analysis needs: those of the field and the library, and the names of services."""
        names = (
            replace(word, compound=service.slug in self.own_services)
            for service in self.catalogue.services
            for word in _names(service, self.catalogue.owners)
        )
        spellings = (
            LexiconEntry(spelling, usual.casefold(), _units(spelling))
            for usual, others in self.vocabulary.spellings.items()
            for spelling in (usual, *others)
        )
        return _with_own((*names, *spellings, *self.vocabulary.words), self.vocabulary.own)

    def readings(self) -> Iterator[tuple[str, str]]:
        """Yield the readings and Japanese spellings of services and words, each with the name that it means."""
        names = [
            (name, name if name in service.features else service.short_name)
            for service in self.catalogue.services
            for name in (service.short_name, *service.names)
        ]
        names += [(other, word) for word, others in self.vocabulary.typed.items() for other in (word, *others)]
        names += [(name, name) for name in self.vocabulary.readings]
        vocabulary = self.vocabulary
        read = {word.casefold(): texts for word, texts in (*vocabulary.parts.items(), *vocabulary.readings.items())}
        for name, meant in names:
            if not name.isascii():
                yield name, meant
            else:
                yield from ((reading, meant) for reading in (*read.get(name.casefold(), ()), *_spelled(name, read)))

    def changes_of(self, service: str) -> tuple[Change, ...]:
        """Return the changes of a service, in the order of the tables."""
        return self._changes.get(service, ())

    def changes_for(self, note: Note) -> tuple[Change, ...]:
        """Return the changes that make a note outdated: those that an assistant names, else those it contradicts."""
        if note.changes is not None:
            return tuple(filter(None, map(self.change, note.changes)))
        changes = dict.fromkeys(change for mention in note.services for change in self.changes_of(mention.service))
        return tuple(change for change in changes if change.overtakes(note))

    def overtaking(self, note: Note) -> tuple[str, ...]:
        """Return the ids of the changes that make a note outdated."""
        return tuple(change.id for change in self.changes_for(note))

    def change(self, key: str) -> Change | None:
        """Return the change of an id, or None."""
        return next((change for change in self.changes if change.id == key), None)

    @cached_property
    def _changes(self) -> Mapping[str, tuple[Change, ...]]:
        changes: dict[str, tuple[Change, ...]] = defaultdict(tuple)
        for change in self.changes:
            for service in change.services:
                changes[service] += (change,)
        return changes


def _names(service: Service, owners: tuple[str, ...]) -> Iterator[LexiconEntry]:
    """Yield the unambiguous names of a service: each found as its short name, the name of a feature as itself."""
    also_words = service.sense.common | service.sense.ambiguous
    with_owner = tuple(f"{owner} " for owner in owners)
    for name in (service.short_name, *service.aliases):
        if name in also_words or name.startswith(with_owner):
            continue
        found_as = name if name in service.features else service.short_name
        # As it is, as one word, and with spaces where its case changes; ・ only marks a possible space.
        spellings = (name, _GAP.sub("", name), _CASE_CHANGE.sub(" ", name).replace("・", " "))
        for spelling in dict.fromkeys(spellings):
            yield LexiconEntry(spelling, found_as.replace("・", "").casefold(), _units(spelling), name=True)


def _units(spelling: str) -> tuple[str, ...]:
    units = _GAP.split(spelling)
    return tuple(units) if len(units) > 1 and all(units) else ()


def _spelled(name: str, read: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """Yield the readings of a name that its words have: ステップファンクションズ, エスキューエス."""
    words = [] if _OTHER.search(name) else _WORD.findall(name)
    if len(words) == 1 and not words[0].isupper():
        return
    each = [spelled_out(word) if len(words) == 1 else read.get(word.casefold()) or spelled_out(word) for word in words]
    if each:
        yield from map("".join, islice(product(*each), _MAX_READINGS))


def _with_own(known: tuple[LexiconEntry, ...], own: Mapping[str, tuple[str, ...]]) -> tuple[LexiconEntry, ...]:
    """Merge a library's words into the known ones; all spellings of a word get one normal form."""
    if not own:
        return known
    found_as = {folded_for_sudachi(word.surface): word.normalized for word in known}
    joined: dict[str, str] = {}  # a normal form that is now found as another

    def final(normalized: str) -> str:
        while normalized in joined:
            normalized = joined[normalized]
        return normalized

    added = []
    for usual, others in own.items():
        spellings = dict.fromkeys((usual, *others))
        before = [final(found_as[key]) for spelling in spellings if (key := folded_for_sudachi(spelling)) in found_as]
        head = before[0] if before else usual.casefold()
        joined |= {other: head for other in before if other != head}
        added += [
            LexiconEntry(spelling, head, compound=True)
            for spelling in spellings
            if folded_for_sudachi(spelling) not in found_as
        ]
        found_as |= {folded_for_sudachi(spelling): head for spelling in spellings}
    return tuple(replace(word, normalized=final(word.normalized)) for word in (*known, *added))


def names_in(texts: Iterable[str]) -> str:
    """Return the texts of a report as one, folded for a search of `changed_names` in it."""
    unique = sorted(set(texts))
    without_readings = [_READING.sub("", text) for text in unique if _READING.search(text)]
    return "\n".join(map(skeleton, (*unique, *without_readings)))


def changed_services(old: Domain, new: Domain) -> frozenset[str]:
    """Return the slugs of the services whose definition changed, or whose name contains a changed word."""
    words = KeywordSet(key for key in map(skeleton, _changed_words(old, new)) if key)
    before, after = old.catalogue.by_slug, new.catalogue.by_slug
    return frozenset(
        slug
        for slug in before.keys() | after.keys()
        if before.get(slug) != after.get(slug) or words.is_in(skeleton(after[slug].short_name))
    )


def changed_names(old: Domain, new: Domain) -> KeywordSet | None:
    """Return the changed names and words: a report must be read again if its texts (`names_in`) contain one.

    None means all reports: new owners or rules may change the meaning of any name, and a word that folds to
    nothing is in every text.
    """
    if (old.disambiguation, old.catalogue.owners) != (new.disambiguation, new.catalogue.owners):
        return None
    catalogues = (old.catalogue.by_slug, new.catalogue.by_slug)
    services = [known[slug] for slug in changed_services(old, new) for known in catalogues if slug in known]
    names = [name for service in services for name in service.names]
    misspelled = [spelling for name in names for spelling in misspellings(name)]
    keys = frozenset(map(skeleton, (*_changed_words(old, new), *names, *misspelled)))
    return None if "" in keys else KeywordSet(keys)


def _changed_words(old: Domain, new: Domain) -> Iterator[str]:
    """Yield the words whose analysis changed."""
    before, after = ({folded_for_sudachi(word.surface): word for word in domain.words} for domain in (old, new))
    yield from (key for key in before.keys() | after.keys() if before.get(key) != after.get(key))
