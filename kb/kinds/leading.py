"""What a note goes on from: 「→ コンテナにする」 tells nothing without what stands before its arrow."""

import re
from collections.abc import Iterable

from kb.report.model import Note

_ARROW_FIRST = re.compile(r"\s*(?:[-ー=]{1,2}[>＞]|[→⇒➡⇨])")


def leads_from(notes: Iterable[Note]) -> dict[str, str]:
    """Return which note each that begins with an arrow goes on from, by their ids.

    It is the one on the line before, else the one that it stands under; of several arrows in a row all go on from what
    stands before the first. Where that is not among the notes, it is left out.
    """
    ordered = sorted(notes, key=lambda note: (note.report, note.line))
    known = {note.id for note in ordered}
    before: dict[object, Note] = {}
    found: dict[str, str] = {}
    for note in ordered:
        beside = (note.report, note.talk, note.trail)
        previous = before.get(beside)
        before[beside] = note
        if _ARROW_FIRST.match(note.text):
            at_once = previous is not None and previous.line == note.line - 1
            start = previous.id if previous and at_once else note.parent
            if start in known:
                found[note.id] = found.get(start, start)
    return found
