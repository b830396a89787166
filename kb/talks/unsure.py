"""What a report does not say plainly: which lines may be talks, and who may speak. It is told to its author."""

from typing import NamedTuple

from kb.report.model import Report
from kb.report.outline import Outline
from kb.talks.lines import Line
from kb.talks.report import read

_LIKELY = 0.2  # of what is as likely a third is a talk; of what is less, hardly any


class Unsure(NamedTuple):
    """Lines that may be talks, and who may speak in talks of which nobody is known to: a line and a name each."""

    talks: tuple[Line, ...]
    speakers: tuple[tuple[int, str], ...]


def unsure_of(outline: Outline, report: Report) -> Unsure:
    """Return what may be, and is not likely enough to be told in a report."""
    known = read(outline, report.event)
    told = {talk.line for talk in report.talks if talk.speakers}
    likely = sorted(i for i, share in known.roles.talk.items() if share >= _LIKELY and i not in known.talks)
    lines = (known.lines[i] for i in likely)
    return Unsure(
        tuple(lines),
        tuple(one for i, own in known.talks.items() for one in own.perhaps[:1] if known.lines[i].number not in told),
    )
