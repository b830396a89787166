"""The page says when an older generation answers for a damaged index."""

from pathlib import Path

from kb.knowledge_base import KnowledgeBase
from webui.app import create_app
from webui.texts.ja import labels


def test_the_page_says_that_an_older_generation_answers_until_the_index_is_made_anew(tmp_path: Path) -> None:
    library = tmp_path / "library"
    library.mkdir()
    (library / "a.md").write_text("# 勉強会\n\n- 冪等に\n", "utf-8")
    kb = KnowledgeBase.open(library, tmp_path / "index")
    kb.keeper.sync()
    client = create_app(kb).test_client()
    (tmp_path / "index" / "CURRENT").write_bytes(b"gen-")

    damaged = client.get("/?q=冪等").text
    kb.keeper.sync()
    whole = client.get("/?q=冪等").text

    assert [labels.OLDER_ANSWERS in page for page in (damaged, whole)] == [True, False]
    assert "<mark>冪等</mark>に" in damaged
