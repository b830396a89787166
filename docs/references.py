"""Writes the references of commands, kb.toml and the HTTP interface from the code: `make references`.

Each page has a head that people wrote; what stands below its mark is made here. Words are in `reference/words.toml`.
"""

import json
import os
import re
import shutil
import tempfile
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any, cast

import click
from flask import Flask
from msgspec import inspect

import webui.command  # noqa: F401 (it adds `serve`)
from kb.cli.group import cli
from kb.cli.language import speak
from kb.cli.overview import COMMANDS
from kb.knowledge_base import KnowledgeBase
from kb.library import configuration
from kb.search.facets import BY_KEY
from kb.search.searching import SORTS
from webui.address import GROUPS, STEPS
from webui.app import create_app
from webui.pages import indexes

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "reference"
MARK = "<!-- What follows is made by `make references`. -->\n"
WORDS = tomllib.loads((FOLDER / "words.toml").read_text("utf-8"))
_COLUMNS = 100
_PLACE = re.compile(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>")
# What an object is called in the description of the interface that has these keys.
MAPS = {"together", "by_year", "freed"}  # what holds objects whose keys are services, years or words
SHAPES = {
    "Note": {"id", "trail", "kind", "services"},
    "Talk": {"id", "title", "track", "speakers"},
    "Tag": {"slug", "via", "why"},
    "Change": {"now", "old", "changed_on"},
    "FacetValue": {"value", "count"},
}
_NAMES = {type(None): "null", bool: "boolean", int: "integer", float: "number", str: "string"}
Schema = dict[str, Any]


def commands() -> str:
    """Return the help of each command, as it stands in a terminal in English."""
    speak(["--lang", "en"])
    told = []
    for name in sorted(COMMANDS):
        context = click.Context(cli, info_name="kb")
        command = cast("click.Command", cli.get_command(context, name))
        with command.context_class(command, context, name, terminal_width=_COLUMNS) as own:
            told.append(f"## kb {name}\n\n```text\n{command.get_help(own)}\n```\n")
    return "\n".join(told)


def kb_toml() -> str:
    """Return what kb.toml may hold, a table for each of its tables: keys, what they may be, and what they mean."""
    left = dict(WORDS["kb_toml"])
    parts = list(_tables(_inner(configuration._File), (), left))  # noqa: SLF001  # all that kb.toml may hold
    if left:
        raise ValueError(f"words.toml tells of keys that kb.toml cannot hold: {', '.join(left)}")
    return "\n".join(parts)


def _tables(struct: inspect.StructType, path: tuple[str, ...], words: dict[str, str]) -> Iterator[str]:
    """Yield the table of a struct and of those in it, and take the words of its keys out of `words`."""
    rows, below = [], []
    for field in struct.fields:
        key = ".".join((*path, field.name))
        needed = " (needed)" if field.required else ""
        rows.append(f"| `{field.name}` | {_may_be(field.type)}{needed} | {words.pop(key)} |\n")
        if inner := next(_structs(field.type), None):
            below.append((field.name, inner, _is_list(field.type), _is_dict(field.type)))
    yield f"{_TABLE}{''.join(rows)}"
    for name, inner, many, named in below:
        heading = f"[[{name}]]" if many else f'[{name}."…"]' if named else f"[{name}]"
        yield f"## `{heading}`\n"
        yield from _tables(inner, (*path, name), words)


_TABLE = "| key | what it may be | what it is |\n| --- | --- | --- |\n"


def _inner(kind: object) -> Any:  # noqa: ANN401  # one of the many of msgspec.inspect
    told = kind if isinstance(kind, inspect.Type) else inspect.type_info(kind)
    return _inner(told.type) if isinstance(told, inspect.Metadata) else told


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


def _is_list(kind: inspect.Type) -> bool:
    return isinstance(_inner(kind), inspect.VarTupleType)


def _is_dict(kind: inspect.Type) -> bool:
    return isinstance(_inner(kind), inspect.DictType)


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


def app(folder: Path) -> Flask:
    """Return the app over a library that is made in a folder, without a model: the same on every machine.

    It holds the samples and a report that tells nothing of itself, so that every answer has what may be missing.
    """
    os.environ["KB_EMBEDDING"] = "none"
    library = Path(shutil.copytree(ROOT / "data/samples", folder / "library"))
    for name, text in BARE.items():
        (library / name).write_text(text, "utf-8")
    knowledge_base = KnowledgeBase.open(library, folder / "index")
    knowledge_base.keeper.sync()
    return create_app(knowledge_base)


BARE = {
    "memo.md": "- SQS の順番は守られない\n  - 並べ直す\n\n## 【A】11:10~12:00:箱の話\n\n- 箱は小さく分ける\n",
    "kb.toml": '[[searches]]\nname = "キュー"\naddress = "q=SQS"\n',
}


def routes(served: Flask) -> Iterator[tuple[str, str]]:
    """Yield each method and address that the app answers, as a description of an interface writes it."""
    for rule in served.url_map.iter_rules():
        listed = re.search(r"<any\(([^)]*)\):\w+>", rule.rule)
        for one in listed[1].split(", ") if listed else ("",):
            address = _PLACE.sub(
                lambda found: f"{{{found[1]}}}", rule.rule.replace(listed[0], one) if listed else rule.rule
            )
            yield from ((method, address) for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))


def openapi(served: Flask) -> Schema:
    """Return the description of the HTTP interface: every address but those of forms, its keys, and its answers.

    What JSON an answer has is told by answers: those that the examples of `words.toml` get.
    """
    told, asked = set(routes(served)), WORDS["addresses"]
    if wrong := {f"{method} {address}" for method, address in told} ^ {*asked, *WORDS["forms"]}:
        raise ValueError(f"words.toml and the routes differ by {', '.join(sorted(wrong))}")
    newest = answer(served, "/updates")["updates"][0]["key"]
    shapes: dict[str, list[Schema]] = {name: [] for name in SHAPES}
    paths: dict[str, Schema] = {}
    for method, address in sorted(told):
        if words := asked.get(f"{method} {address}"):
            answers = [answer(served, example.format(newest=newest)) for example in words.get("example", ())]
            paths.setdefault(address, {})[method.lower()] = _operation(method, address, words, answers, shapes)
    # Those that hold others come first in SHAPES.
    schemas = {name: _object(found, shapes) for name, found in shapes.items() if found}
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    return {
        "openapi": "3.1.0",
        "info": {"title": "kb", "version": version, "license": {"name": "MIT", "identifier": "MIT"}},
        "servers": [{"url": "http://127.0.0.1:8000"}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": {**schemas, "Problem": _PROBLEM},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": "KB_TOKEN of the server"}},
        },
    }


_PROBLEM: Schema = {
    "description": "What went wrong, in a sentence (RFC 9457).",
    "type": "object",
    "properties": {name: {"type": "string"} for name in ("type", "title", "detail")} | {"status": {"type": "integer"}},
    "required": ["type", "title", "status", "detail"],
}


def answer(served: Flask, address: str) -> Any:  # noqa: ANN401  # whatever JSON it is
    """Return what an address answers as JSON. Raises ValueError where it answers none."""
    told = served.test_client().get(address, headers={"Accept": "application/json"})
    if told.status_code != HTTPStatus.OK or not told.is_json:
        raise ValueError(f"{address} answers {told.status} as {told.mimetype}")
    return json.loads(told.text)


def _operation(
    method: str, address: str, words: Schema, answers: Sequence[object], shapes: Mapping[str, list[Schema]]
) -> Schema:
    content = {"content": {"application/json": {"schema": _schema(answers, shapes)}}} if answers else {}
    in_path = [_parameter(name, "path", {}, needed=True) for name in re.findall(r"{(\w+)}", address)]
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    told: Schema = {
        "summary": words["says"],
        "parameters": [*in_path, *_asks(words.get("asks", {}))],
        "responses": {
            "2XX": {"description": "What was asked for.", **content},
            "default": {"description": "What went wrong.", "content": problem},
        },
    }
    return told if method == "GET" else {**told, "security": [{"token": []}, {}]}


def _asks(asks: str | Mapping[str, str]) -> Iterator[Schema]:
    """Yield the keys that an address may have: those of a search and of lists are known to the code."""
    if asks == "search":
        yield _parameter("q", "query", {"type": "string"}, "Words; all that can be typed in the search box.")
        for group in GROUPS:
            yield _parameter(group, "query", _MANY, f"{BY_KEY[group].label['en']}. Repeatable.")
        yield _parameter(
            "match", "query", {"enum": ["any", "all"]}, "Whether any or all of several services are wanted."
        )
        yield _parameter("without", "query", {"type": "array", "items": {"enum": [*STEPS]}}, "What is not to be done.")
        yield _parameter("sort", "query", {"enum": [*SORTS]}, "The order.")
        yield _parameter("page", "query", {"type": "integer"}, "The number of the page, from 1.")
    elif asks == "list":
        for key in (*indexes._KEYS, "sort"):  # noqa: SLF001  # the keys of addresses of lists
            yield _parameter(
                key, "query", {"type": "string"}, _LIST.get(key, f"Those of one {key}, where that applies.")
            )
        yield _parameter("page", "query", {"type": "integer"}, "The number of the page, from 1.")
    else:
        yield from (_parameter(key, "query", {"type": "string"}, told) for key, told in dict(asks).items())


_MANY = {"type": "array", "items": {"type": "string"}}
_LIST = {"name": "Those whose name contains it.", "sort": "A column; with a `-` before it the most first."}


def _parameter(name: str, place: str, schema: Schema, told: str = "", *, needed: bool = False) -> Schema:
    return {
        "name": name,
        "in": place,
        **({"required": True} if needed else {}),
        **({"description": told} if told else {}),
        "schema": schema or {"type": "string"},
    }


def _schema(values: Sequence[object], shapes: Mapping[str, list[Schema]]) -> Schema:
    """Return what all of some values are; those of a shape are kept there, to be told once."""
    objects = [value for value in values if isinstance(value, dict)]
    lists = [value for value in values if isinstance(value, list)]
    told = []
    if objects:
        name = next((name for name, keys in SHAPES.items() if all(keys <= value.keys() for value in objects)), None)
        if name:
            shapes[name].extend(objects)
        told.append({"$ref": f"#/components/schemas/{name}"} if name else _object(objects, shapes))
    if lists:
        told.append({"type": "array", "items": _schema([item for value in lists for item in value], shapes)})
    scalars = {_NAMES[type(value)] for value in values if not isinstance(value, dict | list)}
    scalars -= {"integer"} if "number" in scalars else set()
    if scalars == {"null"} and not told:
        return {}  # of what never stood there nothing is known
    if scalars:
        told.append({"type": next(iter(scalars)) if len(scalars) == 1 else sorted(scalars)})
    return told[0] if len(told) == 1 else {"anyOf": told} if told else {}


def _object(objects: Sequence[Schema], shapes: Mapping[str, list[Schema]]) -> Schema:
    """Return what objects have in common; where their keys are data, what stands below these."""
    keys = dict.fromkeys(key for one in objects for key in one)
    if not all(re.fullmatch("[a-z_]+", key) for key in keys):
        return _map(objects, shapes)
    properties = {
        key: (_map if key in MAPS else _schema)([one[key] for one in objects if key in one], shapes) for key in keys
    }
    return {
        "type": "object",
        "properties": properties,
        "required": [key for key in keys if all(key in one for one in objects)],
    }


def _map(objects: Sequence[Schema], shapes: Mapping[str, list[Schema]]) -> Schema:
    """Return what objects are whose keys are data."""
    return {
        "type": "object",
        "additionalProperties": _schema([value for one in objects for value in one.values()], shapes),
    }


def http(told: Schema) -> str:
    """Return the addresses as tables: what each answers, and the keys that it takes."""
    rows = []
    for address, methods in told["paths"].items():
        for method, one in methods.items():
            keys = [parameter["name"] for parameter in one["parameters"] if parameter["in"] == "query"]
            shown = "those of a search" if "without" in keys else ", ".join(f"`{key}`" for key in keys)
            as_json = "yes" if "content" in one["responses"]["2XX"] else ""
            rows.append(f"| `{method.upper()} {address}` | {one['summary']} | {shown} | {as_json} |\n")
    search = told["paths"]["/"]["get"]["parameters"]
    of_search = "".join(f"| `{one['name']}` | {one['description']}{_values(one)} |\n" for one in search)
    head = "| address | what it answers | keys | JSON |\n| --- | --- | --- | --- |\n"
    return f"{head}{''.join(rows)}\nThe keys of a search:\n\n| key | what it is |\n| --- | --- |\n{of_search}"


def _values(parameter: Schema) -> str:
    values = parameter["schema"].get("enum") or parameter["schema"].get("items", {}).get("enum", ())
    return f" One of {', '.join(f'`{value}`' for value in values)}." if values else ""


def pages(served: Flask) -> dict[Path, str]:
    """Return what each reference is to say."""
    interface = openapi(served)
    made = {"commands.md": commands(), "kb_toml.md": kb_toml(), "http.md": http(interface)}
    whole = {FOLDER / name: f"{_head(FOLDER / name)}{MARK}\n{text}" for name, text in made.items()}
    return whole | {FOLDER / "openapi.json": json.dumps(interface, ensure_ascii=False, indent=1) + "\n"}


def _head(page: Path) -> str:
    return page.read_text("utf-8").partition(MARK)[0]


def main() -> None:
    """Write them."""
    with tempfile.TemporaryDirectory() as folder:
        for page, text in pages(app(Path(folder))).items():
            page.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
