"""What pages are made of: ages, marks, links."""

from datetime import date

import pytest

from webui.texts.ja import day_and_age
from webui.view.markup import marked, web_address


@pytest.mark.parametrize(
    ("held_on", "told"),
    [
        ("2018", "2018年・8年前"),
        ("2018-03-10", "2018年3月10日・7年前"),
        ("2025-12", "2025年12月・3か月前"),
        ("2026", "2026年・今年"),
        ("2026-03-01", "2026年3月1日・今月"),
        (None, "日付不明"),
    ],
)
def test_an_age_is_no_more_precise_than_its_date(held_on: str | None, told: str) -> None:
    assert day_and_age(held_on, date(2026, 3, 1)) == told


def test_marks_become_elements_and_everything_else_stays_text() -> None:
    assert marked("a<b>&c", [(1, 4), (3, 5)]) == "a<mark>&lt;b&gt;</mark><mark>&amp;</mark>c"


@pytest.mark.parametrize(
    ("url", "linked"),
    [
        ("https://example.com/a", "https://example.com/a"),
        ("speakerdeck.com", "https://speakerdeck.com"),
        ("javascript:alert(1)", None),
        ("javascript://example.com/%0aalert(1)", None),
        ("//example.com", None),
        ("https://[", None),
    ],
)
def test_only_web_addresses_are_linked(url: str, linked: str | None) -> None:
    assert web_address(url) == linked
