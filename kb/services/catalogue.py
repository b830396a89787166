"""The AWS services that a report may name: slugs, names, categories and aliases, from the data files in this folder."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class Service:
    """One AWS service. `aliases` are the other names that mean it: abbreviations, features, former names, katakana."""

    slug: str
    name: str  # official: Amazon SQS
    short_name: str  # as people say it: SQS
    category: str  # slug of its category
    aliases: tuple[str, ...] = ()


class Catalogue:
    """The known services, looked up by any of their names."""

    def __init__(self, services: tuple[Service, ...], categories: Mapping[str, str]) -> None:
        self.services = services
        self.categories = categories  # slug -> Japanese label, in the order shown
        self.by_slug: Mapping[str, Service] = {service.slug: service for service in services}

    def name(self, slug: str) -> str:
        """Return the official name of a service, its slug where the catalogue no longer has it."""
        return self.by_slug[slug].name if slug in self.by_slug else slug

    def find(self, name: str) -> Service | None:
        """Return the service of a slug, name or alias in any case, width and spacing, or None."""
        raise NotImplementedError

    def variants(self) -> Mapping[str, str]:
        """Return the one-word names to be found as each other, for the analyzer (ラムダ to lambda)."""
        raise NotImplementedError


@cache
def catalogue() -> Catalogue:
    """Return the catalogue that ships with kb."""
    raise NotImplementedError
