"""The gist of a note as it is compared with others: its weighty words, its figures, and what it claims of what."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import zip_longest
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
_DENIALS = frozenset(("ない", "無い", "ず", "ぬ", "ません", "不可"))
_IF_NOT, _MUST = frozenset(("と", "ば", "て")), frozenset(("成る", "行ける", "駄目", "行く"))
_QUOTING = frozenset(
    ("の", "言う", "仰る", "思う", "考える", "聞く", "話す", "感ずる")
)  # 「ないとのこと」, 「ないと仰る」
_HELPING = frozenset(("おく", "置く", "見る", "行く", "来る"))  # 「しておく」 says what 「する」 does
_FORMAL = frozenset(("こと", "事", "もの", "物", "方", "為", "必要", "場合", "時", "所", "様", "感じ", "話", "気"))
_TAIL = frozenset(("助動詞", "助詞"))
_ABLE, _CAN = frozenset(("出来る", "可能", "不可")), " can"
_BETWEEN = frozenset(("こと", "事", "成る", "必要"))  # 「変えることはできない」, 「遅くならない」, 「する必要はない」
# A figure with what it counts; 2018-08-09, v1 and 第81回 are none.
_FIGURE = re.compile(
    r"(?<![a-z0-9.,-])(?<!第)(?<!第 )(\d[\d,]*(?:\.\d+)?)\s*([万億兆]?)\s*"
    r"(ミリ秒|マイクロ秒|秒|分|時間|週間|[かヶヵカケ箇]?月|年|日|倍|個|件|台|回|円|ドル|割|文字|本|[%$¥]|[a-z]+)"
)
_BEFORE = re.compile(r"([$¥])\s*(\d[\d,]*(?:\.\d+)?)")  # what is counted, said first
_POWERS = {"": 1, "万": 10**4, "億": 10**8, "兆": 10**12}
_MONTHS = 12
_PLACES = 6  # of a figure: microseconds of a time
# 2018年, 8月, 8月9日 and 2018-08-09; 1年, 6か月 and 7日 are how long something takes.
_DATE = re.compile(
    r"(?<![\d.,-])(?:(?:19|20)\d\d\s*(?:年(?:\s*\d\d?\s*月)?|-\d\d?)|\d\d?\s*月)(?:\s*\d\d?\s*日|-\d\d?)?(?![\d-])"
)


@dataclass(frozen=True, slots=True)
class Gist:
    """What of a note is compared.

    - `words`: each weighty word in its normal form, with its weight from 0 to 1. Names of services are left out:
      what a note is about is known.
    - `latin`: the words among them in Latin letters, which name things.
    - `figures`: for each unit the figures counted in it, 256KB as so many bytes, 5分 as so many seconds.
    - `dates`: the months that are told, or the years, or both of each.
    - `claims`: what is said of what, True where it is affirmed, False where it is denied.
    - `told`: the words of what is said, without those of what it is said of; None where that cannot be told apart.
    - `topics`: the weighty words of what it stands under.
    """

    words: Mapping[str, float]
    latin: frozenset[str] = frozenset()
    figures: Mapping[str, frozenset[float]] = field(default_factory=dict)
    dates: frozenset[tuple[int, ...]] = frozenset()
    claims: Mapping[Claim, bool] = field(default_factory=dict)
    told: frozenset[str] | None = None
    topics: frozenset[str] = frozenset()

    @property
    def says_something(self) -> bool:
        """Whether it can be a point: 「気をつけること」 and 「まだ使えない」 tell nothing, 「ボリュームは16TB まで」 does."""
        return sum(self.words.values()) + bool(self.figures) > 1

    def alone(self, other: "Gist") -> frozenset[str]:
        """Return its weighty words that another does not have."""
        return frozenset(word for word, weight in self.words.items() if weight > _LIGHT and word not in other.words)


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
    there = frozenset(word for word, _ in _words(event))
    words = {
        word: min(weight, _LIGHT) if word in there else weight
        for word, weight in _words(morphemes)
        if word not in names
    }
    written = folded_for_sudachi(text)
    return Gist(
        words=words,
        latin=frozenset(word for word in words if word.isascii() and not word.isdigit()),
        figures=_figures(_DATE.sub(" ", written)),
        dates=frozenset(_year_and_month(date) for date in _DATE.findall(written)),
        claims=_settled(_claims(morphemes)),
        told=_told(morphemes, words),
        topics=frozenset(word for word, weight in _words(above) if weight > _LIGHT) - there,
    )


def _settled(claims: Iterable[tuple[Claim, bool]]) -> dict[Claim, bool]:
    """Return what is claimed, without what is both affirmed and denied: 「持つか持たないか」 says neither."""
    every = set(claims)
    return {claim: sign for claim, sign in every if (claim, not sign) not in every}


def _words(morphemes: Sequence[Morpheme]) -> Iterator[tuple[str, float]]:
    """Yield the words that carry meaning, each as what says the same, with its weight."""
    content = list(_content(morphemes))
    taken = False
    for word, after in zip_longest(content, content[1:]):
        both = after and _alike().get(f"{word.normalized} {after.normalized}")
        if not taken:
            said = both or _said_as(word)
            yield said, _LIGHT if said in _lore()["light"] else 1.0 if both else _weight(word)
        taken = bool(both) and not taken


def _content(morphemes: Sequence[Morpheme]) -> Iterator[Morpheme]:
    """Yield the words that carry meaning, of a compound its parts unless it is known as a whole."""
    for morpheme in morphemes:
        for word in (morpheme.normalized not in _alike() and morpheme.parts) or (morpheme,):
            known = word.normalized in _alike() or not (word.is_affix or word.is_figure)
            if known and word.is_content and word.part_of_speech[0] not in _UNCOUNTED:
                yield word


def _said_as(word: Morpheme) -> str:
    return _alike().get(word.normalized, word.normalized)


def _weight(word: Morpheme) -> float:
    return 1.0 if word.normalized in _alike() else _WEIGHTS.get(word.part_of_speech[0], _OTHER)


def _told(morphemes: Sequence[Morpheme], words: Mapping[str, float]) -> frozenset[str] | None:
    """Return the weighty words of what a text says: what follows its first 「は」, else 「が」, else from its object on."""
    speech = [(word.surface, word.part_of_speech[1]) for word in morphemes]
    for marker, back in ((("は", "係助詞"), 0), (("が", "格助詞"), 0), (("を", "格助詞"), 1)):
        if marker in speech:
            said = morphemes[max(speech.index(marker) - back, 0) :]
            return frozenset(word for word, _ in _words(said) if words.get(word, 0) > _LIGHT)
    return None


def _figures(written: str) -> dict[str, frozenset[float]]:
    """Return the figures of a folded text by their units."""
    found: dict[str, frozenset[float]] = {}
    for number, power, counter in _FIGURE.findall(_BEFORE.sub(r"\2\1", written)):
        unit, each = _lore()["units"].get(counter, ("月" if counter.endswith("月") else counter, 1))
        figure = float(number.replace(",", "")) * _POWERS[power] * each
        found[unit] = found.get(unit, frozenset()) | {round(figure, _PLACES)}
    return found


def _year_and_month(date: str) -> tuple[int, ...]:
    numbers = tuple(map(int, re.findall(r"\d+", date)))
    return numbers[: 2 if numbers[0] > _MONTHS else 1]


def _claims(morphemes: Sequence[Morpheme]) -> Iterator[tuple[Claim, bool]]:
    """Yield what a text says of what: each predicate with the last thing named before it in its sentence."""
    thing: str | None = None
    before = ""  # the last word that carries meaning
    at = 0
    while at < len(morphemes):
        word = morphemes[at]
        end = _predicate_end(morphemes, at)
        if end > at:
            sign = _affirmed(morphemes, end)
            if thing is not None and sign is not None and not _only_shades(morphemes, end):
                both = _alike().get(f"{before} {word.normalized}", word.normalized)
                said = _opposite(both)
                able = _CAN if any(one.normalized in _ABLE for one in morphemes[end : end + 1]) else ""
                yield (thing, _canonical(said or both) + able), sign == (said is None)
            before, at = word.normalized, end
            continue
        if word.surface[0] in _ENDS:
            thing = None
        elif word.part_of_speech[0] in ("名詞", "形状詞") and word.is_content and not word.is_figure:
            thing = _thing(word) or thing
        before = word.normalized if word.is_content else before
        at += 1


def _thing(word: Morpheme) -> str:
    """Return the name of a thing without what only shades it: 冪等性 as 冪等; empty for what names nothing."""
    parts = (word,) if word.normalized in _alike() else word.parts or (word,)
    return "".join(_said_as(part) for part in parts if part.normalized not in _lore()["light"])


def _predicate_end(morphemes: Sequence[Morpheme], at: int) -> int:
    """Return where the predicate ends that begins at a place, the place itself where none does."""
    word = morphemes[at]
    after, after_next = (morphemes[next_].normalized if next_ < len(morphemes) else "" for next_ in (at + 1, at + 2))
    if (
        word.part_of_speech[0] == "名詞"
        and word.part_of_speech[2] == "サ変可能"
        and (after == "為る" or after in _ABLE)
    ):
        return at + 2 if after == "為る" else at + 1
    if word.normalized in _HELPING:
        return at
    if word.part_of_speech[0] in _PREDICATES and (word.is_content or word.normalized == "為る"):
        return at + 1
    if (word.part_of_speech[0] == "形状詞" and _opposite(word.normalized)) or word.normalized in _told_of_things():
        made = [one.surface for one in morphemes[at + 1 : at + 2]] == ["に"] and after_next == "為る"  # 「無効にする」
        return at + 3 if made else at + 1
    return at


def _only_shades(morphemes: Sequence[Morpheme], end: int) -> bool:
    """Tell whether a predicate that ends there only shades a noun: 「ALB に重い処理」 does not call the ALB slow."""
    behind = next((word for word in morphemes[end:] if word.part_of_speech[0] != "助動詞"), None)
    return behind is not None and behind.part_of_speech[0] == "名詞" and behind.normalized not in _FORMAL


def _affirmed(morphemes: Sequence[Morpheme], end: int) -> bool | None:
    """Return whether a predicate that ends there is affirmed; None where it is a condition."""
    denied = False
    for at in range(end, len(morphemes)):
        word = morphemes[at]
        if (
            word.part_of_speech[1] == "接続助詞"
            and word.normalized == "と"
            and morphemes[at - 1].part_of_speech[0] == "形容詞"
        ):
            return None  # 「短いと切れる」; 「付けると安心」 advises it
        if tuple(one.normalized for one in morphemes[at : at + 2]) in (("て", "は"), ("で", "は")):
            return False if any(one.normalized in _MUST for one in morphemes[at + 2 : at + 4]) else None
        if word.normalized in _DENIALS:
            denied = not denied
            after = [one.normalized for one in morphemes[at + 1 : at + 4]]
            if after and after[0] in _IF_NOT:
                if any(one in _MUST for one in after[1:]):
                    return True  # 「しなければならない」
                if after[0] != "て" and not _QUOTING.intersection(after[1:2]):
                    return None  # 「しないと」
        elif word.normalized not in _ABLE | _BETWEEN and (
            word.is_content or word.part_of_speech[0] not in _TAIL or word.normalized in ("ば", "たら")
        ):
            break
    return not denied


def _canonical(said: str) -> str:
    return DO if said in _lore()["doing"] else _alike().get(said, said)


def _opposite(word: str) -> str | None:
    """Return the word that one denies, None where it denies none: of 「重い」 「軽い」, though it also says 「遅い」."""
    return _opposites().get(word) or _opposites().get(_alike().get(word, word))


@cache
def _lore() -> Mapping[str, Any]:
    """Return what is known of words: the light ones, those that only tell that a thing is done, and opposites."""
    table = datafiles.table("kb.points", "words.toml")
    return {**table, "light": frozenset(table["light"]), "doing": frozenset(table["doing"])}


@cache
def _alike() -> Mapping[str, str]:
    """Return for each word that says what others say the one that stands for them all."""
    return {word: group[0] for group in _lore()["alike"] for word in group}


def _told_of_things() -> frozenset[str]:
    return frozenset((*_opposites(), *_opposites().values()))


def _opposites() -> Mapping[str, str]:
    told: Mapping[str, str] = _lore()["opposites"]
    return told
