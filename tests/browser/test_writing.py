"""Putting right and taking in as people do it: without a script, by keyboard alone, by dropping folders."""

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Page, Route, expect
from waiting import enter, stop_clock

from kb.indexing.outcomes import SyncOutcome
from kb.knowledge_base import KnowledgeBase
from webui.app import create_app
from webui.pages import updating

pytestmark = pytest.mark.browser

Open = Callable[..., Page]
REPORT = """# 見本勉強会 2019 参加レポート

## 【A】10:00~10:40:箱の話

- SQS は順番を守らない
- Lambda で受ける
"""


@pytest.fixture
def own(tmp_path: Path, serve: Callable[[Flask], AbstractContextManager[str]]) -> Iterator[tuple[str, KnowledgeBase]]:
    """The address of a page over an own library, and that."""
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "a.md").write_text(REPORT, "utf-8")
    kb = KnowledgeBase.open(tmp_path / "library", tmp_path / "index")
    kb.indexer.sync()
    with serve(create_app(kb)) as root:
        yield root, kb


def test_without_a_script_a_tag_is_corrected_from_a_hit_and_taken_back(
    open_page: Open, own: tuple[str, KnowledgeBase]
) -> None:
    page = open_page("/?q=順番", own[0], java_script_enabled=False)
    page.locator(".note > .menu summary").first.click()
    page.get_by_role("link", name="このメモを直す").first.click()
    page.get_by_label("サービスを付ける（複数は読点で区切る）").fill("SQSS")
    page.get_by_role("button", name="直す").click()
    expect(page.get_by_text("「SQSS」というサービスは知られていません")).to_be_visible()
    page.get_by_label("サービスを付ける（複数は読点で区切る）").fill("S3")
    page.get_by_role("button", name="直す").click()

    expect(page.locator("#summary")).to_contain_text("順番")
    expect(page.locator(".note .tag").filter(has_text="S3")).to_have_count(1)
    page.get_by_role("button", name="元に戻す").click()
    expect(page.get_by_text("元に戻しました")).to_be_visible()
    expect(page.locator(".note .text")).to_be_visible()
    expect(page.locator(".note .tag").filter(has_text="S3")).to_have_count(0)


@pytest.mark.parametrize("width", [390, 1280])
def test_without_a_script_a_note_a_talk_and_a_line_are_corrected_in_the_preview(
    open_page: Open, own: tuple[str, KnowledgeBase], width: int
) -> None:
    page = open_page("/add", own[0], java_script_enabled=False, width=width)
    page.locator("textarea").fill(REPORT.replace("2019", "2021") + "\n## 鍵について\n\n- 鍵は必ず返す\n")
    page.get_by_role("button", name="読み取りを確認").click()
    page.get_by_role("button", name="このメモを直す").nth(1).click()
    page.get_by_label("種別").select_option("助言")
    page.get_by_label("題名").fill("箱のうた")
    page.get_by_role("button", name="直す", exact=True).click()
    expect(page.locator(".heading h2")).to_have_text(["箱のうた"])
    expect(page.locator(".note").nth(1)).to_be_in_viewport()
    page.locator("#all-lines > summary").click()
    page.locator(".lines tr", has_text="鍵について").locator("summary").click()
    page.get_by_role("button", name="「鍵について」を直す").click()
    page.get_by_label("この行はセッションの始まりか終わりですか").select_option("セッションの見出し")
    page.get_by_role("button", name="直す", exact=True).click()
    expect(page.locator(".heading h2")).to_have_text(["箱のうた", "鍵について"])
    page.get_by_role("button", name="元に戻す").click()
    expect(page.locator(".heading h2")).to_have_text(["箱のうた"])
    page.get_by_role("button", name="元に戻す").click()
    expect(page.locator(".heading h2")).to_have_text(["箱のうた", "鍵について"])
    page.get_by_role("button", name="ライブラリに保存").click()

    expect(page.locator("section h2 a")).to_have_text(["箱のうた", "鍵について"])
    page.get_by_role("button", name="元に戻す").click()
    expect(page.get_by_text("元に戻しました")).to_be_visible()
    assert [entry.source for entry in own[1].browser.reports()] == ["a.md"]


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize(("scheme", "locale"), [("light", "ja-JP"), ("dark", "en-US")])
def test_the_panels_and_menus_of_corrections_are_accessible(
    open_page: Open, own: tuple[str, KnowledgeBase], width: int, scheme: str, locale: str
) -> None:
    root, kb = own
    (report,) = kb.browser.reports()
    page = open_page("/add", root, width=width, color_scheme=scheme, locale=locale, bypass_csp=True)
    told: list[tuple[list[str], bool]] = []

    def look() -> None:
        page.wait_for_load_state()
        violations = [one["id"] for one in Axe().run(page).response["violations"]]
        told.append((violations, page.evaluate("document.documentElement.scrollWidth <= innerWidth")))

    page.locator("textarea").fill(REPORT.replace("2019", "2021"))
    page.locator(".intake button").first.click()
    page.locator("#all-lines > summary").click()
    page.locator(".lines .menu summary").nth(3).click()
    look()
    page.locator("button.menu").nth(1).click()
    page.locator("[name=title]").wait_for()
    look()
    page.locator("[name=title]").fill("箱のうた")
    page.locator("button[name=panel]").click()
    page.locator("#undo").wait_for()
    look()
    for address, menu in ((f"/lines/{report.id}", ".lines .menu"), (f"/report/{report.id}", ".heading > .menu")):
        page.goto(root + address)
        page.locator(f"{menu} summary").first.click()
        look()
    page.goto(f"{root}/correct/{kb.browser.report(report.id)[1][0].id}")
    look()

    assert told == [([], True)] * 6


@pytest.mark.parametrize("script", [True, False])
def test_an_update_that_takes_long_leads_back_to_the_note(
    open_page: Open,
    own: tuple[str, KnowledgeBase],
    serve: Callable[[Flask], AbstractContextManager[str]],
    monkeypatch: pytest.MonkeyPatch,
    *,
    script: bool,
) -> None:
    monkeypatch.setattr(updating, "PATIENCE", 0.0)
    going_on, kb = threading.Event(), own[1]

    def sync(_tell: Callable[[str, int, int], None]) -> SyncOutcome:
        going_on.wait(600)
        return kb.indexer.sync()

    with serve(create_app(kb, updater=updating.Updater(sync))) as root:
        page = open_page("/?q=受ける", root, java_script_enabled=script)
        page.locator(".note > .menu summary").first.click()
        page.get_by_role("link", name="このメモを直す").first.click()
        page.get_by_label("サービスを付ける（複数は読点で区切る）").fill("S3")
        page.get_by_role("button", name="直す").click()
        expect(page.locator("progress")).to_be_visible()
        expect(page.get_by_role("button", name="元に戻す")).to_be_visible()
        going_on.set()

        expect(page.locator(".note:target .tag").filter(has_text="S3")).to_be_visible()
        expect(page.locator("#summary")).to_contain_text("受ける")
        expect(page.get_by_role("button", name="元に戻す")).to_be_visible()


def test_the_progress_of_an_update_waits_for_a_slow_answer(
    open_page: Open, own: tuple[str, KnowledgeBase], serve: Callable[[Flask], AbstractContextManager[str]]
) -> None:
    going_on, kb = threading.Event(), own[1]

    def sync(_tell: Callable[[str, int, int], None]) -> SyncOutcome:
        going_on.wait(600)
        return kb.indexer.sync()

    updater = updating.Updater(sync)
    updater.update(0)
    asked: list[Route] = []
    with serve(create_app(kb, updater=updater)) as root:
        page = open_page("/", root)
        stop_clock(page)
        page.goto(f"{root}/sync")
        page.route("**/sync", lambda route: asked.append(route))  # noqa: PLW0108  # Playwright takes no method of C
        with page.expect_request("**/sync"):
            page.clock.run_for(1000)
        page.clock.run_for(3000)
        going_on.set()
        updater.update(600)  # returns at the end, which the answer then shows
        first = len(asked)
        asked[0].continue_()

        expect(page.locator("progress")).to_have_count(0)
    assert first == 1


def test_by_keyboard_alone_a_hit_is_found_corrected_and_the_correction_taken_back(
    open_page: Open, own: tuple[str, KnowledgeBase]
) -> None:
    page = open_page("/", own[0])
    page.keyboard.press("/")
    page.keyboard.type("順番")
    enter(page)
    expect(page.locator("#summary")).to_contain_text("順番")
    tab_to(page, page.locator(".note > .menu summary").first)
    page.keyboard.press("Enter")
    tab_to(page, page.locator(".menu a", has_text="このメモを直す").first)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="直す")).to_be_visible()
    tab_to(page, page.get_by_label("サービスを付ける（複数は読点で区切る）"))
    page.keyboard.type("S3")
    page.keyboard.press("Enter")

    expect(page.get_by_role("button", name="元に戻す")).to_be_focused()
    expect(page.locator(".note .tag").filter(has_text="S3")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.get_by_text("元に戻しました")).to_be_visible()
    expect(page.locator(".note .tag").filter(has_text="S3")).to_have_count(0)


def tab_to(page: Page, wanted: object) -> None:
    """Press Tab until something has the focus."""
    for _ in range(80):
        if wanted.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{wanted} cannot be reached")


def test_files_and_folders_dropped_anywhere_tell_each_what_became_of_them(
    open_page: Open, own: tuple[str, KnowledgeBase], tmp_path: Path
) -> None:
    folder = tmp_path / "dropped"
    (folder / "inside").mkdir(parents=True)
    (folder / "inside" / "b.md").write_text("# 別の会 2020\n\n- 監視の通知を絞る\n", "utf-8")
    (folder / "film.bin").write_bytes(b"\0\1\2")
    shutil.copy(own[1].collection.library.path / "a.md", tmp_path / "copy.md")
    page = open_page("/?q=順番", own[0])
    devtools = page.context.new_cdp_session(page)
    dropped = {"items": [], "files": [str(folder), str(tmp_path / "copy.md")], "dragOperationsMask": 1}
    for step in ("dragEnter", "dragOver", "drop"):
        devtools.send("Input.dispatchDragEvent", {"type": step, "x": 600, "y": 300, "data": dropped})

    expect(page.locator("#dropped .summed")).to_have_text("3ファイルのうち 2ファイルを取り込みました。")
    lines = sorted(page.locator("#dropped li").all_inner_texts())
    assert ["".join(line.split())[:15] for line in lines] == [
        "b.mdb.mdとして加えまし",
        "copy.md同じものがすでに",
        "film.binこの内容はレポ",
    ]
    page.get_by_role("button", name="閉じる").last.click()
    page.goto(own[0] + "/?q=通知")
    expect(page.locator("#summary")).to_contain_text("1件")


@pytest.mark.parametrize("width", [390, 1280])
def test_without_a_script_a_report_is_about_one_talk_by_one_click_in_the_preview_and_on_its_page(
    open_page: Open, own: tuple[str, KnowledgeBase], width: int
) -> None:
    page = open_page("/add", own[0], java_script_enabled=False, width=width)
    page.locator("textarea").fill("---\ntitle: 鍵の話（山田 花子さん）\n---\n\n# 感想\n\n- 鍵は必ず返す\n")
    page.get_by_role("button", name="読み取りを確認").click()
    whole = page.get_by_role("button", name="このレポートはひとつのセッションの記録")
    whole.click()
    expect(page.locator(".heading h2")).to_have_text(["鍵の話"])
    page.get_by_role("button", name="元に戻す").click()
    page.get_by_role("button", name="ライブラリに保存").click()
    whole.click()
    expect(page.locator("section h2")).to_have_text(["鍵の話"])
    expect(whole).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="元に戻す").click()
    expect(whole).to_be_visible()


@pytest.mark.parametrize("width", [390, 1280])
def test_the_forms_are_accessible_with_what_they_refuse(
    open_page: Open, own: tuple[str, KnowledgeBase], width: int
) -> None:
    root, kb = own
    (report,) = kb.browser.reports()
    note = kb.browser.report(report.id)[1][0].id
    told: dict[str, list[str]] = {}
    for address, field, wrong, button in (
        (f"/correct/{note}", "add", "SQSS", "直す"),
        (f"/correct-report/{report.id}", "date", "きのう", "直す"),
        (f"/correct-talk/{report.talks[0].id}", "speakers", "長い" * 60, "直す"),
        ("/add", "text", " ", "読み取りを確認"),
    ):
        page = open_page(address, root, width=width)
        page.locator(f"main [name={field}]").fill(wrong)
        page.get_by_role("button", name=button).last.click()
        expect(page.locator(f"#{field}-error")).to_be_visible()
        page.wait_for_load_state()
        told[address] = [one["id"] for one in Axe().run(page).response["violations"]]
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    assert told == {address: [] for address in told}
