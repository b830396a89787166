"""What is offered while one types: the search, or the page, that a name begun in the search box may mean."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace

from flask import Blueprint, Response, jsonify, request

from index.query import Query
from kb.knowledge_base import KnowledgeBase
from kb.search.suggestions import WORD, Suggestion
from webui.address import address_of, page_address, query_of, turned_to
from webui.view.answers import respond


@dataclass(frozen=True, slots=True)
class Offer:
    """A suggestion and the address that it leads to."""

    suggestion: Suggestion
    url: str


def pages(knowledge_base: KnowledgeBase) -> Blueprint:
    """Return the address of the suggestions; it has the keys of the search that one is about to change."""
    blueprint = Blueprint("suggest", __name__)

    @blueprint.get("/suggest")
    def suggest() -> Response:
        query, _ = query_of(request.args.items(multi=True))
        offered = tuple(offers(knowledge_base, query))
        if request.args.get("format") == "opensearch":
            return jsonify([query.text, [offer.suggestion.label for offer in offered]])
        records = [{**asdict(offer.suggestion), "url": offer.url} for offer in offered]
        return respond("suggestions.html", lambda: {"suggestions": records}, suggestions=offered)

    return blueprint


def offers(knowledge_base: KnowledgeBase, query: Query) -> Iterator[Offer]:
    """Yield what the last word of a search may mean, each with its address.

    A talk has a page; a word and a speaker take the place of what is typed; anything else is selected instead of it.
    """
    *words, begun = query.text.split() or [""]
    kept = replace(turned_to(query, 1), text=" ".join(words))
    for suggestion in knowledge_base.searcher.suggest(begun):
        yield Offer(suggestion, _address(suggestion, words, kept))


def _address(suggestion: Suggestion, words: Sequence[str], kept: Query) -> str:
    group, value = suggestion.group, suggestion.value
    if group == "talk":
        return page_address("talk", value)
    if group in (WORD, "speaker"):
        meant = value if group == WORD else f'speaker:"{value}"'
        return address_of(replace(kept, text=" ".join((*words, meant))))
    return address_of(kept.select(group, *sorted({*kept.selected(group), value})))
