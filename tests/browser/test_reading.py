"""Reading instead of searching: from list to event to talk to note, with a keyboard, on a phone, on paper."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

Open = Callable[..., Page]
FRAME = re.compile(rb'(<header.*?</header>|<div class="summary">.*?</label>)', re.DOTALL)
STILL = 0.01  # of the view: a tag that wraps while a busy machine paints half a page; the field calls .1 good
LISTS = ("/reports", "/events", "/talks", "/speakers", "/years", "/pairs")
PLACES = (
    *(
        *LISTS,
        "/",
        "/?category=compute",
        "/event/jaws-days-2018",
        "/speaker/Werner%20Vogels",
        "/service/lambda",
        "/?q=Lambda",
    ),
    *("/guide/lambda", "/timeline?service=lambda", "/sheet?q=Lambda", "/updates", "/todo", "/saved", "/sync", "/add"),
    *("/note/jaws-days-2018-8ddf/fa837ba4", "/report/jaws-days-2018-8ddf", "/lines/jaws-days-2018-8ddf"),
    "/why/jaws-days-2018-8ddf/fa837ba4",
    *("/talk/aws-re-invent-2019/72dab5", "/?q=zzz", "/?q=Lambda&service=sqs&service=s3&kind=advice&year=undated"),
)


def test_one_reads_from_an_event_down_to_a_note_and_finds_the_way_back(open_page: Open) -> None:
    page = open_page("/")
    page.get_by_role("navigation", name="主なページ").get_by_role("link", name="イベント").click()
    page.get_by_role("link", name="AWS re:Invent 2019").click()
    expect(page).to_have_title("AWS re:Invent 2019 - セッションメモ")
    page.locator(".list tbody a").first.click()
    page.locator(".note summary[aria-label='このメモの一致の理由・引用・リンク']").first.click()
    page.locator(".permalink").first.click()
    expect(page.get_by_role("navigation", name="レポートの中の位置")).to_be_visible()
    page.get_by_role("link", name="次のメモ").click()
    expect(page.get_by_role("link", name="前のメモ")).to_be_visible()
    page.get_by_role("navigation", name="現在の位置").get_by_role("link").first.click()

    expect(page.get_by_role("heading", level=1)).to_have_text("AWS re:Invent 2019")


def test_a_bar_of_a_series_leads_to_the_event_of_its_year(open_page: Open) -> None:
    page = open_page("/event/aws-re-invent-2019")
    page.get_by_role("link", name="2017年").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("AWS re:Invent 2017")


def test_a_bar_above_results_narrows_them_in_place_and_back_takes_it_back(open_page: Open) -> None:
    page = open_page("/?q=Lambda")
    before = page.locator("#summary").inner_text()
    page.evaluate("window.same = true")
    page.get_by_role("link", name="2018年").click()
    expect(page.locator(".timeline .chosen")).to_have_count(1)
    narrowed = page.locator("#summary").inner_text()
    page.go_back()
    expect(page.locator("#summary")).to_have_text(before)

    assert (narrowed != before, page.evaluate("window.same")) == (True, True)


def test_bars_are_reached_and_followed_with_the_keyboard(open_page: Open) -> None:
    page = open_page("/talks")
    page.get_by_label("名前").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page).to_have_url(page.url.split("/talks")[0] + "/talks?year=2016")


@pytest.mark.parametrize(("path", "value"), [("/talks", "セッション"), ("/years", "メモ"), ("/service/lambda", "")])
def test_a_bar_tells_its_number_where_one_points_at_it_or_comes_with_the_keyboard(
    open_page: Open, path: str, value: str
) -> None:
    page = open_page(path, java_script_enabled=False)
    expect(page.locator(".axis")).to_contain_text("0")
    bar = page.locator(".timeline a").first
    number = bar.locator(".value")
    expect(number).to_have_css("opacity", "0")
    bar.hover()
    expect(number).to_have_css("opacity", "1")
    page.mouse.move(0, 0)
    expect(number).to_have_css("opacity", "0")
    page.locator("h1").click()
    while not bar.evaluate("bar => bar === document.activeElement"):
        page.keyboard.press("Tab")

    expect(number).to_have_css("opacity", "1")
    assert number.text_content() in (bar.get_attribute("aria-label") or "")
    assert value in (page.locator(".timeline").get_attribute("aria-label") or "")


def test_lists_are_narrowed_without_a_script(open_page: Open) -> None:
    page = open_page("/talks", java_script_enabled=False)
    page.get_by_label("名前").fill("基調講演")
    page.get_by_role("button", name="絞り込む").click()
    page.wait_for_url("**/talks?name=*")
    titles = page.locator(".list tbody th").all_inner_texts()

    assert titles
    assert all("基調講演" in title for title in titles)


@pytest.mark.parametrize("path", ["/reports", "/events", "/talks", "/speakers", "/event/aws-re-invent-2019"])
@pytest.mark.parametrize(("width", "most"), [(1280, 36), (390, 86)])
def test_a_row_of_a_list_is_a_line_and_on_a_phone_three(open_page: Open, path: str, width: int, most: int) -> None:
    page = open_page(path, width=width)
    heights = page.locator(".list tbody tr").evaluate_all("rows => rows.map((row) => row.offsetHeight)")

    past = "cells => cells.filter((one) => one.matches('.day, .number') && one.scrollWidth > one.offsetWidth).length"

    assert heights
    assert max(heights) <= most
    assert page.locator(".list td").evaluate_all(past) == 0  # what is longer stands over its neighbour
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_list_is_ordered_by_its_head_without_a_script(open_page: Open) -> None:
    page = open_page("/talks", java_script_enabled=False)
    page.get_by_role("columnheader", name="メモ").get_by_role("link").click()
    page.wait_for_url("**/talks?sort=-notes")
    noted = [int(text) for text in page.locator(".list td:last-child").all_inner_texts()]

    assert noted == sorted(noted, reverse=True)
    expect(page.get_by_role("columnheader", name="メモ")).to_have_attribute("aria-sort", "descending")


@pytest.mark.parametrize("path", PLACES)
def test_nothing_is_wider_than_a_small_phone_and_nothing_moves(open_page: Open, path: str) -> None:
    page = open_page(path, width=320)
    page.wait_for_load_state("networkidle")

    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert page.evaluate("watched.shift") < STILL


@pytest.mark.parametrize("path", ["/", "/?q=Lambda"])
@pytest.mark.parametrize("width", [320, 768, 1280])
def test_the_frame_stays_in_its_place_while_a_page_still_comes_in(
    app: Flask, serve: Callable[..., AbstractContextManager[str]], open_page: Open, path: str, width: int
) -> None:
    def in_pieces(environ: WSGIEnvironment, start_response: StartResponse) -> Iterator[bytes]:
        with closing(app({**environ, "HTTP_ACCEPT_ENCODING": "identity"}, start_response)) as parts:
            whole = b"".join(parts)
        for part in re.split(FRAME, whole):
            for piece in re.split(rb"(?=<[a-z])", part) if re.match(FRAME, part) else [part]:
                yield piece
                time.sleep(0.04)  # longer than a frame of the screen: what has come is painted

    with serve(in_pieces) as root:
        page = open_page(path, root, width=width)
        page.wait_for_load_state("networkidle")

    assert page.evaluate("watched.moved.filter((e) => e?.closest('.top, .summary')).map((e) => e.outerHTML)") == []


def test_talks_are_narrowed_by_one_filter_after_another_and_let_go_again(open_page: Open) -> None:
    page = open_page("/talks", java_script_enabled=False)
    everything = page.get_by_role("heading", level=1).inner_text()
    page.locator(".talk-facets summary", has_text="サービス").click()
    page.locator(".talk-facets").get_by_role("link", name="Lambda", exact=True).click()
    page.wait_for_url("**/talks?service=lambda")
    page.locator(".talk-facets summary", has_text="年").click()
    page.locator(".talk-facets").get_by_role("link", name="2018年").click()
    page.wait_for_url("**/talks?service=lambda&year=2018")
    chips = page.locator(".chip").all_inner_texts()
    page.locator(".chip").first.click()
    expect(page.locator(".chip")).to_have_count(1)
    page.locator(".chip").first.click()

    assert len(chips) == 2
    expect(page.get_by_role("heading", level=1)).to_have_text(everything)


def test_a_timetable_has_columns_where_there_is_room_and_is_a_list_by_time_on_a_phone(open_page: Open) -> None:
    page = open_page("/event/jaws-days-2018")
    talks = page.locator(".timetable a")
    columns = {talk.bounding_box()["x"] for talk in talks.all()}
    page.set_viewport_size({"width": 390, "height": 800})
    expect(page.locator(".timetable [data-track]:not(:empty)").first).to_be_visible()
    boxes = [talk.bounding_box() for talk in talks.all()]

    assert len(columns) == 4
    assert len({box["x"] for box in boxes}) == 1
    assert [box["y"] for box in boxes] == sorted(box["y"] for box in boxes)


def test_a_heat_map_scrolls_inside_of_itself_with_the_keyboard_and_a_cell_leads_on(open_page: Open) -> None:
    page = open_page("/", width=390)
    region = page.locator(".scrolled")
    region.evaluate("(e) => { e.onscroll = () => { e.title = `scrolled ${e.scrollLeft > 0}` } }")
    region.focus()
    page.keyboard.press("ArrowRight")
    expect(region).to_have_attribute("title", "scrolled true")
    cell = page.locator(".heat td a").last
    notes = cell.inner_text()
    cell.focus()
    page.keyboard.press("Enter")

    expect(page.locator("#summary")).to_contain_text(f"{notes}件（")


@pytest.mark.parametrize("path", ["/", "/event/jaws-days-2018"])
def test_a_picture_is_printed_whole(open_page: Open, path: str) -> None:
    page = open_page(path, width=720)  # px of a sheet of paper
    page.emulate_media(media="print")

    assert page.evaluate("document.documentElement.scrollWidth") <= 720
    assert page.locator(".scrolled").evaluate("(e) => e.firstElementChild.offsetWidth <= e.offsetWidth")


def test_a_category_that_is_chosen_in_place_has_its_heat_map_as_it_looks(open_page: Open) -> None:
    page = open_page("/?q=")
    page.get_by_text("分類で選ぶ").click()
    page.get_by_role("checkbox", name="コンピューティング").check()
    page.locator("#heat summary").click()

    expect(page.locator(".heat .place").first).to_have_css("display", "block")


def test_a_note_is_printed_without_what_is_only_for_the_screen(open_page: Open) -> None:
    page = open_page("/talk/aws-re-invent-2019/72dab5")
    page.emulate_media(media="print")

    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator(".top")).to_be_hidden()
    expect(page.get_by_role("navigation", name="現在の位置")).to_be_hidden()
    expect(page.locator(".note .text").first).to_be_visible()


@pytest.mark.parametrize("path", ["/sheet?q=Lambda", "/guide/lambda", "/?q=Lambda", "/report/aws-re-invent-2019-d368"])
def test_nothing_longer_than_a_sheet_of_paper_is_kept_on_one(open_page: Open, path: str) -> None:
    page = open_page(path, width=720)
    page.emulate_media(media="print")
    whole = (
        "[...document.querySelectorAll('main *')].filter((e) => getComputedStyle(e).breakInside.startsWith('avoid'))"
    )

    heights: list[int] = page.evaluate(f"{whole}.map((e) => e.offsetHeight)")

    assert 0 < max(heights) < 1_000  # px
