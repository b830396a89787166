"""The search page: an address to a query, an answer to what the page and its JSON show."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, Response, request
from werkzeug.exceptions import BadRequest

from index.query import Query
from kb.knowledge_base import KnowledgeBase
from kb.search.facets import keys
from kb.search.records import facet_record, found_talk_record, hit_record, hits
from kb.search.results import FoundNote, SearchResults
from kb.search.searcher import SORTS
from kb.services import Domain
from kb.translation import _
from webui import wording
from webui.http import language
from webui.http.address import PAGE_SIZE, UNDO_KEY, Unread, address_of, at_page, page_of, query_of, resolved
from webui.http.responses import problem, respond, wants_json
from webui.pages.saved import SavedSearches, remember_seen
from webui.pages.start import StartPage
from webui.pages.timelines import address_of_query
from webui.view.cached import Panel, Panels
from webui.view.facets import MOST_VALUES, Chip, Group, chips, counts, groups, name_of
from webui.view.listing import numbers
from webui.view.results import Notice, TalkHits, Way, by_talk, notices, ways_out
from webui.view.timeline import Timeline, heat_map, timeline


@dataclass(frozen=True, slots=True)
class SearchPage:
    """Everything that the search page shows."""

    query: Query
    answer: SearchResults
    groups: tuple[Group, ...]
    chips: tuple[Chip, ...]
    quoted: tuple[FoundNote, ...]
    talks: tuple[TalkHits, ...]
    near: tuple[TalkHits, ...]
    bars: Timeline
    unread: tuple[Unread, ...]
    panel: Panel | None
    notices: tuple[Notice, ...]
    ways_out: tuple[Way, ...]

    @property
    def status(self) -> str:
        """The one line on what was found."""
        words = [self.query.text] if self.query.text else []
        return wording.found(self.answer.total, words + [chip.label for chip in self.chips])

    @property
    def unlisted(self) -> Iterator[tuple[str, str]]:
        """The selected values that no checkbox stands for: the form keeps them all the same."""
        if not self.query.selections:
            return
        listed = {(group.key, facet.value) for group in self.groups for facet in (*group.shown, *group.folded)}
        if any(group.key == "service" for group in self.groups):  # which these two stand in
            listed |= {("category", facet.value) for facet in self.answer.facets["category"]} | {("via", "explicit")}
        pairs = ((group, value) for group, values in self.query.selections for value in values)
        yield from (pair for pair in pairs if pair not in listed)

    @property
    def orders(self) -> Iterator[tuple[str, str, bool]]:
        """The orders that may be chosen: their value in the address, their label, whether it is the chosen one.

        Without words there is no relevance: the order that stands for it is that of days, newest first.
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
    def total(self) -> int:
        """How many notes were found."""
        return self.answer.total

    @property
    def first(self) -> int:
        """The number of the first note on this page, counted from 1."""
        return self.query.offset + 1

    @property
    def last(self) -> int:
        """The number of the last note on this page."""
        return self.query.offset + len(self.answer.hits)

    @property
    def number(self) -> int:
        """The number of this page."""
        return page_of(self.query)

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return -(-self.answer.total // PAGE_SIZE)

    @property
    def numbers(self) -> Iterator[int | None]:
        """The numbers of the pages that are offered, None where some are left out."""
        return numbers(self.number, self.pages)

    def url(self, number: int) -> str:
        """Return the address of a page."""
        return address_of(at_page(self.query, number))

    def export_url(self, ending: str) -> str:
        """Return the address of the whole result as a file."""
        return f"/export.{ending}{self.first_url[1:]}"

    @property
    def feed_url(self) -> str:
        """The address of the feed of what is new in this search."""
        return f"/feed{self.first_url[1:]}"

    @property
    def first_url(self) -> str:
        """The address of the first page."""
        return address_of(at_page(self.query, 1))

    @property
    def chronicle_url(self) -> str:
        """The address of the time line of the whole result."""
        return address_of_query(self.query)

    @property
    def sheet_url(self) -> str:
        """The address of the whole result as a sheet of quotations."""
        return f"/sheet{self.first_url[1:]}"

    @property
    def without_near_url(self) -> str:
        """The search without what is only near."""
        return address_of(replace(self.query, without=(*self.query.without, "near")))

    @property
    def clear_url(self) -> str:
        """The search with the same words and no selections."""
        return address_of(Query(self.query.text, sort=self.query.sort))


def pages(knowledge_base: KnowledgeBase, saved: SavedSearches) -> Blueprint:
    """Return the page of `/`: a search, or with nothing after it the start page."""
    blueprint = Blueprint("search", __name__)
    start_page = StartPage(knowledge_base, saved)
    panels = Panels(knowledge_base)

    @blueprint.get("/")
    def home() -> Response:
        return results() if request.args.keys() - {language.KEY, UNDO_KEY} else start_page()

    def results() -> Response:
        query, unread = query_of(request.args.items(multi=True))
        catalogue = knowledge_base.collection.catalogue
        query = resolved(query, catalogue)
        page = _search_page(knowledge_base, query, unread, panels.of(query), brief=not wants_json())
        if page.unread and wants_json():
            return problem(BadRequest(), wording.unread(page.unread))
        category = _category_of(query)
        is_saved, moment = saved.holds(page.first_url), knowledge_base.updates.newest()
        response = respond(
            "search.html",
            lambda: _record(page, knowledge_base.collection.domain),
            page=page,
            heat_map=heat_map(knowledge_base.crosstab.years(category)) if category else None,
            is_saved=is_saved,
            name=name_of(query, knowledge_base),
        )
        if is_saved and moment and not wants_json():
            remember_seen(response, page.first_url, moment)
        return response

    return blueprint


def _search_page(
    knowledge_base: KnowledgeBase, query: Query, unread: tuple[Unread, ...], panel: Panel | None, *, brief: bool
) -> SearchPage:
    """Search, and return what the page shows of it; a brief one has no more values of each group than people read."""
    most_values = MOST_VALUES if brief else ()
    asked = replace(query, facets=keys("page"), most_values=most_values, explain=True, context="place")
    answer = knowledge_base.searcher.search(asked)
    selected, quoted = tuple(chips(query, answer)), knowledge_base.searcher.quoted(query, answer)
    unknown = (*unread, *(Unread(*pair) for pair in answer.unknown))
    return SearchPage(
        query=query,
        answer=answer,
        groups=tuple(groups(answer)),
        chips=selected,
        quoted=quoted,
        talks=tuple(by_talk(knowledge_base.collection.domain, query, answer, answer.hits)),
        near=tuple(by_talk(knowledge_base.collection.domain, query, answer, answer.near)),
        bars=_bars(query, answer),
        unread=unknown,
        panel=panel,
        notices=tuple(notices(query, answer, quoted, unknown)),
        ways_out=ways_out(query, answer, selected, knowledge_base.searcher),
    )


def _category_of(query: Query) -> str | None:
    """Return the category that is all that a search asks for, if any."""
    match query.text, query.selections:
        case "", (("category", (category,)),):
            return category
    return None


def _bars(query: Query, answer: SearchResults) -> Timeline:
    """Return the years of what is found, each with the search that wants it alone, or no longer."""
    chosen = query.selected("year")

    def url(year: str) -> str:
        return address_of(query.select("year", *(() if chosen == (year,) else (year,))))

    return timeline(counts(answer, "year"), url, chosen)


def _record(page: SearchPage, domain: Domain) -> dict[str, Any]:
    """Return a page of results as JSON: the notes best first, and each facet value with the address that toggles it."""
    records = [
        hit_record(one, tier, domain, quoted=one in page.quoted, explain=True) for one, tier in hits(page.answer)
    ]
    return {
        "total": page.answer.total,
        "page": page_of(page.query),
        "pages": page.pages,
        "loosened": page.answer.loosened,
        "steps": page.answer.steps,
        "notices": [{"name": one.name, "text": str(one.text)} for one in page.answer.notices],
        "freed": dict(page.answer.without_group),
        "meant": page.answer.meant,
        "words": page.answer.words,
        "conditions": page.answer.conditions,
        "service": page.panel.service.slug if page.panel else None,
        "titled": len(page.answer.titled),
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
