"""The description of the HTTP interface: made of the routes of the app and of what it answers to examples.

What stands in `reference/words.toml` says what each address is for; the shapes of answers are those of answers.
"""

import json
import os
import re
import shutil
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any

from flask import Flask

from kb.knowledge_base import KnowledgeBase
from kb.search.facets import BY_KEY
from kb.search.searcher import SORTS
from webui.app import create_app
from webui.http.address import GROUPS, STEPS
from webui.pages import indexes

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "reference"
WORDS = tomllib.loads((FOLDER / "words.toml").read_text("utf-8"))
_PLACE = re.compile(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>")  # what varies in an address, as Flask writes it: <path:note_id>
MAPS = {"together", "by_year", "freed"}  # what holds objects whose keys are services, years or words
# What an object is called in the description that has these keys; those that hold others come first.
SHAPES = {
    "Note": {"id", "trail", "kind", "services"},
    "Talk": {"id", "title", "track", "speakers"},
    "Tag": {"slug", "via", "why"},
    "Change": {"now", "old", "changed_on"},
    "FacetValue": {"value", "count"},
}
_NAMES = {type(None): "null", bool: "boolean", int: "integer", float: "number", str: "string"}
Schema = dict[str, Any]


def app(folder: Path) -> Flask:
    """Return the app over a library that is made in a folder, without a model: the same on every machine.

    It holds the samples and a report that tells nothing of itself, so that every answer has what may be missing.
    """
    os.environ["KB_EMBEDDING"] = "none"
    library = Path(shutil.copytree(ROOT / "data/samples", folder / "library"))
    for name, text in BARE.items():
        (library / name).write_text(text, "utf-8")
    knowledge_base = KnowledgeBase.open(library, folder / "index")
    knowledge_base.indexer.sync()
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
            address = _PLACE.sub(r"{\1}", rule.rule.replace(listed[0], one) if listed else rule.rule)
            yield from ((method, address) for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))


def openapi(served: Flask) -> Schema:
    """Return the description of the HTTP interface: every address but those of forms, its keys, and its answers.

    What JSON an answer has is seen from answers: those that the examples of `words.toml` get. Raises ValueError where
    `words.toml` and the routes differ.
    """
    served_routes, described = set(routes(served)), WORDS["addresses"]
    if wrong := {f"{method} {address}" for method, address in served_routes} ^ {*described, *WORDS["forms"]}:
        raise ValueError(f"words.toml and the routes differ by {', '.join(sorted(wrong))}")
    newest = answer(served, "/updates")["updates"][0]["key"]
    shapes: dict[str, list[Schema]] = {name: [] for name in SHAPES}
    paths: dict[str, Schema] = {}
    for method, address in sorted(served_routes):
        if words := described.get(f"{method} {address}"):
            answers = [answer(served, example.format(newest=newest)) for example in words.get("example", ())]
            paths.setdefault(address, {})[method.lower()] = _operation(method, address, words, answers, shapes)
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
    response = served.test_client().get(address, headers={"Accept": "application/json"})
    if response.status_code != HTTPStatus.OK or not response.is_json:
        raise ValueError(f"{address} answers {response.status} as {response.mimetype}")
    return json.loads(response.text)


def _operation(
    method: str, address: str, words: Schema, answers: Sequence[object], shapes: Mapping[str, list[Schema]]
) -> Schema:
    content = {"content": {"application/json": {"schema": _schema(answers, shapes)}}} if answers else {}
    in_path = [_parameter(name, "path", _TEXT, needed=True) for name in re.findall(r"{(\w+)}", address)]
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    operation: Schema = {
        "summary": words["says"],
        "parameters": [*in_path, *_asks(address, words.get("asks", {}))],
        "responses": {
            "2XX": {"description": "What was asked for.", **content},
            "default": {"description": "What went wrong.", "content": problem},
        },
    }
    return operation if method == "GET" else {**operation, "security": [{"token": []}, {}]}


def _asks(address: str, asks: str | Mapping[str, str]) -> Iterator[Schema]:
    """Yield the keys that an address may have: those of a search and of lists are known to the code."""
    if asks == "search":
        yield _parameter("q", "query", _TEXT, "Words; all that can be typed in the search box.")
        for group in GROUPS:
            many = {"type": "array", "items": _TEXT}
            yield _parameter(group, "query", many, f"{BY_KEY[group].label}. Repeatable.")
        wanted = "Whether any or all of several services are wanted."
        yield _parameter("match", "query", {"enum": ["any", "all"]}, wanted)
        yield _parameter("without", "query", {"type": "array", "items": {"enum": [*STEPS]}}, "What is not to be done.")
        yield _parameter("sort", "query", {"enum": [*SORTS]}, "The order.")
    elif asks == "list":
        for key in (*indexes.INDEXES[address[1:]].keys, "sort"):
            yield _parameter(key, "query", _TEXT, _LIST.get(key, f"Those of one {key}."))
    else:
        yield from (_parameter(key, "query", _TEXT, description) for key, description in dict(asks).items())
        return
    yield _parameter("page", "query", {"type": "integer"}, "The number of the page, from 1.")


_TEXT = {"type": "string"}
_LIST = {"name": "Those whose name contains it.", "sort": "A column; with a `-` before it the most first."}


def _parameter(name: str, place: str, schema: Schema, description: str = "", *, needed: bool = False) -> Schema:
    return {
        "name": name,
        "in": place,
        **({"required": True} if needed else {}),
        **({"description": description} if description else {}),
        "schema": schema,
    }


def _schema(values: Sequence[object], shapes: Mapping[str, list[Schema]]) -> Schema:
    """Return what all of some values are; those of a shape are kept there, to be described once."""
    objects = [value for value in values if isinstance(value, dict)]
    lists = [value for value in values if isinstance(value, list)]
    kinds = []
    if objects:
        name = next((name for name, keys in SHAPES.items() if all(keys <= value.keys() for value in objects)), None)
        if name:
            shapes[name].extend(objects)
        kinds.append({"$ref": f"#/components/schemas/{name}"} if name else _object(objects, shapes))
    if lists:
        kinds.append({"type": "array", "items": _schema([item for value in lists for item in value], shapes)})
    scalars = {_NAMES[type(value)] for value in values if not isinstance(value, dict | list)}
    scalars -= {"integer"} if "number" in scalars else set()
    if scalars == {"null"} and not kinds:
        return {}  # of what never stood there nothing is known
    if scalars:
        kinds.append({"type": next(iter(scalars)) if len(scalars) == 1 else sorted(scalars)})
    return kinds[0] if len(kinds) == 1 else {"anyOf": kinds} if kinds else {}


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


def http(interface: Schema) -> str:
    """Return the addresses as tables: what each answers, and the keys that it takes."""
    rows = []
    for address, methods in interface["paths"].items():
        for method, one in methods.items():
            keys = [parameter["name"] for parameter in one["parameters"] if parameter["in"] == "query"]
            shown = "those of a search" if "without" in keys else ", ".join(f"`{key}`" for key in keys)
            as_json = "yes" if "content" in one["responses"]["2XX"] else ""
            rows.append(f"| `{method.upper()} {address}` | {one['summary']} | {shown} | {as_json} |\n")
    search = interface["paths"]["/"]["get"]["parameters"]
    of_search = "".join(f"| `{one['name']}` | {one['description']}{_values(one)} |\n" for one in search)
    head = "| address | what it answers | keys | JSON |\n| --- | --- | --- | --- |\n"
    return f"{head}{''.join(rows)}\nThe keys of a search:\n\n| key | meaning |\n| --- | --- |\n{of_search}"


def _values(parameter: Schema) -> str:
    values = parameter["schema"].get("enum") or parameter["schema"].get("items", {}).get("enum", ())
    return f" One of {', '.join(f'`{value}`' for value in values)}." if values else ""
