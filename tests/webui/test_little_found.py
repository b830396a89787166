"""Where little is found the page tells why, and leads on."""

import html
import re

import pytest
from flask.testing import FlaskClient

from kb.knowledge_base import KnowledgeBase
from kb.translation import in_language
from kb.wording import found as numbers_of
from webui.app import create_app

REPORT = """\
# 見本勉強会 2019 参加レポート

## 【A】10:00~10:40:箱の話 / 山田 花子 @hako_h（例示工業）

- 監視は早くから
- 監視の担当を決める
- 通知はチャットでやる
- kubernetsは綴りにくい
"""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    folder = tmp_path_factory.mktemp("little")
    (folder / "library").mkdir()
    many = "".join(f"- Kubernetesの話{number}\n" for number in range(30))
    (folder / "library" / "a.md").write_text(REPORT + many, "utf-8")
    kb = KnowledgeBase.open(folder / "library", folder / "index")
    kb.indexer.sync()
    return create_app(kb).test_client()


def links(client: FlaskClient, address: str) -> dict[str, str]:
    """Return the links of the results by their text."""
    results = client.get(address).text.split('class="results"')[1]
    found = re.findall(r'<a href="([^"]*)" data-swap>([^<]*)</a>', results)
    return {html.unescape(text): html.unescape(link) for link, text in found}


@pytest.mark.parametrize(
    ("address", "headline", "near"),
    [
        ("/?q=監視", "2件（監視）", 0),
        ("/?q=監視+担当", "言葉どおり 1件・意味が近い 1件（監視 担当）", 1),
        ("/?q=監視+寿司", "言葉どおり 0件・意味が近い 2件（監視 寿司）", 2),
        ("/?q=監視+寿司&without=near", "これについてのメモは見つかりません（監視 寿司）", 0),
        ("/?q=", "34件", 0),
    ],
)
def test_the_headline_the_title_and_the_status_count_both_tiers(
    client: FlaskClient, address: str, headline: str, near: int
) -> None:
    page = client.get(address).text
    record = client.get(address, headers={"Accept": "application/json"}).get_json()

    assert re.findall('<title>(.*) - |<h1 id="summary">(.*)</h1>|data-status="([^"]*)"', page) == [
        (headline, "", ""),
        ("", "", headline),
        ("", headline, ""),
    ]
    assert (record["near_total"], len(record["near"])) == (near, near)


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        ((0, 0, 1), "言葉どおり 0件・セッション 1件"),
        ((0, 5, 2), "言葉どおり 0件・意味が近い 5件・セッション 2件"),
        ((3, 5, 2, 1), "言葉どおり 2＋かも1件・意味が近い 5件"),
        ((1200, 0, 2), "1,200件"),
        ((0, 0, 0), "これについてのメモは見つかりません"),
    ],
)
def test_a_talk_is_counted_unless_a_note_has_the_words(numbers: tuple[int, ...], text: str) -> None:
    assert in_language("ja", lambda: numbers_of(*numbers)) == text


def test_other_searches_are_offered_only_if_they_find_something(client: FlaskClient) -> None:
    pages = [client.get(f"/?q={words}&without=near").text for words in ("監視+寿司", "寿司")]

    assert ["ほかの探し方" in page for page in pages] == [True, False]


@pytest.mark.parametrize("words", ["監視 寿司 通知", "監視 寿司 通知 どう やる"])
def test_each_word_that_is_asked_about_leads_to_what_it_finds_alone(client: FlaskClient, words: str) -> None:
    found = links(client, f"/?q={words}&without=near")

    assert {text: link for text, link in found.items() if "だけなら" in text or "外す" in text} == {
        "「監視」だけなら 2件": "/?q=%E7%9B%A3%E8%A6%96&without=near",
        "「通知」だけなら 1件": "/?q=%E9%80%9A%E7%9F%A5&without=near",
    }


def test_a_condition_leads_to_what_is_found_without_it(client: FlaskClient) -> None:
    found = links(client, "/?q=監視+-早く+-担当")

    assert [text for text in found if "外す" in text] == ["「-早く」を外すと 1件", "「-担当」を外すと 1件"]
    assert 'data-total="1"' in client.get(found["「-早く」を外すと 1件"]).text


def test_what_may_be_meant_is_one_click_away(client: FlaskClient) -> None:
    found = links(client, "/?q=kubernets")

    assert found["もしかして「kubernetes」（30件）"] == "/?q=kubernetes"


def test_a_word_that_is_meant_takes_the_place_of_whole_words_alone(client: FlaskClient) -> None:
    assert "/?q=kubernetes%20akubernetsx" in links(client, "/?q=kubernets+akubernetsx").values()


@pytest.mark.parametrize(
    ("address", "label"),
    [
        ("/?q=kubernetess", "これをやめる"),
        ("/?q=kubernetess&without=function", "元に戻す"),
        ("/?q=kubernets", "もしかして「kubernetes」（30件）"),
        ("/?q=監視+寿司+通知&without=near", "「監視」だけなら 2件"),
        ("/?q=監視+-早く+-担当", "「-早く」を外すと 1件"),
    ],
)
def test_a_link_on_a_later_page_leads_to_the_first_page_of_its_search(
    client: FlaskClient, address: str, label: str
) -> None:
    first, later = links(client, address), links(client, f"{address}&page=2")

    assert "page=" not in later[label]
    assert later[label] == first[label]


def test_json_tells_the_same(client: FlaskClient) -> None:
    record = client.get("/?q=監視+-早く+-担当", headers={"Accept": "application/json"}).get_json()

    assert (record["words"], record["conditions"]) == (
        [{"word": "監視", "count": 2}],
        [
            {"condition": "-早く", "rest": "監視 -担当", "count": 1},
            {"condition": "-担当", "rest": "監視 -早く", "count": 1},
        ],
    )


@pytest.mark.parametrize("text", ["例示工業", "@hako_h", "花子", "箱の話"])
def test_any_word_of_a_heading_finds_the_talk_and_its_notes(client: FlaskClient, text: str) -> None:
    answer = client.get("/", query_string={"q": text}, headers={"Accept": "application/json"}).json

    assert answer
    assert (answer["total"], [(one["title"], one["notes"], one["found"]) for one in answer["talks"]]) == (
        34,
        [("箱の話", 34, 34)],
    )
