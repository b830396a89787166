"""What the knowledge base answers with: found notes, facet values, report entries, the outcome of a sync."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from index.engine import Reason
from index.query import Step
from index.tree import Notice
from kb.report.model import Note, Talk
from kb.report.problems import FileProblem
from kb.services.catalogue import Service

KINDS = {
    "advice": "助言",
    "problem": "課題",
    "question": "質問",
    "experience": "事例",
    "fact": "事実",
    "impression": "感想",
    "label": "見出し",
}
VIAS = {"explicit": "明示", "inherited": "継承"}


@dataclass(frozen=True, slots=True)
class FacetValue:
    """One value of a facet group as shown: its key, its name, how many notes have it, whether it is selected."""

    value: str
    label: str
    count: int
    selected: bool


@dataclass(frozen=True, slots=True)
class Found:
    """One note that was found, its score, the ranges of its text to mark, and what made the score where that was asked."""

    note: Note
    score: float
    marks: tuple[tuple[int, int], ...]
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a search gives: how many notes there are, a window of them, and the facets asked for.

    `steps` tells what was done to find more, `notices` what of the query could not be taken as typed. Where the selections leave
    nothing, `freed` gives for each selected group how many notes there would be without it.
    """

    total: int
    found: tuple[Found, ...]
    facets: Mapping[str, tuple[FacetValue, ...]]
    loosened: bool
    steps: tuple[Step, ...] = ()
    notices: tuple[Notice, ...] = ()
    freed: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReportEntry:
    """A report as the index knows it, without its notes; `digest` is the SHA-256 of its file."""

    id: str
    source: str
    digest: str
    title: str
    event: str | None
    held_on: str | None
    url: str | None
    talks: tuple[Talk, ...]
    notes: int


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
    """A report that was put into the library: its id, its file, and the file it took the place of, if any."""

    report: str
    source: str
    replaced: str | None


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
