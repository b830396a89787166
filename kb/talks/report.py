"""The report of an outline: its event, its day, its talks and notes; and the lines that may be talks."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from msgspec.structs import replace

from index.text import letters
from kb.report.identity import report_id, talk_id
from kb.report.model import LineRole, MetadataOverride, Report, Talk, TalkOverride
from kb.report.outline import Outline
from kb.talks.dates import day_in_address, held_on_of, published_of
from kb.talks.event import event_of
from kb.talks.event_patterns import names_by_patterns
from kb.talks.lines import Line, line_keys, lines_of, title_line, titled
from kb.talks.notes import Section, materials_of, notes_of, sections_of
from kb.talks.roles import Role, Roles, choose_talks, roles_of
from kb.talks.spans import TalkText, talk_texts

TalkOverrides: TypeAlias = Mapping[str, TalkOverride]
"""Whether lines are talks or end one, as kb.toml says, by the id of the line or of its talk."""
LineRoles: TypeAlias = Mapping[str, LineRole]
"""The roles of lines, as an assistant says, by the key of the line (`line_keys`). Overrides win."""

NO_OVERRIDES: TalkOverrides = MappingProxyType({})
_NO_ROLES: LineRoles = MappingProxyType({})
_ROLES: Mapping[LineRole, Role] = MappingProxyType({"talk": "talk", "part": "part", "other": "own"})
_ADDRESS = re.compile(r"https?://\S+")
_MIN_CANDIDATE = 0.2  # probability of a talk; a third of the lines at it are talks, hardly any below it


class TalkCandidate(NamedTuple):
    """A line that may be a talk."""

    line: Line
    probability: float
    id: str  # under which kb.toml may override it


class SpeakerCandidate(NamedTuple):
    """A possible speaker of a talk without a known one."""

    talk: int  # line number of the talk
    line: int  # line number of the name
    name: str
    probability: float


@dataclass(frozen=True, slots=True)
class Candidates:
    """The talks and speakers that are not likely enough for the report, in file order, without overridden lines.

    `overridden` are the line overrides, by id, that apply to a line of the report.
    """

    talks: tuple[TalkCandidate, ...]
    speakers: tuple[SpeakerCandidate, ...]
    overridden: frozenset[str]


def report_of(
    outline: Outline, override: MetadataOverride | None = None, line_overrides: TalkOverrides = NO_OVERRIDES
) -> Report:
    """Return the report of an outline, as `report_with_candidates` does."""
    return report_with_candidates(outline, override, line_overrides)[0]


def report_with_candidates(
    outline: Outline,
    override: MetadataOverride | None = None,
    line_overrides: TalkOverrides = NO_OVERRIDES,
    line_roles: LineRoles = _NO_ROLES,
) -> tuple[Report, Candidates]:
    """Return the report of an outline, and the candidates that it leaves out.

    Its notes have no services yet, and each is a statement.
    """
    override = override or MetadataOverride()
    event = event_of(outline) if override.event is None else override.event or None
    lines = lines_of(outline.blocks)
    roles = roles_of(outline, lines, event)
    read = {i: line_roles[key] for i, key in enumerate(line_keys(lines) if line_roles else ()) if key in line_roles}
    texts, ends, candidates = _choose(lines, roles, event, line_overrides, read)
    roles_by_line = {**roles.role, **{i: _ROLES[role] for i, role in read.items()}}
    whole = outline
    if _is_one_talk(outline, lines, texts, event, line_overrides):
        whole_lines = lines_of(titled(outline).blocks)
        chosen = _choose(whole_lines, Roles({}, {}, ({}, {})), event, line_overrides, {})
        overridden = candidates.overridden | chosen[2].overridden
        if 0 in chosen[0]:  # not refused by the id of the talk
            whole, lines, roles_by_line, (texts, ends, candidates) = titled(outline), whole_lines, {}, chosen
            texts = {i: text for i, text in texts.items() if not i or text.title != texts[0].title}  # repeats of it
        candidates = Candidates(candidates.talks, candidates.speakers, overridden)
    sections = sections_of(whole, lines, roles_by_line, texts, ends)
    talks = _talks(sections, lines, event, texts)
    title = outline.title or event or PurePath(outline.source).stem
    # A name of the event that is too unlikely to be shown still helps to find its day.
    dated_event = event or next((name for name, _ in names_by_patterns(outline)), None)
    report = Report(
        id=report_id(event, title),
        source=outline.source,
        title=title,
        event=event,
        held_on=held_on_of(outline, dated_event) if override.held_on is None else override.held_on or None,
        talks=(),
        notes=(),
        url=override.url,
        published=override.published or published_of(outline) or day_in_address(override.url or ""),
        former=override.former,
    )
    notes = notes_of(report, sections, talks)
    noted = {note.talk.line for note in notes if note.talk}
    shown = (talk for talk in dict.fromkeys(talks.values()) if talk.line in noted or talk.links)
    return replace(report, talks=tuple(shown), notes=tuple(notes)), candidates


def with_own_id(outline: Outline, override: MetadataOverride) -> MetadataOverride:
    """Return an override with the id that the report would have without it as a former id, if it sets the event."""
    event = event_of(outline) if override.event is not None else None
    if override.event is None or override.event == (event or ""):
        return override
    own = report_id(event, outline.title or event or PurePath(outline.source).stem)
    return replace(override, former=tuple(dict.fromkeys((*override.former, own))))


def _is_one_talk(
    outline: Outline, lines: Sequence[Line], talks: Iterable[int], event: str | None, line_overrides: TalkOverrides
) -> bool:
    """Return whether a person says that the title is a talk, unless a line like it is one by the model alone.

    Such a line is a heading of the same level, or another paragraph: the talk of the title ends there.
    """
    own = title_line(outline) if line_overrides else None
    if own is None or line_overrides.get(talk_id(event, own.text)) is not True:
        return False
    places = {(line.type, line.level) for line in lines if line.text == own.text}
    others = (lines[i] for i in talks if (lines[i].type, lines[i].level) in places)
    return all(line_overrides.get(talk_id(event, other.text)) is True for other in others)


def _choose(
    lines: Sequence[Line],
    roles: Roles,
    event: str | None,
    line_overrides: TalkOverrides,
    read: Mapping[int, LineRole],
) -> tuple[Mapping[int, TalkText], frozenset[int], Candidates]:
    """Return the talks by their line's index, the lines at which a person ends a talk, and the candidates.

    Talks are chosen again without those that an override or an empty title refuses: a line below a refused heading may
    be a talk instead of it. Any line may be overridden, however unlikely a talk it is.
    """
    likely = {i for i, share in roles.talk.items() if share >= _MIN_CANDIDATE} | {i for i in read if read[i] == "talk"}
    chosen_from = range(len(lines)) if line_overrides else sorted(likely)
    candidates = {i: talk_id(event, lines[i].text) for i in chosen_from}
    candidates = {i: own_id for i, own_id in candidates.items() if i in likely or own_id in line_overrides}
    overrides = {i: role == "talk" for i, role in read.items() if role == "talk" or i in roles.talk}
    said = {i: line_overrides[own_id] for i, own_id in candidates.items() if own_id in line_overrides}
    overridden = {candidates[i] for i in said}
    while True:
        overrides |= {i: override is True for i, override in said.items()}
        talk = {i: roles.talk.get(i, 0.0) for i in sorted({*roles.talk, *overrides})}
        # A person may confirm a talk inside another one.
        chosen = choose_talks(lines, talk, overrides) if roles.talk else [i for i in talk if overrides[i]]
        talks = dict(zip(chosen, talk_texts(lines, chosen), strict=True))
        talk_ids = {i: talk_id(event, talk.title) for i, talk in talks.items()}
        by_line = {i: line_overrides.get(own_id) for i, own_id in talk_ids.items()}
        overridden |= line_overrides.keys() & {*talk_ids.values()}
        refused = [i for i, override in by_line.items() if override in (False, "ends") or not talks[i].title]
        if not refused:
            break
        said |= {i: "ends" if by_line[i] == "ends" else False for i in refused}
    left_out = sorted(candidates.keys() - talks.keys() - overrides.keys())
    possible_speakers = [(lines[i].number, *text.candidates[0]) for i, text in talks.items() if text.candidates]
    return (
        talks,
        frozenset(i for i, override in said.items() if override == "ends"),
        Candidates(
            tuple(TalkCandidate(lines[i], talk[i], candidates[i]) for i in left_out),
            tuple(SpeakerCandidate(*speaker) for speaker in possible_speakers),
            frozenset(overridden),
        ),
    )


def _talks(
    sections: Sequence[Section], lines: Sequence[Line], event: str | None, texts: Mapping[int, TalkText]
) -> dict[int, Talk]:
    """Return each talk by the index of its line, with the materials in its sections."""
    links = defaultdict[int, list[str]](list)
    for section in sections:
        if section.talk is not None:
            links[section.talk] += materials_of(section.blocks)
    return {
        i: Talk(
            id=talk_id(event, text.title),
            title=text.title,
            line=lines[i].number,
            track=text.track,
            start=text.start,
            end=text.end,
            speakers=text.speakers,
            links=tuple(dict.fromkeys(links[i])),
            byline=_byline(lines[i], text.title),
        )
        for i, text in texts.items()
    }


def _byline(line: Line, title: str) -> str:
    """Return what a talk's line says besides its title; nothing for a row, which may hold other talks."""
    rest = _ADDRESS.sub(" ", line.text).replace(title, " ", 1) if line.type != "table" else ""
    return " ".join(rest.split()) if letters(rest) else ""


def line_ids(outline: Outline, event: str | None) -> list[tuple[Line, str]]:
    """Return the lines of a report, each with the id under which kb.toml may say that it is a talk.

    A title that is in no line of the text comes first.
    """
    lines, own = lines_of(outline.blocks), title_line(outline)
    if own and all(line.text != own.text for line in lines):
        lines.insert(0, own)
    return [(line, talk_id(event, line.text)) for line in lines]


def title_id(outline: Outline, event: str | None) -> str:
    """Return the id under which kb.toml may say that a report is about the talk of its title, "" without a title."""
    own = title_line(outline)
    return talk_id(event, own.text) if own else ""


def begun_talk(outline: Outline, event: str | None, own_id: str) -> str:
    """Return the id of the talk that a line would begin, given the id of the line, which differs if it says more."""
    lines = lines_of(titled(outline).blocks)
    found = next((i for i, line in enumerate(lines) if talk_id(event, line.text) == own_id), None)
    return own_id if found is None else talk_id(event, talk_texts(lines, [found])[0].title)


def talk_reasons(outline: Outline, event: str | None, line: int) -> tuple[float, list[tuple[str, float]]]:
    """Return the probability that a line of the file is a talk, and the features that say most for and against it.

    Each feature comes with its weight, negative if it is against. A line that cannot be a talk has probability 0.
    """
    lines = lines_of(outline.blocks)
    roles = roles_of(outline, lines, event or event_of(outline))
    own = [i for i in roles.talk if lines[i].number == line]
    return max((roles.talk[i] for i in own), default=0.0), roles.reasons(own[0]) if own else []
