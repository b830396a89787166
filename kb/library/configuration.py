"""The library's kb.toml: what was told by hand, read and written without losing a comment of its author."""

import datetime as dt
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import tomlkit

from kb.report.model import Correction, Given
from kb.services.catalogue import Catalogue, CatalogueError, catalogue, service_of

if TYPE_CHECKING:
    from kb.services import datafiles

CONFIGURATION = "kb.toml"
_SERVICE_KEYS = {
    "short_name": str,
    **dict.fromkeys(("aliases", "features", "common", "ambiguous", "context", "against"), list),
}
_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")


class ConfigurationError(ValueError):
    """A kb.toml that says something impossible; the message names the table and what it may hold."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """What kb.toml says: what was given by hand for each file, the library's own services, corrected tags by note id.

    [reports."2018/jaws-days.md"]      [services.batch-portal]       [notes."jaws-days-2018-b2af/6cf728ff"]
    event = "JAWS DAYS 2018"           name = "Batch Portal"         add = ["sqs"]
    date = "2018-03-10"                category = "developer-tools"  remove = ["sns"]
    url = "https://example.com/"       aliases = ["バッチポータル"]

    `ignore` are patterns of files that are no reports, with `/` between folders: `drafts/**`.
    """

    given: Mapping[str, Given] = field(default_factory=dict)
    catalogue: Catalogue = field(default_factory=catalogue)
    corrections: Mapping[str, Correction] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()


def parse(data: bytes) -> Configuration:
    """Return what the bytes of a kb.toml say. Raises ConfigurationError."""
    try:
        table = tomllib.loads(data.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(str(error)) from error
    known = _catalogue(_tables(table, "services"))
    return Configuration(
        given={source: _given(source, values) for source, values in _tables(table, "reports").items()},
        catalogue=known,
        corrections={note: _correction(note, values, known) for note, values in _tables(table, "notes").items()},
        ignore=_ignored(table.get("ignore", [])),
    )


def _ignored(patterns: object) -> tuple[str, ...]:
    if not isinstance(patterns, list) or not all(isinstance(pattern, str) and pattern for pattern in patterns):
        raise ConfigurationError(
            f'ignore cannot be {patterns!r}; write patterns of files, as in ignore = ["drafts/**"]'
        )
    return tuple(patterns)


def _tables(table: Mapping[str, Any], group: str) -> Mapping[str, Mapping[str, Any]]:
    """Return the tables of a group by name."""
    tables = table.get(group, {})
    if not isinstance(tables, dict) or not all(isinstance(values, dict) for values in tables.values()):
        raise ConfigurationError(f'"{group}" must hold tables like [{group}."name"]')
    return tables


def _only(where: str, values: Mapping[str, Any], known: Mapping[str, type | tuple[type, ...]]) -> None:
    """Refuse keys that are not known, and values of another type."""
    for key, value in values.items():
        if key not in known:
            raise ConfigurationError(f"{where} has unknown key {key!r}; known are {', '.join(known)}")
        if not isinstance(value, known[key]):
            raise ConfigurationError(f"{where} {key} cannot be {value!r}")


def valid_date(text: str) -> bool:
    """Return whether a text is a date of a precision we know: 2018, 2018-03 or 2018-03-10."""
    return _DATE.fullmatch(text) is not None


def with_given(data: bytes, source: str, given: Given | None) -> bytes:
    """Return a kb.toml that tells this of a file and otherwise stays as it is; None forgets the file."""
    told = {"event": given.event, "date": given.held_on, "url": given.url} if given else {}
    return _with_table(data, "reports", source, {key: value for key, value in told.items() if value})


def with_correction(data: bytes, note: str, correction: Correction) -> bytes:
    """Return a kb.toml that corrects the services of a note so and otherwise stays as it is."""
    told = {"add": list(correction.adds), "remove": list(correction.removes)}
    return _with_table(data, "notes", note, {key: values for key, values in told.items() if values})


def _with_table(data: bytes, group: str, name: str, told: Mapping[str, Any]) -> bytes:
    document = tomlkit.parse(data.decode())
    tables: Any = document.setdefault(group, tomlkit.table(is_super_table=True))
    tables.pop(name, None)
    if told:
        table = tomlkit.table()
        table.update(told)
        tables[name] = table
    if not tables:
        document.pop(group)
    text = tomlkit.dumps(document).rstrip("\n")
    return f"{text}\n".encode() if text else b""


def _given(source: str, values: Mapping[str, Any]) -> Given:
    where = f'[reports."{source}"]'
    _only(where, values, {"event": str, "date": (str, dt.date), "url": str})
    date = str(values["date"]) if "date" in values else None
    if date is not None and not valid_date(date):
        raise ConfigurationError(f"{where} date {date!r} is none; write 2018, 2018-03 or 2018-03-10")
    return Given(event=values.get("event"), held_on=date, url=values.get("url"))


def _catalogue(told: Mapping[str, Mapping[str, Any]]) -> Catalogue:
    """Return the catalogue with the library's own services."""
    for slug, values in told.items():
        _only(f"[services.{slug}]", values, {"name": str, "category": str, **_SERVICE_KEYS})
        if missing := {"name", "category"} - values.keys():
            raise ConfigurationError(f"[services.{slug}] has no {max(missing)}")
    own = (
        service_of(slug, values["category"], cast("datafiles.Told", values))  # its keys and types are checked
        for slug, values in told.items()
    )
    try:
        return catalogue().extended(own) if told else catalogue()
    except CatalogueError as error:
        raise ConfigurationError(str(error)) from error


def _correction(note: str, values: Mapping[str, Any], known: Catalogue) -> Correction:
    where = f'[notes."{note}"]'
    _only(where, values, {"add": list, "remove": list})
    slugs: dict[str, tuple[str, ...]] = {}
    for key in ("add", "remove"):
        services = [(name, known.find(str(name))) for name in values.get(key, ())]
        if unknown := [name for name, service in services if service is None]:
            raise ConfigurationError(f"{where} {key}: no service is called {unknown[0]!r}")
        slugs[key] = tuple(service.slug for _, service in services if service)
    return Correction(adds=slugs["add"], removes=slugs["remove"])
