"""What talks are narrowed by, each value with how many talks would be listed if it were chosen."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec import Struct

from kb.report.identity import slug
from kb.search.directory import TalkEntry, year

_VALUES: Mapping[str, Callable[[TalkEntry], Sequence[str]]] = {
    "year": lambda entry: (year(entry.held_on),),
    "event": lambda entry: (slug(entry.event),) if entry.event else (),
    "speaker": lambda entry: tuple(dict.fromkeys(entry.talk.speakers)),
}
GROUPS = ("year", "event", "service", "speaker")


class TalkFacet(Struct, frozen=True):
    """How many talks each value of a group would list, and how many there are without a choice in it.

    What is chosen in the other groups holds for both.
    """

    counts: Mapping[str, int]
    without: int


def talk_facets(
    talks: Iterable[TalkEntry], chosen: Mapping[str, str], services: Mapping[str, Sequence[str]]
) -> dict[str, TalkFacet]:
    """Return the facets of some talks by group, given the value that is chosen of each and the services by talk."""
    counts = {group: Counter[str]() for group in GROUPS}
    without = Counter[str]()
    for talk in talks:
        values = {"service": services.get(talk.talk.id, ()), **{key: told(talk) for key, told in _VALUES.items()}}
        unmet = [group for group, value in chosen.items() if value not in values[group]]
        for group in GROUPS:
            if unmet in ([], [group]):
                counts[group].update(values[group])
                without[group] += 1
    return {group: TalkFacet(counts[group], without[group]) for group in GROUPS}
