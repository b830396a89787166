"""The whole report out of an outline."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from msgspec.structs import replace

from kb.report.identity import report_id, talk_id
from kb.report.model import Given, Report, Talk
from kb.report.outline import Outline
from kb.talks.dates import day_in_address, held_on_of, published_of
from kb.talks.event import event_of
from kb.talks.lines import Line, lines_of
from kb.talks.links import materials_of
from kb.talks.notes import notes_of
from kb.talks.roles import Roles, likeliest, roles_of
from kb.talks.sections import Section, sections_of
from kb.talks.spans import TalkText, talk_texts


@dataclass(frozen=True, slots=True)
class Reading:
    """What is known of an outline's lines: what each is, and what those of talks tell."""

    event: str | None
    lines: Sequence[Line]
    roles: Roles
    talks: Mapping[int, TalkText]  # by the index of their line


# What a report does not say plainly is asked of the same outline right after it was made into a report.
_last: list[tuple[Outline, str | None, "Reading"] | None] = [None]


def read(outline: Outline, event: str | None = None) -> Reading:
    """Return what the lines of an outline are; `event` is what a person told of it."""
    last = _last[0]
    if last and last[0] is outline and last[1] == event:
        return last[2]
    known = _read(outline, event)
    _last[0] = outline, event, known
    return known


def _read(outline: Outline, event: str | None) -> Reading:
    if not event:
        found = event_of(outline)
        event = found.name if found else None
    lines = lines_of(outline.blocks)
    roles = roles_of(outline, lines, event)
    talks = likeliest(lines, roles.talk)
    return Reading(event, lines, roles, dict(zip(talks, talk_texts(lines, talks), strict=True)))


def report_of(outline: Outline, given: Given | None = None) -> Report:
    """Return the report that an outline holds, its notes without services, statements but where they say `Q:`."""
    given = given or Given()
    known = read(outline, given.event)
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
        held_on=given.held_on or held_on_of(outline, event),
        talks=(),
        notes=(),
        url=given.url,
        published=given.published or published_of(outline) or day_in_address(given.url or ""),
    )
    notes = tuple(notes_of(report, sections))
    noted = {note.talk.line for note in notes if note.talk}
    shown = (talk for talk in dict.fromkeys(talks.values()) if talk.line in noted or talk.links)
    return replace(report, talks=tuple(shown), notes=notes)


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
