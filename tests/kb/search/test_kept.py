"""What is kept of a generation is of that one, whatever is published while it is made."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from index.engine import Results
from index.query import Query
from index.whoosh_engine import WhooshEngine
from index.whoosh_engine.reader import WhooshReader
from kb.knowledge_base import KnowledgeBase
from webui.app import create_app

REPORT = "# 見本勉強会 2019 参加レポート\n\n- Lambda\n  - 箱から鍵を静かに抜き出す\n"
LATER = f"{REPORT}  - 札を棚に並べる\n"


class Interrupted(WhooshEngine):
    """An engine that lets something happen, once, right after the next search."""

    meanwhile: Callable[[], object] | None = None

    def snapshot(self) -> WhooshReader:
        reader = super().snapshot()

        def search(query: Query) -> Results:
            results = WhooshReader.search(reader, query)
            if meanwhile := self.meanwhile:
                self.meanwhile = None
                meanwhile()
            return results

        reader.search = search  # type: ignore[method-assign]
        return reader


@pytest.fixture
def library(tmp_path: Path) -> Path:
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "a.md").write_text(REPORT, "utf-8")
    return tmp_path / "library"


def opened(library: Path) -> KnowledgeBase:
    return KnowledgeBase.open(library, library.parent / "index", Interrupted)


ASKED: Mapping[str, Callable[[KnowledgeBase, FlaskClient], object]] = {
    "suggestions": lambda kb, _: [one.notes for one in kb.searcher.suggest("lambda")],
    "the panel of a service": lambda _, client: client.get("/?q=Lambda").text,
    "what is offered to search, and saved searches": lambda _, client: client.get("/").text,
}


@pytest.mark.parametrize("what", ASKED)
def test_what_was_made_while_another_generation_came_is_not_kept_for_that(library: Path, what: str) -> None:
    kb = opened(library)
    client, ask = create_app(kb).test_client(), ASKED[what]
    kb.keeper.sync()

    def come() -> None:
        (library / "a.md").write_text(LATER, "utf-8")
        kb.keeper.sync()
        ask(kb, client)  # another request, which is answered by what has come

    kb.collection.engine.meanwhile = come  # type: ignore[attr-defined]
    before = ask(kb, client)
    afresh = opened(library)
    after = ask(afresh, create_app(afresh).test_client())

    assert (ask(kb, client), before != after) == (after, True)


def test_the_words_of_a_generation_are_those_of_its_configuration_whoever_published_it(library: Path) -> None:
    kb = opened(library)
    kb.keeper.sync()
    (library / "a.md").write_text(f"{REPORT}- Batch Portalは夜に\n", "utf-8")
    (library / "kb.toml").write_text('[services.batch-portal]\nname = "Batch Portal"\ncategory = "compute"\n', "utf-8")
    opened(library).keeper.sync()
    kb.collection.contents()  # as a page does before it searches

    (found,) = kb.searcher.search(Query("夜", facets=("service",))).facets["service"]
    assert (found.value, found.label) == ("batch-portal", "Batch Portal")
