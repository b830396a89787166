"""The day an event was held: as precisely as the report tells, and never that of publishing."""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import islice

from kb.outline import Outline
from kb.talks.words import any_of, fold, folded

_DAY = re.compile(r"(?<!\d)(20\d\d)\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})(?!\d)日?")
_MONTH = re.compile(r"(?<!\d)(20\d\d)\s*[/.年]\s*(0?[1-9]|1[0-2])(?!\d)月?")
_YEAR = re.compile(r"(?<!\d)(20\d\d)(?!\d)|(?<=['’])(\d\d)(?!\d)")
_DAY_OF_YEAR = re.compile(r"(?<!\d)(\d{1,2})(?:月\s*(\d{1,2})日|/(\d{1,2})(?=\s*[(（][月火水木金土日]))")
_COMPACT = re.compile(r"(?<!\d)(20\d\d)(\d\d)(\d\d)(?!\d)")
_WHEN = re.compile(any_of("when"), re.IGNORECASE)
_EVENT = re.compile(any_of("event"), re.IGNORECASE)
_WEEKDAY = re.compile(r"[(（]?(?:[月火水木金土日](?:曜日?)?|mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?[)）]?", re.IGNORECASE)
_DAY_HEADING = re.compile(r"day\s*\d|\d\s*日目|初日|最終日", re.IGNORECASE)
_OPENING = 20  # blocks
_ROOM_BESIDE_DATE = 14  # characters that a line may have beside its date and still be there to tell it


def held_on_of(outline: Outline, event: str | None) -> str | None:
    """Return the day, month or year the event was held, in the precision told, or None."""
    return next((day for day in _told(outline, event or "") if day), None)


def _told(outline: Outline, event: str) -> Iterator[str | None]:
    """Yield what each place that may tell it says, the most telling first."""
    yield from (_date(_DAY, value) or _year(value) for key, value in outline.metadata if fold(key) in folded("held_on"))
    names = (event, outline.title or "") if event else ()
    yield from (_date(_DAY, name) for name in names)
    year = next(filter(None, map(_year, names)), None)
    opening = list(_opening(outline))
    yield from (
        day for line in opening if (day := _date(_DAY, line)) and _tells_when(line) and day.startswith(year or "")
    )
    if event:
        yield from _without_year(outline, opening, year)
    yield from (_date(_MONTH, name) for name in names)
    yield year


def _without_year(outline: Outline, opening: Iterable[str], year: str | None) -> Iterator[str]:
    """Yield days told without their year: it is the event's, else the last such day before the report was published."""
    headings = (b.text for b in outline.blocks if b.type == "heading" and _DAY_HEADING.search(b.text))
    published = _date(_DAY, dict(outline.metadata).get("date", ""))
    for line in (*(line for line in opening if _tells_when(line)), *headings):
        if match := _DAY_OF_YEAR.search(line):
            month, day = int(match[1]), int(match[2] or match[3])
            if year:
                yield from filter(None, [_valid(int(year), month, day)])
            elif published:
                days = (_valid(int(published[:4]) - back, month, day) for back in (0, 1))
                yield from islice((told for told in days if told and told <= published), 1)


def _opening(outline: Outline) -> Iterator[str]:
    kinds = ("heading", "paragraph", "bullet", "numbered")
    return islice((block.text for block in outline.blocks if block.type in kinds), _OPENING)


def _tells_when(line: str) -> bool:
    """Tell whether a line is there to say when the event was: it says so, or holds hardly anything but the date."""
    match = _DAY.search(line) or _DAY_OF_YEAR.search(line)
    if match is None:
        return False
    rest = _WEEKDAY.sub("", line[: match.start()] + line[match.end() :]).strip()
    near = line[max(0, match.start() - 10) : match.end() + 30]
    return (
        len(rest) <= _ROOM_BESIDE_DATE or bool(_WHEN.search(near)) or (match.start() == 0 and bool(_EVENT.search(line)))
    )


def _date(pattern: re.Pattern[str], text: str) -> str | None:
    match = pattern.search(text)
    return _valid(*map(int, match.groups())) if match else None


def _valid(year: int, month: int, day: int | None = None) -> str | None:
    try:
        date(year, month, day or 1)
    except ValueError:
        return None
    return f"{year}-{month:02d}" + (f"-{day:02d}" if day else "")


def _year(text: str) -> str | None:
    match = _YEAR.search(text)
    return str(int(match[1] or f"20{match[2]}")) if match else None
