"""The posts of a blog's feed, and whether they look like reports on events. Only this module imports feedparser."""

from calendar import timegm
from dataclasses import dataclass, field
from html import escape
from io import BytesIO
from urllib.parse import quote

import feedparser

from index.datafiles import CONTROL
from index.messages import translatable
from kb.fetching.fetcher import Fetched
from kb.readers.formats import read_outline
from kb.report.dates import day_in_japan
from kb.report.problems import FileProblem, UnreadableError
from kb.talks.event import event_of

_NO_FEED = translatable(
    "is not a feed; give the address of one (RSS or Atom), which blogs link to at the foot of a page"
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One post of a feed."""

    url: str
    title: str
    published: str | None  # the day in Japan
    text: str = field(repr=False)  # HTML, whole or an extract

    @property
    def looks_like_report(self) -> bool:
        """Whether its title or text names an event that the author attended."""
        head = f"<title>{escape(self.title)}</title>"
        page = f"<html><head>{head}</head><body><h1>{escape(self.title)}</h1>{self.text}</body></html>"
        try:
            return event_of(read_outline(page.encode(), "entry.html")) is not None
        except UnreadableError:
            return False


def entries_of(feed: Fetched) -> tuple[Entry, ...]:
    """Return the posts in the order of the feed, usually newest first. Raises UnreadableError for other data."""
    # A file object, because feedparser would first try bytes as the path of a local file.
    parsed = feedparser.parse(BytesIO(feed.data), response_headers={"content-location": feed.url})
    if not parsed.version:
        raise UnreadableError(FileProblem(feed.url, None, _NO_FEED))
    entries = []
    for entry in parsed.entries:
        if entry.get("link"):
            url = CONTROL.sub(lambda character: quote(character[0]), entry.link)  # as browsers do; kb.toml has none
            moment = entry.get("published_parsed") or entry.get("updated_parsed")
            day = day_in_japan(timegm(moment)) if moment else None
            texts = [content.get("value", "") for content in entry.get("content", ())] + [entry.get("summary", "")]
            entries.append(Entry(url, " ".join(entry.get("title", "").split()), day, max(texts, key=len)))
    return tuple(entries)
