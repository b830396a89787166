"""How two notes stand to each other: whether they say the same, or seem to contradict each other, and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from math import exp, fsum, log1p
from typing import Literal

from index import datafiles
from index.text import letters
from kb.points.claims import DO
from kb.points.gist import Gist
from kb.report.model import Note

Differs = Literal["figures", "denied", "judged"]
"""Why two notes seem to contradict each other: their figures differ, one denies what the other affirms, or they judge
otherwise."""

Outcome = Literal["same", "contradicts"]
"""What is weighed of two notes: whether they say the same, and whether they seem to contradict each other."""

Relation = Literal["same", "maybe", "contradicts"]
"""How two notes stand to each other; `maybe` is a candidate that only a person can tell."""

_ENOUGH_ALONE = 1.5  # words of weight 1 in what is the same letter by letter: 「以下メモです」 is no point
_LONGEST = 160  # letters of a note: a longer one says too much to say the same as another
# How likely notes say the same that are one point, where they are of two talks and where two noted one, and that are
# offered to a person.
_SURE, _SURE_OF_ONE_TALK, _MAYBE = 0.75, 0.5, 0.1
# How likely notes contradict each other that are shown so, if they do not rather say the same: where one denies what
# the other affirms of one thing, where figures differ, and where they only judge otherwise.
_DENIED, _FIGURES, _JUDGED = 0.08, 0.3, 0.6
_ALIKE_AT_MOST = 2  # judgements of two notes that are counted, alike or contrary


@dataclass(frozen=True, slots=True)
class Comparison:
    """How two notes stand to each other, how sure that is (from 0 to 1), and of contradictions why."""

    relation: Relation
    sure: float
    differs: Differs | None = None


@dataclass(frozen=True, slots=True)
class Compared:
    """A note as it is compared: what it says, and which services it names itself, is about, and stands under.

    `letters` are those of its text, digits too; `plain` the same without digits: その1 and その2 are two things.
    """

    note: Note
    gist: Gist
    named: frozenset[str]
    about: frozenset[str]
    letters: str
    plain: str
    under: str | None

    @classmethod
    def of(cls, note: Note, gist: Gist) -> "Compared":
        """Return a note with its gist."""
        named = frozenset(one.service for one in note.services if one.via == "explicit")
        own = letters(note.text)
        plain = "".join(letter for letter in own if not letter.isdigit())
        under = next((one.service for one in note.services if one.via == "inherited"), None)
        return cls(note, gist, named, frozenset(one.service for one in note.services), own, plain, under)

    @property
    def talk(self) -> str:
        """Its talk, or the report of what stands outside of talks."""
        return self.note.talk.id if self.note.talk else self.note.report


def compare(one: Compared, other: Compared, cosine: float | None) -> Comparison | None:
    """Return how two notes stand to each other, None where neither says the same nor contradicts; the order is free.

    `cosine` tells how near they are in meaning, None where there are no vectors.
    """
    if not comparable(one, other):
        return None
    if one.letters == other.letters:
        # A phrase that stands in several talks and names no service is of the one who noted them: 「資料は後日」.
        telling = bool(one.about & other.about) and sum(one.gist.words.values()) >= _ENOUGH_ALONE
        return Comparison("same", 1.0) if one.talk == other.talk or telling else None
    told = evidence(one, other, cosine)
    same, contrary = (0.0 if differ(one, other) else likely("same", told)), likely("contradicts", told)
    if contradict(told, same, contrary) and of_one_thing(one, other):
        return Comparison("contradicts", contrary, _why(told))
    if say_the_same(told, same) and of_one_thing(one, other):
        return Comparison("same", same)
    return Comparison("maybe", same) if same >= _MAYBE else None


def comparable(one: Compared, other: Compared) -> bool:
    """Tell whether two notes may say the same at all: of one talk only where two noted it, and of one service.

    「SQS は冪等に」 and 「SNS は冪等に」 say the same words about two.
    """
    apart = one.about and other.about and one.about.isdisjoint(other.about)
    if apart or (one.named - other.about and other.named - one.about):
        return False
    if one.letters == other.letters:
        return True
    side_by_side = one.talk == other.talk and one.note.report == other.note.report
    return not side_by_side and max(len(one.letters), len(other.letters)) <= _LONGEST


def say_the_same(told: Mapping[str, float], same: float) -> bool:
    """Tell whether two notes are taken to say the same that do so as likely as told."""
    return same >= (_SURE_OF_ONE_TALK if told["talk"] else _SURE)


def contradict(told: Mapping[str, float], same: float, contrary: float) -> bool:
    """Tell whether two notes seem to contradict each other that do so, and say the same, as likely as told.

    Two who noted one talk heard the same: one of them is misread.
    """
    least = _DENIED if told["denied"] else _FIGURES if told["figures"] == 1 else _JUDGED
    return not told["talk"] and contrary >= max(least, same)


def _why(told: Mapping[str, float]) -> Differs:
    return "figures" if told["figures"] > told["denied"] else "denied" if told["denied"] else "judged"


def differ(one: Compared, other: Compared) -> bool:
    """Tell whether two notes say different things, however much they have in common.

    They say the same of two things, what happened on a day happened once, and その1 and その2 are two things.
    """
    of_two = one.gist.dates != other.gist.dates or one.plain == other.plain
    return _of_two_things(one.gist, other.gist) or (one.talk != other.talk and of_two)


def evidence(one: Compared, other: Compared, cosine: float | None) -> dict[str, float]:
    """Return what speaks for two notes saying the same, or contradicting each other, each from 0 on; the order is free.

    - `shared`: how much both say, the logarithm of the weight of their common words; `share`: how much of all that is.
    - `cosine`: how near they are in meaning; left out where there are no vectors.
    - `meet`: whether what each says stands in the other; `service`: whether they are about one; `talk`: of one talk.
    - `elsewhere`: the `share` of those that stand under two services, whatever they name: 「ログは S3 に出す」 of a WAF and
      of a VPC. The same words are meant of each then; who says it in others says it of both.
    - `claim`: whether both want the same thing done; `alike`: how often they judge alike.
    - `figures`: how far the same thing is counted differently, 1 where they have no figure of it in common; `denied`:
      whether one denies what the other affirms of a thing; `contrary`: how often they judge otherwise; `undone`:
      whether one does only what the other only does not.
    - `stance`: how much speaks for one of them standing against what others say, and not the other.
    - `against`: whether figures, denials or judgements speak against it. What contradicts each other is of one thing:
      so it is told together with what is in common (`shared against` and so on).
    """
    mine, others = one.gist, other.gist
    shared, share = _common(mine.words, others.words)
    claim = _same_claim(mine, others)
    signs = [sign == others.judged[of] for of, sign in mine.judged.items() if of in others.judged]
    told = {
        "shared": log1p(shared + _same_figures(mine, others)),
        "share": share,
        "meet": float(_meet(mine, others)),
        "service": float(not one.about.isdisjoint(other.about)),
        "talk": float(one.talk == other.talk),
        "elsewhere": share * _elsewhere(one, other),
        "claim": float(claim),
        "alike": float(min(signs.count(True), _ALIKE_AT_MOST)),
        "figures": _figures_apart(mine.figures, others.figures),
        "denied": float(any(others.claims.get(said, sign) != sign for said, sign in mine.claims.items())),
        "contrary": float(min(signs.count(False), _ALIKE_AT_MOST)),
        "undone": float(_undone(mine, others)),
        "stance": fsum(weights()["stances"].get(word, 0.0) for word in mine.stances ^ others.stances),
    }
    told["against"] = float(told["figures"] == 1 or told["denied"] > 0 or told["contrary"] > 0)
    told["shared against"] = told["against"] * told["shared"]
    told["share against"] = told["against"] * share
    if cosine is None:
        return told
    near = max(cosine, 0.0)
    return {**told, "cosine": near, "cosine against": told["against"] * near, "cosine shared": near * told["shared"]}


def likely(what: Outcome, told: Mapping[str, float], known: Mapping[str, float] | None = None) -> float:
    """Return how likely something holds of two notes, from 0 to 1, by the weights fitted for what is known of them."""
    known = known or weights()[f"{what} by {'meaning' if 'cosine' in told else 'words'}"]
    return 1 / (1 + exp(-sum(weight * told.get(name, 1.0) for name, weight in known.items())))


@cache
def weights() -> Mapping[str, Mapping[str, float]]:
    """Return the fitted weights of each outcome, by meaning where there are vectors and by words, and of stances."""
    return datafiles.table("kb.points", "point_weights.toml")


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


def _elsewhere(one: Compared, other: Compared) -> bool:
    """Tell whether two notes stand under two services, and neither names that of the other."""
    return bool(
        one.under and other.under and one.under not in (other.under, *other.named) and other.under not in one.named
    )


def of_one_thing(one: Compared, other: Compared) -> bool:
    """Tell whether anything tells that two notes are about one thing: a talk, a service or a topic."""
    return one.talk == other.talk or bool(one.about & other.about) or _one_topic(one, other)


def _meet(one: Gist, other: Gist) -> bool:
    """Tell whether what each of two notes says stands in the other: 「GSI は20個まで」 and 「GSI は後から足せる」 do not."""
    if _same_claim(one, other):
        return True
    return _stands_in(one, other) and _stands_in(other, one)


def _stands_in(one: Gist, other: Gist) -> bool:
    if one.told:
        return not one.told.isdisjoint(other.words)
    return one.told is None or not one.figures or not one.figures.keys().isdisjoint(other.figures)


def _figures_apart(one: Mapping[str, frozenset[float]], other: Mapping[str, frozenset[float]]) -> float:
    """Return how far two texts count one thing differently: of all figures of it, which share only one of them has."""
    return max(
        (1 - len(some & other[unit]) / len(some | other[unit]) for unit, some in one.items() if unit in other),
        default=0.0,
    )


def _of_two_things(one: Gist, other: Gist) -> bool:
    """Tell whether two notes say the same of two things: 「CPU も増える」 and 「料金も増える」, MySQL and PostgreSQL."""
    mine, others = one.alone(other), other.alone(one)
    names = mine <= one.latin and others <= other.latin
    things, other_things = ({thing for thing, _ in gist.claims} for gist in (one, other))
    return bool(mine and others) and (names or (mine <= things and others <= other_things))


def _undone(one: Gist, other: Gist) -> bool:
    """Tell whether one of two notes does only what the other only does not, whatever with: 書く and 書かない."""
    yes, no = (
        [{said for (_, said), each in gist.claims.items() if each == sign and said != DO} for gist in (one, other)]
        for sign in (True, False)
    )
    return any(said in no[1 - side] - yes[1 - side] for side in (0, 1) for said in yes[side] - no[side])


def _same_figures(one: Gist, other: Gist) -> int:
    """Return in how many units two notes have the same figures."""
    return sum(figures == other.figures.get(unit) for unit, figures in one.figures.items())


def _same_claim(one: Gist, other: Gist) -> bool:
    """Tell whether two notes both want the same thing done, or both deny the same of it."""
    both = [(said, sign) for (thing, said), sign in one.claims.items() if other.claims.get((thing, said)) == sign]
    return any(sign == (said == DO) for said, sign in both)
