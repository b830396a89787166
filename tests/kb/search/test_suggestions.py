"""Suggestions: what one may be about to type, however it is typed."""

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from index.engine import FacetCount
from index.readings import kana_begun
from kb.knowledge_base import KnowledgeBase
from kb.search.search_box import Suggestions
from kb.services import domain
from webui.app import create_app

REPORT = """\
# 見本勉強会 2019 参加レポート

## 【A】10:00~10:40:箱の話

登壇者: 山田太郎

- SQS は順番を守らない
- Lambda で受ける
- Lambda は起動が遅い
- Fargate で動かす
- 冪等に作る
"""


@pytest.fixture(scope="module")
def knowledge_base(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeBase:
    folder = tmp_path_factory.mktemp("suggestions")
    (folder / "library").mkdir()
    (folder / "library" / "a.md").write_text(REPORT, "utf-8")
    knowledge_base = KnowledgeBase.open(folder / "library", folder / "index")
    knowledge_base.indexer.sync()
    return knowledge_base


@pytest.fixture
def client(knowledge_base: KnowledgeBase) -> FlaskClient:
    return create_app(knowledge_base).test_client()


@pytest.mark.parametrize("typed", ["らむ", "ラム", "ﾗﾑ", "ramu", "lam", "LAM", "ｌａｍ", "aws la", "ramuda"])
def test_a_service_is_suggested_by_any_beginning_of_its_names(knowledge_base: KnowledgeBase, typed: str) -> None:
    assert [(one.value, one.notes) for one in knowledge_base.searcher.suggest(typed)] == [("lambda", 2)]


@pytest.mark.parametrize("typed", ["冪等", "べき", "beki"])
def test_a_word_of_the_field_is_suggested_by_its_reading(knowledge_base: KnowledgeBase, typed: str) -> None:
    assert ("word", "冪等", 1) in [(one.group, one.value, one.notes) for one in knowledge_base.searcher.suggest(typed)]


@pytest.mark.parametrize("typed", ["山田", "やまだ", "yamada"])
def test_a_speaker_is_suggested_and_leads_to_the_talks(client: FlaskClient, typed: str) -> None:
    found = client.get(f"/suggest?q={typed}", headers={"Accept": "application/json"}).get_json()["suggestions"]

    (speaker,) = [one for one in found if one["group"] == "speaker"]
    answer = client.get(speaker["url"], headers={"Accept": "application/json"}).get_json()
    assert (speaker["value"], answer["total"]) == ("山田太郎", speaker["notes"])


@pytest.mark.parametrize(
    ("typed", "labels"),
    [
        ("fa-ge", ["AWS Fargate"]),
        ("ふぁーげ", ["AWS Fargate"]),
        ("見本", ["見本勉強会 2019"]),
        ("箱", ["箱の話"]),
        ("", []),
        ("　", []),
        ("fff", []),
    ],
)
def test_events_and_talks_are_suggested_too_and_nothing_for_nothing(
    knowledge_base: KnowledgeBase, typed: str, labels: list[str]
) -> None:
    assert [one.label for one in knowledge_base.searcher.suggest(typed)] == labels


def test_what_is_offered_is_the_search_with_the_word_replaced(client: FlaskClient) -> None:
    offers = client.get("/suggest?q=順番+らむ&kind=fact", headers={"Accept": "application/json"}).json["suggestions"]

    assert offers == [
        {"group": "service", "value": "lambda", "label": "AWS Lambda", "notes": 2,
         "url": "/?q=%E9%A0%86%E7%95%AA&service=lambda&kind=fact"},
    ]  # fmt: skip


def test_browsers_get_suggestions_in_their_own_form(client: FlaskClient) -> None:
    assert client.get("/suggest?q=lam&format=opensearch").json == ["lam", ["AWS Lambda"]]


@given(st.text(st.characters(min_codepoint=0x3041, max_codepoint=0x3096), min_size=1, max_size=12))
def test_kana_are_read_alike_whichever_they_are(text: str) -> None:
    katakana = "".join(chr(ord(c) + 0x60) for c in text)

    assert kana_begun(text) == kana_begun(katakana) == (katakana,)


def test_a_name_that_begins_with_the_text_comes_before_one_with_a_later_word_that_does() -> None:
    labels = ("新しい 箱の話", "箱の話", "続 箱の話", "箱の続き")
    talks = [FacetCount(str(number), 9 - number, selected=False, label=label) for number, label in enumerate(labels)]
    suggestions = Suggestions.of(domain().catalogue, {"talk": talks}, (), lambda label: label)

    assert [one.label for one in suggestions.for_typed("箱")] == ["箱の話", "箱の続き", "新しい 箱の話", "続 箱の話"]


def test_at_most_eight_suggestions_fit_below_the_box() -> None:
    talks = [FacetCount(str(number), 1, selected=False, label=f"箱の話{number}") for number in range(10)]
    suggestions = Suggestions.of(domain().catalogue, {"talk": talks}, (), lambda label: label)

    assert [one.value for one in suggestions.for_typed("箱")] == [*map(str, range(8))]
