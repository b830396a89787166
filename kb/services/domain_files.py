"""Reads the domains that come along: each a folder of TOML tables under `kb/domains`."""

from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from importlib.resources import files
from itertools import permutations
from typing import Any, TypedDict, cast

import msgspec
from msgspec import Struct

from index import datafiles
from index.analysis import LexiconEntry
from kb.services.catalogue import STAGES, Catalogue, FormerName, Sense, Service, Stage, without_owner
from kb.services.changes import Change, lifecycle
from kb.services.domain import Domain
from kb.services.senses import NameLore
from kb.services.vocabulary import Vocabulary

_DOMAINS = "kb.domains"


class _Kept(Struct, frozen=True):
    """A domain, and the code and data that it was made by, as a digest."""

    code: str
    domain: Domain


class FormerNameTable(TypedDict):
    """A former name as a table tells it."""

    name: str
    until: str


class StageTable(TypedDict):
    """A stage of a service's life as a table tells it; a day alone where its source could not be checked."""

    on: str
    source: str


class _Required(TypedDict):
    name: str


class ServiceTable(_Required, total=False):
    """A service as a table tells it. What the keys mean is told in the README.md beside the services of a domain."""

    short_name: str
    aliases: list[str]
    features: list[str]
    former: list[FormerNameTable]
    announced: "str | StageTable"
    no_new_customers: "str | StageTable"
    reopened: "str | StageTable"
    closed: "str | StageTable"
    superseded_by: str
    split_from: str
    common: list[str]
    ambiguous: list[str]
    shared: list[str]
    context: list[str]
    against: list[str]


def domain_names() -> tuple[str, ...]:
    """Return the names of the domains that come along."""
    return tuple(sorted(folder.name for folder in files(_DOMAINS).iterdir() if (folder / "names.toml").is_file()))


@cache
def domain(name: str | None = None) -> Domain:
    """Return the domain of a name, without one the usual one; made once a process. Raises FileNotFoundError.

    To read its tables takes longer than a search: what they say is kept for the next process of the same version.
    """
    # Who reads a library asks for its domain: at the top these would be a circle.
    from kb.library.fingerprint import code_digest  # noqa: PLC0415
    from kb.library.places import domain_folder  # noqa: PLC0415
    from kb.library.safe_files import sealed, unsealed, write_whole  # noqa: PLC0415

    path = domain_folder() / f"{name or 'usual'}.json"
    with suppress(ValueError):  # where the values that it holds are those of another version
        kept = msgspec.json.decode(unsealed(path) or b"", type=_Kept)
        if kept.code == code_digest():
            return kept.domain
    found = read(name)
    with suppress(OSError):  # in a folder that cannot be written to they are read each time, no more
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, sealed(msgspec.json.encode(_Kept(code_digest(), found))))
    return found


def read(name: str | None = None) -> Domain:
    """Return a domain as its tables say."""
    folder = f"{_DOMAINS}.{name or datafiles.table(_DOMAINS, 'domains.toml')['default']}"
    names = datafiles.table(folder, "names.toml")
    catalogue = _catalogue(datafiles.tables(f"{folder}.services"), tuple(names["owners"]))
    changes = (
        _change(key, row) for table in datafiles.tables(f"{folder}.changes").values() for key, row in table.items()
    )
    return Domain(
        catalogue,
        NameLore(
            tuple(names["ours"]),
            tuple(names["others"]),
            tuple(names["longer"]),
            frozenset(names["alike"]),
            tuple(names["hosts"]),
        ),
        _vocabulary(datafiles.table(folder, "vocabulary.toml")),
        (*changes, *lifecycle(catalogue.services)),
    )


def _catalogue(tables: Mapping[str, Mapping[str, Any]], owners: tuple[str, ...]) -> Catalogue:
    categories = tables["categories"]
    services = (
        service_of(slug, category, cast("ServiceTable", table), owners)
        for category in categories
        for slug, table in tables[category].items()
    )
    return Catalogue(tuple(services), categories, owners)


def service_of(slug: str, category: str, table: ServiceTable, owners: tuple[str, ...]) -> Service:
    """Return the service that a table tells of, be it of a domain or of a library's kb.toml."""
    former = tuple(FormerName(**name) for name in table.get("former", ()))
    features = table.get("features", [])
    official = [table["name"], *(past.name for past in former)]
    bare = [bare for name in official if len(bare := without_owner(name, owners)) > 1]  # a lone Q is that of Q&A
    aliases = [*table.get("aliases", ()), *table.get("ambiguous", ()), *features, *official, *bare]
    short_name = table.get("short_name") or without_owner(table["name"], owners)
    return Service(
        slug=slug,
        name=table["name"],
        short_name=short_name,
        category=category,
        aliases=tuple(alias for alias in dict.fromkeys(aliases) if alias not in (table["name"], short_name)),
        features=frozenset(features),
        former=former,
        stages=_stages(table),
        superseded_by=table.get("superseded_by"),
        split_from=table.get("split_from"),
        sense=Sense(
            common=frozenset(table.get("common", ())),
            ambiguous=frozenset(table.get("ambiguous", ())),
            shared=frozenset(table.get("shared", ())),
            context=tuple(table.get("context", ())),
            against=tuple(table.get("against", ())),
        ),
    )


def _stages(table: Mapping[str, Any]) -> tuple[Stage, ...]:
    told = ((what, table[what]) for what in STAGES if what in table)
    stages = (Stage(what, **({"on": day} if isinstance(day, str) else day)) for what, day in told)
    return tuple(sorted(stages, key=lambda stage: stage.on))


def _vocabulary(table: Mapping[str, Any]) -> Vocabulary:
    related = table["related"]
    mutual = [(word, other) for group in related["groups"] for word, other in permutations(group, 2)]
    return Vocabulary(
        words=tuple(
            LexiconEntry(word, row.get("as", word), tuple(row.get("units", ())), row["reading"])
            for word, row in table["words"].items()
        ),
        spellings={usual: tuple(others) for usual, others in table["spellings"].items()},
        slips=tuple((slip, meant) for slip, every in table["slips"].items() for meant in every),
        related=(*mutual, *((word, other) for word, others in related["also"].items() for other in others)),
    )


def _change(name: str, row: Mapping[str, Any]) -> Change:
    lists = {key: tuple(row.get(key, ())) for key in ("services", "claims", "unless", "names")}
    return Change(id=name, **{**row, **lists})
