"""Names that survive editing: how reports, talks and notes get their ids."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

# White space that is not one space already: `\s+` would cut 10 MB of words into as many strings, which take 300 MB.
_TO_FOLD = re.compile(r"\s{2,}|[^\S ]")


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


def apart(report: str, mark: str) -> str:
    """Return the id of a report beside another of its event and title: further hex of what tells it apart.

    That is its address or its file, as written, for names of files differ by their case.
    """
    return f"{report}-{hashlib.sha256(mark.encode('utf-8', 'surrogateescape')).hexdigest()[:8]}"


def ids_of(report: str, source: str, url: str | None, former: Iterable[str] = ()) -> tuple[str, ...]:
    """Return all ids that a report may go by or may have gone by, given the one that it tells itself."""
    return tuple(dict.fromkeys((*former, report, apart(report, source), *([apart(report, url)] if url else ()))))


def talk_id(event: str | None, title: str) -> str:
    """Return `<event slug>/<6 hex of the title>`: two reports of one talk meet there."""
    return f"{slug(event or '')}/{digest(title, length=6)}"


def of_event(talk: str, event: str | None) -> str:
    """Return the id that a talk has in a report on another event."""
    return f"{slug(event or '')}/{talk.rpartition('/')[2]}"


def note_id(report: str, text: str, talk_title: str | None) -> str:
    """Return `<report id>/<8 hex>` of a note's text and its talk's title; repeats get -2, -3 from who numbers them."""
    return f"{report}/{digest(text, talk_title or '', length=8)}"
