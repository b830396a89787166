"""Which bare lines of an extracted text were headings on its page.

A line is one when the evidence of `heading_evidence.py` adds up to more than nothing.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from kb.readers import bare_lines
from kb.readers.heading_evidence import Candidate, Role, points_of

LineRunKind = Literal["item", "link", "table", "code", "line", "lines"]


@dataclass(frozen=True, slots=True)
class LineRun:
    """Lines of an extracted text that belong together; a `line` stands alone and may be a heading."""

    kind: LineRunKind
    text: str
    first_line: int
    last_line: int
    depth: int | None = None  # of an item
    numbered: bool = False
    apart: bool = True  # no other line stands directly above


_ASIDES: tuple[Role, ...] = ("byline", "aside")
_PERHAPS: tuple[Role, ...] = ("short", "prose", "byline")  # headings: a talk's may end with who speaks
_TIME = re.compile(r"\d{1,2}[:：]\d{2}")  # a talk, not an event, begins at a time
_YEAR = re.compile(r"(?:19|20)\d\d")
_LONGEST = 200  # characters of any heading
_PROSE = 45  # characters from which a line is prose, whatever its end
_LEANING = 0.3  # a heading missed costs what stands below it its place, one too many only itself
_RECENT = 3  # an embedded card repeats a title within so many runs


def headings(runs: Sequence[LineRun]) -> dict[int, int]:
    """Return the level of each of `runs` that is a heading, by its index; the title and what is above it have 1."""
    lines = candidates_of(runs)
    levels = dict.fromkeys(range(_title(runs, _roles(runs)) + 1), 1)
    for (index, _), points in zip(lines.items(), points_of([*lines.values()]), strict=True):
        if points > -_LEANING and not _continues(runs, index):
            levels[index] = 2 if runs[index].apart else 3
    return levels


def candidates_of(runs: Sequence[LineRun]) -> dict[int, Candidate]:
    """Return the lines below the title that may be headings, by their index."""
    roles = _roles(runs)
    first = _title(runs, roles) + 1
    roles[:first] = ["edge"] * first  # a page begins below its title
    seen = {run.text for run in runs[:first]}
    found = {}
    for index in range(first, len(runs)):
        run = runs[index]
        if roles[index] in _PERHAPS and run.kind == "line" and len(run.text) <= _LONGEST:
            found[index] = _candidate(runs, roles, index, seen)
            seen.add(run.text)
    return found


def _roles(runs: Sequence[LineRun]) -> list[Role]:
    return [_role(runs, index) for index in range(len(runs))]


def _role(runs: Sequence[LineRun], index: int) -> Role:
    if not 0 <= index < len(runs):
        return "edge"
    run = runs[index]
    match run.kind:
        case "item":
            return "item"
        case "link":
            return "aside"
        case "lines":
            return "prose"
        case "line":
            following = runs[index + 1].text[:_LONGEST] if index + 1 < len(runs) else ""
            return "prose" if len(run.text) > _LONGEST else _role_of_line(run.text, following)
    return "other"


def _role_of_line(text: str, following: str) -> Role:
    if bare_lines.is_particular(text) or bare_lines.is_tweet(text, following):
        return "aside"
    if bare_lines.is_byline(text):
        return "byline"
    if bare_lines.is_footnote(text):
        return "other"
    return "prose" if len(text) > _PROSE or bare_lines.is_sentence(text) or bare_lines.is_polite(text) else "short"


def _title(runs: Sequence[LineRun], roles: Sequence[Role]) -> int:
    """Return the index of the title, -1 for none: the first line, or one of the few below it that names a year."""
    if (
        not runs
        or runs[0].kind != "line"
        or len(runs[0].text) > _LONGEST
        or roles[0] in _ASIDES
        or _TIME.search(runs[0].text)
    ):
        return -1
    for index in range(min(_RECENT, len(runs))):
        if runs[index].kind != "line" or (index and roles[index] != "short"):
            break
        if _YEAR.search(runs[index].text):
            return index
    return 0


def _candidate(runs: Sequence[LineRun], roles: Sequence[Role], index: int, seen: set[str]) -> Candidate:
    matter = index + 1
    while matter < len(runs) and roles[matter] in _ASIDES:
        matter += 1
    text = runs[index].text
    return Candidate(
        text=text,
        before=roles[index - 1] if index else "edge",
        below=roles[index + 1] if index + 1 < len(runs) else "edge",
        after=roles[matter] if matter < len(runs) else "edge",
        next=runs[index + 1].text[:_LONGEST] if index + 1 < len(runs) else "",
        recent=tuple(run.text[:_LONGEST] for run in runs[max(1, index - _RECENT) : index] if run.kind == "line"),
        repeated=text in seen,
        apart=runs[index].apart,
        byline=roles[index] == "byline",
    )


def _continues(runs: Sequence[LineRun], index: int) -> bool:
    """Tell whether the list goes on below: a list never begins with an item that has a parent."""
    following = runs[index + 1] if index + 1 < len(runs) else None
    return following is not None and bool(following.depth)
