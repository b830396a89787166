"""Which engine searches a library: the one of kb.toml, unless KB_ENGINE overrides it."""

from pathlib import Path

import pytest

from index.engine import SearchIndexError
from index.stand_in import WithStandIn
from index.whoosh_engine import WhooshEngine
from kb.knowledge_base import KnowledgeBase
from kb.library.configuration import parse
from kb.library.tables import ConfigurationError, EngineAddress
from kb.search.collection import engine_of

TOLD = b'[engine]\nurl = "https://search.example.com:9200"\nindex = "talk-notes"\nshards = 2\n'


def opened(library: Path) -> KnowledgeBase:
    library.mkdir(exist_ok=True)
    return KnowledgeBase.open(library, library / "index")


def test_the_index_in_the_folder_is_searched_by_default(tmp_path: Path) -> None:
    assert engine_of(parse(b"")) is WhooshEngine
    assert isinstance(opened(tmp_path / "a").collection.engine, WhooshEngine)


def test_kb_toml_configures_a_cluster() -> None:
    assert parse(TOLD).engine == EngineAddress("https://search.example.com:9200", "talk-notes", "", 2, 1)


def test_the_index_of_this_machine_stands_in_for_a_cluster(tmp_path: Path) -> None:
    (tmp_path / "kb.toml").write_bytes(TOLD)

    assert isinstance(opened(tmp_path).collection.engine, WithStandIn)


@pytest.mark.parametrize(
    ("written", "is_another"), [(TOLD, True), (b'[embedding]\nmodel = "none"\n', True), (b"ignore = []\n", False)]
)
def test_another_engine_or_model_in_kb_toml_is_used_without_a_restart(
    tmp_path: Path, written: bytes, *, is_another: bool
) -> None:
    collection = opened(tmp_path).collection
    before = collection.engine
    (tmp_path / "kb.toml").write_bytes(written)
    collection.follow()

    assert (collection.engine is not before) == is_another


def test_the_environment_names_another_cluster_or_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KB_ENGINE", "http://127.0.0.1:9/other")
    told = opened(tmp_path / "a").collection.engine
    monkeypatch.setenv("KB_ENGINE", "embedded")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "kb.toml").write_bytes(TOLD)
    none = opened(tmp_path / "b").collection.engine

    assert isinstance(told, WithStandIn)
    assert isinstance(none, WhooshEngine)
    with pytest.raises(SearchIndexError, match="index other: cannot be reached"):
        told.stamp()


@pytest.mark.parametrize(
    "named", ["search.example.com", "https://search.example.com", "whoosh", "http://[/a", ":x", "https://a:99999999/b"]
)
def test_an_invalid_kb_engine_is_an_error_with_a_remedy(named: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KB_ENGINE", named)

    with pytest.raises(SearchIndexError, match="name of an index"):
        engine_of(parse(b""))


@pytest.mark.parametrize(
    ("table", "why"),
    [
        (b'engine = "x"', r"engine cannot be 'x'; write \[engine\], with lines"),
        (b"[engine]\n", "has no url"),
        (b'[engine]\nurl = "search.example.com"\nindex = "a"', "url cannot be"),
        (b'[engine]\nurl = "http://["\nindex = "a"', "url cannot be"),
        (b'[engine]\nurl = "https://a:x"\nindex = "a"', "url cannot be"),
        (b'[engine]\nurl = ["https://a", "https://a:99999999"]\nindex = "a"', "url cannot be"),
        (b'[embedding]\nurl = "http://["\nmodel = "a"', "url cannot be"),
        (b'[embedding]\nurl = "http://a:99999999"\nmodel = "a"', "url cannot be"),
        (b'[engine]\nurl = "https://a"\n', "has no index"),
        (b'[engine]\nurl = "https://a"\nindex = "Talk Notes"', "index cannot be"),
        (b'[engine]\nurl = ["https://a", 1]\nindex = "a"', "url cannot hold"),
        (b'[engine]\nurl = "https://a"\nindex = "a"\nshards = 0', "shards"),
        (b'[engine]\nurl = "https://a"\nindex = "a"\npassword = "x"', "password"),
    ],
)
def test_an_invalid_engine_table_is_an_error_with_its_key_and_a_remedy(table: bytes, why: str) -> None:
    with pytest.raises(ConfigurationError, match=why):
        parse(table)
