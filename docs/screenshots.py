"""Makes the pictures of the page in docs/images, over the samples: `make screenshots`."""

import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, sync_playwright
from werkzeug.serving import make_server

from kb.knowledge_base import KnowledgeBase
from webui.app import create_app

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "images"
CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--hide-scrollbars"]
WIDE, PHONE = (1280, 860), (390, 780)
TODAY = date(2026, 11, 25)  # ages are counted from here, so that a picture changes only with the page

Scheme = Literal["light", "dark"]
PICTURES: dict[str, tuple[str, tuple[int, int], Scheme]] = {
    "start-wide-light": ("/", WIDE, "light"),
    "search-wide-light": ("/?q=Lambda&service=sqs", WIDE, "light"),
    "search-wide-dark": ("/?q=Lambda&service=sqs", WIDE, "dark"),
    "search-phone-light": ("/?q=Lambda&service=sqs", PHONE, "light"),
    "service-phone-dark": ("/service/lambda", PHONE, "dark"),
}


@contextmanager
def served() -> Iterator[str]:
    """Serve the samples and give the address."""
    with tempfile.TemporaryDirectory() as index:
        knowledge_base = KnowledgeBase.open(ROOT / "data" / "samples", Path(index))
        knowledge_base.keeper.sync()
        server = make_server("127.0.0.1", 0, create_app(knowledge_base, today=lambda: TODAY), threaded=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def take(browser: Browser, address: str, size: tuple[int, int], scheme: Scheme, file: Path) -> None:
    """Write the picture of one page."""
    width, height = size
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, locale="ja-JP")
    page = context.new_page()
    page.goto(address)
    page.screenshot(path=file)
    context.close()


if __name__ == "__main__":
    IMAGES.mkdir(exist_ok=True)
    with served() as root, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for name, (path, size, scheme) in PICTURES.items():
            take(chromium, root + path, size, scheme, IMAGES / f"{name}.png")
        chromium.close()
