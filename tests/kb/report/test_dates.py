"""A valid date exists, and is written in ASCII digits."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.report.dates import date_of, day_in_japan, is_date

INVALID = (
    *("", "18", "0000", "0999", "20180", "2018-", "2018-00", "2018-13", "2018-3", "2018-03-00", "2018-03-32"),
    *("2018-02-30", "2019-02-29", "2018-13-45", "２０１８", "٢٠١٨", "2018-０３", "2018-03-10T00:00", " 2018", "2018\n"),
    *("2018-W10", "-2018"),
)  # fmt: skip


@pytest.mark.parametrize("text", INVALID)
def test_a_text_that_is_no_existing_date_is_refused(text: str) -> None:
    assert not is_date(text)


@given(st.dates(date(1000, 1, 1)))
def test_every_day_month_and_year_is_a_date(day: date) -> None:
    text = day.isoformat()

    assert (is_date(text), is_date(text[:7]), is_date(text[:4])) == (True, True, True)


def test_a_day_that_does_not_exist_is_none() -> None:
    days = [date_of(2018, 3, 10), date_of(2018, 3), date_of(2018, 3, 0), date_of(2018, 2, 30), date_of(2018, 13)]

    assert days == ["2018-03-10", "2018-03", None, None, None]


def test_a_time_has_its_day_in_japan_within_the_range_of_calendars() -> None:
    assert [day_in_japan(seconds) for seconds in (1_516_028_400, 10.0**12, -(10.0**20))] == ["2018-01-16", None, None]
