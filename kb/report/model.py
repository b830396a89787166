"""The frozen values of the knowledge base: reports, talks, notes, and what people correct in them."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct
from msgspec.structs import replace

from index.datafiles import CONTROL, quoted
from kb.report.dates import is_date
from kb.report.identity import talk_id_at

Kind = Literal["advice", "problem", "question", "statement", "impression", "label"]
Claim = Literal["advice", "problem"]
NoteType = Literal["bullet", "numbered", "paragraph"]
Via = Literal["explicit", "inherited"]
State = Literal["solved", "unsolved", "answered", "unanswered"]
About = Literal["matter", "event"]
LineRole = Literal["talk", "part", "other"]
TalkOverride = bool | Literal["ends"]
"""Whether a line is a talk. With `ends` it is no talk, and the talk above ends there."""

_MAX_PASSAGE = 4_000  # characters; the model takes a second for so many, and the longest known notes have 1,000


class Why(Struct, frozen=True, array_like=True):
    """Why a note is about a service: the place and the words that name it.

    The place is the note itself (`here`), a heading or parent note (`above`), or the title of its talk (`talk`). With
    `hand`, a person added the service, with `assistant` the assistant named in `words`.
    """

    where: Literal["here", "above", "talk", "hand", "assistant"]
    words: str = ""  # as written; empty with `hand`
    line: int | None = None  # with `above`


class Mention(Struct, frozen=True):
    """A service that a note is about, and why."""

    service: str  # slug
    via: Via
    why: Why


class Talk(Struct, frozen=True):
    """One session of an event, in a report.

    Its id follows from its title as `written`, which is empty unless the title was corrected. `read_by` is the
    assistant that read its line.
    """

    id: str
    title: str
    line: int
    track: str | None = None  # without brackets
    start: str | None = None  # HH:MM
    end: str | None = None  # HH:MM
    speakers: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    byline: str = ""  # the rest of the title's line: handles, companies, track, time
    written: str = ""
    read_by: str = ""

    @property
    def written_title(self) -> str:
        """The title as the report has it."""
        return self.written or self.title

    @property
    def heading(self) -> str:
        """The text that finds the talk: its title and byline, and the track and speakers that these do not have."""
        said = f"{self.title} {self.byline}".rstrip()
        return " ".join((said, *(part for part in (self.track, *self.speakers) if part and part not in said)))


class Crumb(Struct, frozen=True):
    """One step of a trail: a heading or a parent note."""

    text: str
    line: int
    note: str | None = None  # id of the parent note


class Note(Struct, frozen=True):
    """One bullet, numbered item or paragraph of a report: the unit that is indexed and found.

    - `trail`: its path inside its talk, outermost first: headings below the talk's heading, then parent bullets.
    - `likely`: advice or a problem if it is likely that, but not surely; None if `kind` is one of these.
    - `sure`: the probability of its kind. `advice` and `problem`: the probabilities of these kinds.
    - `states`: whether problems and questions are solved or answered, in the note itself and the notes under it.
    - `attached`: the tables and code below it, as text.
    - `about`: the matter of the talks, or the event and the writer's own day: the venue, the food, the way home.
    - `changes`: the ids of the dated changes that make it outdated, if an assistant says which; else None.
    - `read_by`: the assistant that read it, empty if none did, or if its kind is a person's.
    """

    id: str
    report: str
    source: str
    line: int
    type: NoteType
    depth: int
    text: str
    trail: tuple[Crumb, ...] = ()
    event: str | None = None
    held_on: str | None = None
    published: str | None = None
    talk: Talk | None = None
    kind: Kind = "statement"
    likely: Claim | None = None
    sure: float = 1.0
    advice: float = 0.0
    problem: float = 0.0
    services: tuple[Mention, ...] = ()
    remedy_of: str | None = None
    answers: str | None = None
    states: tuple[State, ...] = ()
    attached: tuple[str, ...] = ()
    report_title: str = ""
    about: About = "matter"
    changes: tuple[str, ...] | None = None
    read_by: str = ""

    @property
    def place_title(self) -> str:
        """The title of its talk, or of its report outside of talks."""
        return self.talk.title if self.talk else self.report_title

    @property
    def parent(self) -> str | None:
        """The id of its parent note, if any."""
        return self.trail[-1].note if self.trail else None

    @property
    def passage(self) -> str:
        """The text for similarity search: the talk, the trail and the note, outermost first; long ones are cut."""
        talk = [self.talk.written_title] if self.talk else []  # a corrected title needs no new vectors
        return " > ".join([*talk, *(crumb.text for crumb in self.trail), self.text])[:_MAX_PASSAGE]


class Report(Struct, frozen=True):
    """One post about one event, with its talks and notes in reading order."""

    id: str
    source: str
    title: str
    event: str | None
    held_on: str | None  # 2018, 2018-03 or 2018-03-10, as precise as the report; never guessed
    talks: tuple[Talk, ...]
    notes: tuple[Note, ...]
    url: str | None = None
    published: str | None = None  # the day of the post, which is not the day of the event
    former: tuple[str, ...] = ()  # earlier ids of the report


class MetadataOverride(Struct, frozen=True):
    """Metadata that a person sets for a report (`kb.toml`, `kb add --event`), in place of the text's own.

    An assistant may say "" for an event or day that the text does not have.
    """

    event: str | None = None
    held_on: str | None = None
    url: str | None = None
    published: str | None = None
    former: tuple[str, ...] = ()  # earlier ids of the report, so that old links and corrections still work

    def over(self, known: "MetadataOverride") -> "MetadataOverride":
        """Return this with unset fields filled from `known`."""
        return MetadataOverride(*(getattr(self, key) or getattr(known, key) for key in self.__struct_fields__))


class Correction(Struct, frozen=True):
    """A person's correction of the services and the kind of one note."""

    adds: tuple[str, ...] = ()  # services
    removes: tuple[str, ...] = ()  # services
    kind: Kind | None = None
    denied: tuple[Claim, ...] = ()  # kinds that the note does not have, if `kind` is unknown
    no_answer_to: tuple[str, ...] = ()  # searches, as typed, for which the note must not be quoted

    @property
    def of_kind(self) -> bool:
        """Whether it corrects the kind, from which the kinds of other notes may be learned."""
        return bool(self.kind or self.denied)

    @property
    def tagged(self) -> Mapping[str, bool]:
        """Whether the note is about a service, by the slug of each corrected one."""
        return {**dict.fromkeys(self.adds, True), **dict.fromkeys(self.removes, False)}

    def with_tagged(self, tagged: Mapping[str, bool | None]) -> "Correction":
        """Return this with other services; with None a service is not corrected."""
        adds = tuple(slug for slug, is_tagged in tagged.items() if is_tagged)
        removes = tuple(slug for slug, is_tagged in tagged.items() if is_tagged is False)
        return replace(self, adds=adds, removes=removes)


class TalkCorrection(Struct, frozen=True):
    """A person's correction of a line: whether it is a talk, its speakers and title. None leaves a field unchanged."""

    talk: TalkOverride | None = None
    speakers: tuple[str, ...] | None = None
    title: str | None = None


class CorrectionSet(Struct, frozen=True):
    """A person's corrections of notes, and of talks or lines, by their ids. Empty ones take out what is in kb.toml."""

    notes: Mapping[str, Correction] = {}
    talks: Mapping[str, TalkCorrection] = {}

    def of_report(self, report: Report) -> "CorrectionSet":
        """Return corrections by whole ids, if these are by the own parts of ids in a report."""
        return CorrectionSet(
            {f"{report.id}/{own}": one for own, one in self.notes.items()},
            {talk_id_at(own, report.event): one for own, one in self.talks.items()},
        )


NO_CORRECTIONS = CorrectionSet()


_Short = Annotated[str, Meta(max_length=200)]
_Name = Annotated[str, Meta(max_length=100)]


class LineReading(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """The reading of one line of a report, or of the report, by an assistant; None where it says nothing.

    A person's correction wins over it. `of` is the key of the line (`kb.talks.lines.line_keys`), or that of the title
    (`report_key`) for the `event` and the day, `held_on`, "" if the report has none. `remedy_of` and `answers` are
    keys of lines, "" for none. `was` is what kb said instead, for people. A person took back what it said if it is
    `undone`.
    """

    of: Annotated[str, Meta(min_length=1, max_length=20)]
    by: Annotated[str, Meta(min_length=1, max_length=60)]
    at: Annotated[str, Meta(max_length=30)]  # ISO 8601, UTC
    text: Annotated[str, Meta(max_length=60)] = ""  # how the line begins, for people
    event: _Short | None = None
    held_on: str | None = None
    role: LineRole | None = None
    title: _Short | None = None
    speakers: Annotated[tuple[_Name, ...], Meta(max_length=30)] | None = None
    kind: Kind | None = None
    about: About | None = None
    add: tuple[str, ...] = ()  # services
    remove: tuple[str, ...] = ()  # services
    remedy_of: str | None = None
    answers: str | None = None
    changes: tuple[str, ...] | None = None
    was: Mapping[str, Any] = {}
    undone: bool = False

    def __post_init__(self) -> None:
        """Raise ValueError for a day or a name that cannot be; a person may have edited the file."""
        names = (self.event or "", self.title or "", *(self.speakers or ()))
        if CONTROL.search("".join(names)) or "" in names[2:]:
            raise ValueError("event, title and speakers are one line each, and a speaker has a name")
        if self.held_on and not is_date(self.held_on):
            raise ValueError(f"held_on cannot be {quoted(self.held_on)}; write 2018, 2018-03 or 2018-03-10")
