"""Patterns for the name of a report's event, in its title, its first lines and the name of its file."""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePath

from index.text import letters
from kb.report.outline import Block, Outline
from kb.talks.lines import MAX_LINE
from kb.talks.words import any_of, folded

_EVENT = re.compile(rf"{any_of('event')}|会$", re.IGNORECASE)
NUMBERED = re.compile(r"(?:#|＃|vol\.?\s*|第\s*)\d+|(?<!\d)20\d\d(?!\d)|'\d\d|\d回|\d限目", re.IGNORECASE)
_PARTICLE = r"\s*(?:に|へ|で|を|の|にて|は)?\s*(?:て|も|初|(?:オンライン|リモート|現地)で?)?\s*"
_GOING = re.compile(rf"{_PARTICLE}(?:{any_of('going')})")
_REPORTING = re.compile(rf"{_PARTICLE}(?:{any_of('going')}|{any_of('reporting')})")
_DID = re.compile(r"で[^。]{1,30}てき(?:た|ました)")
_SESSION_OF = re.compile(r"(?:.*[、。])?(.+?)\s*の(?:セッション|講演|基調講演|発表|トーク)")
_ANNOUNCED = re.compile(rf"(.+?)\s*[-–|｜·](?:[^-–|｜·]*\s)?(?:{any_of('announcements')})", re.IGNORECASE)

_HASHTAG = re.compile(r"(?:^|\s)#(?!\d)(?:[A-Za-z_]+\w*(?=[ぁ-ん])|[^\s#]+(?=\s|$))", re.ASCII)
_TAGS_BEFORE = re.compile(r"^\s*(?:[\[【［][^\]】］]*[\]】］]\s*)+")
_QUOTED = re.compile(r"[「『]([^」』]{4,60})[」』]")
_LATIN = re.compile(r"(?:[A-Z][\w.&+!'-]*|[–-])(?:\s+(?:[A-Z0-9#'&@][\w.&+!'-]*|[–-])){1,6}")
_QUOTED_WHOLE = re.compile(r"「(.{8,60})」\s*(?:という\S{1,8})?(?:に|へ)\s*(?:参加|出席|参戦)")
# A clause rather than a name: it points back, or gives a reason.
_NO_NAME = re.compile(
    r"^(?:…|この|その|あの|そこ|今回|先日|昨日|私)|[、。]|ので|という|ため|としての|けど|に関し|について|した|行$|にて\d|(?:スペース|ホール|ビル|オフィス)$"
)
_BRACKETS = re.compile(r"\s*[【\[（(][^】\])）]*[】\])）]")
_DAY_AFTER = re.compile(r"\s*(?:の)?\s*(?:\d\s*日目|day\s*\d|初日|最終日)\s*$", re.IGNORECASE)
_CALLED = re.compile(r"」?という\S{1,12}$")
_DATE = re.compile(r"20\d\d[-/.年]\s*\d{1,2}[-/.月]\s*\d{1,2}日?")
_CLAUSE = re.compile(r"[ぁ-ん]*[、。！？!?]+|[ぁ-ん]{2,}|(?<=[にで])(?=[A-Z])")
_PHRASES = re.compile(r"[ぁ-ん、。！？!?「」]+")
_SENTENCE = re.compile(r"[でをが]|という|について")
_NUMBERS = re.compile(r"20\d\d\s*年?|\d+\s*[月日回]")
_DATE_BEFORE = re.compile(r"^20\d\d(?:[-_]?\d\d){0,2}[-_]")
_TRIM = " \t　!！、。・:：|｜-–~～〜*＊"
_OPENING = 8  # blocks in which a report may name its event
_MAX_NAME = 60  # characters


def names_by_patterns(outline: Outline) -> Iterator[tuple[str, bool]]:
    """Yield the names of an event, the most reliable first, each with whether the report mentions a visit."""
    metadata = dict(outline.metadata)
    title = (outline.title or "")[:MAX_LINE]
    title = _TAGS_BEFORE.sub("", _HASHTAG.sub("", title)).strip() or title
    opening = [b for b in outline.blocks if b.type in ("heading", "paragraph", "link")][:_OPENING]
    lines = [_HASHTAG.sub("", block.text[:MAX_LINE]) for block in opening]
    for visited, names in (
        (True, filter(None, [metadata.get("event", "").strip()])),
        (True, _quoted(title)),
        (True, _visited(title, _REPORTING, _DID)),
        (True, () if "title" in metadata else _bare_name(opening, lines)),
        (True, (name for line in lines for name in _visited(line, _GOING))),
        (True, (_name(match[1]) for match in map(_ANNOUNCED.match, lines) if match)),
        (False, _mentioned(_PHRASES.split(title))),
        (False, _mentioned(match[1] for match in map(_SESSION_OF.match, lines) if match)),
        (True, _uncommon(title)),
        (False, _mentioned([file_words(outline)])),
    ):
        yield from ((name, visited) for name in names)


def file_words(outline: Outline) -> str:
    """Return the words in the name of a report's file, without the date at its beginning."""
    return _DATE_BEFORE.sub("", PurePath(outline.source).stem).replace("_", " ").replace("-", " ")


def _visited(line: str, *going: re.Pattern[str]) -> Iterator[str]:
    """Yield the event names before the words of a visit in a line."""
    starts = sorted(match.start() for pattern in going for match in pattern.finditer(line))
    return filter(_is_event_name, (_name(line[:start]) for start in starts))


def _quoted(title: str) -> Iterator[str]:
    """Yield the names that a title quotes, if it also mentions a visit, and an event or an event-like name."""
    for match in _QUOTED.finditer(title):
        rest = title[: match.start()] + title[match.end() :]
        visit = re.search(any_of("going"), rest)
        if visit and (_EVENT.search(rest[: visit.start()]) or _is_event_name(match[1])):
            yield match[1].strip()


def _uncommon(title: str) -> Iterator[str]:
    """Yield the quoted or Latin names that a title mentions a visit to, though they have no event word."""
    if match := _QUOTED_WHOLE.search(title):
        yield match[1].strip()
    names = (_BRACKETS.sub("", title[: match.start()]).strip(_TRIM) for match in _GOING.finditer(title))
    yield from filter(_LATIN.fullmatch, names)


def _bare_name(opening: Sequence[Block], lines: Sequence[str]) -> Iterator[str]:
    """Yield the first heading if it is only an event's name: it looks like one, or a line of the opening is a date."""
    name = next((block.text for block in opening if block.type == "heading"), "").strip(_TRIM + "#")
    dated = any(map(_DATE.match, lines))
    sentence = _SENTENCE.search(name) and not dated
    excluded = not name or len(name) > _MAX_NAME or sentence or _DATE.match(name) or _REPORTING.search(name)
    if not excluded and (dated or _is_event_name(name)):
        yield name


def _mentioned(texts: Iterable[str]) -> Iterator[str]:
    """Yield the texts that look like an event's name, without any mention of a visit."""
    names = (text.strip(_TRIM) for text in texts)
    return (name for name in names if _is_event_name(name) and _EVENT.search(name))


def _name(text: str) -> str:
    """Return the name at the end of a text, without the clause before and the day after it."""
    text = _CALLED.sub("", _DAY_AFTER.sub("", _BRACKETS.sub("", text).strip(_TRIM))).strip(_TRIM)
    tail = _CLAUSE.split(text)[-1].strip(_TRIM)
    name = tail if _is_event_name(tail) else text
    place, _, _ = name.partition("にて")
    name = place if _is_event_name(place) else name
    event, _, part = name.partition("の")
    return event.strip(_TRIM) if _is_event_name(event) and not _EVENT.search(part) else name


def _is_event_name(name: str) -> bool:
    """Return whether a text can be an event's name: it has an event word or a number, and a proper name."""
    has_proper_name = re.search(r"[^\W\d_]{2}", _NUMBERS.sub("", name)) and letters(name) not in folded("event")
    if len(name) > _MAX_NAME or _NO_NAME.search(name):
        return False
    return bool(has_proper_name and (_EVENT.search(name) or NUMBERED.search(name)))
