"""The library's kb.toml: what was told by hand, each mistake in it told with its table, its key and the remedy."""

import datetime as dt
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast, get_args

from index.text import skeleton
from kb.report.model import Correction, Given, Kind
from kb.texts import ja

if TYPE_CHECKING:
    from kb.services import Catalogue, Domain, Service, ServiceTable

CONFIGURATION = "kb.toml"
NO_DOMAIN = "none"
NO_MODEL = "none"
_TOP = ("domain", "ignore", "embedding", "reports", "talks", "notes", "feeds", "categories", "services", "words")
_SERVICE_KEYS = {
    **dict.fromkeys(("name", "category", "short_name"), str),
    **dict.fromkeys(("aliases", "features", "common", "ambiguous", "context", "against"), list),
}
_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")
ENCODING = "utf-8-sig"  # some editors put a mark before UTF-8
# What steers a terminal, ends a line or turns the direction of writing; emoji need the other invisible characters.
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
# tomllib keeps a list of keys for each part of a dotted key: one of 40 kB takes gigabytes. Ours have three parts.
_TOO_DEEP = re.compile(r"""(?<![\w-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){16}""")
# The longest name of the catalogue has 56 characters; and of a name all misspellings are made.
_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class Embedding:
    """The model that finds by likeness: one behind an address, none where it is called so, else what comes along."""

    url: str | None = None
    model: str = ""


class ConfigurationError(ValueError):
    """A kb.toml that says something impossible; the message names the table, the key and what it may hold."""


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

    [feeds."https://example.com/feed"]                               [talks."jaws-days-2018/3f2a90"]
    seen = ["https://example.com/entry/1"]                           speakers = ["山田 花子"]

    `ignore` are patterns of files that are no reports, with `/` between folders. Own categories, services and words
    come to those of the domain, which is the usual one where none is named; `own_domain` is None where neither is told.
    `text` is all of it as it was written.
    """

    given: Mapping[str, Given] = field(default_factory=dict)
    own_domain: "Domain | None" = None
    corrections: Mapping[str, Correction] = field(default_factory=dict)
    speakers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    feeds: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    embedding: Embedding = field(default_factory=Embedding)
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
    table = _parsed(data)
    if unknown := next((key for key in table if key not in _TOP), None):
        raise ConfigurationError(f"unknown key {_shown(unknown)!r}; known are {', '.join(_TOP)}")
    given = {source: _given(source, values) for source, values in _tables(table, "reports").items()}
    own = Configuration(own_domain=_own_domain(table))
    return replace(
        own,
        given=given,
        corrections={
            note: _correction(note, values, own.domain.catalogue) for note, values in _tables(table, "notes").items()
        },
        speakers=_lists(table, "talks", "speakers"),
        ignore=_ignored(table.get("ignore", [])),
        feeds=_lists(table, "feeds", "seen"),
        embedding=_embedding(table.get("embedding", {})),
        text=data.decode(ENCODING),
    )


def valid_date(text: str) -> bool:
    """Return whether a text is a date of a precision we know: 2018, 2018-03 or 2018-03-10."""
    return _DATE.fullmatch(text) is not None


def _parsed(data: bytes) -> Mapping[str, Any]:
    """Return the tables of a TOML file that anybody may have written."""
    import tomllib

    try:
        text = data.decode(ENCODING)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigurationError(f"line {line} is not UTF-8; save the file as UTF-8") from error
    if deep := _TOO_DEEP.search(text):
        line = text.count("\n", 0, deep.start()) + 1
        raise ConfigurationError(f"line {line} has a key of more than 16 parts; put names with dots in quotes")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(str(error)) from error
    except ValueError as error:
        raise ConfigurationError("a number has more digits than Python reads; put it in quotes") from error
    except RecursionError as error:
        raise ConfigurationError(
            "lists or tables stand too deep in each other; no key holds more than a list"
        ) from error


def _tables(table: Mapping[str, Any], group: str) -> Mapping[str, Mapping[str, Any]]:
    """Return the tables of a group by name."""
    tables = table.get(group, {})
    if not isinstance(tables, dict) or not all(isinstance(values, dict) for values in tables.values()):
        raise ConfigurationError(f'"{group}" must hold tables like [{group}."name"]')
    return tables


def _only(where: str, values: Mapping[str, Any], known: Mapping[str, type | tuple[type, ...]]) -> None:
    """Refuse keys that are not known, and values of another type; a list is one of names."""
    for key, value in values.items():
        if key not in known:
            raise ConfigurationError(f"{where} has unknown key {_shown(key)!r}; known are {', '.join(known)}")
        if not isinstance(value, known[key]):
            raise ConfigurationError(f"{where} {key} cannot be {_quoted(value)}")
        _check_names(f"{where} {key}", value if isinstance(value, list) else [value] if isinstance(value, str) else ())


def _check_names(where: str, names: Iterable[object]) -> None:
    """Refuse what cannot be the name of anything; such names reach the terminal, the dictionary and the matcher."""
    for name in names:
        if not isinstance(name, str):
            raise ConfigurationError(f'{where} cannot hold {_quoted(name)}; write texts, as in ["sqs"]')
        if CONTROL.search(name):
            raise ConfigurationError(f"{where} cannot be {_quoted(name)}: it holds a control character; leave that out")


def _check_searchable(where: str, names: Iterable[str]) -> None:
    """Refuse names that no text could be searched for."""
    for name in names:
        if not skeleton(name) or len(name) > _LONGEST_NAME:
            raise ConfigurationError(f"{where} cannot be {_quoted(name)}; a name has 1 to {_LONGEST_NAME} characters")


def _quoted(value: object) -> str:
    """Return a value as a message can show it."""
    told = repr(value)
    return told if len(told) <= _LONGEST_NAME else f"{told[:_LONGEST_NAME]}…"


def _shown(name: str) -> str:
    """Return a name as a message can show it."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in name[:_LONGEST_NAME])


def _embedding(table: object) -> Embedding:
    """Return which model is told. Anything is sent to an address only where both it and the model are named."""
    if not isinstance(table, dict):
        raise ConfigurationError('"embedding" must be a table: [embedding], with lines url = "…" and model = "…"')
    _only("[embedding]", table, {"url": str, "model": str})
    told = Embedding(**table)
    if told.url and not told.url.startswith(("http://", "https://")):
        raise ConfigurationError(
            f"[embedding] url cannot be {_quoted(told.url)}; write one like http://127.0.0.1:8080/v1"
        )
    if bool(told.url) != (told.model not in ("", NO_MODEL)):
        raise ConfigurationError(f'[embedding] needs both url and model, or model = "{NO_MODEL}" for none')
    return told


def _ignored(patterns: object) -> tuple[str, ...]:
    if not isinstance(patterns, list) or not all(isinstance(pattern, str) and pattern for pattern in patterns):
        raise ConfigurationError(
            f'ignore cannot be {_quoted(patterns)}; write patterns of files: ignore = ["drafts/**"]'
        )
    return tuple(patterns)


def _lists(table: Mapping[str, Any], group: str, key: str) -> Mapping[str, tuple[str, ...]]:
    """Return the list that each table of a group holds under the one key that it may have."""
    tables = _tables(table, group)
    for name, values in tables.items():
        _only(f'[{group}."{_shown(name)}"]', values, {key: list})
    return {name: tuple(values.get(key, ())) for name, values in tables.items()}


def _given(source: str, values: Mapping[str, Any]) -> Given:
    where = f'[reports."{_shown(source)}"]'
    dates = ("date", "published")
    _only(where, values, {"event": str, **dict.fromkeys(dates, (str, dt.date)), "url": str, "former": list})
    held_on, published = (str(values[key]) if key in values else None for key in dates)
    for key, date in zip(dates, (held_on, published), strict=True):
        if date is not None and not valid_date(date):
            raise ConfigurationError(f"{where} {key} {date!r} is none; write 2018, 2018-03 or 2018-03-10")
    return Given(values.get("event"), held_on, values.get("url"), published, tuple(values.get("former", ())))


def _own_domain(table: Mapping[str, Any]) -> "Domain | None":
    """Return the domain of a library that names one, or has categories, services or words of its own."""
    if not table.keys() & {"domain", "categories", "services", "words"}:
        return None
    from kb.services import CatalogueError, Domain, domain, domain_names

    name, known = table.get("domain"), (*domain_names(), NO_DOMAIN)
    if name is not None and name not in known:
        raise ConfigurationError(f"domain cannot be {_quoted(name)}; write one of {', '.join(known)}")
    base = Domain() if name == NO_DOMAIN else domain(name) if name else domain()
    services = tuple(
        _service(slug, values, base.catalogue.owners) for slug, values in _tables(table, "services").items()
    )
    categories, words = _categories(table.get("categories", {})), _words(table.get("words", {}))
    if not (services or categories or words):
        return base
    try:
        return base.extended(services, categories, words)
    except CatalogueError as error:
        raise ConfigurationError(f"[services.{_shown(error.slug)}] {error.message}") from error


def _categories(labels: object) -> Mapping[str, str]:
    if not isinstance(labels, dict):
        raise ConfigurationError('"categories" must be a table: [categories], with lines like house = "社内"')
    _only("[categories]", labels, dict.fromkeys(labels, str))
    for slug, label in labels.items():
        _check_names("[categories]", [slug])
        _check_searchable(f"[categories] {_shown(slug)}", [slug, label])
    return labels


def _words(groups: object) -> Mapping[str, tuple[str, ...]]:
    if not isinstance(groups, dict):
        raise ConfigurationError(
            '"words" must be a table: [words], with lines like "冪等" = ["べきとう", "idempotent"]'
        )
    for word, others in groups.items():
        where = f'[words] "{_shown(word)}"'
        if not isinstance(others, list):
            raise ConfigurationError(f'{where} cannot be {_quoted(others)}; write a list of its other spellings: ["…"]')
        _check_names(where, [word, *others])
        _check_searchable(where, [word, *others])
    return {word: tuple(others) for word, others in groups.items()}


def _service(slug: str, values: Mapping[str, Any], owners: tuple[str, ...]) -> "Service":
    from kb.services import service_of

    where = f"[services.{_shown(slug)}]"
    _check_names(where, [slug])
    _only(where, values, _SERVICE_KEYS)
    if missing := {"name", "category"} - values.keys():
        raise ConfigurationError(f"{where} has no {max(missing)}")
    _check_searchable(where, [slug])
    for key, value in values.items():
        _check_searchable(f"{where} {key}", value if isinstance(value, list) else [value])
    return service_of(slug, values["category"], cast("ServiceTable", values), owners)  # its keys and types are checked


def _correction(note: str, values: Mapping[str, Any], known: "Catalogue") -> Correction:
    where = f'[notes."{_shown(note)}"]'
    _only(where, values, {"add": list, "remove": list, "kind": str})
    slugs: dict[str, tuple[str, ...]] = {}
    for key in ("add", "remove"):
        services = [(name, known.find(name)) for name in values.get(key, ())]
        if unknown := [name for name, service in services if service is None]:
            raise ConfigurationError(f"{where} {key}: no service is called {_quoted(unknown[0])}")
        slugs[key] = tuple(service.slug for _, service in services if service)
    return Correction(adds=slugs["add"], removes=slugs["remove"], kind=_kind(where, values.get("kind")))


def _kind(where: str, name: str | None) -> Kind | None:
    """Return the kind of a name: its key or what it is called on the page."""
    kind = next((kind for kind in get_args(Kind) if name in (kind, ja.KINDS[kind])), None)
    if name is not None and kind is None:
        raise ConfigurationError(f"{where} kind cannot be {_quoted(name)}; write one of {', '.join(get_args(Kind))}")
    return kind
