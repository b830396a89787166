"""Which headings of a report are talks: those that most evidence speaks for, none of them below another."""

from collections.abc import Sequence

from kb.talks.candidates import Place, places_of
from kb.talks.evidence import points_of
from kb.talks.heading import read_heading
from kb.talks.parts import Part
from kb.talks.wording import Role, roles_by_words

# A talk that is missed costs more than one too many: its notes lose their title and who spoke.
_LEANING = 0.3
# In a report of two or three headings nothing but its own mark tells a talk, and long reports are what weights know.
_MARKED = 3.0
_BESIDE = 0.4  # a report is consistent with itself: beside a talk, a heading that is hardly none is one


def roles_of(parts: Sequence[Part], title: str | None, event: str | None, *, visited: bool, flat: bool) -> list[Role]:
    """Return the role of each part's heading.

    Unmarked headings are talks only in a report known to be of a `visited` event. In a `flat` one levels tell little.
    A report that has a session's code in its title is on that one talk.
    """
    roles = roles_by_words(parts, title)
    places = places_of(parts, roles, event)
    told = zip(places, points_of(places), strict=True)
    known = [(place, points) for place, points in told if visited or place.own.marked]
    talks = likeliest(known)
    talks = likeliest([(place, points + _BESIDE * _is_beside(place, talks)) for place, points in known])
    if not talks:
        talks = {i for i, role in enumerate(roles) if role == "title" and read_heading(parts[i].text).coded}
    for i in talks:
        roles[i] = "talk"
    return _settled(roles, max(talks, default=0), flat=flat)


def _is_beside(place: Place, talks: set[int]) -> bool:
    return place.own.role == "open" and any(other.index in talks for other in place.level)


def likeliest(places: Sequence[tuple[Place, float]]) -> set[int]:
    """Return the parts with the most points together, none of them below another: each, or the best below it."""
    gains: dict[int, float] = {}  # of each part and what is below it
    talks: dict[int, set[int]] = {}
    for place, points in reversed(places):
        own = points + _LEANING + (_MARKED if place.own.marked and place.own.role == "open" else 0)
        i = place.own.index
        inside = [j for j in place.own.part.below if j in gains]
        below = sum(gains.pop(j) for j in inside)
        chosen = {i} if own > below else {talk for j in inside for talk in talks.pop(j)}
        gains[i] = max(own, below)
        talks[i] = chosen if gains[i] > 0 else set()
        gains[i] = max(gains[i], 0.0)
    return {talk for i in gains for talk in talks[i]}


def _settled(roles: Sequence[Role], last: int, *, flat: bool) -> list[Role]:
    """Return the roles, settled where they depend on the last talk: before it, those of a flat text stay inside."""
    before: dict[Role, Role] = {"closing": "inner", "open": "inner" if flat else "open"}
    after: dict[Role, Role] = {"closing": "aside"}
    return [(before if i < last else after).get(role, role) for i, role in enumerate(roles)]
