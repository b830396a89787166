"""A library with its own categories, services and words, from its files to the page."""

import json
from importlib.resources import files
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from index.query import Query
from kb.cli.group import cli
from kb.knowledge_base import KnowledgeBase
from kb.library.configuration import parse
from kb.services import domain
from kb.services.domain_files import read
from kb.storage.caches import cache_folder
from webui.app import create_app

CONFIGURATION = """\
domain = "none"

[categories]
data = "データ"
site = "画面"
background = "裏方"

[services.orm]
name = "Django ORM"
category = "data"
short_name = "ORM"
aliases = ["QuerySet", "クエリセット"]

[services.migrations]
name = "Django Migrations"
category = "data"
short_name = "Migrations"
aliases = ["マイグレーション"]

[services.admin]
name = "Django Admin"
category = "site"
short_name = "Admin"
aliases = ["管理サイト"]

[services.celery]
name = "Celery"
category = "background"
aliases = ["セロリ"]

[words]
"冪等" = ["べきとう", "idempotent"]
"一括" = ["bulk"]
"""
REPORT = """\
# ジャンゴの会 2023 参加レポート

日時: 2023-10-28

## 【A】10:00~10:40:遅いORMとの付き合い方

- クエリセット
  - 一括で作ると速い
  - bulk の上限を決める
- 管理サイトの一覧が遅い
  - -> select_related を使うとよい

## 【B】11:00~11:40:裏で動かす

- セロリ
  - タスクはべきとうに作る
  - Lambda は使わない
- 失敗したら idempotent な処理だけやり直す
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("django")
    (folder / "library").mkdir()
    (folder / "library/kb.toml").write_text(CONFIGURATION, "utf-8")
    (folder / "library/djangocongress.md").write_text(REPORT, "utf-8")
    return folder


@pytest.fixture(scope="module")
def knowledge_base(folder: Path) -> KnowledgeBase:
    knowledge_base = KnowledgeBase.open(folder / "library", folder / "index")
    knowledge_base.indexer.sync()
    return knowledge_base


@pytest.fixture
def client(knowledge_base: KnowledgeBase) -> FlaskClient:
    return create_app(knowledge_base).test_client()


def found(knowledge_base: KnowledgeBase, query: Query) -> list[str]:
    return sorted(one.note.text for one in knowledge_base.searcher.search(query).hits)


def kb(folder: Path, *arguments: str) -> list[str]:
    """Return the lines that a command prints about the library."""
    places = ("--library", str(folder / "library"), "--index", str(folder / "index"))
    result = CliRunner().invoke(cli, [*places, *arguments])
    assert result.exit_code == 0, result.output
    return result.stdout.splitlines()


def test_notes_have_the_services_that_they_name_or_inherit(knowledge_base: KnowledgeBase) -> None:
    (entry,) = knowledge_base.browser.reports()
    tags = [
        (note.line, [(mention.service, mention.via) for mention in note.services])
        for note in knowledge_base.browser.report(entry.id)[1]
        if note.services
    ]

    assert tags == [
        (7, [("orm", "explicit")]),
        (8, [("orm", "inherited")]),
        (9, [("orm", "inherited")]),
        (10, [("admin", "explicit"), ("orm", "inherited")]),  # by the talk's title
        (11, [("admin", "inherited")]),
        (15, [("celery", "explicit")]),
        (16, [("celery", "inherited")]),
        (17, [("celery", "inherited")]),
    ]


@pytest.mark.parametrize("query", [Query().select("service", "celery"), Query("service:セロリ"), Query("セロリ")])
def test_a_service_is_searched_by_any_of_its_names(knowledge_base: KnowledgeBase, query: Query) -> None:
    assert found(knowledge_base, query) == ["Lambda は使わない", "セロリ", "タスクはべきとうに作る"]


@pytest.mark.parametrize("word", ["冪等", "べきとう", "idempotent"])
def test_the_spellings_of_a_word_find_each_other(knowledge_base: KnowledgeBase, word: str) -> None:
    assert found(knowledge_base, Query(word)) == ["タスクはべきとうに作る", "失敗したら idempotent な処理だけやり直す"]


@pytest.mark.parametrize("typed", ["せろ", "celer", "ser"])
def test_services_are_suggested(knowledge_base: KnowledgeBase, typed: str) -> None:
    assert ("service", "celery") in [(one.group, one.value) for one in knowledge_base.searcher.suggest(typed)]


def test_words_are_suggested(knowledge_base: KnowledgeBase) -> None:
    assert [(one.label, one.notes) for one in knowledge_base.searcher.suggest("べきと")] == [("冪等", 2)]


def test_the_facets_have_the_categories_of_the_library(knowledge_base: KnowledgeBase) -> None:
    facets = knowledge_base.searcher.search(Query(facets=("category",))).facets["category"]

    assert {(value.label, value.count) for value in facets} == {("データ", 4), ("裏方", 3), ("画面", 2)}


@pytest.mark.parametrize("address", ["/", "/?q=", "/?q=idempotent", "/service/orm"])
def test_the_pages_show_no_other_domain(client: FlaskClient, address: str) -> None:
    page = client.get(address).get_data(as_text=True)

    assert [label for label in domain().catalogue.categories.values() if label in page] == []


def test_a_page_of_results_shows_the_categories(client: FlaskClient) -> None:
    page = client.get("/?q=遅い").get_data(as_text=True)

    assert ("画面" in page, "データ" in page) == (True, True)


def test_only_the_services_of_the_library_are_listed(folder: Path, knowledge_base: KnowledgeBase) -> None:
    assert knowledge_base.browser.reports()
    services = [json.loads(line) for line in kb(folder, "services", "--json")]

    assert [(service["slug"], service["category"], service["notes"]) for service in services] == [
        ("orm", "data", 4),
        ("migrations", "data", 0),
        ("admin", "site", 2),
        ("celery", "background", 3),
    ]


def test_lint_reports_no_service_of_another_domain(folder: Path) -> None:
    report = folder / "other.md"
    report.write_text(f"{REPORT}\n- Amazon Kagibako\n", "utf-8")

    assert kb(folder, "lint", str(report)) == [f"{report}: nothing to correct"]


OWN_COMPOUNDS = """\
[words]
"障害訓練" = ["ゲームデー"]
"運用設計書" = []

[services.logs]
name = "ログ基盤"
category = "analytics"
aliases = ["監査ログ基盤"]
"""


@pytest.fixture(scope="module")
def with_compounds(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeBase:
    folder = tmp_path_factory.mktemp("compounds")
    (folder / "library").mkdir()
    notes = "- 障害訓練を続ける\n- ゲームデーをする\n- 運用設計書を直す\n- 監査ログ基盤を止める\n"
    (folder / "library" / "a.md").write_text(f"# 勉強会\n\n{notes}", "utf-8")
    (folder / "library" / "kb.toml").write_text(OWN_COMPOUNDS, "utf-8")
    knowledge_base = KnowledgeBase.open(folder / "library", folder / "index")
    knowledge_base.indexer.sync()
    return knowledge_base


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("障害", {"障害訓練を続ける": ["障害"]}),
        ("障害訓練", {"障害訓練を続ける": ["障害訓練"], "ゲームデーをする": ["ゲームデー"]}),
        ("ゲームデー", {"障害訓練を続ける": ["障害訓練"], "ゲームデーをする": ["ゲームデー"]}),
        ("設計書", {"運用設計書を直す": ["設計書"]}),
        ("運用", {"運用設計書を直す": ["運用"]}),
        ("ログ", {"監査ログ基盤を止める": ["ログ"]}),
        ("ログ基盤", {"監査ログ基盤を止める": ["監査ログ基盤"]}),
        ("監査 基盤", {"監査ログ基盤を止める": ["監査", "基盤"]}),
        ('"障害"', {"障害訓練を続ける": []}),  # phrases are not marked
        ('"訓練を続ける"', {"障害訓練を続ける": []}),
        ("しょうがいくんれん", {"障害訓練を続ける": ["障害訓練"]}),
    ],
)
def test_an_own_word_or_service_is_found_whole_and_by_its_parts(
    with_compounds: KnowledgeBase, query: str, expected: dict[str, list[str]]
) -> None:
    hits = with_compounds.searcher.search(Query(query, without=("parts",))).hits

    assert {hit.note.text: [hit.note.text[begin:end] for begin, end in hit.marks] for hit in hits} == expected


def test_equal_configurations_give_equal_domains() -> None:
    configuration = CONFIGURATION.encode()

    assert parse(configuration).domain == parse(configuration).domain != parse(b"").domain


def test_a_cached_or_damaged_domain_equals_its_tables() -> None:
    domain.cache_clear()
    domain("aws")
    cached = cache_folder("domain") / "aws.json"
    domains = []
    for data in (cached.read_bytes(), cached.read_bytes().replace(b"SQS", b"SNS", 1), b"", b"{}"):
        cached.write_bytes(data)
        domain.cache_clear()
        domains.append(domain("aws"))

    assert domains == [read(files("kb.domains.aws"))] * 4
    assert domains[0].words == read(files("kb.domains.aws")).words
