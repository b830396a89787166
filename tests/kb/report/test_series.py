"""Which events are held time and again under one name."""

import pytest

from kb.report.series import series


@pytest.mark.parametrize(
    ("event", "name"),
    [
        ("JAWS DAYS 2018", "JAWS DAYS"),
        ("見本カンファレンス福岡2019", "見本カンファレンス福岡"),
        ("見本勉強会 第12回", "見本勉強会"),
        ("第８２回 見本の会", "見本の会"),
        ("第七回見本勉強会", "見本勉強会"),
        ("Sample Meetup Tokyo #15", "Sample Meetup Tokyo"),
        ("Sample Night Vol.3", "Sample Night"),
        ("Sample Conference 2019 Autumn", "Sample Conference"),
        ("Sample Days Summer 2024", "Sample Days"),
        ("sample 2019-08-30", "sample"),
        ("Sample '19", "Sample"),
        ("Sample Days v18.12", "Sample Days"),
        ("HTML5 の会", "HTML5 の会"),
        ("Springの会", "Springの会"),
        ("AWS re:Invent", "AWS re:Invent"),
    ],
)
def test_what_tells_one_time_from_another_is_no_part_of_a_series_name(event: str, name: str) -> None:
    assert series(event) == name


@pytest.mark.parametrize("event", ["2018", "第3回", "#12"])
def test_an_event_whose_name_is_nothing_else_is_a_series_of_its_own(event: str) -> None:
    assert series(event) == event
