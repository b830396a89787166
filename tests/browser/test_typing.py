"""While one types: letter by letter, with and without an input method, results never give way to nothing."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import CDPSession, Page, expect
from waiting import enter, settled, stop_clock

pytestmark = pytest.mark.browser

Open = Callable[..., Page]
TOTALS = """
window.totals = [];
new MutationObserver(() => {
  const found = document.getElementById("found");
  if (found && totals.at(-1) !== found.dataset.total) totals.push(found.dataset.total);
}).observe(document.getElementById("main"), {childList: true});
"""


@pytest.fixture
def page(open_page: Open) -> Page:
    """A page of results whose box is empty and has the focus, and which notes each total that it shows."""
    page = open_page("/?q=")
    page.locator("#q").focus()
    page.evaluate(TOTALS)
    return page


def totals(page: Page) -> list[int]:
    return [int(total) for total in page.evaluate("totals")]


def composed(method: CDPSession, text: str) -> None:
    """Have an input method show a text that is not yet taken."""
    method.send("Input.imeSetComposition", {"text": text, "selectionStart": len(text), "selectionEnd": len(text)})


@pytest.mark.parametrize("word", ["lambda", "kubernetes"])
def test_letter_by_letter_there_are_always_hits(page: Page, word: str) -> None:
    for length, letter in enumerate(word, start=1):
        page.keyboard.type(letter)
        expect(page).to_have_url(re.compile(rf"q={word[:length]}$"))
    typing = totals(page)
    enter(page)
    expect(page.locator("#found.stale")).to_have_count(0)

    assert 0 not in typing
    assert typing[-1] >= totals(page)[-1] > 0
    assert page.locator("#q").input_value() == word


@pytest.mark.parametrize(("word", "entered"), [("らむだ", "ラムダ"), ("ﾗﾑﾀﾞ", "ﾗﾑﾀﾞ")])
def test_through_an_input_method_there_are_always_hits(page: Page, word: str, entered: str) -> None:
    method = page.context.new_cdp_session(page)
    for length in range(1, len(word) + 1):
        composed(method, word[:length])
        settled(page)
    assert 0 not in totals(page)
    expect(page.get_by_role("option", name="AWS Lambda")).to_be_visible()
    composed(method, entered)
    method.send("Input.insertText", {"text": entered})
    expect(page.locator("#summary")).to_contain_text(f"（{entered}）")
    enter(page)

    assert 0 not in totals(page)
    assert page.locator("#q").input_value() == entered
    expect(page.locator(".panel")).to_contain_text("AWS Lambda")


def test_what_begins_nothing_leaves_the_hits_and_enter_says_none(page: Page) -> None:
    page.keyboard.type("SQS")
    expect(page.locator("#summary")).to_contain_text("（SQS）")
    settled(page)
    shown = page.locator(".note").count()
    page.keyboard.type("zzz")
    expect(page.get_by_role("status")).to_contain_text("「SQSzzz」で始まる言葉はまだ見つかりません")
    expect(page.locator("#status")).to_be_visible()

    assert page.locator(".note").count() == shown > 0
    page.keyboard.press("Enter")
    expect(page.locator("#summary")).to_have_text("これについてのメモは見つかりません（SQSzzz）")
    expect(page.locator(".empty")).to_be_visible()


def test_enter_asks_for_whole_words(page: Page) -> None:
    page.keyboard.type("lam")
    expect(page.locator("#summary")).to_contain_text("（lam）")
    begun = page.locator("#found").get_attribute("data-total")
    page.keyboard.press("Enter")
    expect(page.locator("#found")).not_to_have_attribute("data-total", begun or "")


def test_back_and_reload_show_what_was_there(page: Page) -> None:
    page.keyboard.type("Lambda")
    expect(page.locator("#summary")).to_contain_text("（Lambda）")
    enter(page)
    page.get_by_role("checkbox", name="感想").check()
    expect(page).to_have_url(re.compile("kind=impression"))
    narrowed = page.locator("#summary").inner_text()
    page.reload()
    expect(page.locator("#summary")).to_have_text(narrowed)
    expect(page.get_by_role("checkbox", name="感想")).to_be_checked()
    page.go_back()

    expect(page.get_by_role("checkbox", name="感想")).not_to_be_checked()
    expect(page.locator("#q")).to_have_value("Lambda")


def test_the_words_before_back_are_searched_when_they_are_typed_again(open_page: Open) -> None:
    page = open_page("/?q=Lambda")
    page.locator("#q").fill("SQS")
    expect(page.locator("#summary")).to_contain_text("（SQS）")
    page.go_back()
    expect(page.locator("#summary")).to_contain_text("（Lambda）")
    page.locator("#q").fill("SQS")

    expect(page.locator("#summary")).to_contain_text("（SQS）")


def test_a_link_is_followed_although_a_search_is_due(open_page: Open) -> None:
    page = open_page("/?q=Lambda")
    stop_clock(page)
    page.locator("#q").press_sequentially("x")
    page.get_by_role("link", name="2018年").click()
    page.clock.run_for(1000)

    expect(page).to_have_url(re.compile("year=2018"))
    expect(page.locator(".timeline .chosen")).to_have_count(1)
