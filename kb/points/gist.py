"""The gist of a note as it is compared with others: its weighty words, its figures, and what it claims and judges."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

from index.analysis import Morpheme
from index.text import folded_for_sudachi
from kb.points.claims import Claim, claims, judged
from kb.points.lore import alike, lore, said_as, stances

READ_SO_FAR = 600
"""Characters of a note that are compared: a longer one says too much to say the same as another."""

_WEIGHTS = {"名詞": 1.0, "形状詞": 1.0, "動詞": 0.5, "形容詞": 0.5}
_OTHER, _LIGHT = 0.25, 0.25
_UNCOUNTED = frozenset(("補助記号", "空白", "記号", "代名詞", "連体詞", "接続詞", "感動詞"))
# A figure with what it counts; 2018-08-09, v1 and 第81回 are none.
_FIGURE = re.compile(
    r"(?<![a-z0-9.,-])(?<!第)(?<!第 )(\d[\d,]*(?:\.\d+)?)\s*([万億兆]?)\s*"
    r"(ミリ秒|マイクロ秒|秒|分|時間|週間|[かヶヵカケ箇]?月|年|日|倍|個|件|台|回|円|ドル|割|文字|本|行|枚|通|名|人|種類|[%$¥]|[a-z]+"
    r"|[ァ-ヴー]{2,})"
)
_BEFORE = re.compile(r"([$¥])\s*(\d[\d,]*(?:\.\d+)?)")  # what is counted, said first
_WAS = re.compile(
    r"\d[\d,.]*\s*[^\s\d。、]{0,4}\s*(?:から|[-ー]>|[→⇒])\s*(?=\d)"
)  # what changed: 「1,536MB から 3,008MB に」
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
    - `judged`: how it judges, of what: that something is not possible, or cheap.
    - `stances`: the words by which it takes a stand against what others say, or may.
    - `told`: the words of what is said, without those of what it is said of; None where that cannot be told apart.
    - `topics`: the weighty words of what it stands under.
    """

    words: Mapping[str, float]
    latin: frozenset[str] = frozenset()
    figures: Mapping[str, frozenset[float]] = field(default_factory=dict)
    dates: frozenset[tuple[int, ...]] = frozenset()
    claims: Mapping[Claim, bool] = field(default_factory=dict)
    judged: Mapping[str, bool] = field(default_factory=dict)
    stances: frozenset[str] = frozenset()
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
        for word, weight in _words([word for word in morphemes if word.normalized not in names])
        if word not in names
    }
    written = folded_for_sudachi(text)
    return Gist(
        words=words,
        latin=frozenset(word for word in words if word.isascii() and not word.isdigit()),
        figures=_figures(_DATE.sub(" ", written)),
        dates=frozenset(_year_and_month(date) for date in _DATE.findall(written)),
        claims=claims(morphemes),
        judged=judged(morphemes),
        stances=stances() & {word.normalized for word in morphemes},
        told=_told(morphemes, words),
        topics=frozenset(word for word, weight in _words(above) if weight > _LIGHT) - there,
    )


def _words(morphemes: Sequence[Morpheme]) -> Iterator[tuple[str, float]]:
    """Yield the words that carry meaning, each as what says the same, with its weight."""
    content = list(_content(morphemes))
    taken = False
    for word, after in zip_longest(content, content[1:]):
        both = after and alike().get(f"{word.normalized} {after.normalized}")
        if not taken:
            said = both or said_as(word.normalized)
            yield said, _LIGHT if said in lore().light else 1.0 if both else _weight(word)
        taken = bool(both) and not taken


def _content(morphemes: Sequence[Morpheme]) -> Iterator[Morpheme]:
    """Yield the words that carry meaning, of a compound its parts unless it is known as a whole."""
    for morpheme in morphemes:
        for word in (morpheme.normalized not in alike() and morpheme.parts) or (morpheme,):
            known = word.normalized in alike() or not (word.is_affix or word.is_figure)
            if known and word.is_content and word.part_of_speech[0] not in _UNCOUNTED:
                yield word


def _weight(word: Morpheme) -> float:
    return 1.0 if word.normalized in alike() else _WEIGHTS.get(word.part_of_speech[0], _OTHER)


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
    for number, power, counter in _FIGURE.findall(_BEFORE.sub(r"\2\1", _WAS.sub(" ", written))):
        unit, each = lore().units.get(counter, ("月" if counter.endswith("月") else counter, 1))
        figure = float(number.replace(",", "")) * _POWERS[power] * each
        found[unit] = found.get(unit, frozenset()) | {round(figure, _PLACES)}
    return found


def _year_and_month(date: str) -> tuple[int, ...]:
    numbers = tuple(map(int, re.findall(r"\d+", date)))
    return numbers[: 2 if numbers[0] > _MONTHS else 1]
