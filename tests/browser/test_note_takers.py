"""What two people noted of one talk: side by side where there is room, on a phone one below the other, each named."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from kb.knowledge_base import KnowledgeBase
from webui.app import create_app

pytestmark = pytest.mark.browser

Open = Callable[..., Page]
BOTH = ("同じ箱が二度届くので冪等にする", "同じ箱が二度届くことも。冪等にしよう")
ALONE = ("鍵は必ず返す", "窓の話は初耳")


@pytest.fixture
def talk(tmp_path: Path, serve: Callable[[Flask], AbstractContextManager[str]]) -> Iterator[str]:
    """The address of the page of a talk that two people noted."""
    (tmp_path / "library").mkdir()
    for kind, both, alone in zip(("参加レポート", "に行ってきた"), BOTH, ALONE, strict=True):
        text = f"# 見本会 2019 {kind}\n\n## 【A】10:00~10:45:サーバーレスの勘所\n\n- {both}\n- {alone}\n"
        (tmp_path / "library" / f"{kind}.md").write_text(text, "utf-8")
    knowledge_base = KnowledgeBase.open(tmp_path / "library", tmp_path / "index")
    knowledge_base.indexer.sync()
    (key,) = knowledge_base.browser.directory().talks
    with serve(create_app(knowledge_base)) as root:
        yield f"{root}/talk/{key}"


def test_two_takers_are_two_columns_and_what_both_noted_is_marked(open_page: Open, talk: str) -> None:
    page = open_page("", talk)
    left, right = (note_taker.bounding_box() for note_taker in page.locator(".takers > section").all())
    both = page.locator(".aligned .both td[data-taker]")

    assert (left["y"], left["x"] + left["width"] < right["x"]) == (right["y"], True)
    assert sorted(both.all_inner_texts()) == sorted(BOTH)
    assert both.first.bounding_box()["y"] == both.last.bounding_box()["y"]
    assert sorted(page.locator(".aligned tr:not(.both) td a").all_inner_texts()) == sorted(ALONE)


def test_on_a_phone_they_stand_below_each_other_with_who_said_it(open_page: Open, talk: str) -> None:
    page = open_page("", talk, width=320)
    first, second = (note_taker.bounding_box() for note_taker in page.locator(".takers > section").all())
    cells = page.locator(".aligned .both td[data-taker]")
    said = [cell.evaluate("(e) => getComputedStyle(e, '::before').content")[1:5] for cell in cells.all()]

    assert (first["x"], first["y"] + first["height"] < second["y"]) == (second["x"], True)
    assert said == ["記録 1", "記録 2"]
    assert cells.first.bounding_box()["y"] < cells.last.bounding_box()["y"]
    expect(page.locator(".takers > section").last).to_contain_text("記録 2")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
