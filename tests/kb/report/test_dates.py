"""A date as people write it becomes the one stored form; what is no date, or none in the calendar, is refused."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.report.dates import DateError, date_of, date_or_none, day_in_japan, is_date, last_day, names_in_eras, parse_date

INVALID = (
    *("", "18", "0000", "0999", "20180", "2018-", "2018-00", "2018-13", "2018-3", "2018-03-00", "2018-03-32"),
    *("2018-02-30", "2019-02-29", "2018-13-45", "２０１８", "٢٠١٨", "2018-０３", "2018-03-10T00:00", " 2018", "2018\n"),
    *("2018-W10", "-2018"),
)  # fmt: skip
NO_DATE = "is no date; write 2026-11-25, 2026/11/25, 2026年11月25日 or 2026"
NOT_IN_CALENDAR = "is not in the calendar; correct its year, month or day"
WEEKDAY = "correct the day or the day of the week"


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


@pytest.mark.parametrize(
    "written",
    [
        *("2026-11-25", "2026年11月25日(水)", "2026年11月25日", "2026/11/25", "2026.11.25", " 2026 年 11 月 25 日 "),
        *(
            "令和8年11月25日",
            "R8.11.25",
            "r8/11/25",
            "㋿８年１１月２５日㈬",
            "２０２６－１１－２５",
            "2026年11月25日水曜日",
        ),
        *("2026年11月25日（水・祝）", "2026/11/25 (Wed)", "Wednesday, 25 November 2026", "November 25, 2026"),
        *("25 Nov. 2026", "2026/11/25(水) 13:00〜18:00"),
    ],
)
def test_a_day_is_read_as_people_write_it(written: str) -> None:
    assert parse_date(written) == "2026-11-25"


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        *(("2026年11月", "2026-11"), ("2026/11", "2026-11"), ("２０２６．１１", "2026-11"), ("March 2018", "2018-03")),
        *(("2026年", "2026"), ("２０２６", "2026"), ("令和元年", "2019"), ("令和8年11月", "2026-11"), ("R8", "2026")),
        *(
            ("平成31年4月30日", "2019-04-30"),
            ("令和元年5月1日", "2019-05-01"),
            ("H30.3", "2018-03"),
            ("昭和63年", "1988"),
        ),
        *(("2018-3-5", "2018-03-05"), ("2016年2月29日(月)", "2016-02-29")),
    ],
)
def test_a_date_is_as_precise_as_it_is_written(written: str, stored: str) -> None:
    assert parse_date(written) == stored


@given(
    st.dates(date(2000, 1, 1), date(2099, 12, 31)),
    st.sampled_from(
        ("{0}年{1}月{2}日({3})", "{0}/{1}/{2}", "{0}.{1}.{2}({3})", "{0}-{1:02}-{2:02}", "{0}年{1:02}月{2:02}日")
    ),
)
def test_every_day_is_read_in_every_form(day: date, form: str) -> None:
    written = form.format(day.year, day.month, day.day, "月火水木金土日"[day.weekday()])

    assert parse_date(written) == day.isoformat()


@pytest.mark.parametrize(
    ("written", "message"),
    [
        *(("", f"'' {NO_DATE}"), ("きのう", f"'きのう' {NO_DATE}"), ("26/11/25", f"'26/11/25' {NO_DATE}")),
        *(("2026年度", f"'2026年度' {NO_DATE}"), ("2026-11-25から", f"'2026-11-25から' {NO_DATE}")),
        *((f"2026-11-25{' ' * 99}", f"'2026-11-25{' ' * 89}… {NO_DATE}"), ("٢٠١٨", f"'٢٠١٨' {NO_DATE}")),
        *(("2026-02-30", f"'2026-02-30' {NOT_IN_CALENDAR}"), ("2026年13月", f"'2026年13月' {NOT_IN_CALENDAR}")),
        *(("2026-11-00", f"'2026-11-00' {NOT_IN_CALENDAR}"), ("2026-00", f"'2026-00' {NOT_IN_CALENDAR}")),
        *(("令和元年4月30日", f"'令和元年4月30日' {NOT_IN_CALENDAR}"), ("平成32年", f"'平成32年' {NOT_IN_CALENDAR}")),
        ("2026年11月25日(木)", f"2026-11-25 is a Wednesday, not a Thursday; {WEEKDAY}"),
        ("2026/11/29 (Mon)", f"2026-11-29 is a Sunday, not a Monday; {WEEKDAY}"),
        ("11月25日(水)", "'11月25日(水)' has no year; write it, too, as in 2026-11-25"),
    ],
)
def test_what_is_no_date_is_refused_with_its_reason(written: str, message: str) -> None:
    with pytest.raises(DateError) as refused:
        parse_date(written)

    assert (str(refused.value), date_or_none(written)) == (message, None)


@pytest.mark.parametrize(
    ("written", "until", "stored"),
    [
        ("11月25日(水)", "2026", "2026-11-25"),
        ("11/25", "2026-12-01", "2026-11-25"),
        ("12月20日", "2027-01-05", "2026-12-20"),
        ("1月5日", "2027-01-05", "2027-01-05"),
        ("3月20日", "2018-03", "2018-03-20"),
        ("2019年11月25日", "2026", "2019-11-25"),
    ],
)
def test_a_day_without_a_year_is_the_last_one_up_to_a_known_date(written: str, until: str, stored: str) -> None:
    assert parse_date(written, until) == stored


def test_a_day_that_a_year_does_not_have_is_none() -> None:
    assert [last_day(2, 29, until) for until in ("2021", "2021-01-09", "2020")] == [None, "2020-02-29", "2020-02-29"]


def test_the_weekday_of_a_day_without_a_year_is_checked_too() -> None:
    with pytest.raises(DateError) as refused:
        parse_date("11月25日(火)", "2026-12-01")

    assert str(refused.value) == f"2026-11-25 is a Wednesday, not a Tuesday; {WEEKDAY}"


def test_a_year_has_its_names_in_each_era() -> None:
    assert [[*names_in_eras(year)] for year in (2018, 2019, 2026)] == [
        ["平成30年"],
        ["令和1年", "令和元年", "平成31年"],
        ["令和8年"],
    ]


def test_a_time_has_its_day_in_japan_within_the_range_of_calendars() -> None:
    assert [day_in_japan(seconds) for seconds in (1_516_028_400, 10.0**12, -(10.0**20))] == ["2018-01-16", None, None]
