"""What the knowledge base is made of: reports, talks, notes, and the services a note is about. Frozen values."""

from typing import Literal

from msgspec import Struct

Kind = Literal["advice", "problem", "question", "statement", "impression", "label"]
Claim = Literal["advice", "problem"]
NoteType = Literal["bullet", "numbered", "paragraph"]
Via = Literal["explicit", "inherited"]
State = Literal["solved", "unsolved", "answered", "unanswered"]


class Why(Struct, frozen=True, array_like=True):
    """What makes a note one about a service: the words that name it, as written, and where they stand.

    That is the note itself (`here`), what it stands under, at a line (`above`), or the title of its talk; or a person
    added it by `hand`, and there are no words.
    """

    where: Literal["here", "above", "talk", "hand"]
    words: str = ""
    line: int | None = None


class Mention(Struct, frozen=True):
    """One service a note is about, and how we know. `service` is its slug."""

    service: str
    via: Via
    why: Why


class Talk(Struct, frozen=True):
    """One session in a report. Times are `HH:MM`, a track has no brackets."""

    id: str
    title: str
    line: int
    track: str | None = None
    start: str | None = None
    end: str | None = None
    speakers: tuple[str, ...] = ()
    links: tuple[str, ...] = ()


class Crumb(Struct, frozen=True):
    """One step of a trail: a heading (`note` is None) or a parent note, and its line."""

    text: str
    line: int
    note: str | None = None


class Note(Struct, frozen=True):
    """One bullet, numbered item or paragraph of a report: the unit that is indexed and found.

    `trail` is where it stands inside its talk, outermost first: headings below the talk's, then parent bullets.
    `attached` are the tables and code that follow it, as text. `sure` is how likely its kind is, `advice` and `problem`
    how likely it is one whatever it is called: all from 0 to 1. `states` are those of what is taken for a problem or a
    question: of the note itself, and of what stands under it.
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
        """The title of what it stands in: its talk, or its report where it stands outside of talks."""
        return self.talk.title if self.talk else self.report_title

    @property
    def parent(self) -> str | None:
        """The id of the bullet it stands under, if any."""
        return self.trail[-1].note if self.trail else None

    @property
    def passage(self) -> str:
        """The text that it is found by similarity by: what it stands in, outermost first, and itself."""
        talk = [self.talk.title] if self.talk else []
        return " > ".join([*talk, *(crumb.text for crumb in self.trail), self.text])


class Report(Struct, frozen=True):
    """One post about one event, read whole: its talks and notes in reading order.

    `held_on` is a date of the precision that the report has (`2018`, `2018-03`, `2018-03-10`) or None: it is never
    guessed. `published` is the day of the post, a fact of its own and never the event's. `asked` are the ids under
    which kb.toml may say of its lines whether they are talks.
    """

    id: str
    source: str
    title: str
    event: str | None
    held_on: str | None
    talks: tuple[Talk, ...]
    notes: tuple[Note, ...]
    url: str | None = None
    published: str | None = None
    asked: tuple[str, ...] = ()


class MetadataOverride(Struct, frozen=True):
    """Metadata that a person gives a report (`kb.toml`, `kb add --event`), in place of what stands in it.

    `former` are the ids that it had before that: corrections of its notes under them, and links, still reach it.
    """

    event: str | None = None
    held_on: str | None = None
    url: str | None = None
    published: str | None = None
    former: tuple[str, ...] = ()

    def over(self, known: "MetadataOverride") -> "MetadataOverride":
        """Return this with what it leaves open as another tells it."""
        return MetadataOverride(*(getattr(self, key) or getattr(known, key) for key in self.__struct_fields__))


class Correction(Struct, frozen=True):
    """What a person says of the services and the kind of one note, in place of what follows from its text.

    `denied` are the kinds that it is not of, where nobody said which it is of; `no_answer_to` are the searches that it
    is not to be quoted for, as typed.
    """

    adds: tuple[str, ...] = ()
    removes: tuple[str, ...] = ()
    kind: Kind | None = None
    denied: tuple[Claim, ...] = ()
    no_answer_to: tuple[str, ...] = ()


class TalkCorrection(Struct, frozen=True):
    """What a person says of a line: whether it is a talk, and who speaks in it; None for what they left open."""

    talk: bool | None = None
    speakers: tuple[str, ...] | None = None
