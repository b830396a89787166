"""What a report does not say plainly: which headings may be talks, and who may speak. It is told to its author."""

import re
from collections.abc import Iterator
from itertools import islice, pairwise

from kb.report.model import Report
from kb.report.outline import Block, Outline
from kb.talks.names import names_in
from kb.talks.parts import parts_of
from kb.talks.wording import roles_by_words
from kb.talks.words import LINE, words

_NAMED = re.compile(
    r"([^\s@＠、。「」（）()]{1,20})\s?(?:さん|氏)(?![一-鿿])|(?<![A-Za-z0-9])[@＠]([A-Za-z0-9_]{3,20})", re.ASCII
)
_NEAR = 12  # lines below a talk's heading in which who speaks stands, if anywhere


def headings_without_talk(outline: Outline, report: Report) -> Iterator[Block]:
    """Yield the headings that may be talks by their words, and are none, over none and in none of a report."""
    talks = {talk.line for talk in report.talks}
    parts = parts_of(outline.blocks)
    lines = [part.heading.first_line if part.heading else 0 for part in parts]
    level = 0  # of the talk's heading that the parts stand under, 0 outside of talks
    for part, role, line in zip(parts, roles_by_words(parts, outline.title), lines, strict=True):
        if line in talks:
            level = part.level
        elif part.heading and (role == "inner" or part.level > level > 0):
            continue
        else:
            level = 0
            if part.heading and role == "open" and not any(lines[i] in talks for i in part.below):
                yield part.heading


def possible_speakers(outline: Outline, report: Report) -> Iterator[tuple[int, str]]:
    """Yield the line and the first name near the beginning of each talk of which nobody is known to speak."""
    talks = [talk.line for talk in report.talks]
    ends = dict(pairwise([*talks, outline.lines + 1]))
    for talk in (talk for talk in report.talks if not talk.speakers):
        end = min(ends[talk.line], talk.line + _NEAR)
        blocks = [block for block in outline.blocks if talk.line <= block.first_line < end]
        matches = ((block.first_line, match) for block in blocks for match in _NAMED.finditer(block.text[:LINE]))
        found = ((line, name) for line, match in matches for name in names_in(match[1] or match[2]))
        yield from islice((one for one in found if not one[1].endswith(words("nobody"))), 1)
