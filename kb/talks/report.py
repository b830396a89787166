"""The whole report out of an outline."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import PurePath

from msgspec.structs import replace

from kb.report.identity import report_id, talk_id
from kb.report.model import Given, Report, Talk
from kb.report.outline import Block, Outline
from kb.talks.bylines import habit_of
from kb.talks.dates import day_in_address, held_on_of, published_of
from kb.talks.event import Event, event_of
from kb.talks.heading import read_heading
from kb.talks.links import materials_of
from kb.talks.listed import talk_text
from kb.talks.notes import notes_of
from kb.talks.sections import Section, sections_of
from kb.talks.speakers import speakers_of
from kb.talks.timetable import speakers_beside, speakers_by_title


def report_of(outline: Outline, given: Given | None = None) -> Report:
    """Return the report that an outline holds, its notes without services, statements but where they say `Q:`."""
    given = given or Given()
    found = Event(given.event, visited=True) if given.event else event_of(outline)
    event = found.name if found else None
    title = outline.title or event or PurePath(outline.source).stem
    cut = sections_of(outline, event, visited=bool(found and found.visited))
    sections = list(_with_talks(cut, event, speakers_by_title(outline.blocks)))
    report = Report(
        id=report_id(event, title),
        source=outline.source,
        title=title,
        event=event,
        held_on=given.held_on or held_on_of(outline, event),
        talks=tuple(dict.fromkeys(talk for _, talk in sections if talk)),
        notes=(),
        url=given.url,
        published=given.published or published_of(outline) or day_in_address(given.url or ""),
    )
    return replace(report, notes=tuple(notes_of(report, sections)))


def _with_talks(
    sections: Iterable[Section], event: str | None, timetable: Mapping[str, tuple[str, ...]]
) -> Iterator[tuple[Section, Talk | None]]:
    """Yield each section with the talk it belongs to."""
    runs = [(heading, list(run)) for heading, run in groupby(sections, key=lambda section: section.talk)]
    habit = habit_of([talk_text(heading) for heading, _ in runs if heading])
    for heading, parts in runs:
        talk = _talk(heading, parts, event, habit) if heading else None
        if talk and not talk.speakers:
            talk = replace(talk, speakers=speakers_beside(talk.title, timetable))
        yield from ((part, talk) for part in parts)


def _talk(heading: Block, parts: Sequence[Section], event: str | None, habit: str | None) -> Talk:
    read = read_heading(talk_text(heading), habit)
    blocks = [block for part in parts for block in part.blocks]
    below = next((part.headings[0].text for part in parts if part.headings), "")
    speakers = read.speakers or speakers_of(blocks, below)
    title = _title(read.title, speakers, blocks) or talk_text(heading)
    return Talk(
        id=talk_id(event, title),
        title=title,
        line=heading.first_line,
        track=read.track,
        start=read.start,
        end=read.end,
        speakers=speakers,
        links=materials_of(blocks),
    )


def _title(title: str, speakers: Sequence[str], blocks: Sequence[Block]) -> str:
    """Return a talk's title; where its heading holds nothing but who speaks, that is the first line below."""
    if title and not title.removesuffix("さん").removesuffix("氏").endswith(tuple(speakers)):
        return title
    first = next((block for block in blocks if block.type != "blank"), None)
    return first.text if first and first.type == "paragraph" and not first.text.endswith("。") else title
