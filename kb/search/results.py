"""What can be answered: found notes and talks, facet values, what a sync did, what was added, how a library stands."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from msgspec import Struct, field, to_builtins
from msgspec.structs import replace

from index.engine import Hit, Results
from kb.library.file_changes import FileChange
from kb.report.model import Note, Talk
from kb.report.problems import FileProblem
from kb.storage.walk import CONFIGURATION

if TYPE_CHECKING:
    from index.engine import Reason
    from index.messages import Message
    from kb.library.contents import ReportEntry
    from kb.report.difference import Difference
    from kb.services import Service


Tier: TypeAlias = Literal["found", "near"]
"""Whether a note of an answer says what was asked, or is only near."""


class FoundNote(Hit, frozen=True, kw_only=True):
    """A hit with its note, the ranges of its text to mark, and the ids of the dated changes that outdate it."""

    note: Note
    marks: tuple[tuple[int, int], ...] = ()
    overtaken: tuple[str, ...] = ()

    @property
    def shown_reasons(self) -> "tuple[Reason, ...]":
        """The reasons that are shown to people, who read two places: 0.00 points say nothing."""
        return tuple(reason for reason in self.reasons if round(reason.points, 2))


class FoundTalk(Struct, frozen=True):
    """A talk that was found by its title, where it was held as far as that is known, and how many notes it has.

    `found` tells how many of them are found themselves.
    """

    talk: Talk
    event: str | None
    held_on: str | None
    notes: int
    found: int = 0


class SearchResults(Results, frozen=True, kw_only=True):
    """Results of the index with their notes, talks and facet labels.

    - `context_notes`: for each value of the query's `context` on this page, its hits and their related notes, in
      reading order.
    - `talks`: the first of the talks in `titled`.
    - `marks`: the ranges to mark in the titles of talks and in the crumbs above notes; only if reasons were requested.
    """

    hits: tuple[FoundNote, ...]
    near: tuple[FoundNote, ...] = ()
    context_notes: Mapping[str, tuple[Note, ...]] = field(default_factory=dict)
    talks: tuple[FoundTalk, ...] = ()
    marks: Mapping[str, tuple[tuple[int, int], ...]] = field(default_factory=dict)


class SimilarNotes(Struct, frozen=True):
    """A note that is like another: how near in meaning, and of which services both are."""

    note: Note
    cosine: float
    services: tuple[str, ...]


class Surroundings(Struct, frozen=True):
    """Where a note stands: its report, its number there from 1, the notes before and after, what is related.

    The related documents are what stands under it, remedies or answers it, or is remedied or answered by it, in
    reading order.
    """

    report: "ReportEntry"
    number: int
    before: Note | None
    after: Note | None
    related: tuple[Note, ...]


class NoteTaker(Struct, frozen=True):
    """One report that tells of a talk: the talk as it has it, and its notes on it in reading order."""

    report: "ReportEntry"
    talk: Talk
    notes: tuple[Note, ...]


class Why(Struct, frozen=True):
    """What is claimed of a note or a talk (`kind`), how likely it is, and why: features with their weights.

    What speaks for it is positive, the strongest first; nothing of a note whose kind a person told by hand.
    """

    kind: str
    text: str
    sure: float
    reasons: tuple[tuple[str, float], ...]


class ServiceCount(Struct, frozen=True):
    """A service of the catalogue and how many notes are about it; None while there is no index."""

    service: "Service"
    notes: int | None


class SyncOutcome(Struct, frozen=True):
    """What a sync did, in reports, notes and seconds; `difference` is what it changed, None for nothing."""

    new: int
    changed: int
    gone: int
    unchanged: int
    notes: int
    seconds: float
    problems: tuple[FileProblem, ...]
    difference: "Difference | None" = None

    @property
    def read_none(self) -> bool:
        """Whether there are reports, and none of them can be read."""
        return not self.new + self.changed + self.unchanged and any_unreadable(self.problems)

    def record(self) -> dict[str, Any]:
        """Return it as JSON, without what it changed: that may be much, and is asked for by itself."""
        return {**_without(self, "difference"), "problems": [problem.record() for problem in self.problems]}

    def brief(self) -> "SyncOutcome":
        """Return it with no more of what it changed than is kept."""
        return replace(self, difference=self.difference and self.difference.bounded())


class Added(Struct, frozen=True):
    """A file that was put into the library, and the file it took the place of, if any.

    `report` is the id of the report that it is, None for an export or archive, which holds so many `reports`. A file
    that holds the same already stays as it is: `unchanged`. `change` is what can be taken back.
    """

    report: str | None
    source: str
    replaced: str | None
    reports: int = 1
    unchanged: bool = False
    change: FileChange | None = None

    def record(self) -> dict[str, Any]:
        """Return it as JSON, with where lies what it took the place of."""
        return {**_without(self, "change"), "kept": self.kept}

    @property
    def kept(self) -> tuple[str, ...]:
        """Where lies, below the library, what was there before and no longer is."""
        return self.change.kept if self.change else ()


class Status(Struct, frozen=True):
    """Where things are and what is in them; `older_answers` where the index is damaged, but not what it held before.

    `memory` is how many bytes searching takes at most, beside the dictionary; `learned` is from how many corrections of
    each sort the kinds of other notes are told.
    """

    library: Path
    index: Path
    showing_samples: bool
    older_answers: bool
    reports: int
    talks: int
    notes: int
    memory: int
    up_to_date: bool
    problems: tuple[FileProblem, ...]
    kept: tuple[str, ...]  # files that were set aside when reports were replaced or removed
    left_alone: tuple[str, ...]  # files of the library that are no reports: READMEs, those to be ignored, marked ones
    learned: Mapping[str, int] = {}


def any_unreadable(problems: tuple[FileProblem, ...]) -> bool:
    """Return whether any of what is wrong with a library is so with a report, and not with its kb.toml."""
    return any(problem.source != CONFIGURATION for problem in problems)


def _without(outcome: SyncOutcome | Added, name: str) -> dict[str, Any]:
    """Return an outcome as JSON without a field of it."""
    record: dict[str, Any] = to_builtins(replace(outcome, **{name: None}))
    del record[name]
    return record


class UnknownIdError(LookupError):
    """No note, talk or report has this id, or several reports have had it.

    `reports` are those that the id names: of a note that is known no more, or one to choose from several; `near` are
    the ids that are nearly so.
    """

    def __init__(
        self, message: "Message | str", reports: "tuple[ReportEntry, ...]" = (), near: tuple[str, ...] = ()
    ) -> None:
        super().__init__(message)
        self.reports = reports
        self.near = near


class UnknownValueError(LookupError):
    """A facet of known values has none that is called so; `known` are all, `near` those called nearly so."""

    def __init__(self, facet: str, name: str, known: tuple[str, ...], near: tuple[str, ...]) -> None:
        super().__init__(f"no {facet} is called {name!r}")
        self.facet = facet
        self.name = name
        self.known = known
        self.near = near
