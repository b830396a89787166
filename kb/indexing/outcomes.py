"""The results of changing a library or its index: a sync, an added report, the status of both."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct, to_builtins
from msgspec.structs import replace

from kb.library.contents import Strengths, Unused
from kb.library.file_changes import FileChange
from kb.library.tables import LessonTable
from kb.report.model import Claim
from kb.report.problems import FileProblem
from kb.storage.walk import CONFIGURATION

if TYPE_CHECKING:  # `kb status` reads no differences
    from kb.report.difference import Difference, Item


class SyncOutcome(Struct, frozen=True):
    """The numbers of reports and notes that a sync found, its duration in seconds, and the difference it made.

    `moved` are the new sources, by their old ones, of moved files whose corrections and readings followed. `unused` are
    the corrections in kb.toml that apply to nothing.
    """

    new: int
    changed: int
    gone: int
    unchanged: int
    notes: int
    seconds: float
    problems: tuple[FileProblem, ...]
    difference: "Difference | None" = None
    moved: Mapping[str, str] = {}
    unused: tuple[Unused, ...] = ()

    @property
    def read_none(self) -> bool:
        """Whether the library has reports, but none of them can be read."""
        return not self.new + self.changed + self.unchanged and any_unreadable(self.problems)

    def record(self) -> dict[str, Any]:
        """Return the JSON of this outcome without the difference, which may be large and has its own request."""
        return {**_without(self, "difference"), "problems": [problem.record() for problem in self.problems]}


class Added(Struct, frozen=True):
    """A file written into the library, and the file that it replaced.

    `report` is the id of the new report, or None for an export or archive of several `reports`. `unchanged` means that
    the library already held the same bytes. `change` can be undone.
    """

    report: str | None
    source: str
    replaced: str | None
    reports: int = 1
    unchanged: bool = False
    change: FileChange | None = None

    def record(self) -> dict[str, Any]:
        """Return the JSON of this addition, with the paths of the backups."""
        return {**_without(self, "change"), "kept": self.kept}

    @property
    def kept(self) -> tuple[str, ...]:
        """The paths, relative to the library, of the backups of replaced files."""
        return self.change.kept if self.change else ()


class LessonPreview(Struct, frozen=True):
    """A lesson that is not learned yet, the number of its new corrections, and the notes that it would change.

    `read` is the number of its new examples that assistants read.
    A lesson that changes too many notes at any strength cannot be learned.
    """

    lesson: LessonTable
    new: int
    read: int
    changes: "tuple[Item, ...]"
    too_many: bool


class Status(Struct, frozen=True):
    """The locations, sizes and problems of a library and its index."""

    library: Path
    index: Path
    showing_samples: bool
    older_answers: bool  # the newest generation is damaged, so the one before it answers
    reports: int
    talks: int
    notes: int
    memory: int  # bytes that a search needs at most, without the dictionary of SudachiPy
    up_to_date: bool
    problems: tuple[FileProblem, ...]
    kept: tuple[str, ...]  # backups of reports that were replaced or removed
    left_alone: tuple[str, ...]  # files that are not reports: READMEs, ignored files, drafts
    learned: Mapping[str, int] = {}  # corrections that the library's lesson learns from, by sort
    claims: Mapping[Claim, Strengths] = {}
    reader: str = ""  # the sentence model that reads notes, empty if words alone classify all
    read: int = 0  # notes that it has read; words alone classify the others until then
    read_by: Mapping[str, int] = {}  # lines that each assistant read, by its name
    unused: tuple[Unused, ...] = ()  # corrections in kb.toml that apply to nothing


def any_unreadable(problems: tuple[FileProblem, ...]) -> bool:
    """Return whether any problem is one of a report and not of kb.toml."""
    return any(problem.source != CONFIGURATION for problem in problems)


def any_mistake(problems: tuple[FileProblem, ...]) -> bool:
    """Return whether kb.toml has a mistake: the invalid correction, or the whole file, is not used."""
    return any(problem.source == CONFIGURATION for problem in problems)


def _without(outcome: SyncOutcome | Added, name: str) -> dict[str, Any]:
    record: dict[str, Any] = to_builtins(replace(outcome, **{name: None}))
    del record[name]
    return record
