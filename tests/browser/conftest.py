"""A served knowledge base, and a Chromium to look at it with."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect, sync_playwright
from werkzeug.serving import make_server

from kb.knowledge_base import KnowledgeBase
from webui.app import create_app
from webui.pages import updating

CHROMIUM = Path(os.environ.get("KB_CHROMIUM", "/usr/bin/chromium"))
SAMPLES = Path(__file__).parents[2] / "data" / "samples"
PATIENCE = 60_000  # ms until something counts as never coming: a busy machine is slow, not wrong
expect.set_options(timeout=PATIENCE)
WATCH = """
window.watched = {violations: [], shift: 0, moved: [], dialogs: 0};
addEventListener("securitypolicyviolation", (e) => watched.violations.push(e.violatedDirective + " " + e.blockedURI));
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    if (entry.hadRecentInput) continue;
    // A line (24 px) that wraps when a slow machine has painted half of it moves nothing else.
    if (entry.sources.some(({currentRect}) => currentRect.height > 30)) watched.shift += entry.value;
    watched.moved.push(...entry.sources.map(({node}) => (node?.nodeType === 1 ? node : node?.parentElement)));
  }
}).observe({type: "layout-shift", buffered: true});
"""

Open = Callable[..., Page]


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let answers wait for the update that they began, however busy the machine is."""
    monkeypatch.setattr(updating, "PATIENCE", 600.0)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        if os.environ.get("KB_REQUIRE_BROWSER") == "1":
            pytest.fail(f"{CHROMIUM} is missing, and KB_REQUIRE_BROWSER=1 wants it")
        pytest.skip(f"{CHROMIUM} is missing: no browser to test with")
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield chromium
        chromium.close()


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """Serve an app in a thread and give its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:  # else a test that fails leaves a thread for which the run waits for ever
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="session")
def serve() -> Callable[[Flask], AbstractContextManager[str]]:
    return served


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The page over the samples."""
    knowledge_base = KnowledgeBase.open(SAMPLES, tmp_path_factory.mktemp("index"))
    knowledge_base.indexer.sync()
    return create_app(knowledge_base)


@pytest.fixture(scope="session")
def address(app: Flask) -> Iterator[str]:
    """The address of the page over the samples."""
    with served(app) as root:
        yield root


@pytest.fixture
def open_page(browser: Browser, address: str) -> Iterator[Open]:
    """Open an address in a fresh window; at the end nothing may have been reported against our own pages."""
    contexts, reported = [], []

    def opened(path: str, root: str = address, *, width: int = 1280, **options: object) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 800}, **{"locale": "ja-JP", **options})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.add_init_script(WATCH)
        page.on("console", lambda message: reported.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: reported.append(str(error)))
        page.goto(root + path)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert [told for told in reported if not told.startswith("Failed to load resource")] == []  # a 404 is told as one
