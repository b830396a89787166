"""Tables of TOML as values: what they cannot say is told in a line, with its place, near names and the remedy."""

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from types import UnionType
from typing import Annotated, Literal, TypeGuard, TypeVar, Union, get_args, get_origin

import msgspec
from msgspec import Meta, Struct

_LONGEST_SHOWN = 100  # characters of a name or value in a message
# What steers a terminal, ends a line or turns the direction of writing; emoji need the other invisible characters.
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
Text = Annotated[str, Meta(pattern=rf"\A[^{CONTROL.pattern[1:-1]}]*\Z")]
Texts = Annotated[tuple[Text, ...], Meta(description='a list of texts, as in ["sqs"]')]
_USUAL_REMEDIES = {
    "array": 'a list of texts, as in ["sqs"]',
    "bool": "true or false",
    "float": "a number",
    "int": "a whole number",
    "object": "a table",
    "str": 'a text in quotes: "…"',
}
_EXPECTED = re.compile(r"Expected `(\w+)")
_BARE_KEY = re.compile(r"[\w-]+", re.ASCII)
_Path = tuple[str | int, ...]
T = TypeVar("T")


class TableError(ValueError):
    """A table that says something impossible; the message names the table, the key and what it may hold."""


class _Fault(Struct):
    """The innermost part that is at fault: where it stands, what it is and should be, and what msgspec says of it."""

    path: _Path
    value: object
    of: object
    message: str
    remedy: str


def converted(value: object, of: type[T], path: _Path = ()) -> T:
    """Return what tables say as a value of a type; `path` is where they stand in their file. Raises TableError.

    What may be written for a value of a type is told by the `description` of its `msgspec.Meta`.
    """
    try:
        return msgspec.convert(value, of)
    except msgspec.ValidationError as error:
        raise TableError(_told(_fault(value, of, path, str(error), ""))) from error


def quoted(value: object) -> str:
    """Return a value as a message can show it."""
    if isinstance(value, dt.date | dt.time):
        return str(value)
    try:
        told = repr(value[: _LONGEST_SHOWN + 1] if isinstance(value, str | list) else value)
    except ValueError:  # Python refuses to write out what TOML may tell in hexadecimals
        return "a number of so many digits"
    return told if len(told) <= _LONGEST_SHOWN else f"{told[:_LONGEST_SHOWN]}…"


def shown(name: str) -> str:
    """Return a name as a message can show it."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in name[:_LONGEST_SHOWN])


def place(*path: str | int, table: bool = True) -> str:
    """Return where something stands as TOML writes it: `[notes."a/b"]`, `[notes."a/b"] add`, `[[searches]] number 2`.

    What stands last is a key unless it is a table; a number in a list of no tables is left out.
    """
    if not path:
        return ""
    if table:
        return f"[[{_dotted(path[:-1])}]] number {path[-1]}" if isinstance(path[-1], int) else f"[{_dotted(path)}]"
    if isinstance(path[-1], int):
        return place(*path[:-1], table=False)
    return f"{place(*path[:-1])} {_dotted(path[-1:])}".lstrip()


def _dotted(names: Sequence[str | int]) -> str:
    keys = map(shown, map(str, names))
    return ".".join(key if _BARE_KEY.fullmatch(key) else f'"{key}"' for key in keys)


def _fault(value: object, of: object, path: _Path, message: str, remedy: str) -> _Fault:
    """Return the innermost part of a value that is at fault: msgspec tells no names of tables, and no values."""
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
            return _fault(part, its, (*path, key), str(error), "" if _is_struct(of) else remedy)
    return _Fault(path, value, of, message, remedy)


def _is_shaped(value: object, kind: object) -> bool:
    """Tell whether a kind of a union is the one that a table or a list is meant to be."""
    if get_origin(kind) is Annotated:
        return _is_shaped(value, get_args(kind)[0])
    return (isinstance(value, list) and get_origin(kind) is tuple) or (isinstance(value, dict) and _is_struct(kind))


def _is_struct(of: object) -> TypeGuard[type[Struct]]:
    return isinstance(of, type) and issubclass(of, Struct)


def _parts(value: object, of: object) -> Iterator[tuple[str | int, object, object]]:
    """Yield the parts of a value that should be of a type, each with its key or number and the type it should be of."""
    if isinstance(value, dict) and get_origin(of) is dict:
        key_kind, kind = get_args(of)
        yield from ((key, key, key_kind) for key in value)
        yield from ((key, part, kind) for key, part in value.items())
    elif isinstance(value, dict) and _is_struct(of):
        fields = msgspec.structs.fields(of)
        yield from ((one.encode_name, value[one.encode_name], one.type) for one in fields if one.encode_name in value)
    elif isinstance(value, list) and get_origin(of) in (tuple, frozenset):
        yield from ((number, part, get_args(of)[0]) for number, part in enumerate(value, start=1))


def _told(fault: _Fault) -> str:
    value, of = fault.value, fault.of
    where = place(*fault.path, table=isinstance(value, dict))
    if isinstance(value, dict) and _is_struct(of):
        return f"{where} {_told_of_table(value, of, fault)}".removeprefix(" has ").lstrip()
    if isinstance(value, str) and CONTROL.search(value):
        return f"{where} cannot be {quoted(value)}: it holds a control character; leave that out"
    expected = _EXPECTED.match(fault.message)
    usual = _USUAL_REMEDIES.get(expected[1] if expected else "", "something else")
    remedy = f"one of {', '.join(get_args(of))}" if get_origin(of) is Literal else fault.remedy or usual
    near = _near(value, get_args(of)) if get_origin(of) is Literal else ""
    holds = "hold" if fault.path and isinstance(fault.path[-1], int) else "be"
    return f"{where} cannot {holds} {quoted(value)}{near}; write {remedy}"


def _told_of_table(table: dict[str, object], of: type[Struct], fault: _Fault) -> str:
    fields = {field.encode_name: field for field in msgspec.structs.fields(of)}
    if unknown := next((key for key in table if key not in fields), None):
        return f"has unknown key {quoted(unknown)}{_near(unknown, [*fields])}; known are {', '.join(fields)}"
    if missing := next((name for name, field in fields.items() if field.required and name not in table), None):
        return f"has no {missing}; write {fault.remedy or _USUAL_REMEDIES['object'] + ' that has it'}"
    return fault.message


def _near(value: object, known: Sequence[str]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415  # for who mistypes a key

    near = get_close_matches(str(value)[:_LONGEST_SHOWN], known, 1)
    return f" (did you mean {quoted(near[0])}?)" if near else ""
