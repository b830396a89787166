"""What answers where not all is well, an older generation or this machine for a cluster; pages and monitors say so."""

from pathlib import Path

import pytest

from index.engine import EngineAwayError, Results, SearchIndexError
from index.messages import translatable
from index.query import Query
from index.stand_in import WithStandIn
from index.whoosh_engine import WhooshEngine
from index.whoosh_engine.generations import Stamp
from index.whoosh_engine.reader import WhooshReader
from kb.knowledge_base import KnowledgeBase
from kb.search.results import UnknownIdError
from webui.app import create_app
from webui.pages.updating import Updater

AWAY = "クラスターが応答しません"
UPDATE_FAILED = "索引を更新できませんでした。前の索引で検索を続けます。"
DAMAGED = "索引が壊れています"


class Distant(WhooshEngine):
    """An engine in another folder that may be away."""

    away = False

    def _check(self) -> None:
        if Distant.away:
            raise EngineAwayError("the cluster cannot be reached")

    def snapshot(self) -> WhooshReader:
        self._check()
        return super().snapshot()

    def stamp(self) -> Stamp:
        self._check()
        return super().stamp()


def forbidden(*_given: object, **_named: object) -> None:
    raise PermissionError("it is read-only")


def raising(error: Exception) -> None:
    raise error


@pytest.fixture
def kb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> KnowledgeBase:
    monkeypatch.setattr(Distant, "away", value=False)
    monkeypatch.setattr("index.stand_in.RETRY_AFTER", 0.0)
    library = tmp_path / "library"
    library.mkdir()
    (library / "a.md").write_text("# 勉強会\n\n- 冪等に\n", "utf-8")
    KnowledgeBase.open(library, tmp_path / "index").indexer.sync()  # the last index of this machine
    (library / "b.md").write_text("# 研究会\n\n- 冪等は大切\n- 監視する\n", "utf-8")
    kb = KnowledgeBase.open(
        library,
        tmp_path / "index",
        lambda folder, *rest: WithStandIn(Distant(folder.with_name("there"), *rest), WhooshEngine(folder, *rest)),
    )
    kb.indexer.sync()
    return kb


def test_the_page_answers_from_this_machine_and_says_so(kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch) -> None:
    client = create_app(kb).test_client()
    pages = {}
    for away in (False, True):
        monkeypatch.setattr(Distant, "away", value=away)
        pages[away] = client.get("/?q=冪等").text

    assert {away: (AWAY in page, "</mark>は大切" in page) for away, page in pages.items()} == {
        False: (False, True),
        True: (True, False),
    }
    assert "The cluster does not answer" in client.get("/?q=冪等&lang=en", headers={"Accept-Language": "en"}).text


def test_who_watches_is_told_what_answers(kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch) -> None:
    client = create_app(kb).test_client()
    ready = client.get("/readyz").get_json()
    monkeypatch.setattr(Distant, "away", value=True)
    away, alive = client.get("/readyz").get_json(), client.get("/healthz").get_json()

    assert (ready["status"], ready["notes"], ready["stand_in"]) == ("ready", 3, None)
    assert (away["status"], away["notes"], away["stand_in"]) == ("ready", 1, "the cluster cannot be reached")
    assert alive == {"status": "ok", "stand_in": "the cluster cannot be reached"}


def test_a_library_that_is_not_watched_is_logged_and_reported(
    kb: KnowledgeBase, caplog: pytest.LogCaptureFixture
) -> None:
    updater = Updater(lambda _: kb.indexer.sync())
    client, told = create_app(kb, updater=updater).test_client(), []
    for failure in (translatable("no watches left"), None):
        updater.report_watching(failure)
        told.append(client.get("/readyz").get_json()["unwatched"])

    assert told == ["no watches left", None]
    assert [record.message for record in caplog.records] == ["no watches left", "the library is watched again"]


def test_without_an_index_nothing_is_ready(tmp_path: Path) -> None:
    library = tmp_path / "library"
    library.mkdir()
    answer = create_app(KnowledgeBase.open(library, tmp_path / "index")).test_client().get("/readyz")

    assert (answer.status_code, answer.get_json()["status"]) == (503, "not ready")


@pytest.mark.parametrize(("fault", "status"), [(SearchIndexError("damaged"), 503), (KeyError("passage"), 500)])
def test_what_cannot_answer_a_search_is_not_ready(
    kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch, fault: Exception, status: int
) -> None:
    def failing(_query: Query) -> Results:
        raise fault

    monkeypatch.setattr(kb.searcher, "search", failing)

    assert create_app(kb).test_client().get("/readyz").status_code == status


def test_after_a_failed_update_every_page_says_that_it_is_older_until_one_is_done(
    kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    client, ours = create_app(kb).test_client(), {"Sec-Fetch-Site": "same-origin"}
    (kb.collection.library.path / "b.md").unlink()
    with monkeypatch.context() as patch:
        patch.setattr(Distant, "publish", forbidden)
        client.post("/sync", headers=ours)
    failed, behind = client.get("/").text, client.get("/readyz").get_json()["behind"]
    client.post("/sync", headers=ours)
    done = client.get("/").text

    assert [UPDATE_FAILED in page for page in (failed, done)] == [True, False]
    assert (behind, client.get("/readyz").get_json()["behind"]) == ("it is read-only", None)
    assert [record.exc_info for record in caplog.records] == [None]


def test_status_tells_and_nothing_is_taken_up(kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Distant, "away", value=True)

    status = kb.indexer.status()

    assert (status.notes, status.older_answers, status.up_to_date) == (1, True, False)
    assert "cannot be reached" in str(status.problems[0])
    with pytest.raises(EngineAwayError):
        kb.indexer.sync()


def test_a_page_whose_cluster_goes_away_under_it_is_made_anew(
    kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.stand_in.RETRY_AFTER", 60.0)
    client = create_app(kb).test_client()
    search, left = WhooshReader.search, list[Query]()

    def leaving(reader: WhooshReader, query: Query) -> Results:
        if not left:
            left.append(query)
            raise EngineAwayError("the cluster cannot be reached")
        return search(reader, query)

    monkeypatch.setattr(WhooshReader, "search", leaving)

    page = client.get("/?q=冪等")

    assert (page.status_code, AWAY in page.text, "</mark>は大切" in page.text) == (200, True, False)


def test_a_page_that_is_gone_when_it_is_made_anew_is_told_as_that(
    kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    errors = [EngineAwayError("the cluster cannot be reached"), UnknownIdError("no note has this id")]
    app = create_app(kb)
    monkeypatch.setitem(app.view_functions, "reports.note", lambda **_: raising(errors.pop(0)))

    assert app.test_client().get("/note/a/b").status_code == 404


def test_the_page_says_that_an_older_generation_answers_until_the_index_is_made_anew(tmp_path: Path) -> None:
    library = tmp_path / "library"
    library.mkdir()
    (library / "a.md").write_text("# 勉強会\n\n- 冪等に\n", "utf-8")
    kb = KnowledgeBase.open(library, tmp_path / "index")
    kb.indexer.sync()
    client = create_app(kb).test_client()
    (tmp_path / "index" / "CURRENT").write_bytes(b"gen-")

    damaged = client.get("/?q=冪等").text
    kb.indexer.sync()
    whole = client.get("/?q=冪等").text

    assert [DAMAGED in page for page in (damaged, whole)] == [True, False]
    assert "<mark>冪等</mark>に" in damaged
