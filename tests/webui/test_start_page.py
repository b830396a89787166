"""The start page says why one would search here: a real question, and the note that answers it."""

import html
import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from kb.knowledge_base import KnowledgeBase
from webui.app import create_app

TOLD = "送り先を冪等にしておけば、SQSから同じメッセージが二度届いても困らない"


def started(folder: Path, *notes: str) -> FlaskClient:
    (folder / "library").mkdir()
    lines = "".join(f"- {note}\n" for note in notes)
    text = f"# 見本勉強会 2019 参加レポート\n\n## 【A】11:10~12:00:キューの話\n\n登壇: 見本 花子\n\n{lines}"
    (folder / "library" / "a.md").write_text(text, "utf-8")
    knowledge_base = KnowledgeBase.open(folder / "library", folder / "index")
    knowledge_base.keeper.sync()
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
