"""What an index holds, as it remembers it beside its documents: reports, problems, and what it was made from."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from kb.library.files import Library, LibraryError, Scan
from kb.report.identity import slug
from kb.report.model import Talk
from kb.report.problems import FileProblem
from kb.search.answers import ReportEntry


@dataclass(frozen=True)
class Contents:
    """The contents of one generation of an index. `files` maps each file of the library to its SHA-256."""

    library: str
    code: str
    configuration: str
    files: Mapping[str, str]
    reports: tuple[ReportEntry, ...]  # in library order
    problems: tuple[FileProblem, ...]

    @classmethod
    def of(cls, meta: Mapping[str, Any]) -> "Contents":
        """Return the contents that an index was written with."""
        return cls(
            library=meta["library"],
            code=meta["code"],
            configuration=meta["configuration"],
            files=meta["files"],
            reports=tuple(map(_entry, meta["reports"])),
            problems=tuple(FileProblem(**problem) for problem in meta["problems"]),
        )

    def as_meta(self) -> dict[str, Any]:
        """Return the JSON object that an index is to be written with."""
        return asdict(self)

    def is_current(self, library: Library, scan: Scan, code: str) -> bool:
        """Return whether a rebuild would give the same. Raises LibraryError for the index of another library."""
        if self.library != str(library.path):
            raise LibraryError(f"the index is that of {self.library}; name another folder with --index or KB_INDEX")
        wanted = (code, scan.digest, {file.source: file.digest for file in scan.files})
        return (self.code, self.configuration, self.files) == wanted

    @cached_property
    def newest_first(self) -> tuple[ReportEntry, ...]:
        """All reports, newest event first, undated last."""
        return tuple(sorted(self.reports, key=lambda entry: entry.held_on or "", reverse=True))

    @cached_property
    def by_id(self) -> Mapping[str, ReportEntry]:
        """Each report by its id."""
        return {entry.id: entry for entry in self.reports}

    @cached_property
    def talks(self) -> Mapping[str, Talk]:
        """Each talk by its id; of a talk in several reports, the first."""
        return {talk.id: talk for entry in reversed(self.reports) for talk in entry.talks}

    @cached_property
    def events(self) -> Mapping[str, str]:
        """The name of each event by its slug."""
        return {slug(entry.event): entry.event for entry in self.reports if entry.event}


def _entry(fields: dict[str, Any]) -> ReportEntry:
    talks = (Talk(**{**t, "speakers": tuple(t["speakers"]), "links": tuple(t["links"])}) for t in fields["talks"])
    return ReportEntry(**{**fields, "talks": tuple(talks)})
