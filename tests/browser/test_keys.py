"""The keyboard alone: keys that walk the notes, the way to the results, the help, and what is printed."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from waiting import enter, settled

pytestmark = pytest.mark.browser

Open = Callable[..., Page]


def focused(page: Page) -> str:
    """Return the id of what has the focus."""
    return str(page.evaluate("document.activeElement.id"))


def test_j_and_k_and_then_the_arrows_walk_the_notes(open_page: Open) -> None:
    page = open_page("/?q=Lambda")
    ids = page.locator(".note").evaluate_all("all => all.map((e) => e.id)")
    page.keyboard.press("ArrowDown")  # scrolls, as long as one is at no note
    walked = [focused(page)]
    for key in ("j", "j", "ArrowDown", "k", "ArrowUp", "k"):
        page.keyboard.press(key)
        walked.append(focused(page))

    assert walked == ["", ids[0], ids[1], ids[2], ids[1], ids[0], ids[0]]


def test_a_note_keeps_the_focus_when_the_same_results_come_again(open_page: Open) -> None:
    page = open_page("/?q=Lambda")
    page.keyboard.press("j")
    note = focused(page)
    page.evaluate("visit(location.href, { push: false })")
    settled(page)

    assert focused(page) == note != ""


def test_from_the_box_an_arrow_leads_to_the_first_hit(open_page: Open) -> None:
    page = open_page("/")
    page.keyboard.press("/")
    page.keyboard.type("Lambda")
    enter(page)
    expect(page.locator("#summary")).to_contain_text("Lambda")
    page.keyboard.press("ArrowDown")

    assert focused(page) == page.locator(".note").first.get_attribute("id")


def test_on_a_phone_the_keyboard_on_the_screen_goes_when_one_has_searched(open_page: Open) -> None:
    page = open_page("/", width=390, has_touch=True, is_mobile=True)
    page.locator("#q").fill("Lambda")
    page.locator("#q").press("Enter")
    expect(page.locator("#summary")).to_contain_text("Lambda")

    assert focused(page) != "q"


def test_enter_opens_the_note_that_has_the_focus(open_page: Open) -> None:
    page = open_page("/?q=Lambda")
    page.keyboard.press("j")
    note = focused(page)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/note/"))

    assert note.split("/")[-1] in page.url


def test_a_slash_is_for_the_box_wherever_one_is_but_in_a_text(open_page: Open) -> None:
    page = open_page("/?q=Lambda")
    page.get_by_role("checkbox", name="感想").focus()
    page.keyboard.press("/")
    assert focused(page) == "q"
    page.keyboard.press("End")
    page.keyboard.type("/j?")
    assert page.locator("#q").input_value() == "Lambda/j?"
    assert page.locator(".syntax[open]").count() == 0


@pytest.mark.parametrize("keys", ["Control+k", "Meta+k", "/"])
@pytest.mark.parametrize("path", ["/?q=Lambda", "/reports", "/talks"])
def test_keys_go_to_the_search_box_of_any_page_but_not_from_a_text(open_page: Open, keys: str, path: str) -> None:
    page = open_page(path)
    page.keyboard.press(keys)
    assert focused(page) == "q"
    page.evaluate("main.prepend(Object.assign(document.createElement('textarea'), { id: 'typed' }))")
    page.locator("#typed").focus()
    page.keyboard.press(keys)
    assert focused(page) == "typed"


def test_other_keys_with_control_are_left_to_the_browser(open_page: Open) -> None:
    page = open_page("/?q=Lambda")
    for keys in ("Control+j", "Control+Shift+k", "Alt+k"):
        page.keyboard.press(keys)

    assert focused(page) == ""


def test_the_skip_link_leads_to_the_results(open_page: Open) -> None:
    page = open_page("/?q=Lambda")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("検索結果へ移動")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("#results$"))
    page.wait_for_timeout(300)  # whoever reads waits too: the page may not be another one by then
    assert [address for address in asked if "/static/" not in address] == []
    page.keyboard.press("Tab")

    assert page.evaluate("document.activeElement.closest('#results') !== null")


def test_the_only_question_mark_explains_searches_and_keys_and_escape_closes_it(open_page: Open) -> None:
    page = open_page("/?q=Lambda")
    page.keyboard.press("?")
    keys = page.locator(".syntax .keys")
    expect(keys).to_be_visible()
    expect(page.locator(".syntax .card")).to_contain_text("検索の書き方")
    assert "直すところで: はい、いいえ、直前の答えを元に戻す" in keys.inner_text()
    assert [one.inner_text() for one in page.get_by_text("?", exact=True).all() if one.is_visible()] == ["?", "?"]
    page.keyboard.press("Escape")

    expect(keys).to_be_hidden()
    assert [one.inner_text() for one in page.get_by_text("?", exact=True).all() if one.is_visible()] == ["?"]


def test_the_menu_of_a_note_shows_on_hover_and_focus_and_closes_with_escape(open_page: Open) -> None:
    page = open_page("/?q=Lambda")
    dots = page.locator(".note > .menu summary").first
    expect(dots).to_have_css("opacity", "0")
    page.locator(".note").first.hover()
    expect(dots).to_have_css("opacity", "1")
    page.mouse.move(0, 0)
    expect(dots).to_have_css("opacity", "0")
    dots.focus()
    expect(dots).to_have_css("opacity", "1")
    page.keyboard.press("Enter")
    expect(page.locator(".menu[open]").get_by_text("一致の理由")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".menu[open]").get_by_text("一致の理由")).to_have_count(0)

    assert page.evaluate("document.activeElement.closest('.menu') !== null")


def test_the_keyboard_alone_leads_from_a_search_over_a_filter_to_a_note(open_page: Open) -> None:
    page = open_page("/")
    page.keyboard.press("/")
    page.keyboard.type("Lambda")
    enter(page)
    expect(page.locator("#summary")).to_contain_text("Lambda")
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.value") == "impression":
            break
    page.keyboard.press("Space")
    expect(page).to_have_url(re.compile("kind=impression"))
    assert page.evaluate("document.activeElement.value") == "impression"
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/note/"))
    page.go_back()

    expect(page.get_by_role("checkbox", name="感想")).to_be_checked()


def test_on_paper_there_are_notes_and_no_controls(open_page: Open) -> None:
    page = open_page("/?q=Lambda")
    page.emulate_media(media="print")

    assert page.locator(".note").first.is_visible()
    hidden = page.locator(".top, .filters, .menu, .pages, .exports, #sort")
    assert [one.is_visible() for one in hidden.all()] == [False] * hidden.count()


def test_a_sheet_of_quotations_on_paper_has_nothing_to_press(open_page: Open) -> None:
    page = open_page("/sheet?q=Lambda")
    page.emulate_media(media="print")
    controls = page.locator(".top, .foot, .exports, button, input")

    assert page.locator("figcaption").first.is_visible()
    assert [one.is_visible() for one in controls.all()] == [False] * controls.count()
