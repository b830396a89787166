"""Two strengths of advice: what surely is advice comes before what likely is, and counts tell both."""

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from index.query import Query, Sort
from kb.cli.group import cli
from kb.indexing import news
from kb.knowledge_base import KnowledgeBase
from kb.learning import load
from kb.programs.tools import call
from kb.report.model import Correction, Kind
from kb.search.searcher import SORTS
from webui.app import create_app

SURE, LIKELY = 5, 27
OURS = {"Sec-Fetch-Site": "same-origin"}
JSON = {"Accept": "application/json"}


@pytest.fixture(scope="module", autouse=True)
def models() -> Iterator[None]:
    """Let every note be likely advice, but neither surely advice nor a problem, unless a person or mark says so."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(load("kinds"), "thresholds", {"advice": 2.0, "problem": 2.0})
        patch.setattr(load("kinds"), "likely", {"advice": 1e-9})
        yield


@pytest.fixture(scope="module")
def knowledge_base(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeBase:
    """A library with 32 notes on Lambda in two talks; every seventh surely is advice. Another one is a problem."""
    folder = tmp_path_factory.mktemp("strengths")
    (folder / "library").mkdir()
    for year, numbers in ((2018, range(20)), (2020, range(20, 32))):
        lines = "".join(f"- Lambda の箱{n}番を見た\n" for n in numbers)
        text = f"# 見本勉強会 {year} 参加レポート\n\n## 【A】10:00~10:40:{year}年の箱の話\n\n{lines}"
        (folder / "library" / f"{year}.md").write_text(text, "utf-8")
    (folder / "library" / "other.md").write_text("# 別の会 2019\n\n- 課題: 鍵が足りない\n", "utf-8")
    knowledge_base = KnowledgeBase.open(folder / "library", folder / "index")
    knowledge_base.indexer.sync()
    for hit in knowledge_base.searcher.search(Query("箱", limit=None)).hits:
        if int(re.findall(r"\d+", hit.note.text)[0]) % 7 == 3:
            knowledge_base.corrector.note(hit.note.id, lambda _: Correction(kind="advice"))
    knowledge_base.indexer.sync()
    return knowledge_base


@pytest.fixture
def client(knowledge_base: KnowledgeBase) -> FlaskClient:
    return create_app(knowledge_base).test_client()


ADVICE = Query().select("kind", "advice")


def as_json(client: FlaskClient, address: str) -> dict[str, Any]:
    return dict(client.get(address, headers=JSON).json)


@pytest.mark.parametrize("sort", SORTS.values())
@pytest.mark.parametrize("text", ["", "箱"])
def test_sure_advice_comes_before_likely_advice_in_every_order_and_on_every_page(
    knowledge_base: KnowledgeBase, sort: Sort, text: str
) -> None:
    pages = [replace(ADVICE, text=text, sort=sort, limit=8, offset=offset) for offset in range(0, 40, 8)]
    hits = [hit for answer in knowledge_base.searcher.each(*pages) for hit in answer.hits]
    plain = knowledge_base.searcher.search(Query(text, sort=sort, limit=None)).hits

    kinds = [hit.note.kind for hit in hits]
    assert kinds == ["advice"] * SURE + ["statement"] * LIKELY
    assert [hit.note.likely for hit in hits] == [None] * SURE + ["advice"] * LIKELY
    in_order = [hit.id for hit in plain if "箱" in hit.note.text]
    sure = {hit.id for hit in hits[:SURE]}
    assert [hit.id for hit in hits] == sorted(in_order, key=lambda note: note not in sure)


@pytest.mark.parametrize("query", [Query(), ADVICE, Query().select("kind", "problem"), replace(ADVICE, text="箱")])
def test_the_count_of_a_kind_tells_how_many_are_only_likely(knowledge_base: KnowledgeBase, query: Query) -> None:
    answer = knowledge_base.searcher.search(Query(query.text, query.selections, facets=("kind",)))

    kinds = {value.value: (value.count, value.likely) for value in answer.facets["kind"] if value.count}
    problem = {} if query.text else {"problem": (1, 0)}
    assert kinds == {"advice": (SURE + LIKELY, LIKELY), "statement": (LIKELY, 0), **problem}


@pytest.mark.parametrize(
    ("kinds", "total", "likely"),
    [
        (("advice",), SURE + LIKELY, LIKELY),
        (("problem",), 1, 0),
        (("advice", "problem"), SURE + LIKELY + 1, LIKELY),
        (("statement",), LIKELY, 0),
        ((), SURE + LIKELY + 1, 0),
    ],
)
def test_a_search_tells_how_many_hits_are_only_likely(
    knowledge_base: KnowledgeBase, kinds: tuple[Kind, ...], total: int, likely: int
) -> None:
    answer = knowledge_base.searcher.search(Query(limit=3).select("kind", *kinds))

    assert (answer.total, answer.likely, answer.facets) == (total, likely, {})


def test_without_a_kind_the_number_of_other_notes_is_right(knowledge_base: KnowledgeBase) -> None:
    answer = knowledge_base.searcher.search(Query(limit=0).select("kind", "advice", "problem"))

    assert answer.without == {("kind", "advice"): 1, ("kind", "problem"): SURE + LIKELY}


def test_the_page_shows_likely_advice_below_a_line_and_with_a_badge_of_its_own(client: FlaskClient) -> None:
    page = client.get("/?kind=advice").text
    above, below = page.split('<h2 id="likely">')

    assert f"{SURE}＋かも{LIKELY}件（助言）" in page
    assert f'<span class="count">{SURE}件＋かも{LIKELY}件' in above
    assert below.startswith(f'助言かも <span class="count">{LIKELY}件')
    assert above.count('<span class="kind advice"') == SURE
    assert above.count('<span class="kind likely advice"') == 0
    assert below.count('<span class="kind likely advice"') == 20 - SURE
    assert [part.count("このセッションの他 12件") for part in (above, below)] == [1, 1]  # 8 of 20 are on this page
    assert 'id="likely"' not in client.get("/?kind=statement").text


def test_in_json_both_numbers_are_exact(client: FlaskClient) -> None:
    page = as_json(client, "/?kind=advice")
    (of_kind,) = (value for value in page["facets"]["kind"] if value["value"] == "advice")

    assert (page["total"], page["likely"], of_kind["count"], of_kind["likely"]) == (
        *(SURE + LIKELY, LIKELY),
        *(SURE + LIKELY, LIKELY),
    )
    assert [hit["likely"] for hit in page["hits"]] == [None] * SURE + ["advice"] * (20 - SURE)


def test_exports_keep_the_order_and_name_the_strength(client: FlaskClient) -> None:
    rows = list(csv.DictReader(io.StringIO(client.get("/export.csv?kind=advice").text.removeprefix("\ufeff"))))
    markdown = client.get("/export.md?kind=advice").text
    sheet = client.get("/sheet?kind=advice").text

    assert [(row["種別"], row["種別の候補"]) for row in rows] == [("助言", "")] * SURE + [
        ("事実・事例", "助言")
    ] * LIKELY
    assert [part.count("> Lambda の箱") for part in markdown.split("# 助言かも\n")] == [SURE, LIKELY]
    assert sheet.index('<span class="kind likely">助言かも') > sheet.index("箱10番")
    assert "助言かも" not in client.get("/export.md?q=箱").text


def test_a_feed_says_that_a_note_only_likely_is_advice(client: FlaskClient) -> None:
    feed = client.get("/feed?kind=advice").text

    assert feed.count("&lt;p&gt;助言かも&lt;/p&gt;") == LIKELY


def test_a_feed_has_the_newest_notes_of_both_strengths(
    knowledge_base: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(news, "MAX_ENTRIES", 10)

    entries = knowledge_base.updates.entries(ADVICE)
    assert {entry.note.held_on for entry in entries} == {"2020"}
    assert {entry.note.likely for entry in entries} == {None, "advice"}


def test_a_guide_lists_the_sure_advice_first_and_marks_the_likely(client: FlaskClient) -> None:
    record = as_json(client, "/guide/lambda")
    pages = [client.get(address).text for address in ("/guide/lambda", "/service/lambda")]
    markdown = client.get("/guide/lambda.md").text

    assert [entry["likely"] for entry in record["advice"]] == [None] * SURE + ["advice"] * LIKELY
    assert (record["totals"]["advice"], record["likely"], record["totals"]["cases"]) == (SURE + LIKELY, LIKELY, 0)
    assert all(f"{SURE}件＋かも{LIKELY}件" in page for page in pages)
    assert pages[0].count('<span class="kind likely advice"') == LIKELY
    assert markdown.count("(助言かも)") == LIKELY


def test_the_terminal_lists_likely_advice_below_a_line(knowledge_base: KnowledgeBase) -> None:
    places = ["--library", str(knowledge_base.collection.library.path), "--index", str(knowledge_base.collection.index)]

    def printed(*command: str) -> str:
        return CliRunner().invoke(cli, [*command, *places]).stdout

    found = printed("search", "--kind", "advice", "--limit", "9", "--facets")
    above, below = found.split("── Likely advice ──")
    assert (above.count("• "), below.count("• ")) == (SURE, 9 - SURE)
    assert f"{SURE} + {LIKELY} notes" in below
    assert re.search(rf"{SURE + LIKELY}  Advice  \(advice\)  {SURE} \+ {LIKELY}", below)
    assert "    Fact or case, Likely advice · AWS Lambda" in below
    assert f"Advice ({SURE} + {LIKELY})" in printed("guide", "lambda")
    assert f"kinds    Advice {SURE} + {LIKELY}, Problem 1\n" in printed("status")
    assert json.loads(printed("status", "--json"))["claims"]["advice"] == {"sure": SURE, "likely": LIKELY}
    *_, last = map(json.loads, printed("search", "--kind", "advice", "--facets", "--json").splitlines())
    assert (last["total"], last["likely"]) == (SURE + LIKELY, LIKELY)


def test_other_programs_get_both_numbers(knowledge_base: KnowledgeBase) -> None:
    answer = call(knowledge_base, "search", {"kind": ["advice"], "limit": 6}, None)

    assert (answer["total"], answer["likely"]) == (SURE + LIKELY, LIKELY)
    assert [note["likely"] for note in answer["notes"]] == [None] * SURE + ["advice"]


def test_only_sure_problems_have_a_state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(load("kinds"), "likely", {"problem": 0.0})
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "a.md").write_text("# 別の会 2019\n\n- 課題: 鍵が足りない\n- 箱が届かない\n", "utf-8")
    knowledge_base = KnowledgeBase.open(tmp_path / "library", tmp_path / "index")
    knowledge_base.indexer.sync()

    notes = knowledge_base.searcher.search(Query(sort="position").select("kind", "problem")).hits
    assert [(hit.note.kind, hit.note.likely, hit.note.states) for hit in notes] == [
        ("problem", None, ("unsolved",)),
        ("statement", "problem", ()),
    ]


@pytest.mark.parametrize(("answer", "kind", "total"), [("kind", "advice", 2), ("no", "statement", 1)])
def test_yes_or_no_settles_a_likely_one(tmp_path: Path, answer: str, kind: str, total: int) -> None:
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "a.md").write_text("# 見本の会 2019\n\n- 箱を見た\n- 鍵を見た\n", "utf-8")
    knowledge_base = KnowledgeBase.open(tmp_path / "library", tmp_path / "index")
    knowledge_base.indexer.sync()
    client = create_app(knowledge_base).test_client()
    note = as_json(client, "/?q=箱")["hits"][0]["id"]
    card = client.get("/?q=箱").text
    asked, why = as_json(client, "/todo?what=advice")["tasks"], as_json(client, f"/why/{note}")

    client.post(f"/correct/{note}", data={answer: "advice"}, headers=OURS)
    client.post("/sync", headers=OURS)
    found = as_json(client, "/?kind=advice")
    corrected = as_json(client, f"/note/{note}")

    assert all(f'name="{name}" value="advice"' in card for name in ("kind", "no"))
    assert note in {task["about"] for task in asked}
    assert (why["kind"], why["sure"] < 1, bool(why["reasons"])) == ("advice", True, True)
    assert (corrected["kind"], corrected["likely"], found["total"]) == (kind, None, total)
    assert note not in {task["about"] for task in as_json(client, "/todo?what=advice")["tasks"]}
