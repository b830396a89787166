"""Unmarked headings: bare lines of an extracted text, and lines that are bold throughout.

A bare line is a heading if its score by the evidence of `heading_evidence.py` is high enough. Bold lines are headings
if a report has several of them above lists and prose.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from kb.readers import heading_evidence as evidence
from kb.readers.heading_evidence import Candidate, Role, is_byline, is_polite, is_sentence
from kb.report.outline import Block

BOLD = 0
"""The level that a reader gives to a bold line, which may or may not be a heading."""

LineRunKind = Literal["item", "link", "table", "code", "line", "lines"]


@dataclass(frozen=True, slots=True)
class LineRun:
    """Adjacent lines of an extracted text that belong together. A `line` is a single line, and may be a heading."""

    kind: LineRunKind
    text: str
    first_line: int
    last_line: int
    depth: int | None = None  # of an item
    numbered: bool = False
    apart: bool = True  # a blank line is directly above


_ROLES: Mapping[LineRunKind, Role] = {"item": "item", "link": "aside", "lines": "prose"}
_ASIDES: tuple[Role, ...] = ("byline", "aside")
_POSSIBLE_HEADINGS: tuple[Role, ...] = ("short", "prose", "byline")  # the heading of a talk may end with its speaker
_TIME = re.compile(r"\d{1,2}[:：]\d{2}")  # the title of a talk has one, the title of an event does not
_YEAR = re.compile(r"(?:19|20)\d\d")
_ANSWER = re.compile(r"(?:A|回答|答え?)\s*\d*\s*[.:．：]")
_FOOTNOTE = re.compile(r"\[\d+\]|\*\d+|※|\^|注\d*[:：]|脚注")
_LONGEST = 200  # characters of a heading
_PROSE = 45  # characters; a longer line is prose, whatever its end
# Log-odds. A missed heading misplaces all lines below it; a false one affects only itself.
_MIN_SCORE = -0.3
_RECENT = 3  # runs in which an embedded card repeats a title
_LONGEST_BOLD = 60  # characters of a bold heading
_FEWEST_BOLD = 2  # lines; a single bold line is emphasis


def headings(runs: Sequence[LineRun]) -> dict[int, int]:
    """Return the levels of the headings among `runs`, by index. The title and the runs above it have level 1."""
    candidates = candidates_of(runs)
    levels = dict.fromkeys(range(_title(runs, _roles(runs)) + 1), 1)
    for index, score in zip(candidates, evidence.scores_of([*candidates.values()]), strict=True):
        following = runs[index + 1] if index + 1 < len(runs) else None
        # No list begins with a nested item: if one follows, the line is inside a list. Above `A.` is a question.
        is_inside = following and (following.depth or _ANSWER.match(following.text))
        if score > _MIN_SCORE and not is_inside:
            levels[index] = 2 if runs[index].apart else 3
    return levels


def candidates_of(runs: Sequence[LineRun]) -> dict[int, Candidate]:
    """Return the lines below the title that may be headings, by index."""
    roles = _roles(runs)
    first = _title(runs, roles) + 1
    roles[:first] = ["edge"] * first  # a page begins below its title
    roles.append("edge")
    texts_above = {run.text for run in runs[:first]}
    candidates = {}
    for index in range(first, len(runs)):
        run = runs[index]
        if roles[index] not in _POSSIBLE_HEADINGS or run.kind != "line" or len(run.text) > _LONGEST:
            continue
        candidates[index] = Candidate(
            text=run.text,
            before=roles[index - 1] if index else "edge",
            below=roles[index + 1],
            after=next(role for role in roles[index + 1 :] if role not in _ASIDES),
            next=runs[index + 1].text[:_LONGEST] if index + 1 < len(runs) else "",
            recent=tuple(
                above.text[:_LONGEST] for above in runs[max(1, index - _RECENT) : index] if above.kind == "line"
            ),
            repeated=run.text in texts_above,
            apart=run.apart,
            byline=roles[index] == "byline",
        )
        texts_above.add(run.text)
    return candidates


def with_bold_headings(blocks: Sequence[Block]) -> tuple[Block, ...]:
    """Return `blocks` with each bold line as a heading inside its section, or as a paragraph.

    If most bold lines are right below headings, they are subtitles, and all of them become paragraphs.
    """
    shown = [block for block in blocks if block.type != "blank"]
    over = [
        (above, line)
        for above, line, below in zip([None, *shown], shown, shown[1:], strict=False)
        if _may_be_heading(line) and below.type != "heading"
    ]
    apart = sum(above is None or above.type != "heading" for above, _ in over)
    are_headings = len(over) >= _FEWEST_BOLD and 2 * apart >= len(over)
    bold_headings = {id(line) for _, line in over} if are_headings else set()
    leveled, level = [], 1
    for block in blocks:
        if not _is_bold(block):
            level = block.level or level
            leveled.append(block)
        elif id(block) in bold_headings:
            leveled.append(replace(block, level=level + 1))
        else:
            leveled.append(replace(block, type="paragraph", level=None))
    return tuple(leveled)


def _roles(runs: Sequence[LineRun]) -> list[Role]:
    texts = [*(run.text[:_LONGEST] for run in runs[1:]), ""]
    return [_role(run, following) for run, following in zip(runs, texts, strict=False)]


def _role(run: LineRun, following: str) -> Role:
    """Return the role of a run for the lines around it. `following` is the text below."""
    text = run.text
    if run.kind != "line":
        return _ROLES.get(run.kind, "other")
    if len(text) > _LONGEST:
        return "prose"
    if evidence.is_particular(text) or evidence.is_tweet(text, following):
        return "aside"
    if is_byline(text):
        return "byline"
    if _FOOTNOTE.match(text):
        return "other"
    return "prose" if len(text) > _PROSE or is_sentence(text) or is_polite(text) else "short"


def _title(runs: Sequence[LineRun], roles: Sequence[Role]) -> int:
    """Return the index of the title: the first line, or a line shortly below that names a year. -1 for no title."""
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


def _is_bold(block: Block) -> bool:
    return block.type == "heading" and block.level == BOLD


def _may_be_heading(block: Block) -> bool:
    text = block.text
    is_short = _is_bold(block) and len(text) <= _LONGEST_BOLD
    return is_short and not (is_sentence(text) or is_polite(text) or is_byline(text))
