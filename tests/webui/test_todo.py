"""直すところ: what is missing is listed, counted on the start page, and worked through in place."""

import re
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from kb.knowledge_base import KnowledgeBase
from kb.report.model import LineReading
from kb.talks import line_keys, lines_of
from webui.app import create_app
from webui.http.security import Access
from webui.pages import updating
from webui.site.exporting import files

WHOLE = "# 鍵の会 2018\n\n2018-03-10\n\n## 【A】10:00~10:30:鍵の話\n\n登壇者: 山田 花子\n\n- AWS KMS の画面を見た\n"
UNDATED = """# ある勉強会 #3

## LT1: 箱の話

- 箱は二つ
- 三つでもよい
- Amazon Boxy の画面を見た
- 早口の花子さんでした
"""
CLAIMS = "# 箱の会 2019\n\n2019-03-10\n\n## 10:00 - 10:20 鍵\n\n**鍵の話** 山田さん\n\n- 鍵は二つ\n"
LIKELY_ADVICE = """# 通知の会 2018

## 【A】10:00~10:40:通知の話

登壇者: 山田 花子

- 通知の先は一つにするとよい
- 手順を書いておくとよい
- 権限は絞っておくべき
- 運用が大変
- 依存は減らすべき
- 失敗は必ず通知しましょう
"""
AT = "2026-12-01T09:00:00Z"
OURS = {"Sec-Fetch-Site": "same-origin"}
JSON = {"Accept": "application/json"}


@pytest.fixture
def library(tmp_path: Path) -> Path:
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "whole.md").write_text(WHOLE, "utf-8")
    return tmp_path / "library"


def test_mistakes_in_kb_toml_and_corrections_without_effect_are_listed_only_if_there_are_any(library: Path) -> None:
    page = opened(library)
    before = page.get("/todo", headers=JSON).json, "what=mistakes" in page.get("/todo").text
    (library / "kb.toml").write_text('[notes."none/1"]\nkind = "label"\n[notes."none/2"]\nkind = "advise"\n', "utf-8")
    page = opened(library)
    answer, shown = page.get("/todo?what=mistakes", headers=JSON).json, page.get("/todo?what=mistakes").text

    wrong = (
        "not used: [notes.\"none/2\"] kind cannot be 'advise' (did you mean 'advice'?); write one of advice, problem, "
    )
    rest = "question, statement, impression, label; correct it, the rest of kb.toml holds"
    unused = '[notes."none/1"] has no effect, because no note has this id; correct it or take it out'
    assert before[1] is False
    assert answer == {
        "what": "mistakes",
        "total": 2,
        "tasks": [
            {"source": "kb.toml", "line": 3, "message": f"{wrong}{rest}"},
            {"source": "kb.toml", "line": 1, "message": unused},
        ],
    }
    assert ("この ID のメモがありません" in shown, "kb.toml で効いていないもの" in shown) == (True, True)


@pytest.mark.parametrize("key", ['notes."none/1"', 'talks."none/1"'])
def test_a_correction_without_effect_is_taken_out_of_kb_toml_and_comes_back(library: Path, key: str) -> None:
    written = f'[{key}]\n{"kind" if key.startswith("n") else "title"} = "label"\n'
    (library / "kb.toml").write_text(written, "utf-8")
    page = opened(library)

    taken_out = page.post("/todo/unused", data={"table": key.partition(".")[0], "key": "none/1"}, headers=OURS)
    left = (library / "kb.toml").read_text("utf-8")
    page.post("/undo", data={"change": taken_out.location.partition("done=")[2]}, headers=OURS)

    assert ("none/1" in left, (library / "kb.toml").read_text("utf-8")) == (False, written)


def test_a_correction_that_applies_is_not_taken_out_as_one_without_effect(library: Path) -> None:
    page = opened(library)
    note = page.get("/?q=", headers=JSON).json["hits"][0]["id"]
    written = f'[notes."{note}"]\nkind = "label"\n'
    (library / "kb.toml").write_text(written, "utf-8")

    opened(library).post("/todo/unused", data={"table": "notes", "key": note}, headers=OURS)

    assert (library / "kb.toml").read_text("utf-8") == written


def opened(library: Path) -> FlaskClient:
    kb = KnowledgeBase.open(library, library.parent / "index")
    kb.indexer.sync()
    return create_app(kb).test_client()


def listed(client: FlaskClient, what: str) -> list[tuple[str, int | None, str]]:
    tasks = client.get(f"/todo?what={what}", headers=JSON).json["tasks"]
    return [(task["report"]["source"], task["line"], task["text"]) for task in tasks]


def test_where_nothing_is_missing_it_says_so(library: Path) -> None:
    client = opened(library)

    assert "直すところはありません" in client.get("/todo").text
    assert "/todo" not in client.get("/").text


def test_what_is_missing_is_listed_with_its_line(library: Path) -> None:
    (library / "undated.md").write_text(UNDATED, "utf-8")
    client = opened(library)

    assert {what: listed(client, what) for what in ("date", "speaker", "service")} == {
        "date": [("undated.md", None, "")],
        "speaker": [("undated.md", 3, "")],
        "service": [("undated.md", 7, "Amazon Boxy")],
    }
    assert '<a href="/todo">直すところ 3件</a>' in client.get("/").text
    chips = re.findall(r'(\S+) <span class="count">(\d)件', client.get("/todo").text)
    assert [int(count) for _, count in chips] == [1, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0]


def test_a_date_is_put_right_in_the_list_and_leaves_it(library: Path) -> None:
    (library / "undated.md").write_text(UNDATED, "utf-8")
    client = opened(library)
    page = client.get("/todo?what=date").text
    action, back = re.findall(
        r'action="(/correct-report/[^"]*)">\s*<input type="hidden" name="back" value="([^"]*)"', page
    )[0]
    back = back.replace("&amp;", "&")
    wrong = client.post(action, data={"back": back, "date": "きのう"}, headers=OURS)
    right = client.post(action, data={"back": back, "date": "2020-05"}, headers=OURS)

    assert (wrong.status_code, 'value="ある勉強会 #3"' in wrong.text) == (422, True)
    assert right.location.startswith("/todo?what=date&done=")
    assert listed(client, "date") == []


def test_a_day_that_the_report_names_is_accepted_by_one_key(library: Path) -> None:
    head = "---\ntitle: 箱の話を聞いた\ndate: 2020-01-05\n---\n\n"
    (library / "named.md").write_text(
        f"{head}- 箱は二つ\n- 次に12月20日(金)の会で聞いた、もっと大きな箱の長い長い話\n", "utf-8"
    )
    (library / "a.md").write_text(UNDATED, "utf-8")
    client = opened(library)
    page = client.get("/todo?what=date").text
    (form,) = re.findall(
        r'(?s)<form class="buttons" method="post" action="([^"]*)">((?:(?!</form>).)*?)aria-keyshortcuts="y"', page
    )
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form[1]))
    before = listed(client, "date")
    client.post(form[0], data={key: value.replace("&amp;", "&") for key, value in fields.items()}, headers=OURS)

    assert before == [("named.md", 7, "12月20日(金)"), ("a.md", None, "")]
    assert "2019年12月20日: <b" in page
    assert listed(client, "date") == [("a.md", None, "")]
    assert 'date = "2019-12-20"' in (library / "kb.toml").read_text("utf-8")


def test_that_nobody_speaks_takes_a_talk_off_the_list(library: Path) -> None:
    (library / "undated.md").write_text(UNDATED, "utf-8")
    client = opened(library)
    talk = client.get("/todo?what=speaker", headers=JSON).json["tasks"][0]["talk"]["id"]
    client.post(f"/correct-talk/{talk}", data={"speakers": ""}, headers=OURS)

    assert listed(client, "speaker") == []


def test_a_long_list_is_shown_in_pages(library: Path) -> None:
    for number in range(45):
        (library / f"{number}.md").write_text(f"# 会その{number}のメモ\n\n- 別の話{number}\n", "utf-8")
    client = opened(library)
    pages = [client.get(f"/todo?what=date&page={page}") for page in (1, 3, 9)]
    shown = [len(re.findall(r'name="date"', page.text)) for page in pages]

    assert (shown, [page.status_code for page in pages]) == ([20, 5, 5], [200, 200, 200])


def test_the_pages_of_a_list_of_one_folder_are_of_that_folder_alone(library: Path) -> None:
    (library / "一").mkdir()
    for number in range(45):
        folder = library / "一" if number % 2 else library
        (folder / f"{number}.md").write_text(f"# 会その{number}のメモ\n\n- 別の話{number}\n", "utf-8")
    client = opened(library)
    first = client.get("/todo?what=date&folder=一").text
    (second,) = set(re.findall(r'href="(/todo[^"]*page=2)"', first))
    page = client.get(second.replace("&amp;", "&")).text

    assert [len(re.findall(r'name="date"', text)) for text in (first, page)] == [20, 2]
    assert '<option value="一" selected>一 (22)</option>' in page


def claims(client: FlaskClient, what: str) -> list[tuple[str, float, str]]:
    tasks = client.get(f"/todo?what={what}", headers=JSON).json["tasks"]
    return [(task["text"], task["likely"], task["about"]) for task in tasks]


def titles(client: FlaskClient) -> list[str]:
    return sorted(entry["title"] for entry in client.get("/talks", headers=JSON).json["talks"])


@pytest.fixture
def unsure(library: Path) -> FlaskClient:
    (library / "claims.md").write_text(CLAIMS, "utf-8")
    return opened(library)


def test_lines_that_may_be_talks_are_listed_likeliest_first(unsure: FlaskClient) -> None:
    found = claims(unsure, "talk")

    assert [text for text, _, _ in found] == ["10:00 - 10:20 鍵", "鍵の話 山田さん"]
    assert [share for _, share, _ in found] == sorted((share for _, share, _ in found), reverse=True)
    assert all(0.2 <= share < 1 for _, share, _ in found)


@pytest.mark.parametrize(("answer", "more"), [("yes", ["鍵の話"]), ("no", [])])
def test_an_answer_takes_a_claim_off_the_list_at_once_and_leads_to_the_next(
    unsure: FlaskClient, answer: str, more: list[str]
) -> None:
    before = titles(unsure)
    page = unsure.get("/todo?what=talk").text
    rows = re.findall(r'<li class="claim" id="([^"]*)"', page)
    nexts = re.findall(r'name="at" value="([^"]*)"', page)
    about = next(about for text, _, about in claims(unsure, "talk") if text.startswith("鍵"))
    data = {"back": "/todo?what=talk", "at": rows[1], "talk": answer}
    after = unsure.post(f"/correct-talk/{about}", data=data, headers=OURS)
    left = claims(unsure, "talk")
    unsure.post("/sync", headers=OURS)

    assert nexts == rows[::-1]
    assert after.location.startswith("/todo?what=talk&done=")
    assert after.location.endswith(f"#{quote(rows[1])}")
    assert [text for text, _, _ in left] == ["10:00 - 10:20 鍵"]
    assert titles(unsure) == sorted([*before, *more])


def test_an_answer_that_is_taken_back_asks_again(unsure: FlaskClient) -> None:
    before = claims(unsure, "talk")
    after = unsure.post(
        f"/correct-talk/{before[0][2]}", data={"back": "/todo?what=talk", "at": "", "talk": "no"}, headers=OURS
    )
    told = unsure.get(after.location).text
    undo_entry = re.findall(r'name="change" value="([^"]*)"', told)[0]
    back = unsure.post("/undo", data={"change": undo_entry, "back": "/todo?what=talk"}, headers=OURS)

    assert "セッションではないことにしました" in told
    assert (back.location.startswith("/todo?what=talk"), claims(unsure, "talk")) == (True, before)


def test_what_is_taken_back_is_waited_for_since_only_a_new_index_asks_again(
    unsure: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(updating.Updater, "update", lambda *_: False)  # it takes long
    about = claims(unsure, "talk")[0][2]
    after = unsure.post(
        f"/correct-talk/{about}", data={"back": "/todo?what=talk", "at": "", "talk": "no"}, headers=OURS
    )
    undo_entry = re.findall(r'name="change" value="([^"]*)"', unsure.get(after.location).text)[0]
    back = unsure.post("/undo", data={"change": undo_entry, "back": "/todo?what=talk"}, headers=OURS)

    assert back.location.startswith("/sync?done=")


def test_notes_that_are_rather_advice_are_asked_about_and_answered(library: Path) -> None:
    (library / "notes.md").write_text(LIKELY_ADVICE, "utf-8")
    client = opened(library)
    found = claims(client, "advice")
    shown = client.get("/todo?what=advice").text
    answers = {"kind": "advice", "no": "advice"}
    for (_, _, about), (name, value) in zip(found, answers.items(), strict=False):
        client.post(f"/correct/{about}", data={"back": "/todo?what=advice", "at": "", name: value}, headers=OURS)
    client.post("/sync", headers=OURS)
    kinds = [client.get(f"/note/{about}", headers=JSON).json["kind"] for _, _, about in found[:2]]

    assert len(found) >= 2
    assert all(0 < share < 1 for _, share, _ in found)
    assert found[0][0] in shown
    assert kinds[0] == "advice"
    assert kinds[1] != "advice"
    assert claims(client, "advice") == found[2:]


def test_what_corrections_change_is_shown_before_it_is_learned_and_can_be_undone(library: Path) -> None:
    (library / "notes.md").write_text("# 鍵の会 2018\n\n" + "".join(f"- 鍵を{n}個見た\n" for n in range(12)), "utf-8")
    client = opened(library)
    report = next(one for one in client.get("/reports", headers=JSON).json["reports"] if one["source"] == "notes.md")
    before = client.get("/todo?what=advice").text
    for note in client.get(f"/report/{report['id']}", headers=JSON).json["notes"]:
        client.post(f"/correct/{note['id']}", data={"kind": "impression"}, headers=OURS)

    told = "メモ12件から、ほかのメモの種別も学んでいます。"
    corrected = client.get("/todo?what=advice").text
    preview = client.get("/todo/lesson", headers=JSON).json["lesson"]
    client.post("/todo/lesson", data={"corrections": "11"}, headers=OURS)
    refused = client.get("/todo?what=advice").text
    learned = client.post("/todo/lesson", data={"corrections": "12"}, headers=OURS)
    after = client.get("/todo?what=advice").text
    client.post("/undo", data={"change": parse_qs(urlsplit(learned.location).query)["done"][0]}, headers=OURS)
    undone = client.get("/todo?what=advice").text

    assert (preview["new"], preview["lesson"]["corrections"]) == (12, 12)
    assert "/todo/lesson" not in before
    assert ["/todo/lesson" in text for text in (corrected, refused, after)] == [True, True, False]
    assert [told in text for text in (before, corrected, refused)] == [False, False, False]
    assert (told in after, told in undone, "/todo/lesson" in undone) == (True, False, True)


def test_what_assistants_read_is_shown_before_it_is_learned_and_can_be_undone(library: Path) -> None:
    (library / "notes.md").write_text("# 鍵の会 2018\n\n" + "".join(f"- 鍵を{n}個見た\n" for n in range(12)), "utf-8")
    kb = KnowledgeBase.open(library, library.parent / "index")
    kb.indexer.sync()
    entry = next(one for one in kb.browser.reports() if one.source == "notes.md")
    keys = line_keys(lines_of(kb.browser.outline(entry.id).blocks))[1:]
    said = {of: LineReading(of, "Anna", AT, kind="impression") for of in keys}
    kb.collection.library.keep_readings("notes.md", lambda _before: said)
    kb.indexer.sync()
    client = create_app(kb).test_client()

    offered = client.get("/todo?what=advice").text
    beside_readings = client.get("/todo?what=assistant").text
    shown = client.get("/todo/lesson").text
    refused = client.post("/todo/lesson", data={"corrections": "0"}, headers=OURS)
    learned = client.post("/todo/lesson", data={"corrections": "0", "readings_until": AT}, headers=OURS)
    after, kept = client.get("/todo?what=advice").text, (library / "kb.toml").read_text("utf-8")
    client.post("/undo", data={"change": parse_qs(urlsplit(learned.location).query)["done"][0]}, headers=OURS)
    undone = client.get("/todo?what=advice").text

    assert "アシスタントが種別を読んだメモが12件あります（どれも訂正の4分の1の重みで学びます）。" in shown
    assert ("種別の新しい訂正が0件" in shown, "/todo/lesson" in beside_readings) == (False, True)
    assert (refused.location, f'readings_until = "{AT}"' in kept) == ("/todo/lesson", True)
    assert ["/todo/lesson" in text for text in (offered, after, undone)] == [True, False, True]
    assert ["アシスタントが読んだメモ12件から" in text for text in (offered, after, undone)] == [False, True, False]


def answer_many(client: FlaskClient, what: str, answer: str, about: list[str]) -> TestResponse:
    data = {"what": what, "answer": answer, "about": about, "back": f"/todo?what={what}"}
    return client.post("/todo/answers", data=data, headers=OURS)


@pytest.mark.parametrize("answer", ["yes", "no"])
def test_many_talks_are_answered_at_once_and_taken_back_at_once(unsure: FlaskClient, answer: str) -> None:
    found = claims(unsure, "talk")
    after = answer_many(unsure, "talk", answer, [about for _, _, about in found])
    told = unsure.get(after.location).text
    left = claims(unsure, "talk")
    undo_entry = re.findall(r'name="change" value="([^"]*)"', told)[0]
    unsure.post("/undo", data={"change": undo_entry, "back": "/todo?what=talk"}, headers=OURS)

    assert after.location.startswith("/todo?what=talk&done=")
    assert ("2件に「はい」" if answer == "yes" else "2件に「いいえ」") in told
    assert (left, claims(unsure, "talk")) == ([], found)


def test_many_notes_are_no_advice_at_once(library: Path) -> None:
    (library / "notes.md").write_text(LIKELY_ADVICE, "utf-8")
    client = opened(library)
    found = claims(client, "advice")
    answer_many(client, "advice", "no", [about for _, _, about in found])

    assert len(found) >= 2
    assert claims(client, "advice") == []


def test_where_nothing_is_chosen_nothing_is_answered(unsure: FlaskClient) -> None:
    found = claims(unsure, "talk")
    after = answer_many(unsure, "talk", "yes", [])

    assert (after.status_code, "選ばれていません" in after.text) == (422, True)
    assert claims(unsure, "talk") == found


def test_what_nothing_is_asked_about_is_not_answered(unsure: FlaskClient, library: Path) -> None:
    found = claims(unsure, "talk")
    after = answer_many(unsure, "talk", "no", ["nothing/000000"])
    mixed = answer_many(unsure, "talk", "no", ["nothing/000000", found[0][2]])

    assert (after.status_code, mixed.status_code) == (422, 303)
    assert "nothing/" not in (library / "kb.toml").read_text("utf-8")
    assert claims(unsure, "talk") == found[1:]


def test_claims_of_one_folder_or_report_are_listed_alone(library: Path) -> None:
    for author in ("一", "二"):
        (library / author).mkdir()
        (library / author / "claims.md").write_text(CLAIMS.replace("箱の会", f"箱の会{author}"), "utf-8")
    client = opened(library)
    page = client.get("/todo?what=talk").text
    address = re.findall(r'href="(/todo\?what=talk&amp;report=[^"]*)"', page)[0].replace("&amp;", "&")

    def sources(address: str) -> set[str]:
        return {task["report"]["source"] for task in client.get(address, headers=JSON).json["tasks"]}

    assert '<option value="一">一 (2)</option>' in page
    assert sources("/todo?what=talk") == {"一/claims.md", "二/claims.md"}
    assert sources("/todo?what=talk&folder=二") == {"二/claims.md"}
    assert len(sources(address)) == 1


SEARCHED = "/todo?what=searched"


def in_vain(client: FlaskClient, *addresses: str, **headers: str) -> list[str]:
    """Ask for pages, and return the searches that are listed as not found."""
    for address in addresses:
        client.get(address, headers=headers)
    return [search["text"] for search in client.get(SEARCHED, headers=JSON).json["tasks"]]


def test_what_is_searched_and_not_found_is_listed_counted_and_searched_again(library: Path) -> None:
    client = opened(library)
    in_vain(client, "/?q=寿司", "/?q=握り寿司+出前", "/?q=寿司")
    page = client.get("/todo").text

    assert ("探されて見つからなかったこと" in page, "直すところ 2件" in client.get("/").text) == (True, True)
    assert re.findall(r'<li class="saved">\s*<a href="([^"]*)">([^<]*)</a>', page) == [
        (f"/?q={quote('寿司')}", "寿司"),
        (f"/?q={quote('握り寿司 出前')}", "握り寿司 出前"),
    ]
    assert re.findall(r"<span>(\d+)回</span>", page) == ["2", "1"]


@pytest.mark.parametrize(
    "address",
    [
        *("/?q=寿司&typing=1", "/?q=寿司&page=2", "/?q=寿司&year=2018", "/?q=寿司&colour=red", "/?q=寿司&without=near"),
        *("/feed?q=寿司", "/suggest?q=寿司", "/timeline?q=寿司", "/?q=KMS", "/?q=", "/?q=鍵の話"),
    ],
)
def test_other_searches_are_not_listed(library: Path, address: str) -> None:
    assert in_vain(opened(library), address) == []


@pytest.mark.parametrize("headers", [JSON, {"Sec-Fetch-Site": "cross-site"}])
def test_searches_of_programs_and_from_other_sites_are_not_listed(library: Path, headers: dict[str, str]) -> None:
    client = opened(library)
    client.head("/?q=寿司")

    assert in_vain(client, "/?q=寿司", **headers) == []


def test_who_may_not_write_leaves_no_search_behind_and_removes_none(library: Path) -> None:
    kb = KnowledgeBase.open(library, library.parent / "index")
    kb.indexer.sync()
    with_key = Access(token="secret")  # noqa: S106
    shared, own = create_app(kb, access=with_key).test_client(), create_app(kb).test_client()

    assert (in_vain(shared, "/?q=寿司"), in_vain(own, "/?q=握り")) == ([], ["握り"])
    assert shared.post("/todo/searched", data={"text": "握り"}, headers=OURS).status_code == 401
    assert in_vain(shared) == ["握り"]


def test_a_search_is_removed_by_its_button_and_listed_again_after_another(library: Path) -> None:
    client = opened(library)
    in_vain(client, "/?q=寿司", "/?q=握り")
    form = re.findall(
        r'<form action="(/todo/searched)".*?name="text" value="寿司"', client.get(SEARCHED).text, re.DOTALL
    )
    answer = client.post(form[0], data={"text": "寿司", "back": SEARCHED}, headers=OURS)

    assert answer.location.startswith(f"{SEARCHED}&done=")
    assert "「寿司」を一覧から消しました。" in client.get(answer.location).text
    assert (in_vain(client), in_vain(client, "/?q=寿司")) == (["握り"], ["寿司", "握り"])


def test_a_search_that_finds_something_by_now_is_gone(library: Path) -> None:
    kb = KnowledgeBase.open(library, library.parent / "index")
    kb.indexer.sync()
    client = create_app(kb).test_client()
    before = in_vain(client, "/?q=寿司")
    (library / "sushi.md").write_text("# 寿司の会 2020\n\n2020-01-01\n\n- 寿司は旬のものを\n", "utf-8")
    kb.indexer.sync()

    assert (before, in_vain(client)) == (["寿司"], [])
    assert "直すところはありません" in client.get(SEARCHED).text


def test_an_exported_site_tells_no_search_and_writes_none(library: Path) -> None:
    kb = KnowledgeBase.open(library, library.parent / "index")
    kb.indexer.sync()
    in_vain(create_app(kb).test_client(), "/?q=握り寿司")
    before = kb.not_found.all()
    site = list(files(kb, root=None, language="ja", progress=lambda *_: None))

    assert [name for name, data in site if "握り寿司".encode() in data or "todo" in name] == []
    assert kb.not_found.all() == before
