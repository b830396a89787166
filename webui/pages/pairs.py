"""The page of problems with their remedies and questions with their answers, by state and service."""

from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, request
from werkzeug.exceptions import BadRequest

from index.query import Query
from kb.kinds import PROBLEM_STATES
from kb.knowledge_base import KnowledgeBase
from kb.search.facets import place
from kb.search.records import note_record
from kb.services import Domain
from kb.translation import _
from kb.wording import STATES
from webui import wording
from webui.http.responses import problem, respond, wants_json
from webui.view.facets import counts
from webui.view.listing import address, asked_page, page_of
from webui.view.results import ShownNote, with_related

_PATH, _SIZE = "/pairs", 20  # notes on a page
_SERVICES = 8  # on offer


def pages(knowledge_base: KnowledgeBase) -> Blueprint:
    """Return the page of /pairs; without a state it shows all problems."""
    blueprint = Blueprint("pairs", __name__)

    @blueprint.get(_PATH)
    def pairs() -> Response:
        words, name = (request.args.get(key, "").strip() for key in ("q", "service"))
        state = request.args.get("state", "")
        catalogue, domain = knowledge_base.collection.catalogue, knowledge_base.collection.domain
        service = catalogue.find(name)
        unread = [("state", state)] if state not in ("", *STATES) else []
        unread += [("service", name)] if name and service is None else []
        if unread and wants_json():
            return problem(BadRequest(), wording.unread(unread))
        state = state if state in STATES else ""
        query = Query(words).select("state", *((state,) if state else PROBLEM_STATES))
        query = query.select("service", *([service.slug] if service else []))
        counted = replace(
            query,
            sort="new",
            limit=_SIZE,
            facets=("state", "service"),
            most_values=(("service", _SERVICES),),
            context="place",
        )
        number = asked_page(request.args)
        answer = knowledge_base.searcher.search(replace(counted, offset=(number - 1) * _SIZE))
        if answer.total and not answer.hits:  # after the last page; show that, as in every list
            number = -(-answer.total // _SIZE)
            answer = knowledge_base.searcher.search(replace(counted, offset=(number - 1) * _SIZE))
        kept = (("q", words), ("state", state), ("service", name))
        shown = [with_related(domain, hit.note, answer.context_notes[place(hit.note)]) for hit in answer.hits]
        notes = counts(answer, "state")
        notes[""] = sum(notes.get(one, 0) for one in PROBLEM_STATES)
        part = page_of(_PATH, shown, answer.total, number, _SIZE, kept=kept)
        return respond(
            "pairs.html",
            lambda: {
                "total": part.total,
                "page": part.number,
                "pages": part.pages,
                "pairs": [_record(one, domain) for one in part.items],
            },
            part=part,
            states=[
                (
                    label,
                    address(_PATH, ("q", words), ("state", one), ("service", name)),
                    notes.get(one, 0),
                    one == state,
                )
                for one, label in {
                    "": _("Problems, remedied or not"),
                    **{one: _(label) for one, label in STATES.items()},
                }.items()
            ],
            services=[
                (
                    catalogue.short_name(one.value),
                    address(_PATH, ("q", words), ("state", state), ("service", "" if one.selected else one.value)),
                    one.count,
                    one.selected,
                )
                for one in answer.facets["service"]
            ],
            more_services=answer.unlisted.get("service", 0),
            service=service,
            state=state,
            words=words,
            unknown="" if service else name,
        )

    return blueprint


def _record(shown: ShownNote, domain: Domain) -> dict[str, Any]:
    return {
        "note": note_record(shown.note, domain),
        "states": list(shown.note.states),
        "replies": [note_record(reply, domain) for reply in (*shown.remedies, *shown.answers)],
    }
