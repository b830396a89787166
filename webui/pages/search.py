"""The pages at `/`: the results of a search, and the start page if the address has no search."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, Response, request
from werkzeug.exceptions import BadRequest

from index.query import Query
from kb.knowledge_base import KnowledgeBase
from kb.search.browser import ServiceCount
from kb.search.collection import Cached
from kb.search.comparison import compared_facet
from kb.search.facets import by_strength, keys
from kb.search.records import facet_record, found_event_record, found_talk_record, hit_records, service_record
from kb.search.results import FoundEvent, FoundNote, SearchResults
from kb.search.searcher import SORTS, current
from kb.services import Domain
from kb.translation import _
from kb.wording import LIKELY, found
from webui import wording
from webui.http import language
from webui.http.address import PAGE_SIZE, UNDO_KEY, Unread, address_of, at_page, page_of, query_of, resolved
from webui.http.responses import problem, respond, wants_json
from webui.http.security import Access
from webui.pages.saved import SavedSearches, remember_seen
from webui.view.cached import ServicePanel, answer_example, panels
from webui.view.facets import MOST_VALUES, Chip, FacetGroup, chips, counts, groups, name_of
from webui.view.listing import Page
from webui.view.results import PageNotice, TalkHits, Way, by_talk, notices, ways_out
from webui.view.timeline import Timeline, heat_map, shade, timeline

_NEWEST = 10  # reports on the start page
_Category = tuple[str, str, list[tuple[ServiceCount, int]]]
"""A category on the map of services: its slug, its label, and its services with their shades (1 to 4)."""


@dataclass(frozen=True, slots=True)
class SearchPage(Page[FoundNote]):
    """The values that the search page shows; its items are the notes found."""

    query: Query
    answer: SearchResults
    groups: tuple[FacetGroup, ...]
    chips: tuple[Chip, ...]
    quoted: tuple[FoundNote, ...]
    talks: tuple[TalkHits, ...]
    likely: tuple[TalkHits, ...]
    near: tuple[TalkHits, ...]
    far: tuple[TalkHits, ...]
    bars: Timeline
    unread: tuple[Unread, ...]
    panel: ServicePanel | None
    notices: tuple[PageNotice, ...]
    ways_out: tuple[Way, ...]

    @property
    def status(self) -> str:
        """The numbers of results and the conditions of the search in one line."""
        answer, conditions = self.answer, [*filter(None, (self.query.text, *(chip.label for chip in self.chips)))]
        numbers = found(answer.total, len(answer.near), len(answer.titled), answer.likely)
        return wording.with_conditions(numbers if conditions else wording.notes(answer.total), conditions)

    @property
    def likely_kinds(self) -> list[str]:
        """The names of the selected kinds that some notes only likely have."""
        return [_(text) for kind, text in LIKELY.items() if kind in self.query.selected("kind")]

    @property
    def unlisted(self) -> Iterator[tuple[str, str]]:
        """The selected values without a checkbox, which the form keeps in hidden fields."""
        if not self.query.selections:
            return
        listed = {(group.key, facet.value) for group in self.groups for facet in (*group.shown, *group.folded)}
        if any(group.key == "service" for group in self.groups):  # it has the checkboxes of these two
            listed |= {("category", facet.value) for facet in self.answer.facets["category"]} | {("via", "explicit")}
        pairs = ((group, value) for group, values in self.query.selections for value in values)
        yield from (pair for pair in pairs if pair not in listed)

    @property
    def orders(self) -> Iterator[tuple[str, str, bool]]:
        """The orders on offer: their value in the address, their label, and whether it is the current one.

        Without words there is no relevance; the default order is then the newest first.
        """
        labels = {
            "relevance": _("Relevance"),
            "new": _("Newest first"),
            "old": _("Oldest first"),
            "advice": _("Most like advice"),
        }
        if not self.query.text:
            newest = "new" if self.query.sort == "new" else "relevance"
            others = {key: label for key, label in labels.items() if key not in ("relevance", "new")}
            labels = {newest: labels["new"], **others}
        return ((key, label, SORTS[key] == self.query.sort) for key, label in labels.items())

    @property
    def is_comparable(self) -> bool:
        """Whether two of its values can be compared beside each other."""
        return compared_facet(self.query) is not None

    def url(self, number: int) -> str:
        """Return the address of a page."""
        return address_of(at_page(self.query, number))

    def result_url(self, path: str) -> str:
        """Return the address of another view of all results: an export, a feed, a time line."""
        return path + self.url(1)[1:]

    def event_url(self, event: FoundEvent) -> str:
        """Return the search for the other words of the text in the notes of an event that it names."""
        return address_of(replace(self.query, text=self.answer.besides).select("event", event.slug))

    @property
    def without_near_url(self) -> str:
        """The search without notes that are only near in meaning."""
        return address_of(replace(self.query, without=(*self.query.without, "near")))

    @property
    def clear_url(self) -> str:
        """The search with the same words and no selections."""
        return address_of(Query(self.query.text, sort=self.query.sort))


def pages(knowledge_base: KnowledgeBase, saved: SavedSearches, access: Access) -> Blueprint:
    """Return the page of `/`."""
    blueprint = Blueprint("search", __name__)
    panel_of = panels(knowledge_base)
    cached_overview = Cached(knowledge_base.collection, lambda: _overview(knowledge_base))
    cached_answer = Cached(knowledge_base.collection, lambda: answer_example(knowledge_base))

    @blueprint.get("/")
    def home() -> Response:
        return results() if request.args.keys() - {language.KEY, UNDO_KEY} else start_page()

    def results() -> Response:
        query, unread = query_of(request.args.items(multi=True))
        query = resolved(query, knowledge_base.collection.catalogue)
        query = current(query, knowledge_base.collection.contents())
        page = _search_page(knowledge_base, query, unread, panel_of(query), brief=not wants_json())
        if page.unread and wants_json():
            return problem(BadRequest(), wording.unread(page.unread))
        if request.method == "GET" and not (page.unread or wants_json()) and access.may_keep(request):
            knowledge_base.not_found.add(query, page.answer)
        years = None
        match query.text, query.selections:
            case "", (("category", (category,)),):
                years = heat_map(knowledge_base.crosstab.years(category))
        is_saved, moment = saved.holds(page.url(1)), knowledge_base.updates.newest()
        response = respond(
            "search.html",
            lambda: _record(page, knowledge_base.collection.domain),
            page=page,
            heat_map=years,
            is_saved=is_saved,
            name=name_of(query, knowledge_base),
        )
        if is_saved and moment and not wants_json():
            remember_seen(response, page.url(1), moment)
        return response

    def start_page() -> Response:
        record, shown = cached_overview()
        answered = cached_answer() if shown["reports"] else None
        return respond("start.html", lambda: record, **shown, searches=saved(), answered=answered)

    return blueprint


def _search_page(
    knowledge_base: KnowledgeBase, query: Query, unread: tuple[Unread, ...], panel: ServicePanel | None, *, brief: bool
) -> SearchPage:
    """Search, and return the page; if `brief`, with only the facet values that the page shows."""
    most_values = MOST_VALUES if brief else ()
    explained = replace(query, facets=keys("page"), most_values=most_values, explain=True, context="place")
    answer = knowledge_base.searcher.search(explained)
    selected, quoted = tuple(chips(query, answer)), knowledge_base.searcher.quoted(query, answer)
    all_unread = (*unread, *(Unread(*pair) for pair in answer.unknown))
    years, domain = query.selected("year"), knowledge_base.collection.domain
    sure, likely = by_strength(query, answer.hits, lambda hit: hit.note)
    return SearchPage(
        path="/",
        kept=(),
        items=answer.hits,
        total=answer.total,
        number=page_of(query),
        pages=-(-answer.total // PAGE_SIZE),
        first=query.offset + 1,
        query=query,
        answer=answer,
        groups=tuple(groups(answer)),
        chips=selected,
        quoted=quoted,
        talks=tuple(by_talk(domain, query, answer, sure)),
        likely=tuple(by_talk(domain, query, answer, likely)),
        near=tuple(by_talk(domain, query, answer, answer.near)),
        far=tuple(by_talk(domain, query, answer, answer.far)),
        bars=timeline(  # the bar of the only selected year deselects it
            counts(answer, "year"),
            lambda year: address_of(query.select("year", *(() if years == (year,) else (year,)))),
            years,
        ),
        unread=all_unread,
        panel=panel,
        notices=tuple(notices(query, answer, quoted, all_unread)),
        ways_out=ways_out(query, answer, selected, knowledge_base.searcher),
    )


def _record(page: SearchPage, domain: Domain) -> dict[str, Any]:
    """Return a page of results as JSON: the notes best first, and each facet value with the address that toggles it."""
    found = (*page.answer.hits, *page.answer.near)
    records = list(hit_records(found, page.quoted, domain, explain=True))
    return {
        "total": page.answer.total,
        "near_total": len(page.answer.near),
        "likely": page.answer.likely,
        "page": page.number,
        "pages": page.pages,
        "loosened": bool(page.answer.steps),
        "steps": page.answer.steps,
        "notices": [{"name": one.name, "text": str(one.text)} for one in page.answer.notices],
        "freed": dict(page.answer.without_group),
        "meant": page.answer.meant,
        "words": page.answer.words,
        "conditions": page.answer.conditions,
        "service": page.panel.service.slug if page.panel else None,
        "titled": len(page.answer.titled),
        "events": [found_event_record(one) for one in page.answer.events],
        "talks": [found_talk_record(one) for one in page.answer.talks],
        "hits": [record for record in records if record["tier"] == "found"],
        "near": [record for record in records if record["tier"] == "near"],
        "facets": {
            group: [
                {**facet_record(facet), "toggle_url": address_of(page.query.toggle(group, facet.value))}
                for facet in values
            ]
            for group, values in page.answer.facets.items()
        },
    }


def _overview(knowledge_base: KnowledgeBase) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the start page as JSON, with the newest reports only, and what its template shows.

    Both change only with the generation, because they cost a search.
    """
    reports = knowledge_base.browser.reports()
    counts = tuple(count for count in knowledge_base.browser.services() if count.notes)
    years = knowledge_base.crosstab.years()
    totals = {
        "reports": len(reports),
        "talks": len(knowledge_base.browser.directory().talks),
        "notes": sum(report.notes for report in reports),
    }
    record = {
        "totals": totals,
        "reports": reports[:_NEWEST],
        "services": [service_record(count.service, count.notes) for count in counts],
        "years": {one.service.slug: one.notes for one in years},
    }
    categories = tuple(_map(counts, knowledge_base.collection.catalogue.categories))
    return record, {"reports": reports[:_NEWEST], "totals": totals, "map": categories, "heat_map": heat_map(years)}


def _map(counts: Sequence[ServiceCount], labels: Mapping[str, str]) -> Iterator[_Category]:
    """Yield the categories and their services, those with the most notes first."""
    most = max((count.notes or 0 for count in counts), default=0)
    services: dict[str, list[tuple[ServiceCount, int]]] = {category: [] for category in labels}
    for count in sorted(counts, key=lambda count: -(count.notes or 0)):
        services[count.service.category].append((count, shade(count.notes or 0, most)))
    for category in sorted(labels, key=lambda key: -sum(count.notes or 0 for count, _shade in services[key])):
        if services[category]:
            yield category, labels[category], services[category]
