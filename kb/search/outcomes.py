"""What keeping a collection answers with: what a sync did, what was added, how things stand."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from kb.library.file_changes import FileChange
from kb.report.problems import FileProblem
from kb.storage.walk import CONFIGURATION

if TYPE_CHECKING:
    from kb.report.difference import Difference


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
        record: dict[str, Any] = msgspec.to_builtins(replace(self, difference=None))
        del record["difference"]
        return {**record, "problems": [problem.record() for problem in self.problems]}

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
        """Return it as JSON, with where lies what it took the place of, and what was told of that."""
        record: dict[str, Any] = msgspec.to_builtins(replace(self, change=None))
        del record["change"]
        return {**record, "kept": self.kept}

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
