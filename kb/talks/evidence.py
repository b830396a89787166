"""What speaks for a heading being a talk, and against it: named evidence with weights fitted by `make fit`."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from statistics import fmean

from index import datafiles
from index.text import letters
from kb.talks.candidates import Candidate, Place
from kb.talks.words import LINE, any_of

_SENTENCE = re.compile(
    r"(?:ます|ました|です|でした|たい|のか|こと|ない|する|ある|した|として|いた|った|だった|よ|ね|な)[。！!？?…～ー\s]*$"
)
_QUOTED = re.compile(r"^\W*[「『\"“].+[」』\"”]\W*$")
_LABEL = re.compile(rf"(?:{any_of('labels', whole=True)})", re.IGNORECASE)
_ABOUT = re.compile(r"(?:とは|って何|について|の様子|の紹介|ところ|もの|点)[？?。！!]*$")
_STORY = re.compile(
    r"(?:話|はなし|入門|事例|取り?組み|への道|[のノ]ススメ|方法|活用|実践|基礎|裏側|仕組み|試してみた|作ってみた)[」』]?[。！!～〜\s]*$"
)
_COLON = re.compile(r"[:：〜～]|\s[-–—]\s")
_SHORT, _TITLE = 6, 20  # letters
_MOST = 0.6  # of the headings of one level
_FEW, _MANY = 2, 5


Evidence = Callable[[Place], float]

OWN: Mapping[str, Evidence] = {
    "a code, track or label": lambda it: it.own.read.track is not None,
    "the code of a session": lambda it: it.own.read.coded,
    "a time": lambda it: it.own.read.start is not None,
    "a speaker in it": lambda it: bool(it.own.read.speakers),
    "quoted": lambda it: _QUOTED.match(it.own.part.text) is not None,
    "in a timetable": lambda it: it.own.scheduled,
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
    "a word or two": lambda it: not it.own.marked and not _is_story(it.own) and it.own.length <= _SHORT,
    "as long as a title": lambda it: _length(it.own),
    "two halves": lambda it: _COLON.search(it.own.part.text[:LINE]) is not None,
    "a story": lambda it: _is_story(it.own),
    "a sentence": lambda it: _is_sentence(it.own),
    "about something": lambda it: _ABOUT.search(it.own.part.text[-LINE:]) is not None,
    "the event's name": lambda it: bool(it.event) and it.event in letters(it.own.part.text),
}


def _length(candidate: Candidate) -> float:
    """Return 0 for a heading of a word or two, 1 for one that is surely as long as a title."""
    return min(max(candidate.length - _SHORT, 0) / (_TITLE - _SHORT), 1.0)


def _is_sentence(candidate: Candidate) -> bool:
    return _SENTENCE.search(candidate.part.text[-LINE:]) is not None


def _is_story(candidate: Candidate) -> bool:
    return _STORY.search(candidate.part.text[-LINE:]) is not None


def _share(candidates: Sequence[Candidate], tells: Callable[[Candidate], float]) -> float:
    return sum(map(tells, candidates)) / len(candidates) if candidates else 0.0


AMONG: Mapping[str, Evidence] = {
    "many at its level": lambda it: len(it.like) >= _MANY,
    "as long as titles at its level": lambda it: _share(it.level, _length),
    "stories at its level": lambda it: _share(it.level, _is_story),
    "sentences at its level": lambda it: _share(it.level, _is_sentence),
    "open ones at its level": lambda it: _share(it.like, lambda other: other.role == "open") if it.like else 1.0,
    "none marked anywhere": lambda it: not it.own.marked and not any(other.marked for other in it.every),
    "several marked elsewhere, none at its level": lambda it: (
        not any(other.marked for other in (it.own, *it.level)) and sum(other.marked for other in it.every) >= _FEW
    ),
    "the outermost level with others": lambda it: (
        bool(it.like) and not any(other.part.level < it.own.part.level for other in it.every)
    ),
    "most at its level are marked, and it is not": lambda it: (
        not it.own.marked and _share(it.level, lambda other: other.marked) >= _MOST
    ),
    "lists below most at its level": lambda it: _share(it.level, lambda other: other.listed),
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
}


def points_of(places: Sequence[Place]) -> list[float]:
    """Return for each place how much speaks for its heading being a talk, more than nothing where it is likely."""
    alone, together = weights()["alone"], weights()["together"]
    told = [told_alone(it) for it in places]
    first = [weighted(one, alone) for one in told]
    return [weighted(one, together) for one in told_together(places, told, first)]


def told_alone(it: Place) -> dict[str, float]:
    """Return what each piece of evidence says of a heading by itself."""
    return {name: float(says(it)) for name, says in OWN.items()}


def told_together(
    places: Sequence[Place], told: Sequence[Mapping[str, float]], alone: Sequence[float]
) -> list[dict[str, float]]:
    """Return what all evidence says of each heading; by itself it is `told` so much, which is `alone` so many points."""
    likely = {it.own.index: math.tanh(points / 2) for it, points in zip(places, alone, strict=True)}
    return [{**own, **_told_among(it), **_echoes(it, likely)} for it, own in zip(places, told, strict=True)]


def _told_among(it: Place) -> dict[str, float]:
    return {name: float(says(it)) for name, says in AMONG.items()}


def _echoes(it: Place, likely: Mapping[int, float]) -> dict[str, float]:
    """Return how likely talks the headings are that stand beside one, above it and below it."""
    return {
        "its like say so": fmean([likely[other.index] for other in it.level]) if it.level else 0.0,
        "those above say so": max((likely[other.index] for other in it.above), default=0.0),
        "those below say so": max((likely[other.index] for other in it.below), default=0.0),
    }


def weighted(told: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """Return the sum of what evidence says by its weights; what has none says nothing."""
    return weights.get("always", 0.0) + sum(value * weights.get(name, 0.0) for name, value in told.items())


@cache
def weights() -> dict[str, dict[str, float]]:
    """Return the fitted weights: of evidence alone, and of all of it together."""
    return datafiles.table("kb.talks", "talk_weights.toml")
