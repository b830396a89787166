"""The page of a service, and what is taken away: quotations, CSV, Markdown."""

import csv
import io
import re
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from kb.knowledge_base import KnowledgeBase
from webui.app import create_app

OLD = """\
# 見本勉強会 2017 参加レポート

## 【A】10:00~10:40:関数の話

- Lambda
  - 課題: 処理が最大5分で切られるので困る
    - 対策: 前処理を切り出すとよい
  - 課題: 起動が遅くて困っている
  - 必ずタイムアウトを設定すること
  - =1+1 で始まる行
"""
NEW = """\
# 見本勉強会 2020 参加レポート

## 【B】11:00~11:40:箱の話

- Lambda のメモリは必ず測ってから決めること
"""


@pytest.fixture(scope="module")
def knowledge_base(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeBase:
    folder = tmp_path_factory.mktemp("services")
    (folder / "library").mkdir()
    for name, text in (("old.md", OLD), ("new.md", NEW)):
        (folder / "library" / name).write_text(text, "utf-8")
    knowledge_base = KnowledgeBase.open(folder / "library", folder / "index")
    knowledge_base.indexer.sync()
    return knowledge_base


@pytest.fixture
def client(knowledge_base: KnowledgeBase) -> Iterator[FlaskClient]:
    with create_app(knowledge_base, today=lambda: date(2026, 3, 1)).test_client() as client:
        yield client


def as_json(client: FlaskClient, address: str) -> dict[str, Any]:
    page: dict[str, Any] = client.get(address, headers={"Accept": "application/json"}).json
    return page


def test_a_service_shows_what_is_most_like_advice_first_and_its_problems_by_their_remedies(client: FlaskClient) -> None:
    page = as_json(client, "/service/lambda")

    assert {group: [note["text"] for note in page[group]] for group in ("advice", "solved", "unsolved")} == {
        "advice": [
            "Lambda のメモリは必ず測ってから決めること",
            "必ずタイムアウトを設定すること",
        ],
        "solved": ["課題: 処理が最大5分で切られるので困る"],
        "unsolved": ["課題: 起動が遅くて困っている"],
    }
    assert page["solved"][0]["remedies"][0]["text"] == "対策: 前処理を切り出すとよい"  # and not among the advice again
    assert [talk["title"] for talk in page["talks"]] == ["箱の話", "関数の話"]


@pytest.mark.parametrize("address", ["/service/lambda", "/service/Lambda", "/service/ラムダ", "/service/AWS%20Lambda"])
def test_a_service_is_found_by_any_of_its_names(client: FlaskClient, address: str) -> None:
    response = client.get(address)

    assert (response.status_code, "<h1>AWS Lambda</h1>" in response.text, "<svg" in response.text) == (200, True, True)


def test_a_service_nobody_spoke_of_has_a_page_and_an_unknown_one_has_none(client: FlaskClient) -> None:
    assert ("まだありません" in client.get("/service/sqs").text, client.get("/service/x").status_code) == (True, 404)


@pytest.mark.parametrize("address", ["/service/lambda", "/?q=最大5分"])
def test_what_has_changed_since_stands_beside_the_note(client: FlaskClient, address: str) -> None:
    assert "2018年10月以降は" in client.get(address).text


def test_csv_holds_the_whole_result_and_no_formula(client: FlaskClient) -> None:
    response = client.get("/export.csv?service=lambda")
    rows = list(csv.reader(io.StringIO(response.get_data().decode("utf-8-sig"))))

    assert response.headers["Content-Disposition"] == 'attachment; filename="session-notes.csv"'
    assert (rows[0][0], len(rows), {len(row) for row in rows}) == ("メモ", 8, {13})
    assert "'=1+1 で始まる行" in [row[0] for row in rows]


@pytest.mark.parametrize("kind", ["export.csv", "export.md", "sheet"])
def test_an_export_from_any_page_of_the_results_holds_all_of_them(client: FlaskClient, kind: str) -> None:
    addresses = (f"/{kind}?service=lambda{page}" for page in ("", "&page=2"))
    first, second = (client.get(address, headers={"Accept": "application/json"}) for address in addresses)

    assert (second.get_data(), "Lambda のメモリ" in second.text) == (first.get_data(), True)


def test_markdown_holds_the_whole_result_by_talk(client: FlaskClient) -> None:
    lines = client.get("/export.md?q=最大5分").text.splitlines()

    assert lines[:10] == [
        "# 引用シート: 2件（最大5分）",
        "",
        "## 関数の話",
        "",
        "見本勉強会 2017（2017年）",
        "",
        "> *Lambda*",
        ">",
        "> 課題: 処理が最大5分で切られるので困る",
        "",
    ]
    assert lines[10].startswith("その後の変更: 2018年10月以降は最大15分 <https://")
    assert lines[12].startswith("— old.md:6 <http://localhost/note/")


def test_a_sheet_has_each_note_with_its_source_and_can_be_narrowed_to_some(client: FlaskClient) -> None:
    every = as_json(client, "/sheet?service=lambda")["quotations"]
    chosen = [one["id"] for one in every[2:4]]
    address = "/sheet?" + "&".join(f"note={quote(one, safe='')}" for one in chosen)
    page = client.get(address).text

    assert [one["id"] for one in as_json(client, address)["quotations"]] == chosen
    assert (page.count("<figure>"), page.count(" checked"), page.count("<figcaption")) == (2, 2, 2)
    assert f'href="/export.md?{address.partition("?")[2].replace("&", "&amp;")}"' in page


def test_a_sheet_is_in_the_order_of_events_and_lines_and_is_copied_whole(client: FlaskClient) -> None:
    page = client.get("/sheet?service=lambda&sort=old").text
    texts = re.findall(r"<p>([^<]*)</p>", page)
    markdown = client.get("/export.md?service=lambda&sort=old").text

    assert [text for text in texts if "Lambda" in text or "課題" in text] == [
        "Lambda のメモリは必ず測ってから決めること",
        "Lambda",
        "課題: 処理が最大5分で切られるので困る",
        "課題: 起動が遅くて困っている",
    ]
    assert markdown.index("箱の話") < markdown.index("関数の話")
    assert 'class="button cite script-only" href="/export.md?service=lambda&amp;sort=old"' in page
    assert re.findall(r">(見本勉強会-2020-[^<]*)</a> <span[^>]*>new.md:5<", page) != []


def test_a_sheet_of_nothing_says_so_and_an_unknown_note_is_told(client: FlaskClient) -> None:
    english = {"Accept": "text/html", "Accept-Language": "en"}
    assert "(Idempotency, Compute)" in client.get("/sheet?q=Idempotency&category=compute", headers=english).text
    assert "引用するメモがありません" in client.get("/sheet?q=量子暗号鍵配送").text
    assert client.get("/sheet?note=a/b").status_code == 404


def test_a_quotation_says_where_it_is_from(client: FlaskClient) -> None:
    note = as_json(client, "/?q=最大5分&kind=problem")["hits"][0]["id"]
    quotation = client.get(f"/cite/{note}").text

    assert quotation.startswith(
        "> 課題: 処理が最大5分で切られるので困る\n>\n> — 関数の話、見本勉強会 2017（2017年） <http://localhost/note/"
    )


def test_browsers_can_add_the_search_as_their_own(client: FlaskClient) -> None:
    root = ET.fromstring(client.get("/opensearch.xml").text)  # noqa: S314 (our own)
    template = root.find("{http://a9.com/-/spec/opensearch/1.1/}Url")

    assert template is not None
    assert template.get("template") == "http://localhost/?q={searchTerms}"


def test_a_corrected_tag_is_found_so_and_can_be_corrected_back(tmp_path: Path) -> None:
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "a.md").write_text(NEW, "utf-8")
    knowledge_base = KnowledgeBase.open(tmp_path / "library", tmp_path / "index")
    knowledge_base.indexer.sync()
    client = create_app(knowledge_base).test_client()
    note = as_json(client, "/?q=メモリ")["hits"][0]["id"]

    def correct(**form: str) -> list[str]:
        response = client.post(f"/correct/{note}", data=form, headers={"Sec-Fetch-Site": "same-origin"})
        while as_json(client, "/sync")["running"]:  # where the machine is slow, it answers before the index follows
            time.sleep(0.01)
        assert response.location is None or response.location.partition("?")[0] in (f"/note/{quote(note)}", "/sync")
        return [service["slug"] for service in as_json(client, f"/note/{note}")["services"]]

    assert correct(remove="lambda") == []
    assert correct(add="Amazon SQS") == ["sqs"]
    assert correct(add="ラムダ", remove="sqs") == ["lambda"]
    assert correct(add="知らない何か") == ["lambda"]


def test_a_corrected_kind_is_kept_and_can_be_left_to_the_evidence_again(tmp_path: Path) -> None:
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "a.md").write_text(NEW, "utf-8")
    knowledge_base = KnowledgeBase.open(tmp_path / "library", tmp_path / "index")
    knowledge_base.indexer.sync()
    client = create_app(knowledge_base).test_client()
    note = as_json(client, "/?q=メモリ")["hits"][0]["id"]

    def correct(kind: str) -> tuple[str, bool]:
        client.post(f"/correct/{note}", data={"kind": kind}, headers={"Sec-Fetch-Site": "same-origin"})
        while as_json(client, "/sync")["running"]:
            time.sleep(0.01)
        told = as_json(client, f"/note/{note}")
        return str(told["kind"]), told["sure"] == 1

    before = as_json(client, f"/note/{note}")["kind"]

    assert [correct("question"), correct("ほげ"), correct("")] == [
        ("question", True),
        ("question", True),
        (before, False),
    ]


def test_a_service_has_its_impressions_and_the_talks_that_only_name_it(tmp_path: Path) -> None:
    (tmp_path / "library").mkdir()
    report = (
        "# 見本勉強会 2020 参加レポート\n\n## 【A】10:00~10:40:箱の話\n\n- Lambda はとても楽しかったです\n\n"
        '## 【B】11:00~11:40:AWS Lambda 入門\n\n<iframe src="https://speakerdeck.com/player/a"></iframe>\n'
    )
    (tmp_path / "library" / "a.md").write_text(report, "utf-8")
    kb = KnowledgeBase.open(tmp_path / "library", tmp_path / "index")
    kb.indexer.sync()
    client = create_app(kb).test_client()
    shown, page = as_json(client, "/service/lambda"), client.get("/service/lambda").text

    assert [one["text"] for one in shown["impressions"]] == ["Lambda はとても楽しかったです"]
    assert shown["totals"]["impressions"] == as_json(client, "/?service=lambda&kind=impression")["total"] == 1
    assert [one["title"] for one in shown["talks"]] == ["箱の話"]
    assert [(one["title"], one["notes"]) for one in shown["only_named"]] == [("AWS Lambda 入門", 0)]
    assert ('id="impressions">感想' in page, "見出しにだけ名前がある" in page) == (True, True)
