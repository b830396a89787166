"""The report this project exists for, from file to hit. It lies beside the project and is skipped where it does not."""

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from kb.cli.group import cli

SEED = Path(__file__).resolve().parents[3] / "shared" / "seeds" / "jaws-days-2018.txt"
pytestmark = pytest.mark.skipif(not SEED.exists(), reason=f"the seed report is not here: {SEED}")

Record = dict[str, Any]


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, ...]]:
    library = tmp_path_factory.mktemp("library")
    (library / SEED.name).write_bytes(SEED.read_bytes())
    return ("--library", str(library), "--index", str(tmp_path_factory.mktemp("index")))


@pytest.fixture(scope="module")
def notes() -> list[Record]:
    return [note for note in records("read", str(SEED)) if note["type"] != "paragraph"]


def records(*arguments: str) -> list[Record]:
    result = CliRunner().invoke(cli, [*arguments, "--json"], catch_exceptions=False)
    return [json.loads(line) for line in result.stdout.splitlines()]


def found(places: tuple[str, ...], *arguments: str) -> list[int]:
    every = records("search", *places, *arguments, "--limit", "500")
    return [note["line"] for note in every if note["type"] not in ("counts", "event", "talk")]


def test_it_has_170_bullets_and_items_each_with_its_depth(notes: list[Record]) -> None:
    written = {
        number: (len(line) - len(line.lstrip())) // 2 - 1
        for number, line in enumerate(SEED.read_text("utf-8").splitlines(), start=1)
        if line.lstrip().startswith(("•", "1.", "2."))
    }

    assert (len(notes), {note["line"]: note["depth"] for note in notes}) == (170, written)


def test_it_has_six_talks_with_track_and_times(notes: list[Record]) -> None:
    talks = {(t["track"], t["start"], t["end"]): t["title"] for n in notes if (t := n["talk"])}

    assert list(talks) == [
        ("ALL", "10:10", "11:00"),
        ("A", "11:10", "12:00"),
        ("ALL", "13:00", "13:50"),
        ("G", "14:00", "14:50"),
        ("A", "15:00", "15:50"),
        ("H", "16:00", "16:50"),
    ]
    assert list(talks.values())[3:] == [
        "ユーザー企業におけるサーバレスシステムへの移行",
        "コンテナを守る技術 2018",
        "[DeepDive] AWS Japan SA Lightnings!",
    ]


def test_the_memo_of_questions_is_a_heading_inside_the_second_talk(notes: list[Record]) -> None:
    under = {note["line"]: note["talk"]["track"] for note in notes if "質問内容メモ" in note["trail"]}

    assert under == dict.fromkeys(range(58, 66), "A")


def test_what_follows_the_last_talk_is_no_talk() -> None:
    after = [note["talk"] for note in records("read", str(SEED)) if note["line"] >= 213]

    assert (len(after) > 5, set(map(str, after))) == (True, {"None"})


@pytest.mark.parametrize(
    ("service", "lines"),
    [
        ("S3", [*range(104, 109)]),
        ("SQS", [*range(109, 114)]),
        ("DynamoDB", [*range(43, 46), *range(118, 121)]),
        ("ECS", [152, 156, 157, 176, 177, 178]),
    ],
)
def test_a_service_has_exactly_the_notes_about_it(places: tuple[str, ...], service: str, lines: list[int]) -> None:
    assert sorted(found(places, "--service", service)) == lines


def test_lambda_is_found_where_it_is_named_and_below(places: tuple[str, ...]) -> None:
    assert {46, 47, 48, 114, 115, 116, 117} <= set(found(places, "--service", "Lambda"))


def test_only_the_first_note_on_s3_names_it(notes: list[Record]) -> None:
    via = defaultdict(list)
    for note in notes:
        for service in note["services"]:
            if service["slug"] == "s3":
                via[service["via"]].append(note["line"])

    assert via == {"explicit": [104], "inherited": [105, 106, 107, 108]}


def test_a_name_before_kana_is_seen(notes: list[Record]) -> None:
    (services,) = (note["services"] for note in notes if note["line"] == 58)

    assert [(service["slug"], service["via"]) for service in services] == [("ec2", "explicit")]


@pytest.mark.parametrize(
    ("one", "other"), [("サーバレス", "Serverless"), ("サーバーレス", "serverless"), ("ラムダ", "Lambda")]
)
def test_spellings_find_each_other(places: tuple[str, ...], one: str, other: str) -> None:
    lines = sorted(found(places, one))

    assert (len(lines) > 5, lines) == (True, sorted(found(places, other)))


@pytest.mark.parametrize(
    ("words", "first"),
    [("監視", {50, 51, 63, 64}), ("DynamoDB 結果整合性", {43, 119}), ("冪等", {111})],
)
def test_words_find_what_a_reader_wants_first(places: tuple[str, ...], words: str, first: set[int]) -> None:
    assert found(places, words)[0] in first
