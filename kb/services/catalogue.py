"""The AWS services that a report may name: slugs, names, categories and aliases, from the data files in this folder."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache

from kb.services import datafiles
from kb.services.names import fold


@dataclass(frozen=True, slots=True)
class FormerName:
    """A name that a service had before it was renamed; `until` has the precision that is known (`2018`, `2018-11`)."""

    name: str
    until: str


@dataclass(frozen=True, slots=True)
class Sense:
    """When a name means the service, for names that are also words or other things."""

    common: frozenset[str] = frozenset()  # a word too: the service when written just so, or in context
    ambiguous: frozenset[str] = frozenset()  # something else too: the service in context only
    shared: frozenset[str] = frozenset()  # other clouds have it too: theirs near their names
    context: tuple[str, ...] = ()  # words beside which it is the service
    against: tuple[str, ...] = ()  # words beside which it is not


@dataclass(frozen=True, slots=True)
class Service:
    """One AWS service. `aliases` are all other names that mean it: abbreviations, features, former names, katakana."""

    slug: str
    name: str  # official: Amazon SQS
    short_name: str  # as people say it: SQS
    category: str  # slug of its category
    aliases: tuple[str, ...] = ()
    features: frozenset[str] = frozenset()  # the aliases that name only a part of it: ALB, StackSets
    former: tuple[FormerName, ...] = ()
    closed: str | None = None  # when AWS ended it
    superseded_by: str | None = None  # slug of what took its place; the two stay apart
    split_from: str | None = None  # slug of what it was a part of
    sense: Sense = field(default=Sense())

    @property
    def names(self) -> tuple[str, ...]:
        """Return every name of the service, its slug apart."""
        return (self.name, self.short_name, *self.aliases)


class CatalogueError(ValueError):
    """A service that cannot be added; the message names it and what stands against it."""


class Catalogue:
    """The known services, looked up by any of their names."""

    def __init__(self, services: tuple[Service, ...], categories: Mapping[str, str]) -> None:
        self.services = services
        self.categories = categories  # slug -> Japanese label, in the order shown
        self.by_slug: Mapping[str, Service] = {service.slug: service for service in services}
        named = {fold(name): service for service in services for name in service.names}
        self._by_name = named | {fold(service.slug): service for service in services}

    def name(self, slug: str) -> str:
        """Return the official name of a service, its slug where the catalogue no longer has it."""
        return self.by_slug[slug].name if slug in self.by_slug else slug

    def find(self, name: str) -> Service | None:
        """Return the service of a slug, name or alias in any case, width and spacing, or None."""
        folded = fold(name)
        bare = folded.removeprefix("aws").removeprefix("amazon")
        return self._by_name.get(folded) or self._by_name.get(bare)

    def extended(self, added: Iterable[Service]) -> "Catalogue":
        """Return this catalogue with more services. Raises CatalogueError where a name or category stands against it."""
        extended = self
        for service in added:
            for name in (service.slug, *service.names):
                if other := extended.find(name):
                    raise CatalogueError(f"{service.slug}: the name {name!r} belongs to {other.slug}; leave it out")
            if service.category not in self.categories:
                known = ", ".join(self.categories)
                raise CatalogueError(f"{service.slug}: unknown category {service.category!r}; known are {known}")
            extended = Catalogue((*extended.services, service), self.categories)
        return extended

    def history(self, service: Service) -> str:
        """Return in Japanese what became of a service: its former names, what it came from, its end, its heir."""
        told = [f"旧称 {past.name}（{past.until}まで）" for past in service.former]
        if service.split_from:
            told.append(f"{self.name(service.split_from)}から独立")
        if service.closed:
            told.append(f"{service.closed}に終了")
        if service.superseded_by:
            told.append(f"後継 {self.name(service.superseded_by)}")
        return "、".join(told)


@cache
def catalogue() -> Catalogue:
    """Return the catalogue that ships with kb."""
    categories = datafiles.categories()
    return Catalogue(tuple(_services(categories)), categories)


def _services(categories: Mapping[str, str]) -> Iterable[Service]:
    return (
        service_of(slug, category, told)
        for category in categories
        for slug, told in datafiles.services(category).items()
    )


def service_of(slug: str, category: str, told: datafiles.Told) -> Service:
    """Return the service that a table tells of, be it of a data file or of a library's kb.toml."""
    former = tuple(FormerName(**name) for name in told.get("former", ()))
    features = told.get("features", [])
    official = [told["name"], *(past.name for past in former)]
    bare = [name for name in map(_bare, official) if len(name) > 1]  # a lone Q is that of Q&A
    aliases = [*told.get("aliases", ()), *told.get("ambiguous", ()), *features, *official, *bare]
    short_name = told.get("short_name") or _bare(told["name"])
    return Service(
        slug=slug,
        name=told["name"],
        short_name=short_name,
        category=category,
        aliases=tuple(alias for alias in dict.fromkeys(aliases) if alias not in (told["name"], short_name)),
        features=frozenset(features),
        former=former,
        closed=told.get("closed"),
        superseded_by=told.get("superseded_by"),
        split_from=told.get("split_from"),
        sense=Sense(
            common=frozenset(told.get("common", ())),
            ambiguous=frozenset(told.get("ambiguous", ())),
            shared=frozenset(told.get("shared", ())),
            context=tuple(told.get("context", ())),
            against=tuple(told.get("against", ())),
        ),
    )


def _bare(name: str) -> str:
    """Return an official name without the company's."""
    return name.removeprefix("AWS ").removeprefix("Amazon ")
