"""Reads the domains that come along: each a folder of TOML tables under `kb/domains`."""

from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import permutations
from typing import Annotated

import msgspec
from msgspec import Meta, Struct, convert, field
from msgspec.structs import asdict

from index import datafiles
from index.analysis import LexiconEntry
from index.datafiles import TableError, Text, Texts
from kb.services.catalogue import STAGES, Catalogue, FormerName, Sense, Service, Stage, without_owner
from kb.services.changes import Change, ChangeTable, lifecycle, unknown_words
from kb.services.domain import Domain
from kb.services.senses import DisambiguationRules
from kb.services.vocabulary import Vocabulary
from kb.storage.caches import cache_folder, code_digest, read_sealed, sealed
from kb.storage.safe_files import write_whole

_DOMAINS = "kb.domains"


class _Kept(Struct, frozen=True):
    """A domain, and the code and data that it was made by, as a digest."""

    code: str
    domain: Domain


class StageTable(Struct, frozen=True, forbid_unknown_fields=True):
    """A stage of a service's life in a table, which has a day alone where its source could not be checked."""

    on: Text
    source: Text


_Stage = Annotated[str | StageTable, Meta(description='a day, or { on = "2025-07-31", source = "https://…" }')]


class ServiceTable(Struct, frozen=True, forbid_unknown_fields=True):
    """A service in a table; README.md beside the services of a domain explains the keys."""

    name: Text
    short_name: Text | None = None
    aliases: Texts = ()
    features: Texts = ()
    former: tuple[FormerName, ...] = ()
    announced: _Stage | None = None
    no_new_customers: _Stage | None = None
    reopened: _Stage | None = None
    closed: _Stage | None = None
    superseded_by: Text | None = None
    split_from: Text | None = None
    common: Texts = ()
    ambiguous: Texts = ()
    shared: Texts = ()
    context: Texts = ()
    against: Texts = ()


class _Names(DisambiguationRules, frozen=True, forbid_unknown_fields=True):
    owners: Texts = ()


class _Word(Struct, frozen=True, forbid_unknown_fields=True):
    reading: Text
    found_as: Text = field(name="as", default="")
    units: Texts = ()


class _Related(Struct, frozen=True, forbid_unknown_fields=True):
    groups: tuple[Texts, ...] = ()
    also: dict[Text, Texts] = {}


class _VocabularyTables(Struct, frozen=True, forbid_unknown_fields=True):
    spellings: dict[Text, Texts]
    words: dict[Text, _Word]
    slips: dict[Text, Texts]
    related: _Related


class _Domains(Struct, frozen=True, forbid_unknown_fields=True):
    default: Text


def domain_names() -> tuple[str, ...]:
    """Return the names of the domains that come along."""
    return tuple(sorted(folder.name for folder in files(_DOMAINS).iterdir() if (folder / "names.toml").is_file()))


@cache
def domain(name: str | None = None) -> Domain:
    """Return the domain of a name, without one the usual one; made once a process.

    To read its tables takes longer than a search: what they say is kept for the next process of the same version.
    Raises ModuleNotFoundError where no domain is called so.
    """
    path = cache_folder("domain") / f"{name or 'usual'}.json"
    if (kept := read_sealed(path, _Kept)) and kept.code == code_digest():
        return kept.domain
    folder = name or datafiles.table(_DOMAINS, "domains.toml", _Domains).default
    found = read(files(f"{_DOMAINS}.{folder}"))
    with suppress(OSError):  # in a folder that cannot be written to they are read each time, no more
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, sealed(msgspec.json.encode(_Kept(code_digest(), found))))
    return found


def read(folder: Traversable) -> Domain:
    """Return the domain that the tables of a folder hold. Raises TableError where one of them is wrong."""
    names = datafiles.table(folder, "names.toml", _Names)
    categories = datafiles.table(folder / "services", "categories.toml", dict[Text, Text])
    found: dict[str, Service] = {}
    for category in categories:
        file = folder / "services" / f"{category}.toml"
        for slug, table in datafiles.table(folder / "services", file.name, dict[Text, ServiceTable]).items():
            if slug in found:
                raise TableError(f"{file}: [{slug}] stands in {found[slug].category}.toml too; give one another name")
            found[slug] = service_of(slug, category, table, names.owners)
    services = tuple(found.values())
    tables = sorted(file.name for file in (folder / "changes").iterdir() if file.name.endswith(".toml"))
    changes = [
        _change(key, row, found, f"{folder / 'changes' / table}")
        for table in tables
        for key, row in datafiles.table(folder / "changes", table, dict[str, ChangeTable]).items()
    ]
    return Domain(
        Catalogue(services, categories, names.owners),
        convert(names, DisambiguationRules, from_attributes=True),
        _vocabulary(datafiles.table(folder, "vocabulary.toml", _VocabularyTables)),
        (*changes, *lifecycle(services)),
    )


def _change(key: str, table: ChangeTable, services: Mapping[str, Service], file: str) -> Change:
    """Return the change of a table. Raises TableError where a service or a word of claims that it has is none."""
    change = Change(id=key, **asdict(table))
    unknown = [f"service {datafiles.quoted(slug)}" for slug in change.services if slug not in services]
    unknown += [f"<{word}>" for word in unknown_words((*change.claims, *change.unless))]
    if unknown:
        raise TableError(f"{file}: [{key}] has what is not known: {', '.join(unknown)}; mend or take it out")
    return change


def service_of(slug: str, category: str, table: ServiceTable, owners: tuple[str, ...]) -> Service:
    """Return the service of a table, be it of a domain or of a library's kb.toml."""
    official = [table.name, *(past.name for past in table.former)]
    bare = [bare for name in official if len(bare := without_owner(name, owners)) > 1]  # a lone Q is that of Q&A
    aliases = [*table.aliases, *table.ambiguous, *table.features, *official, *bare]
    short_name = table.short_name or without_owner(table.name, owners)
    days = ((what, getattr(table, what)) for what in STAGES)
    stages = (
        Stage(what, day) if isinstance(day, str) else Stage(what, day.on, day.source) for what, day in days if day
    )
    return Service(
        slug=slug,
        name=table.name,
        short_name=short_name,
        category=category,
        aliases=tuple(alias for alias in dict.fromkeys(aliases) if alias not in (table.name, short_name)),
        features=frozenset(table.features),
        former=table.former,
        stages=tuple(sorted(stages, key=lambda stage: stage.on)),
        superseded_by=table.superseded_by,
        split_from=table.split_from,
        sense=Sense(
            common=frozenset(table.common),
            ambiguous=frozenset(table.ambiguous),
            shared=frozenset(table.shared),
            context=table.context,
            against=table.against,
        ),
    )


def _vocabulary(tables: _VocabularyTables) -> Vocabulary:
    related = tables.related
    mutual = [(word, other) for group in related.groups for word, other in permutations(group, 2)]
    return Vocabulary(
        words=tuple(
            LexiconEntry(word, row.found_as or word, row.units, row.reading) for word, row in tables.words.items()
        ),
        spellings=tables.spellings,
        slips=tuple((slip, meant) for slip, every in tables.slips.items() for meant in every),
        related=(*mutual, *((word, other) for word, others in related.also.items() for other in others)),
    )
