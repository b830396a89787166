"""A feed as Atom (RFC 4287), the same bytes for the same entries: the one door to feedgenerator."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from feedgenerator import Atom1Feed

MIMETYPE = "application/atom+xml"
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, production 2: Char
_LONGEST_TITLE = 120  # characters; readers list titles in a line


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """An entry as it is shown: `id` is a URN that stays, `updated` a moment in UTC (RFC 3339), `content` is HTML."""

    id: str
    title: str
    url: str
    updated: str
    content: str


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed: what it is called and about, the page it tells of, where it is itself, and its entries, newest first."""

    id: str
    title: str
    subtitle: str
    author: str
    language: str
    page: str
    url: str
    entries: tuple[FeedEntry, ...]


def atom(feed: Feed) -> str:
    """Return a feed as Atom."""
    written = _Atom(
        feed_guid=feed.id,
        title=_clean(feed.title),
        description=_clean(feed.subtitle),
        author_name=_clean(feed.author),
        language=feed.language,
        link=feed.page,
        feed_url=feed.url,
    )
    for entry in feed.entries:
        written.add_item(
            unique_id=entry.id,
            title=_short(_clean(entry.title)),
            link=entry.url,
            description=None,
            content=_clean(entry.content),
            updateddate=datetime.fromisoformat(entry.updated),
        )
    return str(written.writeString("utf-8"))


class _Atom(Atom1Feed):  # type: ignore[misc]  # published without types
    """Atom whose feed is as old as its newest entry; of one without entries nothing is known."""

    def latest_post_date(self) -> datetime:
        """Return when the newest entry was so."""
        return max((item["updateddate"] for item in self.items), default=datetime(1970, 1, 1, tzinfo=UTC))


def _clean(text: str) -> str:
    """Return a text without what no XML may hold, not even escaped."""
    return _NOT_IN_XML.sub("", text)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_TITLE else f"{line[: _LONGEST_TITLE - 1]}…"
