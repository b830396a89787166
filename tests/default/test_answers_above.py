"""What surely answers a search is quoted above all else, with the model that comes along."""

import html
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from index.query import Query
from kb.cli.group import cli
from kb.evaluation import read_queries
from kb.knowledge_base import KnowledgeBase
from kb.library.places import EVALUATION, SAMPLES
from kb.programs.tools import call
from kb.search.results import FoundNote
from webui.app import create_app

QUESTION = "SQSのメッセージが重複したらどうする？"
REPORT = "# 見本勉強会 2019 参加レポート\n\n## キューの話\n\n"


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeBase:
    kb = KnowledgeBase.open(SAMPLES, tmp_path_factory.mktemp("index"))
    kb.indexer.sync()
    kb.indexer.embed()
    return kb


def quoted(kb: KnowledgeBase, query: Query) -> tuple[FoundNote, ...]:
    return kb.searcher.quoted(query, kb.searcher.search(query))


def test_of_what_is_quoted_nine_in_ten_answer_and_to_what_nobody_noted_nothing_is(samples: KnowledgeBase) -> None:
    right, wrong, unanswered = 0, 0, 0
    for judged in read_queries(EVALUATION):
        for one in quoted(samples, Query(judged.text, explain=True)):
            answers = judged.grades.get(f"{one.note.source}:{one.note.line}", 0) > 1
            right, wrong, unanswered = right + answers, wrong + (not answers), unanswered + (not judged.grades)

    assert (right >= 14, right >= 9 * wrong, unanswered) == (True, True, 0)


def test_only_the_first_page_of_the_best_quotes_and_only_with_vectors(samples: KnowledgeBase, tmp_path: Path) -> None:
    query = Query(QUESTION, explain=True)
    bare = KnowledgeBase.open(SAMPLES, tmp_path)
    bare.indexer.sync()

    assert quoted(samples, query) == quoted(samples, Query(QUESTION, limit=3))
    assert quoted(samples, query)
    assert quoted(samples, Query(QUESTION, explain=True, sort="new")) == ()
    assert quoted(samples, Query(QUESTION, explain=True, offset=20)) == ()
    assert samples.searcher.quoted(replace(query, offset=20), samples.searcher.search(query)) == ()
    assert quoted(samples, Query("", explain=True)) == ()
    assert quoted(bare, query) == ()


def test_the_page_quotes_it_above_the_notes_and_says_where_none_answers(samples: KnowledgeBase) -> None:
    client = create_app(samples).test_client()

    page = client.get("/", query_string={"q": QUESTION}).text
    none = client.get("/", query_string={"q": "監視の担当は何人で回せばいい？"}).text
    words = client.get("/", query_string={"q": "監視 担当"}).text
    told = client.get("/", query_string={"q": QUESTION}, headers={"Accept": "application/json"}).get_json()

    assert 0 < page.find('class="card answers"') < page.find('class="tree"')
    assert ['class="card answers"' in none, "確かに答えるメモは見つかりません" in none] == [False, True]
    assert 'id="told"' not in none  # a phone shows a single sentence whole
    assert "確かに答えるメモは見つかりません" not in words
    assert [hit["quoted"] for hit in (*told["hits"], *told["near"])].count(True) == len(
        quoted(samples, Query(QUESTION))
    )


def test_the_command_and_programs_quote_it_too(samples: KnowledgeBase) -> None:
    places = ("--library", str(samples.collection.library.path), "--index", str(samples.collection.index))
    shown, told = (
        CliRunner().invoke(cli, ["search", *places, *more, QUESTION], catch_exceptions=False).stdout
        for more in ((), ("--json",))
    )
    ids = [record["id"] for record in map(json.loads, told.splitlines()) if record.get("quoted")]

    assert "Answers" in shown.splitlines()
    assert ids == [one.note.id for one in quoted(samples, Query(QUESTION))]
    assert call(samples, "search", {"query": QUESTION}, None)["answers"] == ids


@pytest.mark.parametrize("text", [QUESTION, "SQSで同じメッセージが二度届いたら？", "冪等にするには", "監視 担当"])
@pytest.mark.parametrize("limit", [1, 3, 20])
def test_every_door_quotes_what_the_page_does_whatever_the_limit(samples: KnowledgeBase, text: str, limit: int) -> None:
    page = create_app(samples).test_client().get("/", query_string={"q": text}, headers={"Accept": "application/json"})
    places = ("--library", str(samples.collection.library.path), "--index", str(samples.collection.index))
    lines = CliRunner().invoke(cli, ["search", *places, "--json", "--limit", str(limit), text]).stdout.splitlines()
    told = call(samples, "search", {"query": text, "limit": limit}, None)
    ids = {hit["id"] for hit in (*page.get_json()["hits"], *page.get_json()["near"]) if hit["quoted"]}

    assert {record["id"] for record in map(json.loads, lines) if record.get("quoted")} == set(told["answers"]) == ids
    shown = [hit for hit in (*told["notes"], *told["near"]) if hit["id"] in ids]
    assert all(hit["quoted"] for hit in shown)
    assert len(told["notes"]) <= limit


@pytest.mark.parametrize("text", ["Lambda", "service:lambda", "Lambda service:lambda"])
def test_the_pages_of_an_answer_follow_each_other(samples: KnowledgeBase, text: str) -> None:
    def ids(query: Query) -> list[str]:
        return [hit.id for hit in samples.searcher.search(query).hits]

    every = ids(Query(text, limit=None))

    assert len(every) > 40
    assert [one for offset in range(0, 45, 5) for one in ids(Query(text, limit=5, offset=offset))] == every[:45]


def test_while_typing_the_order_is_the_engines(samples: KnowledgeBase) -> None:
    reader = samples.collection.engine.snapshot()
    query, typing = Query("Lambda 遅い"), Query("Lambda 遅い", typing=True)

    assert [hit.id for hit in samples.searcher.search(typing).near] == [hit.id for hit in reader.search(typing).near]
    assert [hit.id for hit in samples.searcher.search(query).near] != [hit.id for hit in reader.search(query).near]


def test_what_somebody_told_to_be_no_answer_is_not_quoted_again(tmp_path: Path) -> None:
    question = "同じメッセージが2回届いたらどうする？"
    (tmp_path / "library").mkdir()
    notes = "".join(f"- 番号{number}の話をいくつか聞いた\n" for number in range(40))
    answer = "- 同じメッセージが2回届くことがあるので、2回届いても困らないよう冪等に処理する\n"
    (tmp_path / "library" / "a.md").write_text(REPORT + answer + notes, "utf-8")
    kb = KnowledgeBase.open(tmp_path / "library", tmp_path / "index")
    kb.indexer.sync()
    kb.indexer.embed()
    client = create_app(kb).test_client()
    query = Query(question, explain=True)
    (one,) = quoted(kb, query)

    client.post(f"/correct/{one.note.id}", data={"no_answer_to": question}, headers={"Origin": "http://localhost"})

    assert f'no_answer_to = ["{question}"]' in (tmp_path / "library" / "kb.toml").read_text("utf-8")
    assert quoted(kb, query) == ()
    assert quoted(kb, Query("同じメッセージが2回届いたら？", explain=True))


def test_the_start_page_quotes_what_surely_answers_a_question_in_several_reports(samples: KnowledgeBase) -> None:
    page = create_app(samples).test_client().get("/").text
    asked = html.unescape(re.findall(r'<h2 id="answered"><a[^>]*>([^<]*)</a></h2>', page)[0])
    shown = re.findall("<blockquote>(.*?)</blockquote>", re.sub("<(?!/?blockquote)[^>]*>", "", page), re.DOTALL)
    notes = [one.note for one in quoted(samples, Query(asked, explain=True))]
    of_reports = {note.report: note for note in reversed(notes) if note.sure >= 0.8 and note.about == "matter"}

    assert page.index("<blockquote>") < page.index("grep")
    assert 1 < len(shown) == len({note.report for note in notes if note.text in shown})
    assert {html.unescape(text).strip() for text in shown} <= {note.text for note in of_reports.values()}


def test_where_no_note_is_similar_none_is_listed_once_all_have_vectors(tmp_path: Path) -> None:
    (tmp_path / "library").mkdir()
    notes = "".join(f"- 合鍵を{number}本くばった\n- 錠を{number}個なおした\n" for number in range(20))
    (tmp_path / "library" / "a.md").write_text(REPORT + notes, "utf-8")
    kb = KnowledgeBase.open(tmp_path / "library", tmp_path / "index")
    kb.indexer.sync()
    kb.indexer.embed()
    kept = kb.searcher.search(Query("育児休業を1本 申請"))
    (tmp_path / "library" / "b.md").write_text(REPORT + "- 弁当を1本くばった\n", "utf-8")
    kb.indexer.sync()

    later = kb.searcher.search(Query("育児休業を1本 申請"))

    assert (kept.total, kept.near, bool(kept.far)) == (0, (), True)
    assert (bool(later.near), later.far) == (True, ())


def test_the_page_folds_the_nearest_notes_where_none_is_near(samples: KnowledgeBase) -> None:
    page = create_app(samples).test_client().get("/", query_string={"q": "React のフォーム検証", "lang": "ja"}).text
    folded = page.partition("それでもいちばん近いメモを見る")[2]

    assert "これについてのメモは見つかりません" in page
    assert ('class="card' in folded, 'id="near"' in page) == (True, False)


def test_names_that_no_note_has_are_listed_above_notes_that_are_only_near(samples: KnowledgeBase) -> None:
    asked = "Kafkazoで同じメッセージが二度届いたら冪等にするのが助言"
    page = create_app(samples).test_client().get("/", query_string={"q": asked}).text
    found = samples.searcher.search(Query(asked, limit=20))

    assert (found.total, bool(found.near)) == (0, True)
    assert len([one.word for one in found.words if not one.count]) > 1
    assert re.findall(r"どのメモにもない言葉: ([^<]*)<", html.unescape(page))[0] == "Kafkazo"
