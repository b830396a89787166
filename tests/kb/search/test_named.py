"""Events by name above the results, and talks without notes: found, counted, and nothing that only looks alike."""

import pytest

from index.query import Query
from kb.knowledge_base import KnowledgeBase
from webui.app import create_app

EVENTS = {
    "箱の会 DAYS 2018": ("2018-03-10", "- Lambda は起動が遅い\n- 箱は軽い\n"),
    "箱の会 DAYS 2019": ("2019-02-23", "- 鍵は重い\n"),
    "KAGI-UG 金沢支部 #45": ("2019-05-11", "- Lambda を止める\n"),
    "JavaScript の会": (None, "- 型を書く\n"),
}
SPOKEN = """
## 【A】10:00~10:45:並列な棚（山田太郎さん）

https://speakerdeck.com/a/b

## 【A】11:00~11:45:閉じた扉（田中花子さん）

- 扉は重い
- 扉は広い
"""


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeBase:
    folder = tmp_path_factory.mktemp("named")
    (folder / "library").mkdir()
    (folder / "library" / "kb.toml").write_text('[events]\n"角の集い 2018" = "箱の会 DAYS 2018"\n', "utf-8")
    for number, (event, (day, notes)) in enumerate(EVENTS.items()):
        date = f"date: {day}\n" if day else ""
        text = f"---\nevent: '{event}'\n{date}---\n\n# 参加した\n\n{notes}"
        (folder / "library" / f"{number}.md").write_text(text + (SPOKEN if number == 1 else ""), "utf-8")
    opened = KnowledgeBase.open(folder / "library", folder / "index")
    opened.indexer.sync()
    return opened


@pytest.mark.parametrize(
    ("text", "events", "besides"),
    [
        ("箱の会 DAYS 2018", [("箱の会 DAYS 2018", "2018-03-10", 2)], ""),
        ("箱の会days", [("箱の会 DAYS 2019", "2019-02-23", 3), ("箱の会 DAYS 2018", "2018-03-10", 2)], ""),
        ("角の集い", [("箱の会 DAYS 2018", "2018-03-10", 2)], ""),  # a name that kb.toml merges
        ("KAGI-UG金沢", [("KAGI-UG 金沢支部 #45", "2019-05-11", 1)], ""),
        ("箱の会 DAYS 2018 Lambda", [("箱の会 DAYS 2018", "2018-03-10", 2)], "Lambda"),
        ("遅い箱の会DAYS2018のLambda", [("箱の会 DAYS 2018", "2018-03-10", 2)], "遅い Lambda"),
        ("Java", [], ""),
        ("2018", [], ""),
        ("冪等", [], ""),
    ],
)
def test_a_query_names_events_by_the_words_of_their_names(
    kb: KnowledgeBase, text: str, events: list[tuple[str, str, int]], besides: str
) -> None:
    answer = kb.searcher.search(Query(text))

    assert ([(one.event, one.published, one.notes) for one in answer.events], answer.besides) == (events, besides)


def test_the_notes_of_a_named_event_are_found_also_with_another_word(kb: KnowledgeBase) -> None:
    def found(text: str) -> set[str]:
        return {hit.note.text for hit in kb.searcher.search(Query(text)).hits}

    assert found("箱の会 DAYS 2018") == {"Lambda は起動が遅い", "箱は軽い"}
    assert found("箱の会 DAYS") == {"Lambda は起動が遅い", "箱は軽い", "鍵は重い", "扉は重い", "扉は広い"}
    assert found("箱の会 DAYS Lambda") == {"Lambda は起動が遅い"}


def test_a_talk_without_notes_is_listed_by_its_title_but_not_under_a_filter(kb: KnowledgeBase) -> None:
    def talks(query: Query) -> list[tuple[str, int]]:
        return [(one.talk.title, one.notes) for one in kb.searcher.search(query).talks]

    assert talks(Query("並列な棚")) == [("並列な棚", 0)]
    assert talks(Query("閉じた扉")) == [("閉じた扉", 2)]
    assert talks(Query("並列な棚").select("year", "2019")) == []


def test_the_page_links_to_the_event_to_its_notes_with_the_other_words_and_to_the_talk(kb: KnowledgeBase) -> None:
    client = create_app(kb).test_client()
    page = client.get("/", query_string={"q": "箱の会 DAYS 2018 Lambda", "lang": "en"}).text
    talk = kb.searcher.search(Query("並列な棚")).talks[0].talk.id

    assert 'href="/event/%E7%AE%B1%E3%81%AE%E4%BC%9A-days-2018"' in page
    assert "“Lambda” in its notes" in page
    assert 'id="named"' not in page  # one event is not behind a fold, even on a phone
    assert 'id="named"' in client.get("/?q=箱の会 DAYS").text
    narrowed = client.get("/?q=Lambda&event=箱の会-days-2018", headers={"Accept": "application/json"}).get_json()
    assert (narrowed["total"], narrowed["events"]) == (1, [])
    assert client.get(f"/talk/{talk}").status_code == 200
    shown = client.get("/?q=箱の会 DAYS", headers={"Accept": "application/json"}).get_json()["events"][1]
    assert shown == {
        "slug": "箱の会-days-2018",
        "event": "箱の会 DAYS 2018",
        "held_on": "2018",
        "published": "2018-03-10",
        "notes": 2,
    }
