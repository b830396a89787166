"""The start page: what is in here, by service and by report, and searches to begin with."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response

from kb.knowledge_base import KnowledgeBase
from kb.library.contents import ReportEntry
from kb.search.answers import ServiceCount
from kb.search.crosstab import ServiceYears
from kb.search.records import service_record
from webui.pages.saved import SavedSearches
from webui.view.answers import respond
from webui.view.examples import answered
from webui.view.heat_map import HeatMap, heat_map, shade
from webui.view.kept import Kept

_NEWEST = 10  # reports listed


@dataclass(frozen=True, slots=True)
class Place:
    """A service on the map: its notes counted, and how dark it is drawn (1 to 4)."""

    count: ServiceCount
    shade: int


@dataclass(frozen=True, slots=True)
class _Overview:
    """What the start page shows of one generation."""

    reports: tuple[ReportEntry, ...]
    counts: tuple[ServiceCount, ...]
    talks: int
    notes: int
    map: tuple[tuple[str, str, list[Place]], ...]
    years: tuple[ServiceYears, ...]
    heat_map: HeatMap | None

    def record(self) -> dict[str, Any]:
        """Return it as JSON: the newest reports, as on the page; all of them are at /reports."""
        return {
            "totals": {"reports": len(self.reports), "talks": self.talks, "notes": self.notes},
            "reports": self.reports[:_NEWEST],
            "services": [service_record(count.service, count.notes) for count in self.counts],
            "years": {one.service.slug: one.notes for one in self.years},
        }


class StartPage:
    """The start page of a knowledge base. What it shows is made once a generation: it costs a search."""

    def __init__(self, knowledge_base: KnowledgeBase, saved: SavedSearches) -> None:
        self._saved = saved
        self._overview = Kept(knowledge_base, lambda: _overview(knowledge_base))
        self._answered = Kept(knowledge_base, lambda: answered(knowledge_base))

    def __call__(self) -> Response:
        """Return the page, or its JSON."""
        overview = self._overview()
        return respond(
            "start.html",
            overview.record,
            reports=overview.reports[:_NEWEST],
            talks=overview.talks,
            total=(len(overview.reports), overview.notes),
            map=overview.map,
            heat_map=overview.heat_map,
            searches=self._saved(),
            answered=self._answered() if overview.reports else None,
        )


def _overview(knowledge_base: KnowledgeBase) -> _Overview:
    reports = knowledge_base.browser.reports()
    counts = tuple(count for count in knowledge_base.browser.services() if count.notes)
    years = knowledge_base.crosstab.years()
    return _Overview(
        reports=reports,
        counts=counts,
        talks=len(knowledge_base.browser.directory().talks),
        notes=sum(report.notes for report in reports),
        map=tuple(_map(counts, knowledge_base.collection.catalogue.categories)),
        years=years,
        heat_map=heat_map(years),
    )


def _map(counts: Iterable[ServiceCount], labels: Mapping[str, str]) -> Iterator[tuple[str, str, list[Place]]]:
    """Yield each category that notes are about with its slug, its label and its services, the most noted first."""
    ordered = sorted(counts, key=lambda count: -(count.notes or 0))
    most = max((count.notes or 0 for count in ordered), default=0)
    places = [Place(count, shade(count.notes or 0, most)) for count in ordered]
    by_category = {
        category: [place for place in places if place.count.service.category == category] for category in labels
    }
    for category, own in sorted(
        by_category.items(), key=lambda pair: -sum(place.count.notes or 0 for place in pair[1])
    ):
        if own:
            yield category, labels[category], own
