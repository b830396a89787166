"""The features of lines, by which their roles are learned (`roles.py`).

Input: the lines of a report, its title and event. Output: the names of each line's features: its type and position,
marks, words, length and n-grams, and features of its peers, the heading above, its neighbours and the lines below.
The names are keys of `kb/learning/lines.npz` and `lines_together.npz`.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from index.text import letters
from kb.report.outline import Outline
from kb.talks.lines import Line, ends_of, holders_of, parents_of, peer_keys, peers_of
from kb.talks.words import any_of, folded

# Each pattern has the characters that it needs. Lines without them skip the pattern, which saves most searches.
_DIGIT = "0123456789０１２３４５６７８９"
_MARKS: Mapping[str, tuple[str, re.Pattern[str]]] = {
    name: (needs, re.compile(pattern))
    for name, needs, pattern in (
        ("time", _DIGIT, r"(?<!\d)\d{1,2}\s*(?:[:：]\s*\d{2}|時)"),
        ("times", "-~〜～‐–—−－ー", r"\d{1,2}[:：]\d{2}\s*[-~〜～‐–—−－ー]\s*\d{1,2}[:：]\d{2}"),
        ("day", _DIGIT, r"\d{1,2}月\s*\d{1,2}日|\d{1,2}/\d{1,2}(?!\d)|20\d\d[-/.年]"),
        ("quoted", '「『“"', r"[「『“\"][^」』”\"]{4,}[」』”\"]"),
        ("all quoted", '「『“"', r"^\W*[「『\"“].+[」』\"”]\W*$"),
        ("person", "さ氏先様", r"(?:さん|氏|先生|様)(?![一-鿿])"),
        ("handle", "@＠", r"(?<![A-Za-z0-9])[@＠]\w"),
        ("handle at end", "@＠", r"[@＠]\w+\W*$"),
        ("by", "Bby登発講話", r"\b[Bb]y\b|[（(【](?:登壇|発表|講師|話)"),
        ("speaker label", ":：】]", rf"(?i:^\W*(?:{any_of('speakers')}|話した人|話す人|しゃべった人)\W*[:：】\]])"),
        ("track", _DIGIT, r"^[【\[［(（]?[A-Za-z]{1,4}[-‐]?\d{1,3}"),
        ("numbered label", _DIGIT + "①②③④⑤⑥⑦⑧⑨", rf"(?i:(?:{any_of('labels')})\s*[.#＃]?\s*[\d①-⑨])"),
        ("label first", ":：「『", rf"(?i:^\W*(?:{any_of('labels')})\s*[.#＃]?\s*\d*\W*[:：「『])"),
        ("in brackets first", "【[［(（<＜", r"^[【\[［(（<＜]"),
        ("brackets at end", ")）】]］", r"[)）】\]］]\W*$"),
        ("slash", "/／|｜", r"\s[/／|｜]\s|／"),
        ("dash", "-–—―", r"\s[-–—―]+\s"),
        ("wide gap", " \u3000", r"\S(?:\s{2,}|\u3000)\S"),
        ("colon", ":：", r"[:：]"),
        ("number first", _DIGIT + "一二三四五六七八九十", r"^[(（]?(?:[#＃]?\d{1,2}|[一二三四五六七八九十])[)）.．、:：\s\u3000]"),
        ("numbers first", "-－ー.．", r"^[0-9０-９]{1,2}[-－ー.．][0-9０-９]{1,2}"),
        ("circled first", "①②③④⑤⑥⑦⑧⑨⑩⑪⑫", r"^[①-⑳❶-❿]"),
        ("sign first", "■□◆◇●○▼▽▲△★☆◎▶►◼※→・§", r"^[■□◆◇●○▼▽▲△★☆◎▶►◼※→・§]"),
        ("arrow", "→⇒>←", r"→|⇒|->|=>|←"),
        ("full stop", "。．", r"[。．]\W*$"),
        ("clauses", "、。", r"[、。]"),
        ("asks", "?？", r"[?？]\W*$"),
        ("exclaims", "!！笑wｗ", r"[!！笑wｗ]\W*$"),
        ("polite", "すたるいて", r"(?:です|ます|ました|でした|ません|だった|った|ない|いた|ある|する|てる)[。!！?？…\s)）]*$"),
        ("story", "話しン門例組道メ法用践礎側みとスす", r"(?:話|はなし|入門|事例|取り?組み|への道|[のノ]ススメ|すすめ|方法|活用|実践|基礎|裏側|仕組み|てみた|ること)\W*$"),
        ("about", "はて子介ろの点", r"(?:とは|について|の様子|の紹介|ところ|もの|点)\W*$"),
        ("company", "社株㈱Ic", r"株式会社|\(株\)|（株）|㈱|Inc|合同会社"),
        ("address", ":", r"https?://"),
        ("cells", "|\t", r" \| |\t"),
    )
}  # fmt: skip
_WORDS = re.compile(
    "|".join(
        f"(?P<{name}>{pattern})"
        for name, pattern in (
            ("aside", any_of("asides_with", whole=True)),
            ("label", any_of("labels", whole=True)),
            ("room", rf"{any_of('rooms')}|ホール|会場|[A-Z]\s?室"),
            ("event", any_of("event", whole=True)),
        )
    ),
    re.IGNORECASE,
)
_LISTS = ("inner", "closings", "asides", "groups", "materials")
_AND = re.compile(r"\s*[・/／、,&＆とや]\s*")
_FILLER = re.compile(
    r"^(?:全体の|全体的な|イベントの|今日の|本日の|今回の|当日の|その他の)|(?:など|とか|等|編|です|タイム|の様子|について|してみて)$"
)
_DIGITS = re.compile(r"\d")
_NUMBERING = re.compile(r"^\W*(?:[#＃]?[\d０-９]+[\d:：.．)）~〜～-]*\s*)*\W*")
_LENGTHS = (3, 6, 10, 15, 20, 28, 40, 60, 90)  # letters
_COUNTS = (0, 1, 2, 4, 7, 12, 20, 40)  # lines
_MAX_LISTED = 20  # letters of a line that may be in a word list
_MOST, _MANY = 0.6, 0.2  # share of a line's peers
_MAX_NGRAM_TEXT = 48  # characters of a line whose n-grams are features
_PROSE = re.compile(r"[。]|(?:です|ます|ました|でした|だった)[!！?？…)）\s]*$")
_TALK_SIGNS = re.compile(r"[「『“\"@＠/／|｜（(【①-⑳■□◆◇●○▼▽\u3000]|さん|氏|\d[:：時]|^\W*\d|\s{2,}| [-–—] ")
_MAX_TALK_LINE = 120  # characters of a talk that is no heading


def features_of(outline: Outline, lines: Sequence[Line], event: str | None) -> tuple[list[int], list[list[str]]]:
    """Return the indices of the lines that may be talks, and the features of each."""
    holders = holders_of(lines)
    holding = frozenset(holders)
    chosen = [i for i, line in enumerate(lines) if _may_be_talk(line, is_list=i in holding and holders[i] < 0)]
    marks = {i: marks_of(lines[i].text) for i in chosen}
    levels = sorted({line.level for line in lines if line.level})
    title, event_name = letters(outline.title or ""), letters(event or "")
    parents, ends = parents_of(lines), ends_of(lines)
    peers = {
        key: list(_peer_features(key[0], [marks[i] for i in group]))
        for key, group in peers_of(lines, parents, chosen).items()
    }
    of_report = [f"headings {_size(sum(1 for line in lines if line.level))}", f"event {bool(event)}"]
    features = []
    for i in chosen:
        line = lines[i]
        own = [*of_report, *_own_features(line, levels), *marks[i], *_ngrams(line)]
        folded_text = letters(line.text)
        if title and folded_text and (folded_text in title or title in folded_text):
            own.append("title")
        if event_name and event_name in folded_text:
            own.append("event's name")
        for key in peer_keys(line, parents[i]):
            own += peers[key]
        if parents[i] >= 0:
            own += [f"above {mark}" for mark in marks[parents[i]]]
            own.append(f"above level {line.level - lines[parents[i]].level if line.level else 'line'}")
        else:
            own.append("above nothing")
        own += _neighbour_features(lines, marks, i)
        if i in holding:
            own.append("holds items")
        if holders[i] >= 0:
            own += ["in an item", *(f"in {mark}" for mark in marks.get(holders[i], ("prose",)))]
        if line.level:
            own += _features_below(lines, marks, range(i + 1, ends[i]))
        own.append(f"place {10 * i // len(lines)}")
        features.append(own)
    return chosen, features


def _may_be_talk(line: Line, *, is_list: bool) -> bool:
    """Return whether a line may be a talk or a heading of another kind: it is a heading, or short and no prose.

    `is_list` is whether the line is an outermost item with items below it.
    """
    if line.type == "heading":
        return True
    if line.type == "table":
        return line.nth > 0
    if len(line.text) > _MAX_TALK_LINE or _PROSE.search(line.text[-12:]):
        return False
    # 75 % of items lack these signs, but only 14 % of the items that are talks.
    return line.type != "bullet" or is_list or bool(line.links) or _TALK_SIGNS.search(line.text) is not None


def _own_features(line: Line, levels: Sequence[int]) -> list[str]:
    """Return the features of a line without its words; `levels` are the heading levels of its report."""
    if line.level:
        return [
            "a heading",
            f"level {line.level}",
            f"rank {levels.index(line.level)} of {len(levels)}",
            f"from below {len(levels) - levels.index(line.level)}",
            f"nth {min(line.nth, 2)}",
        ]
    return [
        line.type,
        f"{line.type} depth {line.depth}",
        f"{line.type} nth {min(line.nth, 2)}",
        f"{line.type} apart {line.after_gap}",
        f"links {bool(line.links)}",
        f"one of several {line.shares_line}",
    ]


@lru_cache(20_000)  # both models need them, and many reports have the same headings
def marks_of(text: str) -> tuple[str, ...]:
    """Return the features of a text: its marks, its words and its length."""
    lacks = frozenset(text).isdisjoint
    marks = [f"marked {name}" for name, (needs, pattern) in _MARKS.items() if not lacks(needs) and pattern.search(text)]
    marks += dict.fromkeys(f"marked {match.lastgroup}" for match in _WORDS.finditer(text))
    size = sum(map(str.isalnum, text))
    marks.append(f"length {_bucket(_LENGTHS, size, 'more')}")
    if size <= _MAX_LISTED:
        bare = letters(_NUMBERING.sub("", text))
        plain = _FILLER.sub("", _FILLER.sub("", text.strip()))
        pieces = {letters(piece) for piece in _AND.split(_NUMBERING.sub("", plain))}
        marks += [f"word of {name}" for name in _LISTS if bare in folded(name) or pieces <= folded(name)]
    return tuple(marks)


def is_section_name(text: str) -> bool:
    """Return whether a text is a usual name of a section that is no talk, such as まとめ."""
    return any(name.startswith("word of") for name in marks_of(text))


def _ngrams(line: Line) -> Iterator[str]:
    """Yield the beginning, the end and the n-grams of a line: up to bigrams, in headings up to trigrams."""
    plain = _DIGITS.sub("0", line.text.lower())[:_MAX_NGRAM_TEXT]
    kind = "h" if line.level else "l"
    for n in (1, 2, 3):
        yield f"{kind} begins {plain[:n]}"
        yield f"{kind} ends {line.text[-n:]}"
    ngrams = {plain[at : at + 2] for at in range(len(plain) - 1)}
    ngrams.update(plain)
    if line.level:
        ngrams.update(plain[at : at + 3] for at in range(len(plain) - 2))
    yield from (f"has {ngram}" for ngram in ngrams)


def _peer_features(name: str, marks: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the size of a group of peers, and the marks that most or many of its lines have."""
    yield f"{name} {_size(len(marks))}"
    counts = Counter(mark for line_marks in marks for mark in line_marks)
    for mark, count in counts.items():
        share = count / len(marks)
        if share >= _MOST:
            yield f"most {name} {mark}"
        elif share >= _MANY and count > 1:
            yield f"many {name} {mark}"


def _size(count: int) -> str:
    return _bucket(_COUNTS, count, "many")


def _bucket(bounds: Iterable[int], number: int, more: str) -> str:
    return str(next((bound for bound in bounds if number <= bound), more))


def _neighbour_features(lines: Sequence[Line], marks: Mapping[int, Sequence[str]], i: int) -> Iterator[str]:
    """Yield the features of the line before and of the two after."""
    line = lines[i]
    for step in (-1, 1, 2):
        if not 0 <= i + step < len(lines):
            yield f"{step} none"
            continue
        other = lines[i + step]
        kind = f"level {max(-1, min(1, other.level - line.level))}" if other.level and line.level else other.type
        yield f"{step} {kind}"
        if other.depth > line.depth:
            yield f"{step} deeper"
        if other.links:
            yield f"{step} links"
        if other.after_gap and step == 1:
            yield "1 apart"
        yield from (f"{step} {mark}" for mark in marks.get(i + step, ("prose",)))


def _features_below(lines: Sequence[Line], marks: Mapping[int, Sequence[str]], below: range) -> Iterator[str]:
    """Yield the number and the types of the lines below a heading, and the marks of its subheadings."""
    yield f"below {_size(len(below))}"
    headings = [j for j in below if lines[j].level]
    yield f"headings below {_size(len(headings))}"
    directly = range(below.start, headings[0] if headings else below.stop)
    yield f"directly below {_size(len(directly))}"
    yield from (f"below a {kind}" for kind in {lines[j].type for j in directly[:11]})
    yield from (f"heading below {mark}" for mark in {mark for j in headings[:8] for mark in marks[j]})
