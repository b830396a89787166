"""The gist of a note as it is compared with others: its weighty words, its figures, and what it claims of what."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeAlias

from index import datafiles
from index.analysis import Morpheme
from index.text import folded_for_sudachi

Claim: TypeAlias = tuple[str, str]
"""A thing and what is said of it: `("dead letter queue", DO)`."""

DO = "do"
"""What is said of a thing that is simply to be done, used or set up."""

READ_SO_FAR = 600
"""Characters of a note that are compared: a longer one says too much to say the same as another."""

_WEIGHTS = {"名詞": 1.0, "形状詞": 1.0, "動詞": 0.5, "形容詞": 0.5}
_OTHER, _LIGHT = 0.25, 0.25
_UNCOUNTED = frozenset(("補助記号", "空白", "記号", "代名詞", "連体詞", "接続詞", "感動詞"))
_PREDICATES = frozenset(("動詞", "形容詞"))
_ENDS = frozenset("。！？!?→⇒")
_DENIALS = frozenset(("ない", "無い", "ず", "ぬ", "ません"))
_IF_NOT, _MUST = frozenset(("と", "ば", "て")), frozenset(("成る", "行ける", "駄目", "行く"))
_HELPING = frozenset(("おく", "置く", "見る", "行く", "来る"))  # 「しておく」 says what 「する」 does
_TAIL = frozenset(("助動詞", "助詞"))
_ABLE = frozenset(("出来る", "可能"))
# A figure with what it counts; 2018-08-09, v1 and 第81回 are none.
_FIGURE = re.compile(
    r"(?<![a-z0-9.,-])(?<!第)(?<!第 )(\d[\d,]*(?:\.\d+)?)\s*([万億兆]?)\s*"
    r"(ミリ秒|マイクロ秒|秒|分|時間|週間|[かヶヵカケ箇]?月|年|日|倍|個|件|台|回|円|ドル|割|文字|本|%|[a-z]+)"
)
_POWERS = {"": 1, "万": 10**4, "億": 10**8, "兆": 10**12}
_PLACES = 6  # of a figure: microseconds of a time
_DATES = ("年", "月", "日")


@dataclass(frozen=True, slots=True)
class Gist:
    """What of a note is compared.

    - `words`: each weighty word in its normal form, with its weight from 0 to 1. Names of services are left out:
      what a note is about is known.
    - `latin`: the words among them in Latin letters, which name things.
    - `figures`: for each unit the figures counted in it, 256KB as so many bytes, 5分 as so many seconds; `dates` the
      same of years, months and days.
    - `claims`: what is said of what, True where it is affirmed, False where it is denied.
    - `told`: the words of what is said, without those of what it is said of; None where that cannot be told apart.
    - `topics`: the weighty words of what it stands under.
    """

    words: Mapping[str, float]
    latin: frozenset[str] = frozenset()
    figures: Mapping[str, frozenset[float]] = field(default_factory=dict)
    dates: Mapping[str, frozenset[float]] = field(default_factory=dict)
    claims: Mapping[Claim, bool] = field(default_factory=dict)
    told: frozenset[str] | None = None
    topics: frozenset[str] = frozenset()

    @property
    def says_something(self) -> bool:
        """Whether it can be a point: 「気をつけること」 and 「まだ使えない」 tell nothing, 「ボリュームは16TB まで」 does."""
        return sum(self.words.values()) + bool(self.figures) > 1


def gist(
    text: str,
    morphemes: Sequence[Morpheme],
    names: Collection[str],
    event: Sequence[Morpheme] = (),
    above: Sequence[Morpheme] = (),
) -> Gist:
    """Return the gist of a text; `names` are the normal forms of the names of services, `above` what it stands under.

    The words of the `event` it is of weigh little: that one was there is no point.
    """
    there = {word.normalized for word in _content(event)}
    words = {
        _said_as(word): _LIGHT if word.normalized in there else _weight(word)
        for word in _content(morphemes)
        if word.normalized not in names
    }
    counted = _figures(text)
    return Gist(
        words=words,
        latin=frozenset(word for word in words if word.isascii() and not word.isdigit()),
        figures={unit: each for unit, each in counted.items() if unit not in _DATES},
        dates={unit: each for unit, each in counted.items() if unit in _DATES},
        claims=_settled(_claims(morphemes)),
        told=_told(morphemes, words),
        topics=frozenset(word.normalized for word in _content(above) if _weight(word) > _LIGHT) - there,
    )


def _settled(claims: Iterable[tuple[Claim, bool]]) -> dict[Claim, bool]:
    """Return what is claimed, without what is both affirmed and denied: 「持つか持たないか」 says neither."""
    every = set(claims)
    return {claim: sign for claim, sign in every if (claim, not sign) not in every}


def _content(morphemes: Sequence[Morpheme]) -> Iterator[Morpheme]:
    """Yield the words that carry meaning, of a compound its parts."""
    for morpheme in morphemes:
        for word in morpheme.parts or (morpheme,):
            if word.is_content and not (word.is_affix or word.is_figure or word.part_of_speech[0] in _UNCOUNTED):
                yield word


def _said_as(word: Morpheme) -> str:
    known: Mapping[str, str] = _lore()["said_as"]
    return known.get(word.normalized, word.normalized)


def _weight(word: Morpheme) -> float:
    if word.normalized in _lore()["light"]:
        return _LIGHT
    if word.normalized in _lore()["said_as"]:
        return 1.0
    return _WEIGHTS.get(word.part_of_speech[0], _OTHER)


def _told(morphemes: Sequence[Morpheme], words: Mapping[str, float]) -> frozenset[str] | None:
    """Return the weighty words of what a text says: what follows its first 「は」, else 「が」, else from its object on."""
    speech = [(word.surface, word.part_of_speech[1]) for word in morphemes]
    for marker, back in ((("は", "係助詞"), 0), (("が", "格助詞"), 0), (("を", "格助詞"), 1)):
        if marker in speech:
            said = morphemes[max(speech.index(marker) - back, 0) :]
            return frozenset(_said_as(word) for word in _content(said) if words.get(_said_as(word), 0) > _LIGHT)
    return None


def _figures(text: str) -> dict[str, frozenset[float]]:
    """Return the figures of a text by their units."""
    found: dict[str, frozenset[float]] = {}
    for number, power, counter in _FIGURE.findall(folded_for_sudachi(text)):
        unit, each = _lore()["units"].get(counter, ("月" if counter.endswith("月") else counter, 1))
        figure = float(number.replace(",", "")) * _POWERS[power] * each
        found[unit] = found.get(unit, frozenset()) | {round(figure, _PLACES)}
    return found


def _claims(morphemes: Sequence[Morpheme]) -> Iterator[tuple[Claim, bool]]:
    """Yield what a text says of what: each predicate with the last thing named before it in its sentence."""
    thing: str | None = None
    at = 0
    while at < len(morphemes):
        word = morphemes[at]
        end = _predicate_end(morphemes, at)
        if end > at:
            sign = _affirmed(morphemes, end)
            if thing is not None and sign is not None:
                said = _opposites().get(word.normalized)
                key = _canonical(said or word.normalized)
                yield (thing, key), sign == (said is None)
            at = end
            continue
        if word.surface[0] in _ENDS:
            thing = None
        elif word.part_of_speech[0] in ("名詞", "形状詞") and word.is_content and not word.is_figure:
            thing = _thing(word) or thing
        at += 1


def _thing(word: Morpheme) -> str:
    """Return the name of a thing without what only shades it: 冪等性 as 冪等; empty for what names nothing."""
    parts = (part.normalized for part in word.parts or (word,))
    return "".join(part for part in parts if part not in _lore()["light"])


def _predicate_end(morphemes: Sequence[Morpheme], at: int) -> int:
    """Return where the predicate ends that begins at a place, the place itself where none does."""
    word = morphemes[at]
    after, after_next = (morphemes[next_].normalized if next_ < len(morphemes) else "" for next_ in (at + 1, at + 2))
    if word.part_of_speech[0] == "名詞" and word.part_of_speech[2] == "サ変可能" and after in ("為る", "出来る"):
        return at + 1 if after == "出来る" else at + 2
    if word.normalized in _HELPING:
        return at
    if word.part_of_speech[0] in _PREDICATES and (word.is_content or word.normalized == "為る"):
        return at + 1
    if word.part_of_speech[0] in ("名詞", "形状詞") and word.normalized in _told_of_things():
        made = [one.surface for one in morphemes[at + 1 : at + 2]] == ["に"] and after_next == "為る"  # 「無効にする」
        return at + 3 if made else at + 1
    return at


def _affirmed(morphemes: Sequence[Morpheme], end: int) -> bool | None:
    """Return whether a predicate that ends there is affirmed; None where it only may be, or is a condition."""
    denied = False
    for at in range(end, len(morphemes)):
        word = morphemes[at]
        if tuple(one.normalized for one in morphemes[at : at + 2]) in (("て", "は"), ("で", "は")):
            return False if any(one.normalized in _MUST for one in morphemes[at + 2 : at + 4]) else None
        if word.normalized in _ABLE:
            return None
        if word.normalized in _DENIALS:
            denied = not denied
            after = [one.normalized for one in morphemes[at + 1 : at + 4]]
            if after and after[0] in _IF_NOT:
                if any(one in _MUST for one in after[1:]):
                    return True  # 「しなければならない」
                if after[0] != "て":
                    return None  # 「しないと」
        elif word.is_content or word.part_of_speech[0] not in _TAIL or word.normalized in ("ば", "たら"):
            break
    return not denied


def _canonical(said: str) -> str:
    return DO if said in _lore()["doing"] else said


@cache
def _lore() -> Mapping[str, Any]:
    """Return what is known of words: the light ones, those that only tell that a thing is done, and opposites."""
    table = datafiles.table("kb.points", "words.toml")
    return {**table, "light": frozenset(table["light"]), "doing": frozenset(table["doing"])}


def _told_of_things() -> frozenset[str]:
    return frozenset((*_opposites(), *_opposites().values()))


def _opposites() -> Mapping[str, str]:
    told: Mapping[str, str] = _lore()["opposites"]
    return told
