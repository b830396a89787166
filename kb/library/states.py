"""What a file of a library is at one moment, and how it became another: what can be taken back, and done again."""

import hashlib
from collections.abc import Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from kb.report.model import MetadataOverride


class State(Struct, frozen=True):
    """The SHA-256 of a file's bytes, None where there is no file, and what is told of it and of each report in it."""

    digest: str | None
    given: Mapping[str, MetadataOverride] = {}


class Change(Struct, frozen=True):
    """How a file became another; `kept` is where lies, below the library, what was there before and no longer is."""

    source: str
    before: State
    after: State
    kept: tuple[str, ...] = ()

    @property
    def reverse(self) -> "Change":
        """What takes it back."""
        return Change(self.source, self.after, self.before)

    @property
    def forgets(self) -> bool:
        """Whether something that was told is told no more."""
        return any(self.after.given.get(place) != told for place, told in self.before.given.items())


def joined(changes: Iterable[Change]) -> list[Change]:
    """Return changes, in their order, as one for each file that became another."""
    whole: dict[str, Change] = {}
    for change in changes:
        first = whole.get(change.source, Change(change.source, change.before, change.before))
        whole[change.source] = replace(change, before=first.before, kept=(*first.kept, *change.kept))
    return [change for change in whole.values() if change.before != change.after]


def digest_of(data: bytes) -> str:
    """Return the SHA-256 of bytes."""
    return hashlib.sha256(data).hexdigest()


def told_of(given: Mapping[str, MetadataOverride], source: str) -> Mapping[str, MetadataOverride]:
    """Return what is told of a file and of the reports in it, each by its source."""
    inside = (f"{source}#", f"{source}!/")
    return {place: told for place, told in given.items() if place == source or place.startswith(inside)}


def with_told(known: MetadataOverride, given: MetadataOverride) -> MetadataOverride:
    """Return what is known of a report with what is told of it now; what that leaves open stays."""
    fields = known.__struct_fields__
    return MetadataOverride(**{name: getattr(given, name) or getattr(known, name) for name in fields})
