"""A server that goes on for months while its kb.toml changes: it holds the words of today, and no others."""

import gc
import weakref
from pathlib import Path

from kb.knowledge_base import KnowledgeBase
from webui.app import create_app


def test_other_words_in_kb_toml_let_go_of_the_analysis_of_before(tmp_path: Path) -> None:
    library = tmp_path / "library"
    library.mkdir()
    (library / "report.md").write_text("# 見本勉強会 2019 レポート\n\n- SQS は便利\n", "utf-8")
    knowledge_base = KnowledgeBase.open(library, tmp_path / "index")
    client = create_app(knowledge_base).test_client()
    before = []

    for word in ("語彙の一", "語彙の二", "語彙の三"):
        (library / "kb.toml").write_text(f'[words]\n"{word}" = []\n', "utf-8")
        knowledge_base.keeper.sync()
        answers = [client.get(address).status_code for address in ("/?q=便利", "/service/sqs", "/guide/sqs")]
        assert set(answers) == {200}
        before.append(weakref.ref(knowledge_base.collection.tools.analyzer))

    gc.collect()  # of what an error on the way may have held
    assert [analyzer() is not None for analyzer in before] == [False, False, True]
