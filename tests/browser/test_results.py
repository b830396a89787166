"""What stands around the notes of a result: talks, a service, what was done, pages, and ways out where nothing is."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from waiting import enter

from kb.knowledge_base import KnowledgeBase
from webui.app import create_app

pytestmark = pytest.mark.browser

Open = Callable[..., Page]
REPORT = "# 見本勉強会 {year}\n\n## 【A】10:00~10:40:監視の始め方\n\n- 監視は早く\n  - 通知は当番へ\n- Lambda が落ちて困った\n- 会場は広い\n- 昼は弁当\n"
UNDATED = "# 日付を書かない人のメモ\n\n- 監視の担当を決める\n"


@pytest.fixture(scope="module")
def small(
    tmp_path_factory: pytest.TempPathFactory, serve: Callable[[Flask], AbstractContextManager[str]]
) -> Callable[[], AbstractContextManager[str]]:
    """Return what serves a small library, with a report that tells no day."""
    folder = tmp_path_factory.mktemp("results")
    (folder / "library").mkdir()
    for year in (2018, 2019):
        (folder / "library" / f"{year}.md").write_text(REPORT.format(year=year), "utf-8")
    (folder / "library" / "undated.md").write_text(UNDATED, "utf-8")
    knowledge_base = KnowledgeBase.open(folder / "library", folder / "index")
    knowledge_base.indexer.sync()
    return lambda: serve(create_app(knowledge_base))


def test_around_the_notes_of_a_small_library(open_page: Open, small: Callable[[], AbstractContextManager[str]]) -> None:
    with small() as root:
        page = open_page("/?q=監視", root)
        titled = page.locator(".titled")
        expect(titled.locator("mark").first).to_have_text("監視")
        expect(titled).to_contain_text("うち言葉を含むもの")
        page.get_by_role("checkbox", name="2018年").check()
        expect(page).to_have_url(re.compile("year=2018"))
        expect(page.locator("label", has_text="日付不明")).to_contain_text("1件")
        page.get_by_role("checkbox", name="日付不明").check()
        expect(page.locator(".note .text", has_text="監視の担当を決める")).to_be_visible()

        page.goto(f"{root}/?q=通知&without=near")
        expect(page.locator(".crumbs").first).to_contain_text("監視は早く")

        page.goto(f"{root}/?q=監視 寿司 -通知&year=2018")
        page.get_by_role("link", name="「2018年」を外すと").or_(page.locator(".ways a")).first.click()
        expect(page.locator("#found")).not_to_have_attribute("data-total", "0")


def test_what_is_of_no_year_is_a_link_beside_the_years_and_no_bar(
    open_page: Open, small: Callable[[], AbstractContextManager[str]]
) -> None:
    with small() as root:
        page = open_page("/years", root)
        counts = page.locator(".timeline .value").all_text_contents()
        drawing = page.get_by_role("group", name="メモの数の推移")
        expect(page.locator(".axis span").first).to_have_text(max(counts, key=int))
        expect(drawing.get_by_role("link")).to_have_count(2)
        page.locator(".chart").get_by_role("link", name="日付不明 メモ 1件").click()

        expect(page).to_have_url(f"{root}/?year=undated")


def test_a_service_that_is_named_opens_with_its_panel_and_more_words_close_it(open_page: Open) -> None:
    page = open_page("/?q=ラムダ")
    panel = page.locator(".panel")
    for told in ("AWS Lambda", "助言らしい順", "その後の変更", "対策あり"):
        expect(panel).to_contain_text(told)
    panel.get_by_role("link", name="Lambda のページ").click()
    expect(page).to_have_url(re.compile("/service/lambda$"))
    page.go_back()
    page.locator("#q").fill("Lambda タイムアウト")
    enter(page)
    expect(page.locator("#summary")).to_contain_text("タイムアウト")

    assert page.locator(".panel").get_attribute("open") is None


def test_what_was_done_is_one_notice_and_nothing_is_told_of_a_suffix(open_page: Open) -> None:
    page = open_page('/?q=冪等性 設計 「 ふぁrがて "')

    assert page.locator(".notice").count() == 1
    assert page.locator(".notice li").count() > 1
    assert not re.search("「(性|「|」)」", page.locator(".notice").inner_text())


def test_nothing_found_leads_on_with_a_click(open_page: Open) -> None:
    page = open_page("/?q=Lambda 寿司 監視")
    way = page.locator(".ways a").first
    count = re.findall(r"([\d,]+)件", way.inner_text())[0].replace(",", "")
    way.click()

    expect(page.locator("#found")).to_have_attribute("data-total", count)


def test_without_words_the_order_is_that_of_days_and_words_have_theirs(open_page: Open) -> None:
    page = open_page("/?q=")
    expect(page.locator("#sort option:checked")).to_have_text("新しい順")
    page.locator("#q").fill("Lambda")
    enter(page)

    expect(page.locator("#sort option:checked")).to_have_text("関連度")
    expect(page).not_to_have_url(re.compile("sort="))


def test_pages_are_numbered_and_the_number_leads_to_its_page(open_page: Open) -> None:
    page = open_page("/?q=Lambda")
    page.get_by_role("link", name="3ページ").click()
    expect(page).to_have_url(re.compile("page=3"))

    expect(page.locator(".pages [aria-current=page]")).to_have_text("3")
    expect(page.locator(".pages")).to_contain_text("41〜60件")
    assert page.evaluate("scrollY") == 0


def test_a_line_of_an_answer_has_at_most_42_characters_of_japanese(open_page: Open) -> None:
    page = open_page("/")
    page.set_viewport_size({"width": 1600, "height": 900})
    for text in page.locator(".answers blockquote p, .answers .change").all():
        characters = text.evaluate("(e) => e.clientWidth / parseFloat(getComputedStyle(e).fontSize)")
        assert 30 < characters <= 42
    expect(page.locator(".answers blockquote")).to_have_count(2)
