"""What searching and browsing answer with: found notes and talks, facet values, services with their counts."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from msgspec import Struct, field

if TYPE_CHECKING:
    from index.engine import ConditionCount, MeantCount, Reason, WordCount
    from index.query import Step
    from index.sentences import Sentence
    from index.tree import Notice
    from kb.library.contents import ReportEntry
    from kb.report.model import Note, Talk
    from kb.services import Service


Tier: TypeAlias = Literal["found", "near"]
"""Whether a note of an answer says what was asked, or is only near."""


class FacetValue(NamedTuple):
    """One value of a facet group as shown: its key, its name, how many notes have it, whether it is selected.

    A tuple, for a page may have thousands of them.
    """

    value: str
    label: str
    count: int  # type: ignore[assignment]  # as that of FacetCount
    selected: bool


class Found(Struct, frozen=True):
    """One note that was found, its score, the ranges of its text to mark, and what made the score where asked.

    `overtaken` are the ids of the dated changes that have overtaken it.
    """

    note: "Note"
    score: float
    marks: tuple[tuple[int, int], ...]
    reasons: "tuple[Reason, ...]" = ()
    overtaken: tuple[str, ...] = ()

    @property
    def told_reasons(self) -> "tuple[Reason, ...]":
        """The reasons that are worth telling people, who read two places: 0.00 points tell nothing."""
        return tuple(reason for reason in self.reasons if round(reason.points, 2))


class FoundTalk(Struct, frozen=True):
    """A talk that was found by its title, where it was held as far as that is known, and how many notes it has.

    `found` tells how many of them are found themselves.
    """

    talk: "Talk"
    event: str | None
    held_on: str | None
    notes: int
    found: int = 0


class Answer(Struct, frozen=True):
    """What a search gives: how many notes there are, a window of them, and the facets asked for.

    `near` are the notes that follow the last that is found: they have only some of the words, or are like the query.
    `steps` tells what was done to find more, `notices` what of the query could not be taken as typed. Where the
    selections leave nothing, `freed` gives for each selected group how many notes there would be without it. `without`
    gives the same for each selected value alone, `unknown` the selected values that no note has. `unlisted` tells for
    each facet of which not all values were asked how many there are besides. Where few are found, `words` and
    `conditions` tell what each part of the text has to do with that; `meant` tells what may be meant instead of a word.
    `around` holds for each value that the window has in the query's `context` the notes that are found and those that
    belong to them, in reading order, `found_in` how many notes are found there in all. `talks` are those whose title
    has every word, each with how many of its notes meet the conditions: the first of all `titled`. Where reasons were
    asked for, `marks` gives for each title, and for each crumb above the notes, the ranges of it to mark.
    """

    total: int
    found: tuple[Found, ...]
    facets: Mapping[str, tuple[FacetValue, ...]]
    loosened: bool
    near: tuple[Found, ...] = ()
    steps: "tuple[Step, ...]" = ()
    notices: "tuple[Notice, ...]" = ()
    freed: Mapping[str, int] = field(default_factory=dict)
    without: Mapping[tuple[str, str], int] = field(default_factory=dict)
    unknown: tuple[tuple[str, str], ...] = ()
    unlisted: Mapping[str, int] = field(default_factory=dict)
    words: "tuple[WordCount, ...]" = ()
    meant: "tuple[MeantCount, ...]" = ()
    conditions: "tuple[ConditionCount, ...]" = ()
    around: "Mapping[str, tuple[Note, ...]]" = field(default_factory=dict)
    found_in: Mapping[str, int] = field(default_factory=dict)
    talks: tuple[FoundTalk, ...] = ()
    titled: int = 0
    marks: Mapping[str, tuple[tuple[int, int], ...]] = field(default_factory=dict)


class SimilarNotes(Struct, frozen=True):
    """A note that is like another: how near in meaning, and of which services both are."""

    note: "Note"
    cosine: float
    services: tuple[str, ...]


class Surroundings(Struct, frozen=True):
    """Where a note stands: its report, its number there from 1, the notes before and after, what is related.

    The related documents are what stands under it, remedies or answers it, or is remedied or answered by it, in
    reading order.
    """

    report: "ReportEntry"
    number: int
    before: "Note | None"
    after: "Note | None"
    related: "tuple[Note, ...]"


class NoteTaker(Struct, frozen=True):
    """One report that tells of a talk: the talk as it has it, and its notes on it in reading order."""

    report: "ReportEntry"
    talk: "Talk"
    notes: "tuple[Note, ...]"


class Why(Struct, frozen=True):
    """What is claimed of a note or a talk (`kind`), how likely it is, and why: features with their weights.

    What speaks for it is positive, the strongest first; nothing where a person told it by hand.
    """

    kind: str
    text: str
    sure: float
    reasons: tuple[tuple[str, float], ...]


class ServiceCount(Struct, frozen=True):
    """A service of the catalogue and how many notes are about it; None while there is no index."""

    service: "Service"
    notes: int | None


class UnknownIdError(LookupError):
    """No note, talk or report has this id, or several reports have had it.

    `reports` are those that the id names: of a note that is known no more, or one to choose from several; `near` are
    the ids that are nearly so.
    """

    def __init__(
        self, message: "Sentence | str", reports: "tuple[ReportEntry, ...]" = (), near: tuple[str, ...] = ()
    ) -> None:
        super().__init__(message)
        self.reports = reports
        self.near = near


class UnknownValueError(LookupError):
    """A facet of known values has none that is called so; `known` are all that it has."""

    def __init__(self, facet: str, name: str, known: tuple[str, ...]) -> None:
        super().__init__(f"no {facet} is called {name!r}")
        self.facet = facet
        self.name = name
        self.known = known
