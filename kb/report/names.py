"""Names that kb.toml merges: several names of one event, or of one person."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Literal, TypeAlias

from msgspec import Struct

from kb.report.identity import normalized

Same: TypeAlias = Literal["events", "people"]
"""The names that are one: of events or of people, as the tables of kb.toml are called."""


def person_key(name: str) -> str:
    """Return the key that all spellings of a person's name have: spaces, case and width make no difference."""
    return normalized(name).replace(" ", "")


class SameNames(Struct, frozen=True, dict=True):
    """Merged names: `said` has the name that each is shown under, which may be merged with another one in turn.

    `key` returns the key that all spellings of a name have.
    """

    key: Callable[[str], str]
    said: Mapping[str, str] = {}

    @cached_property
    def _by_key(self) -> Mapping[str, str]:
        return {self.key(name): shown for name, shown in self.said.items()}

    @cached_property
    def _merged(self) -> Mapping[str, Sequence[str]]:
        """The merged names by the key of the name that they are shown under."""
        merged = defaultdict[str, list[str]](list)
        for name in self.said:
            merged[self.key(self.shown(name))].append(name)
        return merged

    def shown(self, name: str) -> str:
        """Return the name that a name is shown under, at the end of its chain; itself if it is not merged."""
        *_, last = self._chain(name)
        return last

    def merged(self, name: str) -> tuple[str, ...]:
        """Return the names that are shown under this one, in the order of kb.toml."""
        return tuple(one for one in self._merged.get(self.key(name), ()) if one != name)

    def circle(self) -> tuple[str, str] | None:
        """Return two names that lead to each other, or are one name with two meanings; None if there are none."""
        of_keys: dict[str, str] = {}
        for name in self.said:
            other = of_keys.setdefault(self.key(name), name)
            if other != name:
                return other, name
        for name in self.said:
            chain = [*self._chain(name)]
            if self.key(chain[-1]) in map(self.key, chain[:-2]):
                return chain[-1], self._by_key[self.key(chain[-1])]
        return None

    def changed(self, other: "SameNames") -> frozenset[str]:
        """Return the keys of the names that are not shown under the same name in both, as either one shows them."""
        names = {name for name, _ in self.said.items() ^ other.said.items()}
        return frozenset(self.key(shown) for name in names for shown in (name, self.shown(name), other.shown(name)))

    def _chain(self, name: str) -> Iterator[str]:
        """Yield a name and the names that it leads to; in a circle, end with the first name that repeats."""
        seen = set[str]()
        yield name
        while (key := self.key(name)) in self._by_key and key not in seen:
            seen.add(key)
            name = self._by_key[key]
            yield name
