"""The frozen values of the knowledge base: reports, talks, notes, and what people correct in them."""

from typing import Literal

from msgspec import Struct

Kind = Literal["advice", "problem", "question", "statement", "impression", "label"]
Claim = Literal["advice", "problem"]
NoteType = Literal["bullet", "numbered", "paragraph"]
Via = Literal["explicit", "inherited"]
State = Literal["solved", "unsolved", "answered", "unanswered"]


class Why(Struct, frozen=True, array_like=True):
    """Why a note is about a service: the place and the words that name it.

    The place is the note itself (`here`), a heading or parent note (`above`), or the title of its talk (`talk`). With
    `hand`, a person added the service.
    """

    where: Literal["here", "above", "talk", "hand"]
    words: str = ""  # as written; empty with `hand`
    line: int | None = None  # with `above`


class Mention(Struct, frozen=True):
    """A service that a note is about, and why."""

    service: str  # slug
    via: Via
    why: Why


class Talk(Struct, frozen=True):
    """One session of an event, in a report."""

    id: str
    title: str
    line: int
    track: str | None = None  # without brackets
    start: str | None = None  # HH:MM
    end: str | None = None  # HH:MM
    speakers: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    byline: str = ""  # the rest of the title's line: handles, companies, track, time

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
        """The text for similarity search: the talk, the trail and the note, outermost first."""
        talk = [self.talk.title] if self.talk else []
        return " > ".join([*talk, *(crumb.text for crumb in self.trail), self.text])


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
    asked: tuple[str, ...] = ()  # ids of lines for which kb.toml may decide whether they are talks


class MetadataOverride(Struct, frozen=True):
    """Metadata that a person sets for a report (`kb.toml`, `kb add --event`), in place of the text's own."""

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


class TalkCorrection(Struct, frozen=True):
    """A person's correction of a line: whether it is a talk, and its speakers. None leaves a field unchanged."""

    talk: bool | None = None
    speakers: tuple[str, ...] | None = None
