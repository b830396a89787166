"""A date is one that there is, in the digits that it is kept in, whichever door it comes through."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.report.dates import date_of, day_in_japan, is_date

NONE = (
    *("", "18", "0000", "0999", "20180", "2018-", "2018-00", "2018-13", "2018-3", "2018-03-00", "2018-03-32"),
    *("2018-02-30", "2019-02-29", "2018-13-45", "２０１８", "٢٠١٨", "2018-０３", "2018-03-10T00:00", " 2018", "2018\n"),
    *("2018-W10", "-2018"),
)  # fmt: skip


@pytest.mark.parametrize("text", NONE)
def test_what_no_calendar_has_is_no_date(text: str) -> None:
    assert not is_date(text)


@given(st.dates(date(1000, 1, 1)))
def test_every_day_month_and_year_is_one(day: date) -> None:
    told = day.isoformat()

    assert (is_date(told), is_date(told[:7]), is_date(told[:4])) == (True, True, True)


def test_a_day_that_there_is_not_is_kept_as_none() -> None:
    days = [date_of(2018, 3, 10), date_of(2018, 3), date_of(2018, 3, 0), date_of(2018, 2, 30), date_of(2018, 13)]

    assert days == ["2018-03-10", "2018-03", None, None, None]


def test_a_moment_has_the_day_of_japan_where_a_calendar_goes_that_far() -> None:
    assert [day_in_japan(seconds) for seconds in (1_516_028_400, 10.0**12, -(10.0**20))] == ["2018-01-16", None, None]
