"""The search page: an address to a query, an answer to what the page and its JSON show."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

from flask import Blueprint, Response, request
from werkzeug.exceptions import BadRequest

from index.query import Query
from kb.knowledge_base import KnowledgeBase
from kb.search.answers import Answer
from kb.search.facets import keys
from kb.search.records import found_talk_record, note_record
from kb.services import Domain
from kb.texts.ja import alone, meant, without
from webui.address import PAGE_SIZE, Unread, address_of, page_of, query_of, resolved, turned_to
from webui.pages.start import StartPage
from webui.texts import ja as texts
from webui.view.answers import problem, respond, wants_json
from webui.view.facets import MOST_VALUES, Category, Chip, Group, categories, chips, groups
from webui.view.hits import TalkHits, by_talk


@dataclass(frozen=True, slots=True)
class SearchPage:
    """Everything that the search page shows."""

    query: Query
    answer: Answer
    categories: tuple[Category, ...]
    groups: tuple[Group, ...]
    chips: tuple[Chip, ...]
    talks: tuple[TalkHits, ...]
    unread: tuple[Unread, ...]

    @property
    def status(self) -> str:
        """The one line that tells what was found."""
        words = [self.query.text] if self.query.text else []
        return texts.hits(self.answer.total, words + [chip.label for chip in self.chips])

    @property
    def unlisted(self) -> Iterator[tuple[str, str]]:
        """The selected values that no checkbox stands for: the form keeps them all the same."""
        if not self.query.selections:
            return
        listed = {(group.key, facet.value) for group in self.groups for facet in (*group.shown, *group.folded)}
        listed |= {("category", category.facet.value) for category in self.categories}
        listed |= {("service", facet.value) for category in self.categories for facet in category.services}
        listed |= {("via", "explicit")}
        pairs = ((group, value) for group, values in self.query.selections for value in values)
        yield from (pair for pair in pairs if pair not in listed)

    @property
    def loosened(self) -> Iterator[tuple[str, str]]:
        """Each thing that was done to find more, told, and the search without it."""
        for step in self.answer.steps:
            refused = replace(self.query, without=(*self.query.without, step.name), offset=0)
            yield texts.step_taken(step.name, step.text, step.instead), address_of(refused)

    @property
    def freed(self) -> Iterator[tuple[str, str]]:
        """Where nothing is found: each condition that is to blame, and the search without it."""
        for group, count in self.answer.freed.items():
            if count:
                yield texts.freed(group, count), address_of(self.query.select(group))

    @property
    def parts(self) -> Iterator[tuple[str, str]]:
        """Where little is found by several words or conditions: what each has to do with it, and the search that tells.

        That of a word asks for it alone, that of a condition for all the rest; those that find nothing lead nowhere.
        """
        words, conditions = self.answer.words, self.answer.conditions
        if len(words) + len(conditions) > 1:
            found = [(alone(one.word, one.count), one.word, one.count) for one in words]
            found += [(without(one.condition, one.count), one.rest, one.count) for one in conditions]
            yield from ((told, address_of(replace(self.query, text=text, offset=0))) for told, text, n in found if n)

    @property
    def meant(self) -> Iterator[tuple[str, str]]:
        """Each word that may be meant instead of one as typed, and the search for it."""
        for one in self.answer.meant:
            instead = replace(self.query, text=self.query.text.replace(one.word, one.meant), offset=0)
            yield meant(one.meant, one.count), address_of(instead)

    @property
    def first(self) -> int:
        """The number of the first note on this page, counted from 1."""
        return self.query.offset + 1

    @property
    def last(self) -> int:
        """The number of the last note on this page."""
        return self.query.offset + len(self.answer.found)

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return -(-self.answer.total // PAGE_SIZE)

    def page_url(self, step: int) -> str | None:
        """Return the address of a page before or after this one, None where there is none."""
        page = page_of(self.query) + step
        return address_of(turned_to(self.query, page)) if 1 <= page <= self.pages else None

    def export_url(self, ending: str) -> str:
        """Return the address of the whole result as a file."""
        return f"/export.{ending}{address_of(turned_to(self.query, 1))[1:]}"

    @property
    def restore_url(self) -> str:
        """The search with all that may be done to find more."""
        return address_of(replace(self.query, without=(), offset=0))

    @property
    def clear_url(self) -> str:
        """The search with the same words and no selections."""
        return address_of(Query(self.query.text, sort=self.query.sort))


def pages(knowledge_base: KnowledgeBase) -> Blueprint:
    """Return the page of `/`: a search, or with nothing after it the start page."""
    blueprint = Blueprint("search", __name__)
    start_page = StartPage(knowledge_base)

    @blueprint.get("/")
    def home() -> Response:
        return results() if request.args else start_page()

    def results() -> Response:
        query, unread = query_of(request.args.items(multi=True))
        catalogue = knowledge_base.collection.catalogue
        page = search_page(knowledge_base, resolved(query, catalogue), unread, brief=not wants_json())
        if page.unread and wants_json():
            return problem(BadRequest(), texts.unread(page.unread))
        return respond("search.html", lambda: search_record(page, knowledge_base.collection.domain), page=page)

    return blueprint


def search_page(knowledge_base: KnowledgeBase, query: Query, unread: tuple[Unread, ...], *, brief: bool) -> SearchPage:
    """Search, and return what the page shows of it; a brief one has no more values of each group than people read."""
    most_values = MOST_VALUES if brief else ()
    asked = replace(query, facets=keys("page"), most_values=most_values, explain=True, context="place")
    answer = knowledge_base.searcher.search(asked)
    return SearchPage(
        query=query,
        answer=answer,
        categories=categories(answer, knowledge_base.collection.catalogue),
        groups=tuple(groups(answer)),
        chips=tuple(chips(query, answer)),
        talks=tuple(by_talk(knowledge_base.collection.domain, query, answer)),
        unread=(*unread, *(Unread(*pair) for pair in answer.unknown)),
    )


def search_record(page: SearchPage, domain: Domain) -> dict[str, Any]:
    """Return a page of results as JSON: the notes best first, and each facet value with the address that toggles it."""
    return {
        "total": page.answer.total,
        "page": page_of(page.query),
        "pages": page.pages,
        "loosened": page.answer.loosened,
        "steps": [asdict(step) for step in page.answer.steps],
        "notices": [asdict(notice) for notice in page.answer.notices],
        "freed": dict(page.answer.freed),
        "meant": [asdict(one) for one in page.answer.meant],
        "words": [asdict(one) for one in page.answer.words],
        "conditions": [asdict(one) for one in page.answer.conditions],
        "talks": [found_talk_record(one) for one in page.answer.talks],
        "hits": [
            {
                **note_record(found.note, domain),
                "score": round(found.score, 4),
                "marks": [list(mark) for mark in found.marks],
                "alike": found.alike,
                "reasons": [asdict(reason) for reason in found.reasons],
            }
            for found in page.answer.found
        ],
        "facets": {
            group: [
                {**facet._asdict(), "toggle_url": address_of(page.query.toggle(group, facet.value))} for facet in values
            ]
            for group, values in page.answer.facets.items()
        },
    }
