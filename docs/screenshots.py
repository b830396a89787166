"""Makes the pictures of the page in docs/images, over the samples: `make screenshots`."""

import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, ViewportSize, sync_playwright
from werkzeug.serving import make_server

from kb.knowledge_base import KnowledgeBase
from webui.app import create_app

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "images"
CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
WIDE, PHONE = (1280, 860), (390, 780)
TODAY = date(2026, 11, 25)  # ages are counted from here, so that a picture changes only with the page

Scheme = Literal["light", "dark"]


@dataclass(frozen=True)
class Picture:
    """A page at a size and in a scheme, after one thing on it was pressed."""

    path: str
    size: tuple[int, int] = WIDE
    scheme: Scheme = "light"
    pressed: str = ""


PICTURES = {
    "start-wide-light": Picture("/"),
    "search-wide-light": Picture("/?q=Lambda"),
    "search-wide-dark": Picture("/?q=Lambda", scheme="dark"),
    "search-phone-light": Picture("/?q=Lambda", PHONE),
    "filters-phone-light": Picture("/?q=Lambda&kind=advice", PHONE, pressed=".open-filters"),
    "why-wide-light": Picture("/?q=冪等 設計", pressed=".menu summary"),
    "nothing-wide-light": Picture("/?q=コンテナ 寿司&year=2018"),
    "english-wide-light": Picture("/?q=DynamoDB&lang=en"),
    "event-wide-light": Picture("/event/aws-re-invent-2019"),
    "service-phone-dark": Picture("/service/lambda", PHONE, "dark"),
    "heat-phone-dark": Picture("/#heat-map", PHONE, "dark"),
    "category-phone-dark": Picture("/?category=compute", PHONE, "dark", pressed="#heat summary"),
    "timetable-wide-light": Picture("/event/jaws-days-2018"),
    "timetable-phone-light": Picture("/event/jaws-days-2018#timetable", PHONE),
    "report-wide-light": Picture("/report/jaws-days-2018-8ddf"),
    "together-wide-light": Picture("/service/lambda#together"),
    "talks-wide-light": Picture("/talks?year=2018", pressed=".talk-facets details:nth-of-type(3) summary"),
}


@contextmanager
def served() -> Iterator[str]:
    """Serve the samples and give the address."""
    with tempfile.TemporaryDirectory() as index:
        knowledge_base = KnowledgeBase.open(ROOT / "data" / "samples", Path(index))
        knowledge_base.indexer.sync()
        server = make_server("127.0.0.1", 0, create_app(knowledge_base, today=lambda: TODAY), threaded=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def take(browser: Browser, root: str, picture: Picture, file: Path) -> None:
    """Write one picture."""
    width, height = picture.size
    viewport: ViewportSize = {"width": width, "height": height}
    phone = picture.size == PHONE
    context = browser.new_context(
        viewport=viewport, color_scheme=picture.scheme, locale="ja-JP", is_mobile=phone, has_touch=phone
    )
    page = context.new_page()
    page.goto(root + picture.path)
    if picture.pressed:
        page.locator(picture.pressed).first.click()
        page.wait_for_timeout(300)  # ms that a drawer takes to open
    page.screenshot(path=file)
    context.close()


if __name__ == "__main__":
    IMAGES.mkdir(exist_ok=True)
    with served() as root, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM, args=FLAGS, ignore_default_args=["--hide-scrollbars"]
        )
        for name, picture in PICTURES.items():
            take(chromium, root, picture, IMAGES / f"{name}.png")
        chromium.close()
