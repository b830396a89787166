"""What a library's kb.toml says of what notes can be about: a domain, and categories, services and words of its own."""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from os.path import commonprefix
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import asdict

from index.sentences import said
from index.tables import Text, Texts, place, quoted
from index.text import skeleton
from kb.library.tables import ConfigurationError

if TYPE_CHECKING:
    from kb.services import Domain

NO_DOMAIN = "none"
# The longest name of the catalogue has 56 characters; and of a name all misspellings are made.
_LONGEST_NAME = 100
# Sudachi's builder takes seconds for each 100,000 characters of a trie of words, and minutes for 500,000; 20,000 words
# of six kanji have 100,000.
_MOST_CHARACTERS = 200_000


class OwnService(Struct, forbid_unknown_fields=True):
    """A service of the library's own; its keys mean what they do in a catalogue."""

    name: Text
    category: Text
    short_name: Text | None = None
    aliases: Texts = ()
    features: Texts = ()
    common: Texts = ()
    ambiguous: Texts = ()
    context: Texts = ()
    against: Texts = ()


Categories = Annotated[dict[Text, Text], Meta(description='lines like house = "社内" below [categories]')]
Services = Annotated[
    dict[Text, OwnService], Meta(description='tables like [services.portal], with name = "…" and category = "…"')
]
Words = Annotated[
    dict[Text, Texts],
    Meta(description='lists of other spellings, as "冪等" = ["べきとう", "idempotent"] below [words]'),
]


def own_domain(name: str | None, categories: Categories, services: Services, words: Words) -> "Domain | None":
    """Return the domain of a library that names one, or has categories, services or words of its own."""
    if name is None and not (categories or services or words):
        return None
    from kb.services import CatalogueError, Domain, ServiceTable, domain, domain_names, service_of

    known = (*domain_names(), NO_DOMAIN)
    if name not in (None, *known):
        raise ConfigurationError(said("domain cannot be {0}; write one of {1}", quoted(name), ", ".join(known)))
    names = [*_names(categories, services, words)]
    for path, one in names:
        if not skeleton(one) or len(one) > _LONGEST_NAME:
            where = place(*path, table=False)
            raise ConfigurationError(
                said("{0} cannot be {1}; a name has 1 to {2} characters", where, quoted(one), _LONGEST_NAME)
            )
    if _characters(one for _, one in names) > _MOST_CHARACTERS:
        raise ConfigurationError(
            said(
                "[words] and [services] hold more than {0:,} characters, beginnings that words have in common "
                "counted once; take out what no report uses",
                _MOST_CHARACTERS,
            )
        )
    base = Domain() if name == NO_DOMAIN else domain(name) if name else domain()
    if not (categories or services or words):
        return base
    added = [
        service_of(slug, one.category, msgspec.convert(one, ServiceTable, from_attributes=True), base.catalogue.owners)
        for slug, one in services.items()
    ]
    try:
        return base.extended(added, categories, words)
    except CatalogueError as error:
        raise ConfigurationError(said("{0} {1}", place("services", error.slug), error.message)) from error


def _names(categories: Categories, services: Services, words: Words) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield all that texts are searched for or that is shown, with its place."""
    yield from ((("categories", slug), name) for slug, label in categories.items() for name in (slug, label))
    yield from ((("words", word), name) for word, others in words.items() for name in (word, *others))
    for slug, service in services.items():
        yield ("services", slug), slug
        for key, value in asdict(service).items():
            yield from (
                (("services", slug, key), name) for name in ((value,) if isinstance(value, str) else value or ())
            )


def _characters(names: Iterable[str]) -> int:
    """Return how many characters a trie of names has."""
    every = sorted({"", *names})
    begun = (commonprefix(both) for both in pairwise(every))  # noqa: RUF071  # no paths
    return sum(map(len, every)) - sum(map(len, begun))
