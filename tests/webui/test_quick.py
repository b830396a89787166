"""What is quick the second time, and what makes an app of the page."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from kb.knowledge_base import KnowledgeBase
from webui.app import create_app

REPORT = "# 見本勉強会 2019\n\n## 箱の話\n\n- SQS は便利\n"
PAGES = ("/", "/?q=SQS", "/reports", "/service/sqs", "/opensearch.xml", "/export.csv?q=SQS")


@pytest.fixture
def knowledge_base(tmp_path: Path) -> KnowledgeBase:
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "a.md").write_text(REPORT, "utf-8")
    knowledge_base = KnowledgeBase.open(tmp_path / "library", tmp_path / "index")
    knowledge_base.indexer.sync()
    return knowledge_base


@pytest.fixture
def client(knowledge_base: KnowledgeBase) -> FlaskClient:
    return create_app(knowledge_base).test_client()


def again(client: FlaskClient, address: str, tag: str, **headers: str) -> tuple[int, bytes]:
    answer = client.get(address, headers={"If-None-Match": tag, **headers})
    return answer.status_code, answer.data


@pytest.mark.parametrize("address", PAGES)
def test_a_page_of_an_unchanged_generation_is_not_sent_again(client: FlaskClient, address: str) -> None:
    first = client.get(address, headers={"Accept-Encoding": "gzip"})
    tag = first.headers["ETag"]

    assert tag.startswith("W/")
    assert again(client, address, tag) == (304, b"")
    assert again(client, address, tag, **{"Accept-Encoding": "gzip"}) == (304, b"")
    assert first.headers["Cache-Control"] == "no-cache"


def test_a_page_of_another_generation_is(client: FlaskClient, knowledge_base: KnowledgeBase) -> None:
    tag = client.get("/?q=SQS").headers["ETag"]
    (knowledge_base.collection.library.path / "a.md").write_text(f"{REPORT}- SQS は順番を守らない\n", "utf-8")
    knowledge_base.indexer.sync()

    assert again(client, "/?q=SQS", tag)[0] == 200


def test_json_is_another_answer_than_the_page(client: FlaskClient) -> None:
    tag = client.get("/?q=SQS").headers["ETag"]

    assert again(client, "/?q=SQS", tag, Accept="application/json")[0] == 200


def test_what_went_wrong_is_always_told(client: FlaskClient) -> None:
    assert "ETag" not in client.get("/nowhere").headers


def test_the_page_can_be_installed(client: FlaskClient) -> None:
    answer = client.get("/manifest.webmanifest")
    manifest = answer.get_json(force=True)

    assert (answer.mimetype, manifest["start_url"], manifest["display"]) == (
        "application/manifest+json",
        "/",
        "standalone",
    )
    assert {"192x192", "512x512"} <= {icon["sizes"] for icon in manifest["icons"]}
    for icon in manifest["icons"]:
        with client.get(icon["src"]) as picture:
            assert (picture.status_code, picture.mimetype) == (200, icon["type"])
    assert 'rel="manifest"' in client.get("/").text
