"""Dates: a year, a month or a day, as they are stored (2018, 2018-03, 2018-03-10) and as people write them."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta, timezone
from typing import Protocol

from index.datafiles import quoted
from index.messages import MessageError, translatable

_DATE = re.compile(r"([1-9][0-9]{3})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")  # \d would match digits of every script
_JAPAN = timezone(timedelta(hours=9))
_ERAS: Mapping[str, tuple[str, str]] = {  # the first and last day
    "令和": ("2019-05-01", "9999-12-31"),
    "平成": ("1989-01-08", "2019-04-30"),
    "昭和": ("1926-12-25", "1989-01-07"),
}
_ERA_LETTERS = {"R": "令和", "H": "平成", "S": "昭和"}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = (
    *(translatable("a Monday"), translatable("a Tuesday"), translatable("a Wednesday"), translatable("a Thursday")),
    *(translatable("a Friday"), translatable("a Saturday"), translatable("a Sunday")),
)
_WEEKDAY_NAMES = ("月", "火", "水", "木", "金", "土", "日", "mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKDAY = re.compile(  # (水), (水・祝), 水曜日, (Wed), Wednesday; a 日 without a bracket or 曜 ends a day: 25日
    r"\(([月火水木金土日])(?:曜日?)?(?:[・,/ ]?祝日?)?\)|([月火水木金土日])曜日?"
    r"|\(?\b(mon|tue|wed|thu|fri|sat|sun)(?:[a-z]*day)?\b[.,]?\)?",
    re.IGNORECASE,
)
_YEAR = r"(?:(?P<year>[1-9]\d{3})|(?P<era>令和|平成|昭和|[RHS])\s*(?P<count>元|\d{1,2}))"
_MONTH_NAME = rf"(?P<name>{'|'.join(_MONTHS)})[a-z]*\.?"
_FORMS = tuple(
    re.compile(form, re.ASCII | re.IGNORECASE)
    for form in (
        rf"{_YEAR}\s*(?:年|[-/.年]\s*(?P<month>\d{{1,2}})\s*月?)?",
        # A time follows in what is copied from the page of an event.
        rf"(?:{_YEAR}\s*[-/.年]\s*)?(?P<month>\d{{1,2}})\s*[-/.月]\s*(?P<day>\d{{1,2}})\s*日?(?:\s+\d{{1,2}}:\d\d.*)?",
        rf"(?:(?P<day>\d{{1,2}})\s+)?{_MONTH_NAME},?\s+(?P<year>[1-9]\d{{3}})",
        rf"{_MONTH_NAME}\s+(?P<day>\d{{1,2}}),?\s+(?P<year>[1-9]\d{{3}})",
    )
)
_MAX_LENGTH = 60  # characters of a date, so that no pattern takes long


class HasDays(Protocol):
    """Something of an event, with the day of the event and the day of its post, None if unknown."""

    @property
    def held_on(self) -> str | None:
        """The day of the event."""

    @property
    def published(self) -> str | None:
        """The day of the post."""


class DateError(MessageError, ValueError):
    """A text that is no date. The message says why, and what may be written."""


def day_of(one: HasDays) -> str | None:
    """Return the day of the event, else the day of the post, which only approximates it."""
    return one.held_on or one.published


def is_date(text: str) -> bool:
    """Return whether a text is a valid date in the stored form: 2018, 2018-03 or 2018-03-10."""
    match = _DATE.fullmatch(text)
    return match is not None and date_of(*(int(part) for part in match.groups("1"))) is not None


def date_of(year: int, month: int, day: int | None = None) -> str | None:
    """Return a month or day in the stored form, None if it does not exist."""
    try:
        date(year, month, 1 if day is None else day)
    except ValueError:
        return None
    return f"{year:04d}-{month:02d}" + (f"-{day:02d}" if day else "")


def parse_date(text: str, until: str | None = None) -> str:
    """Return a date as a person wrote it in the stored form: 2026年11月25日(水), 2026/11, 令和8年, 25 Nov 2026.

    A day without a year is the last one up to `until`, the day of publishing or the year of the event. Raises DateError
    if the text is no date, or if the date does not exist or is another day of the week.
    """
    plain = unicodedata.normalize("NFKC", text).strip() if len(text) <= _MAX_LENGTH else ""
    weekday, rest = _WEEKDAY.search(plain), _WEEKDAY.sub(" ", plain).strip()
    parts = next((match.groupdict() for form in _FORMS if (match := form.fullmatch(rest))), None)
    if parts is None:
        raise DateError("{0} is no date; write 2026-11-25, 2026/11/25, 2026年11月25日 or 2026", quoted(text))
    if year := _year(parts):
        found = _in_calendar(parts, year)
    elif until:
        found = last_day(int(parts["month"] or 0), int(parts["day"] or 0), until)
    else:
        raise DateError("{0} has no year; write it, too, as in 2026-11-25", quoted(text))
    if found is None:
        raise DateError("{0} is not in the calendar; correct its year, month or day", quoted(text))
    if weekday and parts.get("day"):
        written = _WEEKDAYS[_WEEKDAY_NAMES.index(next(filter(None, weekday.groups())).lower()) % 7]
        actual = _WEEKDAYS[date.fromisoformat(found).weekday()]
        if written != actual:
            raise DateError("{0} is {1}, not {2}; correct the day or the day of the week", found, actual, written)
    return found


def date_or_none(text: str, until: str | None = None) -> str | None:
    """Return a date as a person wrote it in the stored form, as `parse_date` does, None if the text is no date."""
    try:
        return parse_date(text, until)
    except DateError:
        return None


def last_day(month: int, day: int, until: str) -> str | None:
    """Return a day of a year, or the last such day up to a date in the stored form; None if no such day exists."""
    years = (int(until[:4]),) if len(until) == len("2018") else (int(until[:4]), int(until[:4]) - 1)
    return next((one for year in years if (one := date_of(year, month, day)) and one[: len(until)] <= until), None)


def names_in_eras(year: int) -> Iterator[str]:
    """Yield the names of a year in the eras that it is in: 令和元年, 令和1年, 平成31年."""
    for era, (first, last) in _ERAS.items():
        if first[:4] <= str(year) <= last[:4]:
            count = year - int(first[:4]) + 1
            yield from (f"{era}{name}年" for name in ((1, "元") if count == 1 else (count,)))


def day_in_japan(seconds: float) -> str | None:
    """Return the day in Japan at a time in seconds since 1970, None if it is out of the calendar's range."""
    try:
        return datetime.fromtimestamp(seconds, _JAPAN).date().isoformat()
    except (ValueError, OverflowError, OSError):
        return None


def _era(parts: Mapping[str, str | None]) -> tuple[str, str]:
    """Return the first and last day of the era of a date."""
    era = (parts.get("era") or "").upper()
    return _ERAS.get(_ERA_LETTERS.get(era, era), ("1000-01-01", "9999-12-31"))


def _year(parts: Mapping[str, str | None]) -> int | None:
    if count := parts.get("count"):
        return int(_era(parts)[0][:4]) + (1 if count == "元" else int(count)) - 1
    return int(parts["year"]) if parts["year"] else None


def _in_calendar(parts: Mapping[str, str | None], year: int) -> str | None:
    """Return the date of parsed parts, None if it does not exist or is not of its era."""
    name, month, day = map(parts.get, ("name", "month", "day"))
    month = str(_MONTHS.index(name.lower()) + 1) if name else month
    found = date_of(year, int(month), int(day) if day else None) if month else f"{year:04d}"
    first, last = _era(parts)
    return found if found and first[: len(found)] <= found <= last else None
