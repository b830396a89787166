"""The page: what a reader sees and a program gets, over a real index."""

import html
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from kb.knowledge_base import KnowledgeBase
from webui import app as app_module
from webui.app import create_app
from webui.http import security

WEBUI = Path(app_module.__file__).parent
QUEUES = """\
# 見本勉強会 2018 参加レポート

## 【A】11:10~12:00:キューと付き合う

https://speakerdeck.com/example/queues

- SQS
  - 同じメッセージが二度届くので冪等に作る
    - 受け取った番号を覚えておく
  - 順番は守られない
- Lambda は長く待たせない
- `<script>alert(1)</script>` も文字です

## 【B】13:00~13:45:台所の話

- 冪等な皿洗い
- S3 に写真を置く
"""
TABLES = """\
# 別の勉強会 2021 参加レポート

## 表の設計

- DynamoDB
  - 書き込みは冪等に
"""


def opened(folder: Path, **reports: str) -> KnowledgeBase:
    library = folder / "library"
    library.mkdir()
    for name, text in reports.items():
        (library / f"{name}.md").write_text(text, "utf-8")
    knowledge_base = KnowledgeBase.open(library, folder / "index")
    knowledge_base.indexer.sync()
    return knowledge_base


@pytest.fixture(scope="module")
def knowledge_base(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeBase:
    return opened(tmp_path_factory.mktemp("kb"), queues=QUEUES, tables=TABLES)


@pytest.fixture
def client(knowledge_base: KnowledgeBase) -> Iterator[FlaskClient]:
    with create_app(knowledge_base, today=lambda: date(2026, 3, 1)).test_client() as client:
        yield client


def as_json(client: FlaskClient, address: str) -> TestResponse:
    return client.get(address, headers={"Accept": "application/json"})


def plain(response: TestResponse) -> str:
    """Return what a page says, without its elements and line ends."""
    body = re.sub(r"<(style|script|title)\b.*?</\1>", "", response.text, flags=re.DOTALL)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]*>", " ", body)))


def note_ids(response: TestResponse) -> list[str]:
    return re.findall(r'<div class="note [a-z]*" id="([^"]+)"', response.text)


def texts_of(response: TestResponse) -> list[str]:
    notes = re.findall(r'<p class="text">(.*?)</p>', response.text)
    return [html.unescape(re.sub(r"</?mark>", "", note)) for note in notes]


def test_a_search_shows_its_notes_in_their_tree_under_their_talks(client: FlaskClient) -> None:
    response = client.get("/?q=冪等")

    assert sorted(texts_of(response)) == [
        "冪等な皿洗い",
        "受け取った番号を覚えておく",
        "同じメッセージが二度届くので冪等に作る",
        "書き込みは冪等に",
    ]
    for shown in ("4件（冪等）", "キューと付き合う", "SQS", "見本勉強会 2018", "2018年・8年前", "継承"):
        assert shown in plain(response)
    assert "<mark>冪等</mark>な皿洗い" in response.text


def test_facet_values_widen_within_a_group_and_narrow_between_groups(client: FlaskClient) -> None:
    found = {
        address: as_json(client, address).json["total"]
        for address in (
            "/?q=冪等&service=sqs",
            "/?q=冪等&service=sqs&service=dynamodb",
            "/?q=冪等&service=sqs&year=2021",
        )
    }

    assert list(found.values()) == [2, 3, 0]


def test_all_of_the_selected_services_can_be_wanted(client: FlaskClient) -> None:
    page = as_json(client, "/?service=sqs&service=lambda&match=all").json

    assert (page["total"], as_json(client, "/?service=sqs&service=lambda").json["total"] > 0) == (0, True)


def test_what_was_done_to_find_more_is_told_and_can_be_refused(client: FlaskClient) -> None:
    page = client.get("/?q=dyなもdb")
    refused = re.findall(r'<a href="([^"]+)" data-swap>これをやめる</a>', page.text)

    assert "「dyなもdb」" in plain(page)
    assert "読み替えの一部をやめています" in plain(client.get(html.unescape(refused[0])))


def test_where_nothing_is_found_the_condition_to_blame_is_named(client: FlaskClient) -> None:
    several = plain(client.get("/?service=sqs&year=2021&year=2020"))

    assert "「2021年」を外すと 4件" in plain(client.get("/?service=sqs&year=2021"))
    assert "「年」の条件を外すと 4件" in several


def test_each_hit_says_why_it_was_found(client: FlaskClient) -> None:
    page = plain(client.get("/?q=冪等"))
    english = plain(client.get("/?q=冪等&lang=en"))

    assert "このメモに「冪等」がある" in page
    assert "“冪等” in the note" in english
    assert not re.search(r"\d\.\d\d", page + english)
    assert as_json(client, "/?q=冪等").json["hits"][0]["reasons"][0]["points"] > 0


def test_counts_ignore_their_own_group_and_link_to_the_toggled_search(client: FlaskClient) -> None:
    facets = as_json(client, "/?q=冪等&service=sqs").json["facets"]["service"]

    assert facets == [
        {"value": "sqs", "label": "Amazon SQS", "count": 2, "likely": 0, "selected": True,
         "toggle_url": "/?q=%E5%86%AA%E7%AD%89"},
        {"value": "dynamodb", "label": "Amazon DynamoDB", "count": 1, "likely": 0, "selected": False,
         "toggle_url": "/?q=%E5%86%AA%E7%AD%89&service=dynamodb&service=sqs"},
    ]  # fmt: skip


@pytest.mark.parametrize("address", ["/?q=冪等", "/?q=", "/?service=sqs", "/?q=冪等&sort=new", "/?q=無い言葉"])
def test_page_and_json_give_equal_notes(client: FlaskClient, address: str) -> None:
    hits = as_json(client, address).json["hits"]

    assert sorted(note_ids(client.get(address))) == sorted(hit["id"] for hit in hits)


def test_a_service_may_be_named_as_people_name_it(client: FlaskClient) -> None:
    assert note_ids(client.get("/?service=Amazon+SQS")) == note_ids(client.get("/?service=sqs")) != []


def test_each_selected_value_is_a_chip_that_says_what_its_removal_finds(client: FlaskClient) -> None:
    page = plain(client.get("/?q=冪等&service=sqs&year=2021"))

    assert ("Amazon SQS 外すと 1件" in page, "2021年 外すと 2件" in page, "条件をすべて解除" in page) == (True,) * 3


def test_no_hits_are_told_with_a_way_back(client: FlaskClient) -> None:
    assert "これについてのメモは見つかりません（無い言葉）" in plain(client.get("/?q=無い言葉"))


def test_what_an_address_does_not_mean_is_told_on_the_page_and_refused_to_programs(client: FlaskClient) -> None:
    page, refusal = client.get("/?q=冪等&service=abc&colour=red"), as_json(client, "/?q=冪等&service=abc&colour=red")

    assert "「abc」" in plain(page)
    assert (page.status_code, refusal.status_code, refusal.mimetype) == (200, 400, "application/problem+json")


def test_a_note_that_holds_a_script_is_text(client: FlaskClient) -> None:
    response = client.get("/?q=")

    assert "<script>alert(1)</script> も文字です" in texts_of(response)
    assert "<script>alert" not in response.text


def test_a_talk_shows_its_tree_its_times_and_its_slides(client: FlaskClient) -> None:
    hit = as_json(client, "/?q=皿洗い").json["hits"][0]
    queue = as_json(client, "/?q=順番").json["hits"][0]["talk"]["id"]

    assert texts_of(client.get(f"/talk/{hit['talk']['id']}")) == ["冪等な皿洗い", "S3 に写真を置く"]
    for shown in ("【A】", "11:10〜12:00", "speakerdeck.com", "受け取った番号を覚えておく"):
        assert shown in plain(client.get(f"/talk/{queue}"))


def test_a_note_has_a_page_with_its_trail_its_subtree_and_its_source(client: FlaskClient) -> None:
    note = as_json(client, "/?q=メッセージ").json["hits"][0]
    page = client.get(f"/note/{note['id']}")

    for shown in ("キューと付き合う", "SQS", "受け取った番号を覚えておく", "queues.md 8行目", "上位の言葉から"):
        assert shown in plain(page)
    assert as_json(client, f"/note/{note['id']}").json["text"] == note["text"]


def test_an_unknown_note_of_a_known_report_leads_to_the_report(
    client: FlaskClient, knowledge_base: KnowledgeBase
) -> None:
    report = knowledge_base.browser.reports()[0]
    response = client.get(f"/note/{report.id}/00000000")

    assert response.status_code == 404
    assert (
        f"今のレポートにはありません。書き換えられたか、消された可能性があります。レポートはこちらです。 {report.title}"
        in plain(response)
    )


@pytest.mark.parametrize("address", ["/note/x", "/talk/x/y", "/report/x", "/nowhere", "/?page=99&q=", "/static/x"])
def test_every_answer_carries_the_safety_headers(client: FlaskClient, address: str) -> None:
    for response in (client.get(address), as_json(client, address), client.put(address)):
        assert {name: response.headers.get(name) for name in security.HEADERS} == security.HEADERS


def test_a_report_shows_all_of_its_talks(client: FlaskClient, knowledge_base: KnowledgeBase) -> None:
    entry = next(entry for entry in knowledge_base.browser.reports() if entry.source == "queues.md")

    assert len(note_ids(client.get(f"/report/{entry.id}"))) == entry.notes == 8


def test_the_start_page_leads_to_services_and_reports(client: FlaskClient) -> None:
    page = plain(client.get("/"))

    assert all(shown in page for shown in ("SQS 4", "別の勉強会 2021 参加レポート", "2021年・5年前", "見本勉強会 2018"))


def test_two_who_took_notes_of_one_talk_meet_on_its_page(tmp_path: Path) -> None:
    other = "# 見本勉強会 2018 に行ってきた\n\n## 【A】11:10~12:00:キューと付き合う\n\n- 番号は受け手が覚える\n"
    knowledge_base = opened(tmp_path, queues=QUEUES, other=other)
    client = create_app(knowledge_base).test_client()
    talk = as_json(client, "/?q=受け手").json["hits"][0]["talk"]["id"]
    page = client.get(f"/talk/{talk}")

    assert {"番号は受け手が覚える", "順番は守られない"} <= set(texts_of(page))
    assert ("記録 1" in plain(page), "記録 2" in plain(page)) == (True, True)


def test_no_page_holds_code_or_style_and_the_script_is_short(
    client: FlaskClient, knowledge_base: KnowledgeBase
) -> None:
    report = knowledge_base.browser.reports()[0].id
    pages = [
        client.get(path).text for path in ("/", "/?q=冪等", f"/report/{report}", "/service/sqs", "/add", "/nowhere")
    ]

    assert [re.findall(r"<script(?! src=\"/static/)|<style|\sstyle=|\son[a-z]+=", page) for page in pages] == [[]] * 6
    assert len((WEBUI / "static" / "page.js").read_text("utf-8").splitlines()) < 400


def test_an_empty_library_is_told_with_what_to_do(tmp_path: Path) -> None:
    client = create_app(opened(tmp_path)).test_client()

    for address in ("/", "/?q=x"):
        assert ("まだレポートがありません" in plain(client.get(address)), client.get(address).status_code) == (
            True,
            200,
        )


def test_while_samples_are_shown_every_page_says_so_and_leads_to_a_first_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("KB_LIBRARY", raising=False)
    knowledge_base = KnowledgeBase.open(index=tmp_path / "index")
    knowledge_base.indexer.sync()

    page = create_app(knowledge_base).test_client().get("/?q=冪等").text

    banners = re.findall(r'<p class="samples"><strong>見本を表示中</strong>.* <a href="(.*)">(.*)</a></p>', page)
    assert banners == [("/add", "レポートを取り込む")]
    assert not re.search(r'<p class="samples">[^\n]*(<code>|kb )', page)


def test_an_unforeseen_error_is_told_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    knowledge_base = opened(tmp_path, queues=QUEUES)
    client = create_app(knowledge_base).test_client()
    monkeypatch.setattr(knowledge_base.searcher, "search", lambda _query: 1 / 0)
    response = client.get("/?q=x")

    assert (response.status_code, "内部で問題が起きました" in plain(response)) == (500, True)
    assert security.HEADERS.items() <= dict(response.headers).items()


def test_code_that_belongs_to_a_note_is_shown_with_it(tmp_path: Path) -> None:
    text = "# 見本勉強会 2018\n\n## 【A】10:00~10:40:話\n\n- こう呼ぶ\n\n```\naws lambda invoke <name>\n```\n"
    client = create_app(opened(tmp_path, code=text)).test_client()
    hit = as_json(client, "/?q=こう呼ぶ").json["hits"][0]
    pages = [client.get(address).text for address in ("/?q=invoke", f"/note/{hit['id']}", f"/talk/{hit['talk']['id']}")]

    assert ['<pre class="attached">aws lambda invoke &lt;name&gt;</pre>' in page for page in pages] == [True] * 3


def test_selecting_values_before_there_is_an_index_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "library").mkdir()
    client = create_app(KnowledgeBase.open(tmp_path / "library", tmp_path / "index")).test_client()

    assert client.get("/?q=監視&service=s3&year=2018").status_code == 200
