"""The headings of a report that may be talks, each as its words and blocks tell, and among the others of its report."""

from collections.abc import Sequence
from dataclasses import dataclass

from index.text import letters
from kb.talks.bylines import habit_of
from kb.talks.heading import TalkHeading, read_heading
from kb.talks.links import materials_of
from kb.talks.parts import Part
from kb.talks.speakers import speakers_of
from kb.talks.timetable import is_one_of, titles_in
from kb.talks.wording import Role

_NEVER: tuple[Role, ...] = ("title", "line")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A heading that may be a talk: `role` is what its words alone say, the others what stands directly below it."""

    index: int  # of its part
    part: Part
    role: Role
    length: int  # letters
    read: TalkHeading
    listed: bool  # bullets
    linked: bool  # slides or a video
    named: bool  # a person
    scheduled: bool  # its title stands in a timetable

    @property
    def marked(self) -> bool:
        """Whether it has what hardly anything but a talk's heading has."""
        return self.read.marked


@dataclass(frozen=True, slots=True)
class Place:
    """A candidate among the others of its report."""

    own: Candidate
    like: Sequence[Candidate]  # of its level and below the same heading
    level: Sequence[Candidate]  # of its level anywhere, but for those whose words tell what they are
    every: Sequence[Candidate]
    above: Sequence[Candidate]
    below: Sequence[Candidate]
    event: str  # its name's letters


def places_of(parts: Sequence[Part], roles: Sequence[Role], event: str | None) -> list[Place]:
    """Return the headings that may be talks, in file order."""
    habit = habit_of([part.text for part, role in zip(parts, roles, strict=True) if role == "open" and part.heading])
    timetable = titles_in([block for part in parts for block in part.blocks])
    candidates = {
        i: _candidate(i, part, roles[i], habit, timetable)
        for i, part in enumerate(parts)
        if part.heading and roles[i] not in _NEVER
    }
    every = list(candidates.values())
    return [
        Place(
            own=own,
            like=[other for other in every if _is_like(own, other) and _parent(own, roles) == _parent(other, roles)],
            level=[other for other in every if _is_like(own, other) and other.role == "open"],
            every=every,
            above=[candidates[i] for i in own.part.above if i in candidates],
            below=[candidates[i] for i in own.part.below if i in candidates],
            event=letters(event or ""),
        )
        for own in every
    ]


def _candidate(index: int, part: Part, role: Role, habit: str | None, timetable: Sequence[str]) -> Candidate:
    read = read_heading(part.text, habit)
    return Candidate(
        index=index,
        part=part,
        role=role,
        length=len(letters(part.text)),
        read=read,
        scheduled=is_one_of(read.title, timetable),
        listed=any(block.type in ("bullet", "numbered") for block in part.blocks),
        linked=bool(materials_of(part.blocks)),
        named=bool(speakers_of(part.blocks)),
    )


def _is_like(own: Candidate, other: Candidate) -> bool:
    return other is not own and other.part.level == own.part.level


def _parent(candidate: Candidate, roles: Sequence[Role]) -> int | None:
    return next((i for i in candidate.part.above if roles[i] != "title"), None)
