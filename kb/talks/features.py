"""What is true of a line of a report, as names: its words, marks and shape, and what stands around it."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from index.text import letters
from kb.report.outline import Outline
from kb.talks.lines import Line
from kb.talks.words import any_of, folded

# Each with the characters of which it has at least one, for most lines have none of them and need not be searched.
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
_ROLES = ("inner", "closings", "asides", "groups", "materials")
_AND = re.compile(r"\s*[・/／、,&＆とや]\s*")
_FRAME = re.compile(
    r"^(?:全体の|全体的な|イベントの|今日の|本日の|今回の|当日の|その他の)|(?:など|とか|等|編|です|タイム|の様子|について|してみて)$"
)
_DIGITS = re.compile(r"\d")
_BEGIN = re.compile(r"^\W*(?:[#＃]?[\d０-９]+[\d:：.．)）~〜～-]*\s*)*\W*")
_LENGTHS = (3, 6, 10, 15, 20, 28, 40, 60, 90)
_LONGEST_WORD = 20  # letters
_MOST, _MANY = 0.6, 0.2  # of the lines that are like one
_GRAMS = 48  # characters of a line whose letters are features
_PROSE = re.compile(r"[。]|(?:です|ます|ました|でした|だった)[!！?？…)）\s]*$")
_TOLD = re.compile(r"[「『“\"@＠/／|｜（(【①-⑳■□◆◇●○▼▽\u3000]|さん|氏|\d[:：時]|^\W*\d|\s{2,}| [-–—] ")
_LONGEST = 120  # characters of a line that may be a talk and is no heading


def may_be(line: Line) -> bool:
    """Tell whether a line may be a talk or begin something else: a heading, or what is short and no prose."""
    if line.type == "heading":
        return True
    if line.type == "table":
        return line.nth > 0
    if len(line.text) > _LONGEST or _PROSE.search(line.text[-12:]):
        return False
    # Three in four items have none of these, and one in seven of the talks that are items.
    return line.type != "bullet" or bool(line.links) or _TOLD.search(line.text) is not None


def features_of(outline: Outline, lines: Sequence[Line], event: str | None) -> tuple[list[int], list[list[str]]]:
    """Return the lines that may be talks, by their index, and the features of each."""
    chosen = [i for i, line in enumerate(lines) if may_be(line)]
    marks = {i: marks_of(lines[i].text) for i in chosen}
    levels = sorted({line.level for line in lines if line.level})
    title, name = letters(outline.title or ""), letters(event or "")
    places = parents_of(lines)
    groups = _groups(lines, places, chosen)
    about = {key: list(_about_group(key[0], [marks[i] for i in own])) for key, own in groups.items()}
    report = [f"headings {_size(sum(1 for line in lines if line.level))}", f"event {bool(event)}"]
    above: list[int] = []  # headings that the next line stands under
    found = []
    ends = ends_of(lines)
    for i in chosen:
        line = lines[i]
        own = [*report, *_own(line, levels), *marks[i]]
        own += _letters(line.text, heading=bool(line.level))
        folded_text = letters(line.text)
        if title and folded_text and (folded_text in title or title in folded_text):
            own.append("title")
        if name and name in folded_text:
            own.append("event's name")
        for key in keys_of(line, places[i]):
            own += about[key]
        while above and lines[above[-1]].level >= (line.level or 99):
            above.pop()
        if above:
            own += [f"above {mark}" for mark in marks[above[-1]]]
            own.append(f"above level {line.level - lines[above[-1]].level if line.level else 'line'}")
        else:
            own.append("above nothing")
        own += _around(lines, marks, i, ends.get(i, 0))
        own.append(f"place {10 * i // max(len(lines), 1)}")
        if line.level:
            above.append(i)
        found.append(own)
    return chosen, found


def _own(line: Line, levels: Sequence[int]) -> list[str]:
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
        f"{line.type} apart {line.apart}",
        f"links {bool(line.links)}",
        f"one of several {line.several}",
    ]


@lru_cache(20_000)
def marks_of(text: str) -> tuple[str, ...]:
    """Return what is true of a text by its marks, its words and its length."""
    has = frozenset(text).isdisjoint
    found = [f"marked {name}" for name, (needs, one) in _MARKS.items() if not has(needs) and one.search(text)]
    found += {f"marked {match.lastgroup}" for match in _WORDS.finditer(text)}
    size = sum(map(str.isalnum, text))
    found.append(f"length {next((at for at in _LENGTHS if size <= at), 'more')}")
    bare = letters(_BEGIN.sub("", text)) if size <= _LONGEST_WORD else ""
    plain = _FRAME.sub("", _FRAME.sub("", text.strip()))
    if size <= _LONGEST_WORD:  # of the lists
        pieces = [letters(piece) for piece in _AND.split(_BEGIN.sub("", plain))]
        for role in _ROLES:
            if bare in folded(role) or all(piece in folded(role) for piece in pieces):
                found.append(f"word of {role}")
    return tuple(found)


def is_section_name(text: str) -> bool:
    """Tell whether a text is nothing but a usual name of something that is no talk."""
    return any(name.startswith("word of") for name in marks_of(text))


def _letters(text: str, *, heading: bool) -> Iterator[str]:
    """Yield the letters of a line: one, two and three in a row, and how it begins and ends."""
    plain = _DIGITS.sub("0", text.lower())[:_GRAMS]
    kind = "h" if heading else "l"
    for n in (1, 2, 3):
        yield f"{kind} begins {plain[:n]}"
        yield f"{kind} ends {text[-n:]}"
    seen = {plain[at : at + 2] for at in range(len(plain) - 1)}
    seen.update(plain)
    if heading:
        seen.update(plain[at : at + 3] for at in range(len(plain) - 2))
    yield from (f"has {gram}" for gram in seen)


def parents_of(lines: Sequence[Line]) -> list[int]:
    """Return for each line the index of the heading that it stands under, -1 for none."""
    found, above = list[int](), list[int]()
    for i, line in enumerate(lines):
        while above and line.level and lines[above[-1]].level >= line.level:
            above.pop()
        found.append(above[-1] if above else -1)
        if line.level:
            above.append(i)
    return found


Key = tuple[str, str, int, int]


def keys_of(line: Line, parent: int) -> Iterator[Key]:
    """Yield the groups that a line is in: those of its kind under the same heading; of headings, all of its level."""
    yield "beside", line.type, line.level or line.depth, parent
    if line.level:
        yield "like", line.type, line.level, -1


def _groups(lines: Sequence[Line], places: Sequence[int], chosen: Sequence[int]) -> dict[Key, list[int]]:
    found = defaultdict[Key, list[int]](list)
    for i in chosen:
        for key in keys_of(lines[i], places[i]):
            found[key].append(i)
    return found


def _about_group(name: str, marks: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield what is true of many of the lines that are like one."""
    yield f"{name} {_size(len(marks))}"
    counts = Counter(mark for own in marks for mark in own)
    for mark, count in counts.items():
        share = count / len(marks)
        if share >= _MOST:
            yield f"most {name} {mark}"
        elif share >= _MANY and count > 1:
            yield f"many {name} {mark}"


def _size(count: int) -> str:
    return str(next((at for at in (0, 1, 2, 4, 7, 12, 20, 40) if count <= at), "many"))


def ends_of(lines: Sequence[Line]) -> dict[int, int]:
    """Return for each heading the index after the last line below it."""
    ends, begun = dict[int, int](), list[int]()
    for i, line in enumerate(lines):
        if line.level:
            while begun and lines[begun[-1]].level >= line.level:
                ends[begun.pop()] = i
            begun.append(i)
    ends.update(dict.fromkeys(begun, len(lines)))
    return ends


def _around(lines: Sequence[Line], marks: Mapping[int, Sequence[str]], i: int, end: int) -> Iterator[str]:
    """Yield what stands before a line, behind it and, for a heading, how much stands below it."""
    line = lines[i]
    for step in (-1, 1, 2):
        j = i + step
        if not 0 <= j < len(lines):
            yield f"{step} none"
            continue
        other = lines[j]
        kind = f"level {max(-1, min(1, other.level - line.level))}" if other.level and line.level else other.type
        yield f"{step} {kind}"
        if other.depth > line.depth:
            yield f"{step} deeper"
        if other.links:
            yield f"{step} links"
        if other.apart and step == 1:
            yield "1 apart"
        yield from (f"{step} {mark}" for mark in marks.get(j, ("prose",)))
    if line.level:
        below = range(i + 1, end)
        yield f"below {_size(len(below))}"
        heads = [j for j in below if lines[j].level]
        yield f"headings below {_size(len(heads))}"
        first = heads[0] if heads else end
        yield f"directly below {_size(first - i - 1)}"
        if first > i + 1:
            kinds = {lines[j].type for j in range(i + 1, min(first, i + 12))}
            yield from (f"below a {kind}" for kind in kinds)
        seen = {mark for j in heads[:8] for mark in marks[j]}
        yield from (f"heading below {mark}" for mark in seen)
