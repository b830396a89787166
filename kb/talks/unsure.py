"""What a report does not say plainly: which lines may be talks, and who may speak. It is told to its author."""

from typing import NamedTuple

from kb.report.model import Report
from kb.report.outline import Outline
from kb.talks.lines import Line
from kb.talks.report import NOTHING_TOLD, ToldLines, read
from kb.talks.roles import reasons_of


class MayBeTalk(NamedTuple):
    """A line that may be a talk, how likely that is, and the id under which a person may tell it."""

    line: Line
    likely: float
    id: str


class MaySpeak(NamedTuple):
    """Who may speak in a talk of which nobody is known to, on which line, and how likely that is."""

    line: int
    name: str
    likely: float


class Unsure(NamedTuple):
    """What may be, and is not likely enough to be told in a report; nothing that a person has told of."""

    talks: tuple[MayBeTalk, ...]
    speakers: tuple[MaySpeak, ...]


def talk_reasons(outline: Outline, event: str | None, line: int) -> tuple[float, list[tuple[str, float]]]:
    """Return how likely a line is a talk, and what speaks most for that and, where negative, against it."""
    known = read(outline, event)
    likely = max((share for i, share in known.roles.talk.items() if known.lines[i].number == line), default=0.0)
    return likely, reasons_of(outline, known.lines, known.event, line)


def unsure_of(outline: Outline, report: Report, told: ToldLines = NOTHING_TOLD) -> Unsure:
    """Return what may be, in file order; `told` is which lines a person told to be talks or none, by their ids."""
    known = read(outline, report.event, told)
    spoken = {talk.line for talk in report.talks if talk.speakers}
    return Unsure(
        tuple(
            MayBeTalk(known.lines[i], known.roles.talk[i], own)
            for i, own in sorted(known.perhaps.items())
            if i not in known.talks and i not in known.told
        ),
        tuple(
            MaySpeak(*one)
            for i, own in known.talks.items()
            for one in own.perhaps[:1]
            if known.lines[i].number not in spoken
        ),
    )
