"""The services that a report may name: slugs, names, categories and aliases."""

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Literal, TypeVar, get_args

from msgspec import Struct

from index.messages import Message, translatable
from index.terms import nearest
from index.text import skeleton

T = TypeVar("T")
_MOST_NEAR = 3


class FormerName(Struct, frozen=True, forbid_unknown_fields=True):
    """A name that a service had before it was renamed; `until` has the precision that is known (`2018`, `2018-11`)."""

    name: str
    until: str


StageName = Literal["announced", "no_new_customers", "reopened", "closed"]
STAGES: tuple[StageName, ...] = get_args(StageName)


class Stage(Struct, frozen=True):
    """A step in the life of a service, the day it came, and where that is announced; None where it was not checked."""

    what: StageName
    on: str
    source: str | None = None


class Sense(Struct, frozen=True):
    """When a name means the service, for names that are also words or other things."""

    common: frozenset[str] = frozenset()  # a word too: the service when written just so, or in context
    ambiguous: frozenset[str] = frozenset()  # something else too: the service in context only
    shared: frozenset[str] = frozenset()  # other clouds have it too: theirs near their names
    context: tuple[str, ...] = ()  # words beside which it is the service
    against: tuple[str, ...] = ()  # words beside which it is not


class Service(Struct, frozen=True):
    """One service. `aliases` are all other names that mean it: abbreviations, features, former names, katakana."""

    slug: str
    name: str  # official: Amazon SQS
    short_name: str  # as people say it: SQS
    category: str  # slug of its category
    aliases: tuple[str, ...] = ()
    features: frozenset[str] = frozenset()  # the aliases that name only a part of it: ALB, StackSets
    former: tuple[FormerName, ...] = ()
    stages: tuple[Stage, ...] = ()  # announced, closed to new customers, closed: in the order of their days
    superseded_by: str | None = None  # slug of what took its place; the two stay apart
    split_from: str | None = None  # slug of what it was a part of
    sense: Sense = Sense()

    @property
    def names(self) -> tuple[str, ...]:
        """Return every name of the service, its slug apart."""
        return (self.name, self.short_name, *self.aliases)


class CatalogueError(ValueError):
    """A service that cannot be added: its slug, and a message of what stands against it."""

    def __init__(self, slug: str, message: Message) -> None:
        super().__init__(translatable("{0}: {1}", slug, message))
        self.slug = slug
        self.message = message


class Catalogue(Struct, frozen=True, dict=True):
    """The known services, looked up by any of their names.

    Categories are labels by slug, in the order shown; owners the companies whose names may stand before a service's.
    """

    services: tuple[Service, ...] = ()
    categories: Mapping[str, str] = {}
    owners: tuple[str, ...] = ()

    @cached_property
    def by_slug(self) -> Mapping[str, Service]:
        """The services by slug."""
        return {service.slug: service for service in self.services}

    @cached_property
    def _by_name(self) -> Mapping[str, Service]:
        named = {skeleton(name): service for service in self.services for name in service.names}
        return named | {skeleton(service.slug): service for service in self.services}

    def name(self, slug: str) -> str:
        """Return the official name of a service, its slug where the catalogue no longer has it."""
        return self.by_slug[slug].name if slug in self.by_slug else slug

    def short_name(self, slug: str) -> str:
        """Return what people call a service, its slug where the catalogue no longer has it."""
        return self.by_slug[slug].short_name if slug in self.by_slug else slug

    def find(self, name: str) -> Service | None:
        """Return the service of a slug, name or alias in any case, width and spacing, or None."""
        return next((self._by_name[key] for key in self._keys(name) if key in self._by_name), None)

    def near(self, name: str) -> tuple[Service, ...]:
        """Return the services, at most three, that have a name like one that none has: SQS for SQSS."""
        return called_nearly(skeleton(name), self._by_name)

    def _keys(self, name: str) -> tuple[str, str]:
        """Return what a name may be known as: as it is, and without its owner's before it."""
        bare = key = skeleton(name)
        for owner in self.owners:
            bare = bare.removeprefix(skeleton(owner))
        return key, bare

    def extended(self, added: Iterable[Service], categories: Mapping[str, str] | None = None) -> "Catalogue":
        """Return this catalogue with more services and categories. Raises CatalogueError where one cannot be."""
        added, labels = tuple(added), {**self.categories, **(categories or {})}
        known = dict(self._by_name)
        for service in added:
            names = (service.slug, *service.names)
            for name in names:
                if other := next((known[key] for key in self._keys(name) if key in known), None):
                    raise CatalogueError(
                        service.slug, translatable("the name {0!r} belongs to {1}; leave it out", name, other.slug)
                    )
            known |= {skeleton(name): service for name in names}
            if service.category not in labels:
                raise CatalogueError(
                    service.slug,
                    translatable(
                        "unknown category {0!r}; known are {1}", service.category, ", ".join(labels) or "none"
                    ),
                )
        return Catalogue((*self.services, *added), labels, self.owners)


def called_nearly(name: str, called: Mapping[str, T], *, partly: bool = False) -> tuple[T, ...]:
    """Return what has a name like one that nothing has, the nearest first, at most three; each may have several names.

    `partly` as `index.terms.nearest` has it.
    """
    close = nearest(name, called, 2 * _MOST_NEAR, partly=partly)
    return tuple(dict.fromkeys(called[key] for key in close))[:_MOST_NEAR]


def without_owner(name: str, owners: Iterable[str]) -> str:
    """Return an official name without its owner's: SQS of Amazon SQS."""
    for owner in owners:
        name = name.removeprefix(f"{owner} ")
    return name
