"""The day a post was published, as its front matter, its page or the name of its file tells; never the event's day."""

import re
from collections.abc import Iterator
from pathlib import PurePath

from kb.report.outline import Outline
from kb.talks.held_on import valid_day

_DAY = re.compile(r"(20\d\d)[-/.年]?\s*(\d{1,2})[-/.月]?\s*(\d{1,2})(?!\d)")
_MONTH_NAMED = re.compile(r"(\d{1,2})\s+([A-Z][a-z]{2})[a-z]*\.?,?\s+(20\d\d)")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# How front matter calls it; `published` and `draft` are mostly yes or no, and then tell no day.
_KEYS = ("date", "published", "published_at", "publishdate", "pubdate", "created", "created_at", "posted")
_IN_NAME = re.compile(r"(?<!\d)(20\d\d)-(\d\d)-(\d\d)-")  # Jekyll
_IN_PATH = re.compile(r"(?:^|/)(?:entry|posts?|blog|articles?|content)/(?:.*/)?(20\d\d)/(\d\d)/(\d\d)/")  # Hatena, Hugo


def published_of(outline: Outline) -> str | None:
    """Return the day on which the post was published, or None where nothing tells it."""
    return next((day for day in _told(outline) if day), None)


def _told(outline: Outline) -> Iterator[str | None]:
    metadata = dict(outline.metadata)
    for value in filter(None, map(metadata.get, _KEYS)):
        if match := _DAY.match(value):
            yield valid_day(int(match[1]), int(match[2]), int(match[3]))
        elif (match := _MONTH_NAMED.search(value)) and match[2] in _MONTHS:
            yield valid_day(int(match[3]), _MONTHS.index(match[2]) + 1, int(match[1]))
    path = PurePath(outline.source).as_posix()
    for match in filter(None, (_IN_NAME.match(PurePath(path).name), _IN_PATH.search(path))):
        yield valid_day(int(match[1]), int(match[2]), int(match[3]))
