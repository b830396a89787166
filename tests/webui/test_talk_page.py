"""The page of a talk that several people noted: what they have in common side by side, a page at a time."""

import pytest
from flask.testing import FlaskClient

from kb.knowledge_base import KnowledgeBase
from webui.app import create_app


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    folder = tmp_path_factory.mktemp("talk")
    (folder / "library").mkdir()
    for note_taker in ("一", "二"):
        first = 0x4E00 if note_taker == "一" else 0x6E00  # no character of the one is one of the other's
        own = "\n".join(f"- {''.join(chr(first + 9 * n + k) for k in range(9))}" for n in range(130))
        text = f"# 見本カンファレンス 2018 参加レポート {note_taker}\n\n## 【A】10:00~10:40:箱の話\n\n{own}\n"
        (folder / "library" / f"{note_taker}.md").write_text(text, "utf-8")
    knowledge_base = KnowledgeBase.open(folder / "library", folder / "index")
    knowledge_base.indexer.sync()
    return create_app(knowledge_base).test_client()


def test_the_table_has_as_many_rows_as_a_page_has_notes_and_leads_to_the_rest(client: FlaskClient) -> None:
    talks = client.get("/talks", headers={"Accept": "application/json"}).json["talks"]
    address = f"/talk/{talks[0]['id']}"
    rows = len(client.get(address, headers={"Accept": "application/json"}).json["aligned"])
    first, second = client.get(address).text, client.get(f"{address}?page=2").text

    assert rows > 200
    assert [page.count("<td data-taker") // 2 for page in (first, second)] == [200, rows - 200]
    assert (f"他 {rows - 200}件" in first, "他 " in second) == (True, False)
