"""What one heading tells of a talk: track, times, title and who speaks."""

import re
from dataclasses import dataclass

from kb.talks.bylines import byline_of
from kb.talks.names import HATENA_LINK
from kb.talks.words import LINE, any_of

_TIME = r"(\d{1,2})\s*[:：時]\s*(\d{2})分?"
_TO = r"\s*[-~〜～‐–—−－ー]\s*"
_TIMES = re.compile(rf"[(（【\[]?{_TIME}(?:{_TO}(?:{_TIME})?)?[)）】\]]?")
_TIMES_AT_END = re.compile(rf"\s*[(（【\[]?{_TIME}{_TO}{_TIME}[)）】\]]?$")
_NUMBER = r"[#＃]?(?:\d{1,2}|[①-⑳])"
_TRACKS = tuple(
    re.compile(pattern, re.IGNORECASE if words else 0)
    for words, pattern in (
        (False, r"【([^】]{1,12})】"),
        (True, rf"[\[［]((?:{any_of('rooms')})[^\]］]{{0,12}})[\]］]"),
        (False, r"[\[［]([A-Z]{0,3}[- ]?\d{0,3}(?:\([A-Z]+\)|-R\d?)?)[\]］]"),
        (True, rf"((?:{any_of('labels')})\s*\.?{_NUMBER}|(?:{any_of('labels')})(?=\s*[:：「]))"),
        (True, rf"((?:{any_of('rooms')})\s*[A-Z0-9]|[A-Z0-9](?:{any_of('rooms')}))(?=[\s:：])"),
        (False, r"([A-Z]{2,4}\d{3}(?:-[A-Z]\d?)?|[A-Z]{1,2}-\d{1,2}|\d{1,2}-[A-Z]-\d{1,2})(?=[\s:：])"),
        (False, r"([A-Z]{2,4}-\d{3})(?=[:：])"),
    )
)
_TRACK_AT_END = re.compile(
    rf"\s*(?:[(（]([^()（）]{{0,6}}(?:{any_of('labels')})\d*)[)）]|【([^】/年]{{1,12}})】)$", re.IGNORECASE
)
_PLAIN = re.compile(rf"[A-Z]{{2,4}}-?\d{{3}}(?:-[A-Z]\d?)?|(?:{any_of('labels')})\s*\.?{_NUMBER}", re.IGNORECASE)
_TAGS = re.compile(rf"[【\[［](?:{any_of('tags')})[】\]］]\s*")
_HASHTAGS = re.compile(r"(?:\s+#[^\s#\d][^\s#]*)+$")
_NUMBERING = re.compile(
    r"(?:[①-⑳]|\d{1,2}/\d{1,2}(?=\s+\d{1,2}[:：])|[0-9０-９一二三四五六七八九]{1,2}(?:コマ|限|本|つ)目"
    r"|[(（]?\d{1,2}[)）.．、])\s*(?=\D)|[■◆●▼★☆◇□▶]+\s*"
)
_STARS = re.compile(r"\s+[★☆]{1,5}$")  # how it was liked
_ADDRESS = re.compile(r"\s*[-–|]?\s*<?https?://\S+>?$")
_SEPARATORS = " \t　:：|｜/／-–"
_QUOTES = (("「", "」"), ("『", "』"), ("“", "”"), ('"', '"'))


@dataclass(frozen=True, slots=True)
class TalkHeading:
    """A heading read as that of a talk."""

    title: str
    track: str | None = None
    start: str | None = None
    end: str | None = None
    speakers: tuple[str, ...] = ()

    @property
    def plain(self) -> bool:
        """Whether it says that it is a talk's, as kb asks authors to: a track and a time, `LT1:`, a session's code."""
        if not self.title or not self.track:
            return False
        return self.start is not None or _PLAIN.fullmatch(self.track) is not None


def read_heading(text: str, habit: str | None = None) -> TalkHeading:
    """Return what a heading tells; the title is empty if it is nothing but marks. `habit` is how names end its like."""
    if len(text) > LINE:
        return TalkHeading(text.strip())
    track, start, end, rest = _read_marks(HATENA_LINK.sub(r"\1", text).strip())
    rest = _HASHTAGS.sub("", _STARS.sub("", _ADDRESS.sub("", rest)))
    if start is None and (match := _TIMES_AT_END.search(rest)):
        start, end, rest = _clock(match[1], match[2]), _clock(match[3], match[4]), rest[: match.start()]
    speakers, rest = byline_of(rest, habit)
    if track is None and (match := _TRACK_AT_END.search(rest)):
        track, rest = match[1] or match[2], rest[: match.start()]
    return TalkHeading(_unquoted(rest.strip()), track, start, end, speakers)


def _read_marks(rest: str) -> tuple[str | None, str | None, str | None, str]:
    """Return track, start and end from the beginning of a heading, and what is left of it."""
    track = start = end = None
    while rest:
        if match := _TAGS.match(rest):
            pass
        elif start is None and (match := _TIMES.match(rest)):
            start, end = _clock(match[1], match[2]), _clock(match[3], match[4])
        elif track is None and (match := next(filter(None, (mark.match(rest) for mark in _TRACKS)), None)):
            track = match[1].strip() or None
        elif not (match := _NUMBERING.match(rest)):
            break
        rest = rest[match.end() :].lstrip(_SEPARATORS)
    return track, start, end, rest


def _clock(hour: str | None, minute: str | None) -> str | None:
    return f"{int(hour):02d}:{int(minute):02d}" if hour and minute else None


def _unquoted(title: str) -> str:
    """Return a title without the quotes around the whole of it."""
    for opening, closing in _QUOTES:
        inner = title[1:-1]
        if title[:1] == opening and title[-1:] == closing and opening not in inner and closing not in inner:
            return inner.strip()
    return title
