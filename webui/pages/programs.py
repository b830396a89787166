"""The addresses for programs and browsers: /mcp, health checks, suggestions, and the description of the search."""

import threading
from dataclasses import asdict
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

from flask import Blueprint, Response, jsonify, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from index.engine import SearchIndexError
from index.query import Query
from kb.knowledge_base import KnowledgeBase
from webui.http.address import query_of
from webui.http.responses import respond
from webui.pages.updating import Updater
from webui.view.results import offers

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

    from _typeshed.wsgi import WSGIApplication

_PROBE = Query("AWS", limit=1)  # its results do not matter; if it fails, every search does


def pages(knowledge_base: KnowledgeBase, updater: Updater, *, has_token: bool) -> Blueprint:
    """Return the addresses for programs and browsers. Programs may write where a token protects the server."""
    blueprint = Blueprint("programs", __name__)
    _add_mcp(blueprint, knowledge_base, writes=has_token)
    _add_health(blueprint, knowledge_base, updater)
    _add_browser(blueprint, knowledge_base)
    return blueprint


def _add_mcp(blueprint: Blueprint, knowledge_base: KnowledgeBase, *, writes: bool) -> None:
    """Add the Model Context Protocol (streamable HTTP, one response a request).

    The SDK takes most of a second and 45 MB, so the first request imports it.
    """
    opening = threading.Lock()

    @cache
    def server() -> "WSGIApplication":
        from a2wsgi import ASGIMiddleware

        from kb.programs.server import http_app

        app = cast("Any", http_app(knowledge_base, writes=writes))
        return cast("WSGIApplication", ASGIMiddleware(app, loop=_loop()))

    @blueprint.post("/mcp")
    def ask() -> AnyResponse:
        with opening:
            mcp = server()
        return AnyResponse.from_app(mcp, request.environ, buffered=True)


@cache
def _loop() -> "AbstractEventLoop":
    """Return the event loop of all apps: its thread never ends, and keeps the app that it answered last."""
    import asyncio

    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()
    return loop


def _add_health(blueprint: Blueprint, knowledge_base: KnowledgeBase, updater: Updater) -> None:
    """Add the health checks: /healthz if the server runs, /readyz if it can search, and in which index."""

    def stand_in() -> str | None:
        try:
            return knowledge_base.collection.away()
        except SearchIndexError as error:
            return str(error)

    @blueprint.get("/healthz")
    def healthz() -> Response:
        return jsonify({"status": "ok", "stand_in": stand_in()})

    @blueprint.get("/readyz")
    def readyz() -> tuple[Response, HTTPStatus]:
        why = "there is no index yet; run kb sync"
        try:
            contents = knowledge_base.collection.contents()
            damage = knowledge_base.collection.damage()
            knowledge_base.searcher.search(_PROBE)
        except SearchIndexError as error:
            contents, why = None, str(error)
        if contents is None:
            return jsonify({"status": "not ready", "why": why}), HTTPStatus.SERVICE_UNAVAILABLE
        record = {
            "status": "ready",
            "reports": len(contents.reports),
            "notes": sum(one.notes for one in contents.reports),
            "stand_in": stand_in(),
            "damage": damage and str(damage),
            "behind": updater.failure and str(updater.failure),
            "unwatched": updater.unwatched and str(updater.unwatched),
        }
        return jsonify(record), HTTPStatus.OK


def _add_browser(blueprint: Blueprint, knowledge_base: KnowledgeBase) -> None:
    """Add the addresses for our scripts and the browser: suggestions, service names, search engine and web app."""

    @blueprint.get("/suggest")
    def suggest() -> Response:
        query, _ = query_of(request.args.items(multi=True))  # of the search whose words are typed
        offered = tuple(offers(knowledge_base.searcher, query))
        if request.args.get("format") == "opensearch":
            return jsonify([query.text, [suggestion.label for suggestion, _url in offered]])
        records = [{**asdict(suggestion), "url": url} for suggestion, url in offered]
        return respond("suggestions.html", lambda: {"suggestions": records}, suggestions=offered)

    @blueprint.get("/aliases")
    def aliases() -> Response:  # for the box that finds a service among the filters
        return jsonify({one.slug: " ".join(one.aliases) for one in knowledge_base.collection.catalogue.services})

    @blueprint.get("/opensearch.xml")
    def opensearch() -> Response:
        body = render_template("opensearch.xml", root=request.host_url)
        return Response(body, mimetype="application/opensearchdescription+xml")

    @blueprint.get("/manifest.webmanifest")
    def manifest() -> Response:
        return Response(render_template("manifest.json"), mimetype="application/manifest+json")
