"""Where other programs ask over HTTP: `/mcp`, the Model Context Protocol (streamable HTTP), one answer a request."""

import threading
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from flask import Blueprint, request
from werkzeug.wrappers import Response

from kb.knowledge_base import KnowledgeBase

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


def pages(knowledge_base: KnowledgeBase) -> Blueprint:
    """Return what answers programs over a knowledge base.

    The SDK takes most of a second and 45 MB, so it is imported when the first program asks.
    """
    blueprint = Blueprint("programs", __name__)
    opening = threading.Lock()

    @cache
    def door() -> "WSGIApplication":
        from a2wsgi import ASGIMiddleware

        from kb.programs.server import over_http

        return cast("WSGIApplication", ASGIMiddleware(cast("Any", over_http(knowledge_base))))

    @blueprint.post("/mcp")
    def ask() -> Response:
        with opening:
            answering = door()
        return Response.from_app(answering, request.environ, buffered=True)

    return blueprint
