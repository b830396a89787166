"""Every page in every state, light and dark, wide and narrow, has nothing that axe-core objects to."""

from collections.abc import Callable
from importlib.resources import files
from urllib.parse import quote

import pytest
from playwright.sync_api import Page

pytestmark = pytest.mark.browser

Open = Callable[..., Page]
AXE = (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
PAGES = (
    "/",
    "/?q=",
    "/?q=Lambda&service=sqs",
    "/?q=%E7%84%A1%E3%81%84%E8%A8%80%E8%91%89",
    "/?q=a&service=none",
    "/reports",
    "/events?year=2018",
    "/talks?name=none",
    "/speakers",
    "/years",
    "/pairs",
    "/pairs?service=nothing&state=unsolved",
    "/event/aws-re-invent-2019",
    "/speaker/Werner%20Vogels",
    "/nowhere",
)


def objections(page: Page) -> list[str]:
    """Return what axe-core finds wrong with a page, every severity counted."""
    page.evaluate(AXE)
    result = page.evaluate("axe.run()")
    return [f"{v['id']}: {node['html'][:120]}" for v in result["violations"] for node in v["nodes"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_and_their_details(open_page: Open, scheme: str) -> None:
    page = open_page("/", color_scheme=scheme, bypass_csp=True)
    hits = page.request.get(page.url + "?q=Lambda", headers={"Accept": "application/json"}).json()["hits"]
    hit = next(hit for hit in hits if hit["talk"])
    places = {"note": hit["id"], "talk": hit["talk"]["id"], "report": hit["report"], "lines": hit["report"]}
    found: dict[str, list[str]] = {}
    for path in (*PAGES, *(f"/{what}/{quote(name)}" for what, name in places.items())):
        page.goto(page.url.split("/", 3)[0] + "//" + page.url.split("/")[2] + path)
        page.evaluate("document.querySelectorAll('details').forEach((e) => { e.open = true })")
        found[path] = objections(page)

    assert {path: told for path, told in found.items() if told} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_phone_and_its_drawer(open_page: Open, scheme: str) -> None:
    page = open_page("/?q=Lambda", width=320, color_scheme=scheme, bypass_csp=True)
    closed = objections(page)
    page.get_by_role("button", name="絞り込み").click()

    assert (closed, objections(page)) == ([], [])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_suggestions(open_page: Open, scheme: str) -> None:
    page = open_page("/", color_scheme=scheme, bypass_csp=True)
    page.get_by_role("combobox", name="メモを検索").press_sequentially("s")
    page.get_by_role("option").first.wait_for()
    page.keyboard.press("ArrowDown")

    assert objections(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_service_and_the_intake(open_page: Open, scheme: str) -> None:
    page = open_page("/service/lambda", color_scheme=scheme, bypass_csp=True)
    service = objections(page)
    page.get_by_role("link", name="取り込み").click()
    form = objections(page)
    page.get_by_label("または本文").fill("# 見本勉強会 2019\n\n- SQS は便利\n")
    page.get_by_role("button", name="読み取りを確認").click()
    page.locator("#all-lines summary").click()

    assert (service, form, objections(page)) == ([], [], [])
