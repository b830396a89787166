"""What the page says of finding by what is meant: how far it is, and of each note that it is found so."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from models import Characters, Silent

from index.engine import Coverage
from index.query import Query
from index.whoosh_engine import WhooshEngine
from kb.knowledge_base import KnowledgeBase
from kb.wording import same, similar
from webui.app import create_app
from webui.pages import updating

VECTORS_FOLLOW = "残りはサーバーが続けて準備します。言葉での検索はもう使えます。"
NOTES = 80  # of fewer it cannot be told what they have in common


OTHERS = "".join(f"- {chr(0x5000 + 7 * n)}{chr(0x5400 + 7 * n)}{chr(0x5800 + 7 * n)}\n" for n in range(NOTES - 2))


def opened(folder: Path, **reports: str) -> KnowledgeBase:
    (folder / "library").mkdir()
    for name, text in reports.items():
        (folder / "library" / f"{name}.md").write_text(text, "utf-8")
    model = Characters()
    kb = KnowledgeBase.open(
        folder / "library",
        folder / "index",
        lambda index, schema, language, _: WhooshEngine(index, schema, language, lambda: model),
    )
    kb.indexer.sync()
    return kb


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeBase:
    return opened(tmp_path_factory.mktemp("meant"), a=f"# 見本勉強会 2019\n\n- 龘靐齉爩\n- 監視\n{OTHERS}")


@pytest.fixture(scope="module")
def client(kb: KnowledgeBase) -> FlaskClient:
    return create_app(kb).test_client()


def bar(client: FlaskClient) -> list[tuple[str, str, str]]:
    """Return what the page of the index says of vectors: the words, and the most and the value of its bar."""
    return re.findall(r'(意味検索[^<]*) <progress max="(\d+)" value="(\d+)">', client.get("/sync").text)


def stopping(at: int) -> Callable[[str, int, int], None]:
    def progress(_step: str, done: int, _total: int) -> None:
        if done == at:
            raise KeyboardInterrupt

    return progress


def test_a_bar_shows_how_many_notes_are_found_by_likeness_until_all_are(kb: KnowledgeBase, client: FlaskClient) -> None:
    before = bar(client)
    with pytest.raises(KeyboardInterrupt):
        kb.indexer.embed(stopping(at=64))
    meanwhile, told = bar(client), VECTORS_FOLLOW in client.get("/sync").text
    time_left = re.search("あと約[0-9]+秒。", client.get("/sync").text)
    kb.indexer.embed()

    assert [before, meanwhile, bar(client)] == [
        [("意味検索: 80件中 0件", "80", "0")],
        [("意味検索: 80件中 64件", "80", "64")],
        [],
    ]
    assert (told, VECTORS_FOLLOW in client.get("/sync").text) == (True, False)
    assert time_left
    assert "意味検索: 80件中 80件" in client.get("/").text


def test_how_long_it_takes_yet_is_told_by_looks_that_follow_each_other_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 10.0, 20.0, 100.0, 110.0, 111.0])
    monkeypatch.setattr(updating.time, "monotonic", lambda: next(clock))
    pace = updating.Pace()

    told = [pace.seconds_left(Coverage(made, 1000)) for made in (100, 150, 200, 300, 400, 200)]

    assert told == [None, 170.0, 160.0, None, 60.0, None]


def test_why_meaning_could_not_be_searched_is_told_in_the_language_of_the_page(
    kb: KnowledgeBase, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    kb.indexer.embed()
    monkeypatch.setattr(Characters, "queries", Silent.queries)

    page, english = (client.get("/?q=監視箱", headers={"Accept-Language": one}).text for one in ("ja", "en"))
    record = client.get("/?q=監視箱", headers={"Accept": "application/json"}).json

    assert "（model 1 はさきほど応答しませんでした）" in page
    assert "(model 1 did not answer a moment ago)" in english
    assert record
    assert record["notices"] == [{"name": "no likeness", "text": "model 1 did not answer a moment ago"}]


def test_what_is_near_stands_apart_and_can_be_refused(kb: KnowledgeBase, client: FlaskClient) -> None:
    kb.indexer.embed()

    page = client.get("/?q=監視の爩齉靐龘").text
    refused = client.get("/?q=監視の爩齉靐龘&without=near").text

    assert ['class="near"' in page, "without=near" in page, 'class="near"' in refused] == [True, True, False]


def test_a_similar_note_of_another_report_has_the_services_of_both_alone(tmp_path: Path) -> None:
    first = f"# 見本勉強会 2019\n\n- Lambda と SQS の龘靐齉爩\n- S3 の龘靐齉爩\n{OTHERS}"
    kb = opened(tmp_path, a=first, b="# 別の会 2020\n\n- SNS と Lambda の龘靐齉爩\n")
    kb.indexer.embed()
    note = next(hit.note for hit in kb.searcher.search(Query("SQS")).hits)
    [similar] = kb.browser.like([note])

    assert (similar.note.text, similar.services) == ("SNS と Lambda の龘靐齉爩", ("lambda",))


def test_similarity_is_said_in_words() -> None:
    assert [similar(cosine, ["AWS Lambda"]) for cosine in (0.3, 0.5, 0.8)] == [
        "same service: AWS Lambda",
        "same service: AWS Lambda · meaning: similar",
        "same service: AWS Lambda · meaning: the same",
    ]
    assert same(0.9, 0.2) == "words: the same · meaning: hardly similar"
