"""What speaks for a heading being a talk, and against it: named pieces of evidence with weights fitted by `make fit`."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from index import datafiles
from index.text import letters
from kb.talks.heading import TalkHeading, read_heading
from kb.talks.links import materials_of
from kb.talks.parts import Part
from kb.talks.speakers import speakers_of
from kb.talks.wording import Role
from kb.talks.words import LINE, any_of

_SENTENCE = re.compile(r"(?:ます|ました|です|でした|たい|のか|こと|ない|する|ある|した|として|いた|った|だった|よ|ね|な)[。！!？?…～ー\s]*$")
_QUOTED = re.compile(r"^\W*[「『\"“].+[」』\"”]\W*$")
_LABEL = re.compile(rf"(?:{any_of('labels', whole=True)})", re.IGNORECASE)
_ABOUT = re.compile(r"(?:とは|って何|について|の様子|の紹介|ところ|もの|点)[？?。！!]*$")
_EMBED = re.compile(r"speakerdeck|slideshare|docswell|youtube|elink|oembed|docs\.google")
_COLON = re.compile(r"[:：〜～]|\s[-–—]\s")
_SHORT, _TITLE = 6, 14  # letters
_MOST = 0.6  # of the headings of one level
_FEW, _SEVERAL = 2, 4


@dataclass(frozen=True, slots=True)
class Candidate:
    """A heading that may be a talk, as its own words and blocks tell; `role` is what its words alone say."""

    part: Part
    role: Role
    read: TalkHeading
    listed: bool
    linked: bool
    named: bool

    @property
    def marked(self) -> bool:
        """Whether it has what hardly anything but a talk's heading has."""
        return self.read.marked


@dataclass(frozen=True, slots=True)
class Place:
    """A candidate among the others of its report: those of its level, those above and below it."""

    own: Candidate
    like: Sequence[Candidate]  # of its level and below the same heading
    level: Sequence[Candidate]  # of its level anywhere
    above: Sequence[Candidate]
    below: Sequence[Candidate]
    first: bool
    last: bool
    flat: bool
    event: str


Evidence = Callable[[Place], float]

OWN: Mapping[str, Evidence] = {
    "a code, track or label": lambda it: it.own.read.track is not None,
    "the code of a session": lambda it: it.own.read.coded,
    "a time": lambda it: it.own.read.start is not None,
    "a speaker in it": lambda it: bool(it.own.read.speakers),
    "quoted": lambda it: _QUOTED.match(it.own.part.text) is not None,
    "a label of talks somewhere": lambda it: _LABEL.search(it.own.part.text[:LINE]) is not None,
    "a list below": lambda it: it.own.listed,
    "slides or a video below": lambda it: it.own.linked,
    "a person below": lambda it: it.own.named,
    "nothing below": lambda it: it.own.part.empty,
    "headings below": lambda it: bool(it.below),
    "words of a group": lambda it: it.own.role == "group",
    "words of an aside": lambda it: it.own.role == "aside",
    "words of a section": lambda it: it.own.role == "inner",
    "words of a closing": lambda it: it.own.role == "closing",
    "a word or two": lambda it: len(letters(it.own.part.text)) <= _SHORT,
    "as long as a title": lambda it: len(letters(it.own.part.text)) >= _TITLE,
    "two halves": lambda it: _COLON.search(it.own.part.text[:LINE]) is not None,
    "a sentence": lambda it: _SENTENCE.search(it.own.part.text[-LINE:]) is not None,
    "about something": lambda it: _ABOUT.search(it.own.part.text[-LINE:]) is not None,
    "the event's name": lambda it: bool(it.event) and it.event in letters(it.own.part.text),
    "the first": lambda it: it.first,
    "the last": lambda it: it.last,
}


def _share(candidates: Sequence[Candidate], tells: Callable[[Candidate], bool]) -> float:
    return sum(map(tells, candidates)) / len(candidates) if candidates else 0.0


AMONG: Mapping[str, Evidence] = {
    "alone at its level": lambda it: not it.level,
    "a few at its level": lambda it: 0 < len(it.level) < _SEVERAL,
    "marked ones at its level": lambda it: _share(it.level, lambda other: other.marked),
    "most at its level are marked, and it is not": lambda it: (
        not it.own.marked and _share(it.level, lambda other: other.marked) >= _MOST
    ),
    "lists below most at its level": lambda it: _share(it.like, lambda other: other.listed),
    "slides below most at its level": lambda it: _share(it.level, lambda other: other.linked),
    "slides below most at its level, none here": lambda it: (
        not it.own.linked and _share(it.level, lambda other: other.linked) >= _MOST
    ),
    "persons below most at its level": lambda it: _share(it.level, lambda other: other.named),
    "asides beside it": lambda it: _share(it.like, lambda other: other.role == "aside"),
    "below a group": lambda it: any(other.role == "group" for other in it.above),
    "below a marked one": lambda it: any(other.marked for other in it.above),
    "below one with slides or a person": lambda it: any(other.linked or other.named for other in it.above),
    "below an aside or closing": lambda it: any(other.role in ("aside", "closing") for other in it.above),
    "below an open one": lambda it: any(other.role == "open" for other in it.above),
    "marked ones below": lambda it: sum(other.marked for other in it.below) >= _FEW,
    "usual sections below": lambda it: any(other.role in ("inner", "closing") for other in it.below),
    "marked elsewhere": lambda it: not it.own.marked and not any(other.marked for other in it.level) and False,
}
