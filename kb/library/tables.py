"""A kb.toml that anybody may have written, as tables and as values: what is wrong with it is told in one line."""

import re
from typing import Any, TypeVar

from index.sentences import said, told_by
from index.tables import TableError, converted

ENCODING = "utf-8-sig"  # some editors put a mark before UTF-8
# tomllib keeps a list of keys for each part of a dotted key: one of 40 kB takes gigabytes. Ours have three parts.
_TOO_DEEP = re.compile(r"""(?<![\w-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){16}""")
T = TypeVar("T")


class ConfigurationError(ValueError):
    """A kb.toml that says something impossible; the message names the table, the key and what it may hold."""


def told(data: bytes, of: type[T]) -> T:
    """Return what the bytes of a kb.toml say as a value of a type. Raises ConfigurationError."""
    try:
        return converted(_parsed(data), of)
    except TableError as error:
        raise ConfigurationError(told_by(error)) from error


def _parsed(data: bytes) -> dict[str, Any]:
    """Return the tables of a TOML file that anybody may have written."""
    import tomllib

    try:
        text = data.decode(ENCODING)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigurationError(said("line {0} is not UTF-8; save the file as UTF-8", line)) from error
    if deep := _TOO_DEEP.search(text):
        line = text.count("\n", 0, deep.start()) + 1
        raise ConfigurationError(said("line {0} has a key of more than 16 parts; put names with dots in quotes", line))
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(told_by(error)) from error
    except ValueError as error:
        raise ConfigurationError(said("a number has more digits than Python reads; put it in quotes")) from error
    except RecursionError as error:
        raise ConfigurationError(
            said("lists or tables stand too deep in each other; no key holds more than a list")
        ) from error
