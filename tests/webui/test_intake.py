"""Writing through the page: adding, correcting, replacing and removing reports, and what is refused."""

import base64
import html
import io
import re
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict
from werkzeug.test import EnvironBuilder, TestResponse
from werkzeug.wrappers import Response

from kb.indexing import adder
from kb.indexing.outcomes import SyncOutcome
from kb.knowledge_base import KnowledgeBase
from kb.readers.archives import MAX_REPORT_BYTES
from kb.report.identity import digest
from webui.app import create_app
from webui.http import uploads
from webui.http.security import HEADERS
from webui.pages import updating

REPORT = """# 見本勉強会 2019 参加レポート

## 【A】10:00~10:40:箱の話

- SQS は順番を守らない
- Lambda で受ける
"""
OURS = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def knowledge_base(tmp_path: Path) -> KnowledgeBase:
    (tmp_path / "library").mkdir()
    knowledge_base = KnowledgeBase.open(tmp_path / "library", tmp_path / "index")
    knowledge_base.indexer.sync()
    return knowledge_base


@pytest.fixture
def client(knowledge_base: KnowledgeBase) -> FlaskClient:
    return create_app(knowledge_base).test_client()


def fields(page: TestResponse) -> dict[str, str]:
    """Return what the first form of a page would send."""
    inputs = re.findall(r"<input [^>]*>", page.text)
    named = {tag: dict(re.findall(r'(\w+)="([^"]*)"', tag)) for tag in inputs if 'form="search"' not in tag}
    return {a["name"]: html.unescape(a.get("value", "")) for a in named.values() if a.get("name") not in {None, "q"}}


def send(client: FlaskClient, data: dict[str, object]) -> TestResponse:
    return client.post("/add", data=data, headers=OURS)


def totals(client: FlaskClient, *words: str) -> list[int]:
    return [
        client.get("/", query_string={"q": word}, headers={"Accept": "application/json"}).json["total"]
        for word in words
    ]


def files(knowledge_base: KnowledgeBase) -> list[str]:
    return sorted(path.name for path in knowledge_base.collection.library.path.iterdir())


def test_a_pasted_report_is_shown_first_and_saved_with_what_was_corrected(
    client: FlaskClient, knowledge_base: KnowledgeBase
) -> None:
    shown = send(client, {"text": REPORT.replace("\n", "\r\n")})
    before = files(knowledge_base)
    saved = send(client, {**fields(shown), "date": "2019-07-06", "step": "save"})
    report = client.get(saved.location)

    assert (before, files(knowledge_base)) == ([], ["kb.toml", "見本勉強会-2019-ab70.md"])
    assert "SQS は順番を守らない" in shown.text
    assert "2019年7月6日" in report.text
    assert totals(client, "順番") == [1]
    assert (knowledge_base.collection.library.path / "見本勉強会-2019-ab70.md").read_text("utf-8") == REPORT
    assert (knowledge_base.collection.library.path / "kb.toml").read_text("utf-8").split("\n")[1:] == [
        'date = "2019-07-06"',
        "",
    ]


def panel(client: FlaskClient, shown: TestResponse, about: str) -> TestResponse:
    """Open the panel of the first note, talk or line of a preview whose button begins so."""
    key = next(html.unescape(one) for one in re.findall(r'name="about" value="([^"]*)"', shown.text) if about in one)
    return send(client, {**fields(shown), "about": key})


def corrected(client: FlaskClient, shown: TestResponse, about: str, **changed: str) -> TestResponse:
    """Open a panel of a preview, change it, and return the preview that comes back."""
    own = {
        key: value
        for key, value in fields(panel(client, shown, about)).items()
        if key not in ("remove", "heading", "talk")
    }
    return send(client, {**own, "panel": "1", **changed})


LONGER = REPORT + "\n## 鍵について\n\n- 鍵は必ず返す\n"
BOTH = {"title": "箱のうた", "speakers": "山田 花子"}


def test_a_note_a_talk_and_a_line_are_corrected_in_the_preview_and_saved_and_undone_with_the_report(
    client: FlaskClient, knowledge_base: KnowledgeBase
) -> None:
    library = knowledge_base.collection.library.path
    shown = corrected(client, send(client, {"text": LONGER}), "note:", kind="advice", add="S3", remove="sqs", **BOTH)
    shown = corrected(client, shown, f"line:見本勉強会-2019/{digest('鍵について', length=6)}", heading="yes")
    saved = send(client, {**fields(shown), "event": "改名会", "step": "save"})
    (report,) = knowledge_base.browser.reports()
    note = knowledge_base.browser.report(report.id)[1][0]
    written = (library / "kb.toml").read_text("utf-8")
    undone = client.post("/undo", data={"change": saved.location.partition("done=")[2]}, headers=OURS)
    gone = [name for name in files(knowledge_base) if not name.endswith("~")]
    client.post("/undo", data={"change": undone.location.partition("done=")[2]}, headers=OURS)

    assert [(talk.title, talk.speakers) for talk in report.talks] == [("箱のうた", ("山田 花子",)), ("鍵について", ())]
    assert (report.event, note.kind, [one.service for one in note.services]) == ("改名会", "advice", ["s3"])
    assert "「鍵について」をセッションにしました。" in shown.text
    assert (gone, (library / "kb.toml").read_text("utf-8")) == (["kb.toml"], written)
    assert knowledge_base.browser.reports() == (report,)


def test_who_undoes_an_added_report_is_led_to_the_reports_and_not_to_its_page_that_is_gone(
    client: FlaskClient, knowledge_base: KnowledgeBase
) -> None:
    saved = send(client, {"text": LONGER, "step": "save"})
    (report,) = knowledge_base.browser.reports()
    from_its_page = {**OURS, "Referer": f"http://localhost/report/{report.id}"}

    undone = client.post("/undo", data={"change": saved.location.partition("done=")[2]}, headers=from_its_page)

    assert client.get(undone.location, follow_redirects=True).status_code == 200
    assert undone.location.startswith("/reports?done=")


def test_a_line_ends_the_talk_above_in_the_preview(client: FlaskClient, knowledge_base: KnowledgeBase) -> None:
    shown = send(client, {"text": LONGER.replace("## 鍵", "### 鍵")})
    shown = corrected(client, shown, f"line:見本勉強会-2019/{digest('鍵について', length=6)}", heading="ends")
    send(client, {**fields(shown), "step": "save"})
    _, read = knowledge_base.browser.report(knowledge_base.browser.reports()[0].id)

    assert [note.talk and note.talk.title for note in read if note.text == "鍵は必ず返す"] == [None]
    assert 'talk = "ends"' in (knowledge_base.collection.library.path / "kb.toml").read_text("utf-8")


def test_a_report_is_said_to_be_about_one_talk_in_the_preview(
    client: FlaskClient, knowledge_base: KnowledgeBase
) -> None:
    before = send(client, {"text": "---\ntitle: 鍵の話\n---\n\n# 感想\n\n- 鍵は必ず返す\n"})
    shown = send(client, {**fields(before), "heading": "yes"})
    undone = send(client, {**fields(shown), "step": "undo"})
    send(client, {**fields(shown), "step": "save"})
    (report,) = knowledge_base.browser.reports()
    without_title = send(client, {"text": "- 鍵は必ず返す\n"})

    said = "このレポートはひとつのセッションの記録"
    assert [said in page.text for page in (before, shown, undone, without_title)] == [True, False, True, False]
    assert "「鍵の話」をセッションにしました。" in shown.text
    assert [talk.title for talk in report.talks] == ["鍵の話"]
    assert [note.talk and note.talk.title for note in knowledge_base.browser.report(report.id)[1]] == ["鍵の話"]


def test_a_correction_in_the_preview_is_undone_and_redone_and_saves_nothing(
    client: FlaskClient, knowledge_base: KnowledgeBase
) -> None:
    shown = corrected(client, send(client, {"text": REPORT}), "talk:", talk="no")
    undone = send(client, {**fields(shown), "step": "undo"})
    redone = send(client, {**fields(undone), "step": "undo"})

    assert ["talk:" in page.text for page in (shown, undone, redone)] == [False, True, False]
    assert (fields(redone)["corrections"], files(knowledge_base)) == (fields(shown)["corrections"], [])


def test_what_a_panel_of_the_preview_refuses_is_beside_its_field(client: FlaskClient) -> None:
    shown = corrected(client, send(client, {"text": REPORT}), "note:", add="SQSS")
    back = send(client, {**fields(shown), "step": "preview"})

    assert (shown.status_code, 'id="add-error"' in shown.text, 'value="SQSS"' in shown.text) == (422, True, True)
    assert (back.status_code, "「SQSS」" in back.text) == (200, False)


def test_corrections_of_the_preview_hold_for_the_report_that_it_replaces(
    client: FlaskClient, knowledge_base: KnowledgeBase
) -> None:
    first = corrected(client, send(client, {"text": REPORT}), "note:", add="S3")
    send(client, {**fields(first), "event": "改名会", "step": "save"})
    again = corrected(client, send(client, {"text": REPORT + "- 追記\n"}), "note:", kind="advice")
    send(client, {**fields(again), "step": "save"})
    (report,) = knowledge_base.browser.reports()
    note = knowledge_base.browser.report(report.id)[1][0]

    assert (report.event, note.kind, [one.service for one in note.services]) == ("改名会", "advice", ["sqs", "s3"])


@pytest.mark.parametrize("wrong", ["{", '{"notes": 1}', '{"notes": {"a": {"kind": "?"}}}'])
def test_corrections_that_no_page_sent_are_refused(client: FlaskClient, wrong: str) -> None:
    assert send(client, {"text": REPORT, "corrections": wrong}).status_code == 400


def test_a_file_keeps_its_name_and_its_bytes(client: FlaskClient, knowledge_base: KnowledgeBase) -> None:
    data = REPORT.replace("\n", "\r\n").encode("cp932")
    with (knowledge_base.collection.library.path.parent / "講演メモ.md").open("w+b") as file:
        file.write(data)
        file.seek(0)
        shown = client.post("/add", data={"file": (file, "講演メモ.md")}, headers=OURS)
    send(client, {**fields(shown), "step": "save"})

    assert (knowledge_base.collection.library.path / "講演メモ.md").read_bytes() == data
    assert totals(client, "順番") == [1]


def test_the_same_report_again_takes_the_place_of_the_old_one(
    client: FlaskClient, knowledge_base: KnowledgeBase
) -> None:
    longer = REPORT + "- あとで書き足した\n"
    for text in (REPORT, longer):
        shown = send(client, {"text": text})
        send(client, {**fields(shown), "step": "save"})

    assert "同じレポートがあります" in shown.text
    assert len(files(knowledge_base)) == 2
    assert totals(client, "書き足した", "順番") == [1, 1]


@pytest.mark.parametrize("meanwhile", [REPORT + "- 別の人の追記\n", ""])
def test_what_takes_another_place_than_was_shown_is_shown_again_before_it_is_kept(
    client: FlaskClient, knowledge_base: KnowledgeBase, meanwhile: str
) -> None:
    path = knowledge_base.collection.library.path / "a.md"
    path.write_text(REPORT, "utf-8")
    knowledge_base.indexer.sync()
    shown = send(client, {"text": REPORT + "- 追記\n"})
    path.write_text(meanwhile or "# 別の会 2020\n\n- 監視\n", "utf-8")
    before = path.read_text("utf-8")
    again = send(client, {**fields(shown), "step": "save"})
    untouched = path.read_text("utf-8"), files(knowledge_base)
    saved = send(client, {**fields(again), "step": "save"})

    told = "次のファイルを差し替えます: a.md" if meanwhile else "新しいファイルになります"
    assert (again.status_code, told in again.text, untouched) == (409, True, (before, ["a.md"]))
    assert (saved.status_code, len(files(knowledge_base))) == (303, 2)


def test_a_removed_report_is_found_no_more_and_its_file_is_kept(
    client: FlaskClient, knowledge_base: KnowledgeBase
) -> None:
    client.post("/add?name=a.md", data=REPORT.encode(), content_type="text/markdown", headers=OURS)
    report = knowledge_base.browser.reports()[0].id
    response = client.post(f"/remove/{report}", headers=OURS)

    assert (response.status_code, totals(client, "順番"), files(knowledge_base)) == (303, [0], ["a.md.bd8b9804~"])


def test_an_export_is_shown_with_the_reports_in_it_and_kept_as_it_is(
    client: FlaskClient, knowledge_base: KnowledgeBase
) -> None:
    post = "TITLE: {0}\nSTATUS: {1}\n-----\nBODY:\n<ul><li>{0}の順番</li></ul>\n-----\n--------\n"
    export = post.format("鍵の会", "Publish") + post.format("錠の会", "Publish") + post.format("秘密", "Draft")
    shown = send(client, {"text": export})
    before = files(knowledge_base)
    saved = send(client, {**fields(shown), "step": "save"})

    assert [word in shown.text for word in ("2件のレポート", "鍵の会", "錠の会", "#3: 下書きです。")] == [True] * 4
    assert (before, saved.location.split("?")[0], files(knowledge_base)) == ([], "/reports", ["reports.txt"])
    assert totals(client, "順番", "秘密") == [2, 0]


def test_of_an_archive_of_many_reports_the_preview_reads_and_lists_the_first(
    client: FlaskClient, knowledge_base: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed, read = io.BytesIO(), list[str]()
    with zipfile.ZipFile(packed, "w") as archive:
        for number in range(60):
            archive.writestr(f"{number}.md", f"# {number}番の会 2019\n\n- 順番\n")
        for number in range(60):
            archive.writestr(f"{number}.bin", "\0\1\2" * 99)
    reading = adder.read_outline
    monkeypatch.setattr(adder, "read_outline", lambda data, name: read.append(name) or reading(data, name))
    packed.seek(0)
    shown = send(client, {"file": (packed, "a.zip")})

    assert (shown.status_code, len(read), shown.text.count("番の会 2019</span>\n")) == (200, 50, 50)
    assert "120件のレポートが入っています" in shown.text
    assert shown.text.count("ほかに 70件（ここには表示していません）。") == 1
    assert files(knowledge_base) == []


@pytest.mark.parametrize(
    ("head", "written", "held_on"),
    [
        ("title: 見本勉強会に参加した\ndate: 2020-01-05", "12月20日(金)", "2019-12-20"),  # before the post
        ("title: 見本勉強会 2019に参加した", "7月6日(土)", "2019-07-06"),
        ("title: 見本勉強会に参加した", "令和元年７月６日（土）", "2019-07-06"),
    ],
)
def test_a_date_is_corrected_in_the_preview_as_people_write_it(
    client: FlaskClient, knowledge_base: KnowledgeBase, head: str, written: str, held_on: str
) -> None:
    shown = send(client, {"text": f"---\n{head}\n---\n\n- 箱は二つ\n"})
    again = send(client, {**fields(shown), "date": written, "step": "preview"})
    send(client, {**fields(again), "step": "save"})

    assert f'name="date" value="{held_on}"' in again.text
    assert [entry.held_on for entry in knowledge_base.browser.reports()] == [held_on]


def test_a_program_sends_a_report_as_the_body_and_learns_where_it_is(client: FlaskClient) -> None:
    address = "/add?name=memo.md&event=別の名前&date=2020年1月"
    response = client.post(address, data=REPORT.encode(), content_type="text/markdown", headers=OURS)

    assert response.status_code == 201
    assert response.json["searchable"] is True
    assert client.get(response.location, headers={"Accept": "application/json"}).json["report"]["held_on"] == "2020-01"
    assert client.delete(response.location, headers=OURS).json["searchable"] is True
    assert totals(client, "順番") == [0]


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"text": " \n "}, "どちらかを入れてください"),
        ({"text": "# a", "date": "来年"}, "のような形で書いてください"),
        ({"data": "***"}, "要求の内容が分かりませんでした"),
        ({"data": "あ"}, "要求の内容が分かりませんでした"),
        (
            {"data": base64.b64encode(b"\x00\x01\x02\xff" * 99).decode(), "name": "a.bin"},
            "a.bin: テキストファイルではありません",
        ),
    ],
)
def test_what_is_no_report_is_refused_in_a_sentence(client: FlaskClient, sent: dict[str, object], told: str) -> None:
    response = send(client, {**sent, "step": "save"})

    assert (response.status_code, told in response.text) in [(422, True), (400, True)]


def test_what_is_no_name_of_an_event_is_told_beside_its_field_and_kept_nowhere(
    client: FlaskClient, knowledge_base: KnowledgeBase
) -> None:
    shown = send(client, {"text": REPORT, "event": "会" * 201, "step": "save"})
    sent = client.post(f"/add?event={'a' * 201}", data=REPORT.encode(), headers=OURS, content_type="text/plain")

    assert (shown.status_code, sent.status_code, files(knowledge_base)) == (422, 422, [])
    assert re.findall('id="event-error">([^<]*)', shown.text) == ["イベント名が200文字を超えています。"]
    assert fields(shown)["event"] == "会" * 201


def test_a_broken_configuration_stops_a_correction_and_says_so(
    client: FlaskClient, knowledge_base: KnowledgeBase
) -> None:
    (knowledge_base.collection.library.path / "kb.toml").write_text("[broken", "utf-8")
    response = send(client, {"text": REPORT, "event": "別の名前", "step": "save"})

    assert (response.status_code, "kb.toml" in response.text) == (409, True)


@pytest.mark.parametrize(
    ("language", "told"),
    [
        (
            "ja",
            "開けません（フォルダーです）。代わりにファイルを置いてください。先に直してください。何も書き込んでいません",
        ),
        ("en", "cannot be opened (Is a directory); put a file in its place; fix it first, nothing was written"),
    ],
)
def test_a_folder_named_kb_toml_is_told_in_a_sentence_without_the_folders_of_the_machine(
    client: FlaskClient, knowledge_base: KnowledgeBase, language: str, told: str
) -> None:
    (knowledge_base.collection.library.path / "kb.toml").mkdir()
    options = {"data": REPORT.encode(), "content_type": "text/plain"}
    response = client.post("/add?event=a", headers={**OURS, "Accept-Language": language}, **options)

    place, _, why = response.get_json()["detail"].partition("kb.toml: ")
    assert (response.status_code, "/" in place, why) == (409, False, told)


@pytest.mark.parametrize("over", [-1, 0, 1, MAX_REPORT_BYTES])
def test_a_body_is_stored_whole_or_refused(client: FlaskClient, knowledge_base: KnowledgeBase, over: int) -> None:
    data = (REPORT + "\n```\n").encode().ljust(MAX_REPORT_BYTES + over, b"x")
    response = client.post("/add?name=long.md", data=data, content_type="text/plain", headers=OURS)
    stored = knowledge_base.collection.library.path / "long.md"

    assert response.status_code == (201 if over <= 0 else 413)
    assert (stored.read_bytes() == data) if over <= 0 else not stored.exists()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Type": "image/png"}, 415),
        ({"Content-Type": "application/pdf"}, 415),
        ({"Content-Type": "text/plain"}, 411),
    ],
)
def test_bodies_of_other_kinds_and_unknown_length_are_refused(
    client: FlaskClient, headers: dict[str, str], status: int
) -> None:
    environ = EnvironBuilder("/add", method="POST", headers=OURS | headers).get_environ()
    environ.pop("CONTENT_LENGTH", None)
    response = Response.from_app(client.application, environ)

    assert (response.status_code, response.headers["Content-Security-Policy"]) == (
        status,
        HEADERS["Content-Security-Policy"],
    )


NAMES = [
    "../../x.md",
    "/etc/x.md",
    "..\\..\\x.md",
    ".hidden",
    "kb.toml",
    "a/b/c.md",
    "con\r\nx.md",
    "\x00.md",
    "名前.md",
    "x" * 300,
]


@pytest.mark.parametrize("name", NAMES)
def test_no_name_leads_out_of_the_library(client: FlaskClient, knowledge_base: KnowledgeBase, name: str) -> None:
    response = client.post(
        "/add", query_string={"name": name}, data=REPORT.encode(), content_type="text/plain", headers=OURS
    )
    written = [
        path
        for path in knowledge_base.collection.library.path.parent.rglob("*")
        if path.is_file() and b"SQS" in path.read_bytes()
    ]

    assert response.status_code == 201
    assert [path.parent for path in written if "index" not in path.parts] == [knowledge_base.collection.library.path]
    assert totals(client, "順番") == [1]


@given(st.binary(max_size=200))
def test_the_bytes_of_a_file_come_back_from_the_form(data: bytes) -> None:
    sent = uploads.Received(data, None, uploads.MetadataOverride())

    assert base64.b64decode(sent.encoded) == data


def test_while_an_update_runs_searches_are_answered_and_it_is_told_how_far_that_is(
    knowledge_base: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(updating, "PATIENCE", 0.0)
    (knowledge_base.collection.library.path / "a.md").write_text(REPORT, "utf-8")
    knowledge_base.indexer.sync()
    going_on = threading.Event()

    def sync(tell: Callable[[str, int, int], None]) -> SyncOutcome:
        tell("reading", 1, 2)
        going_on.wait(600)
        return knowledge_base.indexer.sync()

    updater = updating.Updater(sync)
    client = create_app(knowledge_base, updater=updater).test_client()
    client.post("/sync", headers=OURS)
    while not (told := client.get("/sync", headers={"Accept": "application/json"}).json)["total"]:
        pass
    found, shown = totals(client, "順番"), client.get("/sync").text
    going_on.set()

    assert ((told["running"], told["done"], told["total"]), found) == ((True, 1, 2), [1])
    assert '<progress max="2" value="1">' in shown
    assert updater.update(600)


def test_what_cannot_be_indexed_is_kept_and_not_called_searchable(knowledge_base: KnowledgeBase) -> None:
    def sync(_tell: object) -> SyncOutcome:
        raise OSError("the disk is full")

    client = create_app(knowledge_base, updater=updating.Updater(sync)).test_client()
    added = client.post(
        "/add", data=REPORT, content_type="text/markdown", headers={**OURS, "Accept": "application/json"}
    )

    assert (added.status_code, added.json["searchable"]) == (201, False)


def test_programs_that_add_are_answered_in_json_and_led_to_the_report(client: FlaskClient) -> None:
    def answer(query: str, content_type: str = "text/markdown") -> TestResponse:
        return client.post(f"/add{query}", data=REPORT, content_type=content_type, headers=OURS)

    wrong = [answer("?date=2018-99"), answer("?url=javascript:alert(1)"), answer("", "image/png")]
    added = answer("")

    assert [(one.status_code, one.mimetype) for one in wrong] == [
        *[(422, "application/problem+json")] * 2,
        (415, "application/problem+json"),
    ]
    assert client.get(added.json["url"]).status_code == 200
    assert added.json["url"].startswith("/report/")


@pytest.mark.parametrize(
    ("address", "named"),
    [("/sheet?note=zz/zz", "zz/zz"), ("/service/zz/feed", "zz"), ("/guide/zz.md", "zz"), ("/note/zz/zz", "zz/zz")],
)
def test_what_is_not_there_is_named_as_it_was_asked_for(client: FlaskClient, address: str, named: str) -> None:
    told = client.get(address, headers={"Accept": "application/json"})

    assert (told.status_code, f"「{named}」" in told.json["detail"]) == (404, True)


def test_a_folder_of_one_file_is_read(client: FlaskClient) -> None:
    fields = [("file", (io.BytesIO(), "")), ("file", (io.BytesIO(REPORT.encode()), "a.md"))]
    shown = client.post("/add", data=MultiDict(fields), headers=OURS)

    assert "SQS は順番を守らない" in shown.text


def test_the_update_page_tells_its_outcome(client: FlaskClient) -> None:
    started = client.post("/sync", headers=OURS)

    assert (started.location, "新規 0" in client.get("/sync").text) == ("/sync", True)
    assert client.get("/sync", headers={"Accept": "application/json"}).json["running"] is False


@pytest.mark.parametrize(
    ("language", "told"),
    [
        (
            "ja",
            "「a.md」と同じ記事です。一度だけ索引に入れました</span> ×4（4件のファイル: b.md、c.md、d.md ほか1件）",
        ),
        ("en", "the same post as &#34;a.md&#34;; indexed once</span> ×4 in 4 files: b.md, c.md, d.md and 1 more"),
    ],
)
def test_the_update_page_tells_what_is_wrong_by_its_cause_and_each_where_one_asks(
    client: FlaskClient, knowledge_base: KnowledgeBase, language: str, told: str
) -> None:
    for name in "abcde":
        (knowledge_base.collection.library.path / f"{name}.md").write_text(REPORT, "utf-8")
    client.post("/sync", headers=OURS)

    page = client.get("/sync", headers={"Accept-Language": language}).text
    assert (told in page, page.count("<li>")) == (True, 5)


RST = """\
箱の会 2019
===========

.. foo:: a

.. bar:: b

- 箱は{}個ある
"""


def folded(page: str) -> list[str]:
    """Return of what is wrong, as a page folds it, what stands in sight, each cause, and the line that follows."""
    page = re.sub(r"<details><summary>.*?</details>", "", page, flags=re.DOTALL)  # where each of a cause stands
    section = re.search(r'<details class="rest" id="problems">.*?</details>\s*<p>.*?</p>', page, re.DOTALL)
    assert section
    parts = re.findall(r"<summary>(.*?)</summary>|<li>(.*?)</li>|<p>(.*?)</p>", section[0], re.DOTALL)
    return [" ".join(re.sub("<[^>]*>", "", html.unescape("".join(one))).split()) for one in parts]


def test_the_update_page_folds_what_is_wrong_and_tells_what_to_do_next(
    client: FlaskClient, knowledge_base: KnowledgeBase
) -> None:
    for number in range(3):
        (knowledge_base.collection.library.path / f"{number}.rst").write_text(RST.format(number), "utf-8")
    client.post("/sync", headers=OURS)

    assert folded(client.get("/sync", headers={"Accept-Language": "en"}).text) == [
        "Files that could not be read, and notices 6, of 1 cause",
        'reStructuredText: Unknown directive type "…"; left unread ×6 in 3 files: 0.rst:4, 1.rst:4, 2.rst:4',
        "Everything else is searchable already. To fix the rest, edit the files, then update the index.",
    ]


def test_of_many_files_what_could_not_be_taken_and_what_is_wrong_in_the_others_is_gathered_by_cause(
    client: FlaskClient,
) -> None:
    files = {**{f"{n}.rst": RST.format(n).encode() for n in range(2)}, **{f"{n}.md": b"" for n in range(3)}}
    sent = [(io.BytesIO(data), name) for name, data in files.items()]
    page = client.post("/add", data={"file": sent}, headers={**OURS, "Accept-Language": "en"}).text
    left_out, _, warnings = page.partition("</section>")

    assert folded(left_out)[1:] == [
        "is empty; there is nothing to add ×3 in 3 files: 0.md, 1.md, 2.md",
        "Fix them, then add them again.",
    ]
    assert folded(warnings)[1].startswith('reStructuredText: Unknown directive type "…"; left unread ×4 in 2 files')


def test_a_preview_gathers_what_is_wrong_by_its_cause(client: FlaskClient) -> None:
    page = send(client, {"file": (io.BytesIO(RST.format(1).encode()), "a.rst")}).text

    assert folded(page)[0] == "読めなかったファイル・注意 2件（原因 1種類）"
    assert folded(page)[-1] == "読めたところだけを保存します。"
