"""The services that notes may be about: slugs, names, categories and aliases."""

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Literal, TypeVar, get_args

from msgspec import Struct

from index.messages import Message, translatable
from index.terms import nearest
from index.text import skeleton

T = TypeVar("T")
_MAX_NEAR = 3  # names


class FormerName(Struct, frozen=True, forbid_unknown_fields=True):
    """A name that a service had before it was renamed."""

    name: str
    until: str  # as precise as known: `2018`, `2018-11`, `2018-11-28`


StageName = Literal["announced", "no_new_customers", "reopened", "closed"]
STAGES: tuple[StageName, ...] = get_args(StageName)


class Stage(Struct, frozen=True):
    """A step in the life of a service."""

    what: StageName
    on: str
    source: str | None = None  # the address of its announcement; None if the day was not checked


class Sense(Struct, frozen=True):
    """Rules for names of a service that have other meanings."""

    common: frozenset[str] = frozenset()  # also words: match in the exact spelling or in context
    ambiguous: frozenset[str] = frozenset()  # have another meaning; name the service only in context
    shared: frozenset[str] = frozenset()  # shared with other clouds: no match near their names
    context: tuple[str, ...] = ()  # nearby words that make it the service
    against: tuple[str, ...] = ()  # nearby words that make it something else
    elsewhere: tuple[str, ...] = ()  # words of talks and reports where it is something else, unless they name the cloud


class Service(Struct, frozen=True):
    """One service."""

    slug: str
    name: str  # official: Amazon SQS
    short_name: str  # as people say it: SQS
    category: str  # slug of its category
    aliases: tuple[str, ...] = ()  # all other names: abbreviations, features, former names, katakana
    features: frozenset[str] = frozenset()  # aliases that name only a part of it: ALB, StackSets
    former: tuple[FormerName, ...] = ()
    stages: tuple[Stage, ...] = ()  # in the order of their days
    superseded_by: str | None = None  # slug of its successor, whose notes stay separate
    split_from: str | None = None  # slug of the service that it was a part of
    sense: Sense = Sense()

    @property
    def names(self) -> tuple[str, ...]:
        """All names of the service, without its slug."""
        return (self.name, self.short_name, *self.aliases)


class CatalogueError(ValueError):
    """A service that cannot be added, with the reason as a message."""

    def __init__(self, slug: str, message: Message) -> None:
        super().__init__(translatable("{0}: {1}", slug, message))
        self.slug = slug
        self.message = message


class Catalogue(Struct, frozen=True, dict=True):
    """The known services, looked up by any of their names."""

    services: tuple[Service, ...] = ()
    categories: Mapping[str, str] = {}  # labels by slug, in the order shown
    owners: tuple[str, ...] = ()  # companies whose names may precede a service's

    @cached_property
    def by_slug(self) -> Mapping[str, Service]:
        """The services by slug."""
        return {service.slug: service for service in self.services}

    @cached_property
    def _by_name(self) -> Mapping[str, Service]:
        named = {skeleton(name): service for service in self.services for name in service.names}
        return named | {skeleton(service.slug): service for service in self.services}

    def name(self, slug: str) -> str:
        """Return the official name of a service, or its slug if it is unknown."""
        return self.by_slug[slug].name if slug in self.by_slug else slug

    def short_name(self, slug: str) -> str:
        """Return the short name of a service, or its slug if it is unknown."""
        return self.by_slug[slug].short_name if slug in self.by_slug else slug

    def find(self, name: str) -> Service | None:
        """Return the service of a slug, name or alias, in any case, width and spacing; None if there is none."""
        return next((self._by_name[key] for key in self._keys(name) if key in self._by_name), None)

    def near(self, name: str) -> tuple[Service, ...]:
        """Return at most three services with a name similar to an unknown one: SQS for SQSS."""
        return similarly_named(skeleton(name), self._by_name)

    def _keys(self, name: str) -> tuple[str, str]:
        """Return the keys to look up a name by: with and without the owner's name."""
        bare = key = skeleton(name)
        for owner in self.owners:
            bare = bare.removeprefix(skeleton(owner))
        return key, bare

    def extended(self, added: Iterable[Service], categories: Mapping[str, str] | None = None) -> "Catalogue":
        """Return this catalogue with more services and categories.

        Raises CatalogueError for a name that another service has, and for an unknown category.
        """
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


def similarly_named(name: str, by_name: Mapping[str, T], *, partly: bool = False) -> tuple[T, ...]:
    """Return at most three values whose names are similar to an unknown one, the nearest first.

    `partly` is that of `index.terms.nearest`.
    """
    close = nearest(name, by_name, 2 * _MAX_NEAR, partly=partly)
    return tuple(dict.fromkeys(by_name[key] for key in close))[:_MAX_NEAR]


def without_owner(name: str, owners: Iterable[str]) -> str:
    """Return an official name without its owner's name: SQS for Amazon SQS."""
    for owner in owners:
        name = name.removeprefix(f"{owner} ")
    return name
