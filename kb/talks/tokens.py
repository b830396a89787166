"""The tokens of lines, which are words of one script and marks, and their features for sequence labelling (`spans.py`).

Input: the lines of a talk, and the matches of patterns. Output: the names of each token's features: its word, shape and
type, its brackets, separators and neighbours, and the matches. The names are keys of `kb/learning/spans.npz`.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from kb.talks.words import any_of

_TOKEN = re.compile(
    r"さん|氏|様|先生|[A-Za-z][A-Za-z0-9_'’]*|[0-9０-９]+|[ァ-ヶーｦ-ﾟ]+|[ぁ-ん]+?(?=さん|氏|様)|[ぁ-ん]+"
    r"|[一-鿿々]+?(?=氏|様|先生)|[一-鿿々]+|\s+|."
)
_MAX_COUNTED = 3  # tokens from the beginning and the end of a line
_MOST, _MANY = 0.6, 0.3  # share of the titles of talks
_HONORIFIC = ("さん", "氏", "様", "先生", "くん", "君", "ちゃん", "夫妻")
_OPENING, _CLOSING = '「『【（([［〈《<"“', '」』】）)]］〉》>"”'
_MARKS = ("「", "@", "/", "／", "(", "（", "：", ":", "-")
_TOKEN_TYPES = {
    name: re.compile(pattern, re.IGNORECASE)
    for name, pattern in (
        ("company", rf"(?:{any_of('companies')}|会社|大学|社$|研究所|銀行|㈱)"),
        ("position", rf"(?:{any_of('positions')}|学生|代表|部長|社員|部$|課$|担当)"),
        (
            "who",
            rf"^(?:{any_of('speakers')}|話した人|しゃべった人|話す人|喋るひと|発表|発表者|著者|講師|話|登壇|演者|司会|スピーカ)$",
        ),
        ("room", rf"^(?:{any_of('rooms')}|会場|ホール|ルーム|トラック|室)$"),
        ("label", rf"^(?:{any_of('labels')})$"),
        ("site", r"twitter|github|speaker|deck|slideshare|connpass|youtube|http|facebook"),
    )
}
_SEPARATORS = ("–", "—", "-", "/", "／", "@", "＠", "(", "（", "|", "｜", ":", "：", "」", "』", "by", "　", "  ")


@dataclass(frozen=True, slots=True)
class Token:
    """A word or mark: `text[begin:end]` of its line."""

    text: str
    begin: int
    end: int


def tokens_of(text: str) -> list[Token]:
    """Return the tokens of a text, whose concatenation is the text."""
    return [Token(match[0], match.start(), match.end()) for match in _TOKEN.finditer(text)]


@lru_cache(20_000)
def shape_of(text: str) -> str:
    """Return the script and the rounded length of a token; a mark is its own shape."""
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
def _own_features(text: str) -> tuple[str, ...]:
    """Return the features of a token by itself."""
    shape = shape_of(text)
    word = re.sub(r"[0-9０-９]", "0", text.lower()) if not text[0].isspace() else " "
    features = [f"w {word}", f"s {shape}"]
    if len(text) > 1:
        features += [f"begins {text[0]}", f"ends {text[-1]}", f"ends {text[-2:]}"]
    features += [name for name, pattern in _TOKEN_TYPES.items() if pattern.search(text)]
    if text in _HONORIFIC:
        features.append("honorific")
    return tuple(features)


Hint = tuple[int, int, str]
"""The begin, end and name of what a pattern matched in a line."""


class LineTokens(NamedTuple):
    """A line of a talk as tokens."""

    place: int  # lines below the title, -1 for the line above it
    line_type: str  # `h` for a heading
    tokens: tuple[Token, ...]
    hints: tuple[Hint, ...]


def features_of_tokens(line: LineTokens, separators: Mapping[str, str]) -> list[list[str]]:
    """Return the features of each token of a line; `separators` are those of `usual_separators`."""
    place, tokens = line.place, line.tokens
    texts = [token.text for token in tokens]
    solid = [at for at, text in enumerate(texts) if not text.isspace()]
    people = [at for at, text in enumerate(texts) if text in _HONORIFIC]
    of_line = [f"line {place} {line.line_type}"]
    of_line += ["line has honorific"] if people else []
    of_line += [f"line {place} has {mark}" for mark in _MARKS if mark in texts]
    of_line.append(f"line tokens {min(len(solid) // 4, 5)}")
    separated = _separator_features(texts, separators) if place == 0 else [()] * len(texts)
    features = list[list[str]]()
    for at, (token, inside) in enumerate(zip(tokens, _bracket_features(place, texts), strict=True)):
        own = [*of_line, *_own_features(token.text), f"{place} {shape_of(token.text)}", *inside, *separated[at]]
        if people:
            after = bisect_left(people, at)
            own.append(f"honorific in {min(people[after] - at, 5)}" if after < len(people) else "honorific before")
        for begin, end, name in line.hints:
            if begin <= token.begin and token.end <= end:
                own += (f"told {name}", f"told {name} {place} {'first' if token.begin == begin else ''}")
            elif token.begin == end:
                own.append(f"behind told {name}")
        features.append(own)
    for n, at in enumerate(solid):
        features[at] += _neighbour_features(place, texts, solid, n)
    return features


def _bracket_features(place: int, texts: Sequence[str]) -> Iterator[list[str]]:
    """Yield for each token the bracket that it is in, and the bracket that was closed last."""
    opened, after = list[str](), list[str]()
    for text in texts:
        if text in _CLOSING and opened:
            after = [f"after {opened.pop()}"]
        own = [f"in {opened[-1]} {place} {shape_of(text)}", f"in {opened[-1]}"] if opened else ["in none"]
        yield own + after
        if text in _OPENING:
            opened.append(text)


def _neighbour_features(place: int, texts: Sequence[str], solid: Sequence[int], n: int) -> Iterator[str]:
    """Yield the position and the neighbours of the n-th token that is no white space."""
    at, left = solid[n], len(solid) - 1 - n
    shape = shape_of(texts[at])
    yield f"nth {n if n < _MAX_COUNTED else 'more'} {place}"
    yield f"left {left if left < _MAX_COUNTED else 'more'} {place}"
    for step in (-2, -1, 1, 2):
        yield from _neighbour(texts[solid[n + step]], step) if 0 <= n + step <= n + left else (f"{step} none",)
    if left:
        yield f"{shape} then {shape_of(texts[solid[n + 1]])}"
    if n:
        yield f"{shape_of(texts[solid[n - 1]])} before {shape}"
    if at and texts[at - 1].isspace():
        yield f"gap before {shape_of(texts[at - 1])}"
    if at + 1 < len(texts) and texts[at + 1].isspace():
        yield f"gap behind {shape_of(texts[at + 1])}"


@lru_cache(50_000)  # each token is a neighbour of four others
def _neighbour(text: str, step: int) -> tuple[str, ...]:
    own = _own_features(text)
    return tuple(f"{step} {feature}" for feature in (own if abs(step) == 1 else own[:2]))


def usual_separators(titles: Sequence[Sequence[Token]]) -> dict[str, str]:
    """Map each separator to how many titles have it (most, many, few); the key "" says whether there are several."""
    count = max(len(titles), 1)
    shares = {mark: sum(any(token.text == mark for token in title) for title in titles) / count for mark in _SEPARATORS}
    usual = {mark: "most" if share > _MOST else "many" if share > _MANY else "few" for mark, share in shares.items()}
    return usual | {"": "one" if count == 1 else "several"}


def _separator_features(texts: Sequence[str], separators: Mapping[str, str]) -> list[list[str]]:
    """Return for each token the separators before and after it, and how usual they are in the titles."""
    features = [list[str]() for _ in texts]
    number = separators[""]
    last, rest = "", 0
    for at, own in enumerate(features):
        if last:
            own.append(f"parted by {last} {separators[last]} {number}")
        if texts[at] in separators:
            last, rest = texts[at], min(sum(not text.isspace() for text in texts[at + 1 :]), 6)
        if last:
            own.append(f"parted by {last} {separators[last]} rest {rest}")
    first = next((at for at, text in enumerate(texts) if text in separators), 0)
    for own in features[:first]:
        before = f"before {texts[first]} {separators[texts[first]]}"
        own += [f"{before} {number}", f"{before} size {min(first, 6)}"]
    return features
