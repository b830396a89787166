"""The pages to read: lists of everything, events, speakers, years, talks, notes and reports, page by page."""

import html
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlencode

import pytest
from flask.testing import FlaskClient

from kb.knowledge_base import KnowledgeBase
from kb.search import searcher
from kb.search.browser import Browser
from webui.app import create_app


def report(year: int | None, *, speaker: str, notes: int = 3) -> str:
    """Return a report of an event with two talks, in one of them so many notes."""
    when, which = (f" {year}", f"{year}年の") if year else ("", "")
    own = "\n".join(f"- 箱の中身 {number}番\n  - Lambda は便利" for number in range(notes))
    return (
        f"# 見本カンファレンス{when} 参加レポート\n\n"
        f"## 【B】13:00~13:40:{which}箱の話\n\n登壇: {speaker}\n\n{own}\n\n"
        f"## 【A】10:00~10:40:{which}紐の話\n\n登壇: 見本 花子\n\n- SQS は紐である\n- 課題: 起動が遅くて困っている\n"
    )


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    folder = tmp_path_factory.mktemp("reading")
    (folder / "library").mkdir()
    (folder / "library" / "kb.toml").write_text('[embedding]\nmodel = "none"\n', "utf-8")
    for year in range(2001, 2021):
        text = report(year, speaker="見本 太郎" if year > 2010 else "見本 次郎", notes=120 if year == 2020 else 3)
        (folder / "library" / f"{year}.md").write_text(text, "utf-8")
    (folder / "library" / "undated.md").write_text("# 見本の集まり 参加メモ\n\n- 日付のないメモ\n", "utf-8")
    for number in range(40):
        text = f"# 小さな会 第{number}回 参加レポート\n\n- 開催日: 2015年3月{1 + number % 28}日\n- 小さなメモ\n"
        tracks = "".join(f"\n## 【{'BA'[n % 2]}】1{n}:00~1{n}:40:話{n}\n\n- その{n}\n" for n in range(4))
        (folder / "library" / f"small-{number}.md").write_text(text + ("" if number else tracks), "utf-8")
    knowledge_base = KnowledgeBase.open(folder / "library", folder / "index")
    knowledge_base.indexer.sync()
    return create_app(knowledge_base).test_client()


@pytest.fixture(scope="module")
def nothing(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    folder = tmp_path_factory.mktemp("nothing")
    (folder / "library").mkdir()
    knowledge_base = KnowledgeBase.open(folder / "library", folder / "index")
    knowledge_base.indexer.sync()
    return create_app(knowledge_base).test_client()


def as_json(client: FlaskClient, address: str) -> dict[str, Any]:
    told: dict[str, Any] = client.get(address, headers={"Accept": "application/json"}).json
    return told


def test_an_event_that_has_gone_while_its_page_is_made_is_told(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = client.application.jinja_env.globals["kb"].browser.event("見本カンファレンス-2019")
    monkeypatch.setattr(Browser, "event", lambda *_: replace(held, series="gone"))

    assert client.get("/event/見本カンファレンス-2019").status_code == 404


@pytest.mark.parametrize(("path", "total"), [("reports", 61), ("events", 60), ("talks", 44), ("speakers", 3)])
def test_a_list_has_everything_fifty_at_a_time(client: FlaskClient, path: str, total: int) -> None:
    first = as_json(client, f"/{path}")
    rest = [as_json(client, f"/{path}?page={page}")[path] for page in range(2, first["pages"] + 1)]

    assert (first["total"], len(first[path]) + sum(map(len, rest))) == (total, total)
    assert max(map(len, (first[path], *rest))) <= 50
    assert (f"/{path}?page=2" in client.get(f"/{path}").text) == (first["pages"] > 1)


@pytest.mark.parametrize("page", ["0", "-1", "9", "99999999", "x", "２"])
def test_a_page_that_there_is_not_is_the_nearest_one(client: FlaskClient, page: str) -> None:
    assert as_json(client, f"/reports?page={page}")["page"] == (2 if page == "9" else 1)


def test_a_list_is_narrowed_by_name_year_service_and_event(client: FlaskClient) -> None:
    def total(address: str) -> int:
        found: int = as_json(client, address)["total"]
        return found

    assert total("/talks?name=2019年の紐") == 1
    assert total("/talks?year=2019") == 2
    assert total("/talks?service=ラムダ&year=2019") == 1
    assert total("/talks?service=nothing") == 0
    assert total("/talks?event=見本カンファレンス-2019") == 2
    assert total("/talks?speaker=見本%20花子") == 20
    assert total("/reports?year=undated") == 1
    assert total("/events?series=見本カンファレンス") == 20
    assert total("/speakers?year=2005") == 2


def test_a_narrowed_list_says_by_what_and_how_to_widen_it(client: FlaskClient) -> None:
    page = client.get("/talks?year=2019&service=lambda&name=箱").text

    assert 'href="/talks?name=%E7%AE%B1&amp;service=lambda"' in page  # without the year
    assert "AWS Lambda" in page
    assert "当てはまるものはありません" in client.get("/talks?name=どこにもない").text


def test_entries_stand_newest_first_and_the_bars_lead_to_each_year(client: FlaskClient) -> None:
    page = client.get("/talks").text

    assert page.index("2020年の紐の話") < page.index("2019年の紐の話")
    assert 'href="/talks?year=2005" aria-label="2005年 2セッション"' in page


ORDERS: dict[str, dict[str, Callable[[dict[str, Any]], Any]]] = {
    "reports": {
        "name": lambda one: one["title"],
        "event": lambda one: one["event"],
        "date": lambda one: one["held_on"],
        "talks": lambda one: len(one["talks"]),
        "notes": lambda one: one["notes"],
    },
    "events": {
        "name": lambda one: one["name"],
        "date": lambda one: one["held_on"],
        "reports": lambda one: len(one["reports"]),
        "talks": lambda one: len(one["talks"]),
        "notes": lambda one: one["notes"],
    },
    "talks": {
        "name": lambda one: one["title"],
        "event": lambda one: one["event"],
        "date": lambda one: one["held_on"],
        "speakers": lambda one: "、".join(one["speakers"]),
        "notes": lambda one: one["notes"],
    },
    "speakers": {
        "name": lambda one: one["name"],
        "talks": lambda one: len(one["talks"]),
        "notes": lambda one: one["notes"],
    },
}
COLUMNS = [(path, name) for path, columns in ORDERS.items() for name in columns]


def every(client: FlaskClient, path: str, **asked: str) -> list[dict[str, Any]]:
    """Return all entries of a list, page after page."""
    first = as_json(client, f"/{path}?{urlencode(asked)}")
    pages = range(1, first["pages"] + 1)
    return [one for page in pages for one in as_json(client, f"/{path}?{urlencode({**asked, 'page': page})}")[path]]


@pytest.mark.parametrize("way", ["", "-"])
@pytest.mark.parametrize(("path", "name"), COLUMNS)
def test_a_list_is_ordered_by_a_column_over_all_its_pages(client: FlaskClient, path: str, name: str, way: str) -> None:
    values = [ORDERS[path][name](one) for one in every(client, path, sort=way + name)]
    known = [value for value in values if value not in (None, "")]

    assert known == sorted(known, reverse=way == "-")
    assert values[len(known) :] == [value for value in values if value in (None, "")]


@pytest.mark.parametrize(
    ("path", "name"), [*((path, "date") for path in ("reports", "events", "talks")), ("speakers", "talks")]
)
def test_the_order_that_nobody_asks_for_is_told_as_that_of_a_column(client: FlaskClient, path: str, name: str) -> None:
    page = client.get(f"/{path}").text

    assert every(client, path) == every(client, path, sort=f"-{name}")
    assert re.findall(r'aria-sort="(\w+)"><a href="([^"]*)"', page.replace(' class="number"', "")) == [
        ("descending", f"/{path}?sort={name}")
    ]


def test_pages_filters_and_bars_keep_the_order_of_a_list(client: FlaskClient) -> None:
    page = html.unescape(client.get("/reports?sort=notes").text)
    narrowed = html.unescape(client.get("/talks?year=2019&sort=-name").text)

    assert "/reports?sort=notes&page=2" in page
    assert "/reports?sort=notes&year=2019" in page
    assert ('<input type="hidden" name="sort" value="-name">' in narrowed, '"/talks?sort=-name"' in narrowed) == (
        True,
        True,
    )
    assert '"/talks?year=2019"' in narrowed  # ordered by date, which is the order of the list


def test_an_order_that_there_is_not_is_told_and_left_out(client: FlaskClient) -> None:
    page = client.get("/events?sort=size")

    assert "sort「size」" in page.text
    assert 'aria-sort="descending"><a href="/events?sort=date"' in page.text
    assert client.get("/events?sort=size", headers={"Accept": "application/json"}).status_code == 400


def test_numbers_of_talks_are_of_those_that_are_listed(client: FlaskClient) -> None:
    counted = {one["slug"]: len(one["talks"]) for one in every(client, "events")}

    assert counted == {slug: as_json(client, f"/talks?event={quote(slug)}")["total"] for slug in counted}


def test_an_event_has_its_series_its_talks_by_track_and_time_and_its_reports(client: FlaskClient) -> None:
    page = client.get("/event/見本カンファレンス-2019").text
    told = as_json(client, "/event/見本カンファレンス-2019")

    assert page.index("紐の話") < page.index("【A】") < page.index("箱の話") < page.index("【B】")
    assert "見本カンファレンス（全20回）" in page
    assert f'href="/event/{quote("見本カンファレンス-2018")}" aria-label="2018年' in page
    assert (len(told["talks"]), len(told["editions"]), told["held_on"]) == (2, 20, "2019")
    assert f'href="/report/{quote(told["reports"][0])}"' in page


def test_an_event_is_found_under_other_spellings_of_its_name(client: FlaskClient) -> None:
    event = as_json(client, "/event/小さな会-第3回")

    assert [as_json(client, f"/event/{quote(name)}") for name in ("小さな会3", "小さな会-vol-3")] == [event] * 2


def test_years_of_a_series_with_several_events_lead_to_the_list(client: FlaskClient) -> None:
    page = client.get("/event/小さな会-第3回").text

    assert "小さな会（全40回）" in page
    assert client.get("/event/小さな会-第99回").status_code == 404


def test_a_speaker_has_their_talks_and_notes(client: FlaskClient) -> None:
    page = client.get("/speaker/見本 太郎").text

    assert (page.count('href="/talk/'), "10セッション" in page) == (10, True)
    assert 'aria-label="2015年 メモ 7件"' in page
    assert client.get("/speaker/誰か").status_code == 404


def test_the_list_of_speakers_tells_from_when_to_when_they_spoke(client: FlaskClient) -> None:
    assert "2001〜2020年" in client.get("/speakers?name=花子").text
    assert "2011〜2020年" in client.get("/speakers?name=太郎").text


def test_years_tell_what_each_has_and_the_undated_are_last(client: FlaskClient) -> None:
    years = as_json(client, "/years")["years"]

    assert [one["year"] for one in years] == [*(str(year) for year in range(2020, 2000, -1)), "undated"]
    assert years[1] == {"year": "2019", "reports": 1, "events": 1, "talks": 2, "notes": 10}
    assert "日付不明" in client.get("/years").text


def test_pairs_are_those_that_are_asked_for(client: FlaskClient) -> None:
    page = as_json(client, "/pairs?state=unsolved")

    assert (page["total"], page["pages"], len(page["pairs"])) == (20, 1, 20)
    assert {tuple(one["states"]) for one in page["pairs"]} == {("unsolved",)}
    assert as_json(client, "/pairs?state=solved")["total"] == 0
    assert as_json(client, "/pairs")["total"] == 20
    assert as_json(client, "/pairs?q=起動")["total"] == 20
    assert (as_json(client, "/pairs?page=9")["page"], len(as_json(client, "/pairs?page=9")["pairs"])) == (1, 20)
    assert {as_json(client, f"/pairs?{wrong}")["status"] for wrong in ("state=nope", "service=nope")} == {400}
    assert "知られていないため" in client.get("/pairs?service=何か").text
    assert "当てはまる課題や質問はありません" in client.get("/pairs?state=answered").text


def test_a_long_report_has_a_list_of_contents_and_pages_and_each_note_knows_its_page(client: FlaskClient) -> None:
    told = as_json(client, "/reports?year=2020")["reports"][0]
    first, second = (client.get(f"/report/{quote(told['id'])}?page={page}").text for page in (1, 2))
    notes = as_json(client, f"/report/{told['id']}")["notes"]
    last = client.get(f"/note/{quote(notes[-1]['id'])}").text

    assert (first.count('class="note '), second.count('class="note ')) == (200, len(notes) - 200)
    assert f"/report/{quote(told['id'])}?page=2#{quote(notes[-1]['id'])}" in last
    assert 'rel="prev"' in last
    assert 'rel="next"' not in last
    assert f"{len(notes)}件中 {len(notes)}番目" in last


@pytest.mark.parametrize(("year", "is_long"), [(2019, False), (2020, True)])
def test_the_place_of_a_hit_is_the_page_of_its_talk_that_has_the_note(
    client: FlaskClient, year: int, *, is_long: bool
) -> None:
    found = client.get("/", query_string={"q": '"箱の中身 2番"', "year": year}).text
    address, _, note = html.unescape(re.findall(r'<h2>\s*<a[^>]* href="([^"]*)"', found)[0]).partition("#")
    talk = address.partition("?")[0]
    last = as_json(client, talk)["notes"][-1]["id"]

    assert (f'id="{unquote(note)}"' in client.get(address).text, "?note=" in address) == (True, is_long)
    assert f'id="{last}"' in client.get(talk, query_string={"note": last}).text


def test_a_note_stands_between_its_neighbours(client: FlaskClient) -> None:
    told = as_json(client, "/reports?year=2019")["reports"][0]
    before, note, after = as_json(client, f"/report/{told['id']}")["notes"][1:4]
    page = client.get(f"/note/{quote(note['id'])}").text

    assert f'rel="prev" href="/note/{quote(before["id"])}"' in page
    assert f'rel="next" href="/note/{quote(after["id"])}"' in page


def test_the_page_of_an_answer_shows_its_question_and_the_other_answers(tmp_path: Path) -> None:
    (tmp_path / "library").mkdir()
    text = "# 箱の会 2019\n\n- Q. 鍵は何本ありますか？\n  - A. 予備を入れて三本です\n  - A. 係の人が一本持っています\n- 紐\n"
    (tmp_path / "library" / "a.md").write_text(text, "utf-8")
    kb = KnowledgeBase.open(tmp_path / "library", tmp_path / "index")
    kb.indexer.sync()
    question, answer, other, _ = kb.browser.report(kb.browser.reports()[0].id)[1]

    related = kb.browser.surroundings(answer).related

    assert [note.text for note in related] == [question.text, answer.text, other.text]


def test_a_search_has_the_bars_of_its_years_and_each_leads_to_that_year_and_back(client: FlaskClient) -> None:
    page = client.get("/?q=Lambda").text
    chosen = client.get("/?q=Lambda&year=2019").text

    assert 'href="/?q=Lambda&amp;year=2019" aria-label="2019年 メモ 3件"' in page
    assert 'href="/?q=Lambda" aria-label="2019年 メモ 3件" class="chosen" aria-current="true"' in chosen


def test_of_many_talks_found_by_title_the_first_are_shown_and_the_rest_is_a_list_away(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searcher, "_MAX_TALKS", 5)
    told = as_json(client, "/?q=箱の話")

    assert (told["titled"], len(told["talks"])) == (20, 5)
    assert f'<a href="/talks?name={quote("箱の話")}">他 15件</a>' in client.get("/?q=箱の話").text
    assert as_json(client, f"/talks?name={quote('箱の話')}")["total"] == 20


@pytest.mark.parametrize("sort", ["old", "new"])
def test_a_search_can_be_in_the_order_of_days(client: FlaskClient, sort: str) -> None:
    years = [hit["held_on"] for hit in as_json(client, f"/?q=SQS&sort={sort}")["hits"]]

    assert years == sorted(years, reverse=sort == "new")


@pytest.mark.parametrize("path", ["/reports", "/events", "/talks", "/speakers", "/years", "/pairs"])
def test_an_empty_library_says_how_to_fill_it(nothing: FlaskClient, path: str) -> None:
    response = nothing.get(path)
    told = ("まだレポートがありません", '<a class="button" href="/add">レポートを取り込む</a>')

    assert (response.status_code, [text in response.text for text in told]) == (200, [True, True])


def test_where_the_index_has_gone_the_page_does_not_say_that_there_are_no_reports(tmp_path: Path) -> None:
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "a.md").write_text(report(2019, speaker="見本 太郎"), "utf-8")
    client = create_app(KnowledgeBase.open(tmp_path / "library", tmp_path / "index")).test_client()
    before = client.get("/").text
    client.post("/sync", headers={"Sec-Fetch-Site": "same-origin"})
    after = client.get("/").text

    told = ("索引がありません", "まだレポートがありません", "<button>索引を更新</button>")
    assert [[text in page for text in told] for page in (before, after)] == [[True, False, True], [False] * 3]


@pytest.mark.parametrize("path", ["/reports", "/events", "/talks", "/speakers", "/years", "/pairs"])
def test_every_list_is_one_click_away_and_says_where_one_is(client: FlaskClient, path: str) -> None:
    assert f'<a href="{path}" aria-current="page">' in client.get(path).text


def test_a_report_whose_file_has_gone_is_read_from_the_index_but_has_no_lines(tmp_path: Path) -> None:
    (tmp_path / "library").mkdir()
    file = tmp_path / "library" / "a.md"
    file.write_text(report(2019, speaker="見本 太郎"), "utf-8")
    knowledge_base = KnowledgeBase.open(tmp_path / "library", tmp_path / "index")
    knowledge_base.indexer.sync()
    client = create_app(knowledge_base).test_client()
    name = quote(knowledge_base.browser.reports()[0].id)
    before = [client.get(f"/{page}/{name}").status_code for page in ("report", "lines")]
    file.unlink()

    assert (before, [client.get(f"/{page}/{name}").status_code for page in ("report", "lines")]) == (
        [200] * 2,
        [200, 404],
    )


def test_programs_get_the_features_of_a_note_and_a_talk_and_people_a_sentence(client: FlaskClient) -> None:
    note = next(one for one in as_json(client, "/?q=起動")["hits"] if one["kind"] == "problem")
    talk = as_json(client, "/talks")["talks"][0]
    of_note, of_talk = (as_json(client, f"/why/{one['id']}") for one in (note, talk))

    assert f'href="/why/{quote(note["id"])}"' in client.get(f"/note/{note['id']}").text
    assert f'href="/why/{quote(talk["id"])}"' in client.get(f"/talk/{talk['id']}").text
    assert (of_note["kind"], of_note["text"], of_talk["kind"]) == ("problem", note["text"], "talk")
    assert all(one["sure"] > 0.5 and one["reasons"][0][1] > 0 for one in (of_note, of_talk))
    page = client.get(f"/why/{note['id']}").text
    assert (str(of_note["reasons"][0][0]) in page, "人がそう判断したものに似ています" in page) == (False, True)
    assert client.get("/why/nothing/00000000").status_code == 404
