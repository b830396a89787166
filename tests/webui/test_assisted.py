"""アシスタントが読んだもの: listed with what kb said before, marked on the pages, and taken back."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from kb.knowledge_base import KnowledgeBase
from kb.library.line_readings import readings_in
from kb.pipeline.reports import report_key
from kb.report.model import LineReading, Note
from kb.talks import line_keys, lines_of
from webui.app import create_app

REPORT = """# 鍵の会に参加した

## 【A】10:00~10:30:錠前の話

- SQS は同じ鍵を二度わたすことがある
  - 受けとる側でたしかめる
- 昼は弁当だった
"""
TALK, TWICE, CHECK, LUNCH = (
    "【A】10:00~10:30:錠前の話",
    "SQS は同じ鍵を二度わたすことがある",
    "受けとる側でたしかめる",
    "昼は弁当だった",
)
OURS = {"Sec-Fetch-Site": "same-origin"}
JSON = {"Accept": "application/json"}
LIST = "/todo?what=assistant"


@pytest.fixture
def kb(tmp_path: Path) -> KnowledgeBase:
    library = tmp_path / "library"
    library.mkdir()
    for name in ("a.md", "b.md"):
        (library / name).write_text(REPORT.replace("鍵の会", "鍵の会" if name == "a.md" else "箱の会"), "utf-8")
    knowledge_base = KnowledgeBase.open(library, tmp_path / "index")
    knowledge_base.indexer.sync()
    return knowledge_base


@pytest.fixture
def client(kb: KnowledgeBase) -> FlaskClient:
    return create_app(kb).test_client()


def keys(kb: KnowledgeBase, source: str = "a.md") -> dict[str, str]:
    """Return the keys of a report's lines by their texts, with "report" for the report."""
    outline = kb.browser.outline(report_id(kb, source))
    lines = lines_of(outline.blocks)
    return {
        **{line.text: key for line, key in zip(lines, line_keys(lines), strict=True)},
        "report": report_key(outline.title or ""),
    }


def report_id(kb: KnowledgeBase, source: str = "a.md") -> str:
    return next(one.id for one in kb.browser.reports() if one.source == source)


def read(
    kb: KnowledgeBase, *said: tuple[str, dict[str, Any]], source: str = "a.md", by: str = "Anna", minute: int = 0
) -> None:
    """Keep what an assistant says of lines, each a minute after the one before, and sync."""
    known = keys(kb, source)
    readings = {
        known[text]: LineReading(known[text], by, f"2026-12-01T09:{minute + at:02}:00Z", text[:40], **fields)
        for at, (text, fields) in enumerate(said)
    }
    kb.collection.library.keep_readings(source, lambda _: readings)
    kb.indexer.sync()


def listed(client: FlaskClient, address: str = LIST) -> list[tuple[str, dict[str, dict[str, Any]]]]:
    return [(task["text"], task["changes"]) for task in client.get(address, headers=JSON).json["tasks"]]


def taken_back(client: FlaskClient, **form: str) -> TestResponse:
    return client.post("/todo/readings", data=form, headers=OURS)


def undone(client: FlaskClient, after: TestResponse) -> TestResponse:
    deed = parse_qs(urlsplit(after.location).query)["done"][0]
    return client.post("/undo", data={"change": deed, "back": LIST}, headers=OURS)


def files(kb: KnowledgeBase) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (kb.collection.library.path / "readings").iterdir()}


def test_what_differs_is_listed_newest_first_with_what_kb_said_before(kb: KnowledgeBase, client: FlaskClient) -> None:
    known = keys(kb)
    read(
        kb,
        ("report", {"event": "第一回 鍵の会", "held_on": "2018-03-10", "was": {"event": "鍵の会", "held_on": None}}),
        (TALK, {"role": "talk", "speakers": ("田中 一",), "was": {"speakers": []}}),
        (TWICE, {"kind": "problem", "add": ("lambda",), "was": {"kind": "statement", "services": ["sqs"]}}),
        (
            CHECK,
            {"kind": "advice", "remedy_of": known[TWICE], "was": {"kind": "statement", "remedy_of": "", "changes": []}},
        ),
        (LUNCH, {"kind": "impression"}),
    )

    assert listed(client) == [
        (
            CHECK,
            {
                "kind": {"before": "statement", "after": "advice"},
                "remedy_of": {"before": "", "after": known[TWICE]},
            },
        ),
        (
            TWICE,
            {
                "kind": {"before": "statement", "after": "problem"},
                "services": {"before": ["sqs"], "after": ["sqs", "lambda"]},
            },
        ),
        (TALK, {"speakers": {"before": [], "after": ["田中 一"]}}),
        (
            "report",
            {
                "event": {"before": "鍵の会", "after": "第一回 鍵の会"},
                "held_on": {"before": None, "after": "2018-03-10"},
            },
        ),
    ]


def test_the_page_shows_each_change_who_made_it_and_when(kb: KnowledgeBase, client: FlaskClient) -> None:
    known = keys(kb)
    read(
        kb,
        ("report", {"held_on": "2018-03-10", "was": {"held_on": None}}),
        (TALK, {"role": "talk", "speakers": ("田中 一",), "was": {"speakers": []}}),
        (TWICE, {"kind": "problem", "add": ("lambda",), "was": {"kind": "statement", "services": ["sqs"]}}),
        (CHECK, {"role": "talk", "was": {"talk": False}}),
        (
            LUNCH,
            {
                "kind": "advice",
                "about": "event",
                "remedy_of": known[TWICE],
                "was": {"about": "matter", "remedy_of": ""},
            },
        ),
    )
    page = client.get(LIST).text
    shown = [" ".join(re.sub(r"<[^>]+>", " ", one).split()) for one in re.findall(r'<p class="read">.*?</p>', page)]

    assert shown == [
        "何について 話の中身 → イベントや書いた人の一日",
        f"次の課題への対策 なし → {TWICE}",
        "セッション いいえ → はい",
        "種別 事実・事例 → 課題",
        "サービス Amazon SQS → Amazon SQS、AWS Lambda",
        "登壇者 なし → 田中 一",
        "日付 なし → 2018年3月10日",
    ]
    assert re.findall(r"<span>Anna</span> <span>(\d+)", page) == ["2026"] * 5


def test_the_list_is_narrowed_to_a_report_and_an_assistant_and_is_paged(kb: KnowledgeBase, client: FlaskClient) -> None:
    read(kb, (TWICE, {"kind": "problem", "was": {"kind": "statement"}}))
    read(kb, (LUNCH, {"kind": "label", "was": {"kind": "statement"}}), by="Ben", minute=1)
    read(kb, (LUNCH, {"kind": "label", "was": {"kind": "statement"}}), source="b.md", minute=2)

    assert [text for text, _ in listed(client)] == [LUNCH, LUNCH, TWICE]
    assert [text for text, _ in listed(client, f"{LIST}&report={report_id(kb)}")] == [LUNCH, TWICE]
    assert [text for text, _ in listed(client, f"{LIST}&by=Anna")] == [LUNCH, TWICE]
    assert [text for text, _ in listed(client, f"{LIST}&report={report_id(kb)}&by=Ben")] == [LUNCH]
    assert "<option selected>Ben</option>" in client.get(f"{LIST}&by=Ben").text
    assert [text for text, _ in listed(client, f"{LIST}&page=9")] == [LUNCH, LUNCH, TWICE]


def test_one_reading_is_taken_back_and_again_with_the_bytes_of_its_file(kb: KnowledgeBase, client: FlaskClient) -> None:
    kind = note(kb, TWICE).kind
    read(
        kb,
        (TWICE, {"kind": "label", "was": {"kind": kind}}),
        (LUNCH, {"kind": "label", "was": {"kind": "statement"}}),
    )
    before = files(kb)
    task = client.get(LIST, headers=JSON).json["tasks"][1]
    after = taken_back(client, report=task["report"]["id"], of=task["of"], at=task["at"], back=LIST)
    left = listed(client)  # before the index has it
    client.post("/sync", headers=OURS)
    kinds = [note(kb, TWICE).kind, note(kb, LUNCH).kind]
    marks = {one.text: one.undone for one in readings_in(files(kb)["a.md.jsonl"]).values()}
    undone(client, after)

    assert ([text for text, _ in left], kinds) == ([LUNCH], [kind, "label"])
    assert marks == {TWICE: True, LUNCH: False}  # the assistant is not asked again
    assert (files(kb), note(kb, TWICE).kind) == (before, "label")


@pytest.mark.parametrize(("form", "left"), [({"report": "a.md"}, 2), ({"by": "Ben"}, 2), ({}, 0)])
def test_all_of_a_report_of_an_assistant_and_of_the_library_is_taken_back_by_one_button(
    kb: KnowledgeBase, client: FlaskClient, form: dict[str, str], left: int
) -> None:
    same = {"kind": "label", "was": {"kind": "statement"}}
    read(kb, (TWICE, same), (LUNCH, {"kind": "impression"}))  # the second as kb says itself
    for by, text in (("Anna", TWICE), ("Ben", LUNCH)):
        read(kb, (text, same), source="b.md", by=by)
    before = files(kb)
    after = taken_back(client, **{key: report_id(kb) if key == "report" else value for key, value in form.items()})
    still = listed(client)
    undo = undone(client, after)
    again = undone(client, undo)

    assert (len(still), len(listed(client))) == (left, left)
    undone(client, again)
    assert files(kb) == before


def test_what_changed_since_is_not_taken_back(kb: KnowledgeBase, client: FlaskClient) -> None:
    read(kb, (TWICE, {"kind": "label", "was": {"kind": "statement"}}))
    task = client.get(LIST, headers=JSON).json["tasks"][0]
    form = {"report": task["report"]["id"], "of": task["of"], "at": task["at"]}
    after = taken_back(client, **form)
    twice = taken_back(client, **form)
    read(kb, (TWICE, {"kind": "question", "was": {"kind": "statement"}}), minute=5)
    stale, kept = taken_back(client, **form), files(kb)
    undo = undone(client, after)

    assert [one.status_code for one in (twice, stale, undo)] == [409, 409, 409]
    assert "readings/a.md.jsonl" in undo.text
    assert files(kb) == kept


def test_a_report_says_who_read_how_much_and_notes_and_talks_that_they_were_read(
    kb: KnowledgeBase, client: FlaskClient
) -> None:
    read(kb, (TALK, {"role": "talk", "speakers": ()}), (TWICE, {"kind": "problem", "was": {"kind": "statement"}}))
    page = client.get(f"/report/{report_id(kb)}").text
    twice, lunch = note(kb, TWICE), note(kb, LUNCH)

    assert "Anna が 3 件のメモのうち 1 件を読みました" in page
    assert f'href="/todo?what=assistant&amp;report={quote(report_id(kb))}"' in page
    assert page.count("Anna が読みました") == 2  # of the talk, and in the menu of the note
    assert [one["read_by"] for one in client.get(f"/report/{report_id(kb)}", headers=JSON).json["notes"]] == [
        "Anna",
        "",
        "",
    ]
    assert client.get(f"/note/{lunch.id}", headers=JSON).json["talk"]["read_by"] == "Anna"
    assert ["Anna が読みました" in client.get(f"/note/{one.id}").text for one in (twice, lunch)] == [True, False]
    assert "Anna" not in client.get(f"/report/{report_id(kb, 'b.md')}").text
    assert LIST in client.get("/").text


def test_why_says_that_an_assistant_reads_it_so(kb: KnowledgeBase, client: FlaskClient) -> None:
    read(
        kb,
        ("report", {"event": "別の会"}),
        (TALK, {"role": "talk"}),
        (TWICE, {"kind": "problem"}),
        (CHECK, {"add": ("s3",)}),
    )
    twice, check = note(kb, TWICE), note(kb, CHECK)
    talk = twice.talk
    assert talk
    pages = [client.get(f"/why/{one}") for one in (twice.id, talk.id, check.id)]

    assert ["アシスタントの Anna が" in page.text for page in pages] == [True, True, False]
    records = [client.get(f"/why/{one}", headers=JSON).json for one in (twice.id, talk.id, check.id)]
    assert [(one["sure"] == 1.0, one["read_by"], bool(one["reasons"])) for one in records] == [
        (True, "Anna", False),
        (True, "Anna", False),
        (False, "", True),
    ]


def test_what_an_assistant_settled_leaves_the_other_lists(kb: KnowledgeBase, client: FlaskClient) -> None:
    def counts() -> list[int]:
        return [len(client.get(f"/todo?what={what}", headers=JSON).json["tasks"]) for what in ("date", "speaker")]

    before = counts()
    read(kb, ("report", {"held_on": "2018-03-10"}), (TALK, {"role": "talk", "speakers": ()}))

    assert (before, counts()) == ([2, 2], [1, 1])


def test_a_persons_answer_is_shown_as_the_persons(kb: KnowledgeBase, client: FlaskClient) -> None:
    was = {"was": {"kind": "statement"}}
    read(kb, (TWICE, {"kind": "problem", **was}), (LUNCH, {"kind": "problem"}), (CHECK, {"kind": "advice", **was}))
    for text, form in ((TWICE, {"kind": "problem"}), (LUNCH, {"no": "problem"}), (CHECK, {"add": "S3"})):
        client.post(f"/correct/{note(kb, text).id}", data=form, headers=OURS)
    found = [note(kb, text) for text in (TWICE, LUNCH, CHECK)]

    assert [(one.kind == "problem", one.read_by) for one in found] == [(True, ""), (False, ""), (False, "Anna")]
    assert re.findall(r"<li>.*?</li>", client.get(LIST).text, re.DOTALL)[-1].count("種別は人が直しました") == 1
    assert client.get(LIST).text.count("種別は人が直しました") == 1
    assert "人がそう訂正しました" in client.get(f"/why/{found[0].id}").text


def test_readings_that_somebody_edited_by_hand_are_shown_as_they_are(kb: KnowledgeBase, client: FlaskClient) -> None:
    known = keys(kb)
    odd = {"kind": ["<b>"], "services": 3, "speakers": "x", "talk": "no", "changes": [4], "remedy_of": 5, "nose": 1}
    lines = [
        LineReading(known[TWICE], "<i>Anna", "gestern", "<u>", kind="label", speakers=("y",), changes=(), was=odd),
        LineReading("ffffffff", "Anna", "2026", "weg", kind="label", was={"kind": "problem"}),
    ]
    kb.collection.library.keep_readings("a.md", lambda _: {one.of: one for one in lines})
    kb.indexer.sync()
    page = client.get(LIST)

    assert page.status_code == 200
    assert "この行は、今のレポートにはありません。" in page.text
    assert re.findall(r"<[biu]>(?:Anna)?<", page.text) == []
    assert "gestern" in page.text


def note(kb: KnowledgeBase, text: str, source: str = "a.md") -> Note:
    return next(one for one in kb.browser.report(report_id(kb, source))[1] if one.text == text)
