"""The shipped domains, each a folder of TOML tables in `kb/domains`."""

from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import permutations, takewhile
from typing import Annotated

import msgspec
from msgspec import Meta, Struct, convert, field
from msgspec.structs import asdict

from index import datafiles
from index.analysis import LexiconEntry
from index.datafiles import TableError, Text, Texts
from index.text import KATAKANA
from kb.services.catalogue import STAGES, Catalogue, FormerName, Sense, Service, Stage, without_owner
from kb.services.changes import Change, ChangeTable, lifecycle, unknown_words
from kb.services.disambiguation import DisambiguationRules
from kb.services.domain import Domain, Vocabulary
from kb.storage.caches import cache_folder, code_digest, read_sealed, sealed
from kb.storage.safe_files import write_whole

_DOMAINS = "kb.domains"


class StageTable(Struct, frozen=True, forbid_unknown_fields=True):
    """A stage of a service in a table."""

    on: Text
    source: Text


_Stage = Annotated[str | StageTable, Meta(description='a day, or { on = "2025-07-31", source = "https://…" }')]


class ServiceTable(Struct, frozen=True, forbid_unknown_fields=True):
    """A service as a table; the README.md in its folder explains the keys."""

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
    elsewhere: Texts = ()


class _Names(DisambiguationRules, frozen=True, forbid_unknown_fields=True):
    owners: Texts = ()


class _Word(Struct, frozen=True, forbid_unknown_fields=True):
    reading: Text
    found_as: Text = field(name="as", default="")
    units: Texts = ()


class _Related(Struct, frozen=True, forbid_unknown_fields=True):
    groups: tuple[Texts, ...] = ()
    also: dict[Text, Texts] = {}


class _Readings(Struct, frozen=True, forbid_unknown_fields=True):
    names: Texts = ()
    parts: Texts = ()


class _VocabularyTables(Struct, frozen=True, forbid_unknown_fields=True):
    spellings: dict[Text, Texts]
    words: dict[Text, _Word]
    slips: dict[Text, Texts]
    related: _Related
    readings: _Readings = _Readings()


class _CachedDomain(Struct, frozen=True):
    code: str  # the digest of the code and data that it depends on
    domain: Domain


def domain_names() -> tuple[str, ...]:
    """Return the names of the shipped domains."""
    return tuple(sorted(folder.name for folder in files(_DOMAINS).iterdir() if (folder / "names.toml").is_file()))


@cache
def domain(name: str | None = None) -> Domain:
    """Return a shipped domain, by default that of `domains.toml`. Raises ModuleNotFoundError for an unknown name.

    Reading its tables takes longer than a search, so that the domain is cached for other processes of this version.
    """
    path = cache_folder("domain") / f"{name or 'usual'}.json"
    if (cached := read_sealed(path, _CachedDomain)) and cached.code == code_digest():
        return cached.domain
    folder = name or datafiles.table(_DOMAINS, "domains.toml", dict[Text, Text])["default"]
    loaded = read(files(f"{_DOMAINS}.{folder}"))
    with suppress(OSError):  # a read-only cache folder: the tables are read each time
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, sealed(msgspec.json.encode(_CachedDomain(code_digest(), loaded))))
    return loaded


def read(folder: Traversable) -> Domain:
    """Return the domain of a folder of tables. Raises TableError for an invalid table."""
    names = datafiles.table(folder, "names.toml", _Names)
    categories = datafiles.table(folder / "services", "categories.toml", dict[Text, Text])
    by_slug: dict[str, Service] = {}
    for category in categories:
        file = folder / "services" / f"{category}.toml"
        for slug, table in datafiles.table(folder / "services", file.name, dict[Text, ServiceTable]).items():
            if slug in by_slug:
                raise TableError(f"{file}: [{slug}] is also in {by_slug[slug].category}.toml; rename one of them")
            by_slug[slug] = service_of(slug, category, table, names.owners)
    services = tuple(by_slug.values())
    tables = sorted(file.name for file in (folder / "changes").iterdir() if file.name.endswith(".toml"))
    changes = [
        _change(key, row, by_slug, f"{folder / 'changes' / table}")
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
    """Return the change of a table. Raises TableError for an unknown service or pattern of claims."""
    change = Change(id=key, **asdict(table))
    unknown = [f"service {datafiles.quoted(slug)}" for slug in change.services if slug not in services]
    unknown += [f"<{word}>" for word in unknown_words((*change.claims, *change.unless))]
    if unknown:
        raise TableError(f"{file}: [{key}] has unknown {', '.join(unknown)}; correct or remove them")
    return change


def service_of(slug: str, category: str, table: ServiceTable, owners: tuple[str, ...]) -> Service:
    """Return the service of a table of a domain or of kb.toml."""
    official = [table.name, *(past.name for past in table.former)]
    # Skip one-letter names: Q also occurs in Q&A.
    bare = [bare for name in official if len(bare := without_owner(name, owners)) > 1]
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
            elsewhere=table.elsewhere,
        ),
    )


def _vocabulary(tables: _VocabularyTables) -> Vocabulary:
    related = tables.related
    in_groups = [pair for group in related.groups for pair in permutations(group, 2)]
    return Vocabulary(
        words=tuple(
            LexiconEntry(word, row.found_as or word, row.units, row.reading) for word, row in tables.words.items()
        ),
        spellings=tables.spellings,
        readings=dict(map(_with_readings, tables.readings.names)),
        parts=dict(map(_with_readings, tables.readings.parts)),
        slips=tuple((slip, meant) for slip, meanings in tables.slips.items() for meant in meanings),
        related=(*in_groups, *((word, other) for word, others in related.also.items() for other in others)),
    )


def _with_readings(row: str) -> tuple[str, tuple[str, ...]]:
    """Return the name of a row, which may have spaces, and the readings behind it."""
    words = row.split()
    readings = tuple(takewhile(KATAKANA.fullmatch, reversed(words)))
    return " ".join(words[: len(words) - len(readings)]), readings[::-1]
