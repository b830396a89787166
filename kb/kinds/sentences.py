"""A note's text as sentences of words: what the rules look at.

A sentence ends at its full stop, its exclamation or question mark, at an arrow, a colon and an equals sign. What stands
in parentheses is an aside: the note taker's own voice, or a detail. Politeness, and what only rounds a sentence off, is
left out.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from index.analysis import Morpheme
from kb.kinds.patterns import Features, ends_with, pattern

_ARROW = re.compile(r"[-ー=]{1,2}[>＞]|[→⇒➡⇨]")
# Where a sentence ends: addresses are stepped over; a full stop of ASCII ends one only before a gap, not in 1.5.
_MARK = re.compile(
    rf"https?:[^\s)）」]+|{_ARROW.pattern}|[。．!！\n]|[?？]+|\.(?=\s|$)|…+|\.{{2,}}|・{{2,}}|[:：]|\s[=＝]\s|[(（]|[)）]"
)
# Of a note so much is read. What kind it is takes time for each rule and each sentence, and the longest note that we
# have seen has 2,300 characters; what is longer is a page without line ends.
READ_SO_FAR = 3_000
_OPENING, _CLOSING = "(（", ")）"

_ROUNDING = tuple(
    map(
        pattern,
        (
            "的 だ",
            "って|と こと|話",
            "と いう|言う こと|話",
            "と の こと",
            "と か<副助詞>",
            "の で|だ は 無い か",
            "と 思う",
            "など",
            "らしい",
        ),
    )
)
_ROUNDING_LAST = frozenset(key for one in _ROUNDING for asked in one[-1] for key in asked if not key.startswith("<"))
_INTENTION = pattern("<意志推量形> と 思う")
_THAT_IT_WAS = pattern("た こと")
_ABOUT = pattern("に つく|関する て|為る")
_CIRCUMSTANCE = pattern("場合|時|ケース|際|為|とこ")
_STATING = frozenset(("有り", "なし", "無し", "不要", "可", "不可", "可能"))
_CASES = frozenset(("を", "が", "に", "で", "へ", "から"))
_NOMINAL = frozenset(("<名詞>", "<代名詞>", "<名詞的>", "<記号>", "<形状詞>"))
_E_ROW = dict(zip("アカサタナハマラワガザダバパ", "えけせてねへめれえげぜでべぺ", strict=True))


class Sentence(NamedTuple):  # two a note: a frozen dataclass takes four times as long to make
    """One sentence of a note. `marks` is what follows it: `?`, `。->`. `bare`: it names something and states nothing."""

    words: tuple[Features, ...]
    begin: int
    marks: str
    aside: bool
    bare: bool

    @property
    def leads_on(self) -> bool:
        """Whether an arrow follows."""
        return bool(self.marks) and _ARROW.search(self.marks) is not None


def sentences(text: str, morphemes: Sequence[Morpheme]) -> tuple[Sentence, ...]:
    """Return the sentences of a text in order; addresses and stretches without a word are left out.

    No more than the first `READ_SO_FAR` characters are looked at.
    """
    found: list[Sentence] = []
    begins = [morpheme.begin for morpheme in morphemes]
    at = 0
    for begin, end, mark, aside in _stretches(text[:READ_SO_FAR]):
        first = bisect_left(begins, begin, at)
        at = bisect_left(begins, end, first)
        said = [word for m in morphemes[first:at] if (word := _features(m.normalized, m.part_of_speech))]
        if said:
            words = _without_rounding(said)
            bare = not _is_copula(said[-1]) and _is_bare(words)
            found.append(Sentence(words, begin, mark, aside, bare))
        else:
            _hand_back(found, mark, aside=aside)
    return tuple(found)


def _hand_back(found: list[Sentence], mark: str, *, aside: bool) -> None:
    """Give a mark with no word before it to the last sentence it can belong to: in 「遅い(秒単位) -> …」 that is 「遅い」."""
    for at in range(len(found) - 1, -1, -1):
        if found[at].aside == aside:
            found[at] = found[at]._replace(marks=found[at].marks + mark)
            return


def _stretches(text: str) -> Iterator[tuple[int, int, str, bool]]:
    """Yield (begin, end, mark, aside) of what stands before each mark, and of the rest."""
    begin = depth = 0
    for mark in _MARK.finditer(text):
        yield begin, mark.start(), mark[0], depth > 0
        begin = mark.end()
        depth = max(0, depth + (mark[0] in _OPENING) - (mark[0] in _CLOSING))
    yield begin, len(text), "", depth > 0


@lru_cache(20_000)  # notes say the same words again and again
def _features(normalized: str, part_of_speech: tuple[str, ...]) -> Features | None:
    """Return a morpheme as the features of a word, or None for a sign and for politeness (ます, save in ましょう)."""
    if part_of_speech[0] in ("補助記号", "空白") or (normalized == "ます" and part_of_speech[5] != "意志推量形"):
        return None
    answers = {normalized, *(f"<{part}>" for part in part_of_speech if part != "*")}
    if normalized.endswith("化") and part_of_speech[0] == "名詞":  # 可視化, to Sudachi an ordinary noun
        answers.add("<サ変可能>")
    if normalized in ("出来る", "れる", "られる") or _is_potential(normalized, part_of_speech[4]):
        answers.add("<可能>")
    return frozenset(answers)


def _is_potential(normalized: str, conjugation: str) -> bool:
    """Tell whether a verb says "can": 使える is 使う in its normal form, but conjugates as a 下一段 verb."""
    if not conjugation.startswith("下一段"):
        return False
    row = conjugation.removeprefix("下一段-")[0]
    return not normalized.endswith(_E_ROW[row] + "る") and (row == "ラ" or not normalized.endswith("る"))


def _without_rounding(said: Sequence[Features]) -> tuple[Features, ...]:
    words = list(said)
    while length := _rounding(words):
        del words[-length:]
    return tuple(words)


def _rounding(words: Sequence[Features]) -> int:
    """Return how many words at the end of a sentence only round it off: ね, です, とか, という話, と思う."""
    if len(words) == 1:
        return 0
    last = words[-1]
    if "<終助詞>" in last and "か" not in last:
        return int("か" not in words[-2])  # 「かな」 is a doubt
    if _is_copula(last) or ends_with(_THAT_IT_WAS, words):
        return 1
    if last.isdisjoint(_ROUNDING_LAST) or ends_with(_INTENTION, words):
        return 0
    return next((len(one) for one in _ROUNDING if len(one) < len(words) and ends_with(one, words)), 0)


def _is_copula(word: Features) -> bool:
    return "<終止形-一般>" in word and ("です" in word or "だ" in word)


def _is_bare(words: Sequence[Features]) -> bool:
    """Tell whether words are a noun phrase: nothing is predicated, save in a clause that modifies a noun."""
    last = words[-1]
    if len(words) > 1 and not last.isdisjoint(_STATING):  # 「設定不要」, 「問題なし」
        return False
    if "<助詞>" in last:
        return ends_with(_ABOUT, words) or not any(_is_predicate(word) for word in words)
    if not is_title(words):
        return False
    if "<形状詞>" in last:
        return not any("<助詞>" in word for word in words)
    head = main_clause(words)
    return not any(
        "<格助詞>" in word and "の" not in after and not word.isdisjoint(_CASES) for word, after in pairwise(head)
    )


def is_title(words: Sequence[Features]) -> bool:
    """Tell whether words end in a noun and have neither topic, subject nor object: 「スキーマごとに分離」 over its details."""
    if words[-1].isdisjoint(_NOMINAL) or any(map(_gives_a_reason, words, words[1:])):
        return False
    if any("<係助詞>" in word and ("は" in word or "も" in word) for word in words):
        return ends_with(_CIRCUMSTANCE, words)
    head = main_clause(words)
    return not any(
        "の" not in after and ("<接続助詞>" in word or ("<格助詞>" in word and ("を" in word or "が" in word)))
        for word, after in pairwise(head)
    )


def main_clause(words: Sequence[Features]) -> Sequence[Features]:
    """Return what follows the last subordinate clause (「…する」 before a noun, 「…なら」)."""
    for begin in range(len(words) - 1, 0, -1):
        if "<連体形-一般>" in words[begin - 1] or "<仮定形-一般>" in words[begin - 1]:
            return words[begin:]
    return words


def _gives_a_reason(one: Features, after: Features) -> bool:
    """Tell whether two words in a row are 「ので」."""
    return "<準体助詞>" in one and ("だ" in after or "で" in after)


def _is_predicate(word: Features) -> bool:
    return "<動詞>" in word or "<形容詞>" in word or "<助動詞>" in word
