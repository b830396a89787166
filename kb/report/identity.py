"""Ids that survive editing: of reports, talks and notes; and the name of an event's series."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

# White space other than one space. `\s+` would cut 10 MB of words into as many strings, which take 300 MB.
_TO_FOLD = re.compile(r"\s{2,}|[^\S ]")
_NUMBER = r"[0-9一二三四五六七八九十百]+"
_SEASON = r"(?<![a-z])(?:spring|summer|autumn|fall|winter)(?![a-z])"
_EDITION = re.compile(
    # JAWS DAYS 2018, builderscon 2019-08-30, JJUG CCC 2015 Fall; Spring alone is the name of something else
    rf"(?:{_SEASON}\s+)?(?:(?:19|20)\d\d(?:[./-]\d\d?){{0,2}}年?|'\d\d)(?:\s*{_SEASON})?"
    rf"|第\s*{_NUMBER}\s*(?:回|期)|{_NUMBER}\s*(?:時限目|限目|周年|日目|回目|回)"
    r"|(?:#|♯|vol(?:ume)?\.?|no\.|ver\.?)\s*\d+"
    r"|(?<![a-z])v\d+(?:\.\d+)*"
    r"|\d{1,2}月(?:\d{1,2}日)?",
    re.IGNORECASE,
)
# Forms of one number: 第5回, 第五回, 5回目, #5, vol.5, 5th and a last 5; and of one year: 2018年, '18.
_NUMBERED = re.compile(
    rf"第\s*(?P<ordinal>{_NUMBER})\s*(?:回|期|時限目|限目)?|(?P<count>{_NUMBER})\s*(?:時限目|限目|回目|回)"
    r"|(?:[#♯]|(?<![a-z])(?:vol(?:ume)?\.?-?|no\.))\s*(?P<mark>\d+)|(?<!\d)(?P<nth>\d{1,3})(?:st|nd|rd|th)(?![a-z])"
    r"|(?<!\d)(?P<year>(?:19|20)\d\d)(?!\d)\s*(?:年度?)?|['’](?P<short>\d\d)(?!\d)|(?<![\d.])(?P<last>\d{1,3})$",
)
_KANJI_DIGITS = "〇一二三四五六七八九"
_ENDS = " 　-‐–—:：/,、・()（）"


def normalized(text: str) -> str:
    """Return a text normalised for ids: NFKC, casefolded, white space folded."""
    return _TO_FOLD.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip()


@lru_cache(1000)  # all notes of a report ask for the same event
def slug(text: str) -> str:
    """Return the letters and digits of a text, in any script, joined by hyphens; `untitled` if there are none."""
    return re.sub(r"[\W_]+", "-", normalized(text)).strip("-")[:60].rstrip("-") or "untitled"


def digest(*texts: str, length: int) -> str:
    """Return `length` hex digits of the SHA-256 of normalised texts."""
    return hashlib.sha256("\n".join(map(normalized, texts)).encode()).hexdigest()[:length]


def report_id(event: str | None, title: str) -> str:
    """Return `<slug of the event or title>-<4 hex digits of the title>`."""
    return f"{slug(event or title)}-{digest(title, length=4)}"


def longer_id(report: str, mark: str) -> str:
    """Return `<id>-<8 hex digits of the mark>`, for a report that shares event and title with another report.

    The mark is its address or file as written, because file names may differ only by case.
    """
    return f"{report}-{hashlib.sha256(mark.encode('utf-8', 'surrogateescape')).hexdigest()[:8]}"


def ids_of(report: str, source: str, url: str | None, former: Iterable[str] = ()) -> tuple[str, ...]:
    """Return all present and former ids of a report. `report` is the id of its event and title."""
    return tuple(
        dict.fromkeys((*former, report, longer_id(report, source), *([longer_id(report, url)] if url else ())))
    )


def talk_id(event: str | None, title: str) -> str:
    """Return `<event slug>/<6 hex digits of the title>`, the same for all reports about one talk."""
    return f"{slug(event or '')}/{digest(title, length=6)}"


def talk_id_at(talk: str, event: str | None) -> str:
    """Return the id of a talk in a report on another event."""
    return f"{slug(event or '')}/{own_part(talk)}"


def event_slugs(event: str | None, former: Iterable[str]) -> tuple[str, ...]:
    """Return the slugs of the events under which kb.toml may have talks of a report; the last one wins."""
    former_events = (*([""] if former else ()), *(one.rpartition("-")[0] for one in former))
    events = dict.fromkeys((*map(slug, former_events), slug(event or "")))
    return (*(one for one in events if one != slug(event or "")), slug(event or ""))


def note_id(report: str, text: str, talk_title: str | None) -> str:
    """Return `<report id>/<8 hex digits>` of the text and the title of its talk. The caller adds -2, -3 to repeats."""
    return f"{report}/{digest(text, talk_title or '', length=8)}"


def report_part(note_id: str) -> str:
    """Return the id of a note's report."""
    return note_id.rpartition("/")[0]


def own_part(some_id: str) -> str:
    """Return the part of a note's or talk's id after the id of its report or event."""
    return some_id.rpartition("/")[2]


def series(event: str) -> str:
    """Return the name of an event's series: its name without years, numbers and seasons.

    If nothing else is in the name, return it unchanged.
    """
    rest = " ".join(_EDITION.sub(" ", unicodedata.normalize("NFKC", event)).split()).strip(_ENDS)
    return rest if re.search(r"[^\W\d_]", rest) else event


def before_edition(event: str) -> str:
    """Return the name of an event up to its year, number or season; empty if it begins with one."""
    return _EDITION.split(unicodedata.normalize("NFKC", event), maxsplit=1)[0].strip(_ENDS)


@lru_cache(1000)
def event_key(event: str) -> str:
    """Return the key that all spellings of an event's name have.

    Spaces, marks, case and width make no difference, nor does the form or the place of a number or year: 第5回 鍵の会,
    鍵の会#5; JAWS DAYS 2018, JAWSDAYS'18.
    """
    numbers = list[int]()

    def keep(match: re.Match[str]) -> str:
        text = next(filter(None, match.groups()))
        numbers.append(2000 + int(text) if match["short"] else _number(text))
        return " "

    name = re.sub(r"[\W_]+", "", _NUMBERED.sub(keep, normalized(event)))
    return "-".join([name, *map(str, sorted(numbers))])


def _number(text: str) -> int:
    """Return an Arabic or a Chinese number below 1,000; 二十 is 20."""
    if text.isdecimal():
        return int(text)
    total = digits = 0
    for character in text:
        if character in "十百":
            total += (digits or 1) * (10 if character == "十" else 100)
            digits = 0
        else:
            digits = digits * 10 + (int(character) if character.isdecimal() else _KANJI_DIGITS.index(character))
    return total + digits
