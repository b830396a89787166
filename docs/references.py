"""Writes the references of commands, kb.toml and the HTTP interface from the code: `make references`.

Each page has a head that people wrote; what stands below its mark is made here. Words are in `reference/words.toml`.
"""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import click
from flask import Flask
from http_reference import FOLDER, WORDS, app, http, openapi
from msgspec import inspect

import webui.command  # noqa: F401 (it adds `serve`)
from kb.cli.commands import COMMANDS, use_language
from kb.cli.group import cli
from kb.library.tables import ConfigurationTables

MARK = "<!-- What follows is made by `make references`. -->\n"
_COLUMNS = 100


def commands() -> str:
    """Return the help of each command, as it stands in a terminal in English."""
    use_language(["--lang", "en"])
    parts = []
    for name in sorted(COMMANDS):
        context = click.Context(cli, info_name="kb")
        command = cast("click.Command", cli.get_command(context, name))
        with click.Context(command, context, name, terminal_width=_COLUMNS) as own:
            parts.append(f"## kb {name}\n\n```text\n{command.get_help(own)}\n```\n")
    return "\n".join(parts)


def kb_toml() -> str:
    """Return what kb.toml may hold, a table for each of its tables: keys, what they may be, and what they mean.

    Raises ValueError for a key of `words.toml` that kb.toml cannot hold, KeyError for one that `words.toml` lacks.
    """
    left = dict(WORDS["kb_toml"])
    parts = list(_tables(_inner(ConfigurationTables), (), left))
    if left:
        raise ValueError(f"words.toml tells of keys that kb.toml cannot hold: {', '.join(left)}")
    return "\n".join(parts)


def _tables(struct: inspect.StructType, path: tuple[str, ...], words: dict[str, str]) -> Iterator[str]:
    """Yield the table of a struct and of those in it, and take the words of its keys out of `words`."""
    rows, below = [], []
    for field in struct.fields:
        key = ".".join((*path, field.name))
        needed = " (required)" if field.required else ""
        rows.append(f"| `{field.name}` | {_may_be(field.type)}{needed} | {words.pop(key)} |\n")
        if inner := next(_structs(field.type), None):
            heading = {inspect.VarTupleType: f"[[{field.name}]]", inspect.DictType: f'[{field.name}."…"]'}
            below.append((field.name, inner, heading.get(type(_inner(field.type)), f"[{field.name}]")))
    yield f"{_TABLE}{''.join(rows)}"
    for name, inner, heading in below:
        yield f"## `{heading}`\n"
        yield from _tables(inner, (*path, name), words)


_TABLE = "| key | value | meaning |\n| --- | --- | --- |\n"


def _inner(kind: object) -> Any:  # noqa: ANN401  # one of the many of msgspec.inspect
    info = kind if isinstance(kind, inspect.Type) else inspect.type_info(kind)
    return _inner(info.type) if isinstance(info, inspect.Metadata) else info


def _structs(kind: inspect.Type) -> Iterator[inspect.StructType]:
    match _inner(kind):
        case inspect.StructType() as struct:
            yield struct
        case inspect.DictType(value_type=value):
            yield from _structs(value)
        case inspect.VarTupleType(item_type=item):
            yield from _structs(item)
        case inspect.UnionType(types=types):
            yield from (found for one in types for found in _structs(one))


def _may_be(kind: inspect.Type) -> str:
    """Return in words what a value may be: what its type says of it where it does, else which type that is."""
    if isinstance(kind, inspect.Metadata) and (said := (kind.extra_json_schema or {}).get("description")):
        return str(said)
    inner = _inner(kind)
    if isinstance(inner, inspect.UnionType):
        return " or ".join(_may_be(one) for one in inner.types if not isinstance(one, inspect.NoneType))
    return _KINDS.get(type(inner), "anything")


_KINDS = {
    inspect.StrType: "a text",
    inspect.BoolType: "true or false",
    inspect.StructType: "a table",
    inspect.AnyType: "a text, or a date as TOML has it",
}


def pages(served: Flask) -> dict[Path, str]:
    """Return what each reference is to say."""
    interface = openapi(served)
    made = {"commands.md": commands(), "kb_toml.md": kb_toml(), "http.md": http(interface)}
    heads = {name: (FOLDER / name).read_text("utf-8").partition(MARK)[0] for name in made}
    whole = {FOLDER / name: f"{heads[name]}{MARK}\n{text}" for name, text in made.items()}
    return whole | {FOLDER / "openapi.json": json.dumps(interface, ensure_ascii=False, indent=1) + "\n"}


def main() -> None:
    """Write them."""
    with tempfile.TemporaryDirectory() as folder:
        for page, text in pages(app(Path(folder))).items():
            page.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
