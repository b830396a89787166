"""What notes can be about, as one value: a field's services, its words and its dated changes."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property

from msgspec import Struct
from msgspec.structs import replace

from index.analysis import LexiconEntry
from kb.report.model import Note
from kb.services.catalogue import Catalogue, Service
from kb.services.changes import Change
from kb.services.senses import DisambiguationRules, Namer
from kb.services.vocabulary import Vocabulary, words


class Domain(Struct, frozen=True, dict=True):
    """A field, with what a library adds to it. Two are equal where they tell the same."""

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
        """Return this domain with a library's services, categories and words. Raises CatalogueError."""
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
