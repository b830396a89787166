"""Reads what is installed: data files next to the code, TOML tables as typed values, and versions of libraries.

An invalid table raises an error of one line that gives the place, similar names and what to write instead.
"""

import datetime as dt
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, TypeGuard, TypeVar, Union, get_args, get_origin

import msgspec
from msgspec import Meta, Struct

_MAX_SHOWN = 100  # characters of a name or value in a message
# Control characters of terminals, line ends and changes of writing direction. Emoji need other invisible characters.
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
Text = Annotated[str, Meta(pattern=rf"\A[^{CONTROL.pattern[1:-1]}]*\Z")]
Texts = Annotated[tuple[Text, ...], Meta(description='a list of texts, as in ["sqs"]')]
_DEFAULT_REMEDIES = {
    "array": 'a list of texts, as in ["sqs"]',
    "bool": "true or false",
    "float": "a number",
    "int": "a whole number",
    "object": "a table",
    "str": 'a text in quotes: "…"',
}
_EXPECTED = re.compile(r"Expected `(\w+)")  # the beginning of a message of msgspec, with the expected type
_BARE_KEY = re.compile(r"[\w-]+", re.ASCII)  # a TOML key without quotes
_Path = tuple[str | int, ...]
T = TypeVar("T")


class TableError(ValueError):
    """An invalid table. The message gives the table, the key and the valid values."""


def table(folder: str | Traversable, name: str, of: type[T] = dict[str, Any]) -> T:  # type: ignore[assignment]
    """Return a TOML file of a package or folder as a value of a type.

    Raises TableError, with the file, if its tables do not match the type.
    """
    import tomllib  # noqa: PLC0415  # a search reads only lists

    file = (files(folder) if isinstance(folder, str) else folder) / name
    try:
        return converted(tomllib.loads(file.read_text("utf-8")), of)
    except (TableError, tomllib.TOMLDecodeError) as error:
        raise TableError(f"{file}: {error}") from error


def lines(package: str, name: str) -> tuple[str, ...]:
    """Return the lines of a list in a package, without empty lines and comments (#)."""
    text = (files(package) / name).read_text("utf-8")
    return tuple(line for line in text.splitlines() if line and not line.startswith("#"))


def versions(names: Sequence[str]) -> Mapping[str, str]:
    """Return the version of each of these libraries, in this order. Raises PackageNotFoundError for a missing one.

    The names of folders have the versions of most libraries: to import `importlib.metadata` takes 10 ms.
    """
    found = _versions_in_folders()
    if others := [name for name in names if name not in found]:  # installed in some other way
        from importlib.metadata import version  # noqa: PLC0415

        found |= {name: version(name) for name in others}
    return {name: found[name] for name in names}


def _versions_in_folders() -> dict[str, str]:
    """Return the versions of all libraries that are installed in a folder: name-1.2.dist-info."""
    found: dict[str, str] = {}
    for path in (path for folder in map(Path, sys.path) for path in folder.glob("*.dist-info")):
        name, _, version = path.stem.partition("-")
        found.setdefault(name.replace("_", "-").lower(), version)
    return found


def converted(value: object, of: type[T]) -> T:
    """Convert the tables of a file to a value of a type. Raises TableError.

    The `description` of a type's `msgspec.Meta` is the remedy in its message: how a valid value is written.
    """
    try:
        return msgspec.convert(value, of)
    except msgspec.ValidationError as error:
        raise TableError(_message(value, of, (), str(error), "")) from error


def quoted(value: object) -> str:
    """Return a value as shown in messages, shortened."""
    if isinstance(value, dt.date | dt.time):
        return str(value)
    try:
        text = repr(value[: _MAX_SHOWN + 1] if isinstance(value, str | list) else value)
    except ValueError:  # TOML allows hexadecimal numbers that Python refuses to write in decimal
        return "a number with too many digits"
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…"


def one_line(text: str | None) -> str:
    """Return a text without control characters and the space around it; empty for None."""
    return CONTROL.sub(" ", text or "").strip()


def place(*path: str | int, table: bool = True) -> str:
    """Return a place in TOML syntax: `[notes."a/b"]`, `[notes."a/b"] add`, `[[searches]] number 2`.

    The last element of the path is a table, or a key if not `table`. A number in a list of plain values is left out.
    """
    if not path:
        return ""
    if table:
        return f"[[{_dotted(path[:-1])}]] number {path[-1]}" if isinstance(path[-1], int) else f"[{_dotted(path)}]"
    if isinstance(path[-1], int):
        return place(*path[:-1], table=False)
    return f"{place(*path[:-1])} {_dotted(path[-1:])}".lstrip()


def _dotted(names: Sequence[str | int]) -> str:
    keys = (
        "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(name)[:_MAX_SHOWN])
        for name in names
    )
    return ".".join(key if _BARE_KEY.fullmatch(key) else f'"{key}"' for key in keys)


def _message(value: object, of: object, path: _Path, message: str, remedy: str) -> str:
    """Return the message for the innermost invalid part; msgspec's own gives neither the table nor the value."""
    while get_origin(of) in (Annotated, Union, UnionType):
        if get_origin(of) is Annotated:
            of, *metas = get_args(of)
            remedy = next((meta.description for meta in metas if meta.description), remedy)
        else:
            of = next((kind for kind in get_args(of) if _is_shaped(value, kind)), get_args(of)[0])
    for key, part, its in _parts(value, of):
        try:
            msgspec.convert(part, its)
        except msgspec.ValidationError as error:
            return _message(part, its, (*path, key), str(error), "" if _is_struct(of) else remedy)
    where = place(*path, table=isinstance(value, dict))
    if isinstance(value, dict) and _is_struct(of):
        return f"{where} {_table_message(value, of, message, remedy)}".removeprefix(" has ").lstrip()
    if isinstance(value, str) and CONTROL.search(value):
        return f"{where} cannot be {quoted(value)}: it holds a control character; leave that out"
    verb = "hold" if path and isinstance(path[-1], int) else "be"
    if get_origin(of) is Literal:
        near, remedy = _near(value, get_args(of)), f"one of {', '.join(get_args(of))}"
    else:
        expected = _EXPECTED.match(message)
        near, remedy = "", remedy or _DEFAULT_REMEDIES.get(expected[1] if expected else "", "something else")
    return f"{where} cannot {verb} {quoted(value)}{near}; write {remedy}"


def _table_message(table: dict[str, object], of: type[Struct], message: str, remedy: str) -> str:
    fields = {field.encode_name: field for field in msgspec.structs.fields(of)}
    if unknown := next((key for key in table if key not in fields), None):
        return f"has unknown key {quoted(unknown)}{_near(unknown, [*fields])}; known are {', '.join(fields)}"
    if missing := next((name for name, field in fields.items() if field.required and name not in table), None):
        return f"has no {missing}; write {remedy or _DEFAULT_REMEDIES['object'] + ' that has it'}"
    return message


def _is_shaped(value: object, kind: object) -> bool:
    """Return whether a member of a union has the shape of a value, a table or a list."""
    if get_origin(kind) is Annotated:
        return _is_shaped(value, get_args(kind)[0])
    return (isinstance(value, list) and get_origin(kind) is tuple) or (isinstance(value, dict) and _is_struct(kind))


def _is_struct(of: object) -> TypeGuard[type[Struct]]:
    return isinstance(of, type) and issubclass(of, Struct)


def _parts(value: object, of: object) -> Iterator[tuple[str | int, object, object]]:
    """Yield the parts of a value, each with its key or number and its required type."""
    if isinstance(value, dict) and get_origin(of) is dict:
        key_kind, kind = get_args(of)
        yield from ((key, key, key_kind) for key in value)
        yield from ((key, part, kind) for key, part in value.items())
    elif isinstance(value, dict) and _is_struct(of):
        fields = msgspec.structs.fields(of)
        yield from ((one.encode_name, value[one.encode_name], one.type) for one in fields if one.encode_name in value)
    elif isinstance(value, list) and get_origin(of) in (tuple, frozenset):
        yield from ((number, part, get_args(of)[0]) for number, part in enumerate(value, start=1))


def _near(value: object, known: Sequence[str]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415  # only mistyped keys need it

    near = get_close_matches(str(value)[:_MAX_SHOWN], known, 1)
    return f" (did you mean {quoted(near[0])}?)" if near else ""
