"""The looks of pages: colours, widths and heights, and what paper and phones leave out."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from shutil import copytree

import pytest
from flask import Flask
from playwright.sync_api import Locator, Page, expect

from kb.knowledge_base import KnowledgeBase
from webui.app import create_app

pytestmark = pytest.mark.browser

Open = Callable[..., Page]
SAMPLES = Path(__file__).parents[2] / "data/samples"
SEARCHES = ("Lambda", "SQS 順番", "Lambda 遅い", "DynamoDB 設計", "コスト 削減", "監視", "RDSの接続数が足りない")
LANGUAGES = ("ja-JP", "en-GB")
NOTE = "/note/jaws-days-2018-8ddf/4ccac577"
TALK = "/talk/aws-re-invent-2023/4ae6e3"


@pytest.fixture(scope="module")
def own(
    tmp_path_factory: pytest.TempPathFactory, serve: Callable[[Flask], AbstractContextManager[str]]
) -> Iterator[str]:
    """The address of a library that can be corrected, with the reports of the samples."""
    folder = tmp_path_factory.mktemp("looks")
    knowledge_base = KnowledgeBase.open(copytree(SAMPLES, folder / "library"), folder / "index")
    knowledge_base.indexer.sync()
    with serve(create_app(knowledge_base)) as root:
        yield root


def style(one: Locator, name: str) -> str:
    """Return a property of the style of an element as it is shown."""
    return str(one.evaluate("(element, name) => getComputedStyle(element)[name]", name))


def box(one: Locator) -> tuple[float, float, float, float]:
    """Return the left, top, right and bottom of an element."""
    found = one.bounding_box()
    assert found
    return found["x"], found["y"], found["x"] + found["width"], found["y"] + found["height"]


def phone(open_page: Open, path: str, root: str, **options: object) -> Page:
    page = open_page(path, root, width=390, is_mobile=True, has_touch=True, **options)
    page.set_viewport_size({"width": 390, "height": 844})
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_near_notes_are_tinted_apart_and_say_why_they_are_listed(open_page: Open, own: str, scheme: str) -> None:
    page = open_page("/?q=SQS 順番", own, color_scheme=scheme)
    near, heading = page.locator(".near > .card"), page.locator(".near > h2")
    found = page.locator(".results > .card").last
    reasons = page.locator(".near .reason").all_inner_texts()

    assert style(near.first, "backgroundColor") != style(found, "backgroundColor")
    assert box(heading)[1] - box(found)[3] >= 32
    assert box(near.first)[1] - box(heading)[3] >= 8
    assert len(reasons) == near.count() > 0
    assert all(re.fullmatch("合う言葉: 「.+|意味が近い", reason) for reason in reasons)


def test_to_leave_out_near_notes_is_a_small_link(open_page: Open, own: str) -> None:
    link = open_page("/?q=SQS 順番", own).locator(".near > h2 a")

    assert (style(link, "fontSize"), style(link, "fontWeight")) == ("14px", "400")


def test_without_hits_the_page_uses_its_full_width(open_page: Open, own: str) -> None:
    page = open_page("/?q=zzzqqq", own)
    left, _, right, _ = box(page.locator(".results"))
    inner = "(main) => [main, getComputedStyle(main)].map((one) => parseFloat(one.clientWidth ?? one.paddingLeft))"
    width, padding = page.locator("main").evaluate(inner)

    assert right - left == width - 2 * padding
    expect(page.locator(".filters")).to_be_hidden()


@pytest.mark.parametrize("path", ["/?q=SQS 順番", NOTE, TALK])
def test_buttons_that_correct_are_in_a_menu(open_page: Open, own: str, path: str) -> None:
    page = open_page(path, own)
    buttons = page.locator("main form[action*='/correct'] button")
    outside = page.locator("main form[action*='/correct']:not(.menu form)")

    assert buttons.count() > 0
    assert [one.is_visible() for one in buttons.all()] == [False] * buttons.count()
    assert outside.count() == 0


@pytest.mark.parametrize("path", ["/?q=DynamoDB", "/report/jaws-days-2018-8ddf", TALK, "/service/lambda", "/pairs"])
def test_no_line_of_a_note_has_more_than_42_characters(open_page: Open, own: str, path: str) -> None:
    texts = open_page(path, own, width=1800).locator(".text, blockquote p, .told-so, .related")
    widths = texts.evaluate_all(
        "all => all.map((one) => one.getBoundingClientRect().width / parseFloat(getComputedStyle(one).fontSize))"
    )

    assert 30 < max(widths) <= 42.01


@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize("words", SEARCHES)
def test_the_first_note_is_at_most_400_pixels_down_on_a_phone(
    open_page: Open, own: str, words: str, *, script: bool
) -> None:
    page = phone(open_page, f"/?q={words}", own, java_script_enabled=script)

    assert box(page.locator(".results .text, .results blockquote").first)[1] <= 400


def test_on_a_phone_talks_and_the_outline_of_a_report_unfold(open_page: Open, own: str) -> None:
    page = phone(open_page, "/?q=サーバーレス", own, java_script_enabled=False)
    expect(page.locator(".titled")).to_be_hidden()
    page.locator("#titled summary").click()
    expect(page.locator(".titled a").first).to_be_visible()
    page.goto(f"{own}/report/jaws-days-2018-8ddf")
    assert box(page.locator(".text").first)[1] < 500
    page.locator("summary", has_text="目次").click()
    expect(page.locator(".contents li").first).to_be_visible()


def test_fewer_than_ten_hits_have_no_chart(open_page: Open, own: str) -> None:
    charts = [
        open_page(path, own).locator(".chart").count()
        for path in ("/?q=Lambda", "/?q=RDSの接続数が足りない", "/service/dlm")
    ]

    assert charts == [1, 0, 0]


@pytest.mark.parametrize("script", [True, False])
def test_the_start_page_of_a_phone_folds_the_map_of_services(open_page: Open, own: str, *, script: bool) -> None:
    page = phone(open_page, "/", own, java_script_enabled=script)
    heights = [page.evaluate("document.documentElement.scrollHeight")] if script else [0]
    expect(page.locator(".map")).to_be_hidden()
    page.locator("summary", has_text="サービスを表示").click()
    expect(page.locator(".map a").first).to_be_visible()

    assert heights[0] < 3500


@pytest.mark.parametrize("path", ["/talks", "/reports"])
def test_lists_on_a_phone_show_an_event_in_full(open_page: Open, own: str, path: str) -> None:
    page = phone(open_page, path, own)
    cells = page.locator(".list tbody td:not(.day, [data-label])", has_text=re.compile("AWS|JAWS"))
    cut = cells.evaluate_all("all => all.filter((one) => one.scrollHeight > one.clientHeight + 1).length")
    page.evaluate("document.querySelector('.list tbody td').textContent = '長い名前の勉強会'.repeat(9)")
    long = page.locator(".list tbody td").first

    assert (cells.count() > 5, cut) == (True, 0)
    assert 1.5 < (box(long)[3] - box(long)[1]) / (14 * 1.7) < 2.5  # lines


@pytest.mark.parametrize("what", ["speaker", "talk", "advice"])
def test_the_list_of_corrections_has_outlined_buttons_and_puts_the_cursor_in_no_field(
    open_page: Open, own: str, what: str
) -> None:
    page = open_page(f"/todo?what={what}", own)
    buttons = page.locator("main button")
    page.wait_for_timeout(100)  # the focus is set after the page has loaded

    assert {style(one, "backgroundColor") for one in buttons.all()} == {"rgba(0, 0, 0, 0)"}
    assert page.evaluate("document.activeElement.tagName") != "INPUT"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_trails_are_smaller_and_lighter_than_dates_and_services(open_page: Open, own: str, scheme: str) -> None:
    page = open_page("/?q=Lambda", own, color_scheme=scheme)
    trail, date = page.locator(".results .crumbs").first, page.locator(".results .facts .age").first
    tag, paper = page.locator(".results .tag.inherited summary").first, page.locator(".results > .card").first

    def contrast(one: Locator) -> int:
        colours = (re.findall(r"\d+", text) for text in (style(one, "color"), style(paper, "backgroundColor")))
        return abs(int.__sub__(*(sum(map(int, colour[:3])) for colour in colours)))

    sizes = [
        float(style(one, "fontSize")[:-2])
        for one in (trail, date, page.locator(".text").first, page.locator(".card h2 a").last, page.locator("h1"))
    ]
    assert contrast(trail) < contrast(date) == contrast(tag)
    assert sizes == sorted(set(sizes))


def test_the_search_button_is_muted_in_the_dark(open_page: Open, own: str) -> None:
    def brightness(scheme: str) -> int:
        button = open_page("/", own, color_scheme=scheme).locator("#search button")
        return sum(map(int, re.findall(r"\d+", style(button, "backgroundColor"))))

    assert brightness("dark") < brightness("light") < 300


def test_years_time_lines_and_charts_have_names_unlike_each_other(open_page: Open, own: str) -> None:
    page = open_page("/years", own)
    names = [page.locator("h1").inner_text(), page.locator(".chart figcaption").inner_text()]
    page.goto(f"{own}/timeline?service=lambda")

    assert (*names, page.locator("h1").inner_text()) == ("年", "メモの数の推移", "AWS Lambda のタイムライン")


@pytest.mark.parametrize("path", ["/?q=Lambda", NOTE, TALK, "/reports", "/talks?year=2018", "/service/lambda", "/todo"])
def test_paper_shows_no_buttons(open_page: Open, own: str, path: str) -> None:
    page = open_page(path, own)
    page.emulate_media(media="print")
    controls = page.locator("button, .button, input, select, summary:not(.tag summary, .panel summary), .near > h2 a")

    assert [one.inner_text() for one in controls.all() if one.is_visible()] == []


@pytest.mark.parametrize("locale", LANGUAGES)
def test_the_page_of_a_correction_shows_the_talk_and_the_event_of_the_note(
    open_page: Open, own: str, locale: str
) -> None:
    page = open_page(NOTE.replace("note", "correct", 1), own, locale=locale)
    title, event = (page.locator(f"main form input[name={name}]").input_value() for name in ("title", "event"))

    assert ("Enterprise Serverless" in title, event) == (True, "JAWS DAYS 2018")


@pytest.mark.parametrize("width", [390, 1280])
def test_exports_are_offered_above_the_results(open_page: Open, own: str, width: int) -> None:
    page = open_page("/?q=Lambda", own, width=width, java_script_enabled=False)
    page.locator(".summary summary").click()
    link = page.locator(".summary a", has_text="CSV")

    expect(link).to_be_visible()
    assert 0 <= box(link)[0] < box(link)[2] <= width
    assert box(link)[3] < 400
