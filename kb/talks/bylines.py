"""Who speaks as a heading tells: names after its title or before it, in the ways that reports write them."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from kb.talks.names import names_in
from kb.talks.words import LINE, any_of

# A name before an honorific, the company or team apart; then who speaks as the end of a heading, as its beginning, or
# all.
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

_ENDS = (_HANDLE, _AT, _BY, _BY_LATIN, _HONORIFIC, _WITH_COMPANY, _AFTER_SLASH, _AFTER_DASH, _AFTER_QUOTE)

# What alone may be anything, and where most headings of a report's talks end so is who speaks.
_HABITS = {
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
_LONGEST_NAME = 20
_FEWEST = 2


def byline_of(text: str, habit: str | None = None) -> tuple[tuple[str, ...], str]:
    """Return who speaks as a heading tells, and what is left of it; of one that names only the speaker, all is."""
    if match := _ONLY_PERSON.fullmatch(text):
        return names_in(match[1]), text
    for pattern in _ENDS:
        if (match := pattern.search(text)) and (names := names_in(match[1])):
            return names, _before(text, match)
    for pattern in (_COMPANYS_FIRST, _PERSON_FIRST, _HANDLE_FIRST):
        if match := pattern.fullmatch(text):
            return names_in(match[1]), match["title"]
    if habit and (match := _HABITS[habit].search(text)) and _may_be_names(match[1]):
        return tuple(name for part in _NAMES.split(match[1]) for name in names_in(part)), text[: match.start()]
    return (), text


def habit_of(texts: Sequence[str]) -> str | None:
    """Return how the headings of talks end with who speaks, where most of them end so and nothing says it plainly."""
    plain = [text[:LINE] for text in texts if not byline_of(text[:LINE])[0]]
    counts = Counter(form for text in plain for form in _forms(text))
    form, count = max(counts.items(), key=lambda item: item[1], default=("", 0))
    return form if count >= _FEWEST and 2 * count > len(plain) else None


def _before(text: str, match: re.Match[str]) -> str:
    """Return what stands before a byline; a closing bracket of a quoted title that it took belongs to the title."""
    taken = text[match.start() : match.start(1)].lstrip()
    return text[: match.start()] + ("」" if taken.startswith("」") else "")


def _forms(text: str) -> Iterator[str]:
    return (form for form, pattern in _HABITS.items() if (match := pattern.search(text)) and _may_be_names(match[1]))


def _may_be_names(text: str) -> bool:
    return not _NO_NAMES.search(text) and all(len(name) <= _LONGEST_NAME for name in _NAMES.split(text))
