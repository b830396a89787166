"""The page as people use it: with and without a script, by mouse, by keyboard, through an input method."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from waiting import enter, settled, stop_clock

from kb.knowledge_base import KnowledgeBase
from webui.app import create_app

pytestmark = pytest.mark.browser

Open = Callable[..., Page]
WIDE, PHONE, SMALL = 1280, 390, 320


def found(page: Page) -> int:
    """Return how many notes the page says it found."""
    return int(page.locator("#found").get_attribute("data-total") or "")


def searches(page: Page) -> list[str]:
    """Return a list that grows by the address of each search the page sends from now on."""
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if "/?" in request.url else None)
    return sent


def test_without_a_script_everything_is_a_form_and_a_link(open_page: Open) -> None:
    page = open_page("/", java_script_enabled=False)
    page.get_by_role("combobox", name="メモを検索").fill("Lambda")
    page.get_by_role("button", name="検索").click()
    all_notes = found(page)
    page.get_by_role("checkbox", name="Amazon SQS").check()
    page.get_by_role("button", name="この条件で絞り込む").click()
    page.wait_for_url("**service=sqs*")
    with_sqs = found(page)
    page.get_by_role("link", name="外すと").click()
    page.wait_for_url(lambda address: "service=" not in address)

    assert all_notes > with_sqs > 0
    assert found(page) == all_notes
    page.get_by_role("combobox", name="並び替え").select_option("新しい順")
    page.get_by_role("button", name="並び替える").click()
    expect(page).to_have_url(re.compile("sort=new"))
    page.get_by_role("link", name="次へ").click()
    expect(page).to_have_url(re.compile("page=2"))
    page.locator(".card h2 a").first.click()
    expect(page.locator(".tree .note").first).to_be_visible()


def test_results_follow_the_typing_in_place_and_the_address_follows_them(open_page: Open) -> None:
    page = open_page("/")
    page.evaluate("document.getElementById('q').seen = 1")
    page.keyboard.press("/")
    page.keyboard.type("Lambda", delay=40)
    expect(page.locator("#summary")).to_contain_text("Lambda")

    assert page.evaluate("[document.getElementById('q').seen, document.activeElement.id]") == [1, "q"]
    expect(page).to_have_url(re.compile(r"/\?q=Lambda$"))
    expect(page.get_by_role("status")).to_contain_text("件（Lambda）")
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_contain_text("探す")


def test_a_filter_is_one_step_back_and_forward(open_page: Open) -> None:
    page = open_page("/?q=Lambda")
    page.get_by_role("checkbox", name="Amazon SQS").check()
    expect(page).to_have_url(re.compile("service=sqs"))
    narrowed = found(page)
    page.go_back()
    expect(page.get_by_role("checkbox", name="Amazon SQS")).not_to_be_checked()
    widened = found(page)
    page.go_forward()
    expect(page.get_by_role("checkbox", name="Amazon SQS")).to_be_checked()

    assert narrowed == found(page) < widened


def test_the_filters_keep_their_focus_and_what_is_unfolded(open_page: Open) -> None:
    page = open_page("/?q=Lambda")
    rest = page.locator("fieldset", has_text="明示のみ").locator("details[id='more=service']")
    rest.locator("summary").click()
    value = rest.get_by_role("checkbox").last.get_attribute("value")
    box = page.locator(f"[name=service][value='{value}']")  # wherever it stands: once selected it is folded no more
    box.check()
    expect(page).to_have_url(re.compile(f"service={value}"))

    expect(box).to_be_focused()
    expect(box).to_be_visible()


def test_an_input_method_is_left_alone_until_it_is_done(open_page: Open) -> None:
    page = open_page("/")
    stop_clock(page)  # of the pause after which what is composed is searched for
    sent = searches(page)
    page.locator("#q").focus()
    method = page.context.new_cdp_session(page)
    for text in ("け", "けい", "けいせ", "けいせい"):
        method.send("Input.imeSetComposition", {"text": text, "selectionStart": len(text), "selectionEnd": len(text)})
    method.send("Input.imeSetComposition", {"text": "冪等", "selectionStart": 2, "selectionEnd": 2})
    before = len(sent)
    key = {"windowsVirtualKeyCode": 229, "key": "Process", "code": "Enter"}
    method.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **key})
    on_enter = len(sent)
    method.send("Input.insertText", {"text": "冪等"})
    method.send("Input.dispatchKeyEvent", {"type": "keyUp", **key})
    page.clock.run_for(1)
    expect(page.locator("#summary")).to_contain_text("冪等")
    page.clock.run_for(700)
    settled(page)

    assert (before, on_enter) == (0, 0)
    assert len(sent) == 1
    assert page.locator("#q").input_value() == "冪等"


def test_a_search_while_composing_never_shows_an_empty_result(open_page: Open) -> None:
    page = open_page("/?q=Lambda")
    page.locator("#q").fill("")
    expect(page.locator("#summary")).not_to_contain_text("Lambda")
    method = page.context.new_cdp_session(page)
    method.send("Input.imeSetComposition", {"text": "ｚｚｚ", "selectionStart": 3, "selectionEnd": 3})
    expect(page.locator("#found.stale")).to_have_count(1)

    assert found(page) > 0


def test_on_a_phone_the_filters_are_a_drawer(open_page: Open) -> None:
    page = open_page("/?q=Lambda", width=PHONE)
    expect(page.get_by_role("checkbox", name="Amazon SQS")).to_be_hidden()
    page.get_by_role("button", name="絞り込み").click()
    page.get_by_role("checkbox", name="Amazon SQS").check()
    expect(page).to_have_url(re.compile("service=sqs"))
    closing = page.get_by_role("button", name="件を見る")

    assert closing.inner_text() == f"{found(page)}件を見る"
    closing.click()
    expect(page.get_by_role("checkbox", name="Amazon SQS")).to_be_hidden()
    expect(page.get_by_role("button", name="絞り込み（1）")).to_be_visible()


def test_on_a_phone_the_drawer_opens_without_a_script(open_page: Open) -> None:
    page = open_page("/?q=Lambda", width=PHONE, java_script_enabled=False)
    page.get_by_role("button", name="絞り込み").click()
    page.get_by_role("checkbox", name="Amazon SQS").check()
    page.get_by_role("button", name="この条件で絞り込む").click()

    expect(page).to_have_url(re.compile("service=sqs"))


def test_the_keyboard_alone_is_enough(open_page: Open) -> None:
    page = open_page("/")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("本文へ移動")
    page.keyboard.press("/")
    page.keyboard.type("SQS")
    enter(page)
    expect(page.locator("#summary")).to_contain_text("SQS")
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.value") == "sqs":
            break
    page.keyboard.press("Space")
    expect(page).to_have_url(re.compile("service=sqs"))

    assert page.evaluate("document.activeElement.value") == "sqs"


def test_suggestions_are_a_list_to_choose_from_by_keyboard(open_page: Open) -> None:
    page = open_page("/")
    box = page.get_by_role("combobox", name="メモを検索")
    box.press_sequentially("冪等 ramu", delay=20)
    settled(page)  # else the next list would open again what Escape closes
    first = page.get_by_role("option").first
    expect(first).to_contain_text("AWS Lambda")
    box.press("Escape")
    expect(first).to_be_hidden()
    assert box.input_value() == "冪等 ramu"
    box.press_sequentially("d")
    settled(page)
    expect(first).to_be_visible()
    box.press("ArrowDown")
    expect(box).to_have_attribute("aria-activedescendant", "suggestion-1")
    box.press("Enter")
    expect(page).to_have_url(re.compile("service=lambda"))

    assert box.input_value() == "冪等"
    expect(page.get_by_role("listbox")).to_be_hidden()


def test_a_suggestion_is_taken_by_a_click_too(open_page: Open) -> None:
    page = open_page("/")
    page.get_by_role("combobox", name="メモを検索").press_sequentially("らむ", delay=20)
    settled(page)
    page.get_by_role("option", name="AWS Lambda").click()

    expect(page).to_have_url(re.compile("/\\?service=lambda$"))


def test_a_long_list_of_filters_can_be_searched(open_page: Open) -> None:
    page = open_page("/?q=")
    visible = page.locator('div:has(> [id="find=service"]) li:visible')
    for typed in ("dyn", "ダイナモ", "だいなも", "ダイナモディービー"):
        page.get_by_label("サービスを探す").fill(typed)
        expect(visible).to_have_count(1)
        expect(visible).to_contain_text("Amazon DynamoDB")
        expect(page.get_by_role("checkbox", name="明示のみ")).to_be_visible()  # which the box does not look in
        page.get_by_label("サービスを探す").fill("")
        expect(visible.nth(1)).to_be_visible()


def test_a_quotation_is_copied(open_page: Open) -> None:
    page = open_page("/?q=冪等", permissions=["clipboard-read", "clipboard-write"])
    stop_clock(page)  # for the link says so for two seconds
    page.locator(".note").first.hover()
    page.locator(".note > .menu summary").first.click()
    page.get_by_role("link", name="引用").first.click()
    expect(page.get_by_role("link", name="コピーしました")).to_be_visible()

    assert re.match(r"> .+\n>\n> — .+（\d{4}年.*）\W<http://127.0.0.1", page.evaluate("navigator.clipboard.readText()"))


def test_copied_text_equals_the_source(open_page: Open) -> None:
    page = open_page("/?q=Lambda")
    hits = page.request.get(page.url, headers={"Accept": "application/json"}).json()["hits"]
    copied = page.locator(".note .text").evaluate_all(
        "all => all.map((e) => (getSelection().selectAllChildren(e), String(getSelection())))"
    )

    assert sorted(copied) == sorted(hit["text"] for hit in hits)


@pytest.mark.parametrize("width", [WIDE, PHONE, SMALL])
def test_no_page_shifts_or_scrolls_sideways(open_page: Open, address: str, width: int) -> None:
    page = open_page("/", width=width)
    told = {}
    for path in ("/", "/?q=Lambda", "/?q=Lambda&page=2", "/reports", "/service/lambda", "/add"):
        page.goto(address + path)
        page.wait_for_timeout(200)
        told[path] = page.evaluate("[watched.shift < 0.01, document.documentElement.scrollWidth <= innerWidth]")

    assert {path: seen for path, seen in told.items() if seen != [True, True]} == {}


@pytest.mark.parametrize("path", ["/", "/?q=Lambda", "/service/lambda"])
def test_a_first_visit_is_light(open_page: Open, path: str) -> None:
    page = open_page(path)
    page.wait_for_load_state("networkidle")
    sizes = page.evaluate("performance.getEntries().map((e) => e.transferSize ?? 0)")

    print(f"{path}: {sum(sizes) / 1000:.1f} kB")  # noqa: T201
    assert 10_000 < sum(sizes) <= 24_000


@pytest.mark.parametrize("scripted", [True, False])
def test_a_pasted_report_is_seen_kept_and_found(
    open_page: Open, serve: Callable[[Flask], AbstractContextManager[str]], tmp_path: Path, *, scripted: bool
) -> None:
    (tmp_path / "library").mkdir()
    knowledge_base = KnowledgeBase.open(tmp_path / "library", tmp_path / "index")
    knowledge_base.indexer.sync()
    with serve(create_app(knowledge_base)) as root:
        page = open_page("/", root, java_script_enabled=scripted)
        expect(page.get_by_text("まだレポートがありません")).to_be_visible()
        page.get_by_role("link", name="レポートを取り込む").click()
        page.get_by_label("または本文").fill("# 見本勉強会 2019\n\n## 箱の話\n\n- SQS は順番を守らない\n")
        page.get_by_role("button", name="読み取りを確認").click()
        expect(page.locator(".note .text")).to_have_text("SQS は順番を守らない")
        page.get_by_label("日付").fill("2019-07-06")
        page.get_by_role("button", name="ライブラリに保存").click()
        expect(page.get_by_text("2019年7月6日")).to_be_visible()
        page.get_by_role("combobox", name="メモを検索").fill("順番")
        page.get_by_role("button", name="検索").click()
        expect(page.locator("#summary")).to_have_text("1件（順番）")
        if scripted:
            settled(page)  # else the results of the button close the menu of those of the typing
        page.locator(".note > .menu summary").click()
        page.locator(".permalink").click()
        page.locator(".heading > .menu summary").click()
        page.get_by_role("link", name="このメモを直す").first.click()
        page.get_by_label("Amazon SQS を外す").check()
        page.get_by_role("button", name="直す").click()
        expect(page.locator("#undo")).to_be_visible()
        expect(page.locator(".tag")).to_have_count(0)


def test_a_dropped_file_is_read(open_page: Open) -> None:
    page = open_page("/add")
    page.evaluate("""
      const files = new DataTransfer();
      files.items.add(new File(["# 見本勉強会 2019\\n\\n- S3 に落とす\\n"], "落とした.md"));
      document.getElementById("text").dispatchEvent(new DragEvent("drop", {dataTransfer: files, bubbles: true}));
    """)

    expect(page.locator(".note .text")).to_have_text("S3 に落とす")


def test_a_step_that_was_taken_can_be_taken_back(open_page: Open) -> None:
    page = open_page("/?q=ふぁrがて")
    expect(page.locator("ul.notice", has_text="「fargate」で探しました")).to_be_visible()
    page.get_by_role("link", name="これをやめる").first.click()
    expect(page).to_have_url(re.compile("without="))
    page.get_by_role("link", name="元に戻す").click()

    expect(page.locator("ul.notice", has_text="「fargate」で探しました")).to_be_visible()


def test_the_link_to_another_language_follows_what_is_searched_for(open_page: Open) -> None:
    page = open_page("/?q=監視")
    page.locator("#q").fill("冪等")
    expect(page).to_have_url(re.compile("%E5%86%AA|冪"))
    page.get_by_role("link", name="English").click()

    expect(page).to_have_title(re.compile("Session notes"))
    expect(page.locator("#q")).to_have_value("冪等")
