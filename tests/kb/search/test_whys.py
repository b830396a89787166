"""Why a note is about a service: stored as data, and shown in the language of the reader."""

import re
from pathlib import Path

import pytest

from index.query import Query
from kb.knowledge_base import KnowledgeBase
from kb.library.files import Library
from kb.library.rewriting import with_correction
from kb.programs.tools import call
from kb.report.model import Correction, Mention, Note, Why
from webui.app import create_app

REPORT = "# 会 2018\n\n## 【A】11:10~12:00:SQS入門\n\n- 順番は守られない\n- Lambda\n  - 入り口で溜める\n"


@pytest.fixture
def opened(tmp_path: Path) -> KnowledgeBase:
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "a.md").write_text(REPORT, "utf-8")
    opened = KnowledgeBase.open(tmp_path / "library", tmp_path / "index")
    opened.indexer.sync()
    last = notes(opened)[-1]
    change = Correction(adds=("s3",))
    Library(tmp_path / "library").configure(lambda data, _: with_correction(data, last.id, change))
    opened.indexer.sync()
    return opened


def notes(opened: KnowledgeBase) -> list[Note]:
    """Return the notes in the order of their report."""
    return [found.note for found in opened.searcher.search(Query(sort="position")).hits]


def test_the_index_stores_no_text_for_people(opened: KnowledgeBase) -> None:
    title = Mention("sqs", "inherited", Why("talk", "SQS"))

    assert [note.services for note in notes(opened)] == [
        (title,),
        (Mention("lambda", "explicit", Why("here", "Lambda")), title),
        (Mention("s3", "explicit", Why("hand")), Mention("lambda", "inherited", Why("above", "Lambda", 6))),
    ]


def test_each_page_says_why_in_its_own_language(opened: KnowledgeBase) -> None:
    client = create_app(opened).test_client()
    last = notes(opened)[-1].id
    pages = {
        language: re.sub(r"<[^>]+>", "", client.get(f"/note/{last}", headers={"Accept-Language": language}).text)
        for language in ("ja", "en")
    }

    assert [text in pages["ja"] for text in ("上位の言葉から: 「Lambda」 6行目", "手で追加")] == [True, True]
    assert [text in pages["en"] for text in ("from the text above: “Lambda”, line 6", "added by hand")] == [
        True,
        True,
    ]
    assert not re.search(r"行目|手で追加|セッション名", pages["en"])
    record = client.get(f"/note/{last}", headers={"Accept": "application/json"}).json
    assert [one["why"] for one in record["services"]] == ["手で追加", "「Lambda」 6行目"]
    assert call(opened, "show", {"id": last}, None)["note"]["services"] == record["services"]
