"""The number of notes on a service is one number, wherever it stands."""

import html
import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from kb.cli.group import cli
from kb.knowledge_base import KnowledgeBase
from webui.app import create_app

JSON = {"Accept": "application/json"}
# On Lambda: two that name it, and two that stand below one; by its name as a word, the prose on lambdas is found too.
REPORT = """\
# 見本勉強会 2019 参加レポート

## 【A】11:10~12:00:関数の話

- Lambda を使う
  - 起動が遅い
  - 関数は短く保つ
- SQS と Lambda をつなぐ
- SQS は順番を守らない

## 【B】13:00~13:40:式の話

- Python の lambda 式は短い
"""
CALLED = {"lambda": "Lambda", "sqs": "SQS"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("counts")
    (folder / "library").mkdir()
    (folder / "library" / "a.md").write_text(REPORT, "utf-8")
    KnowledgeBase.open(folder / "library", folder / "index").indexer.sync()
    return folder


@pytest.fixture(scope="module")
def client(folder: Path) -> FlaskClient:
    return create_app(KnowledgeBase.open(folder / "library", folder / "index")).test_client()


@pytest.mark.parametrize("slug", CALLED)
def test_the_notes_on_a_service_are_as_many_on_each_page_and_in_the_terminal(
    client: FlaskClient, folder: Path, slug: str
) -> None:
    name = CALLED[slug]
    searched = client.get(f"/?service={slug}", headers=JSON).json["total"]
    places = ["--library", str(folder / "library"), "--index", str(folder / "index")]
    listed = CliRunner().invoke(cli, ["services", *places, "--json"]).output.splitlines()

    assert {
        "map": number(rf'href="/service/{slug}"[^>]*>{name} <b>(\d+)', client.get("/").text),
        "facet": number(rf'name="service" value="{slug}".*?(\d+)件', client.get("/?q=").text),
        "page": number(r"このサービスのメモを検索 (\d+)件", client.get(f"/service/{slug}").text),
        "panel": number(r"このサービスのメモ (\d+)件", client.get(f"/?q={name}").text),
        "suggestion": next(
            one["notes"]
            for one in client.get(f"/suggest?q={name}", headers=JSON).json["suggestions"]
            if one["value"] == slug
        ),
        "talks": sum(one["notes"] for one in client.get(f"/talks?service={slug}", headers=JSON).json["talks"]),
        "terminal": next(one["notes"] for one in map(json.loads, listed) if one["slug"] == slug),
    } == dict.fromkeys(("map", "facet", "page", "panel", "suggestion", "talks", "terminal"), searched)


def number(pattern: str, page: str) -> int:
    found = re.search(pattern, html.unescape(page), re.DOTALL)
    assert found, pattern
    return int(found[1])


def test_an_example_that_is_the_name_of_a_service_counts_what_the_map_counts(client: FlaskClient) -> None:
    page = client.get("/", headers={"Accept-Language": "en"}).text
    examples = re.findall(r'<a class="chip" href="([^"]*)">(\w+) <span class="count">(\d+) note', page)

    assert examples == [
        (f"/?service={slug}", CALLED[slug], str(number(rf'href="/service/{slug}"[^>]*>{CALLED[slug]} <b>(\d+)', page)))
        for slug in ("lambda", "sqs")  # those with the most notes first
    ]


def test_a_search_for_the_name_of_a_service_tells_how_many_of_its_notes_are_on_the_service(client: FlaskClient) -> None:
    page = client.get("/?q=Lambda")

    assert client.get("/?q=Lambda", headers=JSON).json["total"] == 5
    assert "このサービスのメモ 4件" in page.text
