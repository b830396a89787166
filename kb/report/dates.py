"""Valid dates as they are stored: a year, a month or a day (2018, 2018-03, 2018-03-10)."""

import re
from datetime import date, datetime, timedelta, timezone

_DATE = re.compile(r"([1-9][0-9]{3})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")  # \d would match digits of every script
_JAPAN = timezone(timedelta(hours=9))


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


def day_in_japan(seconds: float) -> str | None:
    """Return the day in Japan at a time in seconds since 1970, None if it is out of the calendar's range."""
    try:
        return datetime.fromtimestamp(seconds, _JAPAN).date().isoformat()
    except (ValueError, OverflowError, OSError):
        return None
