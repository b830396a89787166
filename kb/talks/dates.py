"""The day of a report's event, and the day on which the post was published."""

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import PurePath

from index.text import letters
from kb.report.dates import date_of, date_or_none, last_day
from kb.report.outline import Outline
from kb.talks.lines import MAX_LINE
from kb.talks.words import any_of, folded

_DAY = re.compile(
    r"(?:(?<!\d)20\d\d|(?:令和|平成)\s*(?:元|\d{1,2})(?=\s*年))\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}(?!\d)日?"
)
_MONTH = re.compile(r"(?<!\d)(20\d\d)\s*[/.年]\s*(0?[1-9]|1[0-2])(?!\d)月?")
# The year of an earlier event (KubeCon 2018 Recap) is not that of this one.
_YEAR = re.compile(r"(?<!\d)(20\d\d)(?!\d)(?!\s*(?:[Rr]ecap|[Rr]e:Cap|報告会|振り返り))|(?<=['’])(\d\d)(?!\d)")
_DAY_OF_YEAR = re.compile(r"(?<!\d)(\d{1,2})(?:月\s*(\d{1,2})日|/(\d{1,2})(?=\s*[(（][月火水木金土日]))")
_IN_FILE_NAME = re.compile(r"(?<!\d)(20\d\d)(\d\d)(\d\d)(?!\d)")
_POST = re.compile(r"^(20\d\d)-(\d\d)-(\d\d)-")  # Jekyll names the file of a post by its day of publishing
_WRITTEN = re.compile(  # a day as it is written, with its day of the week
    rf"(?:{_DAY.pattern}|(?<!\d)\d{{1,2}}(?:月\s*\d{{1,2}}日|/\d{{1,2}}(?=\s*[(（][月火水木金土日])))"
    r"(?:\s*[(（][月火水木金土日](?:曜日?)?(?:・?祝日?)?[)）])?"
)
_WHEN = re.compile(any_of("when"), re.IGNORECASE)
_OTHER_DAY = re.compile(any_of("other_days"))
_EVENT = re.compile(any_of("event"), re.IGNORECASE)
_WEEKDAY = re.compile(r"[(（]?(?:[月火水木金土日](?:曜日?)?|mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?[)）]?", re.IGNORECASE)
# A single time after a date is that of posting; a range of times is the event's.
_WRITTEN_AT = re.compile(r"\s*(?:[(（][月火水木金土日][)）])?\s*\d{1,2}:\d\d(?!\s*(?:[-~〜～–—]|から))")
_DAY_HEADING = re.compile(r"day\s*\d|\d\s*日目|初日|最終日", re.IGNORECASE)
_LABELLED_TYPES = ("table", "code")  # may list an event's data, each behind its label
_TEXT_TYPES = ("heading", "paragraph", "bullet", "numbered")
_OPENING = 20  # blocks in which the day of the event is looked for
_MAX_REST = 20  # characters besides the date of a line that counts as a date line
_BEFORE, _AFTER = 10, 30  # characters around a date in which a word may mark it as the event's

_PUBLISHED = re.compile(r"^(20\d\d)[-/.年]?\s*(\d{1,2})[-/.月]?\s*(\d{1,2})(?!\d)")
_PUBLISHED_NAMED = re.compile(r"\d{1,2}\s+[A-Z][a-z]{2}[a-z]*\.?,?\s+20\d\d")
# Keys of front matter. `published` is mostly yes or no, which is no date.
_KEYS = ("date", "published", "published_at", "publishdate", "pubdate", "created", "created_at", "posted")
_IN_ADDRESS = re.compile(r"^://[^/]+(?:/[^/]+)*/(20\d\d)/(\d\d)/(\d\d)(?:/|$)")  # Hatena, WordPress
_IN_PATH = re.compile(r"(?:^|/)(?:entry|posts?|blog|articles?|content)/(?:.*/)?(20\d\d)/(\d\d)/(\d\d)/")  # Hatena, Hugo


def held_on_of(outline: Outline, event: str | None) -> str | None:
    """Return the day, month or year of the event, as precise as the report is, or None."""
    return next(filter(None, _held_on(outline, event)), None)


def published_of(outline: Outline) -> str | None:
    """Return the day on which the post was published, or None."""
    return next(filter(None, _published(outline)), None)


def possible_day(outline: Outline, published: str | None) -> tuple[int, str] | None:
    """Return the line of a day that may be that of the event, and the day as written; None if no line names one.

    A line that says so (日時) comes before others. The day is not after that of publishing, which gives a missing year.
    """
    found = list[tuple[bool, int, str]]()
    for block in outline.blocks:
        text = block.text[:MAX_LINE]
        match = _WRITTEN.search(text) if block.type in _TEXT_TYPES and not _OTHER_DAY.search(text) else None
        if match and not _WRITTEN_AT.match(text, match.end()):
            day = date_or_none(match[0], published)
            if day and day <= (published or day):
                found.append((_WHEN.search(text) is None, block.first_line, match[0]))
    return min(found)[1:] if found else None


def day_in_address(url: str) -> str | None:
    """Return the day of publishing in a post's address, or None."""
    return _date(_IN_ADDRESS, url[url.find("://") :])


def _date(pattern: re.Pattern[str], text: str) -> str | None:
    """Return the first match of a pattern for year, month and day as a date; None if it is not in the calendar."""
    match = pattern.search(text)
    return date_of(*map(int, match.groups())) if match else None


def _day(text: str) -> str | None:
    """Return the first day that a text names with its year, None if it is not in the calendar."""
    match = _DAY.search(text)
    return date_or_none(match[0]) if match else None


def _year(text: str) -> str | None:
    match = _YEAR.search(text)
    return str(int(match[1] or f"20{match[2]}")) if match else None


def _held_on(outline: Outline, event: str | None) -> Iterator[str | None]:
    """Yield the date at each place that may hold one, the most reliable first."""
    yield from (_day(value) or _year(value) for key, value in outline.metadata if letters(key) in folded("held_on"))
    names = [event, (outline.title or "")[:MAX_LINE]] if event else []
    year = next(filter(None, map(_year, names)), None)
    opening = list(_opening(outline))
    yield from (_day(name) for name in names)
    days = (_day(line) for line in opening if _is_date_line(line))
    yield from (day for day in days if day and day.startswith(year or ""))
    if event:
        yield from _days_of_year(outline, opening, year)
        yield from (_date(_MONTH, name) for name in names)
        yield year
        stem = PurePath(outline.source).stem[:MAX_LINE]
        if not _POST.search(stem):  # the day of publishing
            day = _date(_IN_FILE_NAME, stem)
            yield day if day != _day(dict(outline.metadata).get("date", "")) else None
            yield _year(stem)


def _opening(outline: Outline) -> Iterator[str]:
    """Yield the title and the first lines; of tables and code, those that begin with a label such as 日時."""
    # Front matter or a page's <title> gives a title that no block holds.
    yield (outline.title or "")[:MAX_LINE]
    blocks = (block for block in outline.blocks if block.type in (*_TEXT_TYPES, *_LABELLED_TYPES))
    for block in islice(blocks, _OPENING):
        if block.type in _TEXT_TYPES:
            yield block.text[:MAX_LINE]
        else:
            yield from (line[:MAX_LINE] for line in block.text.split("\n") if _WHEN.match(line.strip()))


def _is_date_line(line: str) -> bool:
    """Return whether a line gives the event's day: it says so, or it has little besides a date."""
    match = _DAY.search(line) or _DAY_OF_YEAR.search(line)
    if match is None or _OTHER_DAY.search(line):
        return False
    if _WRITTEN_AT.match(line, match.end()) and not _WHEN.search(line):
        return False
    rest = _WEEKDAY.sub("", line[: match.start()] + line[match.end() :]).strip()
    context = line[max(0, match.start() - _BEFORE) : match.end() + _AFTER]
    of_event = match.start() == 0 and _EVENT.search(line) is not None
    return len(rest) <= _MAX_REST or of_event or _WHEN.search(context) is not None


def _days_of_year(outline: Outline, opening: Sequence[str], year: str | None) -> Iterator[str | None]:
    """Yield dates without a year, in the event's year or else in the last year before publishing."""
    until = year or _day(dict(outline.metadata).get("date", ""))
    if until is None:
        return
    headings = (
        b.text[:MAX_LINE] for b in outline.blocks if b.type == "heading" and _DAY_HEADING.search(b.text[:MAX_LINE])
    )
    for match in filter(None, map(_DAY_OF_YEAR.search, (*filter(_is_date_line, opening), *headings))):
        yield last_day(int(match[1]), int(match[2] or match[3]), until)


def _published(outline: Outline) -> Iterator[str | None]:
    """Yield the dates of front matter, the name of the file and its path, in this order."""
    for value in filter(None, map(dict(outline.metadata).get, _KEYS)):
        if _PUBLISHED.search(value):
            yield _date(_PUBLISHED, value)
        elif match := _PUBLISHED_NAMED.search(value):
            yield date_or_none(match[0])
    path = PurePath(outline.source)
    yield _date(_POST, path.name)
    yield _date(_IN_PATH, path.as_posix())
