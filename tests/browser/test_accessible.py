"""Every page in every state, light and dark, wide and narrow, in both languages, has nothing that axe objects to."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from importlib.resources import files
from pathlib import Path
from urllib.parse import quote

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from waiting import settled

from kb.knowledge_base import KnowledgeBase
from webui.app import create_app
from webui.http.security import Access

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("scheme", ["light", "dark"]),
    pytest.mark.parametrize("locale", ["ja-JP", "en-GB"]),
]

Open = Callable[..., Page]
AXE = (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
PAGES = (
    "/",
    "/?q=",
    "/?q=&page=2",
    "/?q=Lambda&page=99",
    "/?q=Lambda",
    "/?q=Lambda&service=sqs&year=undated",
    "/?q=%E7%84%A1%E3%81%84%E8%A8%80%E8%91%89",
    "/?q=kubernets+zzz&kind=advice",
    "/?q=a&service=none",
    "/?category=compute",
    "/reports",
    "/add",
    "/events?year=2018",
    "/talks?name=none",
    "/talks?service=lambda&year=2018",
    "/speakers",
    "/years",
    "/pairs",
    "/sheet?q=Lambda",
    "/sheet?q=zzz",
    "/pairs?service=nothing&state=unsolved",
    "/compare?year=2018&year=2019",
    "/compare?service=lambda&service=sqs&year=2018",
    "/compare?q=Lambda&q=SQS",
    "/compare?year=2018",
    "/service/quicksight",
    "/guide/lambda",
    "/timeline?service=lambda",
    "/timeline?q=%E5%86%AA%E7%AD%89",
    "/timeline?q=zzz",
    "/event/aws-re-invent-2019",
    "/event/jaws-days-2018",
    "/speaker/Werner%20Vogels",
    "/updates",
    "/todo?what=talk",
    "/todo?what=people",
    "/merge/events?of=jaws-days-2018",
    "/merge/events?of=jaws-days-2018&with=AWS%20re:Invent%202019",
    "/saved",
    "/saved?address=q%3DLambda",
    "/sync",
    "/nowhere",
)


def objections(page: Page) -> list[str]:
    """Return what axe-core finds wrong with a page, every severity counted."""
    page.wait_for_load_state()
    page.evaluate(AXE)
    result = page.evaluate("axe.run({resultTypes: ['violations']})")  # what is right, in brief
    return [f"{v['id']}: {node['html'][:120]}" for v in result["violations"] for node in v["nodes"]]


def test_pages_and_their_details(open_page: Open, address: str, scheme: str, locale: str) -> None:
    page = open_page("/", color_scheme=scheme, locale=locale, bypass_csp=True)
    hits = page.request.get(page.url + "?q=Lambda", headers={"Accept": "application/json"}).json()["hits"]
    hit = next(hit for hit in hits if hit["talk"])
    places = {"note": hit["id"], "talk": hit["talk"]["id"], "report": hit["report"], "lines": hit["report"]}
    places["service"] = "lambda"
    found: dict[str, list[str]] = {}
    for path in (*PAGES, *(f"/{what}/{quote(name)}" for what, name in places.items())):
        page.goto(address + path)
        page.evaluate("document.querySelectorAll('details:not(.menu)').forEach((e) => { e.open = true })")
        page.evaluate("document.querySelectorAll('.menu').forEach((e) => { e.open = true })")
        found[path] = objections(page)

    assert page.evaluate("document.documentElement.lang") == locale[:2]
    assert {path: told for path, told in found.items() if told} == {}


def test_the_phone_and_its_drawer(open_page: Open, scheme: str, locale: str) -> None:
    page = open_page("/?q=Lambda", width=320, color_scheme=scheme, locale=locale, bypass_csp=True)
    closed = objections(page)
    page.locator(".open-filters").click()

    assert (closed, objections(page)) == ([], [])


def test_the_suggestions_the_keys_and_hits_that_stay(open_page: Open, scheme: str, locale: str) -> None:
    page = open_page("/?q=SQS", color_scheme=scheme, locale=locale, bypass_csp=True)
    page.keyboard.press("?")
    keys = objections(page)
    page.keyboard.press("Escape")
    page.locator("#q").fill("")
    page.locator("#q").press_sequentially("s")
    settled(page)
    page.get_by_role("option").first.wait_for()
    page.keyboard.press("ArrowDown")
    suggestions = objections(page)
    page.locator("#q").fill("zzzz")
    page.locator("#status:not(.unseen)").wait_for()

    assert (keys, suggestions, objections(page)) == ([], [], [])


def test_the_intake(open_page: Open, scheme: str, locale: str) -> None:
    page = open_page("/add", color_scheme=scheme, locale=locale, bypass_csp=True)
    page.locator("#text").fill("# 見本勉強会 2019\n\n- SQS は便利\n")
    page.locator("form.intake button").first.click()
    page.locator("#all-lines > summary").click()

    assert objections(page) == []


@pytest.fixture
def guarded(tmp_path: Path, serve: Callable[[Flask], AbstractContextManager[str]]) -> Iterator[str]:
    """The address of a page that wants a key to write, over a library of its own."""
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "a.md").write_text("# 見本勉強会 2019\n\n- SQS は便利\n", "utf-8")
    knowledge_base = KnowledgeBase.open(tmp_path / "library", tmp_path / "index")
    knowledge_base.indexer.sync()
    with serve(create_app(knowledge_base, access=Access(token="a-token-of-twenty-chars"))) as root:  # noqa: S106
        yield root


@pytest.fixture
def own(tmp_path: Path, serve: Callable[[Flask], AbstractContextManager[str]]) -> Iterator[tuple[str, str]]:
    """The address of a page over a library of its own, and the id of a note that two talks have."""
    (tmp_path / "library").mkdir()
    for year in (2018, 2020):
        text = (
            f"# 見本勉強会 {year}\n\n## 【A】10:00~10:40 箱の話\n\n- Lambda\n  - 必ずデッドレターキューを設定すること\n"
        )
        (tmp_path / "library" / f"{year}.md").write_text(f"{text}  - メモリは最大 {year}MB\n", "utf-8")
    knowledge_base = KnowledgeBase.open(tmp_path / "library", tmp_path / "index")
    knowledge_base.indexer.sync()
    guide = knowledge_base.guide(knowledge_base.collection.catalogue.by_slug["lambda"])
    with serve(create_app(knowledge_base)) as root:
        yield root, next(one.id for part in guide.parts.values() for one in part if one.talks > 1)


def test_a_guide(open_page: Open, own: tuple[str, str], scheme: str, locale: str) -> None:
    root, _ = own
    page = open_page("/service/lambda", root, color_scheme=scheme, locale=locale, bypass_csp=True)
    page.evaluate("document.querySelectorAll('main details').forEach((e) => { e.open = true })")
    service = objections(page)
    page.goto(f"{root}/guide/lambda")

    assert (service, objections(page)) == ([], [])


def test_a_talk_that_two_people_noted(
    open_page: Open, tmp_path: Path, serve: Callable[[Flask], AbstractContextManager[str]], scheme: str, locale: str
) -> None:
    (tmp_path / "library").mkdir()
    for kind in ("参加レポート", "に行ってきた"):
        text = f"# 見本会 2019 {kind}\n\n## 【A】10:00~10:45:サーバーレスの勘所\n\n- 鍵は必ず返す\n- 箱は{kind}\n"
        (tmp_path / "library" / f"{kind}.md").write_text(text, "utf-8")
    knowledge_base = KnowledgeBase.open(tmp_path / "library", tmp_path / "index")
    knowledge_base.indexer.sync()
    (key,) = knowledge_base.browser.directory().talks
    with serve(create_app(knowledge_base)) as root:
        page = open_page(f"/talk/{key}", root, color_scheme=scheme, locale=locale, bypass_csp=True)

        assert page.locator(".aligned .both").count() == 1
        assert objections(page) == []


def test_what_was_done_what_was_dropped_and_what_is_left_to_do(
    open_page: Open, own: tuple[str, str], scheme: str, locale: str
) -> None:
    root, note = own
    page = open_page(f"/correct/{quote(note)}", root, color_scheme=scheme, locale=locale, bypass_csp=True)
    page.locator("main [name=add]").fill("S3")
    page.locator("main [name=add]").press("Enter")
    page.locator("#undo").wait_for()
    done = objections(page)
    page.evaluate("""
      const files = new DataTransfer();
      files.items.add(new File(["# 別の会 2020\\n\\n- 監視の通知を絞る\\n"], "b.md"));
      files.items.add(new File(["\\0"], "film.bin"));
      document.body.dispatchEvent(new DragEvent("drop", {dataTransfer: files, bubbles: true}));
    """)
    page.locator("#dropped .error").wait_for()
    dropped = objections(page)
    page.goto(f"{root}/todo?what=speaker")

    assert (done, dropped, objections(page)) == ([], [], [])


def test_an_empty_library(
    open_page: Open, tmp_path: Path, serve: Callable[[Flask], AbstractContextManager[str]], scheme: str, locale: str
) -> None:
    (tmp_path / "library").mkdir()
    found: dict[str, list[str]] = {}
    with serve(create_app(KnowledgeBase.open(tmp_path / "library", tmp_path / "index"))) as root:
        page = open_page("/", root, color_scheme=scheme, locale=locale, bypass_csp=True)
        for path in ("/", "/?q=x", "/reports", "/pairs", "/timeline", "/todo", "/updates", "/saved"):
            page.goto(root + path)
            found[path] = objections(page)

    assert {path: told for path, told in found.items() if told} == {}


def test_the_key_and_the_update(open_page: Open, guarded: str, scheme: str, locale: str) -> None:
    page = open_page("/key", guarded, color_scheme=scheme, locale=locale, bypass_csp=True)
    asked = objections(page)
    page.locator("input[name=token]").fill("wrong")
    page.locator("main form button").click()
    refused = objections(page)
    page.goto(f"{guarded}/key")
    page.locator("input[name=token]").fill("a-token-of-twenty-chars")
    page.locator("main form button").click()
    page.locator("form[action='/sync'] button").click()
    expect(page).to_have_url(re.compile(r"/add\?done="))  # where it was pressed

    assert (asked, refused, objections(page)) == ([], [], [])


def test_what_a_sync_changed_and_the_saved_searches(
    open_page: Open, tmp_path: Path, serve: Callable[[Flask], AbstractContextManager[str]], scheme: str, locale: str
) -> None:
    library = tmp_path / "library"
    library.mkdir()
    (library / "kb.toml").write_text('[[searches]]\nname = "箱"\naddress = "q=箱"\n', "utf-8")
    knowledge_base = KnowledgeBase.open(library, tmp_path / "index")
    for report in (
        "- SQS は便利\n- 課題: 箱が足りなくて困る\n",
        "- SQS は 順番を守らない\n- 箱を足す\n" + "- 積む\n" * 12,
    ):
        (library / "a.md").write_text(f"# 見本勉強会 2019\n\n{report}", "utf-8")
        knowledge_base.indexer.sync()
    newest = next(iter(knowledge_base.updates.differences()))
    found: dict[str, list[str]] = {}
    with serve(create_app(knowledge_base)) as root:
        page = open_page("/?q=箱", root, color_scheme=scheme, locale=locale, bypass_csp=True)
        for path in ("/?q=箱", "/", "/updates", f"/updates/{newest}", "/saved", "/saved?address=q%3DSQS"):
            page.goto(root + path)
            page.evaluate("document.querySelectorAll('details').forEach((e) => { e.open = true })")
            found[path] = objections(page)
        page.locator("input[name=name]").first.fill("箱")
        page.locator("form.intake button").click()
        expect(page.locator("#name-error")).to_have_count(1)
        found["refused"] = objections(page)

    assert {path: told for path, told in found.items() if told} == {}
