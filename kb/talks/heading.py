"""What the heading of a talk tells: track, times, title and, in the ways that reports write them, who speaks."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from kb.talks.lines import LINE, without_link_marks
from kb.talks.speakers import names_in
from kb.talks.words import any_of

_TIME = r"(\d{1,2})\s*[:：時]\s*(\d{2})分?"
_TO = r"\s*[-~〜～‐–—−－ー]\s*"
_TIMES = re.compile(rf"[(（【\[]?{_TIME}(?:{_TO}(?:{_TIME})?)?[)）】\]]?")
_TIMES_AT_END = re.compile(rf"\s*[(（【\[]?{_TIME}{_TO}{_TIME}[)）】\]]?$")
_NUMBER = r"[#＃]?(?:\d{1,2}|[①-⑳])"
_TRACKS = tuple(
    re.compile(pattern, re.IGNORECASE if has_words else 0)
    for has_words, pattern in (
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
_EXPLICIT_TRACK = re.compile(
    rf"[A-Z]{{2,4}}-?\d{{3}}(?:-[A-Z]\d?)?|(?:{any_of('labels')})\s*\.?{_NUMBER}", re.IGNORECASE
)
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

# A name before an honorific, the company or team apart; then who speaks as the end of a heading (鍵の話 / 鍵花子さん),
# as its beginning (例示工業 鍵花子氏「鍵の話」), or all of it.
_PERSON = r"(?:[^\s@「:：/／–-]{1,12}\s){0,2}([^\s@「:：/／–-]{1,12}(?:さん|氏))"
_WORD = r"(?:[A-Z@＠(\[][^\s「」]*|[a-z][\w.]*(?=さん|\s+さん|\s*[(（/／,、&＆])|[^\x00-\x7f「」\s][^「」\s]*|[&＆/／])"
_BY = re.compile(rf"\s+[Bb]y[:：]?\s+({_WORD}(?:\s+\S+)*)$")
_BY_LATIN = re.compile(r"(?<=[ぁ-んァ-ヶー一-鿿。」』])\s*\b[Bb]y\s+(@?[A-Za-z][\w.-]*(?:\s[A-Za-z][\w.-]*){0,2})$")
_AFTER_QUOTE = re.compile(r"(?<=[」』])\s*[-–—/／]\s*([^「」『』\s]{2,20}(?:\s[^「」『』\s]{1,12})?)$")
_WITH_COMPANY = re.compile(r"(?<=.{4})\s([一-鿿々]{1,4}[ 　][一-鿿々ぁ-んァ-ヶー]{1,5})\s*[(（][^()（）]{1,30}[)）]$")
_AT = re.compile(r"\s[@＠]\s+(\S.*)$")
_HANDLE = re.compile(
    r"(?:\s[Bb]y(?=\s))?[\s\-–—:：/／]*[(（\[]*(?<![A-Za-z0-9])[@＠]([A-Za-z0-9_][\w-]*?)[\])）]*\s?(?:さん|氏)?[)）]?$",
    re.ASCII,
)
_HONORIFIC = re.compile(
    r"\s*(?:[\s:：/／」]|[-–—]\s*|[(（])\s?([^\s:：/／(（「」]{1,20}?(?:\s[^\s:：/／(（「」]{1,12}?)?\s?(?:さん|氏))[)）]?$"
)
_AFTER_SLASH = re.compile(
    r"(?<=.{8})\s+[/／]\s*((?=.*[a-z])[A-Za-z][\w.-]*(?:\s[A-Z][\w.-]*){0,2}|[一-鿿々]{2,4}\s?[一-鿿々ぁ-ん]{0,4})$"
)
_AFTER_DASH = re.compile(r"\s[-–—]\s+((?=.*[a-z])[a-z0-9_]{3,20})$")
_ONLY_PERSON = re.compile(rf"{_PERSON}(?:\s*[@＠(（].*)?")
_PERSON_FIRST = re.compile(rf"{_PERSON}\s*[:：/／]?\s*(?=「.+」$|(?<=[:：/／\s]))(?P<title>.{{4,}})")
_COMPANYS_FIRST = re.compile(
    r"(?:[^\s「]{2,20}の|[^\s「]{2,20}\s)?([^\s@「の]{1,12}(?:さん|氏))の\s*(?P<title>「.{4,}」)"
)
_HANDLE_FIRST = re.compile(r"[@＠]([A-Za-z0-9_]+)\s*(?:さん|氏)?\s*[:：/／\s]\s*(?P<title>.{4,})", re.ASCII)

# In this order: a handle is surest, and what stands behind a mere dash or quote may be anything.
_ENDS = (_HANDLE, _AT, _BY, _BY_LATIN, _HONORIFIC, _WITH_COMPANY, _AFTER_SLASH, _AFTER_DASH, _AFTER_QUOTE)

# What alone may be anything, and where most headings of a report's talks end so is who speaks.
_STYLES = {
    "brackets": re.compile(r"(?<=.{4})\s*[(（]([^()（）]{2,40})[)）]$"),
    "slash": re.compile(r"(?<=.{4})\s+[/／]\s+([^/／]{2,30})$"),
    "dash": re.compile(r"(?<=.{4})\s[-–—]\s+([^-–—]{2,30})$"),
    "by": re.compile(r"(?<=.{4})\s[Bb]y\s+([\w.-]{2,20})$"),
    "gap": re.compile(r"(?<=.{10})(?:\s{2,}|\u3000)(\S[^\u3000]{1,25})$"),
}
_NO_NAMES = re.compile(
    rf"\d|[、。！？!?:：]|[ぁ-ん]{{4,}}|{any_of('labels', whole=True)}|{any_of('no_names')}", re.IGNORECASE
)
_NAMES = re.compile(r"\s*[・,、&＆]\s*")
_LONGEST_NAME = 20  # characters
_FEWEST = 2  # headings that end alike: one alone is no style


@dataclass(frozen=True, slots=True)
class TalkHeading:
    """A heading read as that of a talk."""

    title: str
    track: str | None = None
    start: str | None = None
    end: str | None = None
    speakers: tuple[str, ...] = ()

    @property
    def is_explicit(self) -> bool:
        """Whether it says that it is a talk's, as kb asks authors to: a track and a time, `LT1:`, a session's code."""
        track = self.track or ""
        return bool(self.title and track and (self.start or _EXPLICIT_TRACK.fullmatch(track)))


def read_heading(text: str, style: str | None = None) -> TalkHeading:
    """Return what a heading tells; the title is empty if it is nothing but marks.

    `style` is how the other headings of the report name who speaks (`byline_style`). One of more than `LINE`
    characters is a title as it stands.
    """
    if len(text) > LINE:
        return TalkHeading(text.strip())
    track, start, end, rest = _read_marks(without_link_marks(text).strip())
    rest = _HASHTAGS.sub("", _STARS.sub("", _ADDRESS.sub("", rest)))
    if start is None and (match := _TIMES_AT_END.search(rest)):
        start, end, rest = _clock(match[1], match[2]), _clock(match[3], match[4]), rest[: match.start()]
    speakers, rest = byline_of(rest, style)
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


def byline_of(text: str, style: str | None = None) -> tuple[tuple[str, ...], str]:
    """Return who speaks as a heading tells, and what is left of it; of one that names only the speaker, all is."""
    if match := _ONLY_PERSON.fullmatch(text):
        return names_in(match[1]), text
    for pattern in _ENDS:
        if (match := pattern.search(text)) and (names := names_in(match[1])):
            taken = text[match.start() : match.start(1)].lstrip()
            # A closing bracket of a quoted title that the byline took belongs to the title.
            return names, text[: match.start()] + ("」" if taken.startswith("」") else "")
    for pattern in (_COMPANYS_FIRST, _PERSON_FIRST, _HANDLE_FIRST):
        if match := pattern.fullmatch(text):
            return names_in(match[1]), match["title"]
    if style and (match := _styled_byline(style, text)):
        return tuple(name for part in _NAMES.split(match[1]) for name in names_in(part)), text[: match.start()]
    return (), text


def byline_style(texts: Sequence[str]) -> str | None:
    """Return how the headings of talks end with who speaks, where most of them end so and nothing says it plainly."""
    plain = [text[:LINE] for text in texts if not byline_of(text[:LINE])[0]]
    counts = Counter(style for text in plain for style in _STYLES if _styled_byline(style, text))
    style, count = max(counts.items(), key=lambda item: item[1], default=("", 0))
    return style if count >= _FEWEST and 2 * count > len(plain) else None


def _styled_byline(style: str, text: str) -> re.Match[str] | None:
    """Return what a heading that ends in a style names, where that may be names."""
    match = _STYLES[style].search(text)
    if match is None or _NO_NAMES.search(match[1]):
        return None
    return match if all(len(name) <= _LONGEST_NAME for name in _NAMES.split(match[1])) else None
