"""What patterns take for the name of a report's event: in its title, its first lines, the name of its file."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import PurePath

from index.text import letters
from kb.report.outline import Block, Outline
from kb.talks.lines import LINE
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
# A clause, not a name: what points back, or gives a reason.
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
_OPENING = 8  # blocks in which a report says where its author was
_MOST = 6  # names: what further places say is less telling than what learning makes of these
_LONGEST = 60  # characters of a name


def names_by_patterns(outline: Outline) -> Iterator[tuple[str, bool]]:
    """Yield at most six names, the most telling first, each with whether the report says that somebody was there."""
    return islice(_candidates(outline), _MOST)


def _candidates(outline: Outline) -> Iterator[tuple[str, bool]]:
    metadata = dict(outline.metadata)
    title = (outline.title or "")[:LINE]
    title = _TAGS_BEFORE.sub("", _HASHTAG.sub("", title)).strip() or title
    opening = [b for b in outline.blocks if b.type in ("heading", "paragraph", "link")][:_OPENING]
    lines = [_HASHTAG.sub("", block.text[:LINE]) for block in opening]
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
    """Return what the name of a report's file says, without the date before it."""
    return _DATE_BEFORE.sub("", PurePath(outline.source).stem).replace("_", " ").replace("-", " ")


def _visited(line: str, *going: re.Pattern[str]) -> Iterator[str]:
    """Yield the event out of a line that says that somebody was there."""
    matches = sorted(match.start() for pattern in going for match in pattern.finditer(line))
    return filter(_names_event, (_name(line[:begin]) for begin in matches))


def _quoted(title: str) -> Iterator[str]:
    """Yield the name that a title puts in quotes, where it looks like one or the rest tells of an event and a visit."""
    for match in _QUOTED.finditer(title):
        rest = title[: match.start()] + title[match.end() :]
        gone = re.search(any_of("going"), rest)
        if gone and (_EVENT.search(rest[: gone.start()]) or _names_event(match[1])):
            yield match[1].strip()


def _uncommon(title: str) -> Iterator[str]:
    """Yield a name in quotes or Latin capitals that somebody went to, though no word of it is one for events."""
    if match := _QUOTED_WHOLE.search(title):
        yield match[1].strip()
    names = (_BRACKETS.sub("", title[: match.start()]).strip(_TRIM) for match in _GOING.finditer(title))
    yield from filter(_LATIN.fullmatch, names)


def _bare_name(opening: Sequence[Block], lines: Sequence[str]) -> Iterator[str]:
    """Yield a first heading that is nothing but the event's name: it looks like one, or a day stands below."""
    name = next((block.text for block in opening if block.type == "heading"), "").strip(_TRIM + "#")
    dated = any(map(_DATE.match, lines))
    sentence = _SENTENCE.search(name) and not dated
    other = not name or len(name) > _LONGEST or sentence or _DATE.match(name) or _REPORTING.search(name)
    if not other and (dated or _names_event(name)):
        yield name


def _mentioned(texts: Iterable[str]) -> Iterator[str]:
    """Yield the texts that look like an event's name, though nothing says that somebody was there."""
    names = (text.strip(_TRIM) for text in texts)
    return (name for name in names if _names_event(name) and _EVENT.search(name))


def _name(text: str) -> str:
    """Return the name at the end of a text, without the clause before it and the day after it."""
    text = _CALLED.sub("", _DAY_AFTER.sub("", _BRACKETS.sub("", text).strip(_TRIM))).strip(_TRIM)
    tail = _CLAUSE.split(text)[-1].strip(_TRIM)
    name = tail if _names_event(tail) else text
    place, _, _ = name.partition("にて")
    name = place if _names_event(place) else name
    event, _, part = name.partition("の")
    return event.strip(_TRIM) if _names_event(event) and not _EVENT.search(part) else name


def _names_event(name: str) -> bool:
    """Tell whether a text can be an event's name: a word for such a gathering or its number, and what it is called."""
    called = re.search(r"[^\W\d_]{2}", _NUMBERS.sub("", name)) and letters(name) not in folded("event")
    if len(name) > _LONGEST or _NO_NAME.search(name):
        return False
    return bool(called and (_EVENT.search(name) or NUMBERED.search(name)))
