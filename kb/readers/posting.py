"""When a page was posted, which is no word of its article: what its head and its marks of time tell."""

import re
from datetime import datetime

from lxml import etree

from kb.report.dates import day_in_japan, is_date

_META = ("article:published_time", "datePublished", "date", "article:modified_time", "dateModified")
_PUBLISHED = re.compile(r'"datePublished"\s*:\s*"(?P<day>[^"]+)"')
_DAY = re.compile(r"20\d\d-\d\d-\d\d")
_BESIDE_TITLE = ".//h1//*[@class='date']|.//h2//*[@class='date']"  # as the diaries of Hatena have it
_SECONDS = re.compile(r"1\d{9}")  # since 1970, as Hatena has it: until the year 2033


def posting_day(page: etree._Element) -> str | None:
    """Return the day on which a page says that it was posted, as `2018-03-12`, and take its marks of it out of it.

    Blogs show that day above the article, where reports have the day of the event.
    """
    days = [day for each in _told(page) if (day := _day(each))]
    marks = [mark for mark in page.iter("time") if mark.get("datetime")]
    if not days and marks:
        within = [mark for mark in marks if next(mark.iterancestors("article", "main"), None) is not None]
        days = [day for mark in within[:1] if (day := _day(mark.get("datetime")))]
    for mark in page.xpath(_BESIDE_TITLE):
        day = _day("".join(mark.itertext()))
        days += [day] if day and not days else []
        if day in days:
            mark.drop_tree()
    for mark in marks:
        if _day(mark.get("datetime")) in days and mark.getparent() is not None:
            mark.drop_tree()
    return days[0] if days else None


def _told(page: etree._Element) -> list[str]:
    """Return the days that the head of a page tells, as written."""
    named = {
        meta.get("property") or meta.get("name") or meta.get("itemprop"): meta.get("content", "")
        for meta in page.iter("meta")
    }
    scripts = page.xpath(".//script[@type='application/ld+json']")
    linked = [found["day"] for script in scripts if (found := _PUBLISHED.search(script.text or ""))]
    return [*linked, *(named[name] for name in _META if named.get(name))]


def _day(told: str) -> str | None:
    told = told.strip()
    if _SECONDS.fullmatch(told):
        return day_in_japan(int(told))
    try:
        moment = datetime.fromisoformat(told)
    except ValueError:
        found = _DAY.match(told)
        return found[0] if found and is_date(found[0]) else None
    return day_in_japan(moment.timestamp()) if moment.tzinfo else moment.date().isoformat()
