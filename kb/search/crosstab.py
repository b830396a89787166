"""Counts of one facet by the values of another: notes by service and year, talks by what they are narrowed by."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from index.query import Query
from kb.report.identity import slug
from kb.search.collection import Collection, GenerationCache, Snapshot
from kb.search.directory import TalkEntry, year

if TYPE_CHECKING:
    from kb.services import Service

_MOST_SERVICES = 12  # rows that are taken in at a glance

GROUPS = ("year", "event", "service", "speaker")
"""What talks are narrowed by; of a service the index knows the talks, of the others the talks tell the values."""
_VALUES: Mapping[str, Callable[[TalkEntry], Sequence[str]]] = {
    "year": lambda entry: (year(entry.held_on),),
    "event": lambda entry: (slug(entry.event),) if entry.event else (),
    "speaker": lambda entry: tuple(dict.fromkeys(entry.talk.speakers)),
}


class ServiceYears(Struct, frozen=True):
    """A service, and how many notes on it there are of each year that has any, UNDATED for those of none."""

    service: "Service"
    notes: Mapping[str, int]


class TalkFacet(Struct, frozen=True):
    """How many talks each value of a group would list, and how many there are without a choice in it.

    What is chosen in the other groups holds for both.
    """

    counts: Mapping[str, int]
    without: int


class CrossTab:
    """Counts over a collection; what no request decides is counted once a generation."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._services = GenerationCache[Mapping[str, Sequence[str]]]()
        self._years = GenerationCache[tuple[ServiceYears, ...]]()

    def years(self, category: str | None = None) -> tuple[ServiceYears, ...]:
        """Return the services with the most notes, of a category or of all, each with its years."""
        snapshot = self._collection.snapshot()
        if snapshot is None or category not in (None, *self._collection.catalogue.categories):
            return ()
        return self._years.get(snapshot.contents, lambda: tuple(self._years_of(category, snapshot)), category)

    def _years_of(self, category: str | None, snapshot: Snapshot) -> Iterator[ServiceYears]:
        by_slug = self._collection.catalogue.by_slug
        counts = snapshot.reader.search(Query(limit=0, facets=("service",))).facets["service"]
        services = [by_slug[count.value] for count in counts if count.value in by_slug]
        for service in [one for one in services if category in (None, one.category)][:_MOST_SERVICES]:
            about = Query(limit=0, facets=("year",)).select("service", service.slug)
            years = snapshot.reader.search(about).facets["year"]
            yield ServiceYears(service, {one.value: one.count for one in years})

    def services_of_talks(self) -> Mapping[str, Sequence[str]]:
        """Return the services that any note of a talk is about, by talk."""
        snapshot = self._collection.snapshot()
        if snapshot is None:
            return {}

        def count() -> Mapping[str, Sequence[str]]:
            services = defaultdict[str, list[str]](list)
            for service in snapshot.reader.search(Query(limit=0, facets=("service",))).facets["service"]:
                about = Query(limit=0, facets=("talk",)).select("service", service.value)
                for talk in snapshot.reader.search(about).facets["talk"]:
                    services[talk.value].append(service.value)
            return services

        return self._services.get(snapshot.contents, count)


def talk_facets(
    talks: Iterable[TalkEntry], chosen: Mapping[str, str], services: Mapping[str, Sequence[str]]
) -> dict[str, TalkFacet]:
    """Return the facets of some talks by group, given the value that is chosen of each and the services by talk."""
    counts = {group: Counter[str]() for group in GROUPS}
    without = Counter[str]()
    for talk in talks:
        values = {"service": services.get(talk.talk.id, ()), **{key: of_talk(talk) for key, of_talk in _VALUES.items()}}
        unmet = [group for group, value in chosen.items() if value not in values[group]]
        for group in GROUPS:
            if unmet in ([], [group]):
                counts[group].update(values[group])
                without[group] += 1
    return {group: TalkFacet(counts[group], without[group]) for group in GROUPS}
