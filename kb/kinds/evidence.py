"""What speaks for each kind that a note may be of: named pieces of evidence, with weights fitted by `make fit`."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import get_args

from kb.kinds.rules import Analysis, Finding, findings
from kb.kinds.table import SAYS, evidence_file
from kb.report.model import Kind, Note, Report

KINDS: tuple[Kind, ...] = get_args(Kind)
Evidence = Mapping[str, float]
"""What each piece of evidence says of a note, most of them 1; what says nothing is left out."""

# How a text looks shows in its beginning: a regular expression over a page without line ends would take minutes.
_READ_SO_FAR = 300
_HEADING_READ_SO_FAR = 80


def evidence(report: Report, analysis: Analysis) -> list[Evidence]:
    """Return what speaks for and against the kinds of each note, in their order."""
    found = findings(report, analysis)
    around = _Around(report.notes, found)
    return [dict(_told(note, found[note.id], around)) for note in report.notes]


def _told(note: Note, finding: Finding, around: "_Around") -> Iterator[tuple[str, float]]:
    yield f"kind {finding.rule.kind}", 1.0
    yield f"rule {finding.rule.name}", 1.0
    for place in finding.places:
        yield f"at {place}", 1.0
    for pattern in finding.patterns:
        if pattern.startswith(SAYS):
            yield pattern, 1.0
    for name, looks in _looks():
        if looks.search(note.text, 0, _READ_SO_FAR):
            yield f"looks {name}", 1.0
    for name in {name for title in _above(note) for name in _under(title)}:
        yield f"under {name}", 1.0
    if note.talk is None:
        yield "outside talks", 1.0
    yield from around.told(note)


def _above(note: Note) -> Iterator[str]:
    yield from (crumb.text[:_HEADING_READ_SO_FAR] for crumb in note.trail[-4:])
    if note.talk:
        yield note.talk.title[:_HEADING_READ_SO_FAR]


class _Around:
    """What the rules make of the notes beside and below a note: a list is of one kind more often than not."""

    def __init__(self, notes: Sequence[Note], found: Mapping[str, Finding]) -> None:
        self._found = found
        self._beside: dict[object, Counter[Kind]] = defaultdict(Counter)
        self._below: dict[str, Counter[Kind]] = defaultdict(Counter)
        self._parents: Counter[object] = Counter()
        with_children = {note.parent for note in notes}
        for note in notes:
            kind = found[note.id].rule.kind
            self._beside[_place(note)][kind] += 1
            self._parents[_place(note)] += note.id in with_children
            if note.parent:
                self._below[note.parent][kind] += 1

    def told(self, note: Note) -> Iterator[tuple[str, float]]:
        """Yield which share of the notes beside a note, and of those right below it, the rules take for each kind."""
        beside = self._beside[_place(note)]
        own, others = self._found[note.id].rule.kind, beside.total() - 1
        for kind, count in beside.items():
            if rest := count - (kind == own):
                yield f"beside {kind}", rest / others
        if parents := self._parents[_place(note)] - (note.id in self._below):
            yield "beside parents", parents / others
        if not others:
            yield "alone", 1.0
        below = self._below.get(note.id, Counter[Kind]())
        for kind, count in below.items():
            yield f"over {kind}", count / below.total()


def _place(note: Note) -> object:
    """Return what notes beside each other have in common: the bullet, headings and talk above them."""
    return (note.talk.id if note.talk else None, note.parent or tuple(crumb.line for crumb in note.trail))


@cache
def _looks() -> tuple[tuple[str, "re.Pattern[str]"], ...]:
    return tuple((name, re.compile(looks)) for name, looks in evidence_file().looks.items())


@lru_cache(4096)  # a heading stands above many notes
def _under(title: str) -> tuple[str, ...]:
    return tuple(name for name, words in _headings() if words.search(title))


@cache
def _headings() -> tuple[tuple[str, "re.Pattern[str]"], ...]:
    return tuple((name, re.compile(words, re.IGNORECASE)) for name, words in evidence_file().under.items())
