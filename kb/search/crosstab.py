"""Counts of one facet by the values of another: each is how many notes the search of both finds."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from index.query import Query
from kb.search.collection import Collection, OfGeneration, Snapshot

if TYPE_CHECKING:
    from kb.services import Service

_MOST_SERVICES = 12  # rows that are taken in at a glance


class ServiceYears(Struct, frozen=True):
    """A service, and how many notes on it there are of each year that has any, UNDATED for those of none."""

    service: "Service"
    notes: Mapping[str, int]


class CrossTab:
    """Counts over a collection; what no request decides is counted once a generation."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._services = OfGeneration[Mapping[str, Sequence[str]]]()
        self._years = OfGeneration[dict[str | None, tuple[ServiceYears, ...]]]()

    def years(self, category: str | None = None) -> tuple[ServiceYears, ...]:
        """Return the services with the most notes, of a category or of all, each with its years."""
        snapshot = self._collection.snapshot()
        if snapshot is None or category not in (None, *self._collection.catalogue.categories):
            return ()
        counted = self._years.get(snapshot.contents, dict)
        if category not in counted:
            counted[category] = tuple(self._years_of(category, snapshot))
        return counted[category]

    def services_of_talks(self) -> Mapping[str, Sequence[str]]:
        """Return the services that any note of a talk is about, by talk."""
        snapshot = self._collection.snapshot()
        return self._services.get(snapshot.contents, lambda: _services_of_talks(snapshot)) if snapshot else {}

    def _years_of(self, category: str | None, snapshot: Snapshot) -> Iterator[ServiceYears]:
        by_slug = self._collection.catalogue.by_slug
        counted = snapshot.reader.search(Query(limit=0, facets=("service",))).facets["service"]
        services = [by_slug[count.value] for count in counted if count.value in by_slug]
        for service in [one for one in services if category in (None, one.category)][:_MOST_SERVICES]:
            about = Query(limit=0, facets=("year",)).select("service", service.slug)
            years = snapshot.reader.search(about).facets["year"]
            yield ServiceYears(service, {year.value: year.count for year in years})


def _services_of_talks(snapshot: Snapshot) -> Mapping[str, Sequence[str]]:
    services = defaultdict[str, list[str]](list)
    for service in snapshot.reader.search(Query(limit=0, facets=("service",))).facets["service"]:
        about = Query(limit=0, facets=("talk",)).select("service", service.value)
        for talk in snapshot.reader.search(about).facets["talk"]:
            services[talk.value].append(service.value)
    return services
