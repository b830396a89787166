"""Atom feeds (RFC 4287) of a search, of a service, and of all updates; the only module that imports feedgenerator."""

import re
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


def pages(knowledge_base: KnowledgeBase) -> Blueprint:
    """Return the feeds of a knowledge base."""
    blueprint = Blueprint("feeds", __name__)

    @at_once(_MAX_FEEDS)
    def respond(path: str, page: str, title: str, query: Query, *, whole: bool = True) -> Response:
        root = request.host_url.rstrip("/")
        entries = knowledge_base.updates.entries(query, whole=whole)
        feed = AtomFeed(
            feed_guid=urn("feed", path),
            title=_clean(" - ".join(filter(None, (title, _("Session notes"))))),
            description=_(
                "New notes, problems with a new remedy, and what has changed since. Only exact matches are reported."
            ),
            author_name=_("Session notes"),
            language=language(),
            link=root + page,
            feed_url=root + path,
        )
        for entry in entries:
            feed.add(entry.id, entry.at, *_title_and_url(entry, root), _content(entry, root))
        return Response(feed.writeString("utf-8"), mimetype=MIMETYPE)

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


def _content(entry: NewsEntry, root: str) -> str:
    others = entry.others[:_MAX_OTHERS]
    return render_template("entry.html", entry=entry, others=others, left=len(entry.others) - len(others), root=root)


def _title_and_url(entry: NewsEntry, root: str) -> tuple[str, str]:
    if entry.change:
        title = ngettext(
            "Changed since {statement} ({count:,} note)",
            "Changed since {statement} ({count:,} notes)",
            1 + len(entry.others),
            statement=since(entry.change),
        )
        return title, root + address_of(Query().select("service", *entry.change.services))
    is_remedy = entry.what == "remedy"
    title = _("Remedy: {problem}", problem=entry.others[0].text) if is_remedy else entry.note.text
    return title, root + page_address("note", entry.note.id)


class AtomFeed(Atom1Feed):  # type: ignore[misc]  # published without types
    """An Atom feed whose date is that of its newest entry."""

    def add(self, urn: str, at: str, title: str, url: str, content: str) -> None:
        """Add an entry: its stable URN, its time in UTC (RFC 3339), and its content as HTML."""
        title = " ".join(_clean(title).split())
        self.add_item(
            unique_id=urn,
            title=title if len(title) <= _MAX_TITLE else f"{title[: _MAX_TITLE - 1]}…",
            link=url,
            description=None,
            content=_clean(content),
            updateddate=datetime.fromisoformat(at),
        )

    def latest_post_date(self) -> datetime:
        """Return the date of the newest entry, 1970 without entries."""
        return max((item["updateddate"] for item in self.items), default=datetime(1970, 1, 1, tzinfo=UTC))


def _clean(text: str) -> str:
    """Return a text without characters that XML does not allow, not even escaped."""
    return _NOT_IN_XML.sub("", text)
