"""The event that a report is about: the likeliest of the names that it may have, where that is likely enough.

What is true of a name, as features of the learner:

| table | what its names tell |
| --- | --- |
| found | by which patterns, in which line of which sort |
| around | the pieces before and behind it, words of going and reporting, a date in its line |
| itself | words for events, known series, numbers, length, its pieces |
| report | how often it is said, whether title, file and hashtags say it, which other names hold it |
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from pathlib import PurePath

from index.text import letters
from kb.learning import load
from kb.report.outline import Outline
from kb.talks.event_patterns import NUMBERED, file_words, names_by_patterns
from kb.talks.lines import LINE, lines_of
from kb.talks.tokens import shape_of, tokens_of
from kb.talks.words import any_of, words

LABELS = ("none", "event")
"""Those of the model, in the order of its columns."""

_LINES, _BLOCKS = 10, 40  # in which an event is named, if anywhere
_LONGEST_LINE = 140  # characters of it that are read
_SHORTEST, _LONGEST = 3, 60  # characters of a name
_WHOLE = 150, 200  # blocks, and characters of each, in which a name may be said again
_TITLES = ("event", "title", "subject")
_TRIM = " \t　!！、。・:：|｜-–~～〜*＊/／,.→◆■●★☆<>《》=_#＃✕×"
_CLOSING = "】］）)」』"
_CUT_OPEN = re.compile(r"\s*[(（【「『][^)）】」』]*$")  # a bracket that the name ends before it is closed
_WAVES = "~〜～"
_PARTICLES = "のにへでを"
_EVENT = re.compile(any_of("event"), re.IGNORECASE)
_EVENT_LAST = re.compile(rf"(?:{any_of('event')})\W*(?:#?\d+|20\d\d|\S+)?$", re.IGNORECASE)
_SERIES = re.compile(any_of("series", whole=True), re.IGNORECASE)
_SERIES_WORDS = tuple(word.lower() for word in words("series"))
_GOING = re.compile(any_of("going"))
_REPORTING = re.compile(any_of("reporting"))
_YEAR = re.compile(r"20\d\d|'\d\d")
_ORDINAL = re.compile(r"第\s*\S+\s*回|#\d|vol|回", re.IGNORECASE)
_DATE = re.compile(r"\d{1,2}[/月]\d{1,2}|20\d\d")
_COUNTED = re.compile(r"20\d\d|\d+回|第|#\d+|vol\d+")
_HASHTAG = re.compile(r"#(\w+)")
_DAY_BEHIND = re.compile(
    r"\s*の?\s*[(（]?(?:\d\s*日目|day\s*\d|初日|最終日|\d日間?|[一二三]日目)[)）]?\s*$", re.IGNORECASE
)
_REPORT_BEHIND = re.compile(
    rf"\s*(?:{any_of('reporting')}|視聴|聴講|参加|議事録|れぽ.*|めも|ﾒﾓ|感想戦|に?行って.*|に?参加.*)\s*$",
    re.IGNORECASE,
)
_PARTS = re.compile(r"[|｜]|\s[-–—]\s|[（(].*?[)）]|[:：]")
_SEASONS = "春|夏|秋|冬"
_BEHIND_SERIES = (
    r"(?:\s*(?:20\d\d|'\d\d|[#＃]\d+|vol\.?\s*\d+|第?\d+回|[0-9]+(?:st|nd|rd|th)|in\s*\w+|@\s*\w+"
    rf"|[A-Z][A-Za-z]+(?:/[A-Z][a-z]+)?|東京|大阪|札幌|福岡|名古屋|京都|仙台|沖縄|北海道|関西|{_SEASONS}))*"
)
_NO_MARKS = "、。「」『』|｜:："
_PATTERNS: Mapping[str, re.Pattern[str]] = {
    "series": re.compile(rf"(?:AWS\s*)?(?:{any_of('series', whole=True)}){_BEHIND_SERIES}", re.IGNORECASE),
    "ordinal first": re.compile(rf"第\s*[0-9０-９一二三四五六七八九十]+\s*回\s*[^\s{_NO_MARKS}()（）]{{2,30}}"),
    "ordinal last": re.compile(
        rf"[^{_NO_MARKS}\n]{{2,40}}?\s*(?:[#＃]\s*\d+|vol\.?\s*\d+|第\s*\d+\s*回|\d+回目?)", re.IGNORECASE
    ),
    "year last": re.compile(
        rf"[^{_NO_MARKS}()（）]{{2,40}}?\s*(?<!\d)(?:20\d\d|'\d\d)(?!\d|[-/.年]\d|年)"
        rf"(?:\s*(?:[A-Z][a-z]+|{_SEASONS})(?:/[A-Z][a-z]+)?)?"
    ),
    "quoted": re.compile(r"(?<=[「『【])[^」』】]{3,60}(?=[」』】])"),
    "hashtag": re.compile(r"(?<=[#＃])[A-Za-z_]\w{2,30}"),
    "event word": re.compile(rf"[^\s{_NO_MARKS}()（）]{{0,20}}(?:{any_of('event')})(?!ing)", re.IGNORECASE),
    "Latin": re.compile(r"[A-Z][\w.:&+!'×-]*(?:\s+(?:[A-Z0-9#'&@×][\w.:&+!'-]*|[–-])){0,5}"),
    "labelled": re.compile(
        r"(?:^|\s)(?:件\s*名|イベント|行\s*事|活動名|大会|名\s*称|会\s*合|集まり|テーマ|event|subject|勉強会名)\s*[:：|｜]\s*([^|｜]{3,60})",
        re.IGNORECASE,
    ),
    "gone to": re.compile(r"([^、。\s「」『』]{2,40})\s*(?:に|へ)\s*(?:て|も|初)?\s*(?:行って|行った|行き|参加|出席|参戦|いって|出て)"),
    "held": re.compile(r"([^、。\s「」『』]{2,40})\s*[がで]\s*(?:開催|行われ|開かれ|あった|あり|登壇|話し|聞い)"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One place of a name: the number of its line among the first, the sort and text of that, and what found it."""

    place: int
    sort: str
    line: str
    how: str


@dataclass(frozen=True, slots=True)
class EventName:
    """What may be the name of the event, as written and folded, and its features."""

    text: str
    letters: str
    features: list[str]


def event_of(outline: Outline) -> str | None:
    """Return the event that a report is about, or None where nothing names one surely.

    Longer and shorter forms of one name count together.
    """
    override = dict(outline.metadata).get("event", "").strip()
    names = [] if override else event_names(outline)
    if not names:
        return override or None
    model = load("event")
    probabilities = model.probabilities([name.features for name in names])[:, LABELS.index("event")]
    best = names[int(probabilities.argmax())]
    same = [best.letters in name.letters or name.letters in best.letters for name in names]
    return best.text if probabilities[same].sum() >= model.thresholds["event"] else None


def event_names(outline: Outline) -> list[EventName]:
    """Return what may be the name of an outline's event, in the order of the lines."""
    rows = list(_lines(outline))
    found: dict[str, tuple[str, list[Occurrence]]] = {}
    for text, occurrence in _occurrences(outline, rows):
        name = _trimmed(text)
        if _SHORTEST <= len(name) <= _LONGEST and re.search(r"[^\W\d_]{2}", name):
            found.setdefault(letters(name), (name, []))[1].append(occurrence)
    report = _Report(outline, rows, list(found))
    return [
        EventName(name, key, [*dict.fromkeys([*_found(name, own), *_itself(name), *report.features(key)])])
        for key, (name, own) in found.items()
    ]


def _lines(outline: Outline) -> Iterator[tuple[str, str]]:
    """Yield the first lines, each with its sort."""
    metadata = dict(outline.metadata)
    titles = [(f"metadata {key}", metadata[key][:LINE]) for key in _TITLES if metadata.get(key)]
    yield from titles or ([("title", outline.title[:LINE])] if outline.title else [])
    front = next((block for block in outline.blocks if block.type == "front-matter"), None)
    if front and "title" not in metadata:
        yield from (("front matter", line[:LINE]) for line in front.text.split("\n")[:_LINES] if line.strip())
    for line in lines_of(outline.blocks[:_BLOCKS])[:_LINES]:
        yield f"h{line.level}" if line.level else line.type, line.text


def _occurrences(outline: Outline, rows: Sequence[tuple[str, str]]) -> Iterator[tuple[str, Occurrence]]:
    """Yield what patterns find, title and headings whole and in their parts, and what the name of the file says."""
    for place, (sort, text) in enumerate(rows):
        line = text[:_LONGEST_LINE]
        for how, pattern in _PATTERNS.items():
            if how != "series" or _may_name_series(line):
                for match in pattern.finditer(line):
                    yield match[pattern.groups], Occurrence(place, sort, line, how)
        if sort.startswith(("title", "metadata", "h")):
            yield line, Occurrence(place, sort, line, "whole")
            yield from ((part, Occurrence(place, sort, line, "part")) for part in _PARTS.split(line))
    for name, visited in names_by_patterns(outline):
        yield name, Occurrence(_LINES, "words", "", "words, visited" if visited else "words")
    yield file_words(outline), Occurrence(_LINES, "file", "", "file")


@lru_cache(1_000)
def _may_name_series(text: str) -> bool:
    """Tell whether a pattern of all series need be asked, which takes twenty times as long."""
    lowered = text.lower()
    return any(word in lowered for word in _SERIES_WORDS)


def _trimmed(name: str) -> str:
    """Return a name without marks around it, the day behind it, and what is told of it."""
    whole = _CUT_OPEN.sub("", name.lstrip(_TRIM + _CLOSING))
    name = whole.strip(_TRIM)
    for _ in range(2):
        name = _DAY_BEHIND.sub("", name).strip(_TRIM)
        name = _REPORT_BEHIND.sub("", name).strip(_TRIM + _PARTICLES)
    wave = whole[whole.find(name) + len(name) :][:1]
    return name + wave if wave and wave in _WAVES and wave in name else name  # Kagi Tech ～三年目～


def _found(name: str, occurrences: Sequence[Occurrence]) -> Iterator[str]:
    ways = sorted({occurrence.how for occurrence in occurrences})
    yield from (f"by {way}" for way in ways)
    yield from (f"by {one}+{other}" for one, other in combinations(ways, 2))
    yield f"ways {min(len(ways), 4)}"
    yield f"first place {min(occurrences[0].place, 5)}"
    for occurrence in occurrences:
        yield f"sort {occurrence.sort}"
        yield f"sort {occurrence.sort} by {occurrence.how}"
        if (at := occurrence.line.find(name)) >= 0:
            yield from _around(occurrence.line[:at], occurrence.line[at + len(name) :])


def _around(before: str, behind: str) -> Iterator[str]:
    for where, pieces in (("before", _words_of(before[-30:])[::-1]), ("behind", _words_of(behind[:30]))):
        if pieces:
            yield f"{where} {pieces[0].lower()}"
            yield f"{where} is {shape_of(pieces[0])}"
            yield f"{where} {' '.join(pieces[:2]).lower()}"
        else:
            yield f"nothing {where}"
    near = behind[:12]
    for name, is_true in (
        ("going soon", _GOING.search(near)),
        ("going behind", _GOING.search(behind)),
        ("reporting soon", _REPORTING.search(near)),
        ("a date beside", _DATE.search(f"{before} {behind}")),
    ):
        if is_true:
            yield name


def _itself(name: str) -> Iterator[str]:
    called, series = _EVENT.findall(name), _SERIES.search(name) if _may_name_series(name) else None
    numbered = NUMBERED.search(name)
    true_of = {
        "event word": called,
        "event word last": _EVENT_LAST.search(name),
        "series": series,
        "series first": series and series.start() == 0,
        "numbered": numbered,
        "year": _YEAR.search(name),
        "ordinal": _ORDINAL.search(name),
        "series numbered": series and numbered,
        "event word numbered": called and numbered,
        "clause": re.search(r"[。、]", name),
        "particle": re.search(r"[をがはで]", name),
        "verb last": name.endswith(("た", "る", "い", "す")),
    }
    yield from (what for what, is_true in true_of.items() if is_true)
    yield from (f"event word {word.lower()}" for word in called)
    yield f"length {min(len(name) // 4, 8)}"
    pieces = _words_of(name)
    for where, piece in (("first", pieces[0]), ("last", pieces[-1])):
        yield f"{where} {piece.lower()}"
        yield f"{where} is {shape_of(piece)}"
    yield from (f"has {piece.lower()}" for piece in pieces)


def _words_of(text: str) -> list[str]:
    return [token.text for token in tokens_of(text) if not token.text.isspace()]


class _Report:
    """A report as it is asked about each of the names that are found in it."""

    def __init__(self, outline: Outline, rows: Sequence[tuple[str, str]], names: Sequence[str]) -> None:
        blocks, characters = _WHOLE
        whole = " ".join(block.text[:characters] for block in outline.blocks[:blocks])
        self._whole, self._above = letters(whole), letters(" ".join(text for _, text in rows))
        self._title, self._file = letters(outline.title or ""), letters(PurePath(outline.source).stem)
        self._tags = [tag for tag in map(letters, _HASHTAG.findall(whole)) if len(tag) > _SHORTEST]
        self._names = names
        self._series = {name for name in names if _may_name_series(name) and _SERIES.search(name)}

    def features(self, name: str) -> Iterator[str]:
        core = _COUNTED.sub("", name)
        yield f"times {min(self._whole.count(name), 4)}"
        yield f"times above {min(self._above.count(name), 3)}"
        yield f"times without number {min(self._whole.count(core), 5)}" if core else "a number"
        if name in self._title:
            yield "the title" if name == self._title else "in the title"
        if name in self._file:
            yield "in the file's name"
        if core and any(tag in name or core in tag for tag in self._tags):
            yield "a hashtag like it"
        inside = [other for other in self._names if other != name and other in name]
        yield f"holds {min(len(inside), 3)}"
        yield f"in {min(sum(other != name and name in other for other in self._names), 3)}"
        if self._series.intersection(inside):
            yield "holds a series"
        yield f"names {min(len(self._names) // 5, 6)}"
