"""What a text claims of what, and how it judges: each predicate with what it is said of, affirmed or denied."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias, TypeVar

from index.analysis import Morpheme
from kb.points.lore import alike, lore, opposite, said_as, told_of_things, verdicts

Claim: TypeAlias = tuple[str, str]
"""A thing and what is said of it: `("dead letter queue", DO)`."""

DO = "do"
"""What is said of a thing that is simply to be done, used or set up."""

_Said = TypeVar("_Said")

_PREDICATES = frozenset(("動詞", "形容詞"))
_ENDS = frozenset("。！？!?→⇒")
_DENIALS = frozenset(("ない", "無い", "ず", "ぬ", "ません", "不可", "なし", "なくなる", "無くなる"))
_IF_NOT, _MUST = frozenset(("と", "ば", "て")), frozenset(("成る", "行ける", "駄目", "行く"))
_QUOTING = frozenset(
    ("の", "言う", "仰る", "思う", "考える", "聞く", "話す", "感ずる")
)  # 「ないとのこと」, 「ないと仰る」
_HELPING = frozenset(("おく", "置く", "見る", "行く", "来る"))  # 「しておく」 says what 「する」 does
_FORMAL = frozenset(("こと", "事", "もの", "物", "方", "為", "必要", "場合", "時", "所", "様", "感じ", "話", "気"))
_TAIL = frozenset(("助動詞", "助詞"))
_ABLE, _CAN = frozenset(("出来る", "可能", "不可")), " can"
# 「変えることはできない」, 「遅くならない」, 「する必要はもうありません」, 「対応していない」
_BETWEEN = frozenset(("こと", "事", "成る", "必要", "もう", "有る", "居る"))
_SPARED = frozenset(("良い", "大丈夫", "平気", "済む"))  # 「しなくてよい」
_POTENTIAL = frozenset("えけげせてねべめれ")  # 「書ける」, which is written as 「書く」 in its normal form
_POSSIBLE = "possible"  # what 「使える」 and 「変えられる」 say by their form, and 「縮まない」 denies


def claims(morphemes: Sequence[Morpheme]) -> dict[Claim, bool]:
    """Return what a text says of what, True where it is affirmed, False where it is denied."""
    return _settled((claim, sign) for claim, sign in _claims(morphemes) if claim not in lore().of_many)


def judged(morphemes: Sequence[Morpheme]) -> dict[str, bool]:
    """Return how a text judges: whether it calls something possible, needed, fast, cheap, enough, and so on."""
    return _settled(_judged(morphemes))


def _settled(told: Iterable[tuple[_Said, bool]]) -> dict[_Said, bool]:
    """Return what is told, without what is both affirmed and denied: 「持つか持たないか」 says neither."""
    every = set(told)
    return {said: sign for said, sign in every if (said, not sign) not in every}


def _judged(morphemes: Sequence[Morpheme]) -> Iterator[tuple[str, bool]]:
    before = ""
    for at, word in enumerate(morphemes):
        end = _predicate_end(morphemes, at)
        both = f"{before} {word.normalized}"
        words = (both, alike().get(both, word.normalized), word.normalized, said_as(word.normalized))
        known = next((verdicts()[one] for one in words if one in verdicts()), None)
        sign = _affirmed(morphemes, max(end, at + 1)) if known or end > at else None
        if known and sign is not None:
            of, speaks_for = known
            yield of, sign == speaks_for
        elif sign is False and word.normalized not in _BETWEEN and morphemes[end].normalized != "必要":
            spared = _SPARED.intersection(one.normalized for one in morphemes[end + 1 : end + 4])
            yield ("needed" if spared else _POSSIBLE), False
        elif sign and _is_able(morphemes, at, end):
            yield _POSSIBLE, True
        before = word.normalized if word.is_content or end > at else before


def _is_able(morphemes: Sequence[Morpheme], at: int, end: int) -> bool:
    """Tell whether a predicate by its form is said to be possible: 「使える」, 「変えられる」."""
    word, behind = morphemes[at], [one.normalized for one in morphemes[end : end + 1]]
    stem = word.surface.removesuffix("る")[-1:]
    potential = stem in _POTENTIAL and word.normalized[-2:-1] not in _POTENTIAL and behind != ["ば"]
    return word.part_of_speech[0] == "動詞" and (potential or behind == ["られる"])


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
                both = alike().get(f"{before} {word.normalized}", word.normalized)
                said = opposite(both)
                able = _CAN if any(one.normalized in _ABLE for one in morphemes[end : end + 1]) else ""
                yield (thing, _canonical(said or both) + able), sign == (said is None)
            before, at = word.normalized, end
            continue
        if word.surface in ("に", "で") and thing is not None and _ends(morphemes, at + 1):
            yield (thing, DO), True  # 「→ 冪等に」
        if word.surface[0] in _ENDS:
            thing = None
        elif word.part_of_speech[0] in ("名詞", "形状詞") and word.is_content and not word.is_figure:
            thing = _thing(word) or thing
        before = word.normalized if word.is_content else before
        at += 1


def _thing(word: Morpheme) -> str:
    """Return the name of a thing without what only shades it: 冪等性 as 冪等; empty for what names nothing."""
    parts = (word,) if word.normalized in alike() else word.parts or (word,)
    return "".join(said_as(part.normalized) for part in parts if part.normalized not in lore().light)


def _predicate_end(morphemes: Sequence[Morpheme], at: int) -> int:
    """Return where the predicate ends that begins at a place, the place itself where none does."""
    word = morphemes[at]
    after, after_next = (morphemes[next_].normalized if next_ < len(morphemes) else "" for next_ in (at + 1, at + 2))
    if word.part_of_speech[0] == "名詞" and word.part_of_speech[2] == "サ変可能":
        if after == "為る" or after in _ABLE:
            return at + 2 if after == "為る" else at + 1
        if at and morphemes[at - 1].part_of_speech[0] == "助詞" and _ends(morphemes, at + 1):
            return at + 1  # 「冪等性を確保」
    if word.normalized in _HELPING:
        return at
    if word.part_of_speech[0] in _PREDICATES and (word.is_content or word.normalized == "為る"):
        return at + 1
    if (word.part_of_speech[0] == "形状詞" and opposite(word.normalized)) or word.normalized in told_of_things():
        made = [one.surface for one in morphemes[at + 1 : at + 2]] == ["に"] and after_next == "為る"  # 「無効にする」
        return at + 3 if made else at + 1
    return at


def _ends(morphemes: Sequence[Morpheme], at: int) -> bool:
    """Tell whether a sentence ends before a place."""
    return at == len(morphemes) or morphemes[at].surface[0] in _ENDS


def _only_shades(morphemes: Sequence[Morpheme], end: int) -> bool:
    """Tell whether a predicate that ends there only shades a noun: 「ALB に重い処理」 does not call the ALB slow."""
    behind = next((word for word in morphemes[end:] if word.part_of_speech[0] != "助動詞"), None)
    return behind is not None and behind.part_of_speech[0] == "名詞" and behind.normalized not in _FORMAL


def _affirmed(morphemes: Sequence[Morpheme], end: int) -> bool | None:
    """Return whether a predicate that ends there is affirmed; None where it is a condition."""
    denied = False
    for at in range(end, len(morphemes)):
        word = morphemes[at]
        if _is_condition(morphemes, at):
            return None
        if tuple(one.normalized for one in morphemes[at : at + 2]) in (("て", "は"), ("で", "は")):
            return False if any(one.normalized in _MUST for one in morphemes[at + 2 : at + 4]) else None
        if word.normalized in _DENIALS:
            denied = not denied
            after = [one.normalized for one in morphemes[at + 1 : at + 4]]
            if after and after[0] in _IF_NOT:
                if any(one in _MUST for one in after[1:]) and after[:2] != ["て", "良い"]:
                    return True  # 「しなければならない」, not 「しなくてよくなった」
                if after[0] != "て" and not _QUOTING.intersection(after[1:2]):
                    return None  # 「しないと」
        elif word.normalized not in _ABLE | _BETWEEN and (word.is_content or word.part_of_speech[0] not in _TAIL):
            break
    return not denied


def _is_condition(morphemes: Sequence[Morpheme], at: int) -> bool:
    """Tell whether a word makes what stands before it a condition: 「つなぐと」, 「遅ければ」, not 「遅ければよい」."""
    word, behind = morphemes[at], [one.normalized for one in morphemes[at + 1 : at + 2]]
    joins = word.part_of_speech[1] == "接続助詞" and word.normalized in ("と", "ば")
    return (joins or (word.surface, word.normalized) in (("たら", "た"), ("なら", "だ"))) and not _SPARED.intersection(
        behind
    )


def _canonical(said: str) -> str:
    return DO if said in lore().doing else alike().get(said, said)
