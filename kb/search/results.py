"""The results of a search: found notes and talks, facet counts with their labels, and the two lookup errors."""

from collections.abc import Mapping
from typing import Literal, TypeAlias

from msgspec import Struct, field

from index.engine import Hit, Reason, Results
from index.messages import Message
from kb.library.contents import ReportEntry
from kb.report.identity import slug
from kb.report.model import Note, Talk

Tier: TypeAlias = Literal["found", "near"]
"""Whether a note has every word of the query, or only some or a similar meaning."""


class Relevance(Struct, frozen=True):
    """The probabilities that a note answers a query, and that it is useful, whether or not as an answer.

    `gain` decides the order: both probabilities, and the score.
    """

    answers: float
    useful: float
    gain: float = 0.0


class FoundNote(Hit, frozen=True, kw_only=True):
    """A hit with its note, the ranges of its text to mark, the ids of the changes that outdate it, and its tier.

    `relevance` is how likely the note is useful and answers the query, None if it was not compared with it.
    """

    note: Note
    relevance: Relevance | None = None
    marks: tuple[tuple[int, int], ...] = ()
    overtaken: tuple[str, ...] = ()
    tier: Tier = "found"

    @property
    def shown_reasons(self) -> tuple[Reason, ...]:
        """The reasons that do not round to 0.00 points."""
        return tuple(reason for reason in self.reasons if round(reason.points, 2))


class FoundEvent(Struct, frozen=True):
    """An event that a query names, with its number of notes."""

    event: str
    held_on: str | None
    published: str | None
    notes: int

    @property
    def slug(self) -> str:
        """The value of the event in addresses and filters."""
        return slug(self.event)


class FoundTalk(Struct, frozen=True):
    """A talk whose title has every word of the query, with its numbers of notes and of found notes."""

    talk: Talk
    event: str | None
    held_on: str | None
    published: str | None
    notes: int
    found: int = 0


class SearchResults(Results, frozen=True, kw_only=True):
    """Results of the index with their notes, talks and facet labels.

    - `far`: the nearest notes if nothing is found and not even these are near enough to be useful.
    - `context_notes`: for each value of the query's `context` on this page, its hits and their related notes, in
      reading order.
    - `events`: the events that the text names, newest first; `besides` is the rest of the text.
    - `talks`: the first of the talks in `titled`, which here also has talks without notes.
    - `likely`: the number of hits that only likely are of the selected kind. They come after the sure ones.
    - `marks`: the ranges to mark in the titles of talks and in the crumbs above notes; only if reasons were requested.
    """

    hits: tuple[FoundNote, ...]
    likely: int = 0
    near: tuple[FoundNote, ...] = ()
    far: tuple[FoundNote, ...] = ()
    context_notes: Mapping[str, tuple[Note, ...]] = field(default_factory=dict)
    events: tuple[FoundEvent, ...] = ()
    besides: str = ""
    talks: tuple[FoundTalk, ...] = ()
    marks: Mapping[str, tuple[tuple[int, int], ...]] = field(default_factory=dict)


class UnknownIdError(LookupError):
    """No note, talk or report has this id, or several reports have had it.

    `reports` are the reports that the id may mean, `near` the ids with nearly the same spelling.
    """

    def __init__(
        self, message: Message | str, reports: tuple[ReportEntry, ...] = (), near: tuple[str, ...] = ()
    ) -> None:
        super().__init__(message)
        self.reports = reports
        self.near = near


class UnknownValueError(LookupError):
    """A facet with a fixed set of values has no value of this name.

    `known` are all its values, `near` those with nearly the same spelling.
    """

    def __init__(self, facet: str, name: str, known: tuple[str, ...], near: tuple[str, ...]) -> None:
        super().__init__(f"no {facet} is called {name!r}")
        self.facet = facet
        self.name = name
        self.known = known
        self.near = near
