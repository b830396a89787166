"""Counts of one facet by the values of another: notes by service and year, talks by facet."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from index.query import Query
from kb.report.identity import slug
from kb.search.collection import Cached, Collection
from kb.search.directory import TalkEntry
from kb.search.facets import year
from kb.services import Service

_MAX_SERVICES = 12  # rows of the heat map

GROUPS = ("year", "event", "service", "speaker")
"""The facets of talks. The talks of a service come from the index, other values from the talks themselves."""
_VALUES: Mapping[str, Callable[[TalkEntry], Sequence[str]]] = {
    "year": lambda entry: (year(entry),),
    "event": lambda entry: (slug(entry.event),) if entry.event else (),
    "speaker": lambda entry: entry.speakers,
}


class ServiceYears(Struct, frozen=True):
    """A service with its numbers of notes by year, UNDATED for notes without one."""

    service: Service
    notes: Mapping[str, int]


class TalkFacet(Struct, frozen=True):
    """The number of talks of each value of a facet, and of all values (`without`), under the other selections."""

    counts: Mapping[str, int]
    without: int


class CrossTab:
    """Cross tabulations of a collection, cached by generation."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._services = Cached(collection, self._count_services)
        self._years = Cached(collection, lambda category: tuple(self._count_years(category)))

    def years(self, category: str | None = None) -> tuple[ServiceYears, ...]:
        """Return the services with the most notes, of one category or of all, with their years."""
        return self._years(category) if category in (None, *self._collection.catalogue.categories) else ()

    def services_of_talks(self) -> Mapping[str, Sequence[str]]:
        """Return the services that the notes of each talk mention, by talk."""
        return self._services()

    def _count_years(self, category: str | None) -> Iterator[ServiceYears]:
        snapshot, by_slug = self._collection.snapshot(), self._collection.catalogue.by_slug
        counts = snapshot.reader.search(Query(limit=0, facets=("service",))).facets["service"]
        services = [by_slug[count.value] for count in counts if count.value in by_slug]
        for service in [one for one in services if category in (None, one.category)][:_MAX_SERVICES]:
            about = Query(limit=0, facets=("year",)).select("service", service.slug)
            years = snapshot.reader.search(about).facets["year"]
            yield ServiceYears(service, {one.value: one.count for one in years})

    def _count_services(self) -> Mapping[str, Sequence[str]]:
        snapshot, services = self._collection.snapshot(), defaultdict[str, list[str]](list)
        for service in snapshot.reader.search(Query(limit=0, facets=("service",))).facets["service"]:
            about = Query(limit=0, facets=("talk",)).select("service", service.value)
            for talk in snapshot.reader.search(about).facets["talk"]:
                services[talk.value].append(service.value)
        return services


def talk_facets(
    talks: Iterable[TalkEntry], selected: Mapping[str, str], services: Mapping[str, Sequence[str]]
) -> dict[str, TalkFacet]:
    """Return the facets of talks, given the selected value of each group and the services of each talk."""
    found = {group: list[str]() for group in GROUPS}
    without = Counter[str]()

    def values(group: str, talk: TalkEntry) -> Sequence[str]:
        return services.get(talk.talk.id, ()) if group == "service" else _VALUES[group](talk)

    for talk in talks:
        unmet = [group for group, value in selected.items() if value not in values(group, talk)]
        for group in unmet or GROUPS:
            if len(unmet) <= 1:
                found[group] += values(group, talk)
                without[group] += 1
    return {group: TalkFacet(Counter(found[group]), without[group]) for group in GROUPS}
