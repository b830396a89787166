"""The pieces of which lines are made, words of one script and marks, and what is true of each."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from kb.talks.words import any_of

_TOKEN = re.compile(
    r"さん|氏|様|先生|[A-Za-z][A-Za-z0-9_'’]*|[0-9０-９]+|[ァ-ヶーｦ-ﾟ]+|[ぁ-ん]+?(?=さん|氏|様)|[ぁ-ん]+"
    r"|[一-鿿々]+?(?=氏|様|先生)|[一-鿿々]+|\s+|."
)
_TOLD = 3  # places from the beginning and the end of a line that are told apart
_MOST, _MANY = 0.6, 0.3  # of the headings of talks
_HONORIFIC = ("さん", "氏", "様", "先生", "くん", "君", "ちゃん", "夫妻")
_OPENING, _CLOSING = '「『【（([［〈《<"“', '」』】）)]］〉》>"”'
_MARKS = ("「", "@", "/", "／", "(", "（", "：", ":", "-")
_COMPANY = re.compile(rf"(?:{any_of('companies')}|会社|大学|社$|研究所|銀行|㈱)", re.IGNORECASE)
_POSITION = re.compile(rf"(?:{any_of('positions')}|学生|代表|部長|社員|部$|課$|担当)", re.IGNORECASE)
_SAYS_WHO = re.compile(
    rf"^(?:{any_of('speakers')}|話した人|しゃべった人|話す人|喋るひと|発表|発表者|著者|講師|話|登壇|演者|司会|スピーカ)$",
    re.IGNORECASE,
)
_ROOM = re.compile(rf"^(?:{any_of('rooms')}|会場|ホール|ルーム|トラック|室)$", re.IGNORECASE)
_LABEL = re.compile(rf"^(?:{any_of('labels')})$", re.IGNORECASE)
_SITE = re.compile(r"twitter|github|speaker|deck|slideshare|connpass|youtube|http|facebook", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a text, and where it begins and ends there."""

    text: str
    begin: int
    end: int


def tokens_of(text: str) -> list[Token]:
    """Return the pieces of a text; together they are the text."""
    return [Token(match[0], match.start(), match.end()) for match in _TOKEN.finditer(text)]


@lru_cache(20_000)
def shape_of(text: str) -> str:
    """Return the script of a piece and, roughly, its length; a mark is itself."""
    first, shape = text[0], text[0]
    if first.isspace():
        shape = "space" if text == " " else "wide"
    elif first.isdigit():
        shape = f"0{min(len(text), 4)}"
    elif first.isascii() and first.isalpha():
        case = "A" if text.isupper() else "a" if text.islower() else "aA"
        shape = f"{'Aa' if first.isupper() and text[1:].islower() else case}{min(len(text), 3)}"
    elif "ぁ" <= first <= "ん":
        shape = f"ひ{min(len(text), 4)}"
    elif "ァ" <= first <= "ー" or "ｦ" <= first <= "ﾟ":
        shape = f"カ{min(len(text), 5)}"
    elif "一" <= first <= "鿿" or first == "々":
        shape = f"漢{min(len(text), 5)}"
    return shape


@lru_cache(20_000)
def _own(text: str) -> tuple[str, ...]:
    """Return what is true of a piece by itself; it is asked for again and again."""
    shape = shape_of(text)
    word = re.sub(r"[0-9０-９]", "0", text.lower()) if not text[0].isspace() else " "
    found = [f"w {word}", f"s {shape}"]
    if len(text) > 1:
        found += [f"begins {text[0]}", f"ends {text[-1]}", f"ends {text[-2:]}"]
    for name, pattern in (
        ("company", _COMPANY),
        ("position", _POSITION),
        ("who", _SAYS_WHO),
        ("room", _ROOM),
        ("label", _LABEL),
        ("site", _SITE),
    ):
        if pattern.search(text):
            found.append(name)
    if text in _HONORIFIC:
        found.append("honorific")
    return tuple(found)


def spans(
    lines: Sequence[str],
    tokens: Sequence[Sequence[Token]],
    labels: Sequence[Sequence[str]],
    likely: Sequence[Sequence[float]],
) -> Iterator[tuple[str, int, str, float]]:
    """Yield what is labelled: as what, in which of the lines, its text, how likely its least likely piece is."""
    for place, text in enumerate(lines):
        name, begin, end, least = "O", 0, 0, 1.0
        for token, label, share in zip(tokens[place], labels[place], likely[place], strict=True):
            own = label.removeprefix("B-").removeprefix("I-")
            if own == name and not label.startswith("B-"):
                end, least = token.end, min(least, share)
            else:
                if name != "O":
                    yield name, place, text[begin:end].strip(), least
                name, begin, end, least = own, token.begin, token.end, share
        if name != "O":
            yield name, place, text[begin:end].strip(), least


Hint = tuple[int, int, str]
"""Where in a line a pattern sees something, and what."""


@lru_cache(50_000)
def _beside(text: str, step: int) -> tuple[str, ...]:
    """Return what is true of a piece that has another beside it."""
    own = _own(text)
    return tuple(f"{step} {feature}" for feature in (own if abs(step) == 1 else own[:2]))


def features_of_tokens(
    lines: Sequence[tuple[str, str, Sequence[Token], Sequence[Hint]]], habits: Mapping[str, str]
) -> list[list[list[str]]]:
    """Return the features of the pieces of each of some lines; a line is told its place and what sort it is of."""
    return [_features_of_line(*line, habits) for line in lines]


def _features_of_line(
    place: str, sort: str, tokens: Sequence[Token], hints: Sequence[Hint], habits: Mapping[str, str]
) -> list[list[str]]:
    texts = [token.text for token in tokens]
    solid = [at for at, text in enumerate(texts) if not text.isspace()]
    whole, present = [f"line {place} {sort}"], set(texts)
    people = [at for at, text in enumerate(texts) if text in _HONORIFIC]
    whole += ["line has honorific"] if people else []
    whole += [f"line {place} has {mark}" for mark in _MARKS if mark in present]
    whole.append(f"line tokens {min(len(solid) // 4, 5)}")
    parted = _parted(texts, habits) if place == "0" else [()] * len(texts)
    inside = _brackets(place, texts)
    found = list[list[str]]()
    for at, token in enumerate(tokens):
        one = [*whole, *_own(token.text), f"{place} {shape_of(token.text)}", *inside[at], *parted[at]]
        if people:
            after = bisect_left(people, at)
            one.append(f"honorific in {min(people[after] - at, 5)}" if after < len(people) else "honorific before")
        for begin, end, name in hints:
            if begin <= token.begin and token.end <= end:
                one += (f"told {name}", f"told {name} {place} {'first' if token.begin == begin else ''}")
            elif token.begin == end:
                one.append(f"behind told {name}")
        found.append(one)
    for n, at in enumerate(solid):
        found[at] += _neighbours(place, texts, solid, n)
    return found


def _brackets(place: str, texts: Sequence[str]) -> list[list[str]]:
    """Return for each piece in which brackets it stands, and behind which."""
    opened, after, found = list[str](), "", list[list[str]]()
    for text in texts:
        if text in _CLOSING and opened:
            after = opened.pop()
        one = [f"in {opened[-1]} {place} {shape_of(text)}", f"in {opened[-1]}"] if opened else ["in none"]
        found.append([*one, f"after {after}"] if after else one)
        if text in _OPENING:
            opened.append(text)
    return found


def _neighbours(place: str, texts: Sequence[str], solid: Sequence[int], n: int) -> Iterator[str]:
    """Yield what stands before and behind the n-th piece that is no white space."""
    at, left = solid[n], len(solid) - 1 - n
    shape = shape_of(texts[at])
    yield f"nth {n if n < _TOLD else 'more'} {place}"
    yield f"left {left if left < _TOLD else 'more'} {place}"
    for step in (-2, -1, 1, 2):
        yield from _beside(texts[solid[n + step]], step) if 0 <= n + step <= n + left else (f"{step} none",)
    if left:
        yield f"{shape} then {shape_of(texts[solid[n + 1]])}"
    if n:
        yield f"{shape_of(texts[solid[n - 1]])} before {shape}"
    if at and texts[at - 1].isspace():
        yield f"gap before {shape_of(texts[at - 1])}"
    if at + 1 < len(texts) and texts[at + 1].isspace():
        yield f"gap behind {shape_of(texts[at + 1])}"


_PARTS = ("–", "—", "-", "/", "／", "@", "＠", "(", "（", "|", "｜", ":", "：", "」", "』", "by", "　", "  ")


def habits_of(lines: Sequence[Sequence[Token]]) -> dict[str, str]:
    """Return how many of the headings of talks are parted by each mark."""
    count = max(len(lines), 1)
    shares = {part: sum(any(token.text == part for token in line) for line in lines) / count for part in _PARTS}
    return {part: "most" if share > _MOST else "many" if share > _MANY else "few" for part, share in shares.items()} | {
        "": "one" if count == 1 else "several"
    }


def _parted(texts: Sequence[str], habits: Mapping[str, str]) -> list[list[str]]:
    """Return for each piece behind which mark it stands, and before which, and how usual these are."""
    found = [list[str]() for _ in texts]
    last, size = "", 0
    for at, text in enumerate(texts):
        if last:
            found[at].append(f"parted by {last} {habits[last]} {habits['']}")
        if text in habits and text:
            last = text
            rest = sum(not one.isspace() for one in texts[at + 1 :])
            size = min(rest, 6)
        if last:
            found[at].append(f"parted by {last} {habits[last]} rest {size}")
    first = next((at for at, text in enumerate(texts) if text in habits and text), None)
    if first:
        for at in range(first):
            found[at].append(f"before {texts[first]} {habits[texts[first]]} {habits['']}")
            found[at].append(f"before {texts[first]} {habits[texts[first]]} size {min(first, 6)}")
    return found
