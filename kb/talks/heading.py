"""What one heading tells of a talk: track, times, title and who speaks."""

import re
from dataclasses import dataclass

from kb.talks.speakers import names_in
from kb.talks.words import LINE, any_of

_TIME = r"(\d{1,2})\s*[:：時]\s*(\d{2})分?"
_TIMES = re.compile(rf"[(（]?{_TIME}(?:\s*[-~〜～‐–—−－ー]\s*(?:{_TIME})?)?[)）]?")
_TIMES_AT_END = re.compile(rf"\s*[(（\[]?{_TIME}\s*[-~〜～‐–—−－ー]\s*{_TIME}[)）\]]?$")
_BRACKETED = re.compile(r"【([^】]{1,12})】")
_ROOM = re.compile(
    rf"[\[［]((?:(?:{any_of('rooms')})[^\]］]{{0,12}}|[A-Z]{{0,3}}[- ]?\d{{0,3}}(?:\([A-Z]+\))?))[\]］]", re.IGNORECASE
)
_CODE = re.compile(
    r"([A-Z]{2,4}-?\d{3}(?:-[A-Z]\d?)?|[A-Z]-\d{1,2}|\d{1,2}-[A-Z]-\d{1,2})\s*[:：\]】]?\s+|([A-Z]{2,4}\d{3})[:：]"
)
_LABEL = re.compile(rf"((?:{any_of('labels')})\s*[#＃]?\d{{1,2}}|(?:{any_of('labels')})(?=\s*[:：]))", re.IGNORECASE)
_NUMBERING = re.compile(r"(?:[①-⑳]|[(（]?\d{1,2}[)）.．、])\s*(?=\D)|[■◆●▼★☆◇□▶]+\s*")
_SEPARATORS = " \t　:：|｜/／-–"
_QUOTES = (("「", "」"), ("『", "』"), ("“", "”"), ('"', '"'))

_ADDRESS = re.compile(r"\s*[-–|]?\s*<?https?://\S+>?$")
_TRAILING_LABEL = re.compile(rf"\s*[(（]((?:{any_of('labels')})\d*)[)）]$", re.IGNORECASE)
_BY = re.compile(r"\s+[Bb]y[:：]?\s+((?:[A-Z@＠]|[^\x00-\x7f]).*)$")
_HANDLE = re.compile(r"[\s\-–:：/／]*[(（]?[@＠](\w[\w-]*)(?:\]?さん|氏)?\w?[)）]?$")
_ONLY_SPEAKER = re.compile(r"(?:\S+\s)?(\S{1,12}(?:さん|氏))(?:[@＠].*)?")
_HONORIFIC = re.compile(
    r"\s*(?:[\s:：/／]|[-–]\s*|[(（])([^\s:：/／(（「」]{1,20}?(?:\s[^\s:：/／(（「」]{1,12}?)?(?:さん|氏))[)）]?$"
)


@dataclass(frozen=True, slots=True)
class TalkHeading:
    """A heading read as that of a talk."""

    title: str
    track: str | None = None
    start: str | None = None
    end: str | None = None
    speakers: tuple[str, ...] = ()

    @property
    def marked(self) -> bool:
        """Whether it has what hardly anything but a talk's heading has."""
        return bool(self.track or self.start or self.speakers)


def read_heading(text: str) -> TalkHeading:
    """Return what a heading tells; the title is empty if it is nothing but marks."""
    if len(text) > LINE:
        return TalkHeading(text.strip())
    track, start, end, rest = _read_marks(text.strip())
    rest = _ADDRESS.sub("", rest)
    if start is None and (match := _TIMES_AT_END.search(rest)):
        start, end, rest = _clock(match[1], match[2]), _clock(match[3], match[4]), rest[: match.start()]
    speakers, rest = _read_speakers(rest)
    if match := _TRAILING_LABEL.search(rest):
        track, rest = track or match[1], rest[: match.start()]
    return TalkHeading(_unquoted(rest.strip()), track, start, end, speakers)


def _read_marks(rest: str) -> tuple[str | None, str | None, str | None, str]:
    """Return track, start and end from the beginning of a heading, and what is left of it."""
    track = start = end = None
    while rest:
        if start is None and (match := _TIMES.match(rest)):
            start, end = _clock(match[1], match[2]), _clock(match[3], match[4])
        elif track is None and (
            match := next(filter(None, (mark.match(rest) for mark in (_BRACKETED, _ROOM, _CODE, _LABEL))), None)
        ):
            track = next((group.strip() for group in match.groups() if group), None)
        elif not (match := _NUMBERING.match(rest)):
            break
        rest = rest[match.end() :].lstrip(_SEPARATORS)
    return track, start, end, rest


def _read_speakers(rest: str) -> tuple[tuple[str, ...], str]:
    """Return who speaks from the end of a heading, and what is left of it."""
    if match := _ONLY_SPEAKER.fullmatch(rest):
        return names_in(match[1]), rest
    for pattern in (_BY, _HANDLE, _HONORIFIC):
        if match := pattern.search(rest):
            return names_in(match[1]), rest[: match.start()]
    return (), rest


def _clock(hour: str | None, minute: str | None) -> str | None:
    return f"{int(hour):02d}:{int(minute):02d}" if hour and minute else None


def _unquoted(title: str) -> str:
    """Return a title without the quotes around the whole of it."""
    for opening, closing in _QUOTES:
        inner = title[1:-1]
        if title[:1] == opening and title[-1:] == closing and opening not in inner and closing not in inner:
            return inner.strip()
    return title
