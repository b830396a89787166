"""The references are what the code says, and answers of other libraries are as they say."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import http_reference
import jsonschema
import pytest
import references
from flask import Flask
from flask.testing import FlaskClient

from kb.knowledge_base import KnowledgeBase
from webui.app import create_app

ROOT = Path(__file__).parents[1]
REPORTS = {
    "a.md": "# 箱の会 2019-03-10\n\n## 【A】11:10~12:00:箱の話 / 見本 花子\n\n- SQS は同じ箱が二度届く\n  - 冪等にする\n- 順番は守られるのか？\n",
    "b.txt": "箱の会 2019 参加レポート\n\n箱の話\n\n  • SQS は同じ箱が二度届くので冪等にしておく\n  • Lambda は5分で打ち切られる\n",
    "c.md": "- メモだけ\n",
}
INTERFACE = json.loads((http_reference.FOLDER / "openapi.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def sampled(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    return http_reference.app(tmp_path_factory.mktemp("samples"))


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    """Return a client of another library than the one that the reference was made of."""
    folder = tmp_path_factory.mktemp("other")
    (folder / "library").mkdir()
    for name, text in REPORTS.items():
        (folder / "library" / name).write_text(text, "utf-8")
    knowledge_base = KnowledgeBase.open(folder / "library", folder / "index")
    knowledge_base.indexer.sync()
    return create_app(knowledge_base).test_client()


def test_the_references_are_current(sampled: Flask) -> None:
    stale = [page.name for page, text in references.pages(sampled).items() if page.read_text("utf-8") != text]

    assert stale == [], "run `make references`"


def test_an_address_without_a_word_and_a_word_without_an_address_are_refused(client: FlaskClient) -> None:
    other = create_app(client.application.jinja_env.globals["kb"])
    other.add_url_rule("/new/<path:name>", view_func=str)

    with pytest.raises(ValueError, match=re.escape("GET /new/{name}")):
        http_reference.openapi(other)


def test_a_key_of_kb_toml_without_a_word_and_a_word_without_a_key_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    words = http_reference.WORDS["kb_toml"]

    monkeypatch.setitem(http_reference.WORDS, "kb_toml", {**words, "reports.place": "Where it was."})
    with pytest.raises(ValueError, match=re.escape("reports.place")):
        references.kb_toml()
    monkeypatch.setitem(
        http_reference.WORDS, "kb_toml", {key: said for key, said in words.items() if key != "notes.kind"}
    )
    with pytest.raises(KeyError, match=re.escape("notes.kind")):
        references.kb_toml()


def answered(client: FlaskClient) -> Iterator[tuple[str, dict[str, Any], object]]:
    """Yield each address of another library that answers as JSON, with how that is described, and what it answers."""

    def ask(address: str) -> Any:  # noqa: ANN401  # whatever JSON it is
        return http_reference.answer(client.application, address)

    lists = {name: ask(f"/{name}")[name] for name in ("reports", "events", "talks", "speakers")}
    notes = [note["id"] for query in ("/?q=箱", "/?q=メモだけ") for note in ask(query)["hits"]]
    pool = {
        "report_id": [one["id"] for one in lists["reports"]],
        "slug": [one["slug"] for one in lists["events"]],
        "talk_id": [one["id"] for one in lists["talks"]],
        "note_id": notes,
        "identifier": [*notes, *(one["id"] for one in lists["talks"])],
        "key": [ask("/updates")["updates"][0]["key"]],
    }
    for address, methods in INTERFACE["paths"].items():
        content = methods.get("get", {}).get("responses", {}).get("2XX", {}).get("content")
        if content:
            place = re.search(r"{(\w+)}", address)
            named = [one["name"] for one in lists["speakers"]] if "speaker" in address else ["sqs"]
            for value in pool.get(place[1], named) if place else ("",):
                filled = address.replace(place[0], value) if place else address
                asked = {"/": "/?q=SQS", "/compare": "/compare?service=sqs&service=lambda"}.get(filled, filled)
                yield asked, content["application/json"]["schema"], ask(asked)


def test_what_another_library_answers_is_as_the_interface_is_described(client: FlaskClient) -> None:
    wrong, asked = {}, set()
    for address, schema, answer in answered(client):
        whole = {**schema, "components": INTERFACE["components"]}
        errors = jsonschema.Draft202012Validator(whole).iter_errors(answer)
        asked.add(address.split("/")[1].split("?")[0])
        if found := [f"{error.json_path}: {error.message[:100]}" for error in errors]:
            wrong[address] = found

    assert wrong == {}
    assert len(asked) > 20


def test_every_variable_of_the_environment_is_told_of() -> None:
    code = [path.read_text("utf-8") for room in ("index", "kb", "webui") for path in (ROOT / room).rglob("*.py")]
    names = {name for text in code for name in re.findall(r'"(KB_[A-Z_]+)"', text)}
    page = (http_reference.FOLDER / "commands.md").read_text("utf-8")

    assert len(names) > 5
    assert [name for name in sorted(names) if f"`{name}" not in page] == []
