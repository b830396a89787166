"""The panel of a service above the results of a query that names it: what there is to know of it at a glance."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from index.query import Query
from kb.kinds.pairs import Pair, problems
from kb.knowledge_base import KnowledgeBase
from kb.report.model import Note
from kb.search.facets import place
from kb.services import Catalogue, Change, Service
from webui.view.kept import Kept

_FEW = 2  # notes of each list: the page of the service has them all


@dataclass(frozen=True, slots=True)
class Panel:
    """A service: how many notes of each kind, the surest advice, its newest problems, its newest changes."""

    service: Service
    total: int
    kinds: Mapping[str, int]
    advice: tuple[Note, ...]
    problems: tuple[Pair, ...]
    changes: tuple[Change, ...]

    def is_asked_by(self, query: Query, catalogue: Catalogue) -> bool:
        """Return whether a query asks for the service and nothing else: then the panel is open."""
        return catalogue.find(query.text) == self.service


class Panels:
    """The panels of a knowledge base, each made once a generation: it costs two searches."""

    def __init__(self, knowledge_base: KnowledgeBase) -> None:
        self._knowledge_base = knowledge_base
        self._made: Kept[dict[str, Panel | None]] = Kept(knowledge_base, dict)

    def of(self, query: Query) -> Panel | None:
        """Return the panel of the one service that a query names, None where it names none that notes are about.

        A query that asks for a page further on, or selects services, has been past it.
        """
        if query.offset or query.selected("service"):
            return None
        named = {service.slug: service for service in _named(query.text, self._knowledge_base.collection.catalogue)}
        if len(named) != 1:
            return None
        slug, service = next(iter(named.items()))
        made = self._made()
        if slug not in made:
            made[slug] = _panel(service, self._knowledge_base)
        return made[slug]


def _named(text: str, catalogue: Catalogue) -> Iterator[Service]:
    for name in (text, *text.split()):
        if service := catalogue.find(name):
            yield service


def _panel(service: Service, knowledge_base: KnowledgeBase) -> Panel | None:
    about = Query(limit=_FEW).select("service", service.slug)
    advising, troubled = knowledge_base.searcher.each(
        replace(about.select("kind", "advice"), sort="boost", facets=("kind",)),
        replace(about.select("kind", "problem"), sort="new", context="place"),
    )
    kinds = {facet.value: facet.count for facet in advising.facets["kind"]}
    near = {note.id: troubled.around[place(note)] for note in (found.note for found in troubled.found)}
    pairs = (pair for one, notes in near.items() for pair in problems(notes) if pair.note.id == one)
    if not kinds:
        return None
    return Panel(
        service=service,
        total=sum(kinds.values()),
        kinds=kinds,
        advice=tuple(found.note for found in advising.found),
        problems=tuple(pairs),
        changes=tuple(sorted(knowledge_base.collection.domain.changes_of(service.slug), key=_day, reverse=True)[:_FEW]),
    )


def _day(change: Change) -> str:
    return change.changed_on
