"""The start page: what is in here, by service and by report, and searches to begin with."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response

from kb.knowledge_base import KnowledgeBase
from kb.library.contents import ReportEntry
from kb.search.browser import ServiceCount
from kb.search.crosstab import ServiceYears
from kb.search.records import service_record
from webui.http.responses import respond
from webui.pages.saved import SavedSearches
from webui.view.cached import Cached, answer_example
from webui.view.timeline import HeatMap, heat_map, shade

_NEWEST = 10  # reports listed
_Category = tuple[str, str, list[tuple[ServiceCount, int]]]
"""A category on the map: its slug, its label, its services with how dark each is drawn (1 to 4)."""


@dataclass(frozen=True, slots=True)
class _Overview:
    """What the start page shows of one generation."""

    reports: tuple[ReportEntry, ...]
    counts: tuple[ServiceCount, ...]
    talks: int
    notes: int
    map: tuple[_Category, ...]
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
        self._overview = Cached(knowledge_base, lambda: _overview(knowledge_base))
        self._answered = Cached(knowledge_base, lambda: answer_example(knowledge_base))

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


def _map(counts: Sequence[ServiceCount], labels: Mapping[str, str]) -> Iterator[_Category]:
    """Yield the categories that notes are about, those with most notes first, and so their services."""
    most = max((count.notes or 0 for count in counts), default=0)
    services: dict[str, list[tuple[ServiceCount, int]]] = {category: [] for category in labels}
    for count in sorted(counts, key=lambda count: -(count.notes or 0)):
        services[count.service.category].append((count, shade(count.notes or 0, most)))
    for category in sorted(labels, key=lambda one: -sum(count.notes or 0 for count, _ in services[one])):
        if services[category]:
            yield category, labels[category], services[category]
