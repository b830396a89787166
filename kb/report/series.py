"""Which events belong together: the name of an event without what tells one time that it is held from another."""

import re
import unicodedata

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


def series(event: str) -> str:
    """Return the name of the series that an event is one time of: its own without years, numbers and seasons.

    That of an event whose name is nothing else is the event's.
    """
    rest = " ".join(_EDITION.sub(" ", unicodedata.normalize("NFKC", event)).split()).strip(_ENDS)
    return rest if re.search(r"[^\W\d_]", rest) else event
