"""How two notes stand to each other: whether they say the same, or seem to contradict each other, and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from index.text import letters
from kb.points.gist import DO, Gist
from kb.report.model import Note

Differs = Literal["figures", "denied"]
"""Why two notes seem to contradict each other: their figures differ, or one denies what the other affirms."""

Relation = Literal["same", "maybe", "contradicts"]
"""How two notes stand to each other; `maybe` is a candidate that only a person can tell."""

_ENOUGH = 1.0  # words of weight 1 that two notes share at least,
_ENOUGH_UNNAMED = 2.5  # where they are not about one service,
_ENOUGH_ALONE = 1.5  # and where they are the same letter by letter: 「以下メモです」 is no point
# What they must have in common where their figures differ, or one denies what the other says; more where neither names
# what it is about.
_FIGURES_DIFFER, _DENIED, _DENIED_UNNAMED = 0.45, 0.3, 0.5


class _Bars(NamedTuple):
    """What two notes must have in common to say the same: in general, where both claim the same, where two noted it.

    `talk` is for two who noted one talk, `maybe` for candidates.
    """

    same: float
    claim: float
    talk: float
    maybe: float


_NEVER = 2.0  # nothing is so sure

# In common is the mean of the share of their words and of their cosine, or the share of their words alone where there
# are no vectors. Chosen on the samples and the seed, tried on other authors: docs/relevance.md.
_BY_MEANING = _Bars(same=0.55, claim=0.37, talk=0.42, maybe=0.36)
_BY_WORDS = _Bars(same=0.68, claim=0.42, talk=0.5, maybe=0.4)
_UNNAMED_BY_MEANING = _Bars(same=0.6, claim=0.6, talk=0.42, maybe=0.5)
_UNNAMED_BY_WORDS = _Bars(same=0.85, claim=0.85, talk=0.5, maybe=0.6)


@dataclass(frozen=True, slots=True)
class Comparison:
    """How two notes stand to each other, how sure that is (from 0 to 1), and of contradictions why."""

    relation: Relation
    sure: float
    differs: Differs | None = None


@dataclass(frozen=True, slots=True)
class Compared:
    """A note as it is compared: what it says, and the services that it names itself and those it is about.

    `letters` are those of its text, digits too; `plain` the same without digits: その1 and その2 are two things.
    """

    note: Note
    gist: Gist
    named: frozenset[str]
    about: frozenset[str]
    letters: str
    plain: str

    @classmethod
    def of(cls, note: Note, gist: Gist) -> "Compared":
        """Return a note with its gist."""
        named = frozenset(one.service for one in note.services if one.via == "explicit")
        own = letters(note.text)
        plain = "".join(letter for letter in own if not letter.isdigit())
        return cls(note, gist, named, frozenset(one.service for one in note.services), own, plain)

    @property
    def talk(self) -> str:
        """Its talk, or the report of what stands outside of talks."""
        return self.note.talk.id if self.note.talk else self.note.report


def compare(one: Compared, other: Compared, cosine: float | None) -> Comparison | None:
    """Return how two notes stand to each other, None where neither says the same nor contradicts; the order is free.

    `cosine` tells how near they are in meaning, None where there are no vectors.
    """
    if not (one.named <= other.about and other.named <= one.about):
        return None  # the same words about two services
    about_one, one_talk = bool(one.about & other.about), one.talk == other.talk
    shared, share = _common(one.gist.words, other.gist.words)
    if one.letters == other.letters:
        # A phrase that stands in several talks and names no service is of the one who noted them: 「資料は後日」.
        return Comparison("same", 1.0) if one_talk or (about_one and shared >= _ENOUGH_ALONE) else None
    if one_talk and one.note.report == other.note.report:
        return None  # what stands in one talk side by side is told apart by who noted it
    if shared < (_ENOUGH if about_one else _ENOUGH_UNNAMED):
        return None
    sure = share if cosine is None else (share + max(cosine, 0.0)) / 2
    return _contradiction(one, other, sure) or _agreement(one, other, sure, by_words=cosine is None)


def _one_topic(one: Compared, other: Compared) -> bool:
    """Tell whether two notes of talks stand under, or speak of, one thing beside what both say.

    Where they name no service, 「ブラウザだけで動く」 may be said of two things.
    """
    if one.note.talk is None or other.note.talk is None:
        return False
    mine, others = one.gist, other.gist
    met = (mine.topics & (others.topics | others.words.keys())) | (others.topics & mine.words.keys())
    return bool(met - (mine.words.keys() & others.words.keys()))


def _common(one: Mapping[str, float], other: Mapping[str, float]) -> tuple[float, float]:
    """Return the weight of the words that two have in common, and their share of all, from 0 to 1 (Ochiai)."""
    both = sum(min(weight, other[word]) for word, weight in one.items() if word in other)
    every = (sum(one.values()) * sum(other.values())) ** 0.5
    return both, both / every if every else 0.0


def _contradiction(one: Compared, other: Compared, sure: float) -> Comparison | None:
    least = _DENIED if one.named or other.named else _DENIED_UNNAMED
    # Two who noted one talk heard the same: one of them is misread.
    if (
        one.talk != other.talk
        and sure >= least
        and any(other.gist.claims.get(claim, sign) != sign for claim, sign in one.gist.claims.items())
    ):
        return Comparison("contradicts", sure, "denied")
    if sure >= _FIGURES_DIFFER and _disjoint(one.gist.figures, other.gist.figures) and not _dates_differ(one, other):
        return Comparison("contradicts", sure, "figures")
    return None


def _agreement(one: Compared, other: Compared, sure: float, *, by_words: bool) -> Comparison | None:
    """Return whether two notes say the same, or so nearly that a person may say so; both only where nothing differs."""
    if _figures_differ(one.gist, other.gist) or _names_differ(one.gist, other.gist) or _denied(one.gist, other.gist):
        return None
    if one.talk != other.talk and (_dates_differ(one, other) or one.plain == other.plain):
        return None
    if one.about & other.about:
        bars = _BY_WORDS if by_words else _BY_MEANING
    else:
        bars = _UNNAMED_BY_WORDS if by_words else _UNNAMED_BY_MEANING
    least = bars.claim if _same_claim(one.gist, other.gist) else bars.same
    if one.talk == other.talk:
        least = min(least, bars.talk)
    elif not (one.about & other.about or _one_topic(one, other)) or not _meet(one.gist, other.gist):
        least = _NEVER
    if sure >= least:
        return Comparison("same", sure)
    return Comparison("maybe", sure) if sure >= bars.maybe else None


def _meet(one: Gist, other: Gist) -> bool:
    """Tell whether what each of two notes says stands in the other: 「GSI は20個まで」 and 「GSI は後から足せる」 do not."""
    if _same_claim(one, other):
        return True
    return _stands_in(one, other) and _stands_in(other, one) and not _of_other_things(one, other)


def _stands_in(one: Gist, other: Gist) -> bool:
    if one.told:
        return not one.told.isdisjoint(other.words)
    return one.told is None or not one.figures or not one.figures.keys().isdisjoint(other.figures)


def _of_other_things(one: Gist, other: Gist) -> bool:
    """Tell whether two notes say the same of two things: 「CPU も増える」 and 「料金も増える」."""
    return any(
        said == also and thing not in other.words and others not in one.words
        for thing, said in one.claims
        for others, also in other.claims
    )


def _figures_differ(one: Gist, other: Gist) -> bool:
    return any(figures != other.figures[unit] for unit, figures in one.figures.items() if unit in other.figures)


def _disjoint(one: Mapping[str, frozenset[float]], other: Mapping[str, frozenset[float]]) -> bool:
    """Tell whether two texts count the same thing and have no figure of it in common."""
    return any(figures.isdisjoint(other[unit]) for unit, figures in one.items() if unit in other)


def _dates_differ(one: Compared, other: Compared) -> bool:
    """Tell whether only one of two notes tells a date, or each another: what happened then happened once."""
    return one.gist.dates != other.gist.dates


def _names_differ(one: Gist, other: Gist) -> bool:
    """Tell whether each of two notes names something of its own: MySQL and PostgreSQL, ZIP and JSON."""
    return bool(one.latin - other.latin and other.latin - one.latin)


def _denied(one: Gist, other: Gist) -> bool:
    """Tell whether one of two notes does only what the other only does not, whatever with: 書く and 書かない."""
    yes, no = (
        [{said for (_, said), each in gist.claims.items() if each == sign} for gist in (one, other)]
        for sign in (True, False)
    )
    return any(said in no[1 - side] - yes[1 - side] for side in (0, 1) for said in yes[side] - no[side])


def _same_claim(one: Gist, other: Gist) -> bool:
    """Tell whether two notes both want the same thing done, or both deny the same of it."""
    both = [(said, sign) for (thing, said), sign in one.claims.items() if other.claims.get((thing, said)) == sign]
    return any(sign == (said == DO) for said, sign in both)
