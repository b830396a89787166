"""What the words of a heading tell by themselves: that it is no talk, or stands over talks, or belongs to one."""

import re
from collections.abc import Sequence
from typing import Literal

from index.text import letters
from kb.talks.bylines import names_only_a_person
from kb.talks.parts import Part
from kb.talks.words import LINE, any_of, folded

# title: the report's; line: no heading at all; group: stands over talks; aside: no talk; inner: belongs to the talk
# above; closing: inner or aside, as it stands; open: may be a talk.
Role = Literal["title", "line", "group", "aside", "inner", "closing", "open", "talk"]

_LISTS: tuple[tuple[Role, str], ...] = (
    ("inner", "inner"),
    ("closing", "closings"),
    ("aside", "asides"),
    ("group", "groups"),
)
_ASIDE = re.compile(any_of("asides_with", whole=True), re.IGNORECASE)
_ASIDE_AT_END = re.compile(rf"(?:{any_of('asides_with', whole=True)}|として)[。！!]*$", re.IGNORECASE)
_SHORT = 16  # letters up to which a word of a pause decides wherever it stands
_LINE = re.compile(
    rf"(?:{any_of('speakers')}|{any_of('particulars')})\s*[:：]|20\d\d[-/.年]\d{{1,2}}[-/.月]\d{{1,2}}", re.IGNORECASE
)
_PART_OF_DAY = re.compile(r"\W*(?:day\s*\d+|\d+\s*日目|初日|最終日|午前|午後)(?:\s*[(（:：].*)?", re.IGNORECASE)
_AND = re.compile(r"\s*[・/／、,&＆]\s*")
_FRAME = re.compile(
    r"^(?:全体の|全体的な|イベントの|今日の|本日の|今回の|当日の|その他の)|"
    r"(?:など|とか|等|編|です|タイム|コーナー|の様子|について|してみて)$"
)
_LONG_ENOUGH = 5  # letters of a title that a heading may repeat with words around it


def roles_by_words(parts: Sequence[Part], title: str | None) -> list[Role]:
    """Return the role that the words of each part's heading give it; what stands above the title is the page's."""
    roles = [_role(part.text) for part in parts]
    for i in range(1, len(parts)):
        if parts[i - 1].empty and roles[i - 1] == roles[i] == "open" and names_only_a_person(parts[i].text):
            roles[i] = "line"  # in extracted text the speaker below a title looks like a heading too
    titles = _titles(parts, roles, letters(title or ""))
    page = range(1, min(titles, default=0))
    return ["title" if i in titles else "aside" if i in page else role for i, role in enumerate(roles)]


def _titles(parts: Sequence[Part], roles: Sequence[Role], title: str) -> set[int]:
    """Return the parts that the report's title stands over: alone, or with more words before anything else begins."""
    found: set[int] = set()
    begun = False
    for i, part in enumerate(parts):
        text = letters(part.text)
        if text and (text == title or (not begun and len(title) > _LONG_ENOUGH and title in text)):
            found.add(i)
        begun = begun or (bool(found) and i not in found and roles[i] == "open")
    return found


def _role(text: str) -> Role:
    text = text[:LINE]
    words = letters(text)
    if not words:
        return "aside"
    if _LINE.match(text):
        return "line"
    bare = _FRAME.sub("", _FRAME.sub("", text.strip()))
    for role, group in _LISTS:
        if words in folded(group) or all(letters(piece) in folded(group) for piece in _AND.split(bare)):
            return role
    if _PART_OF_DAY.fullmatch(text):
        return "group"
    if _ASIDE_AT_END.search(text) or (len(words) <= _SHORT and _ASIDE.search(text)):
        return "aside"
    return "open"
