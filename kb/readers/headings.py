"""Which bare lines of an extracted text were headings on its page.

Nothing marks them but how they stand and how they are put. Each run of evidence below has a weight; a line is a
heading when they add up to more than nothing. The weights are those of a logistic regression over 94 pages by eight
authors, rounded; its evidence was thinned out as long as that helped on the pages of authors left out of the fit.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from index import datafiles
from kb.readers import bare_lines

LineRunKind = Literal["item", "link", "table", "code", "line", "lines"]
_Role = Literal["item", "short", "prose", "byline", "aside", "other", "edge"]


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


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A line that may be a heading, and what is around it: `after` is its matter, below bylines, dates and links."""

    text: str
    before: _Role
    below: _Role
    after: _Role
    next: str  # the text directly below
    recent: tuple[str, ...]  # the lines shortly above
    repeated: bool


# A talk or section announced: 【A】, [S1], ■, 第2部, LT1:, SRV314:, 3. …, 10:20 …, Q1.
_MARK = re.compile(
    r"【[^】]+】|\[[^\]\d][^\]]*\]|〈[^〉]+〉|[■●◆◇□▼▽★☆]|#{1,6}\s|第\s*[0-9一二三四五六七八九十]+"
    r"|(?:LT|Session|セッション|Part|Day|Track|Step|Room|No\.?|Vol\.?)\s*#?[0-9]+|[A-Z]{2,4}-?\d{2,4}[:：\s]"
    r"|[0-9０-９]{1,2}[.．、)）:：]\s*\S|[0-9]{1,2}[:：][0-9]{2}|Q[0-9.:：&＆]",
    re.IGNORECASE,
)
_BY = re.compile(r"\s[/／]\s|\bby\s")
_SUBJECT = re.compile("[はが]")
_HIRAGANA = re.compile("[\u3041-\u3096]")
_WORD, _CLAUSE, _PARAGRAPH = 6, 25, 90  # characters

EVIDENCE: Mapping[str, tuple[float, Callable[[_Candidate], bool]]] = {
    "a list below": (1.5, lambda line: line.after == "item"),
    "prose below": (1.0, lambda line: line.after == "prose"),
    "a name below": (1.0, lambda line: line.below == "byline"),
    "the title of a slide below": (1.5, lambda line: _echoes(line.next, line.text)),
    "a list above": (1.2, lambda line: line.before == "item"),
    "another short line above": (-0.9, lambda line: line.before == "short"),
    "another short line above, a list below": (-1.1, lambda line: (line.before, line.after) == ("short", "item")),
    "marked as a talk or section": (1.9, lambda line: _MARK.match(line.text) is not None),
    "a usual name of sections": (1.5, lambda line: _begins_usual(line.text)),
    "a question": (1.7, lambda line: line.text.endswith(("?", "？"))),
    "title / speaker": (1.5, lambda line: _BY.search(line.text) is not None),
    "a word or two": (0.8, lambda line: len(line.text) <= _WORD),
    "as long as a clause": (-0.5, lambda line: len(line.text) > _CLAUSE),
    "as long as a paragraph": (-0.9, lambda line: len(line.text) > _PARAGRAPH),
    "mostly hiragana": (-0.9, lambda line: 2 * len(_HIRAGANA.findall(line.text)) > len(line.text)),
    "a subject": (-1.1, lambda line: _SUBJECT.search(line.text) is not None),
    "a sentence inside": (-1.1, lambda line: "。" in line.text[:-1]),
    "the end of a sentence": (
        -2.2,
        lambda line: bare_lines.is_sentence(line.text) and not bare_lines.is_polite(line.text),
    ),
    "a polite end": (-2.5, lambda line: bare_lines.is_polite(line.text)),
    "a card of another page": (-3.2, lambda line: bare_lines.is_link_card(line.text)),
    "a line above once more": (-1.8, lambda line: any(_echoes(line.text, earlier) for earlier in line.recent)),
    "said before": (-1.2, lambda line: line.repeated),
}
_ASIDES: tuple[_Role, ...] = ("byline", "aside")
_TIME = re.compile(r"\d{1,2}[:：]\d{2}")  # a talk, not an event, begins at a time
_YEAR = re.compile(r"(?:19|20)\d\d")
_LONGEST = 200  # characters of any heading
_PROSE = 45  # characters from which a line is prose, whatever its end
_LONGEST_USUAL = 20  # characters up to which a line that begins with a usual name is one
_RECENT = 3  # an embedded card repeats a title within so many runs
_SHORTEST_ECHO = 8
_ALIKE = 0.8  # share of the shorter text's pairs of characters
_NOT_WORDS = re.compile(r"[\W_]+")
_DIGITS = re.compile(r"\d+")


def headings(runs: Sequence[LineRun]) -> dict[int, int]:
    """Return the level of each of `runs` that is a heading, by its index; the title and what is above it have 1."""
    roles = [_role(runs, index) for index in range(len(runs))]
    levels = dict.fromkeys(range(_title(runs, roles) + 1), 1)
    roles[: len(levels)] = ["edge"] * len(levels)  # a page begins below its title
    seen = {runs[index].text for index in levels}
    for index in range(len(levels), len(runs)):
        if roles[index] in ("short", "prose") and runs[index].kind == "line" and len(runs[index].text) <= _LONGEST:
            candidate = _candidate(runs, roles, index, seen)
            if not _continues(runs, index) and points(candidate) > 0:
                levels[index] = 2 if runs[index].apart else 3
            seen.add(candidate.text)
    return levels


def points(candidate: _Candidate) -> float:
    """Return what the evidence for a heading adds up to."""
    return sum(weight for weight, tells in EVIDENCE.values() if tells(candidate))


def is_section_name(text: str) -> bool:
    """Tell whether `text` is no more than what sections of a report are commonly called."""
    return text.casefold() in _USUAL


def _begins_usual(text: str) -> bool:
    return len(text) <= _LONGEST_USUAL and text.casefold().startswith(_USUAL)


_USUAL = datafiles.lines("kb.readers", "section_names.txt")


def _role(runs: Sequence[LineRun], index: int) -> _Role:
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


def _role_of_line(text: str, following: str) -> _Role:
    if bare_lines.is_particular(text) or bare_lines.is_tweet(text, following):
        return "aside"
    if bare_lines.is_byline(text):
        return "byline"
    if bare_lines.is_footnote(text):
        return "other"
    return "prose" if len(text) > _PROSE or bare_lines.is_sentence(text) or bare_lines.is_polite(text) else "short"


def _title(runs: Sequence[LineRun], roles: Sequence[_Role]) -> int:
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


def _candidate(runs: Sequence[LineRun], roles: Sequence[_Role], index: int, seen: set[str]) -> _Candidate:
    matter = index + 1
    while matter < len(runs) and roles[matter] in _ASIDES:
        matter += 1
    text = runs[index].text
    return _Candidate(
        text=text,
        before=roles[index - 1] if index else "edge",
        below=roles[index + 1] if index + 1 < len(runs) else "edge",
        after=roles[matter] if matter < len(runs) else "edge",
        next=runs[index + 1].text[:_LONGEST] if index + 1 < len(runs) else "",
        recent=tuple(run.text[:_LONGEST] for run in runs[max(1, index - _RECENT) : index] if run.kind == "line"),
        repeated=text in seen,
    )


def _continues(runs: Sequence[LineRun], index: int) -> bool:
    """Tell whether the list goes on below: a list never begins with an item that has a parent."""
    following = runs[index + 1] if index + 1 < len(runs) else None
    return following is not None and bool(following.depth)


def _echoes(text: str, earlier: str) -> bool:
    """Tell whether `text` says what `earlier` did, perhaps more; titles of a series differ in numbers alone."""
    if len(earlier) < _SHORTEST_ECHO or len(text) < _ALIKE * len(earlier):
        return False
    if text != earlier and _DIGITS.sub("", text) == _DIGITS.sub("", earlier):
        return False
    pairs, others = _pairs(text), _pairs(earlier)
    return len(pairs & others) > _ALIKE * min(len(pairs), len(others))


def _pairs(text: str) -> set[str]:
    letters = _NOT_WORDS.sub("", text.casefold())
    return {letters[at : at + 2] for at in range(len(letters) - 1)}
