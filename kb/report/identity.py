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
