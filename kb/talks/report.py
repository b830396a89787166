"""The whole report out of an outline, and what that does not say plainly: what may be a talk, and who may speak."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from threading import Lock
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from msgspec.structs import replace

from kb.report.identity import report_id, talk_id
from kb.report.model import MetadataOverride, Report, Talk
from kb.report.outline import Outline
from kb.talks.dates import day_in_address, held_on_of, published_of
from kb.talks.event import event_of
from kb.talks.event_patterns import names_by_patterns
from kb.talks.lines import Line, lines_of
from kb.talks.notes import Section, materials_of, notes_of, sections_of
from kb.talks.roles import Roles, likeliest, reasons_of, roles_of
from kb.talks.spans import TalkText, talk_texts

TalkOverrides: TypeAlias = Mapping[str, bool]
"""Whether lines are talks, as a person told it by hand, by the id of the line or of its talk."""

NO_OVERRIDES: TalkOverrides = MappingProxyType({})
_LIKELY = 0.2  # of what is as likely a third is a talk; of what is less, hardly any


class TalkCandidate(NamedTuple):
    """A line that may be a talk, the probability of that, and the id under which a person may tell it."""

    line: Line
    probability: float
    id: str


class SpeakerCandidate(NamedTuple):
    """Who may speak in a talk of which nobody is known to, on which line of the file, and the probability of that."""

    line: int
    name: str
    probability: float


class Candidates(NamedTuple):
    """What may be, and is not likely enough to be told in a report; nothing that a person has told of."""

    talks: tuple[TalkCandidate, ...]
    speakers: tuple[SpeakerCandidate, ...]


@dataclass(frozen=True, slots=True)
class _Reading:
    """What is known of an outline's lines, by their index: what each is, and what those of talks tell."""

    event: str | None
    lines: Sequence[Line]
    roles: Roles
    talks: Mapping[int, TalkText]
    candidates: Mapping[int, str]  # likely talks, each with the id under which a person may tell that
    overrides: Mapping[int, bool]  # those of which one did
    asked: tuple[str, ...]  # all ids that were looked for among the overrides


class _LatestReading:
    """The latest reading, shared by threads: candidates are asked of an outline right after its report is made.

    To read it again would make the understanding of a report that much longer; a second thread only has it read anew.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._latest: tuple[Outline, str | None, TalkOverrides, _Reading] | None = None

    def of(self, outline: Outline, event: str | None, overrides: TalkOverrides) -> _Reading:
        """Return the reading of an outline; a person told its `event`, or the reading before did."""
        with self._lock:
            latest = self._latest
        if latest and latest[0] is outline and event in (latest[1], latest[3].event) and overrides == latest[2]:
            return latest[3]
        reading = _read(outline, event or event_of(outline), overrides)
        with self._lock:
            self._latest = outline, event, overrides, reading
        return reading


_readings = _LatestReading()


def _read(outline: Outline, event: str | None, overrides: TalkOverrides) -> _Reading:
    lines = lines_of(outline.blocks)
    roles = roles_of(outline, lines, event)
    candidates = {i: talk_id(event, lines[i].text) for i, share in roles.talk.items() if share >= _LIKELY}
    told = {i: overrides[own] for i, own in candidates.items() if own in overrides}
    asked = [*candidates.values()]
    while True:  # what is no talk may stand over one
        chosen = likeliest(lines, roles.talk, told)
        talks = dict(zip(chosen, talk_texts(lines, chosen), strict=True))
        ids = {i: talk_id(event, talk.title) for i, talk in talks.items()}
        asked += ids.values()
        refused = [i for i, own in ids.items() if overrides.get(own) is False or not talks[i].title]
        if not refused:
            return _Reading(event, lines, roles, talks, candidates, told, tuple(dict.fromkeys(asked)))
        told |= dict.fromkeys(refused, False)


def report_of(
    outline: Outline, given: MetadataOverride | None = None, overrides: TalkOverrides = NO_OVERRIDES
) -> Report:
    """Return the report that an outline holds, its notes without services, statements but where they say `Q:`.

    What a person told holds: of the report, as `given`, and of its lines, as `overrides`.
    """
    given = given or MetadataOverride()
    reading = _readings.of(outline, given.event, overrides)
    event = reading.event
    title = outline.title or event or PurePath(outline.source).stem
    # Where nothing names an event surely, what patterns take for its name still tells when it was.
    dated = event or next((name for name, _ in names_by_patterns(outline)), None)
    sections = [*sections_of(outline, reading.lines, reading.roles.role, reading.talks)]
    talks = _talks(sections, reading)
    report = Report(
        id=report_id(event, title),
        source=outline.source,
        title=title,
        event=event,
        held_on=given.held_on or held_on_of(outline, dated),
        talks=(),
        notes=(),
        url=given.url,
        published=given.published or published_of(outline) or day_in_address(given.url or ""),
        asked=reading.asked,
    )
    of_talks = ((section, None if section.talk is None else talks.get(section.talk)) for section in sections)
    notes = tuple(notes_of(report, of_talks))
    noted = {note.talk.line for note in notes if note.talk}
    shown = (talk for talk in dict.fromkeys(talks.values()) if talk.line in noted or talk.links)
    return replace(report, talks=tuple(shown), notes=notes)


def _talks(sections: Sequence[Section], reading: _Reading) -> dict[int, Talk]:
    """Return each talk by the index of its line, with the materials in its sections."""
    links = defaultdict[int, list[str]](list)
    for section in sections:
        if section.talk is not None:
            links[section.talk] += materials_of(section.blocks)
    return {
        i: Talk(
            id=talk_id(reading.event, text.title),
            title=text.title,
            line=reading.lines[i].number,
            track=text.track,
            start=text.start,
            end=text.end,
            speakers=text.speakers,
            links=tuple(dict.fromkeys(links[i])),
        )
        for i, text in reading.talks.items()
    }


def candidates_of(outline: Outline, report: Report, overrides: TalkOverrides = NO_OVERRIDES) -> Candidates:
    """Return what may be a talk or a speaker, in file order; `report` is that of the outline with the same overrides.

    What the report tells of speakers, by hand too, is not asked about.
    """
    reading = _readings.of(outline, report.event, overrides)
    decided = reading.talks.keys() | reading.overrides.keys()
    spoken = {talk.line for talk in report.talks if talk.speakers}
    return Candidates(
        tuple(
            TalkCandidate(reading.lines[i], reading.roles.talk[i], own)
            for i, own in sorted(reading.candidates.items())
            if i not in decided
        ),
        tuple(
            SpeakerCandidate(*text.candidates[0])
            for i, text in reading.talks.items()
            if text.candidates and reading.lines[i].number not in spoken
        ),
    )


def talk_reasons(outline: Outline, event: str | None, line: int) -> tuple[float, list[tuple[str, float]]]:
    """Return the probability that a line of the file is a talk, and what speaks most for that and, negative, against.

    Each reason is a feature with its weight; where the line cannot be a talk there are none.
    """
    reading = _readings.of(outline, event, NO_OVERRIDES)
    shares = (share for i, share in reading.roles.talk.items() if reading.lines[i].number == line)
    return max(shares, default=0.0), reasons_of(outline, reading.lines, reading.event, line)
