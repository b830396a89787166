"""Nothing that stands in a note, a title, a file's name or a query is ever run by a browser."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from urllib.parse import quote

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from kb.knowledge_base import KnowledgeBase
from webui.app import create_app

pytestmark = pytest.mark.browser

PAYLOADS = Path(__file__).with_name("payloads.txt").read_text("utf-8").splitlines()
HARMED = """
({ran: window.pwned ?? null, reports: watched.violations, foreign: [...document.querySelectorAll(
  "script:not([src^='/static/page.js']), iframe, object, embed, base,"
  + "[onerror], [onload], [onfocus], [ontoggle]"
)].map((e) => e.outerHTML)})
"""
UNHARMED = {"ran": None, "reports": [], "foreign": []}


def report(payload: str, others: list[str]) -> str:
    """Return a report in extracted text with payloads for title, talk, speaker, link and notes."""
    notes = "\n".join(f"  • {other}" for other in others)
    talk = f"【A】10:00~10:40:{payload}\n\n登壇者: {payload}\n\nspeakerdeck.com"
    return f"{payload} 勉強会 2019\n\n{talk}\n\n  • SQS {payload}\n{notes}\n"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeBase:
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "library").mkdir()
    for number, payload in enumerate(PAYLOADS):
        name = f"{number} {payload.replace('/', '∕')}.txt"
        (folder / "library" / name).write_text(report(payload, PAYLOADS if number == 0 else []), "utf-8")
    knowledge_base = KnowledgeBase.open(folder / "library", folder / "index")
    knowledge_base.indexer.sync()
    return knowledge_base


@pytest.fixture(scope="module")
def root(hostile: KnowledgeBase, serve: Callable[[Flask], AbstractContextManager[str]]) -> Iterator[str]:
    with serve(create_app(hostile)) as address:
        yield address


@pytest.fixture
def harm(open_page: Callable[..., Page], root: str) -> Callable[[str], object]:
    """Return what a visit to an address did, everything unfolded; a dialog would be harm too."""
    page = open_page("/", root)
    page.on("dialog", lambda dialog: pytest.fail(f"a dialog: {dialog.message}"))

    def done(path: str) -> object:
        page.goto(root + path)
        page.evaluate("document.querySelectorAll('details').forEach((e) => { e.open = true })")
        return page.evaluate(HARMED)

    return done


def test_forty_payloads_are_text_in_notes_titles_names_and_pages(
    hostile: KnowledgeBase, harm: Callable[[str], object]
) -> None:
    first = max(hostile.browser.reports(), key=lambda entry: entry.notes)
    entry, notes = hostile.browser.report(first.id)
    addresses = ["/", "/reports", "/?q=&sort=new", "/?q=&page=2", "/?q=&page=3", "/service/sqs"]
    addresses += [f"/{page}/{quote(entry.id)}" for page in ("report", "lines")]
    addresses += [f"/talk/{quote(talk.id)}" for talk in entry.talks]
    addresses += [f"/note/{quote(note.id)}" for note in notes]

    assert len(PAYLOADS) >= 40
    assert len(notes) >= len(PAYLOADS)
    assert {address: harm(address) for address in addresses} == dict.fromkeys(addresses, UNHARMED)


def test_forty_payloads_are_text_in_queries_and_addresses(harm: Callable[[str], object]) -> None:
    addresses = [f"/?q={quote(p)}&service={quote(p)}&x={quote(p)}" for p in PAYLOADS]
    addresses += [f"/note/{quote(PAYLOADS[0])}", f"/service/{quote(PAYLOADS[5])}"]

    assert {address: harm(address) for address in addresses} == dict.fromkeys(addresses, UNHARMED)


def test_forty_payloads_are_text_while_a_report_is_previewed(open_page: Callable[..., Page], root: str) -> None:
    page = open_page("/add", root)
    page.get_by_label("または本文").fill(report(PAYLOADS[0], PAYLOADS))
    page.get_by_role("button", name="読み取りを確認").click()
    page.get_by_text("行ごとの読み取り").click()
    page.wait_for_load_state()

    assert page.evaluate(HARMED) == UNHARMED
    assert page.locator(".note").count() > len(PAYLOADS)


def test_the_form_of_another_site_changes_nothing(
    open_page: Callable[..., Page],
    serve: Callable[[Flask], AbstractContextManager[str]],
    root: str,
    hostile: KnowledgeBase,
) -> None:
    report = hostile.browser.reports()[0]
    other = Flask("other")
    form = f'<form method=post action="{root}/remove/{quote(report.id)}"><button>press</button></form>'
    other.add_url_rule("/", view_func=lambda: form)
    with serve(other) as address:
        page = open_page("/", address)
        page.get_by_role("button").click()

        expect(page.locator("main")).to_contain_text("このページの外からの操作は受け付けません")
    assert (hostile.collection.library.path / report.source).exists()
