"""The page as files, below a path of a web server: its search finds what the live page does, axe objects to nothing."""

import re
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files as resources
from pathlib import Path
from urllib.parse import quote, unquote

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, expect

from kb.knowledge_base import KnowledgeBase
from webui.app import create_app
from webui.site.exporting import files, replace

pytestmark = pytest.mark.browser

Open = Callable[..., Page]
SAMPLES = Path(__file__).parents[2] / "data" / "samples"
AXE = (resources("axe_playwright_python") / "axe.min.js").read_text("utf-8")
WORDS = ("SQS", "冪等", "タイムアウト", "コールドスタート", "Fargate", "料金", "監視", "SQL", "OS", "5分", "暗号化", "DynamoDB 設計",
         "S3 暗号化", "ＥＫＳ", '"15 分"', '"結果整合"')  # fmt: skip
FACETS = ("", "kind=statement&year=2018", "service=lambda&service=sqs", "service=lambda&service=sqs&match=all",
          "via=explicit", "speaker=Werner%20Vogels", "category=compute&kind=advice")  # fmt: skip


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_told: object) -> None:
        pass


@pytest.fixture(scope="module")
def knowledge_base(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeBase:
    knowledge_base = KnowledgeBase.open(SAMPLES, tmp_path_factory.mktemp("index"))
    knowledge_base.indexer.sync()
    return knowledge_base


@pytest.fixture(scope="module")
def live(knowledge_base: KnowledgeBase) -> FlaskClient:
    return create_app(knowledge_base).test_client()


@pytest.fixture(scope="module")
def www(knowledge_base: KnowledgeBase, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a site in each language below it."""
    www = tmp_path_factory.mktemp("www")
    for language in ("ja", "en"):
        made = files(knowledge_base, root=None, language=language, progress=lambda *_: None)
        replace(www / language / "notes", made)
    return www


@pytest.fixture(scope="module")
def root(www: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=www))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/ja/notes/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def of_live(client: FlaskClient, query: str) -> set[str]:
    """Return the ids of all notes that the live page finds."""
    found, page, pages = set[str](), 1, 1
    while page <= pages:
        answer = client.get(f"/?{query}&without=near&page={page}", headers={"Accept": "application/json"}).json
        found |= {hit["id"] for hit in answer["hits"]}
        assert not answer["loosened"]
        page, pages = page + 1, answer["pages"]
    return found


def of_site(page: Page) -> list[str]:
    """Return the ids of all notes that the page shows, as one asks for more until there are no more."""
    expect(page.get_by_role("status")).not_to_have_text("")
    while page.locator(".more button").count():
        page.locator(".more button").click()
    hrefs = page.eval_on_selector_all("#found .tree .note a", "links => links.map((link) => link.href)")
    return [unquote(href).partition("/note/")[2].removesuffix("/index.html") for href in hrefs]


@pytest.mark.parametrize("word", WORDS)
def test_a_word_finds_the_same_notes_as_on_the_live_page(
    open_page: Open, root: str, live: FlaskClient, word: str
) -> None:
    page = open_page(f"search/?q={quote(word)}", root)
    found = of_site(page)
    narrowed = open_page(f"search/?q={quote(word)}&kind=statement", root)

    assert (set(found), len(found)) == (of_live(live, f"q={quote(word)}"), len(set(found)))
    assert set(of_site(narrowed)) == of_live(live, f"q={quote(word)}&kind=statement")
    assert found


@pytest.mark.parametrize("facets", FACETS)
def test_the_facets_of_an_address_select_the_same_notes(
    open_page: Open, root: str, live: FlaskClient, facets: str
) -> None:
    page = open_page(f"search/?q=&{facets}", root)
    found = of_site(page)

    assert (set(found), len(found)) == (of_live(live, f"q=&{facets}"), len(set(found)))
    likely = live.get(f"/?q=&{facets}&without=near", headers={"Accept": "application/json"}).json["likely"]
    number = f"{len(found) - likely:,} + {likely:,}" if likely else f"{len(found):,}"
    assert page.get_by_role("status").inner_text() == f"{number}件"
    assert page.locator("#found .tree .kind.likely").count() >= likely


def test_likely_advice_comes_after_the_sure_and_has_a_badge_of_its_own(open_page: Open, root: str) -> None:
    page = open_page("search/?kind=advice", root)
    of_site(page)
    is_likely = page.eval_on_selector_all(
        "#found .tree .note", "notes => notes.map((note) => note.querySelector('.kind.likely.advice') !== null)"
    )

    assert is_likely == sorted(is_likely)
    assert len(set(is_likely)) == 2
    assert page.get_by_role("status").inner_text() == f"{is_likely.count(False):,} + {is_likely.count(True):,}件"
    assert "likely" not in " ".join(page.locator(".chips").all_inner_texts())


def test_what_is_found_is_counted_marked_and_shown_fifty_at_a_time_the_newest_first(open_page: Open, root: str) -> None:
    page = open_page("search/?q=ｌａｍｂｄａ", root)
    expect(page.locator("#found .tree > li")).to_have_count(50)
    days = page.locator(".crumbs .age").all_inner_texts()
    page.locator(".more button").click()
    expect(page.locator("#found .tree > li")).to_have_count(100)

    assert days[0].startswith("AWS re:Invent 2023")
    years = [re.search(r"(\d{4})年", day)[1] for day in days]
    assert (years, len(set(years)) > 1) == (sorted(years, reverse=True), True)
    assert {mark.lower() for mark in page.locator("mark").all_inner_texts()} == {"lambda"}
    assert page.evaluate("document.activeElement === document.querySelectorAll('.note a')[50]")


def test_marks_stand_in_the_text_as_it_is_written(open_page: Open, www: Path, root: str) -> None:
    index = www / "ja/notes/search/notes.json"
    before = index.read_text("utf-8")
    index.write_text(
        '{"groups":{},"values":[],"names":{},"places":[["x","y","z"]],"notes":[["a","ﾊﾞｯｸｱｯﾌﾟは㍻の①番<b>",0,[],[]]]}',
        "utf-8",
    )
    try:
        page = open_page("search/?q=バックアップ 平成 1番", root)
        expect(page.locator("mark")).to_have_count(3)  # they are drawn after the page is there
        marks = page.locator("mark").all_inner_texts()
        text = page.locator(".note a").inner_text()
    finally:
        index.write_text(before, "utf-8")

    assert (marks, text) == (["ﾊﾞｯｸｱｯﾌﾟ", "㍻", "①番"], "ﾊﾞｯｸｱｯﾌﾟは㍻の①番<b>")


def test_a_word_behind_a_minus_leaves_notes_out(open_page: Open, root: str) -> None:
    every, without, of_both = (
        set(of_site(open_page(f"search/?q={quote(query)}", root))) for query in ("SQS", "SQS -FIFO", "SQS FIFO")
    )

    assert (without, bool(of_both)) == (every - of_both, True)


def test_what_is_found_is_narrowed_and_freed_again(open_page: Open, root: str) -> None:
    page = open_page("search/?q=SQS", root)
    page.locator("summary", has_text="絞り込み").click()
    page.get_by_role("link", name="種別 助言").click()
    expect(page.locator("#found .chips").first).to_have_text("種別 助言 ×")
    narrowed = of_site(page)
    page.locator("#found .chips a").first.click()
    page.wait_for_url("**?q=SQS")

    assert 0 < len(narrowed) < len(of_site(page))


def test_one_searches_from_any_page_and_comes_to_a_note(open_page: Open, root: str) -> None:
    page = open_page("", root)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_role("link", name="Lambda", exact=True).first.click()
    page.locator("#q").fill("冪等")
    page.locator("#q").press("Enter")
    page.locator("#found .note a").first.click()

    page.wait_for_url("**/note/**")
    expect(page.locator("h1")).to_contain_text("冪等")
    expect(page.locator("html")).to_have_attribute("lang", "ja")
    assert [url for url in asked if not url.startswith(root)] == []


def test_nothing_found_is_told(open_page: Open, root: str) -> None:
    page = open_page("search/?q=無い言葉&year=1999", root)

    expect(page.get_by_role("status")).to_contain_text("見つかりません")
    assert page.locator("#found .chips a").all_text_contents() == ["年 1999 ×"]


def test_without_a_script_the_search_leads_to_the_lists(open_page: Open, root: str) -> None:
    page = open_page("search/?q=SQS", root, java_script_enabled=False)
    page.locator("#away").get_by_role("link", name="レポート").click()

    expect(page.locator("h1")).to_have_text(re.compile("^レポート"))


def test_from_a_disk_all_pages_open_but_for_the_search(browser: object, www: Path) -> None:
    page = browser.new_page(locale="ja-JP")
    page.goto((www / "ja/notes/index.html").as_uri())
    page.get_by_role("link", name="Lambda", exact=True).first.click()
    page.locator("main .tree a").first.click()
    page.wait_for_url("**/talk/**")
    heading = page.locator("h1").evaluate("(heading) => getComputedStyle(heading).fontSize")
    page.locator("#q").fill("SQS")
    page.locator("#q").press("Enter")
    page.locator("#away").get_by_role("link", name="イベント").click()
    page.wait_for_url((www / "ja/notes/events/index.html").as_uri())
    page.close()

    assert heading == "28px"


@pytest.mark.parametrize("from_disk", [False, True])
def test_an_exported_page_breaks_no_rule_of_its_policy_and_runs_no_injected_script(
    browser: Browser, www: Path, root: str, *, from_disk: bool
) -> None:
    site = www / "ja/notes"
    start = f"{site.as_uri()}/" if from_disk else root
    note = next((site / "note").glob("*/*/index.html")).relative_to(site).as_posix()
    attack = site / "talks" / "attack.html"
    injected = '<script>window.attacked = 1</script><img src="x" onerror="window.attacked = 2"><base href="/">'
    whole = (site / "talks/index.html").read_text("utf-8")
    attack.write_text(whole.replace("<main", f"{injected}<main"), "utf-8")
    page = browser.new_page(locale="ja-JP")
    reported: list[str] = []
    page.on("console", lambda message: reported.append(message.text))
    for path in ("pairs/index.html", note, "index.html"):
        page.goto(start + quote(path))
    page.locator("#q").fill("SQS")
    page.locator("#q").press("Enter")
    expect(page.locator("#away" if from_disk else "#found .note").first).to_be_visible()
    refused = [text for text in reported if "Content Security Policy" in text]
    page.add_init_script("""
        window.violations = [];
        addEventListener("securitypolicyviolation", (event) => violations.push(event.violatedDirective));
    """)
    page.goto(f"{start}talks/attack.html")
    attacked = page.evaluate("[window.attacked, [...new Set(violations)].sort()]")
    page.close()
    attack.unlink()

    assert (refused, attacked) == ([], [None, ["base-uri", "script-src-attr", "script-src-elem"]])


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["ja", "en"])
def test_exported_pages_have_nothing_that_axe_objects_to_and_fit_a_phone(
    open_page: Open, www: Path, root: str, scheme: str, language: str
) -> None:
    site = root.replace("/ja/", f"/{language}/")
    note = next((www / language / "notes/note").glob("*/*/index.html")).relative_to(www / language / "notes").as_posix()
    page = open_page("", site, width=320, color_scheme=scheme)
    told = {}
    for path in (
        "",
        "search/?q=SQS&kind=advice",
        "search/?q=zzz",
        "talks/year=2018/",
        "pairs/",
        "service/lambda/",
        note,
    ):
        page.goto(site + path)
        if path.startswith("search"):
            expect(page.get_by_role("status")).not_to_have_text("")
        page.evaluate("document.querySelectorAll('details:not(.menu)').forEach((e) => { e.open = true })")
        page.evaluate(AXE)
        result = page.evaluate("axe.run({resultTypes: ['violations']})")
        wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        told[path] = [f"{v['id']}: {node['html'][:120]}" for v in result["violations"] for node in v["nodes"]], wide

    assert page.locator("html").get_attribute("lang") == language
    assert {path: found for path, found in told.items() if found != ([], False)} == {}
