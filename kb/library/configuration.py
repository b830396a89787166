"""The library's kb.toml: what was told by hand, each mistake in it told with its table, its key and the remedy."""

import datetime as dt
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, get_args

from msgspec import Struct

from index.urls import web_parts
from kb.library.own_domain import own_domain
from kb.library.searches import SavedSearch, saved_searches
from kb.library.tables import ENCODING, ConfigurationError, check_keys, named_tables, parsed, quoted, shown
from kb.report.dates import is_date
from kb.report.model import Correction, Given, Kind, PointCorrection
from kb.texts import ja

if TYPE_CHECKING:
    from kb.services import Catalogue, Domain

CONFIGURATION = "kb.toml"
NO_MODEL = "none"
_TOP = (
    *("domain", "ignore", "embedding", "engine", "reports", "talks", "notes", "points", "feeds", "searches"),
    *("categories", "services", "words"),
)
LONGEST_EVENT = 200  # characters: the longest of real reports has 48, and each note and filter shows it
_INDEX_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,199}")
_MOST_SHARDS = 100
_AS_A_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")  # what we wrote ourselves once, of whatever day and digits


class Embedding(Struct, frozen=True):
    """The model that finds by likeness: one behind an address, none where it is called so, else what comes along."""

    url: str | None = None
    model: str = ""


class EngineAddress(Struct, frozen=True):
    """The cluster that searches in place of the index of this machine: its nodes, and its index there.

    `region` is that of Amazon's service; `shards` and `replicas` are what new indexes are made with.
    """

    urls: tuple[str, ...] = ()
    index: str = ""
    region: str = ""
    shards: int = 1
    replicas: int = 1


@dataclass(frozen=True, slots=True)
class Configuration:
    """What kb.toml says: what was given by hand for each file, corrections by note id, who speaks in a talk by its id.

    domain = "none"                    [categories]                  [services.batch-portal]
    ignore = ["drafts/**"]             house = "社内"                name = "Batch Portal"
                                                                     category = "house"
    [reports."2018/jaws-days.md"]      [words]                       aliases = ["バッチポータル"]
    event = "JAWS DAYS 2018"           "冪等" = ["idempotent"]
    date = "2018-03-10"                                              [notes."jaws-days-2018-b2af/6cf728ff"]
    url = "https://example.com/"                                     add = ["sqs"]
    published = "2018-03-12"                                         remove = ["sns"]
                                                                     kind = "advice"
    [embedding]
    url = "http://127.0.0.1:8080/v1"
    model = "bge-m3"

    [engine]
    url = "https://search.example.com:9200"
    index = "talk-notes"

    [feeds."https://example.com/feed"]                               [talks."jaws-days-2018/3f2a90"]
    seen = ["https://example.com/entry/1"]                           speakers = ["山田 花子"]

    [points."jaws-days-2018-b2af/6cf728ff"]
    same = ["summit-tokyo-2019-fd01/03f2aa10"]
    apart = ["re-invent-2020-4513/9b00c7e2"]

    [[searches]]
    name = "キューの話"
    address = "q=冪等&service=sqs"

    `ignore` are patterns of files that are no reports, with `/` between folders. Own categories, services and words
    come to those of the domain, which is the usual one where none is named; `own_domain` is None where neither is told.
    `no_dates` are dates that are none, left out, each with its file and its key. `text` is all of it as it was written.
    """

    given: Mapping[str, Given] = field(default_factory=dict)
    own_domain: "Domain | None" = None
    corrections: Mapping[str, Correction] = field(default_factory=dict)
    speakers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    points: Mapping[str, PointCorrection] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    feeds: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    embedding: Embedding = field(default_factory=Embedding)
    searches: tuple[SavedSearch, ...] = ()
    engine: EngineAddress | None = None
    no_dates: tuple[tuple[str, str, str], ...] = ()
    text: str = field(default="", compare=False, repr=False)

    @property
    def domain(self) -> "Domain":
        """What notes can be about; that of a field is read when it is first asked for."""
        from kb.services import domain

        return self.own_domain or domain()

    @property
    def domain_digest(self) -> str:
        """The SHA-256 of what is told of the domain."""
        import tomllib

        table = tomllib.loads(self.text)
        told = {key: table.get(key) for key in ("domain", "categories", "services", "words")}
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def parse(data: bytes) -> Configuration:
    """Return what the bytes of a kb.toml say. Raises ConfigurationError."""
    table = parsed(data)
    if unknown := next((key for key in table if key not in _TOP), None):
        raise ConfigurationError(f"unknown key {shown(unknown)!r}; known are {', '.join(_TOP)}")
    reports, no_dates = named_tables(table, "reports"), list[tuple[str, str, str]]()
    given = {source: _given(source, values, no_dates) for source, values in reports.items()}
    own = Configuration(own_domain=own_domain(table))
    return replace(
        own,
        given=given,
        corrections={
            note: _correction(note, values, own.domain.catalogue)
            for note, values in named_tables(table, "notes").items()
        },
        speakers=_lists(table, "talks", "speakers"),
        points={note: _point(note, values) for note, values in named_tables(table, "points").items()},
        ignore=_ignored(table.get("ignore", [])),
        feeds=_lists(table, "feeds", "seen"),
        embedding=_embedding(table.get("embedding", {})),
        searches=saved_searches(table.get("searches", [])),
        engine=_engine(table["engine"]) if "engine" in table else None,
        no_dates=tuple(no_dates),
        text=data.decode(ENCODING),
    )


def _embedding(table: object) -> Embedding:
    """Return which model is told. Anything is sent to an address only where both it and the model are named."""
    if not isinstance(table, dict):
        raise ConfigurationError('"embedding" must be a table: [embedding], with lines url = "…" and model = "…"')
    check_keys("[embedding]", table, {"url": str, "model": str})
    told = Embedding(**table)
    if told.url and not web_parts(told.url):
        raise ConfigurationError(
            f"[embedding] url cannot be {quoted(told.url)}; write one like http://127.0.0.1:8080/v1"
        )
    if bool(told.url) != (told.model not in ("", NO_MODEL)):
        raise ConfigurationError(f'[embedding] needs both url and model, or model = "{NO_MODEL}" for none')
    return told


def _engine(table: object) -> EngineAddress:
    """Return which cluster is told; credentials are none of a library's, and come from the environment."""
    if not isinstance(table, dict):
        raise ConfigurationError('"engine" must be a table: [engine], with lines url = "…" and index = "…"')
    check_keys("[engine]", table, {"url": (str, list), "index": str, "region": str, "shards": int, "replicas": int})
    told = table.get("url", [])
    urls: list[str] = [told] if isinstance(told, str) else told
    if not urls or not all(isinstance(url, str) and web_parts(url) for url in urls):
        raise ConfigurationError(
            f"[engine] url cannot be {quoted(urls)}; write one like https://search.example.com:9200"
        )
    if not _INDEX_NAME.fullmatch(table.get("index", "")):
        raise ConfigurationError(
            f"[engine] index cannot be {quoted(table.get('index', ''))}; write a name of small letters, figures and -"
        )
    if not 1 <= table.get("shards", 1) <= _MOST_SHARDS or not 0 <= table.get("replicas", 1) <= _MOST_SHARDS:
        raise ConfigurationError(f"[engine] shards and replicas go from 1 and 0 to {_MOST_SHARDS}")
    return EngineAddress(tuple(urls), **{key: value for key, value in table.items() if key != "url"})


def _ignored(patterns: object) -> tuple[str, ...]:
    if not isinstance(patterns, list) or not all(isinstance(pattern, str) and pattern for pattern in patterns):
        raise ConfigurationError(
            f'ignore cannot be {quoted(patterns)}; write patterns of files: ignore = ["drafts/**"]'
        )
    return tuple(patterns)


def _lists(table: Mapping[str, Any], group: str, key: str) -> Mapping[str, tuple[str, ...]]:
    """Return the list that each table of a group holds under the one key that it may have."""
    tables = named_tables(table, group)
    for name, values in tables.items():
        check_keys(f'[{group}."{shown(name)}"]', values, {key: list})
    return {name: tuple(values.get(key, ())) for name, values in tables.items()}


def _given(source: str, values: Mapping[str, Any], no_dates: list[tuple[str, str, str]]) -> Given:
    """Return what is told of a file. A date that is none is left out, and the rest of a library's kb.toml holds."""
    where = f'[reports."{shown(source)}"]'
    dates = ("date", "published")
    check_keys(where, values, {"event": str, **dict.fromkeys(dates, (str, dt.date)), "url": str, "former": list})
    told = {key: str(values[key]) for key in dates if key in values}
    for key, date in [*told.items()]:
        if not is_date(date):
            if not _AS_A_DATE.fullmatch(date):
                raise ConfigurationError(f"{where} {key} {quoted(date)} is none; write 2018, 2018-03 or 2018-03-10")
            no_dates.append((source, key, told.pop(key)))
    if len(values.get("event", "")) > LONGEST_EVENT:
        raise ConfigurationError(
            f"{where} event cannot be {quoted(values['event'])}; it has at most {LONGEST_EVENT} characters"
        )
    event, url, former = values.get("event"), values.get("url"), tuple(values.get("former", ()))
    return Given(event, told.get("date"), url, told.get("published"), former)


def _correction(note: str, values: Mapping[str, Any], known: "Catalogue") -> Correction:
    where = f'[notes."{shown(note)}"]'
    check_keys(where, values, {"add": list, "remove": list, "kind": str})
    slugs: dict[str, tuple[str, ...]] = {}
    for key in ("add", "remove"):
        services = [(name, known.find(name)) for name in values.get(key, ())]
        if unknown := [name for name, service in services if service is None]:
            raise ConfigurationError(f"{where} {key}: no service is called {quoted(unknown[0])}")
        slugs[key] = tuple(service.slug for _, service in services if service)
    return Correction(adds=slugs["add"], removes=slugs["remove"], kind=_kind(where, values.get("kind")))


def _point(note: str, values: Mapping[str, Any]) -> PointCorrection:
    where = f'[points."{shown(note)}"]'
    check_keys(where, values, {"same": list, "apart": list})
    told = PointCorrection(tuple(values.get("same", ())), tuple(values.get("apart", ())))
    if note in (*told.same, *told.apart):
        raise ConfigurationError(f"{where} names the note itself; write the ids of other notes")
    if both := next((other for other in told.same if other in told.apart), None):
        raise ConfigurationError(f"{where} says both same and apart of {quoted(both)}; leave one of them")
    return told


def _kind(where: str, name: str | None) -> Kind | None:
    """Return the kind of a name: its key or what it is called on the page."""
    kind = next((kind for kind in get_args(Kind) if name in (kind, ja.KINDS[kind])), None)
    if name is not None and kind is None:
        raise ConfigurationError(f"{where} kind cannot be {quoted(name)}; write one of {', '.join(get_args(Kind))}")
    return kind
