"""Tables of a TOML file that anybody may have written: what is wrong with them is told with its place and remedy."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from index.text import skeleton

ENCODING = "utf-8-sig"  # some editors put a mark before UTF-8
# What steers a terminal, ends a line or turns the direction of writing; emoji need the other invisible characters.
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
# tomllib keeps a list of keys for each part of a dotted key: one of 40 kB takes gigabytes. Ours have three parts.
_TOO_DEEP = re.compile(r"""(?<![\w-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){16}""")
# The longest name of the catalogue has 56 characters; and of a name all misspellings are made.
_LONGEST_NAME = 100


class ConfigurationError(ValueError):
    """A kb.toml that says something impossible; the message names the table, the key and what it may hold."""


def parsed(data: bytes) -> Mapping[str, Any]:
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


def named_tables(table: Mapping[str, Any], group: str) -> Mapping[str, Mapping[str, Any]]:
    """Return the tables of a group by name."""
    tables = table.get(group, {})
    if not isinstance(tables, dict) or not all(isinstance(values, dict) for values in tables.values()):
        raise ConfigurationError(f'"{group}" must hold tables like [{group}."name"]')
    return tables


def check_keys(where: str, values: Mapping[str, Any], known: Mapping[str, type | tuple[type, ...]]) -> None:
    """Refuse keys that are not known, and values of another type; a list is one of names."""
    for key, value in values.items():
        if key not in known:
            raise ConfigurationError(f"{where} has unknown key {shown(key)!r}; known are {', '.join(known)}")
        if not isinstance(value, known[key]):
            raise ConfigurationError(f"{where} {key} cannot be {quoted(value)}")
        check_names(f"{where} {key}", value if isinstance(value, list) else [value] if isinstance(value, str) else ())


def check_names(where: str, names: Iterable[object]) -> None:
    """Refuse what cannot be the name of anything; such names reach the terminal, the dictionary and the matcher."""
    for name in names:
        if not isinstance(name, str):
            raise ConfigurationError(f'{where} cannot hold {quoted(name)}; write texts, as in ["sqs"]')
        if CONTROL.search(name):
            raise ConfigurationError(f"{where} cannot be {quoted(name)}: it holds a control character; leave that out")


def check_searchable(where: str, names: Iterable[str]) -> None:
    """Refuse names that no text could be searched for."""
    for name in names:
        if not skeleton(name) or len(name) > _LONGEST_NAME:
            raise ConfigurationError(f"{where} cannot be {quoted(name)}; a name has 1 to {_LONGEST_NAME} characters")


def quoted(value: object) -> str:
    """Return a value as a message can show it."""
    told = repr(value)
    return told if len(told) <= _LONGEST_NAME else f"{told[:_LONGEST_NAME]}…"


def shown(name: str) -> str:
    """Return a name as a message can show it."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in name[:_LONGEST_NAME])
