"""The commands search, services and pairs, and shell completion."""

from pathlib import Path

import pytest
from click.shell_completion import ZshComplete
from typed import REPORT, kb, notes, records, texts

from kb.cli.group import cli
from kb.pipeline.reports import Tools, finish_report
from kb.readers.formats import read_outline


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize("name", ["sqs", "SQS", "Amazon SQS", "amazon simple queue service"])
def test_a_service_is_found_by_each_of_its_names(name: str) -> None:
    assert texts("search", "--service", name) == [
        "SQS",
        "同じメッセージが二度届くことがあるので、受け手を冪等にする",
        "順序は保証されない",
    ]


@pytest.mark.usefixtures("library")
def test_via_explicit_leaves_out_inherited_services() -> None:
    assert texts("search", "--service", "sqs", "--via", "explicit") == ["SQS"]


@pytest.mark.usefixtures("library")
def test_a_hit_has_the_note_its_score_and_its_marks() -> None:
    hit = records("search", "冪等")[0]

    assert {key: hit[key] for key in ("line", "depth", "trail", "event", "held_on", "kind", "services")} == {
        "line": 6,
        "depth": 1,
        "trail": ["SQS"],
        "event": "サンプル勉強会 2019",
        "held_on": "2019",
        "kind": hit["kind"],
        "services": [{"slug": "sqs", "name": "Amazon SQS", "via": "inherited", "why": hit["services"][0]["why"]}],
    }
    assert (hit["score"] > 0, "".join(hit["text"][begin:end] for begin, end in hit["marks"])) == (True, "冪等")


@pytest.mark.usefixtures("library")
def test_facets_come_last_and_count_every_hit() -> None:
    *hits, last = records("search", "--service", "sqs", "--limit", "1", "--facets")

    assert (len(hits), last["total"], last["facets"]["service"]) == (
        1,
        3,
        [
            {"value": "sqs", "label": "Amazon SQS", "count": 3, "likely": 0, "selected": True},
            {"value": "lambda", "label": "AWS Lambda", "count": 1, "likely": 0, "selected": False},
        ],
    )


@pytest.mark.usefixtures("library")
def test_the_last_line_and_the_counts_have_the_notes_of_both_tiers() -> None:
    counts = records("search", "順序 寿司", "--facets")[-1]

    assert kb("search", "順序", "寿司").stdout.splitlines()[-1] == "0 notes with the words, 1 near in meaning"
    assert (counts["total"], counts["near_total"]) == (0, 1)


@pytest.mark.usefixtures("library")
def test_a_search_without_hits_says_so_and_exits_with_1() -> None:
    result = kb("search", "量子暗号鍵配送")

    assert (result.exit_code, result.stdout.splitlines()[-1]) == (1, "No note on this was found")


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--service", "ほげ"), "no service is called 'ほげ'; `kb services` lists them"),
        (("--kind", "ほげ"), "'ほげ' is none of advice, problem, question, statement, impression, label"),
        (("--service", "lambada"), "no service is called 'lambada'; do you mean lambda?"),
        (("--service", "cloudwach"), "do you mean cloudwatch, cloud-wan, cloudsearch?"),
        (("--kind", "advise"), "no kind is called 'advise'; do you mean advice?"),
        (("--year", "219"), "no year is called '219'; do you mean 2019?"),
        (("--year", "ほげ"), "'ほげ' is none of undated, 2019"),
    ],
)
def test_an_unknown_filter_value_is_a_usage_error(arguments: tuple[str, ...], message: str) -> None:
    result = kb("search", *arguments)

    assert (result.exit_code, message in result.stderr) == (2, True)


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize(
    ("typed", "reasons"),
    [
        (("量子暗号",), ["No note has “量子”", "No note has “暗号”"]),
        (("冪等", "量子"), ["“冪等” alone: 1 note", "No note has “量子”", "Without “量子”: 1 note"]),
        (("順序", "--service", "lambda"), ["None of these notes has “順序”", "Without “AWS Lambda”: 1 note"]),
        (
            ("--service", "sqs", "--service", "s3", "--kind", "question"),
            ["Without “Question”: 3 notes"],
        ),
        (("--service", "s3"), ["No note has the service “Amazon S3”"]),
        (("--event", "サンプル勉強界"), ["No note has the event “サンプル勉強界”; do you mean サンプル勉強会 2019?"]),
        (("--speaker", "山田 花代"), ["No note has the speaker “山田 花代”; do you mean 山田 花子?"]),
        (("--year", "2029"), ["No note has the year “2029”; do you mean 2019?"]),
        (("ramu",), ["Did you mean “AWS Lambda”? (1 note)"]),
    ],
)
def test_a_search_without_hits_says_why(library: Path, typed: tuple[str, ...], reasons: list[str]) -> None:
    by = REPORT.replace("\n\n- SQS", "\n\n登壇者: 山田 花子\n\n- SQS")
    (library / "report.md").write_text(by, "utf-8")
    result = kb("search", "--exact", *typed)

    assert ([line for line in reasons if line not in result.stdout], result.exit_code) == ([], 1)


def test_services_lists_the_whole_catalogue_before_there_is_an_index(tmp_path: Path) -> None:
    (tmp_path / "library").mkdir()
    listed = records("services", "--library", str(tmp_path / "library"), "--index", str(tmp_path / "index"))

    assert (len(listed) >= 60, {record["notes"] for record in listed}) == (True, {None})


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize(("language", "said"), [("en", "nothing is indexed"), ("ja", "まだ索引がありません")])
@pytest.mark.parametrize("command", ["services", "status", "check"])
def test_a_command_that_needs_no_index_says_that_there_is_none(command: str, language: str, said: str) -> None:
    before = kb("--lang", language, command)
    kb("sync")
    after = kb("--lang", language, command)

    assert (before.exit_code, said in before.output, "`kb sync`" in before.output) == (0, True, True)
    assert (after.exit_code, said in after.output) == (0, False)


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize("command", [("search", "SQS"), ("pairs",), ("guide", "sqs"), ("show", "no"), ("remove", "no")])
def test_a_command_that_needs_an_index_makes_it_first(command: tuple[str, ...]) -> None:
    result = kb("--lang", "en", *command)

    assert "indexing the library first" in result.stderr


def test_a_part_of_an_events_name_finds_the_same_as_in_the_search_box(library: Path) -> None:
    (library / "b.md").write_text("# JAWS DAYS 2018 参加レポート\n\n- SNS\n", "utf-8")
    (library / "c.md").write_text("# JAWS-UG 千葉 #3 参加レポート\n\n- S3\n", "utf-8")
    (library / "d.md").write_text("---\nevent: golang.tokyo #11\n---\n- EC2\n", "utf-8")

    found = {
        wanted: (sorted(texts("search", "--event", wanted)), sorted(texts("search", f'event:"{wanted}"')))
        for wanted in ("JAWS", "jaws days", "JAWS::Days", "2018", "golang.tokyo", "ほげ", "::")
    }

    assert found == {
        "JAWS": (["S3", "SNS"], ["S3", "SNS"]),
        "jaws days": (["SNS"], ["SNS"]),
        "JAWS::Days": (["SNS"], ["SNS"]),
        "2018": (["SNS"], ["SNS"]),
        "golang.tokyo": (["EC2"], ["EC2"]),
        "ほげ": ([], []),
        "::": ([], []),
    }


def test_a_service_of_kb_toml_is_found_and_a_corrected_tag_stays(library: Path) -> None:
    label, *_ = notes("search", "--service", "sqs")
    (library / "report.md").write_text(REPORT + "- バッチポータルに載せる\n", "utf-8")
    (library / "kb.toml").write_text(
        '[services.batch-portal]\nname = "Batch Portal"\ncategory = "developer-tools"\naliases = ["バッチポータル"]\n'
        f'[notes."{label["id"]}"]\nadd = ["SNS"]\nremove = ["sqs"]\n',
        "utf-8",
    )

    result = kb("sync")

    assert (result.stderr, texts("search", "--service", "batch portal"), texts("search", "--service", "sqs")) == (
        "",
        ["バッチポータルに載せる"],
        [],
    )
    assert [note["text"] for note in notes("search", "--service", "sns", "--via", "explicit")] == ["SQS"]


def test_a_kind_in_kb_toml_stays_and_an_unknown_one_is_refused(library: Path) -> None:
    label, *_ = notes("search", "--service", "sqs")
    (library / "kb.toml").write_text(f'[notes."{label["id"]}"]\nkind = "助言"\n', "utf-8")

    assert kb("sync").stderr == ""
    assert {note["id"]: note["sure"] for note in notes("search", "--kind", "advice")}[label["id"]] == 1.0

    (library / "kb.toml").write_text(f'[notes."{label["id"]}"]\nkind = "ほげ"\n', "utf-8")

    assert "kind cannot be 'ほげ'; write one of advice, problem" in kb("sync").stderr


TROUBLES = """# サンプル勉強会 2017

## 【A】10:00~10:45:関数の課題

- Lambda
  - 実行時間が最大5分しかないのが問題
    - 対策: 処理を分ける
  - 課題: ログの管理が大変で追えない
- 質問
  - タイムアウトの既定値は何秒ですか?
    - 3秒です
  - 並列数の上限はいくつですか?
"""


def test_pairs_lists_problems_with_their_remedies_and_the_open_ones(library: Path) -> None:
    (library / "report.md").write_text(TROUBLES, "utf-8")

    found = records("pairs", "--service", "lambda")

    assert [(pair["note"]["text"], [reply["text"] for reply in pair["replies"]], pair["open"]) for pair in found] == [
        ("実行時間が最大5分しかないのが問題", ["対策: 処理を分ける"], False),
        ("課題: ログの管理が大変で追えない", [], True),
    ]
    assert [pair["note"]["text"] for pair in records("pairs", "--open")] == ["課題: ログの管理が大変で追えない"]
    assert [[reply["text"] for reply in pair["replies"]] for pair in records("pairs", "--questions")] == [
        ["3秒です"],
        [],
    ]


def test_the_sum_of_pairs_has_those_that_are_open(library: Path) -> None:
    (library / "report.md").write_text(TROUBLES, "utf-8")

    assert kb("pairs", "--service", "lambda").stdout.splitlines()[-1] == "2 in all, 1 of them open"


def test_of_many_talks_and_hits_the_first_are_listed_and_the_others_counted(library: Path) -> None:
    talks = [f"## 【A】{n + 9:02}:00~{n + 9:02}:40:秘密の話{n}\n\n- 箱{n}\n\n" for n in range(12)]
    listed = {}
    for count in (5, 12):
        (library / "report.md").write_text(f"# 見本の会 2019\n\n{''.join(talks[:count])}", "utf-8")
        kb("sync")
        listed[count] = [line for line in kb("search", "秘密").stdout.splitlines() if line.startswith("Talk:")]
    all_shown, some_shown = (kb("search", "--year", "2019", "--limit", limit).stdout for limit in ("12", "11"))

    assert [len(lines) for lines in listed.values()] == [5, 6]
    assert [line.split()[1:] for line in listed[12] if "話" not in line] == [["7", "more"]]
    assert all_shown.splitlines()[-1] == "12 notes"
    assert some_shown.splitlines()[-1] == "12 notes (the first 11 are shown; --limit shows more)"


def test_a_reply_keeps_the_text_after_its_arrow(library: Path) -> None:
    (library / "report.md").write_text(TROUBLES.replace("対策: 処理", "→ --force で処理"), "utf-8")

    assert "    → --force で処理を分ける" in kb("pairs").stdout.splitlines()


def test_a_year_without_notes_is_not_proposed_for_itself(library: Path) -> None:
    (library / "report.md").write_text(TROUBLES, "utf-8")

    assert "1999, " not in kb("search", "--year", "1999").stdout + kb("search", "--year", "1999").stderr


def test_a_talk_without_notes_is_shown_by_its_heading(library: Path) -> None:
    text = f"{TROUBLES}\n## 【B】11:00~11:45:鍵の話\n\n<https://speakerdeck.com/a/b>\n"
    (library / "report.md").write_text(text, "utf-8")
    talk = finish_report(read_outline(text.encode(), "report.md"), Tools()).report.talks[-1].id

    assert kb("show", talk).stdout.splitlines()[0] == "鍵の話"


@pytest.mark.parametrize(("which", "state"), [((), "No remedy noted"), (("--questions",), "Unanswered")])
def test_a_note_without_a_reply_is_labelled_by_its_state(library: Path, which: tuple[str, ...], state: str) -> None:
    (library / "report.md").write_text(TROUBLES, "utf-8")

    assert [line for line in kb("pairs", "--open", *which).stdout.splitlines() if "→" in line] == [f"    → {state}"]


def test_an_outdated_note_has_the_change_and_its_source(library: Path) -> None:
    (library / "report.md").write_text(TROUBLES, "utf-8")

    note, *_ = records("search", "最大5分")

    assert [(change["now"], change["source"][:24]) for change in note["changes"]] == [
        ("2018年10月以降は最大15分", "https://aws.amazon.com/a")
    ]


def test_code_attached_to_a_note_is_found_and_returned(library: Path) -> None:
    (library / "report.md").write_text(REPORT + "\n```\naws lambda invoke --function-name hello\n```\n", "utf-8")

    (note,) = notes("search", "invoke")

    assert (note["text"], note["attached"]) == (
        "ラムダの同時実行数には上限がある",
        ["aws lambda invoke --function-name hello"],
    )


@pytest.mark.usefixtures("library")
def test_a_correction_of_a_query_is_printed_and_can_be_refused() -> None:
    corrected, refused = kb("search", "lanbda"), kb("search", "lanbda", "--exact")

    assert (corrected.stdout.splitlines()[0], refused.stdout) == (
        "searched “lanbda” as “lambda” (--exact refuses it)",
        "No note has “lanbda”\nNo note on this was found\n",
    )


@pytest.mark.usefixtures("library")
def test_explain_has_the_fields_and_the_points_of_each_word() -> None:
    hit = records("search", "冪等", "--explain")[0]

    assert [(reason["word"], reason["fields"]) for reason in hit["reasons"]][:1] == [("冪等", ["text"])]
    assert sum(reason["points"] for reason in hit["reasons"]) == pytest.approx(hit["score"], abs=0.01)


def test_a_long_note_is_shown_by_the_passage_around_the_match(library: Path) -> None:
    filler = "長い話がまだ続きます。" * 40
    (library / "long.md").write_text(f"# 別の会 2020\n\n- {filler}再試行を待つ。{filler}\n", "utf-8")
    (line,) = (line for line in kb("search", "再試行").stdout.splitlines() if line.startswith("  • "))

    assert (line[:5], line[-1], "再試行を待つ" in line, len(line) <= 210) == ("  • …", "…", True, True)


@pytest.mark.usefixtures("library")
def test_the_hits_of_a_talk_are_listed_below_it() -> None:
    lines = kb("search", "メッセージ OR 順序 OR 同時").stdout.splitlines()

    assert [line for line in lines if line.startswith("サンプル勉強会")] == [
        "サンプル勉強会 2019 (2019) 【A】10:00~10:45 キューとの付き合い方"
    ]
    assert sum(line.startswith("  • ") for line in lines) == 3


@pytest.mark.parametrize(
    ("typed", "beginning", "offered"),
    [
        (["search", "--service"], "sq", [("sqs", "Amazon SQS")]),
        (["search", "--kind"], "adv", [("advice", "助言")]),
        (["search", "--event"], "サン", [("サンプル勉強会-2019", "サンプル勉強会 2019")]),
        (["pairs", "--service"], "SQ", [("sqs", "Amazon SQS")]),
        (["remove"], "", [("サンプル勉強会-2019-0581", "サンプル勉強会 2019")]),
        (["remove"], "b", []),
        (["search", "--speaker"], "J", [("John Smith", "John Smith")]),
    ],
)
def test_a_shell_completes_values_and_ids(
    library: Path, typed: list[str], beginning: str, offered: list[tuple[str, str]]
) -> None:
    (library / "report.md").write_text(REPORT.replace("- SQS", "登壇者: John Smith\n\n- SQS"), "utf-8")
    kb("sync")
    completions = ZshComplete(cli, {}, "kb", "_KB_COMPLETE").get_completions(typed, beginning)

    assert [(item.value, item.help) for item in completions] == offered


@pytest.mark.usefixtures("library")
def test_a_search_ends_with_its_counts_and_an_event_of_its_name_is_listed_first() -> None:
    *_, event, counts = records("search", "サンプル勉強会 順序")
    lines = kb("search", "サンプル勉強会 順序").stdout.splitlines()

    assert event == {
        "type": "event",
        "slug": "サンプル勉強会-2019",
        "event": "サンプル勉強会 2019",
        "held_on": "2019",
        "published": None,
        "notes": 4,
    }
    assert counts == {
        "type": "counts",
        "total": 1,
        "near_total": 0,
        "likely": 0,
        "titled": 0,
        "words": [{"word": "サンプル", "count": 0}, {"word": "勉強会", "count": 0}, {"word": "順序", "count": 1}],
    }
    assert lines[:2] == ["Event: サンプル勉強会 2019 (2019)  4 notes", "    サンプル勉強会-2019"]
