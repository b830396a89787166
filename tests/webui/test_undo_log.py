"""What was done last on a page: taken back once, done again once, forgotten in turn; and where one comes back to."""

import re
import threading
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, quote, unquote, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from kb.indexing.outcomes import SyncOutcome
from kb.knowledge_base import KnowledgeBase
from webui.app import create_app
from webui.http.undo_log import Undo, UndoLog, came_from
from webui.pages import updating

OURS = {"Sec-Fetch-Site": "same-origin"}
REPORT = """\
# 見本勉強会 2019 参加レポート

## 【A】11:10~12:00:キューの話

登壇: 見本 花子

- SQS は順番を守らない
- 必ずDLQを設定すること
"""
SEARCH = "/?q=順番&page=1"


def test_a_deed_is_taken_back_once_and_what_took_it_back_in_turn() -> None:
    undo_log, turned = UndoLog(), list[int]()

    def turn(number: int) -> int:
        turned.append(number)
        return -number

    done = undo_log.add("did it", Undo(turn, 7, lambda number: f"now {number}"))

    back = undo_log.undo(done.key)
    assert back is not None
    again = undo_log.undo(back.key)
    assert again is not None

    assert [(undo_entry.text, undo_entry.detail, undo_entry.undone) for undo_entry in (done, back, again)] == [
        ("did it", "now 7", False),
        ("did it", "now -7", True),
        ("did it", "now 7", False),
    ]
    assert (turned, undo_log.undo(done.key), undo_log.undo(back.key)) == ([7, -7], None, None)


def test_a_deed_that_is_refused_is_kept() -> None:
    undo_log, refusals = UndoLog(), [OSError("full")]

    def turn(number: int) -> int:
        if refusals:
            raise refusals.pop()
        return -number

    done = undo_log.add("did it", Undo(turn, 7))
    with pytest.raises(OSError, match="full"):
        undo_log.undo(done.key)

    assert undo_log.find(done.key) == done
    assert undo_log.undo(done.key) is not None


def test_what_cannot_be_taken_back_is_told_and_no_more() -> None:
    undo_log = UndoLog()
    done = undo_log.add("did it", None)

    assert (undo_log.undo(done.key), undo_log.undo("none")) == (None, None)


def test_a_hundred_deeds_are_remembered() -> None:
    undo_log = UndoLog()
    keys = [undo_log.add(str(number), None).key for number in range(101)]

    assert [undo_log.find(key) is None for key in keys] == [True, *[False] * 100]
    assert len(set(keys)) == 101


@pytest.mark.parametrize(
    ("back", "settled", "told"),
    [
        ("/", True, "/?done=KEY"),
        ("/note/a?q=冪等&done=old&page=2", True, "/note/a?q=冪等&page=2&done=KEY"),
        ("/note/a?doney=1", True, "/note/a?doney=1&done=KEY"),
        ("/note/a?q=1#x", False, "/sync?done=KEY&back=%2Fnote%2Fa%3Fq%3D1"),
    ],
)
def test_one_comes_back_to_where_one_was_with_the_deed(back: str, told: str, *, settled: bool) -> None:
    undo_log = UndoLog()
    done = undo_log.add("did it", None)
    with Flask("test").test_request_context():
        response = undo_log.redirect_back(done, back, synced=settled)
        anchored = undo_log.redirect_back(done, back, "あ b", synced=settled)

    location = told.replace("KEY", done.key)
    assert (response.status_code, response.location) == (303, location)
    assert anchored.location == location + ("#%E3%81%82%20b" if settled else "%23%25E3%2581%2582%2520b")


@pytest.mark.parametrize(
    ("asked", "referrer", "to"),
    [
        ("/x?back=/note/a?q=1", None, "/note/a?q=1"),
        ("/x?back=//evil.example/", None, "/otherwise"),
        ("/x?back=/%5Cevil.example/", None, "/otherwise"),
        ("/x?back=https://evil.example/", None, "/otherwise"),
        ("/x?back=/a%0Ab", None, "/otherwise"),
        ("/x?back=/x", None, "/otherwise"),
        ("/x?back=/x?y=1", None, "/otherwise"),
        ("/x", "http://localhost/note/a?q=1#part", "/note/a?q=1"),
        ("/x", "http://evil.example/note/a", "/otherwise"),
        ("/x", "http://news.example/note/a", "/otherwise"),
        ("/x", "http://localhost/x", "/otherwise"),
        ("/x", "http://[", "/otherwise"),
        ("/x", None, "/otherwise"),
    ],
)
def test_only_a_page_of_ours_that_is_another_is_come_back_to(asked: str, referrer: str | None, to: str) -> None:
    headers = {"Referer": referrer} if referrer else {}
    with Flask("test").test_request_context(asked, headers=headers):
        assert came_from("/otherwise") == to


def test_one_comes_back_at_once_where_nothing_is_said_of_an_update() -> None:
    undo_log = UndoLog()
    done = undo_log.add("did it", None)
    with Flask("test").test_request_context():
        assert undo_log.redirect_back(done, "/").location == f"/?done={done.key}"


def test_the_form_remembers_where_one_came_from() -> None:
    with Flask("test").test_request_context("/x?back=/b", method="POST", data={"back": "/a"}):
        assert came_from("/otherwise") == "/a"


@pytest.fixture
def knowledge_base(tmp_path: Path) -> KnowledgeBase:
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "a.md").write_text(REPORT, "utf-8")
    knowledge_base = KnowledgeBase.open(tmp_path / "library", tmp_path / "index")
    knowledge_base.indexer.sync()
    return knowledge_base


# What is pressed: the address and the fields of its form, the page where that is, the one where one is afterwards, and
# whether that is at the note. NOTE, TALK and REPORT stand for their ids.
DEEDS = {
    "a service is added": ("/correct/NOTE", {"add": "Lambda", "back": SEARCH}, "/correct/NOTE", SEARCH, True),
    "a service is taken off": ("/correct/NOTE", {"remove": "sqs"}, SEARCH, SEARCH, True),
    "a kind is told": ("/correct/NOTE", {"kind": "advice"}, SEARCH, SEARCH, True),
    "a kind is denied": ("/correct/NOTE", {"no": "advice"}, "/talk/TALK", "/talk/TALK", True),
    "an answer is none": ("/correct/NOTE", {"no_answer_to": "順番", "back": SEARCH}, SEARCH, SEARCH, True),
    "a talk is none": ("/correct-talk/TALK", {"talk": "no", "back": "/report/REPORT"}, "/talk/TALK", "/report/REPORT",
                       False),
    "a speaker is none": ("/correct-talk/TALK", {"no_speaker": "見本 花子"}, "/talk/TALK", "/talk/TALK", False),
    "a day is told": ("/correct-report/REPORT", {"date": "2019-03-10"}, "/report/REPORT", "/report/REPORT", False),
    "a report is taken out": ("/remove/REPORT", {}, "/report/REPORT", "/reports", False),
    "a search is saved": ("/saved", {"name": "順", "address": "q=順番", "back": SEARCH}, SEARCH, SEARCH, False),
    "a library is read again": ("/sync", {}, "/reports?year=2019", "/reports?year=2019", False),
}  # fmt: skip


@pytest.mark.parametrize("slow", [False, True])
@pytest.mark.parametrize("what", DEEDS)
def test_one_is_where_one_was(
    knowledge_base: KnowledgeBase, monkeypatch: pytest.MonkeyPatch, what: str, *, slow: bool
) -> None:
    going_on = threading.Event()
    client, updater = waiting(knowledge_base, going_on)
    (report,) = knowledge_base.browser.reports()
    ids = {"NOTE": knowledge_base.browser.report(report.id)[1][0].id, "TALK": report.talks[0].id, "REPORT": report.id}

    def named(told: str) -> str:
        for key, one in ids.items():
            told = told.replace(key, one)
        return told

    path, fields, pressed, expected, at_note = DEEDS[what]
    came = {**OURS, "Referer": f"http://localhost{quote(named(pressed), safe='/?&=')}"}
    if slow:
        monkeypatch.setattr(updating, "PATIENCE", 0.0)
        done = client.post(named(path), data={key: named(one) for key, one in fields.items()}, headers=came)
        assert urlsplit(done.location).path == "/sync"
        shown = client.get(done.location)
        said = re.findall(r'<div( role="status")?>\s*<form class="notice deed"', shown.text)
        assert (shown.status_code, ' role="status"' in said) == (
            200,
            False,
        )  # said aloud once, on the page that it leads to
        going_on.set()
        assert updater.update(600)
        done = client.get(done.location)
    else:
        going_on.set()
        done = client.post(named(path), data={key: named(one) for key, one in fields.items()}, headers=came)

    if what == "a talk is none" and not slow:  # its notes have new ids
        at_note, ids["NOTE"] = True, knowledge_base.browser.report(report.id)[1][0].id
    assert_led_to(done.location, named(expected), ids["NOTE"] if at_note else "")
    assert 'class="notice deed"' in client.get(done.location).text


def assert_led_to(location: str, expected: str, anchor: str) -> None:
    there, wanted = urlsplit(location), urlsplit(expected)
    asked = {key: values for key, values in parse_qs(there.query).items() if key != "done"}

    assert (unquote(there.path), asked, unquote(there.fragment)) == (wanted.path, parse_qs(wanted.query), anchor)


def test_what_is_taken_back_and_done_again_is_so_where_one_was(knowledge_base: KnowledgeBase) -> None:
    going_on = threading.Event()
    going_on.set()
    client, _ = waiting(knowledge_base, going_on)
    note = knowledge_base.browser.report(knowledge_base.browser.reports()[0].id)[1][0].id
    location = client.post(f"/correct/{note}", data={"remove": "sqs", "back": SEARCH}, headers=OURS).location
    for _ in ("taken back", "done again"):
        back, undo_entry = location.partition("#")[0], parse_qs(urlsplit(location).query)["done"][0]
        location = client.post("/undo", data={"change": undo_entry, "back": back}, headers=OURS).location

        assert_led_to(location, SEARCH, note)


def test_a_new_report_is_led_to_though_its_update_takes_long(
    knowledge_base: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(updating, "PATIENCE", 0.0)
    going_on = threading.Event()
    client, updater = waiting(knowledge_base, going_on)
    text = REPORT.replace("2019", "2021").replace("見本", "手本")
    done = client.post("/add", data={"text": text, "step": "save"}, headers=OURS)
    going_on.set()
    assert updater.update(600)

    led = client.get(done.location).location
    new = next(entry for entry in knowledge_base.browser.reports() if "手本" in entry.title)
    assert unquote(urlsplit(led).path) == f"/report/{new.id}"


def test_an_update_tells_where_one_was_that_something_is_wrong(knowledge_base: KnowledgeBase) -> None:
    going_on = threading.Event()
    going_on.set()
    client, _ = waiting(knowledge_base, going_on)
    (knowledge_base.collection.library.path / "b.md").write_text(REPORT, "utf-8")  # the same post
    (knowledge_base.collection.library.path / "c.md").write_text(REPORT, "utf-8")
    back = client.post("/sync", headers={**OURS, "Referer": "http://localhost/reports"}, follow_redirects=True)

    assert back.request.path == "/reports"
    assert "読めなかったファイル・注意 2件（原因 1種類）" in back.text


@pytest.mark.parametrize("back", ["//evil.example/", "https://evil.example/", "/\\evil.example"])
def test_the_page_of_an_update_leads_to_no_other_host(knowledge_base: KnowledgeBase, back: str) -> None:
    client, _ = waiting(knowledge_base, threading.Event())

    assert client.get("/sync", query_string={"back": back}).status_code == 200


def waiting(knowledge_base: KnowledgeBase, going_on: threading.Event) -> tuple[FlaskClient, updating.Updater]:
    """Return a client of a page whose updates wait until they may go on."""

    def sync(_tell: Callable[[str, int, int], None]) -> SyncOutcome:
        going_on.wait(600)
        return knowledge_base.indexer.sync()

    updater = updating.Updater(sync)
    return create_app(knowledge_base, updater=updater).test_client(), updater
