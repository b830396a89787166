"""Putting right through the page: one comes back to where one was, is told what was done, and can take it back."""

import html
import io
import re
from pathlib import Path
from urllib.parse import quote, unquote

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from kb.knowledge_base import KnowledgeBase
from kb.library.contents import ReportEntry
from kb.report.model import Note
from webui.app import create_app

REPORT = """# 見本勉強会 2019 参加レポート

## 【A】10:00~10:40:箱の話

登壇者: 山田 花子

- SQS は順番を守らない
- Lambda で受ける
"""
OTHER = "# 別の会 2020\n\n- 監視の通知を絞る\n"
OURS = {"Sec-Fetch-Site": "same-origin"}
SEARCH = "/?q=%E9%A0%86%E7%95%AA&sort=new"


@pytest.fixture
def kb(tmp_path: Path) -> KnowledgeBase:
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "a.md").write_text(REPORT, "utf-8")
    kb = KnowledgeBase.open(tmp_path / "library", tmp_path / "index")
    kb.indexer.sync()
    return kb


@pytest.fixture
def client(kb: KnowledgeBase) -> FlaskClient:
    return create_app(kb).test_client()


def notes(kb: KnowledgeBase) -> list[str]:
    return [note.id for note in kb.browser.report(kb.browser.reports()[0].id)[1][1:]]


def tags(kb: KnowledgeBase) -> list[str]:
    return [mention.service for mention in kb.browser.note(notes(kb)[0]).services]


def tags_of(note: Note) -> list[str]:
    return [mention.service for mention in note.services]


def hidden(page: TestResponse) -> dict[str, str]:
    """Return the hidden fields of a page."""
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text)
    return {name: html.unescape(value) for name, value in found}


def sent(client: FlaskClient, address: str, /, **fields: str) -> TestResponse:
    return client.post(address, data=fields, headers=OURS)


def taken_back(client: FlaskClient, after: TestResponse) -> TestResponse:
    """Press the button that takes back what the page after a form tells."""
    page = client.get(after.location.partition("#")[0])
    assert "元に戻す" in page.text
    return sent(client, "/undo", **hidden(page))


def test_one_panel_has_the_note_its_talk_and_its_report_with_their_values(
    client: FlaskClient, kb: KnowledgeBase
) -> None:
    page = client.get(f"/correct/{notes(kb)[0]}").text
    fields = re.findall(r'<input name="(\w+)" (?:type="url" )?value="([^"]*)"', page)

    assert fields == [
        ("add", ""), ("title", "箱の話"), ("speakers", "山田 花子"), ("event", "見本勉強会 2019"), ("date", "2019"),
        ("url", ""),
    ]  # fmt: skip
    assert ('value="sqs"' in page, '<option value="statement" selected>' in page) == (True, True)


def test_the_panel_writes_what_was_changed_at_once_and_takes_it_back_at_once(
    client: FlaskClient, kb: KnowledgeBase
) -> None:
    (before,), note, path = kb.browser.reports(), notes(kb)[0], kb.collection.library.path / "kb.toml"
    form = {"panel": "1", "add": "S3、Lambda", "kind": "advice", "speakers": "山田 花子", "date": "2019"}
    after = sent(client, f"/correct/{note}", **form, title="箱のうた", event="別の会", url="", remove="sqs")
    (told,) = kb.browser.reports()
    written, corrected = path.read_text("utf-8"), kb.browser.note(note)
    taken_back(client, after)

    assert written == (
        f'[notes."{note}"]\nadd = ["s3", "lambda"]\nremove = ["sqs"]\nkind = "advice"\n\n'
        f'[talks."{before.talks[0].id}"]\ntitle = "箱のうた"\n\n'
        f'[reports."a.md"]\nevent = "別の会"\nformer = ["{before.id}"]\n'
    )
    assert (told.event, told.talks[0].title, corrected.kind, tags_of(corrected)) == (
        "別の会", "箱のうた", "advice", ["s3", "lambda"],
    )  # fmt: skip
    assert (path.read_text("utf-8").count("former"), kb.browser.reports()[0].talks) == (1, before.talks)


def test_the_panel_says_that_nothing_was_changed(client: FlaskClient, kb: KnowledgeBase) -> None:
    note = kb.browser.note(notes(kb)[0])
    after = sent(client, f"/correct/{note.id}", panel="1", kind=note.kind, add="", title="箱の話", date="2019")

    assert "変更はありません。" in client.get(after.location.partition("#")[0]).text
    assert not (kb.collection.library.path / "kb.toml").exists()


def test_a_title_is_corrected_cleared_and_taken_back(client: FlaskClient, kb: KnowledgeBase) -> None:
    (talk,) = kb.browser.reports()[0].talks
    after = sent(client, f"/correct-talk/{talk.id}", title="箱のうた")
    page = client.get(after.location)
    cleared = sent(client, f"/correct-talk/{talk.id}", title="")
    own = kb.browser.reports()[0].talks
    taken_back(client, cleared)

    assert (page.status_code, "「箱のうた」にしました" in page.text, own) == (200, True, (talk,))
    assert [(one.id, one.title) for one in kb.browser.reports()[0].talks] == [(talk.id, "箱のうた")]


@pytest.mark.parametrize(
    ("field", "wrong"), [("title", "長" * 201), ("speakers", "長い" * 60), ("add", "SQSS"), ("date", "きのう")]
)
def test_an_error_is_beside_its_field_and_nothing_is_written(
    client: FlaskClient, kb: KnowledgeBase, field: str, wrong: str
) -> None:
    page = sent(client, f"/correct/{notes(kb)[0]}", panel="1", **{"kind": "advice", field: wrong})

    assert (page.status_code, f'id="{field}-error"' in page.text, f'value="{wrong}"' in page.text) == (422, True, True)
    assert not (kb.collection.library.path / "kb.toml").exists()


NESTED = REPORT + "\n## 鍵について\n\n- 鍵は必ず返す\n- S3 に置く\n"


@pytest.fixture
def nested(kb: KnowledgeBase) -> KnowledgeBase:
    (kb.collection.library.path / "a.md").write_text(NESTED, "utf-8")
    kb.indexer.sync()
    return kb


def line_panels(client: FlaskClient, kb: KnowledgeBase, text: str) -> list[str]:
    """Return the addresses of the panels that the page of lines has for a line."""
    page = client.get(f"/lines/{kb.browser.reports()[0].id}").text
    found = re.findall(r'href="(/correct-talk/[^"]*)">([^<]*)', page)
    return [html.unescape(address) for address, label in found if text in label]


def test_any_line_is_made_a_talk_with_its_notes_and_their_corrections_and_taken_back(
    client: FlaskClient, nested: KnowledgeBase
) -> None:
    kb, titles = nested, lambda: [talk.title for talk in nested.browser.reports()[0].talks]
    before, kept = titles(), notes(kb)[-2]
    sent(client, f"/correct/{kept}", kind="advice", add="s3")
    (panel,) = line_panels(client, kb, "鍵について")
    form = client.get(panel)
    after = sent(client, panel, panel="1", heading="yes", **hidden(form))
    made, moved = titles(), kb.browser.note(notes(kb)[-2])
    taken_back(client, after)

    assert (">セッションの見出し</option>" in form.text, before, made, titles()) == (
        True, ["箱の話"], ["箱の話", "鍵について"], ["箱の話"],
    )  # fmt: skip
    assert (moved.talk and moved.talk.title, moved.kind, tags_of(moved)) == ("鍵について", "advice", ["s3"])
    assert (moved.id != kept, kb.browser.note(kept).kind) == (True, "advice")
    assert unquote(after.location.partition("#")[2]) == moved.id


def test_a_note_is_made_a_talk_in_its_panel(client: FlaskClient, nested: KnowledgeBase) -> None:
    note = notes(nested)[-2]
    sent(client, f"/correct/{note}", panel="1", heading="yes")

    assert [talk.title for talk in nested.browser.reports()[0].talks] == ["箱の話", "鍵は必ず返す"]


def test_a_talk_that_a_person_took_out_is_made_one_again_by_its_line(
    client: FlaskClient, nested: KnowledgeBase
) -> None:
    (talk,) = nested.browser.reports()[0].talks
    sent(client, f"/correct-talk/{talk.id}", talk="no")
    (panel,) = line_panels(client, nested, "箱の話")
    sent(client, panel, heading="yes")

    assert nested.browser.reports()[0].talks == (talk,)


def test_a_line_ends_the_talk_above_until_it_is_taken_back(client: FlaskClient, nested: KnowledgeBase) -> None:
    kb, path = nested, nested.collection.library.path / "kb.toml"
    path.with_name("a.md").write_text(NESTED.replace("## 鍵について", "### 鍵について"), "utf-8")
    kb.indexer.sync()
    talks, kept = (
        lambda: [note.talk and note.talk.title for note in kb.browser.report(kb.browser.reports()[0].id)[1]],
        notes(kb)[-2],
    )
    before = talks()
    (panel,) = line_panels(client, kb, "鍵について")
    after = sent(client, panel, panel="1", heading="ends", **hidden(client.get(panel)))
    ended, written = talks(), path.read_text("utf-8")
    said = client.get(after.location.partition("#")[0]).text
    taken_back(client, after)

    assert (before[-2:], ended, talks()) == (["箱の話"] * 2, [*before[:-2], None, None], before)
    assert written == f'[talks."{unquote(panel.partition("?")[0].removeprefix("/correct-talk/"))}"]\ntalk = "ends"\n'
    assert "上のセッションはここで終わります" in said
    assert kb.browser.note(kept).text == "鍵は必ず返す"


ON_ONE_TALK = "---\ntitle: 箱の話（山田 花子さん）\n---\n\n# 会場\n\n- 駅から近い\n\n# 感想\n\n- SQS は順番を守らない\n"
SAID = "このレポートはひとつのセッションの記録"


def on_one_talk(kb: KnowledgeBase) -> ReportEntry:
    (kb.collection.library.path / "a.md").write_text(ON_ONE_TALK, "utf-8")
    kb.indexer.sync()
    return kb.browser.reports()[0]


def test_a_report_is_said_to_be_about_one_talk_in_one_step_and_that_is_taken_back(
    client: FlaskClient, kb: KnowledgeBase
) -> None:
    page, path = f"/report/{on_one_talk(kb).id}", kb.collection.library.path / "kb.toml"
    sent(client, f"/correct/{notes(kb)[0]}", kind="advice")
    kinds = path.read_text("utf-8")
    before = client.get(page).text
    after = sent(client, page.replace("/report", "/correct-report"), heading="yes", back=page)
    shown = client.get(after.location.partition("#")[0]).text
    (talk,) = kb.browser.reports()[0].talks
    read = [(note.text, note.talk, note.kind) for note in kb.browser.report(page.removeprefix("/report/"))[1]]
    sent(client, f"/correct-talk/{talk.id}", title="箱のうた")
    renamed = kb.browser.reports()[0].talks[0].title
    sent(client, f"/correct-talk/{talk.id}", title="")
    taken_back(client, after)

    assert (SAID in before, SAID in shown, "「箱の話（山田 花子さん）」をセッションにしました。" in shown) == (
        True,
        False,
        True,
    )
    assert (talk.title, talk.speakers, renamed) == ("箱の話", ("山田 花子",), "箱のうた")
    assert read == [("駅から近い", talk, "statement"), ("SQS は順番を守らない", talk, "advice")]
    assert (kb.browser.reports()[0].talks, path.read_text("utf-8").strip()) == ((), kinds.strip())


def test_the_talk_of_a_report_stays_when_its_event_is_corrected_or_its_file_moves(
    client: FlaskClient, kb: KnowledgeBase
) -> None:
    report, path = on_one_talk(kb), kb.collection.library.path / "a.md"
    sent(client, f"/correct-report/{report.id}", heading="yes")
    sent(client, f"/correct-report/{report.id}", event="見本勉強会 2021")
    path.rename(path.with_name("b.md"))
    kb.indexer.sync()
    (after,) = kb.browser.reports()

    assert (after.event, [talk.title for talk in after.talks]) == ("見本勉強会 2021", ["箱の話"])


def test_a_report_with_a_talk_or_without_a_note_is_not_asked_about(client: FlaskClient, kb: KnowledgeBase) -> None:
    with_talk = client.get(f"/report/{kb.browser.reports()[0].id}").text
    (kb.collection.library.path / "a.md").write_text("# 箱の話\n", "utf-8")
    kb.indexer.sync()
    without_note = client.get(f"/report/{kb.browser.reports()[0].id}").text

    assert (SAID in with_talk, SAID in without_note) == (False, False)


def test_a_report_without_a_title_says_where_one_can_be_written(client: FlaskClient, kb: KnowledgeBase) -> None:
    (kb.collection.library.path / "a.md").write_text("- 駅から近い\n- SQS は順番を守らない\n", "utf-8")
    kb.indexer.sync()
    after = sent(client, f"/correct-report/{kb.browser.reports()[0].id}", heading="yes")

    assert "題名は最初の行に書けます。" in client.get(after.location.partition("#")[0]).text
    assert not (kb.collection.library.path / "kb.toml").exists()


def test_a_title_in_front_matter_is_the_first_of_the_lines(client: FlaskClient, kb: KnowledgeBase) -> None:
    on_one_talk(kb)
    panel, *_ = line_panels(client, kb, "")
    sent(client, panel, panel="1", heading="yes")

    assert [note.talk.title for note in kb.browser.report(kb.browser.reports()[0].id)[1] if note.talk] == ["箱の話"] * 2


def test_a_note_ends_its_talk_in_its_panel_and_a_talk_the_one_above_it(
    client: FlaskClient, nested: KnowledgeBase
) -> None:
    path = nested.collection.library.path / "a.md"
    path.write_text(REPORT + "\n## 11:00~11:40:鍵の話\n\n登壇者: 佐藤 一\n\n- 鍵は必ず返す\n", "utf-8")
    nested.indexer.sync()
    sent(client, f"/correct/{notes(nested)[1]}", panel="1", heading="ends")
    sent(client, f"/correct/{notes(nested)[-1]}", panel="1", talk="ends")
    shown = {
        note.text: note.talk and note.talk.title for note in nested.browser.report(nested.browser.reports()[0].id)[1]
    }

    assert list(shown.items()) == [
        ("登壇者: 山田 花子", "箱の話"), ("SQS は順番を守らない", "箱の話"), ("Lambda で受ける", None),
        ("登壇者: 佐藤 一", None), ("鍵は必ず返す", None),
    ]  # fmt: skip


@pytest.mark.parametrize("fields", [{}, {"add": " "}, {"remove": ""}])
def test_a_form_that_names_no_service_is_refused(
    client: FlaskClient, kb: KnowledgeBase, fields: dict[str, str]
) -> None:
    refused = sent(client, f"/correct/{notes(kb)[0]}", **fields)

    assert (refused.status_code, "サービスの名前を書いてください" in refused.text) == (422, True)


def test_after_a_tag_one_is_where_one_was_is_told_so_and_can_take_it_back(
    client: FlaskClient, kb: KnowledgeBase
) -> None:
    note = notes(kb)[0]
    form = client.get(f"/correct/{note}", headers={"Referer": f"http://localhost{SEARCH}"})
    after = sent(client, f"/correct/{note}", add="Amazon S3", **hidden(form))
    shown = client.get(after.location.partition("#")[0])
    tagged = tags(kb)
    undone = taken_back(client, after)

    assert (after.status_code, after.location.startswith(f"{SEARCH}&done="), "#" in after.location) == (303, True, True)
    assert "「Amazon S3」を付けました" in shown.text
    assert "次の条件に当てはまるものはありません" not in shown.text
    assert (tagged, tags(kb), undone.location.startswith(SEARCH)) == (["sqs", "s3"], ["sqs"], True)
    assert "元に戻しました" in client.get(undone.location).text


def test_taking_back_leaves_what_others_have_corrected_meanwhile(client: FlaskClient, kb: KnowledgeBase) -> None:
    note = notes(kb)[0]
    after = sent(client, f"/correct/{note}", add="s3")
    sent(client, f"/correct/{note}", kind="advice")
    sent(client, f"/correct/{note}", remove="sqs")
    taken_back(client, after)

    assert (tags(kb), kb.browser.note(note).kind) == ([], "advice")


def test_event_day_and_address_are_put_right_and_the_old_address_still_leads_there(
    client: FlaskClient, kb: KnowledgeBase
) -> None:
    (before,) = kb.browser.reports()
    after = sent(
        client, f"/correct-report/{before.id}", event="改名した会", date="2019-07-06", url="https://example.com/a"
    )
    (told,) = kb.browser.reports()
    page = client.get(f"/report/{before.id}")
    taken_back(client, after)
    (again,) = kb.browser.reports()

    assert (told.event, told.held_on, told.url) == ("改名した会", "2019-07-06", "https://example.com/a")
    assert (page.status_code, "改名した会" in page.text) == (200, True)
    assert (again.id, again.event, again.held_on, again.url) == (before.id, before.event, before.held_on, None)


@pytest.mark.parametrize(
    ("written", "held_on"),
    [("2019年7月6日(土)", "2019-07-06"), ("7月7日(日)", "2019-07-07"), ("Ｒ１．８", "2019-08"), ("平成30年", "2018")],
)
def test_a_date_is_corrected_as_people_write_it(
    client: FlaskClient, kb: KnowledgeBase, written: str, held_on: str
) -> None:
    sent(client, f"/correct-report/{kb.browser.reports()[0].id}", date=written)

    assert kb.browser.reports()[0].held_on == held_on
    assert f'date = "{held_on}"' in (kb.collection.library.path / "kb.toml").read_text("utf-8")


def test_speakers_are_put_right_and_taken_back(client: FlaskClient, kb: KnowledgeBase) -> None:
    (talk,) = kb.browser.reports()[0].talks
    after = sent(client, f"/correct-talk/{talk.id}", speakers="田中 一、 鈴木 二,田中 一")
    told = kb.browser.reports()[0].talks[0].speakers
    taken_back(client, after)

    assert (told, kb.browser.reports()[0].talks[0].speakers) == (("田中 一", "鈴木 二"), ("山田 花子",))


def test_at_a_talk_one_button_tells_that_it_is_none_and_leads_to_its_report(
    client: FlaskClient, kb: KnowledgeBase
) -> None:
    (report,) = kb.browser.reports()
    (talk,) = report.talks
    page = client.get(f"/talk/{talk.id}")
    after = sent(client, f"/correct-talk/{talk.id}", talk="no")
    trails = [[crumb.text for crumb in kb.browser.note(note).trail] for note in notes(kb)]
    gone = kb.browser.reports()[0].talks
    told = (kb.collection.library.path / "kb.toml").read_text("utf-8")
    shown = client.get(after.location).text
    taken_back(client, after)

    assert 'name="talk" value="no">セッションではない' in page.text
    assert (gone, {tuple(trail) for trail in trails}) == ((), {("【A】10:00~10:40:箱の話",)})
    assert told == f'[talks."{talk.id}"]\ntalk = false\n'
    assert after.location.startswith(f"/report/{quote(report.id)}?done=")
    assert "「箱の話」をセッションではないことにしました" in shown
    assert kb.browser.reports()[0].talks == (talk,)


def test_at_a_name_one_button_tells_that_it_is_no_speaker(client: FlaskClient, kb: KnowledgeBase) -> None:
    (talk,) = kb.browser.reports()[0].talks
    sent(client, f"/correct-talk/{talk.id}", speakers="山田 花子、見本株式会社")
    page = client.get(f"/talk/{talk.id}")
    first = sent(client, f"/correct-talk/{talk.id}", no_speaker="見本株式会社")
    left = kb.browser.reports()[0].talks[0].speakers
    last = sent(client, f"/correct-talk/{talk.id}", no_speaker="山田 花子")
    nobody = kb.browser.reports()[0].talks[0].speakers
    told = (kb.collection.library.path / "kb.toml").read_text("utf-8")
    taken_back(client, last)

    assert 'name="no_speaker" value="見本株式会社"' in page.text
    assert "「見本株式会社」を登壇者から外しました" in client.get(first.location).text
    assert (left, nobody, told.splitlines()[1]) == (("山田 花子",), (), "speaker = false")
    assert kb.browser.reports()[0].talks[0].speakers == ("山田 花子",)


def test_a_correction_from_the_line_by_line_page_leads_back_to_the_line(client: FlaskClient, kb: KnowledgeBase) -> None:
    back = f"/lines/{kb.browser.reports()[0].id}"
    after = sent(client, f"/correct/{notes(kb)[0]}", kind="advice", back=back)

    assert re.sub(r"\?done=[\w-]+", "", unquote(after.location)) == f"{back}#line-7"


def test_at_a_note_one_button_tells_that_it_is_no_advice(client: FlaskClient, kb: KnowledgeBase) -> None:
    note = notes(kb)[0]
    sent(client, f"/correct/{note}", kind="advice")
    page = client.get(f"/note/{note}")
    after = sent(client, f"/correct/{note}", no="advice")
    told = (kb.collection.library.path / "kb.toml").read_text("utf-8")
    denied = kb.browser.note(note)
    taken_back(client, after)

    assert 'name="no" value="advice">助言ではない' in page.text
    assert told == f'[notes."{note}"]\nadvice = false\n'
    assert (denied.kind != "advice", denied.advice, kb.browser.note(note).kind) == (True, 0.0, "advice")


def test_whether_a_line_is_a_talk_goes_with_its_event(client: FlaskClient, kb: KnowledgeBase) -> None:
    (report,) = kb.browser.reports()
    sent(client, f"/correct-talk/{report.talks[0].id}", talk="no")
    sent(client, f"/correct-report/{report.id}", event="改名した会")
    (renamed,) = kb.browser.reports()

    assert (renamed.event, renamed.talks) == ("改名した会", ())


def test_a_removed_report_can_be_put_back(client: FlaskClient, kb: KnowledgeBase) -> None:
    (before,) = kb.browser.reports()
    after = sent(client, f"/remove/{before.id}")
    gone = kb.browser.reports()
    taken_back(client, after)

    assert (after.location.split("?")[0], gone, kb.browser.reports()) == ("/reports", (), (before,))


def added(client: FlaskClient, name: str, text: str) -> None:
    client.post(f"/add?name={name}", data=text.encode(), content_type="text/plain", headers=OURS)


def entry_of(kb: KnowledgeBase, source: str) -> ReportEntry:
    return next(entry for entry in kb.browser.reports() if entry.source == source)


def texts_in(kb: KnowledgeBase) -> dict[str, str]:
    """Return what the reports of the library say, and by its key what else lies there."""
    paths = sorted(kb.collection.library.path.iterdir())
    return {path.name: path.read_text("utf-8") for path in paths if path.name != "kb.toml"}


def test_of_two_reports_removed_under_one_name_the_first_is_put_back_as_it_was(
    client: FlaskClient, kb: KnowledgeBase
) -> None:
    removed = []
    for text in (OTHER, OTHER.replace("別", "また別")):
        added(client, "memo.md", text)
        removed.append(sent(client, f"/remove/{entry_of(kb, 'memo.md').id}"))
    told = client.get(removed[0].location).text
    taken_back(client, removed[0])

    assert (texts_in(kb)["memo.md"], entry_of(kb, "memo.md").title) == (OTHER, "別の会 2020")
    assert "それまでのファイルは memo.md.52fea69d~ として残してあります。" in told


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("ja", "memo.md はその後に変わったため、そのままにしました。戻す内容は memo.md.52fea69d~ にあります。"),
        ("en", "memo.md has changed since, and stays as it is. Its earlier content is in memo.md.52fea69d~."),
    ],
)
def test_where_another_report_has_the_name_it_stays_and_it_is_told_where_the_removed_one_lies(
    client: FlaskClient, kb: KnowledgeBase, language: str, told: str
) -> None:
    added(client, "memo.md", OTHER)
    removed = sent(client, f"/remove/{entry_of(kb, 'memo.md').id}")
    added(client, "memo.md", OTHER.replace("別", "また別"))
    key = removed.location.partition("done=")[2]
    refused = client.post("/undo", data={"change": key}, headers={**OURS, "Accept-Language": language})
    sent(client, f"/remove/{entry_of(kb, 'memo.md').id}")
    again = sent(client, "/undo", change=key)

    assert (refused.status_code, told in refused.text) == (409, True)
    assert (again.status_code, texts_in(kb)["memo.md"]) == (303, OTHER)


def test_what_was_taken_back_can_be_done_again_and_taken_back_again(client: FlaskClient, kb: KnowledgeBase) -> None:
    (before,) = kb.browser.reports()
    after, found, buttons = sent(client, f"/remove/{before.id}"), [], []
    for _ in range(3):
        page = client.get(after.location)
        after = sent(client, "/undo", **hidden(page))
        found.append(kb.browser.reports())
        buttons += re.findall(r'id="undo">([^<]*)', page.text)

    assert (found, buttons) == ([(before,), (), (before,)], ["元に戻す", "やり直す", "元に戻す"])


def test_what_was_taken_back_is_not_taken_back_twice(client: FlaskClient, kb: KnowledgeBase) -> None:
    page = client.post("/add", data={"text": OTHER, "step": "save"}, headers=OURS)
    form = hidden(client.get(page.location))
    first = sent(client, "/undo", **form)
    added(client, "別の会-2020-fba2.md", OTHER)
    second = sent(client, "/undo", **form)

    assert (first.status_code, second.status_code, len(kb.browser.reports())) == (303, 410, 2)


def test_replacing_a_report_is_taken_back_and_done_again_to_the_byte(client: FlaskClient, kb: KnowledgeBase) -> None:
    longer = REPORT + "- 追記\n"
    after = client.post("/add", data={"text": longer, "step": "save"}, headers=OURS)
    replaced = texts_in(kb)["a.md"]
    back = taken_back(client, after)
    restored = texts_in(kb)["a.md"]
    sent(client, "/undo", **hidden(client.get(back.location)))

    assert (replaced, restored, texts_in(kb)["a.md"]) == (longer, REPORT, longer)


def test_a_report_is_not_removed_or_put_right_where_another_has_taken_its_name(
    client: FlaskClient, kb: KnowledgeBase
) -> None:
    (entry,) = kb.browser.reports()
    (kb.collection.library.path / "a.md").write_text(OTHER, "utf-8")
    statuses = [
        sent(client, f"/remove/{entry.id}").status_code,
        client.delete(f"/report/{entry.id}", headers=OURS).status_code,
        sent(client, f"/correct-report/{entry.id}", date="2018").status_code,
    ]

    assert (statuses, texts_in(kb)) == ([409] * 3, {"a.md": OTHER})


def test_a_report_that_is_gone_is_not_put_right(client: FlaskClient, kb: KnowledgeBase) -> None:
    (entry,) = kb.browser.reports()
    (kb.collection.library.path / "a.md").unlink()
    refused = sent(client, f"/correct-report/{entry.id}", date="2018")

    assert (refused.status_code, "a.md はその後に変わったため" in refused.text, texts_in(kb)) == (409, True, {})


@pytest.mark.parametrize(
    ("form", "first", "second"),
    [
        ("correct/{note}", {"add": "s3"}, {"remove": "s3"}),
        ("correct/{note}", {"kind": "advice"}, {"kind": "question"}),
        ("correct-talk/{talk}", {"speakers": "田中 一"}, {"speakers": "鈴木 二"}),
        ("correct-report/{report}", {"date": "2019-07-06"}, {"date": "2019-07-07"}),
    ],
)
def test_a_correction_that_another_has_changed_since_is_not_taken_back(
    client: FlaskClient, kb: KnowledgeBase, form: str, first: dict[str, str], second: dict[str, str]
) -> None:
    (report,) = kb.browser.reports()
    address = "/" + form.format(note=notes(kb)[0], talk=report.talks[0].id, report=report.id)
    mine, _ = (sent(client, address, **fields) for fields in (first, second))
    told = (kb.collection.library.path / "kb.toml").read_text("utf-8")
    refused = sent(client, "/undo", **hidden(client.get(mine.location.partition("#")[0])))

    assert (refused.status_code, "その後に変わったため、そのままにしました" in refused.text) == (409, True)
    assert (kb.collection.library.path / "kb.toml").read_text("utf-8") == told


def test_the_date_that_another_told_since_stays_where_an_address_is_taken_back(
    client: FlaskClient, kb: KnowledgeBase
) -> None:
    (report,) = kb.browser.reports()
    mine = sent(client, f"/correct-report/{report.id}", url="https://example.com/a")
    sent(client, f"/correct-report/{report.id}", date="2019-07-06")
    taken_back(client, mine)
    (now,) = kb.browser.reports()

    assert (now.url, now.held_on) == (None, "2019-07-06")


@pytest.mark.parametrize(
    ("form", "fields", "refused"),
    [
        ("correct/{note}", {"add": "SQSS"}, ("add", "「SQSS」というサービスは知られていません")),
        ("correct/{note}", {"kind": "噂"}, ("kind", "「噂」という種別はありません")),
        ("correct-report/{report}", {"event": "会" * 201}, ("event", "200文字を超えています")),
        ("correct-report/{report}", {"event": "会", "date": "来年"}, ("date", "のような形で書いてください")),
        ("correct-report/{report}", {"event": "会", "date": "2018-02-30"}, ("date", "暦にない日付です")),
        (
            "correct-report/{report}",
            {"event": "会", "date": "2019年7月6日(日)"},
            ("date", "2019-07-06 は土曜日で、日曜日ではありません"),
        ),
        ("correct-report/{report}", {"date": "2019", "url": "http://["}, ("url", "http:// か https://")),
        ("correct-report/{report}", {"date": "2019", "url": "http://a:x"}, ("url", "http:// か https://")),
        ("correct-report/{report}", {"date": "2019", "url": "javascript:x"}, ("url", "http:// か https://")),
        ("correct-talk/{talk}", {"speakers": f"山田、{'長い' * 60}"}, ("speakers", "区切ってください")),
    ],
)
def test_what_cannot_be_is_told_beside_its_field_and_what_was_typed_stays(
    client: FlaskClient, kb: KnowledgeBase, form: str, fields: dict[str, str], refused: tuple[str, str]
) -> None:
    field, told = refused
    report = kb.browser.reports()[0]
    address = "/" + form.format(note=notes(kb)[0], report=report.id, talk=report.talks[0].id)
    page = sent(client, address, back=SEARCH, **fields)
    named = re.search(rf'<(?:input|select)[^>]*name="{field}"[^>]*aria-describedby="({field}-error)"', page.text)

    assert (page.status_code, named is not None) == (422, True)
    assert told in re.findall(rf'id="{field}-error">([^<]*)', page.text)[0]
    assert all(f'value="{value}"' in page.text for name, value in fields.items() if name != "kind")
    assert (hidden(page)["back"], (kb.collection.library.path / "kb.toml").exists()) == (SEARCH, False)


def test_a_slip_in_a_service_is_offered_as_what_it_may_be(client: FlaskClient, kb: KnowledgeBase) -> None:
    page = sent(client, f"/correct/{notes(kb)[0]}", add="DynamoBD")

    assert re.findall(r'name="instead" value="(\w+)"', page.text)[0] == "dynamodb"


@pytest.mark.parametrize("back", ["//evil.example/", "https://evil.example/", "/\\evil.example", "/a\r\nX: y"])
def test_no_form_leads_out_of_our_pages(client: FlaskClient, kb: KnowledgeBase, back: str) -> None:
    note = notes(kb)[0]

    assert sent(client, f"/correct/{note}", add="s3", back=back).location.startswith("/note/")


@pytest.mark.parametrize("odd", ["http://[", "//[", "/[", ":x", "http://localhost:x/", "http://localhost:99999999/"])
def test_what_was_written_is_answered_wherever_a_browser_says_that_it_comes_from(
    client: FlaskClient, kb: KnowledgeBase, odd: str
) -> None:
    note = notes(kb)[0]
    told = [sent(client, f"/correct/{note}", add="s3", back=odd)]
    told.append(client.post(f"/correct/{note}", data={"add": "sns"}, headers={**OURS, "Referer": odd}))
    told.append(
        client.post("/saved", data={"name": odd, "address": "q=SQS", "back": odd}, headers={**OURS, "Referer": odd})
    )

    assert [answer.status_code for answer in told] == [303] * 3


def test_a_date_of_any_length_makes_no_long_page(client: FlaskClient, kb: KnowledgeBase) -> None:
    date = "2018" * 75_000
    asked = [(f"/correct-report/{kb.browser.reports()[0].id}", {"date": date}), ("/add", {"text": OTHER, "date": date})]
    pages = [sent(client, address, **fields) for address, fields in asked]

    assert [(page.status_code, len(page.text) < 50_000) for page in pages] == [(422, True)] * 2


def test_what_is_forgotten_cannot_be_taken_back(client: FlaskClient) -> None:
    page = sent(client, "/undo", change="unknown", back="/")

    assert (page.status_code, "もう元に戻せません" in page.text) == (410, True)


def test_many_files_are_taken_in_at_once_each_with_its_outcome(client: FlaskClient, kb: KnowledgeBase) -> None:
    files = {"a.md": REPORT, "b.md": OTHER, "folder/c.md": OTHER + "- 追記\n", "d.bin": "\0\1\2", "e.md": " \n"}
    data = {"file": [(io.BytesIO(text.encode()), name) for name, text in files.items()]}
    page = client.post("/add", data=data, headers=OURS)
    told = [re.sub(r"<[^>]*>|\s+", " ", item).split() for item in re.findall(r"(?s)<li>(.*?)</li>", page.text)]
    added = len(kb.browser.reports())
    sent(client, "/undo", **hidden(page))

    assert "5ファイルのうち 3ファイル" in page.text
    assert [(line[0], "".join(line[1:])[:12]) for line in told[-5:]] == [
        ("d.bin:", "テキストファイルではあり"),
        ("e.md:", "空です。取り込むものがあ"),
        ("a.md", "同じものがすでにあります"),
        ("b.md", "b.mdとして加えました。"[:12]),
        ("folder/c.md", "b.mdを差し替えました。"[:12]),
    ]
    assert (added, len(kb.browser.reports())) == (2, 1)


def test_a_text_that_is_no_report_stays_in_its_form(client: FlaskClient) -> None:
    page = client.post("/add", data={"text": "%PDF-1.4 \0\1"}, headers=OURS)

    assert (page.status_code, "<textarea" in page.text, "%PDF-1.4" in page.text) == (422, True, True)
    assert 'aria-describedby="text-error"' in page.text


@pytest.mark.parametrize("date", ["きのう", "2018-02-30", "2018-13-45", "2019年7月6日(日)", "7月6日"])
def test_a_date_that_is_none_is_told_in_the_preview_and_nothing_is_kept(
    client: FlaskClient, kb: KnowledgeBase, date: str
) -> None:
    page = client.post("/add", data={"text": OTHER, "date": date, "step": "save"}, headers=OURS)

    assert (page.status_code, f'value="{date}"' in page.text, 'id="date-error"' in page.text) == (422, True, True)
    assert [path.name for path in kb.collection.library.path.iterdir()] == ["a.md"]
