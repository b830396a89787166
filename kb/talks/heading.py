"""What one heading tells of a talk: track, times and title."""

import re
from dataclasses import dataclass

_TIME = r"(\d{1,2})\s*[:：時]\s*(\d{2})分?"
_TIMES = re.compile(rf"{_TIME}(?:\s*[-~〜～‐–—−－ー]\s*(?:{_TIME})?)?")
_TRACK = re.compile(r"【([^】]{1,20})】")
_SEPARATORS = " \t　:：|｜/／-–"
_QUOTES = (("「", "」"), ("『", "』"), ("“", "”"), ('"', '"'))


@dataclass(frozen=True, slots=True)
class TalkHeading:
    """A heading read as that of a talk."""

    title: str
    track: str | None = None
    start: str | None = None
    end: str | None = None

    @property
    def marked(self) -> bool:
        """Whether it has what only a talk's heading has: a track or a time."""
        return bool(self.track or self.start)


def read_heading(text: str) -> TalkHeading:
    """Return what a heading tells; a heading that is all marks keeps them as its title."""
    track = start = end = None
    rest = text.strip()
    while rest:
        if track is None and (match := _TRACK.match(rest)):
            track = match[1].strip()
        elif start is None and (match := _TIMES.match(rest)):
            start, end = _clock(match[1], match[2]), _clock(match[3], match[4])
        else:
            break
        rest = rest[match.end() :].lstrip(_SEPARATORS)
    return TalkHeading(_unquoted(rest) or text.strip(), track or None, start, end)


def _clock(hour: str | None, minute: str | None) -> str | None:
    return f"{int(hour):02d}:{int(minute):02d}" if hour and minute else None


def _unquoted(title: str) -> str:
    """Return a title without the quotes around the whole of it."""
    for opening, closing in _QUOTES:
        inner = title[1:-1]
        if title[:1] == opening and title[-1:] == closing and opening not in inner and closing not in inner:
            return inner.strip()
    return title
