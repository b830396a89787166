"""The whole report out of an outline."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import PurePath

from kb.identity import report_id, talk_id
from kb.model import Given, Report, Talk
from kb.outline import Block, Outline
from kb.talks.event import event_of, held_on_of
from kb.talks.heading import read_heading
from kb.talks.notes import notes_of
from kb.talks.sections import Section, sections_of


def report_of(outline: Outline, given: Given | None = None) -> Report:
    """Return the report that an outline holds, its notes without services and of kind `fact`."""
    given = given or Given()
    event = given.event or event_of(outline)
    title = outline.title or event or PurePath(outline.source).stem
    sections = list(_with_talks(sections_of(outline), event))
    report = Report(
        id=report_id(event, title),
        source=outline.source,
        title=title,
        event=event,
        held_on=given.held_on or held_on_of(outline, event),
        talks=tuple(dict.fromkeys(talk for _, talk in sections if talk)),
        notes=(),
        url=given.url,
    )
    return replace(report, notes=tuple(notes_of(report, sections)))


def _with_talks(sections: Sequence[Section], event: str | None) -> Iterator[tuple[Section, Talk | None]]:
    """Yield each section with the talk it belongs to."""
    for heading, run in groupby(sections, key=lambda section: section.talk):
        parts = list(run)
        talk = _talk(heading, parts, event) if heading else None
        yield from ((part, talk) for part in parts)


def _talk(heading: Block, parts: Sequence[Section], event: str | None) -> Talk:
    read = read_heading(heading.text)
    links = (block.links or (block.text,) for part in parts for block in part.blocks if block.type == "link")
    return Talk(
        id=talk_id(event, read.title),
        title=read.title,
        line=heading.first_line,
        track=read.track,
        start=read.start,
        end=read.end,
        links=tuple(dict.fromkeys(address for some in links for address in some)),
    )
