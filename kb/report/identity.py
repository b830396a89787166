"""Names that survive editing: how reports, talks and notes get their ids, and events the name of their series."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

# White space that is not one space already: `\s+` would cut 10 MB of words into as many strings, which take 300 MB.
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
    """Return a text as identity sees it: NFKC, casefolded, white space folded."""
    return _TO_FOLD.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip()


@lru_cache(1000)  # the event of a report is that of each of its notes
def slug(text: str) -> str:
    """Return a text as part of an address: letters and digits of any script, joined by hyphens; `untitled` if none."""
    return re.sub(r"[\W_]+", "-", normalized(text)).strip("-")[:60].rstrip("-") or "untitled"


def digest(*texts: str, length: int) -> str:
    """Return `length` hex digits of the SHA-256 of normalised texts."""
    return hashlib.sha256("\n".join(map(normalized, texts)).encode()).hexdigest()[:length]


def report_id(event: str | None, title: str) -> str:
    """Return `<slug of the event, else of the title>-<4 hex of the title>`."""
    return f"{slug(event or title)}-{digest(title, length=4)}"


def longer_id(report: str, mark: str) -> str:
    """Return the id of a report that shares event and title with another: `<id>-<8 hex of the mark>`.

    The mark is its address or its file, as written, for names of files differ by their case.
    """
    return f"{report}-{hashlib.sha256(mark.encode('utf-8', 'surrogateescape')).hexdigest()[:8]}"


def ids_of(report: str, source: str, url: str | None, former: Iterable[str] = ()) -> tuple[str, ...]:
    """Return all ids that a report may go by or may have gone by; `report` is the one of its own event and title."""
    return tuple(
        dict.fromkeys((*former, report, longer_id(report, source), *([longer_id(report, url)] if url else ())))
    )


def talk_id(event: str | None, title: str) -> str:
    """Return `<event slug>/<6 hex of the title>`: two reports of one talk meet there."""
    return f"{slug(event or '')}/{digest(title, length=6)}"


def talk_id_at(talk: str, event: str | None) -> str:
    """Return the id that a talk has in a report on another event."""
    return f"{slug(event or '')}/{own_part(talk)}"


def note_id(report: str, text: str, talk_title: str | None) -> str:
    """Return `<report id>/<8 hex>` of a note's text and its talk's title; repeats get -2, -3 from who numbers them."""
    return f"{report}/{digest(text, talk_title or '', length=8)}"


def report_part(note_id: str) -> str:
    """Return the id of a note's report."""
    return note_id.rpartition("/")[0]


def own_part(some_id: str) -> str:
    """Return what is the own of the id of a note or a talk, whatever its report or event goes by."""
    return some_id.rpartition("/")[2]


def series(event: str) -> str:
    """Return the name of the series that an event is one time of: its own without years, numbers and seasons.

    That of an event whose name is nothing else is the event's.
    """
    rest = " ".join(_EDITION.sub(" ", unicodedata.normalize("NFKC", event)).split()).strip(_ENDS)
    return rest if re.search(r"[^\W\d_]", rest) else event
