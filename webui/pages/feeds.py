"""Atom feeds (RFC 4287) of a search, of a service, and of all updates; the only module that imports feedgenerator."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from feedgenerator import Atom1Feed
from flask import Blueprint, Response, render_template, request

from index.query import Query
from kb.indexing.news import NewsEntry, urn
from kb.knowledge_base import KnowledgeBase
from kb.translation import _, language, ngettext
from kb.wording import since
from webui.http.address import address_of, at_page, page_address, resolved
from webui.http.responses import understood
from webui.http.security import at_once
from webui.pages.services import service_called
from webui.view.facets import name_of

_MAX_FEEDS = 4  # at once; each takes two searches and fifty notes, and feed readers all ask at the full hour
_MAX_OTHERS = 10  # notes in an entry besides its own
MIMETYPE = "application/atom+xml"
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, production 2: Char
_MAX_TITLE = 120  # characters; feed readers list titles in a line


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """An entry: `id` is a stable URN, `updated` a time in UTC (RFC 3339), `content` HTML."""

    id: str
    title: str
    url: str
    updated: str
    content: str


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed: its texts, the address of its page and its own, and its entries, newest first."""

    id: str
    title: str
    subtitle: str
    author: str
    language: str
    page: str
    url: str
    entries: tuple[FeedEntry, ...]


def pages(knowledge_base: KnowledgeBase) -> Blueprint:
    """Return the feeds of a knowledge base."""
    blueprint = Blueprint("feeds", __name__)

    @at_once(_MAX_FEEDS)
    def respond(path: str, page: str, title: str, query: Query, *, whole: bool = True) -> Response:
        root = request.host_url.rstrip("/")
        entries = knowledge_base.updates.entries(query, whole=whole)
        feed = Feed(
            id=urn("feed", path),
            title=" - ".join(filter(None, (title, _("Session notes")))),
            subtitle=_(
                "New notes, problems with a new remedy, and what has changed since. Only exact matches are reported."
            ),
            author=_("Session notes"),
            language=language(),
            page=root + page,
            url=root + path,
            entries=tuple(_entry(entry, root) for entry in entries),
        )
        return Response(atom(feed), mimetype=MIMETYPE)

    @blueprint.get("/feed")
    def of_search() -> Response:
        requested = understood(request.args.items(multi=True))
        query = at_page(resolved(requested, knowledge_base.collection.catalogue), 1)
        address = address_of(query)
        return respond(f"/feed{address[1:]}", address, name_of(query, knowledge_base), query)

    @blueprint.get("/service/<name>/feed")
    def of_service(name: str) -> Response:
        service = service_called(name, knowledge_base)
        page = page_address("service", service.slug)
        return respond(f"{page}/feed", page, service.name, Query().select("service", service.slug))

    @blueprint.get("/updates/feed")
    def of_all() -> Response:
        return respond("/updates/feed", "/updates", _("Updates"), Query(), whole=False)

    return blueprint


def _entry(entry: NewsEntry, root: str) -> FeedEntry:
    others = entry.others[:_MAX_OTHERS]
    content = render_template("entry.html", entry=entry, others=others, left=len(entry.others) - len(others), root=root)
    if entry.change:
        title = ngettext(
            "Changed since {statement} ({count:,} note)",
            "Changed since {statement} ({count:,} notes)",
            1 + len(entry.others),
            statement=since(entry.change),
        )
        url = address_of(Query().select("service", *entry.change.services))
    else:
        is_remedy = entry.what == "remedy"
        title = _("Remedy: {problem}", problem=entry.others[0].text) if is_remedy else entry.note.text
        url = page_address("note", entry.note.id)
    return FeedEntry(entry.id, title, root + url, entry.at, content)


def atom(feed: Feed) -> str:
    """Return a feed as Atom."""
    document = _Atom(
        feed_guid=feed.id,
        title=_clean(feed.title),
        description=_clean(feed.subtitle),
        author_name=_clean(feed.author),
        language=feed.language,
        link=feed.page,
        feed_url=feed.url,
    )
    for entry in feed.entries:
        title = " ".join(_clean(entry.title).split())
        document.add_item(
            unique_id=entry.id,
            title=title if len(title) <= _MAX_TITLE else f"{title[: _MAX_TITLE - 1]}…",
            link=entry.url,
            description=None,
            content=_clean(entry.content),
            updateddate=datetime.fromisoformat(entry.updated),
        )
    return str(document.writeString("utf-8"))


class _Atom(Atom1Feed):  # type: ignore[misc]  # published without types
    """An Atom feed whose date is that of its newest entry."""

    def latest_post_date(self) -> datetime:
        """Return the date of the newest entry, 1970 without entries."""
        return max((item["updateddate"] for item in self.items), default=datetime(1970, 1, 1, tzinfo=UTC))


def _clean(text: str) -> str:
    """Return a text without characters that XML does not allow, not even escaped."""
    return _NOT_IN_XML.sub("", text)
