"""Who may speak, where a report does not say it plainly: told to its author, never taken for certain."""

import re
from collections.abc import Iterator
from itertools import islice, pairwise

from kb.report.model import Report
from kb.report.outline import Outline
from kb.talks.speakers import names_in
from kb.talks.words import LINE, words

_NAMED = re.compile(
    r"([^\s@＠、。「」（）()]{1,20})\s?(?:さん|氏)(?![一-鿿])|(?<![A-Za-z0-9])[@＠]([A-Za-z0-9_]{3,20})", re.ASCII
)
_NEAR = 12  # lines below a talk's heading in which who speaks stands, if anywhere


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
