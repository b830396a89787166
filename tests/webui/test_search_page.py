"""The search page, and the start page in its place where nothing is asked."""

import html
import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from index.engine import Reason
from kb.knowledge_base import KnowledgeBase
from kb.services import Catalogue
from kb.translation import in_language
from webui.app import create_app
from webui.view.listing import numbers
from webui.wording import why_found

DATED = """\
# 見本勉強会 2019 参加レポート

## 【A】10:00~10:40:監視の始め方

- 監視は早くから始める
- 通知はチャットへ
  - 夜中の監視は当番で

## 【B】11:00~11:40:関数の話

- Lambda のタイムアウトに注意してください
- Lambda が途中で落ちて困った
  - → 対策: 待ち時間を延ばした
- SQS と Lambda をつなぐ
"""
UNDATED = "# 日付を書かない人のメモ\n\n- 監視の担当を決める\n- 監視の画面を置く\n"
TOLD = "送り先を冪等にしておけば、SQSから同じメッセージが二度届いても困らない"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    folder = tmp_path_factory.mktemp("page")
    (folder / "library").mkdir()
    many = "".join(f"- 番号{number}\n" for number in range(130))
    for name, text in {"dated": DATED, "undated": UNDATED, "many": f"# 数える会 2020\n\n{many}"}.items():
        (folder / "library" / f"{name}.md").write_text(text, "utf-8")
    kb = KnowledgeBase.open(folder / "library", folder / "index")
    kb.indexer.sync()
    return create_app(kb).test_client()


def results(client: FlaskClient, address: str) -> str:
    """Return the results of a page, as HTML."""
    return client.get(address).text.split('id="results"')[1]


def said(text: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]*>", " ", text)))


def test_notes_without_a_day_are_counted_and_can_be_chosen(client: FlaskClient) -> None:
    page = client.get("/?q=監視&year=2019")
    found = client.get("/?q=監視&year=undated", headers={"Accept": "application/json"}).json

    assert "日付不明 2件" in said(page.text)
    assert {hit["text"] for hit in found["hits"]} == {"監視の担当を決める", "監視の画面を置く"}
    assert "日付不明 外すと" in said(results(client, "/?q=監視&year=undated"))


@pytest.mark.parametrize("typed", ["year:undated", "年:日付不明"])
def test_the_undated_can_be_asked_for_in_the_box(client: FlaskClient, typed: str) -> None:
    assert client.get(f"/?q=監視 {typed}", headers={"Accept": "application/json"}).json["total"] == 2


def test_years_are_counted_newest_first_and_notes_without_one_last(client: FlaskClient) -> None:
    facets = client.get("/?q=", headers={"Accept": "application/json"}).json["facets"]

    assert [one["value"] for one in facets["year"]] == ["2020", "2019", "undated"]


def test_a_talk_whose_title_has_the_word_stands_above_with_how_many_of_its_notes_do(client: FlaskClient) -> None:
    page = results(client, "/?q=監視")
    talks = page[: page.index("<article")]

    assert "<mark>監視</mark>の始め方" in talks
    assert "メモ 3件、うち言葉を含むもの 2件" in said(talks)
    assert "titled" not in results(client, "/?q=監視&page=2")


def test_the_hits_of_a_talk_on_other_pages_are_counted_without_those_shown(tmp_path: Path) -> None:
    notes = "".join(f"- 窓を磨く {number}回目\n" for number in range(23))
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "a.md").write_text(f"# 見本の会 2020\n\n## 【A】10:00~10:40:掃除の話\n\n{notes}", "utf-8")
    kb = KnowledgeBase.open(tmp_path / "library", tmp_path / "index")
    kb.indexer.sync()
    own = create_app(kb).test_client()
    pages = [
        own.get(f"/?q=窓{page}", headers={"Accept-Language": "en"}).text for page in ("", "&page=2", "&kind=label")
    ]

    assert [re.findall(r"(\d+) more of this talk", page) for page in pages] == [["3"], ["20"], []]


def test_titles_and_trails_are_marked_too(client: FlaskClient) -> None:
    hits = results(client, "/?q=通知 当番&without=some")

    assert "<span><mark>通知</mark>はチャットへ</span>" in hits
    assert "<mark>関数</mark>の話</a>" in results(client, "/?q=関数 Lambda")


def test_a_query_that_names_a_service_opens_with_its_panel(client: FlaskClient) -> None:
    alone, among, further = (results(client, a) for a in ("/?q=ラムダ", "/?q=Lambda タイムアウト", "/?q=監視"))
    panel = re.search(r"<details class=\"card panel asked\".*?</details>", alone, re.DOTALL)

    assert panel
    for told in ("AWS Lambda", "その後の変更", "Lambda が途中で落ちて困った", "Lambda のページ"):
        assert told in said(panel[0])
    assert ('panel asked" open' in alone, 'panel"' in among, 'panel" open' in among) == (True, True, False)
    assert "panel" not in further


def test_without_words_the_order_says_what_it_is(client: FlaskClient) -> None:
    orders = re.findall(r"<option[^>]*>([^<]*)<", results(client, "/?q="))

    assert (orders[0], "関連度" in orders) == ("新しい順", False)
    assert re.findall(r"<option[^>]*>([^<]*)<", results(client, "/?q=監視"))[0] == "関連度"


@pytest.mark.parametrize("order", ["new", "old", "advice"])
@pytest.mark.parametrize("words", ["", "監視"])
def test_the_order_that_was_chosen_is_the_one_shown(client: FlaskClient, words: str, order: str) -> None:
    page = results(client, f"/?q={words}&sort={order}")

    assert re.findall(r'<option value="(\w+)" selected>', page) == [order]


@pytest.mark.parametrize("condition", ["category=storage", "via=explicit", "service=s3", "year=1999"])
def test_a_condition_stays_in_the_form_where_nothing_is_found(client: FlaskClient, condition: str) -> None:
    name, _, value = condition.partition("=")

    assert re.search(rf'name="{name}" value="{value}"', client.get(f"/?q=zzzz&{condition}").text)


def test_the_first_page_says_what_was_done_before(client: FlaskClient) -> None:
    assert said(client.get("/?done=key").text) == said(client.get("/").text)


def test_a_time_line_is_called_by_its_conditions(client: FlaskClient) -> None:
    page = client.get("/timeline?kind=advice&year=2019").text

    assert "助言、2019年 のタイムライン" in said(page)


def test_a_service_that_kb_toml_no_longer_has_is_called_by_its_slug(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "kb.toml").write_text('[services.hoge]\nname = "Hoge"\ncategory = "compute"\n', "utf-8")
    (tmp_path / "a.md").write_text("# 勉強会\n\n- 課題: Hoge が遅くて困った\n", "utf-8")
    kb = KnowledgeBase.open(tmp_path, tmp_path / ".index")
    kb.indexer.sync()
    client = create_app(kb).test_client()
    monkeypatch.setattr(Catalogue, "by_slug", {})

    assert "hoge" in client.get("/pairs").text


def test_everything_that_is_told_of_a_query_is_one_notice(client: FlaskClient) -> None:
    page = results(client, '/?q=dyなもdb "監視&colour=red')

    assert len(re.findall(r'class="notice"', page)) == 1


def test_nothing_found_leads_to_the_search_without_one_thing(client: FlaskClient) -> None:
    page = results(client, "/?q=監視 寿司")
    ways = re.findall(r'<li><a href="([^"]*)" data-swap>([^<]*)</a>', page)

    assert '<h1 id="summary">言葉どおり 0件・意味が近い ' in page
    assert ways
    for address, label in ways:
        (count,) = re.findall(r"([\d,]+)件", label)
        found = client.get(html.unescape(address), headers={"Accept": "application/json"}).json
        assert found["total"] == int(count), label


def test_a_reading_leads_to_what_is_read_so(client: FlaskClient) -> None:
    (address,) = re.findall(r'<a href="([^"]*)" data-swap>もしかして「AWS Lambda」', results(client, "/?q=らむ"))

    assert html.unescape(address) == "/?service=lambda"


def test_where_no_way_leads_out_examples_with_true_hits_are_offered(client: FlaskClient) -> None:
    page = results(client, "/?q=寿司")
    offered = re.findall(r'<a class="chip" href="([^"]*)">', page)

    assert offered
    for address in offered:
        found = client.get(html.unescape(address), headers={"Accept": "application/json"}).json
        assert (found["total"] > 0, found["loosened"]) == (True, False)


@pytest.mark.parametrize(
    ("page", "pages", "offered"),
    [
        (1, 1, [1]),
        (1, 7, [1, 2, 3, None, 7]),
        (4, 7, [1, 2, 3, 4, 5, 6, 7]),
        (9, 99, [1, None, 7, 8, 9, 10, 11, None, 99]),
        (99, 99, [1, None, 97, 98, 99]),
    ],
)
def test_pages_are_numbered(page: int, pages: int, offered: list[int | None]) -> None:
    assert list(numbers(page, pages)) == offered


def test_each_number_leads_to_its_page(client: FlaskClient) -> None:
    links = re.findall(r'<a class="number" href="([^"]*)"[^>]*>(\d+)</a>', results(client, "/?q=番号"))

    assert links[-1][1] == "7"
    assert "121〜130件" in said(results(client, html.unescape(links[-1][0])))


def test_the_services_know_their_aliases(client: FlaskClient) -> None:
    assert "ラムダ" in client.get("/aliases").get_json()["lambda"].split()


def test_the_filters_come_in_their_order(client: FlaskClient) -> None:
    groups = re.findall(r"<legend[^>]*>([^<]*)<", client.get("/?q=").text)

    assert groups == ["種別", "年", "イベント", "サービス", "セッション"]


@pytest.mark.parametrize(
    ("language", "told"),
    [
        (
            "ja",
            [
                "上の見出しとサービスの名前に「らむだ」（lambda）がある",
                "このメモに「料金」がある",
                "意味が近いメモです",
                "同じ話題のほかのメモも、意味が近い",
                "見出しなので、後ろにしています",
            ],
        ),
        (
            "en",
            [
                "“らむだ” (lambda) in the headings above and the name of a service",
                "“料金” in the note",
                "its meaning is near",
                "other notes on the same subject are near in meaning too",
                "it is only a heading, which comes last",
            ],
        ),
    ],
)
def test_why_a_note_was_found_is_said_in_words(language: str, told: list[str]) -> None:
    reasons = (
        Reason("words", 2.0, "らむだ", "lambda", ("trail", "services")),
        Reason("words", 1.5, "料金", "料金", ("text",)),
        Reason("likeness", 1.0, cosine=0.62),
        Reason("coverage", 0.9),
        Reason("around", 0.5),
        Reason("boost", -0.4),
    )

    assert in_language(language, lambda: list(why_found(reasons, "label"))) == told
    assert list(why_found((Reason("boost", 0.2),), "statement")) == []
    assert len(list(why_found((Reason("boost", 0.2),), "advice"))) == 1


def started(folder: Path, *notes: str) -> FlaskClient:
    (folder / "library").mkdir()
    lines = "".join(f"- {note}\n" for note in notes)
    text = f"# 見本勉強会 2019 参加レポート\n\n## 【A】11:10~12:00:キューの話\n\n登壇: 見本 花子\n\n{lines}"
    (folder / "library" / "a.md").write_text(text, "utf-8")
    knowledge_base = KnowledgeBase.open(folder / "library", folder / "index")
    knowledge_base.indexer.sync()
    return create_app(knowledge_base).test_client()


def told(client: FlaskClient) -> str:
    section = re.search(r'<section class="card answers".*?</section>', client.get("/").text, re.DOTALL)
    return " ".join(re.sub("<[^>]*>", "", html.unescape(section[0])).split()) if section else ""


def test_it_quotes_a_note_of_this_library_with_who_said_it_where_and_why_that_helps(tmp_path: Path) -> None:
    said = told(started(tmp_path, TOLD, "Lambda は短い"))

    for part in (
        "SQSで同じメッセージが二度届いたら？",
        TOLD,
        "キューの話",
        "見本 花子",
        "2019年",
        "grep",
        "Wiki",
        "ノート",
    ):
        assert part in said


@pytest.mark.parametrize("notes", [("今日は晴れていて気持ちがよかった",), ("SQS 冪等",)])
def test_where_no_note_tells_anything_nothing_is_quoted(tmp_path: Path, notes: tuple[str, ...]) -> None:
    assert told(started(tmp_path, *notes)) == ""
