"""Waits for the script of a page: typing, Enter and a choice are answered later, often with what is shown already."""

from playwright.sync_api import Page

# The scheduler's clock is the browser's, also where a test has stopped that of the page.
_SETTLED = """async () => {
  for (let waits = 0; resting || running || suggesting?.readyState % 4; waits++) {
    if (waits > 6000) throw new Error("the page still waits after a minute");
    await scheduler.postTask(() => {}, { delay: 10 });
  }
}"""


def settled(page: Page) -> None:
    """Wait until the page waits for no pause of the typing and shows the answer to each request for <main>."""
    page.evaluate(_SETTLED)


def enter(page: Page) -> None:
    """Press Enter and wait for its results, which may look like those of the typing."""
    page.keyboard.press("Enter")
    settled(page)


def stop_clock(page: Page) -> None:
    """Stop the time of the page's timers: from now on it passes by `page.clock.run_for` alone."""
    page.clock.install(time=0)
    page.clock.pause_at(1)
