"""The search box: how a search is written, and the last searches of this browser."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect
from waiting import enter, settled

pytestmark = pytest.mark.browser

Open = Callable[..., Page]
NAMES = {"ja-JP": "検索の書き方", "en-GB": "How to write a search"}


def opened_help(page: Page, locale: str = "ja-JP") -> None:
    page.get_by_role("search").locator("summary", has_text="?").click()
    expect(page.locator(".syntax .card")).to_contain_text(NAMES[locale])


@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("locale", NAMES)
def test_the_box_explains_itself_with_searches_that_find_something(
    open_page: Open, *, script: bool, width: int, locale: str
) -> None:
    page = open_page("/reports", width=width, java_script_enabled=script, locale=locale)
    opened_help(page, locale)
    links = page.locator(".syntax .card a")
    texts = links.all_inner_texts()
    assert "{" not in page.locator(".syntax .card").inner_text()
    right = page.locator(".syntax .card").bounding_box()
    addresses = [link.get_attribute("href") for link in links.all()]
    for address in addresses:
        answer = page.request.get(
            page.url.removesuffix("/reports") + (address or ""), headers={"Accept": "application/json"}
        )
        assert answer.json()["total"] > 0, address
    links.last.click()

    assert len(texts) == 5
    assert right
    assert 0 <= right["x"] < right["x"] + right["width"] <= width
    expect(page.locator("#q")).to_have_value(texts[-1])


def test_the_help_is_reached_by_keyboard_and_closes(open_page: Open) -> None:
    page = open_page("/")
    page.locator("#q").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".syntax .card")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.locator(".syntax .card a").first).to_be_focused()
    page.keyboard.press("Escape")

    expect(page.locator(".syntax .card")).to_be_hidden()
    expect(page.locator(".syntax summary")).to_be_focused()


@pytest.mark.parametrize("path", ["/?q=", "/?q=寿司"])
def test_where_nothing_is_asked_or_found_the_lines_stand_there(open_page: Open, path: str) -> None:
    expect(open_page(path).locator("#results .syntax-lines dt")).to_have_count(5)


def searched(page: Page, *searches: str) -> None:
    for text in searches:
        page.locator("#q").fill(text)
        enter(page)
    page.locator("#q").fill("")
    settled(page)
    page.locator("#q").blur()


def offered(page: Page) -> list[str]:
    """Return what is offered, each without the group before it."""
    texts: list[str] = page.locator("#suggestions li").evaluate_all(
        "all => all.map((one) => one.lastChild.textContent)"
    )
    return texts


def test_the_last_eight_searches_are_chosen_by_keys(open_page: Open) -> None:
    page = open_page("/")
    searched(page, *(f"監視 {number}" for number in range(9)), "SQS", "監視 3")
    page.keyboard.press("/")
    expect(page.locator("#suggestions li")).to_have_count(9)
    last = ["監視 3", "SQS", *(f"監視 {number}" for number in (8, 7, 6, 5, 4, 2))]
    assert offered(page) == [*last, "最近の検索を消す"]
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#q")).to_have_attribute("aria-activedescendant", "recent-1")
    page.keyboard.press("Enter")
    expect(page.locator("#summary")).to_contain_text("（SQS）")

    expect(page.locator("#q")).to_have_value("SQS")
    expect(page.locator("#suggestions")).to_be_hidden()


def test_they_give_way_to_suggestions_and_come_only_where_the_box_is_empty(open_page: Open) -> None:
    page = open_page("/")
    searched(page, "SQS")
    page.keyboard.press("/")
    expect(page.get_by_role("option", name="最近 SQS")).to_be_visible()
    page.keyboard.type("lam")
    settled(page)  # else the next list would open again what Escape closes
    expect(page.get_by_role("option", name="AWS Lambda")).to_be_visible()
    expect(page.get_by_role("option", name="最近 SQS")).to_have_count(0)
    page.keyboard.press("Escape")
    page.locator("#q").blur()
    page.keyboard.press("/")

    expect(page.locator("#suggestions")).to_be_hidden()


def test_they_are_forgotten_by_one_button_and_never_sent(open_page: Open) -> None:
    page = open_page("/")
    searched(page, "SQS", "Lambda")
    asked: list[str] = []
    page.on("request", lambda request: "/static/" in request.url or asked.append(request.url))
    page.keyboard.press("/")
    expect(page.locator("#suggestions li")).to_have_count(3)
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page.locator("#suggestions")).to_be_hidden()
    page.locator("#q").blur()
    page.keyboard.press("/")
    expect(page.locator("#suggestions")).to_be_hidden()

    assert (asked, page.evaluate("localStorage.searches"), page.evaluate("document.cookie")) == ([], "[]", "")


@pytest.mark.parametrize("kept", ["{", "7", '[7, {"a": 1}]', "null"])
def test_what_else_a_browser_holds_for_them_does_no_harm(open_page: Open, kept: str) -> None:
    page = open_page("/")
    page.evaluate("kept => localStorage.setItem('searches', kept)", kept)
    page.keyboard.press("/")
    page.keyboard.type("SQS")
    page.keyboard.press("Enter")
    expect(page.locator("#summary")).to_contain_text("（SQS）")

    assert page.evaluate("recent().then(() => localStorage.searches)") == '["SQS"]'


def test_suggestions_that_come_after_enter_do_not_cover_the_results(open_page: Open) -> None:
    page = open_page("/")
    late: list[Route] = []
    page.route("**/suggest*", lambda route: late.append(route))  # noqa: PLW0108  # Playwright takes no method of C
    page.keyboard.press("/")
    page.keyboard.type("lam")
    expect(page.locator("#summary")).to_contain_text("（lam）")  # results while typing, suggestions on their way
    page.evaluate("void (window.answered = new Promise((done) => suggesting.addEventListener('loadend', done)))")
    page.keyboard.press("Enter")
    for route in late:
        route.continue_()
    page.evaluate("answered")

    expect(page.locator("#suggestions")).to_be_hidden()
