"""What a page costs: how many searches, and notes decoded; and what a server holds that goes on for months."""

import gc
import weakref
from collections import Counter
from pathlib import Path
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from index.embedder import EmbedderMaker
from index.query_parser import QueryParserMaker
from index.schema import Schema
from index.whoosh_engine import WhooshEngine
from index.whoosh_engine.reader import WhooshReader
from kb.knowledge_base import KnowledgeBase
from kb.library.contents import Contents
from kb.report.model import Note
from kb.search import documents
from webui.app import create_app

SAMPLES = Path(__file__).parents[2] / "data/samples"
ADDRESSES = (
    "/?q=監視",
    "/?q=&service=sqs&service=lambda&kind=advice&year=2018&event=nothing",
    "/?q=Lambda&sort=new&page=2",
)


class CountingEngine(WhooshEngine):
    """The embedded engine, counting what it is asked."""

    searches = 0

    def __init__(self, folder: Path, schema: Schema, parser: QueryParserMaker, embedder: EmbedderMaker) -> None:
        super().__init__(folder, schema, parser, embedder)
        CountingEngine.searches = 0

    def snapshot(self) -> object:
        return CountingReader(super().snapshot())


class CountingReader:
    """A reader that counts what it is asked for its engine."""

    def __init__(self, reader: WhooshReader) -> None:
        self._reader = reader

    def __getattr__(self, name: str) -> object:
        CountingEngine.searches += name == "search"
        return getattr(self._reader, name)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    knowledge_base = KnowledgeBase.open(SAMPLES, tmp_path_factory.mktemp("index"), CountingEngine)
    knowledge_base.indexer.sync()
    client = create_app(knowledge_base).test_client()
    # The examples that every page offers, what talks are about, and talks without notes are found once a generation.
    client.get("/talks")
    client.get("/?q=SQS")
    return client


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_page_of_results_is_one_search_and_reads_each_note_once(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    read: Counter[str] = Counter()

    def load_note(stored: str, contents: Contents) -> Note:
        read[stored] += 1
        return loaded(stored, contents)

    loaded = documents.load_note
    monkeypatch.setattr(documents, "load_note", load_note)
    before = CountingEngine.searches

    assert (client.get(address).status_code, CountingEngine.searches - before, set(read.values()) - {1}) == (
        200,
        1,
        set(),
    )


def test_what_the_start_page_shows_is_searched_once_a_generation(client: FlaskClient) -> None:
    first = client.get("/")
    before = CountingEngine.searches

    assert (client.get("/").text, CountingEngine.searches - before) == (first.text, 0)


@pytest.mark.parametrize(
    ("address", "searches", "most"),
    [
        ("/reports", 1, 0),
        ("/events?year=2019", 1, 0),
        ("/talks?service=lambda", 1, 0),
        ("/speakers", 1, 0),
        ("/years", 0, 0),
        ("/event/aws-re-invent-2019", 1, 0),
        ("/speaker/Werner%20Vogels", 1, 0),
        ("/talks?event=aws-re-invent-2019", 1, 0),
        ("/pairs", 1, 60),
        ("/service/lambda", 8, 140),
        ("/timeline?service=lambda", 1, 0),
        ("/guide/sqs.md", 4, 120),
    ],
)
def test_a_page_to_read_asks_a_fixed_number_of_searches_and_decodes_only_what_it_shows(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, address: str, searches: int, most: int
) -> None:
    read: Counter[str] = Counter()

    def load_note(stored: str, contents: Contents) -> Note:
        read[stored] += 1
        return loaded(stored, contents)

    loaded = documents.load_note
    monkeypatch.setattr(documents, "load_note", load_note)
    before = CountingEngine.searches

    assert client.get(address).status_code == 200
    assert CountingEngine.searches - before == searches
    assert read.total() <= most


def test_notes_of_a_talk_that_belong_to_nothing_found_are_not_decoded(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: Counter[str] = Counter()

    def load_note(stored: str, contents: Contents) -> Note:
        read[stored] += 1
        return loaded(stored, contents)

    loaded = documents.load_note
    monkeypatch.setattr(documents, "load_note", load_note)
    client.get("/?q=Firecracker")

    assert read.total() < 5


def test_the_lines_of_a_report_are_shown_with_their_notes_none_of_which_is_decoded(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = client.get("/reports", headers={"Accept": "application/json"}).json["reports"][0]["id"]
    monkeypatch.setattr(documents, "load_note", lambda *_: pytest.fail("a note was decoded"))

    assert f'href="/note/{quote(report)}/' in client.get(f"/lines/{report}").text


def test_other_words_in_kb_toml_let_go_of_the_analysis_of_before(tmp_path: Path) -> None:
    library = tmp_path / "library"
    library.mkdir()
    (library / "report.md").write_text("# 見本勉強会 2019 レポート\n\n- SQS は便利\n", "utf-8")
    knowledge_base = KnowledgeBase.open(library, tmp_path / "index")
    client = create_app(knowledge_base).test_client()
    before = []

    for word in ("語彙の一", "語彙の二", "語彙の三"):
        (library / "kb.toml").write_text(f'[words]\n"{word}" = []\n', "utf-8")
        knowledge_base.indexer.sync()
        answers = [client.get(address).status_code for address in ("/?q=便利", "/service/sqs", "/guide/sqs")]
        assert set(answers) == {200}
        before.append(weakref.ref(knowledge_base.collection.tools.analyzer))

    gc.collect()  # of what an error on the way may have held
    assert [analyzer() is not None for analyzer in before] == [False, False, True]
