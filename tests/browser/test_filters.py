"""The filters beside the results, and what is asked of the network: whole, in view, and nobody else's business."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

Open = Callable[..., Page]
VISIBLE = "e => { const box = e.getBoundingClientRect(); return box.bottom > 0 && box.top < innerHeight; }"


def test_the_filters_are_whole_and_stay_in_view(open_page: Open) -> None:
    page = open_page("/?q=Lambda")
    filters = page.locator("#filters")
    inner = filters.evaluate("e => [getComputedStyle(e).position, getComputedStyle(e).overflowY]")
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    last = page.locator("#filters fieldset").last

    assert inner == ["sticky", "visible"]
    assert (filters.evaluate(VISIBLE), last.evaluate(VISIBLE)) == (True, True)


def test_of_the_services_eight_are_shown_and_the_rest_unfolds(open_page: Open) -> None:
    page = open_page("/?q=")
    group = page.locator("fieldset", has_text="明示のみ")
    shown = group.locator("div > ul").first.locator("li")
    counts = shown.locator(".count").all_inner_texts()
    expect(group.get_by_text("他 ").first).to_be_visible()

    assert len(counts) == 8
    numbers = [int(count.rstrip("件").replace(",", "")) for count in counts]
    assert numbers == sorted(numbers, reverse=True)


def test_back_leads_to_where_one_had_scrolled_to(open_page: Open) -> None:
    page = open_page("/?q=Lambda")
    found = page.locator("#summary").inner_text()
    page.evaluate("scrollTo(0, 700)")
    page.get_by_role("link", name="このセッションの他").first.evaluate("link => link.click()")
    expect(page).to_have_url(re.compile("talk="))
    page.evaluate("scrollTo(0, 0)")
    page.go_back()
    expect(page.locator("#summary")).to_have_text(found)

    assert page.evaluate("scrollY") == 700


def test_a_page_asks_no_other_host_for_anything(open_page: Open, address: str) -> None:
    page = open_page("/")
    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    for path in ("/", "/?q=Lambda", "/service/lambda", "/reports", "/add"):
        page.goto(address + path)
        page.wait_for_load_state("networkidle")

    assert hosts == {urlsplit(address).netloc}
