"""When an event was held, as precisely as the report tells, and when the post was published: two facts of their own."""

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import PurePath

from index.text import letters
from kb.report.dates import date_of
from kb.report.outline import Outline
from kb.talks.lines import LINE
from kb.talks.words import any_of, folded

_DAY = re.compile(r"(?<!\d)(20\d\d)\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})(?!\d)日?")
_MONTH = re.compile(r"(?<!\d)(20\d\d)\s*[/.年]\s*(0?[1-9]|1[0-2])(?!\d)月?")
# The year of what is told again (KubeCon 2018 Recap) is not that of the telling.
_YEAR = re.compile(r"(?<!\d)(20\d\d)(?!\d)(?!\s*(?:[Rr]ecap|[Rr]e:Cap|報告会|振り返り))|(?<=['’])(\d\d)(?!\d)")
_DAY_OF_YEAR = re.compile(r"(?<!\d)(\d{1,2})(?:月\s*(\d{1,2})日|/(\d{1,2})(?=\s*[(（][月火水木金土日]))")
_IN_FILE_NAME = re.compile(r"(?<!\d)(20\d\d)(\d\d)(\d\d)(?!\d)")
_POST = re.compile(r"^(20\d\d)-(\d\d)-(\d\d)-")  # how Jekyll names the file of a post, by the day of publishing
_WHEN = re.compile(any_of("when"), re.IGNORECASE)
_OTHER_DAY = re.compile(any_of("other_days"))
_EVENT = re.compile(any_of("event"), re.IGNORECASE)
_WEEKDAY = re.compile(r"[(（]?(?:[月火水木金土日](?:曜日?)?|mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?[)）]?", re.IGNORECASE)
# A clock alone behind a date is that of posting; where another follows it is the event's.
_WRITTEN_AT = re.compile(r"\s*(?:[(（][月火水木金土日][)）])?\s*\d{1,2}:\d\d(?!\s*(?:[-~〜～–—]|から))")
_DAY_HEADING = re.compile(r"day\s*\d|\d\s*日目|初日|最終日", re.IGNORECASE)
_SHEETS = ("table", "code")  # in which particulars of an event may stand, each behind its name
_OPENING = 20  # blocks
_BESIDE = 20  # characters that a line may have beside its date and still be there to tell it
_BEFORE, _AFTER = 10, 30  # characters around a date in which a word may say what it is

_PUBLISHED = re.compile(r"^(20\d\d)[-/.年]?\s*(\d{1,2})[-/.月]?\s*(\d{1,2})(?!\d)")
_PUBLISHED_NAMED = re.compile(r"(\d{1,2})\s+([A-Z][a-z]{2})[a-z]*\.?,?\s+(20\d\d)")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# How front matter calls it; `published` is mostly yes or no, and then tells no day.
_KEYS = ("date", "published", "published_at", "publishdate", "pubdate", "created", "created_at", "posted")
_IN_ADDRESS = re.compile(r"^://[^/]+(?:/[^/]+)*/(20\d\d)/(\d\d)/(\d\d)(?:/|$)")  # Hatena, WordPress
_IN_PATH = re.compile(r"(?:^|/)(?:entry|posts?|blog|articles?|content)/(?:.*/)?(20\d\d)/(\d\d)/(\d\d)/")  # Hatena, Hugo


def held_on_of(outline: Outline, event: str | None) -> str | None:
    """Return the day, month or year the event was held, in the precision told, or None."""
    return next(filter(None, _held_on(outline, event)), None)


def published_of(outline: Outline) -> str | None:
    """Return the day on which the post was published, or None where nothing tells it."""
    return next(filter(None, _published(outline)), None)


def day_in_address(url: str) -> str | None:
    """Return the day on which a post was published, where its address tells that."""
    return _date(_IN_ADDRESS, url[url.find("://") :])


def _date(pattern: re.Pattern[str], text: str) -> str | None:
    """Return the date that the groups of a pattern are, year, month and day; None where there is none such."""
    match = pattern.search(text)
    return date_of(*map(int, match.groups())) if match else None


def _year(text: str) -> str | None:
    match = _YEAR.search(text)
    return str(int(match[1] or f"20{match[2]}")) if match else None


def _held_on(outline: Outline, event: str | None) -> Iterator[str | None]:
    """Yield what each place that may tell it says, the most telling first."""
    yield from (
        _date(_DAY, value) or _year(value) for key, value in outline.metadata if letters(key) in folded("held_on")
    )
    names = [event, (outline.title or "")[:LINE]] if event else []
    year = next(filter(None, map(_year, names)), None)
    opening = list(_opening(outline))
    yield from (_date(_DAY, name) for name in names)
    days = (_date(_DAY, line) for line in opening if _tells_when(line))
    yield from (day for day in days if day and day.startswith(year or ""))
    if event:
        yield from _days_of_year(outline, opening, year)
        yield from (_date(_MONTH, name) for name in names)
        yield year
        yield from _in_file_name(outline)


def _opening(outline: Outline) -> Iterator[str]:
    """Yield the first lines, of tables and code those alone that begin by saying that they tell when."""
    kinds = ("heading", "paragraph", "bullet", "numbered")
    for block in islice((block for block in outline.blocks if block.type in (*kinds, *_SHEETS)), _OPENING):
        if block.type in kinds:
            yield block.text[:LINE]
        else:
            yield from (line[:LINE] for line in block.text.split("\n") if _WHEN.match(line.strip()))


def _tells_when(line: str) -> bool:
    """Tell whether a line is there to say when the event was: it says so, or holds hardly anything but the date."""
    match = _DAY.search(line) or _DAY_OF_YEAR.search(line)
    if match is None or _OTHER_DAY.search(line):
        return False
    if _WRITTEN_AT.match(line, match.end()) and not _WHEN.search(line):
        return False
    rest = _WEEKDAY.sub("", line[: match.start()] + line[match.end() :]).strip()
    context = line[max(0, match.start() - _BEFORE) : match.end() + _AFTER]
    of_event = match.start() == 0 and _EVENT.search(line) is not None
    return len(rest) <= _BESIDE or of_event or _WHEN.search(context) is not None


def _days_of_year(outline: Outline, opening: Sequence[str], year: str | None) -> Iterator[str | None]:
    """Yield days told without a year: it is the event's, else that of the last such day before publishing."""
    published = _date(_DAY, dict(outline.metadata).get("date", ""))
    headings = (b.text[:LINE] for b in outline.blocks if b.type == "heading" and _DAY_HEADING.search(b.text[:LINE]))
    for match in filter(None, map(_DAY_OF_YEAR.search, (*filter(_tells_when, opening), *headings))):
        month, day = int(match[1]), int(match[2] or match[3])
        if year:
            yield date_of(int(year), month, day)
        elif published:
            days = (date_of(int(published[:4]) - ago, month, day) for ago in (0, 1))
            yield next((told for told in days if told and told <= published), None)


def _in_file_name(outline: Outline) -> Iterator[str | None]:
    """Yield the day or year that a file is named by, if that is not the day of publishing."""
    stem = PurePath(outline.source).stem[:LINE]
    if not _POST.search(stem):
        day = _date(_IN_FILE_NAME, stem)
        yield day if day != _date(_DAY, dict(outline.metadata).get("date", "")) else None
        yield _year(stem)


def _published(outline: Outline) -> Iterator[str | None]:
    """Yield what front matter, the file's name and its path say, in this order."""
    for value in filter(None, map(dict(outline.metadata).get, _KEYS)):
        if _PUBLISHED.search(value):
            yield _date(_PUBLISHED, value)
        elif (match := _PUBLISHED_NAMED.search(value)) and match[2] in _MONTHS:
            yield date_of(int(match[3]), _MONTHS.index(match[2]) + 1, int(match[1]))
    path = PurePath(outline.source)
    yield _date(_POST, path.name)
    yield _date(_IN_PATH, path.as_posix())
