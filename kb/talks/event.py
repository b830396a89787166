"""The event that a report is about.

Input: the first lines of a report, its title and file name; patterns find the candidate names in them.
Features, whose names are keys of `kb/learning/event.npz`:

| features of | say |
| --- | --- |
| occurrences | which patterns found the name, in which line of which type |
| context | the tokens before and after the name, words for visits and reports, a date in the line |
| name | event words, known series, numbers, length, tokens |
| report | how often the name occurs, whether title, file and hashtags hold it, which names contain it |

Model: a logistic regression. Output: the likeliest name, if its forms together reach the threshold.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import combinations, islice
from pathlib import PurePath

from index.text import letters
from kb.learning import load
from kb.report.identity import series
from kb.report.outline import Outline
from kb.talks.event_patterns import NUMBERED, file_words, names_by_patterns
from kb.talks.lines import MAX_LINE, lines_of
from kb.talks.tokens import shape_of, tokens_of
from kb.talks.words import any_of, folded, words

LABELS = ("none", "event")  # of the model, in the order of its columns

_MAX_LINES, _MAX_BLOCKS = 10, 40  # in which names are looked for
_MAX_BY_PATTERNS = 6  # further names are less reliable than the learned choice among these
_MAX_PATTERN_LINE = 140  # characters of a line that patterns search
_MIN_NAME, _MAX_NAME = 3, 60  # characters
_MAX_BODY = 150, 200  # blocks, and characters of each, in which occurrences of a name are counted
_TITLES = ("event", "title", "subject")
_TRIM = " \t　!！、。・:：|｜-–~～〜*＊/／,.→◆■●★☆<>《》=_#＃✕×"
_CLOSING = "】］）)」』"
_UNCLOSED = re.compile(r"\s*[(（【「『][^)）】」』]*$")  # a bracket that is not closed
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
    r"\s*の?\s*[(（]?(?:\d\s*日目|day\s*\d|初日|最終日|\d日間?|[一二三]日目)[)）]?\s*$|(?<=20\d\d)\s+day$",
    re.IGNORECASE,
)
_REPORT_BEHIND = re.compile(
    rf"\s*(?:{any_of('reporting')}|視聴|聴講|参加|議事録|impressions?|という\S{{1,12}}|れぽ.*|めも|ﾒﾓ|感想戦|に?行って.*|に?参加.*)\s*$",
    re.IGNORECASE,
)
# The end of the name of a group that holds events.
_HOST = re.compile(r"(?:会|部|クラブ|サークル|グループ|コミュニティ|meetup|UG|\.rb|\.js|\.pm)$", re.IGNORECASE)
_MAX_HOST = 30  # characters
_PARTS = re.compile(r"[|｜]|\s[-–—]\s|[（(].*?[)）]|[:：]")
_BARS = re.compile(r"[|｜]")  # are between a name and that of its site
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
    """A place where a candidate name was found."""

    place: int  # index of its line among the first lines
    line_type: str
    line: str
    pattern: str


@dataclass(frozen=True, slots=True)
class EventName:
    """A candidate for the name of the event."""

    text: str
    letters: str  # the text folded by `index.text.letters`
    features: list[str]


def event_of(outline: Outline) -> str | None:
    """Return the event that a report is about, or None if no name is likely enough.

    The probabilities of longer and shorter forms of a name are added. A name that is only a number and a common word,
    such as 第5回勉強会, is put after the name of its series.
    """
    override = dict(outline.metadata).get("event", "").strip()
    names = [] if override else event_names(outline)
    if not names:
        return override or None
    model = load("event")
    probabilities = model.probabilities([name.features for name in names])[:, LABELS.index("event")]
    best = names[int(probabilities.argmax())]
    forms = [best.letters in name.letters or name.letters in best.letters for name in names]
    return _with_series(outline, best.text) if probabilities[forms].sum() >= model.thresholds["event"] else None


def _with_series(outline: Outline, name: str) -> str:
    """Return a name that is only 第5回勉強会 after its series, which is elsewhere in the title or a heading."""
    if letters(series(name)) not in _common_names():
        return name
    for line_type, line in _lines(outline):
        if line_type.startswith(("title", "metadata", "h")):
            for part in _PARTS.split(line.replace(name, "|")):
                host = _trimmed(part)
                if _HOST.search(host) and len(host) <= _MAX_HOST and letters(host) not in _common_names():
                    return f"{host} {name}"
    return name


@cache
def _common_names() -> frozenset[str]:
    """Return the names that any series may have."""
    return folded("event") | {"定例会", "例会", "月例会", "会"}


def event_names(outline: Outline) -> list[EventName]:
    """Return the candidates for the name of an outline's event, in the order of the lines."""
    lines = list(_lines(outline))
    found: dict[str, tuple[str, list[Occurrence]]] = {}
    for text, occurrence in _occurrences(outline, lines):
        name = _trimmed(text)
        if _MIN_NAME <= len(name) <= _MAX_NAME and re.search(r"[^\W\d_]{2}", name) and not _BARS.search(name):
            found.setdefault(letters(name), (name, []))[1].append(occurrence)
    report = _ReportFeatures(outline, lines, list(found))
    return [
        EventName(
            name,
            key,
            [*dict.fromkeys([*_occurrence_features(name, places), *_name_features(name), *report.features(key)])],
        )
        for key, (name, places) in found.items()
    ]


def _lines(outline: Outline) -> Iterator[tuple[str, str]]:
    """Yield the type and the text of the first lines."""
    metadata = dict(outline.metadata)
    titles = [(f"metadata {key}", metadata[key][:MAX_LINE]) for key in _TITLES if metadata.get(key)]
    yield from titles or ([("title", outline.title[:MAX_LINE])] if outline.title else [])
    front = next((block for block in outline.blocks if block.type == "front-matter"), None)
    if front and "title" not in metadata:
        yield from (("front matter", line[:MAX_LINE]) for line in front.text.split("\n")[:_MAX_LINES] if line.strip())
    for line in lines_of(outline.blocks[:_MAX_BLOCKS])[:_MAX_LINES]:
        yield f"h{line.level}" if line.level else line.type, line.text


def _occurrences(outline: Outline, lines: Sequence[tuple[str, str]]) -> Iterator[tuple[str, Occurrence]]:
    """Yield the matches of patterns, titles and headings as a whole and in parts, and the words of the file's name."""
    for place, (line_type, text) in enumerate(lines):
        line = text[:_MAX_PATTERN_LINE]
        for name, pattern in _PATTERNS.items():
            if name != "series" or _may_name_series(line):
                for match in pattern.finditer(line):
                    yield match[pattern.groups], Occurrence(place, line_type, line, name)
        if line_type.startswith(("title", "metadata", "h")):
            yield line, Occurrence(place, line_type, line, "whole")
            yield from ((part, Occurrence(place, line_type, line, "part")) for part in _PARTS.split(line))
    for name, visited in islice(names_by_patterns(outline), _MAX_BY_PATTERNS):
        yield name, Occurrence(_MAX_LINES, "words", "", "words, visited" if visited else "words")
    yield file_words(outline), Occurrence(_MAX_LINES, "file", "", "file")


@lru_cache(1_000)
def _may_name_series(text: str) -> bool:
    """Return whether a text has a word of a series; the pattern of all series takes twenty times as long."""
    lowered = text.lower()
    return any(word in lowered for word in _SERIES_WORDS)


def _trimmed(name: str) -> str:
    """Return a name without marks around it, and without a day or a word for a report after it."""
    whole = _UNCLOSED.sub("", name.lstrip(_TRIM + _CLOSING))
    name = whole.strip(_TRIM)
    for _ in range(2):
        name = _DAY_BEHIND.sub("", name).strip(_TRIM)
        name = _REPORT_BEHIND.sub("", name).strip(_TRIM + _PARTICLES)
    wave = whole[whole.find(name) + len(name) :][:1]
    return name + wave if wave and wave in _WAVES and wave in name else name  # Kagi Tech ～三年目～


def _occurrence_features(name: str, occurrences: Sequence[Occurrence]) -> Iterator[str]:
    patterns = sorted({occurrence.pattern for occurrence in occurrences})
    yield from (f"by {pattern}" for pattern in patterns)
    yield from (f"by {first}+{second}" for first, second in combinations(patterns, 2))
    yield f"ways {min(len(patterns), 4)}"
    yield f"first place {min(occurrences[0].place, 5)}"
    for occurrence in occurrences:
        yield f"sort {occurrence.line_type}"
        yield f"sort {occurrence.line_type} by {occurrence.pattern}"
        if (at := occurrence.line.find(name)) >= 0:
            yield from _context_features(occurrence.line[:at], occurrence.line[at + len(name) :])


def _context_features(before: str, after: str) -> Iterator[str]:
    for where, tokens in (("before", _tokens(before[-30:])[::-1]), ("behind", _tokens(after[:30]))):
        if tokens:
            yield f"{where} {tokens[0].lower()}"
            yield f"{where} is {shape_of(tokens[0])}"
            yield f"{where} {' '.join(tokens[:2]).lower()}"
        else:
            yield f"nothing {where}"
    near = after[:12]
    tests = {
        "going soon": _GOING.search(near),
        "going behind": _GOING.search(after),
        "reporting soon": _REPORTING.search(near),
        "a date beside": _DATE.search(f"{before} {after}"),
    }
    yield from (feature for feature, match in tests.items() if match)


def _name_features(name: str) -> Iterator[str]:
    event_words, series = _EVENT.findall(name), _SERIES.search(name) if _may_name_series(name) else None
    numbered = NUMBERED.search(name)
    tests = {
        "event word": event_words,
        "event word last": _EVENT_LAST.search(name),
        "series": series,
        "series first": series and series.start() == 0,
        "numbered": numbered,
        "year": _YEAR.search(name),
        "ordinal": _ORDINAL.search(name),
        "series numbered": series and numbered,
        "event word numbered": event_words and numbered,
        "clause": re.search(r"[。、]", name),
        "particle": re.search(r"[をがはで]", name),
        "verb last": name.endswith(("た", "る", "い", "す")),
    }
    yield from (feature for feature, match in tests.items() if match)
    yield from (f"event word {word.lower()}" for word in event_words)
    yield f"length {min(len(name) // 4, 8)}"
    tokens = _tokens(name)
    for where, token in (("first", tokens[0]), ("last", tokens[-1])):
        yield f"{where} {token.lower()}"
        yield f"{where} is {shape_of(token)}"
    yield from (f"has {token.lower()}" for token in tokens)


def _tokens(text: str) -> list[str]:
    return [token.text for token in tokens_of(text) if not token.text.isspace()]


class _ReportFeatures:
    """The features of names that depend on the whole report."""

    def __init__(self, outline: Outline, lines: Sequence[tuple[str, str]], names: Sequence[str]) -> None:
        blocks, characters = _MAX_BODY
        body = " ".join(block.text[:characters] for block in outline.blocks[:blocks])
        self._body, self._above = letters(body), letters(" ".join(text for _, text in lines))
        self._title, self._file = letters(outline.title or ""), letters(PurePath(outline.source).stem)
        self._tags = [tag for tag in map(letters, _HASHTAG.findall(body)) if len(tag) > _MIN_NAME]
        self._names = names
        self._series = {name for name in names if _may_name_series(name) and _SERIES.search(name)}

    def features(self, name: str) -> Iterator[str]:
        core = _COUNTED.sub("", name)  # without number and year
        yield f"times {min(self._body.count(name), 4)}"
        yield f"times above {min(self._above.count(name), 3)}"
        yield f"times without number {min(self._body.count(core), 5)}" if core else "a number"
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
