"""Dates by which things are kept: a year, a month or a day (2018, 2018-03, 2018-03-10), and only such as there are."""

import re
from datetime import date, datetime, timedelta, timezone

_DATE = re.compile(r"([1-9][0-9]{3})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")  # \d would take the digits of every script
_JAPAN = timezone(timedelta(hours=9))


def is_date(text: str) -> bool:
    """Return whether a text is a date of a precision we know, written as it is kept: 2018, 2018-03 or 2018-03-10."""
    match = _DATE.fullmatch(text)
    return match is not None and date_of(*(int(part) for part in match.groups("1"))) is not None


def date_of(year: int, month: int, day: int | None = None) -> str | None:
    """Return a month, or a day of it, as it is kept; None if there is none such."""
    try:
        date(year, month, 1 if day is None else day)
    except ValueError:
        return None
    return f"{year:04d}-{month:02d}" + (f"-{day:02d}" if day else "")


def day_in_japan(seconds: float) -> str | None:
    """Return the day that a moment, in seconds since 1970, has in Japan; None where no calendar goes that far."""
    try:
        return datetime.fromtimestamp(seconds, _JAPAN).date().isoformat()
    except (ValueError, OverflowError, OSError):
        return None
