"""The whole report out of an outline."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from types import MappingProxyType
from typing import TypeAlias

from msgspec.structs import replace

from kb.report.identity import report_id, talk_id
from kb.report.model import MetadataOverride, Report, Talk
from kb.report.outline import Outline
from kb.talks.dates import day_in_address, held_on_of, published_of
from kb.talks.event import event_of
from kb.talks.event_words import names_by_words
from kb.talks.lines import Line, lines_of
from kb.talks.links import materials_of
from kb.talks.notes import notes_of
from kb.talks.roles import Roles, likeliest, roles_of
from kb.talks.sections import Section, sections_of
from kb.talks.spans import TalkText, talk_texts

ToldLines: TypeAlias = Mapping[str, bool]
"""Whether lines are talks, as a person told it by hand, by the id of the line or of its talk."""

_LIKELY = 0.2  # of what is as likely a third is a talk; of what is less, hardly any
NOTHING_TOLD: ToldLines = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Reading:
    """What is known of an outline's lines: what each is, and what those of talks tell.

    `perhaps` are those that are likely talks, by their index, each with the id under which a person may tell that;
    `told` are those of which one did, and `asked` all ids that were looked for in what is told.
    """

    event: str | None
    lines: Sequence[Line]
    roles: Roles
    talks: Mapping[int, TalkText]  # by the index of their line
    perhaps: Mapping[int, str]
    told: Mapping[int, bool]
    asked: tuple[str, ...]


# What a report does not say plainly is asked of the same outline right after it was made into a report.
_last: list[tuple[Outline, str | None, ToldLines, "Reading"] | None] = [None]


def read(outline: Outline, event: str | None = None, told: ToldLines = NOTHING_TOLD) -> Reading:
    """Return what the lines of an outline are; a person told its `event`, and whether lines are talks, by their ids."""
    last = _last[0]
    if last and last[0] is outline and event in (last[1], last[3].event) and told == last[2]:
        return last[3]
    known = _read(outline, event, told)
    _last[0] = outline, event, told, known
    return known


def _read(outline: Outline, event: str | None, told: ToldLines) -> Reading:
    if not event:
        event = event_of(outline)
    lines = lines_of(outline.blocks)
    roles = roles_of(outline, lines, event)
    perhaps = {i: talk_id(event, lines[i].text) for i, share in roles.talk.items() if share >= _LIKELY}
    of_lines = {i: told[own] for i, own in perhaps.items() if own in told}
    asked = [*perhaps.values()]
    while True:  # what is no talk may stand over one
        chosen = likeliest(lines, roles.talk, of_lines)
        talks = dict(zip(chosen, talk_texts(lines, chosen), strict=True))
        ids = {i: talk_id(event, talk.title) for i, talk in talks.items()}
        asked += ids.values()
        refused = [i for i, own in ids.items() if told.get(own) is False]
        if not refused:
            return Reading(event, lines, roles, talks, perhaps, of_lines, tuple(dict.fromkeys(asked)))
        of_lines |= dict.fromkeys(refused, False)


def report_of(outline: Outline, given: MetadataOverride | None = None, told: ToldLines = NOTHING_TOLD) -> Report:
    """Return the report that an outline holds, its notes without services, statements but where they say `Q:`.

    `told` is which lines are talks and which are none, by their ids, as a person told it by hand.
    """
    given = given or MetadataOverride()
    known = read(outline, given.event, told)
    event = known.event
    title = outline.title or event or PurePath(outline.source).stem
    cut = list(sections_of(outline, known.lines, known.roles.role, [*known.talks]))
    talks = dict(_talks(cut, known, event))
    sections = [(section, talks.get(section.talk) if section.talk is not None else None) for section in cut]
    report = Report(
        id=report_id(event, title),
        source=outline.source,
        title=title,
        event=event,
        held_on=given.held_on or held_on_of(outline, event or _hinted(outline)),
        talks=(),
        notes=(),
        url=given.url,
        published=given.published or published_of(outline) or day_in_address(given.url or ""),
        asked=known.asked,
    )
    notes = tuple(notes_of(report, sections))
    noted = {note.talk.line for note in notes if note.talk}
    shown = (talk for talk in dict.fromkeys(talks.values()) if talk.line in noted or talk.links)
    return replace(report, talks=tuple(shown), notes=notes)


def _hinted(outline: Outline) -> str | None:
    """Return what may be the name of an event, though nobody is told it: its day is told all the same."""
    hint = next(names_by_words(outline), None)
    return hint.name if hint else None


def _talks(sections: Iterable[Section], known: Reading, event: str | None) -> Iterator[tuple[int, Talk]]:
    """Yield each talk by the index of its line."""
    links: dict[int, list[str]] = {}
    for section in sections:
        if section.talk is not None:
            links.setdefault(section.talk, []).extend(materials_of(section.blocks))
    for i, told in known.talks.items():
        yield (
            i,
            Talk(
                id=talk_id(event, told.title),
                title=told.title,
                line=known.lines[i].number,
                track=told.track,
                start=told.start,
                end=told.end,
                speakers=told.speakers,
                links=tuple(dict.fromkeys(links.get(i, ()))),
            ),
        )
