"""On a phone the first hit is in sight: what stands above it is a line each, until it is unfolded."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, ViewportSize, expect

pytestmark = pytest.mark.browser

Open = Callable[..., Page]
PHONE: ViewportSize = {"width": 390, "height": 844}
SEARCHES = (
    "Lambda",
    "SQS 順番",
    "Lambda 遅い",
    "DynamoDB 設計",
    "コスト 削減",
    "監視",
    "Lambdaのコールドスタートを減らすには？",
)


@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize("words", SEARCHES)
def test_the_first_hit_is_in_sight(open_page: Open, words: str, script: bool) -> None:  # noqa: FBT001  # a parameter
    page = open_page(f"/?q={words}", width=PHONE["width"], java_script_enabled=script)
    page.set_viewport_size(PHONE)
    first = page.locator(".results .text, .results blockquote").first.bounding_box()

    assert first is not None
    assert first["y"] + 24 < PHONE["height"]  # a line of it at least


def test_the_main_pages_are_behind_one_button(open_page: Open) -> None:
    page = open_page("/?q=Lambda", width=PHONE["width"], java_script_enabled=False)
    places = page.get_by_role("navigation", name="主なページ")
    expect(places).to_be_hidden()
    page.locator("summary", has_text="メニュー").click()
    places.get_by_role("link", name="イベント").click()

    expect(page).to_have_title("イベント - セッションメモ")


def test_the_years_and_the_notices_unfold(open_page: Open) -> None:
    page = open_page("/?q=ふぁrがて", width=PHONE["width"], java_script_enabled=False)
    for summary, unfolded in (("入力モードの違い", "ul.notice"), ("メモの数の推移", ".chart")):
        expect(page.locator(unfolded)).to_be_hidden()
        page.locator(".fold summary", has_text=summary).click()
        expect(page.locator(unfolded)).to_be_visible()


def test_on_a_wide_screen_all_of_it_stands_open(open_page: Open) -> None:
    page = open_page("/?q=ふぁrがて")

    for shown in ("nav.places", "ul.notice", ".chart"):
        expect(page.locator(shown)).to_be_visible()
    assert page.locator("details.fold").evaluate_all("all => all.every((one) => one.offsetHeight === 0)")
