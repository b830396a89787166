"""The façade that every face uses: sync a library into an index, search it, browse it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from index.query import Query
from kb.model import Note, Talk
from kb.services.catalogue import Service

FACETS = ("service", "category", "kind", "event", "year", "talk")


@dataclass(frozen=True, slots=True)
class FacetValue:
    """One value of a facet group as shown: its key, its name, how many notes have it, whether it is selected."""

    value: str
    label: str
    count: int
    selected: bool


@dataclass(frozen=True, slots=True)
class Found:
    """One note that was found, its score, and the ranges of its text to mark."""

    note: Note
    score: float
    marks: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a search gives: how many notes there are, a window of them, and the facets asked for."""

    total: int
    found: tuple[Found, ...]
    facets: Mapping[str, tuple[FacetValue, ...]]
    loosened: bool


@dataclass(frozen=True, slots=True)
class ReportEntry:
    """A report as the index knows it, without its notes."""

    id: str
    source: str
    title: str
    event: str | None
    held_on: str | None
    url: str | None
    talks: tuple[Talk, ...]
    notes: int


@dataclass(frozen=True, slots=True)
class FileProblem:
    """A file of the library that was not indexed, or not wholly: which, where, what is wrong and what to do."""

    source: str
    line: int | None
    message: str


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
class Status:
    """Where things are and what is in them."""

    library: Path
    index: Path
    showing_samples: bool
    reports: int
    talks: int
    notes: int
    up_to_date: bool
    problems: tuple[FileProblem, ...]


@dataclass(frozen=True, slots=True)
class ServiceCount:
    """A service of the catalogue and how many notes are about it; None while there is no index."""

    service: Service
    notes: int | None


class UnknownIdError(LookupError):
    """No note, talk or report has this id; `report` is the report that a note's id names, where that one is known."""

    def __init__(self, message: str, report: ReportEntry | None = None) -> None:
        super().__init__(message)
        self.report = report


class KnowledgeBase:
    """A library and its index, ready to be searched."""

    @classmethod
    def open(cls, library: Path | None = None, index: Path | None = None) -> "KnowledgeBase":
        """Return the knowledge base of a library (else KB_LIBRARY, else data/reports here, else the samples)."""
        raise NotImplementedError

    def sync(self, progress: Callable[[str, int, int], None] | None = None) -> SyncOutcome:
        """Bring the index up to the library; `progress` is told the step, what is done and the total."""
        raise NotImplementedError

    def search(self, query: Query) -> Answer:
        """Answer a query. Groups: `service`, `category`, `kind`, `event`, `year`, `talk`, `report`, and `via`.

        A selected `via` of `explicit` narrows `service` to the notes that name it themselves.
        """
        raise NotImplementedError

    def note(self, note_id: str) -> Note:
        """Return a note. Raises UnknownIdError."""
        raise NotImplementedError

    def talk(self, talk_id: str) -> tuple[Note, ...]:
        """Return all notes on a talk, report by report, in reading order. Raises UnknownIdError."""
        raise NotImplementedError

    def report(self, report_id: str) -> tuple[ReportEntry, tuple[Note, ...]]:
        """Return a report and all its notes in reading order. Raises UnknownIdError."""
        raise NotImplementedError

    def reports(self) -> tuple[ReportEntry, ...]:
        """Return all reports, newest event first, undated last."""
        raise NotImplementedError

    def services(self) -> tuple[ServiceCount, ...]:
        """Return the whole catalogue, index or not, with the number of notes on each."""
        raise NotImplementedError

    def status(self) -> Status:
        """Return where things are and what is in them."""
        raise NotImplementedError
