"""Patterns of talks: track, times, title and speakers in a heading, and speakers in the lines below it.

The sequence labelling of `spans.py` takes what they find as features, and falls back on it.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

from kb.talks.lines import MAX_LINE, without_link_marks
from kb.talks.words import any_of, words

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
_STARS = re.compile(r"\s+[★☆]{1,5}$")  # a rating
_ADDRESS = re.compile(r"\s*[-–|]?\s*<?https?://\S+>?$")
_SEPARATORS = " \t　:：|｜/／-–"
_QUOTES = (("「", "」"), ("『", "』"), ("“", "”"), ('"', '"'))

# A name before an honorific, without company and team. A heading may end with the speaker (鍵の話 / 鍵花子さん), begin with
# one (例示工業 鍵花子氏「鍵の話」), or name nothing else.
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

# The surest first: a handle is nearly always a speaker, the text after a dash or a quote may be anything.
_ENDS = (_HANDLE, _AT, _BY, _BY_LATIN, _HONORIFIC, _WITH_COMPANY, _AFTER_SLASH, _AFTER_DASH, _AFTER_QUOTE)

# Endings that name a speaker only where most talk headings of the report end like that.
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
_MAX_NAME = 20  # characters
_MIN_STYLED = 2  # headings with an ending; a single one is no style


# Brackets after an honorific or at the end name an employer; before an honorific they are part of the name. A handle
# after a name is the same person's.
_DETAILS = re.compile(
    r"((?:さん|氏|様))\s*[(（][^)）]*[)）]|\s*[(（\[［][^)）\]］]*[@＠,，、\s][^)）\]］]*[)）\]］]"
    r"|\s*[\[［][^\]］]*[\]］]|\s*[(（][^)）@＠]*[)）](?=\s*(?:$|[、,，&＆・]))|(?<=[^\s、,，&＆・])[(（\s]\s*[@＠]\w+[)）]?"
)
_SEPARATOR = re.compile(r"\s*(?:[、,，&＆]|・(?=[A-Za-z@])|(?<=さん)と|(?<=氏)と|\sand\s)\s*")
_AFTER_NAME = re.compile(r"\s?(?:さん|氏|様|准教授|教授|先生)(?![一-鿿]).*|\s*[/／|｜].*|\s+with\s.*|sann$", re.DOTALL)
_COMPANY = re.compile(any_of("companies"))
_POSITION = re.compile(any_of("positions"))
_COMPANY_BEFORE = re.compile(r"(?:[^　]*[A-Za-z社][^　]*|[^　]{4,})　+|.{2,30}の(?=[一-鿿々]{1,4}$)")
_SHORT_NAME = re.compile(r"[ぁ-ん]{1,5}|[ァ-ヶー]{1,3}|[一-鿿々]{1,3}")
_ASCII = re.compile(r"[\x21-\x7e]+")

_LABELLED = re.compile(rf"(?:{any_of('speakers')})\s*[:：]\s*(\S.*)?$", re.IGNORECASE)
# Without names in katakana or capitals only: most are companies.
_MENTION = re.compile(
    r"((?:(?<![ァ-ヶー一-鿿々])[一-鿿々]|(?<![一-鿿々])[一-鿿々]{2,5}?)(?:\s?[一-鿿々]{1,3})??"
    r"|(?=\w*[a-z])[A-Za-z0-9_]{2,20}(?:\s[A-Z][a-z]+)?)\s?"
    r"(?:さん|氏|准教授|教授)(?=の|による|から|が|より|は|、|。|\s|$|[？?！!(（@＠])"
)
_SAID = re.compile(r"(?:登壇者|発表者|スピーカー|講師|講演者|話し手)は、?\s*([^。、]{2,40}?\s?(?:さん|氏)|[@＠]\w+)")
# 「…の発表」 shows that the word before is a name, in any script.
_SPOKE = re.compile(
    r"(?:最初は|次は|続いて|こちらは)?\s*([^\s、。「」]{1,20}(?:\s[^\s、。「」]{1,12})?)\s*(?:さん|氏)(?:の|による)"
    r"\s?(?:発表|講演|基調講演|セッション|お?話|トーク|プレゼン|登壇|LT)"
)
_ONLY_BY = re.compile(r"[Bb]y\s+(\S{2,30}(?:\s\S{1,20}){0,2})")
# After a full name of two words, brackets hold a company or a handle.
_WHOLE_NAME = r"[一-鿿々]{1,4}[ 　][一-鿿々ぁ-んァ-ヶー]{1,5}|[A-Z][a-z]+(?: [A-Z][\w.'-]*){1,2}"
_NAME_AND_COMPANY = re.compile(rf"({_WHOLE_NAME})\s*(?:[(（@＠]|[/／|｜]\s)[^。]{{1,40}}")
_SITE = re.compile(r"\s*(?:[|｜/／-]\s*)(?:Twitter|X|GitHub|Facebook)$", re.IGNORECASE)
_PROFILE = re.compile(
    r"(?P<name>[^@＠]{0,40}?)\s*[(（\[]?\s*[@＠](?P<handle>\w+)\s*[)）\]]?\s*(?P<title>さん|氏)?", re.ASCII
)
_ONLY_NAME = re.compile(r"(?P<name>[^@＠。、！？!?:：]{1,30})\s?(?:さん|氏|sann)$")
_MAX_INTRODUCTION = 80  # characters of a line in which a speaker is mentioned


@dataclass(frozen=True, slots=True)
class TalkHeading:
    """The parts of a talk's heading."""

    title: str
    track: str | None = None
    start: str | None = None
    end: str | None = None
    speakers: tuple[str, ...] = ()

    @property
    def is_explicit(self) -> bool:
        """Whether the marks prove it a talk, as kb asks authors to write it: track and time, `LT1:`, a session code."""
        track = self.track or ""
        return bool(self.title and track and (self.start or _EXPLICIT_TRACK.fullmatch(track)))


def read_heading(text: str, style: str | None = None) -> TalkHeading:
    """Return the parts of a heading; the title is empty if the heading has only marks.

    `style` is the report's way of naming speakers (`byline_style`). A heading of more than `MAX_LINE` characters is
    all title.
    """
    if len(text) > MAX_LINE:
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
    """Return track, start and end from the beginning of a heading, and the rest."""
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
    """Return a title without quotes around all of it."""
    for opening, closing in _QUOTES:
        inner = title[1:-1]
        if title[:1] == opening and title[-1:] == closing and opening not in inner and closing not in inner:
            return inner.strip()
    return title


def byline_of(text: str, style: str | None = None) -> tuple[tuple[str, ...], str]:
    """Return the speakers in a heading, and the rest; all of it if it names only a speaker."""
    if match := _ONLY_PERSON.fullmatch(text):
        return names_in(match[1]), text
    for pattern in _ENDS:
        if (match := pattern.search(text)) and (names := names_in(match[1])):
            marks = text[match.start() : match.start(1)].lstrip()
            # The closing quote may be part of the match; it belongs to the title.
            return names, text[: match.start()] + ("」" if marks.startswith("」") else "")
    for pattern in (_COMPANYS_FIRST, _PERSON_FIRST, _HANDLE_FIRST):
        if match := pattern.fullmatch(text):
            return names_in(match[1]), match["title"]
    if style and (match := _styled_byline(style, text)):
        return tuple(name for part in _NAMES.split(match[1]) for name in names_in(part)), text[: match.start()]
    return (), text


def byline_style(texts: Sequence[str]) -> str | None:
    """Return the ending that most talk headings without an explicit speaker share, if it can name speakers."""
    unsigned = [text[:MAX_LINE] for text in texts if not byline_of(text[:MAX_LINE])[0]]
    counts = Counter(style for text in unsigned for style in _STYLES if _styled_byline(style, text))
    style, count = max(counts.items(), key=lambda item: item[1], default=("", 0))
    return style if count >= _MIN_STYLED and 2 * count > len(unsigned) else None


def _styled_byline(style: str, text: str) -> re.Match[str] | None:
    """Return the match of a heading's ending, if it can be a list of names."""
    match = _STYLES[style].search(text)
    if match is None or _NO_NAMES.search(match[1]):
        return None
    return match if all(len(name) <= _MAX_NAME for name in _NAMES.split(match[1])) else None


def names_in(text: str) -> tuple[str, ...]:
    """Return the names in a list of speakers, without honorifics, companies, handle signs and roles."""
    names = map(_name, _SEPARATOR.split(_DETAILS.sub(r"\1", without_link_marks(text))))
    return tuple(dict.fromkeys(name for name in names if name and not _COMPANY.search(name)))


def _name(part: str) -> str:
    """Return the last words that can be one name: short Japanese words, or Latin words only."""
    parts = _COMPANY_BEFORE.sub("", _AFTER_NAME.sub("", part)).strip(" \t　@＠-–:：*").split()[::-1]
    if not parts:
        return ""
    if _ASCII.fullmatch(parts[0]):
        chosen = list(takewhile(_ASCII.fullmatch, parts))
    else:
        short = takewhile(lambda part: _SHORT_NAME.fullmatch(part) and not _POSITION.search(part), parts)
        chosen = list(short) or parts[:1]
    name = " ".join(reversed(chosen))
    return _POSITION.split(name)[-1] if _POSITION.search(name) else name


def speaker_names(text: str) -> Iterator[tuple[str, str]]:
    """Yield the speakers that a line below a talk's title names, each after the pattern that found it."""
    line = text[:MAX_LINE]
    for pattern, match in (
        ("label", _LABELLED.match(line)),
        ("name and company", _NAME_AND_COMPANY.fullmatch(line)),
        ("by", _ONLY_BY.fullmatch(line)),
        ("said", _SAID.search(line)),
    ):
        if match and match[1]:
            yield from ((pattern, name) for name in names_in(match[1]))
    yield from (("person", name) for name in _person(line))
    if match := _SPOKE.match(line):
        yield from (("spoke", name) for name in names_in(f"{match[1]}さん"))
    if (match := _MENTION.search(line[:_MAX_INTRODUCTION])) and not match[1].endswith(words("nobody")):
        yield from (("mention", name) for name in names_in(match[1]))


def _person(line: str) -> tuple[str, ...]:
    """Return the name in a line that has only a name with an honorific or a handle."""
    line = _SITE.sub("", line.strip())
    if match := _PROFILE.fullmatch(line):
        return names_in(f"{match['name']}さん") or (match["handle"],)
    match = _ONLY_NAME.fullmatch(line)
    names = names_in(match["name"]) if match else ()
    return names if names and not names[0].endswith(words("nobody")) else ()
