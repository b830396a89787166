"""The pages of a service: its overview, its guide, and its time line, which also exists for searches."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, request

from index.engine import FacetCount
from index.query import Query
from index.text import folded_for_sudachi
from kb.knowledge_base import KnowledgeBase
from kb.report.dates import day_of
from kb.search.collection import Cached
from kb.search.directory import TalkEntry
from kb.search.facets import place
from kb.search.records import change_record, guide_record, note_record
from kb.search.results import SearchResults, UnknownIdError
from kb.services import Catalogue, Change, Domain, Service
from kb.translation import _
from webui.http.address import address_of, resolved
from webui.http.responses import respond, understood
from webui.pages.export import quoting
from webui.view.facets import counts, name_of
from webui.view.results import with_related
from webui.view.timeline import MIN_DRAWN, Year, chronicle, undated_talks

_SHOWN = 5  # entries of a section, and talks
_NEWEST = 4  # questions, and impressions
_TOGETHER = 10  # services named together with this one
_TALKS = 1000  # on a time line, those with the most notes
_YEAR_TALKS = 8  # listed under a year of a time line


def pages(knowledge_base: KnowledgeBase) -> Blueprint:
    """Return the pages of services."""
    blueprint = Blueprint("services", __name__)
    named_in_headings = Cached(knowledge_base.collection, lambda: _named_in_headings(knowledge_base))

    @blueprint.get("/service/<name>")
    def service(name: str) -> Response:
        service = service_called(name, knowledge_base)
        return _overview(service, named_in_headings().get(service.slug, ()), knowledge_base)

    @blueprint.get("/guide/<name>")
    def guide(name: str) -> Response:
        guide = knowledge_base.guide(service_called(name, knowledge_base))
        return respond("guide.html", lambda: guide_record(guide, knowledge_base.collection.domain), guide=guide)

    @blueprint.get("/guide/<name>.md")
    def as_markdown(name: str) -> Response:
        guide = knowledge_base.guide(service_called(name, knowledge_base))
        lines = quoting(knowledge_base.collection.domain, request.host_url).guide(guide)
        return Response("\n".join((*lines, "")), mimetype="text/markdown")

    @blueprint.get("/timeline")
    def timeline() -> Response:
        return _timeline(knowledge_base)

    return blueprint


def service_called(name: str, knowledge_base: KnowledgeBase) -> Service:
    """Return the service with a name, short name or slug. Raises UnknownIdError."""
    service = knowledge_base.collection.catalogue.find(name)
    if service is None:
        raise UnknownIdError(f"no service is called {name}")
    return service


def _named_in_headings(knowledge_base: KnowledgeBase) -> Mapping[str, Sequence[TalkEntry]]:
    """Return the talks whose heading clearly names a service, also those without notes, by the service's slug."""
    finder, talks = knowledge_base.collection.domain.service_finder, defaultdict[str, list[TalkEntry]](list)
    for entry in knowledge_base.browser.directory().spoken.values():
        for slug in finder.clearly_named(finder.matches(entry.talk.heading)):
            talks[slug].append(entry)
    return talks


def _overview(service: Service, named: Sequence[TalkEntry], knowledge_base: KnowledgeBase) -> Response:
    """Return the page of a service, or its JSON; `named` are the talks whose heading names it."""
    on_service = Query().select("service", service.slug)
    lists = {
        "advice": replace(on_service.select("kind", "advice"), sort="boost"),
        "unsolved": replace(on_service.select("state", "unsolved"), sort="new"),
        "solved": replace(on_service.select("state", "solved"), sort="new"),
        "questions": replace(on_service.select("kind", "question"), sort="new"),
        "cases": replace(on_service.select("kind", "statement"), sort="new"),
        "impressions": replace(on_service.select("kind", "impression"), sort="new"),
    }
    naming = replace(on_service.select("via", "explicit"), match_all=("service",))
    answer, with_others, *answers = knowledge_base.searcher.each(
        replace(on_service, limit=0, facets=("talk", "kind", "state"), most_values=(("talk", _TALKS),)),
        replace(naming, limit=0, facets=("service",), most_values=(("service", _TOGETHER + 1),)),
        *(replace(lists[part], limit=_NEWEST, context="place") for part in ("questions", "impressions")),
    )
    numbers = {**counts(answer, "kind"), **counts(answer, "state")}
    guide, domain = knowledge_base.guide(service), knowledge_base.collection.domain
    counted = tuple(_talks(answer, knowledge_base))
    most = [talk for talk, _ in sorted(counted, key=lambda pair: -pair[1])[:_SHOWN]]
    talks = tuple(sorted(most, key=lambda one: day_of(one) or "", reverse=True))
    noted = {talk.talk.id: notes for talk, notes in counted}
    newest = dict(zip(("questions", "impressions"), answers, strict=True))
    together = _together(naming, with_others.facets["service"])
    only_named = [one for one in named if one.talk.id not in noted]

    def record() -> dict[str, Any]:
        whole = guide_record(guide, domain)
        return {
            **whole,
            **{part: [note_record(hit.note, domain) for hit in found.hits] for part, found in newest.items()},
            "totals": {**whole["totals"], **{part: found.total for part, found in newest.items()}},
            "together": {slug: notes for slug, notes, *_ in together},
            **{
                part: [
                    {"id": one.talk.id, "title": one.talk.title, "notes": noted.get(one.talk.id, 0)} for one in entries
                ]
                for part, entries in (("talks", talks), ("only_named", only_named))
            },
        }

    return respond(
        "service.html",
        record,
        guide=guide,
        newest={
            part: [with_related(domain, hit.note, found.context_notes[place(hit.note)]) for hit in found.hits]
            for part, found in newest.items()
        },
        urls={name: address_of(query) for name, query in lists.items()},
        totals={
            "solved": numbers.get("solved", 0),
            "unsolved": numbers.get("unsolved", 0),
            "cases": numbers.get("statement", 0),
            **{part: found.total for part, found in newest.items()},
        },
        only_named=only_named,
        talks=talks,
        noted=noted,
        more_talks=len(counted) - len(most) + answer.unlisted.get("talk", 0),
        years=chronicle(counted, guide.changes) if len(counted) + len(guide.changes) >= MIN_DRAWN else (),
        undated=undated_talks(counted, on_service),
        timeline_url=f"/timeline?service={service.slug}",
        together=together,
        partners=[(slug, knowledge_base.collection.catalogue.short_name(slug)) for slug, *_ in together],
        most=_SHOWN,
    )


def _together(naming: Query, services: Sequence[FacetCount]) -> list[tuple[str, int, str, float]]:
    """Return the other services of the notes that `naming` finds: slug, number, search, and bar in percent."""
    (own,) = naming.selected("service")
    others = [facet for facet in services if facet.value != own and facet.count]
    most = max((facet.count for facet in others), default=0)
    return [
        (one.value, one.count, address_of(naming.select("service", own, one.value)), round(100 * one.count / most, 2))
        for one in others[:_TOGETHER]
    ]


def _timeline(knowledge_base: KnowledgeBase) -> Response:
    """Return the time line of the search in the address, or its JSON."""
    catalogue, domain = knowledge_base.collection.catalogue, knowledge_base.collection.domain
    query = resolved(understood(request.args.items(multi=True)), catalogue)
    counting = replace(query, offset=0, limit=0, facets=("talk",), most_values=(("talk", _TALKS),))
    talks = tuple(_talks(knowledge_base.searcher.search(counting), knowledge_base))
    service = None
    match query.text, query.selections:
        case "", (("service", (slug,)),):
            service = catalogue.find(slug)
        case words, () if words:
            service = catalogue.find(words)
    changes = domain.changes_of(service.slug) if service else _changes(query, catalogue, domain)
    name = name_of(query, knowledge_base) or _("All notes")
    years = chronicle(talks, changes)

    def record() -> dict[str, Any]:
        return {"name": name, "years": [_year_record(year) for year in years if not year.is_empty]}

    return respond(
        "timeline.html",
        record,
        query=query,
        service=service,
        name=name,
        years=years,
        undated=undated_talks(talks, query),
        most=_YEAR_TALKS,
    )


def _year_record(year: Year) -> dict[str, Any]:
    return {
        "year": year.year,
        "talks": [{"id": one.talk.id, "title": one.talk.title, "notes": notes} for one, notes in year.talks],
        "changes": [change_record(change) for change in year.changes],
    }


def _talks(answer: SearchResults, knowledge_base: KnowledgeBase) -> Iterator[tuple[TalkEntry, int]]:
    """Yield the talks of an answer with their numbers of notes."""
    known = knowledge_base.browser.directory().talks
    for facet in answer.facets["talk"]:
        if facet.value in known:
            yield known[facet.value], facet.count


def _changes(query: Query, catalogue: Catalogue, domain: Domain) -> Iterator[Change]:
    """Yield the changes of the services in a query, and those that contain its words."""
    words = folded_for_sudachi(query.text)
    slugs = {service.slug for service in map(catalogue.find, query.selected("service")) if service}
    for change in domain.changes:
        text = folded_for_sudachi(f"{change.old} {change.new} {change.marks}")
        if not slugs.isdisjoint(change.services) or (words and words in text):
            yield change
