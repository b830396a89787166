"""Claims that are likely are answered one after the other, by one key each or by buttons, and told where they stand."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Locator, Page, expect

from kb.knowledge_base import KnowledgeBase
from webui.app import create_app

pytestmark = pytest.mark.browser

Open = Callable[..., Page]
REPORT = """# 通知の会 2018

## 【A】10:00~10:40:通知の話

登壇者: 山田 花子

- 通知の先は一つにするとよい
- 手順を書いておくとよい
- 権限は絞っておくべき
- 運用が大変
- 依存は減らすべき
- 失敗は必ず通知しましょう
"""
ADVICE = "/todo?what=advice"


@pytest.fixture
def own(tmp_path: Path, serve: Callable[[Flask], AbstractContextManager[str]]) -> Iterator[tuple[str, Path]]:
    """The address of a page over an own library, and its kb.toml."""
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "a.md").write_text(REPORT, "utf-8")
    kb = KnowledgeBase.open(tmp_path / "library", tmp_path / "index")
    kb.indexer.sync()
    with serve(create_app(kb)) as root:
        yield root, tmp_path / "library" / "kb.toml"


def rows(page: Page) -> Locator:
    return page.locator(".claim a[href^='/note/']")


def test_claims_are_answered_walked_and_taken_back_by_one_key_each(open_page: Open, own: tuple[str, Path]) -> None:
    root, told = own
    page = open_page(ADVICE, root)
    every = rows(page).all_inner_texts()
    assert len(every) >= 3
    expect(page.locator(".claim").first).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.locator(".claim").nth(1)).to_be_focused()
    page.keyboard.press("y")
    expect(page.locator(".deed")).to_contain_text("種別を「助言」にしました")
    expect(page.locator(".claim")).to_have_count(len(every) - 1)
    expect(page.locator(".claim:focus")).to_contain_text(every[2])
    page.keyboard.press("ArrowUp")
    expect(page.locator(".claim:focus")).to_contain_text(every[0])
    page.keyboard.press("n")
    expect(page.locator(".deed")).to_contain_text("「助言」ではないことにしました")
    assert told.read_text("utf-8").count("advice") == 2
    expect(page.locator(".claim:focus")).to_contain_text(every[2])  # by then the page listens to keys again
    page.keyboard.press("u")
    expect(page.locator(".deed")).to_contain_text("元に戻しました")

    expect(rows(page)).to_have_text([every[0], *every[2:]])
    assert told.read_text("utf-8").splitlines()[1:] == ['kind = "advice"']


def test_keys_answer_nothing_while_keys_are_told_or_where_no_claim_is_chosen(
    open_page: Open, own: tuple[str, Path]
) -> None:
    page = open_page(ADVICE, own[0])
    expect(page.locator(".claim").first).to_be_focused()
    page.keyboard.press("?")
    page.keyboard.press("y")
    page.keyboard.press("Escape")
    page.locator("h1").click()
    page.keyboard.press("y")
    page.wait_for_timeout(300)

    assert (page.url.endswith(ADVICE), own[1].exists()) == (True, False)


def test_the_focus_that_a_reader_sets_while_the_page_loads_stays(open_page: Open, own: tuple[str, Path]) -> None:
    page = open_page("/", own[0])
    page.add_init_script("addEventListener('DOMContentLoaded', () => document.getElementById('q').focus())")
    page.goto(own[0] + ADVICE)
    page.evaluate("new Promise((done) => setTimeout(done))")  # after that of the page

    expect(page.locator("#q")).to_be_focused()


def test_without_a_script_claims_are_answered_by_buttons(open_page: Open, own: tuple[str, Path]) -> None:
    page = open_page(ADVICE, own[0], java_script_enabled=False)
    every = rows(page).all_inner_texts()
    page.locator(".claim").first.get_by_role("button", name="いいえ").click()
    expect(page.locator(".claim")).to_have_count(len(every) - 1)
    page.locator(".claim").first.get_by_role("button", name="はい").click()
    expect(page.locator(".claim")).to_have_count(len(every) - 2)
    page.get_by_role("button", name="元に戻す").click()

    expect(page.locator(".claim")).to_have_count(len(every) - 1)
    assert own[1].read_text("utf-8").splitlines()[1:] == ["advice = false"]


def test_the_menu_where_a_claim_stands_tells_that_it_does_not_hold(open_page: Open, own: tuple[str, Path]) -> None:
    root, told = own
    page = open_page("/talks", root)
    page.get_by_role("link", name="通知の話").click()
    of_talk = page.locator(".heading .menu summary")
    of_talk.click()
    page.get_by_role("button", name="山田 花子 は登壇者ではない").click()
    expect(page.locator(".deed")).to_contain_text("「山田 花子」を登壇者から外しました")
    page.locator(".note.advice .menu summary").first.click()
    page.get_by_role("button", name="助言ではない").click()
    expect(page.locator(".deed")).to_contain_text("「助言」ではないことにしました")
    of_talk.click()
    page.get_by_role("button", name="セッションではない").click()
    expect(page.locator(".deed")).to_contain_text("セッションではないことにしました")
    expect(page.locator("h1")).to_have_text("通知の会 2018")

    told_of = [line for line in told.read_text("utf-8").splitlines() if "=" in line]
    assert sorted(told_of) == ["advice = false", "speaker = false", "talk = false"]


@pytest.mark.parametrize("width", [390, 1280])
def test_claims_are_accessible_and_as_wide_as_the_page(open_page: Open, own: tuple[str, Path], width: int) -> None:
    page = open_page(ADVICE, own[0], width=width)

    assert [one["id"] for one in Axe().run(page).response["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_page_of_claims_is_chosen_and_answered_at_once(open_page: Open, own: tuple[str, Path]) -> None:
    root, told = own
    page = open_page(ADVICE, root)
    every = rows(page).all_inner_texts()
    page.get_by_role("button", name="このページをすべて選ぶ").click()
    page.locator("#many").get_by_role("button", name="いいえ").click()
    expect(page.locator(".deed")).to_contain_text(f"{len(every)}件に「いいえ」と答えました")

    expect(page.locator("#undo")).to_be_focused()  # by then the page is whole
    expect(rows(page)).to_have_count(0)
    assert told.read_text("utf-8").count("advice = false") == len(every)


def test_likely_names_of_one_person_are_answered_by_the_same_keys(open_page: Open, own: tuple[str, Path]) -> None:
    root, told = own
    for number, name in enumerate(("山田花子", "Hanako Mihon", "mihon_hanako")):
        text = f"# 通知の会 2018\n\n## 【B】1{number}:00~1{number}:40:話{number}\n\n- 登壇者：{name}\n- 通知{number}\n"
        (told.parent / f"{number}.md").write_text(text, "utf-8")
    page = open_page("/sync", root)
    page.request.post(f"{root}/sync", headers={"Origin": root})
    page.goto(f"{root}/todo?what=people")
    expect(page.locator(".claim")).to_have_count(2)
    expect(page.locator(".claim").first).to_be_focused()
    page.keyboard.press("y")
    expect(page.locator(".deed")).to_contain_text("として表示されます")
    expect(page.locator(".claim")).to_have_count(1)
    expect(page.locator(".claim")).to_be_focused()
    page.keyboard.press("n")
    expect(page.locator(".deed")).to_contain_text("別のものです")
    expect(page.locator("#undo")).to_be_focused()  # by then the page listens to keys again
    merged = told.read_text("utf-8")
    page.keyboard.press("u")
    expect(page.locator(".deed")).to_contain_text("元に戻しました")
    expect(page.locator(".claim")).to_have_count(1)

    assert (merged.count("[people]"), merged.count("[different.people]")) == (1, 1)
    assert "different" not in told.read_text("utf-8")
