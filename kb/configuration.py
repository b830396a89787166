"""The library's kb.toml: what was told by hand, read and written without losing a comment of its author."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import tomlkit

from kb.model import Given

CONFIGURATION = "kb.toml"
_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")


class ConfigurationError(ValueError):
    """A kb.toml that says something impossible; the message names the table and what it may hold."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """What kb.toml says: what was given by hand for each file."""

    given: Mapping[str, Given] = field(default_factory=dict)


def parse(data: bytes) -> Configuration:
    """Return what the bytes of a kb.toml say. Raises ConfigurationError."""
    try:
        table = tomllib.loads(data.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(str(error)) from error
    reports = table.get("reports", {})
    if not isinstance(reports, dict):
        raise ConfigurationError('"reports" must be tables like [reports."file.md"]')
    return Configuration({source: _given(source, values) for source, values in reports.items()})


def valid_date(text: str) -> bool:
    """Return whether a text is a date of a precision we know: 2018, 2018-03 or 2018-03-10."""
    return _DATE.fullmatch(text) is not None


def with_given(data: bytes, source: str, given: Given | None) -> bytes:
    """Return a kb.toml that tells this of a file and otherwise stays as it is; None forgets the file."""
    document = tomlkit.parse(data.decode())
    reports: Any = document.setdefault("reports", tomlkit.table(is_super_table=True))
    reports.pop(source, None)
    values = {"event": given.event, "date": given.held_on, "url": given.url} if given else {}
    told = {key: value for key, value in values.items() if value}
    if told:
        table = tomlkit.table()
        table.update(told)
        reports[source] = table
    if not reports:
        document.pop("reports")
    text = tomlkit.dumps(document).rstrip("\n")
    return f"{text}\n".encode() if text else b""


def _given(source: str, values: object) -> Given:
    if not isinstance(values, dict):
        raise ConfigurationError(f'[reports."{source}"] must be a table')
    unknown = set(values) - {"event", "date", "url"}
    if unknown:
        raise ConfigurationError(f'[reports."{source}"] has unknown key {min(unknown)!r}; known are event, date, url')
    date = str(values["date"]) if "date" in values else None
    if date is not None and not valid_date(date):
        raise ConfigurationError(f'[reports."{source}"] date {date!r} is none; write 2018, 2018-03 or 2018-03-10')
    return Given(event=values.get("event"), held_on=date, url=values.get("url"))
