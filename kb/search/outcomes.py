"""What keeping a collection answers with: what a sync did, what was added, how things stand."""

from dataclasses import dataclass
from pathlib import Path

from kb.report.problems import FileProblem


@dataclass(frozen=True, slots=True)
class SyncOutcome:
    """What a sync did, in reports, notes and seconds."""

    new: int
    changed: int
    gone: int
    unchanged: int
    notes: int
    seconds: float
    problems: tuple[FileProblem, ...]


@dataclass(frozen=True, slots=True)
class Added:
    """A file that was put into the library, and the file it took the place of, if any.

    `report` is the id of the report that it is, None for an export or archive, which holds so many `reports`. A file
    that holds the same already stays as it is: `unchanged`.
    """

    report: str | None
    source: str
    replaced: str | None
    reports: int = 1
    unchanged: bool = False


@dataclass(frozen=True, slots=True)
class Status:
    """Where things are and what is in them; `older_answers` where the index is damaged, but not what it held before.

    `memory` is how many bytes searching takes at most, beside the dictionary.
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
    left_alone: tuple[str, ...]  # files of the library that are no reports: READMEs, those to be ignored, marked ones
