"""What is offered while one types: the search, or the page, that a name begun in the search box may mean."""

from dataclasses import asdict

from flask import Blueprint, Response, jsonify, request

from kb.knowledge_base import KnowledgeBase
from webui.address import query_of
from webui.view.answers import respond
from webui.view.offers import offers


def pages(knowledge_base: KnowledgeBase) -> Blueprint:
    """Return the address of the suggestions, which has the keys of the search that one is about to change.

    `/aliases` is what else services are called, for the box that looks for one among the filters.
    """
    blueprint = Blueprint("suggest", __name__)

    @blueprint.get("/suggest")
    def suggest() -> Response:
        query, _ = query_of(request.args.items(multi=True))
        offered = tuple(offers(knowledge_base.searcher, query))
        if request.args.get("format") == "opensearch":
            return jsonify([query.text, [offer.suggestion.label for offer in offered]])
        records = [{**asdict(offer.suggestion), "url": offer.url} for offer in offered]
        return respond("suggestions.html", lambda: {"suggestions": records}, suggestions=offered)

    @blueprint.get("/aliases")
    def aliases() -> Response:
        return jsonify({one.slug: " ".join(one.aliases) for one in knowledge_base.collection.catalogue.services})

    return blueprint
