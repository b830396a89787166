"""What watches a server is told: /healthz that it runs, /readyz whether it can answer, and what answers."""

from http import HTTPStatus

from flask import Blueprint, Response, jsonify

from index.engine import SearchIndexError
from index.query import Query
from kb.knowledge_base import KnowledgeBase
from webui.pages.updating import Updater

_ASKED = "AWS"


def pages(knowledge_base: KnowledgeBase, updater: Updater) -> Blueprint:
    """Return both addresses over a knowledge base."""
    room = Blueprint("standing", __name__)

    @room.get("/healthz")
    def healthz() -> Response:
        return jsonify({"status": "ok", "stand_in": _away()})

    @room.get("/readyz")
    def readyz() -> tuple[Response, HTTPStatus]:
        try:
            contents = knowledge_base.collection.contents()
            damage = knowledge_base.collection.damage()
            knowledge_base.searcher.search(Query(_ASKED, limit=1))  # whatever it finds: nobody else is answered either
        except SearchIndexError as error:
            return jsonify({"status": "not ready", "why": str(error)}), HTTPStatus.SERVICE_UNAVAILABLE
        if contents is None:
            why = "there is no index yet; run kb sync"
            return jsonify({"status": "not ready", "why": why}), HTTPStatus.SERVICE_UNAVAILABLE
        told = {
            "status": "ready",
            "reports": len(contents.reports),
            "notes": sum(one.notes for one in contents.reports),
        }
        return jsonify(
            {**told, "stand_in": _away(), "damage": damage, "behind": updater.failure and str(updater.failure)}
        ), HTTPStatus.OK

    def _away() -> str | None:
        try:
            return knowledge_base.collection.away()
        except SearchIndexError as error:
            return str(error)

    return room
