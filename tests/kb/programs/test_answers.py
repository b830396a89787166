"""Answers for programs: bounded, with sources, as quotations, and plain if nothing is noted."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from noted import ORDER, UNANSWERED

from index.engine import SearchIndexError
from kb.cli.group import cli
from kb.knowledge_base import KnowledgeBase
from kb.programs.answers import EMPTY, MAX_ANSWER, NOTHING, NOTHING_BUT_NEAR, NOTHING_BUT_TALKS, QUOTATIONS
from kb.programs.arguments import MAX_NOTES
from kb.programs.tools import TOOLS, ToolError, call
from kb.search.records import as_json


def ask(kb: KnowledgeBase, tool: str, **arguments: object) -> dict[str, Any]:
    return call(kb, tool, arguments, None)


def records(kb: KnowledgeBase, *command: str) -> list[dict[str, Any]]:
    """Return the JSON that a command prints over the same knowledge base, without the counts of a search."""
    places = ["--library", str(kb.collection.library.path), "--index", str(kb.collection.index)]
    printed = CliRunner().invoke(cli, [*command, *places, "--json"]).stdout
    return [record for record in map(json.loads, printed.splitlines()) if record.get("type") != "counts"]


def texts(record: dict[str, Any]) -> list[str]:
    return [note["text"] for note in record["notes"]]


@pytest.mark.parametrize("question", UNANSWERED)
def test_a_question_without_an_answer_gets_that_nothing_is_noted(knowledge_base: KnowledgeBase, question: str) -> None:
    answer = ask(knowledge_base, "search", query=question)

    assert (answer["nothing"], answer["total"], answer["notes"]) == (NOTHING, 0, [])


def test_near_notes_are_apart_and_the_answer_says_that_no_note_has_the_words(knowledge_base: KnowledgeBase) -> None:
    answer = ask(knowledge_base, "search", query="最大 5分 Lambda 猫")

    assert (answer["total"], answer["notes"], answer["nothing"]) == (0, [], NOTHING_BUT_NEAR)
    assert {note["tier"] for note in answer["near"]} == {"near"}
    assert answer["near_total"] == len(answer["near"])
    assert "nothing" not in ask(knowledge_base, "search", query="最大 5分 Lambda")


def test_a_hit_is_the_record_of_the_command_with_the_address_of_its_post(knowledge_base: KnowledgeBase) -> None:
    hit = ask(knowledge_base, "search", query="最大5分")["notes"][0]

    assert hit == {**records(knowledge_base, "search", "最大5分")[0], "address": "https://example.com/posts/a"}
    assert [(change["changed_on"][:4], bool(change["source"])) for change in hit["changes"]] == [("2018", True)]


def test_a_shown_note_is_the_record_of_the_command_with_its_address(knowledge_base: KnowledgeBase) -> None:
    found = ask(knowledge_base, "search", query="最大5分")["notes"][0]["id"]
    (record,) = records(knowledge_base, "show", found)

    assert ask(knowledge_base, "show", id=found)["note"] == {**record, "address": "https://example.com/posts/a"}


def test_over_http_an_address_is_that_of_the_page(knowledge_base: KnowledgeBase) -> None:
    note = call(knowledge_base, "search", {"query": "最大5分"}, "http://localhost:8000/")["notes"][0]

    assert note["address"] == f"http://localhost:8000/note/{quote(note['id'])}"


def test_a_note_of_a_post_without_an_address_has_that_of_its_resource(knowledge_base: KnowledgeBase) -> None:
    note = ask(knowledge_base, "search", query="何度も取らない")["notes"][0]

    assert note["address"] == f"kb://note/{quote(note['id'])}"


@pytest.mark.parametrize(
    "arguments", [{"query": "冪等"}, {"service": ["ラムダ"]}, {"query": "冪等", "sort": "new"}, {"year": ["2021"]}]
)
def test_the_same_notes_come_in_the_same_order_as_from_the_command(
    knowledge_base: KnowledgeBase, arguments: dict[str, Any]
) -> None:
    options = [f"--{key}={value}" for key in ("service", "year") for value in arguments.get(key, ())]
    sort = ["--sort", arguments.get("sort", "relevance")]
    found = records(knowledge_base, "search", *options, *sort, "--limit=50", *arguments.get("query", "").split())

    assert [note["id"] for note in ask(knowledge_base, "search", limit=50, **arguments)["notes"]] == [
        note["id"] for note in found
    ]


def test_an_instruction_in_a_note_is_returned_as_a_quotation(knowledge_base: KnowledgeBase) -> None:
    found = ask(knowledge_base, "search", query="これまでの指示")
    shown = ask(knowledge_base, "show", id=found["notes"][0]["id"])

    assert (found["about"], texts(found)) == (QUOTATIONS, [ORDER])
    assert (shown["about"], shown["note"]["text"]) == (QUOTATIONS, ORDER)
    assert shown["quotation"].startswith(f"> {ORDER}\n>\n> — 関数の話, 山田太郎, 見本勉強会 2017 (2017) <https://")


def test_a_note_is_shown_with_its_related_notes(knowledge_base: KnowledgeBase) -> None:
    found = ask(knowledge_base, "search", query="最大5分")["notes"][0]
    shown = ask(knowledge_base, "show", id=found["id"])
    remedy = "対策：前処理を別の関数に切り出しておく"

    assert {name: [note["text"] for note in shown[name]] for name in ("under_it", "remedies", "before")} == {
        "under_it": [remedy],
        "remedies": [remedy],
        "before": ["Lambda"],
    }
    assert shown["note"]["talk"]["speakers"] == ["山田太郎"]


def test_a_talk_and_a_report_are_shown_as_the_tree_of_their_notes(knowledge_base: KnowledgeBase) -> None:
    note = ask(knowledge_base, "search", query="最大5分")["notes"][0]
    talk = ask(knowledge_base, "show", id=note["talk"]["id"])
    report = ask(knowledge_base, "show", id=note["report"])

    assert [one["depth"] for one in talk["notes"]] == [0, 0, 1, 2, 1, 0, 0]
    assert (talk["talk"]["title"], talk["total"], texts(report)) == ("関数の話", 7, texts(talk))


def test_a_long_list_continues_at_its_next_offset(knowledge_base: KnowledgeBase) -> None:
    report = ask(knowledge_base, "search", query="何度も取らない")["notes"][0]["id"].partition("/")[0]
    first = ask(knowledge_base, "show", id=report)
    second = ask(knowledge_base, "show", id=report, offset=first["next_offset"])

    assert (len(first["notes"]), len(second["notes"]), second["next_offset"]) == (MAX_NOTES, 62 - MAX_NOTES, None)


def test_a_search_continues_at_its_next_offset(knowledge_base: KnowledgeBase) -> None:
    first = ask(knowledge_base, "search", query="冪等", limit=2)
    second = ask(knowledge_base, "search", query="冪等", limit=2, offset=first["next_offset"])
    both = ask(knowledge_base, "search", query="冪等", limit=4)

    assert [note["id"] for part in (first, second) for note in part["notes"]] == [note["id"] for note in both["notes"]]


def test_an_answer_is_bounded_however_long_the_notes_are(tmp_path: Path) -> None:
    long = "".join(f"- 冪等{number}{'あ' * 5_000}\n" for number in range(60))
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "a.md").write_text(f"# 見本勉強会 2019\n\n{long}", "utf-8")
    kb = KnowledgeBase.open(tmp_path / "library", tmp_path / "index")
    kb.indexer.sync()
    answer = ask(kb, "search", query="冪等", limit=MAX_NOTES)

    assert (len(as_json(answer).encode()) < MAX_ANSWER + 1_000, answer["next_offset"]) == (
        True,
        len(answer["notes"]),
    )
    report = answer["notes"][0]["report"]
    told, offset = [], 0
    while offset is not None:  # the notes that did not fit come next
        shown = ask(kb, "show", id=report, offset=offset)
        told += shown["notes"]
        offset = shown["next_offset"]

    assert [note["line"] for note in told] == [*range(3, 63)]
    assert {len(note["text"]) for note in told} == {501}


LONG = f"再試行、{'猫' * 600}、再試行"
OTHERS = f"""# 箱の会 2022

## 【A】10:00~10:45:秘密の鍵

- 質問
  - タイムアウトの既定値は何秒ですか?
    - 3秒です
  - 並列数の上限はいくつですか?
    - 1000です
- Storage Gateway
- Aurora
- Athena
- Athena は便利
- {LONG}
"""


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeBase:
    folder = tmp_path_factory.mktemp("others")
    (folder / "library").mkdir()
    (folder / "library" / "a.md").write_text(OTHERS, "utf-8")
    kb = KnowledgeBase.open(folder / "library", folder / "index")
    kb.indexer.sync()
    return kb


def related(kb: KnowledgeBase, text: str) -> dict[str, list[str]]:
    """Return the texts of the notes that are shown around the note that has a text."""
    (found,) = [note for note in ask(kb, "search", query=text)["notes"] if text in note["text"]]
    shown = ask(kb, "show", id=found["id"])
    names = ("under_it", "remedies", "answers", "remedy_of", "answer_to", "before", "after")
    return {name: [note["text"][:10] for note in shown[name]] for name in names if shown[name]}


def test_a_question_is_shown_with_its_answer_a_reply_with_what_it_replies_to_and_each_between_its_neighbours(
    others: KnowledgeBase, knowledge_base: KnowledgeBase
) -> None:
    assert related(others, "タイムアウト") == {
        "under_it": ["3秒です"],
        "answers": ["3秒です"],
        "before": ["質問"],
        "after": ["3秒です"],
    }
    assert related(others, "1000です") == {
        "answer_to": ["並列数の上限はいくつ"],
        "before": ["並列数の上限はいくつ"],
        "after": ["Storage Ga"],
    }
    assert related(knowledge_base, "前処理を別の関数")["remedy_of"] == ["処理が最大5分で切ら"]


def test_a_long_note_is_cut_in_lists_and_whole_when_it_is_shown(others: KnowledgeBase) -> None:
    (found,) = ask(others, "search", query="再試行")["notes"]

    assert (len(found["text"]), found["text"][-1]) == (501, "…")
    assert found["marks"] == [[0, 3]]
    assert ask(others, "show", id=found["id"])["note"]["text"] == LONG


def test_a_talk_that_only_its_title_finds_is_told_apart_from_nothing(
    others: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.query_parser.MAX_UNDER_TITLES", 0)
    answer = ask(others, "search", query="秘密の鍵")
    talk = ask(others, "show", id=answer["talks"][0]["id"])["talk"]

    assert (answer["nothing"], answer["total"], len(answer["talks"])) == (NOTHING_BUT_TALKS, 0, 1)
    assert (talk["event"], talk["held_on"], talk["title"]) == ("箱の会 2022", "2022", "秘密の鍵")


def test_services_of_as_many_notes_come_by_their_names_and_page_by_page(
    others: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kb.programs.answers._MAX_SERVICES", 2)
    first = ask(others, "services")
    second = ask(others, "services", offset=first["next_offset"])

    assert [one["slug"] for page in (first, second) for one in page["services"]] == [
        "athena",
        "aurora",
        "storage-gateway",
    ]
    assert [(page["total"], page["next_offset"]) for page in (first, second)] == [(3, 2), (3, None)]


def test_a_guide_has_each_thing_once_with_the_number_of_talks(knowledge_base: KnowledgeBase) -> None:
    guide = ask(knowledge_base, "guide", service="ラムダ")
    (problem,) = guide["solved"]

    assert [note["text"] for note in (*problem["notes"], *problem["remedies"])] == [
        "処理が最大5分で切られるので困る",
        "対策：前処理を別の関数に切り出しておく",
    ]
    assert (problem["talks"], problem["since"], problem["speakers"]) == (1, "2017", ["山田太郎"])
    assert [change["changed_on"][:4] for change in problem["changes"]] == ["2018"]
    assert guide["service"]["slug"] == "lambda"


def test_the_same_words_of_several_talks_are_one_entry_of_a_guide(tmp_path: Path) -> None:
    (tmp_path / "library").mkdir()
    for year in (2018, 2020, 2022):
        report = f"# 見本勉強会 {year}\n\n## 【A】10:00~10:45:{year}年のキューの話\n\n- SQS の受け手は必ず冪等にする\n"
        (tmp_path / "library" / f"{year}.md").write_text(report, "utf-8")
    kb = KnowledgeBase.open(tmp_path / "library", tmp_path / "index")
    kb.indexer.sync()

    assert [one["talks"] for one in ask(kb, "guide", service="sqs")["advice"]] == [3]


def test_the_guide_of_a_service_without_notes_says_that_nothing_is_noted(knowledge_base: KnowledgeBase) -> None:
    assert ask(knowledge_base, "guide", service="braket")["nothing"] == NOTHING


def test_a_known_service_without_notes_differs_from_an_unknown_one(knowledge_base: KnowledgeBase) -> None:
    assert ask(knowledge_base, "search", service=["braket"])["told"] == ["no note has the service 'braket'"]


def test_services_come_with_the_most_notes_first_and_by_any_name(knowledge_base: KnowledgeBase) -> None:
    every = ask(knowledge_base, "services")["services"]

    assert every[0]["slug"] == "s3"
    assert [one["slug"] for one in ask(knowledge_base, "services", name="ラムダ")["services"]] == ["lambda"]


def test_an_empty_library_says_so(tmp_path: Path) -> None:
    (tmp_path / "library").mkdir()
    kb = KnowledgeBase.open(tmp_path / "library", tmp_path / "index")
    kb.indexer.sync()

    assert ask(kb, "search", query="SQS")["nothing"] == EMPTY


def test_a_damaged_index_is_reported_with_the_remedy(
    knowledge_base: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged(_query: object) -> None:
        raise SearchIndexError("the manifest is damaged")

    monkeypatch.setattr(knowledge_base.searcher, "search", damaged)

    with pytest.raises(ToolError, match=r"run `kb sync` \(the manifest is damaged\)"):
        ask(knowledge_base, "search", query="SQS")


@pytest.mark.parametrize(
    ("tool", "arguments", "reason"),
    [
        ("find", {}, "there is no tool 'find'; there are search, show"),
        ("search", {"limit": 0}, "search: expected `int` >= 1 - at `$.limit`"),
        ("search", {"words": "SQS"}, "search: object contains unknown field `words`"),
        ("search", {"service": ["ほげ"]}, "service: none is called 'ほげ'"),
        ("guide", {"service": "ほげ"}, "service: none is called 'ほげ'"),
        ("search", {"service": ["sqss"]}, "service: none is called 'sqss'; do you mean sqs"),
        ("guide", {"service": "sqss"}, "service: none is called 'sqss'; do you mean sqs"),
        ("search", {"kind": ["ほげ"]}, "search: invalid enum value 'ほげ'"),
        ("show", {}, "show: object missing required field `id`"),
        ("show", {"id": "ほげ/ふが"}, "no note has the id ほげ/ふが; `search` gives the ids"),
    ],
)
def test_an_invalid_call_is_refused_with_its_reason(
    knowledge_base: KnowledgeBase, tool: str, arguments: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ToolError) as error:
        call(knowledge_base, tool, arguments, None)

    assert reason in str(error.value)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
KEYS = sorted({name for tool in TOOLS.values() for name in tool.schema["properties"]})
TYPED = st.fixed_dictionaries(
    {},
    optional={
        "query": st.text(max_size=40) | st.sampled_from(['"', "((", "-", "OR OR", "service:", "年:", "冪等 -", "“S3"]),
        "id": st.text(max_size=20) | st.sampled_from(["/", "a/b/c", "見本/1", "../../etc/passwd"]),
        "service": st.lists(st.text(max_size=8), max_size=3),
        "event": st.lists(st.text(max_size=8), max_size=3),
        "limit": st.integers(-1, 60),
        "offset": st.integers(-1, 200_000),
        "name": st.text(max_size=8),
    },
)


@settings(max_examples=1000)
@given(
    tool=st.sampled_from([*TOOLS, "nothing"]) | st.text(st.characters(codec=None), max_size=5),
    arguments=TYPED | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=5), VALUES, max_size=4) | VALUES,
)
def test_any_call_is_answered_or_refused_with_a_reason(
    knowledge_base: KnowledgeBase, tool: str, arguments: object
) -> None:
    try:
        answered = as_json(call(knowledge_base, tool, arguments, None))
    except ToolError as error:
        answered = str(error)
        assert answered

    assert len(answered.encode()) < MAX_ANSWER + 10_000
