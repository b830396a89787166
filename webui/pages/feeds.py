"""Feeds of what is new: in a search, of a service, and in all there is."""

from flask import Blueprint, Response, render_template, request
from werkzeug.exceptions import BadRequest

from index.query import Query
from kb.knowledge_base import KnowledgeBase
from kb.search.announcing import Announcement, feed_urn
from kb.search.answers import UnknownIdError
from webui.address import address_of, page_address, query_of, resolved, turned_to
from webui.limits import at_once
from webui.texts import texts
from webui.view.answers import problem
from webui.view.feed import MIMETYPE, Feed, FeedEntry, atom
from webui.view.labels import named

_AT_ONCE = 4  # feeds: each is two searches and fifty notes, and readers of feeds ask at the full hour
_MOST_OTHERS = 10  # notes that an entry shows besides its own


def pages(knowledge_base: KnowledgeBase) -> Blueprint:
    """Return the feeds over a knowledge base."""
    blueprint = Blueprint("feeds", __name__)

    @at_once(_AT_ONCE)
    def feed(path: str, page: str, title: str, query: Query, *, whole: bool = True) -> Response:
        root = request.host_url.rstrip("/")
        entries = knowledge_base.announcer.entries(query, whole=whole)
        made = Feed(
            id=feed_urn(path),
            title=f"{title} - {texts.SITE}" if title else texts.SITE,
            subtitle=texts.FEED_HOW,
            author=texts.SITE,
            language=texts.LANGUAGE,
            page=root + page,
            url=root + path,
            entries=tuple(_entry(entry, root) for entry in entries),
        )
        return Response(atom(made), mimetype=MIMETYPE)

    @blueprint.get("/feed")
    def of_search() -> Response:
        asked, unread = query_of(request.args.items(multi=True))
        if unread:
            return problem(BadRequest(), texts.unread(unread))
        query = turned_to(resolved(asked, knowledge_base.collection.catalogue), 1)
        address = address_of(query)
        return feed(f"/feed{address[1:]}", address, named(query, knowledge_base), query)

    @blueprint.get("/service/<name>/feed")
    def of_service(name: str) -> Response:
        service = knowledge_base.collection.catalogue.find(name)
        if service is None:
            raise UnknownIdError(f"no service is called {name}")
        page = page_address("service", service.slug)
        return feed(f"{page}/feed", page, service.name, Query().select("service", service.slug))

    @blueprint.get("/updates/feed")
    def of_all() -> Response:
        return feed("/updates/feed", "/updates", texts.UPDATES, Query(), whole=False)

    return blueprint


def _entry(entry: Announcement, root: str) -> FeedEntry:
    """Return an entry as it is shown."""
    others = entry.others[:_MOST_OTHERS]
    content = render_template("entry.html", entry=entry, others=others, left=len(entry.others) - len(others), root=root)
    if entry.change:
        title = texts.outdated(texts.shared.since(entry.change), 1 + len(entry.others))
        url = address_of(Query().select("service", *entry.change.services))
    else:
        title = texts.remedied(entry.others[0].text) if entry.what == "remedy" else entry.note.text
        url = page_address("note", entry.note.id)
    return FeedEntry(entry.id, title, root + url, entry.at, content)
