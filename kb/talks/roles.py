"""Which headings of a report are talks: told from their marks, their words, their levels and what stands below."""

import re
from collections import Counter
from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from index.text import letters
from kb.talks.heading import read_heading
from kb.talks.links import materials_of
from kb.talks.parts import Part
from kb.talks.speakers import speakers_of
from kb.talks.wording import Role, roles_by_words
from kb.talks.words import any_of, folded

_LABEL_AT_END = re.compile(rf"(?:{any_of('labels', whole=True)})(?:大会)?[。！!]*$", re.IGNORECASE)
_SENTENCE = re.compile(r"(?:ます|ました|です|でした|たい|のか|こと|ない|する|ある|した|として)[。！!？?]*$")
_MOST = 2 / 3  # of the headings that may be talks: where so many are marked, the others are none
_SEVERAL = 3  # marked headings are a system, where levels do not tell talks from what stands below them
_TITLE = 10  # letters that the titles of talks have on average at least; what essays call their sections is shorter
_MANY = 4  # unmarked headings that together are believed though nothing below them shows a talk


def roles_of(parts: Sequence[Part], title: str | None, *, visited: bool, flat: bool) -> list[Role]:
    """Return the role of each part's heading.

    Unmarked headings are talks only in a report known to be of a `visited` event. In a `flat` one levels tell little.
    A report that has a session's code in its title is on that one talk.
    """
    roles = roles_by_words(parts, title)
    marked = _marked(parts, roles)
    _find_groups(parts, roles, marked)
    _end_day(parts, roles, max(marked, default=len(parts)))
    outermost = [i for i in _outermost(parts, roles) if roles[i] == "open"]
    labelled = [i for i in outermost if any(_LABEL_AT_END.search(parts[j].text) for j in (i, *parts[i].above))]
    most = len(marked) >= _MOST * len({*marked, *outermost})
    if marked and (most or (flat and len(marked) >= _SEVERAL)):
        talks = {*marked, *labelled}
    elif coded := {i for i, role in enumerate(roles) if role == "title" and read_heading(parts[i].text).coded}:
        talks = coded
    elif visited and _believable([parts[i] for i in outermost]):
        talks = {*outermost}
    else:
        talks = marked
    for i in talks:
        roles[i] = "talk"
    return _settled(roles, max(talks, default=0), flat=flat)


def _marked(parts: Sequence[Part], roles: Sequence[Role]) -> set[int]:
    """Return the headings that have what hardly anything but a talk's has, and stand below no such."""
    marked: set[int] = set()
    for i, part in enumerate(parts):
        if roles[i] == "open" and not marked.intersection(part.above) and read_heading(part.text).marked:
            marked.add(i)
    return marked


def _find_groups(parts: Sequence[Part], roles: list[Role], marked: AbstractSet[int]) -> None:
    """Make groups of what stands over marked talks, and of labels (LT, Keynote) without notes of their own."""
    talks = Counter(above for i in marked for above in parts[i].above)
    for i, part in enumerate(parts):
        if roles[i] == "open" and i not in marked:
            label = (
                _LABEL_AT_END.search(part.text) if part.below else part.empty and letters(part.text) in folded("labels")
            )
            roles[i] = "group" if label or talks[i] > 1 else "open"


def _end_day(parts: Sequence[Part], roles: list[Role], last_marked: int) -> None:
    """Make asides of what follows the closing words after the last marked talk."""
    closed = False
    for i in range(last_marked + 1, len(parts)):
        closed = closed or (roles[i] == "closing" and parts[i].level <= parts[last_marked].level)
        if closed and roles[i] == "open":
            roles[i] = "aside"


def _outermost(parts: Sequence[Part], roles: Sequence[Role]) -> list[int]:
    """Return the headings of the level that talks have: the outermost that has any, and the one right below a group."""
    free = [
        i for i, part in enumerate(parts) if roles[i] == "open" and _nearest(part, roles) in (None, "group", "open")
    ]
    grouped: dict[int, list[int]] = {}
    for i in free:
        group = next((j for j in parts[i].above if roles[j] == "group"), 0)
        grouped.setdefault(group, []).append(i)
    tops = grouped.pop(0, [])
    level = _talk_level(parts, tops)
    found = [i for i in tops if parts[i].level <= level]
    for members in grouped.values():
        highest = min(parts[i].level for i in members)
        found += [i for i in members if parts[i].level == highest]
    return sorted(found)


def _nearest(part: Part, roles: Sequence[Role]) -> Role | None:
    """Return the role of the nearest heading above that is no mere title."""
    return next((roles[i] for i in part.above if roles[i] != "title"), None)


def _talk_level(parts: Sequence[Part], tops: Sequence[int]) -> int:
    """Return the outermost level that has two headings, or one that all the others stand under."""
    for level in sorted({parts[i].level for i in tops}):
        first, *others = (i for i in tops if parts[i].level == level)
        if others or all(i in parts[first].below for i in tops if i != first):
            return level
    return 0


def _believable(parts: Sequence[Part]) -> bool:
    """Tell whether unmarked headings are talks: half of them show it, or they are many and put as titles are."""
    shown = sum(1 for part in parts if _shows_talk(part))
    titles = sum(1 for part in parts if not _SENTENCE.search(part.text))
    count = sum(len(letters(part.text)) for part in parts)
    put_as_titles = 2 * titles > len(parts) and count >= _TITLE * len(parts)
    return 2 * shown >= len(parts) or (len(parts) >= _MANY and put_as_titles)


def _shows_talk(part: Part) -> bool:
    """Tell whether notes were taken, slides linked or a speaker named under a heading."""
    listed = any(block.type in ("bullet", "numbered") for block in part.blocks)
    return listed or bool(materials_of(part.blocks)) or bool(speakers_of(part.blocks))


def _settled(roles: Sequence[Role], last: int, *, flat: bool) -> list[Role]:
    """Return the roles with those that depend on where the last talk is: before it, those of a flat text stay inside."""
    before: dict[Role, Role] = {"closing": "inner", "open": "inner" if flat else "open"}
    after: dict[Role, Role] = {"closing": "aside"}
    return [(before if i < last else after).get(role, role) for i, role in enumerate(roles)]
