"""The event that a report is about: its name as the title, the first lines or the file's name have it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kb.outline import Block, Outline
from kb.talks.words import any_of, fold, folded

_EVENT = re.compile(any_of("event"), re.IGNORECASE)
_NUMBERED = re.compile(r"(?:#|＃|vol\.?\s*|第\s*)\d+|(?<!\d)20\d\d(?!\d)|'\d\d|\d回|\d限目", re.IGNORECASE)
_PARTICLE = r"\s*(?:に|へ|で|を|の|にて|は)?\s*(?:て|も|初)?"
_GOING = re.compile(rf"{_PARTICLE}(?:{any_of('going')})")
_REPORTING = re.compile(rf"{_PARTICLE}(?:{any_of('going')}|{any_of('reporting')})|で[^。]{{1,30}}てき(?:た|ました)")
_DATE = re.compile(r"20\d\d[-/.年]\s*\d{1,2}[-/.月]\s*\d{1,2}日?")
_HASHTAG = re.compile(r"(?:^|\s)#(?!\d+(?:\s|$))[^\s#]+(?=\s|$)")
_TAG = re.compile(r"^\s*(?:[\[【［][^\]】］]*[\]】］]\s*)+")
_BRACKETS = re.compile(r"\s*[【\[（(][^】\])）]*[】\])）]")
_DAY = re.compile(r"\s*(?:の)?\s*(?:\d\s*日目|day\s*\d|初日|最終日)\s*$", re.IGNORECASE)
_ANNOUNCED = re.compile(rf"(.+?)\s*(?:[-–|｜·]\s*)+(?:.*\s)?(?:{any_of('announcements')}).*", re.IGNORECASE)
_BOUNDARY = re.compile(r"[ぁ-ん]*[、。！？!?]+|[ぁ-ん]{2,}|(?<=\d日に)|(?<=[にで])(?=[A-Z])")
_TRIM = " \t　!！、。・:：|｜-–~～〜*＊"
_HIRAGANA = re.compile(r"[ぁ-ん、。！？!?「」]+")
_OPENING = 8  # blocks
_LONGEST = 60


@dataclass(frozen=True, slots=True)
class Event:
    """The event of a report; `visited` if the report says that it is about having been there."""

    name: str
    visited: bool


def event_of(outline: Outline) -> Event | None:
    """Return the event that a report is about, or None."""
    return next(_candidates(outline), None)


def _candidates(outline: Outline) -> Iterator[Event]:
    """Yield what each place that may name it says, the most telling first."""
    metadata = dict(outline.metadata)
    if metadata.get("event"):
        yield Event(metadata["event"].strip(), visited=True)
    title = _plain(outline.title or "")
    opening = [block for block in outline.blocks if block.type in ("heading", "paragraph", "link")][:_OPENING]
    yield from _visited(title, _REPORTING)
    if "title" not in metadata:
        yield from _bare_name(opening)
    for block in opening:
        yield from _visited(block.text, _GOING)
    yield from (Event(_name(match[1]), visited=True) for b in opening if (match := _ANNOUNCED.fullmatch(b.text)))
    yield from (
        Event(part.strip(_TRIM), visited=False) for part in _HIRAGANA.split(title) if _names_event(part.strip(_TRIM))
    )


def _bare_name(opening: Sequence[Block]) -> Iterator[Event]:
    """Yield a first heading that is nothing but the event's name: it looks like one, or the event's day stands below."""
    heading = next((block.text for block in opening if block.type == "heading"), "")
    name = heading.strip(_TRIM + "#")
    if name and not _DATE.match(name) and not _REPORTING.search(name) and len(name) <= _LONGEST:
        dated = any(_DATE.match(block.text) for block in opening)
        if dated or _names_event(name):
            yield Event(name, visited=True)


def _visited(line: str, going: re.Pattern[str]) -> Iterator[Event]:
    """Yield the event out of a line that says that somebody was there."""
    match = going.search(line)
    if match and match.start():
        name = _name(line[: match.start()])
        if name and _names_event(name):
            yield Event(name, visited=True)


def _plain(title: str) -> str:
    """Return a title without hashtags, tags before it and brackets after it."""
    return _TAG.sub("", _HASHTAG.sub("", title)).strip() or title


def _name(text: str) -> str:
    """Return the name at the end of a text, without the sentence before it and the day after it."""
    text = _DAY.sub("", _BRACKETS.sub("", text).strip(_TRIM)).strip(_TRIM)
    tail = _BOUNDARY.split(text)[-1].strip(_TRIM)
    name = tail if _names_event(tail) and fold(tail) not in folded("event") else text
    of, _, rest = name.partition("の")
    return of.strip(_TRIM) if _names_event(of) and not _EVENT.search(rest) else name


def _names_event(name: str) -> bool:
    """Tell whether a text can be an event's name: a word for such a gathering, or a number of it, and what it is called."""
    called = re.search(r"[^\W\d_]{2}", re.sub(r"20\d\d\s*年?|\d+\s*[月日回]", "", name))
    return len(name) <= _LONGEST and called is not None and bool(_EVENT.search(name) or _NUMBERED.search(name))
