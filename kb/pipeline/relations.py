"""What only the whole library tells of a report: whether it is there twice, its id, and who else noted its talks."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

from msgspec.structs import replace

from index.messages import translatable
from kb.library.contents import ReportEntry
from kb.report.identity import longer_id, normalized, slug, talk_id
from kb.report.model import Note, Report
from kb.report.problems import FileProblem
from kb.talks import ReportTalks, match_talks

# Two files of one event and title hold the same post if one has so many of the other's notes, also as Markdown and as
# a page;
SAME_POST = 0.9
# and one is an edited version of the other, not somebody else's report, if it has so many of its notes.
SAME_REPORT = 0.3

Texts: TypeAlias = Counter[str]
"""How often each text stands in a report, as a note of its own, normalised."""


@dataclass(frozen=True, slots=True)
class RelatedReports:
    """The id of each post of a library by its file, in library order, and the files that are copies of another."""

    ids: Mapping[str, str]
    problems: tuple[FileProblem, ...]


def relate(reports: Iterable[tuple[str, str, str | None]], texts: Callable[[str], Texts]) -> RelatedReports:
    """Return how the reports of a library stand beside each other.

    They are given in its order, by source, the id that each has by itself, and address; their texts are asked for where
    two meet. Of several posts of one event and title none keeps the id that all have, or a newcomer could take it over.
    """
    texts = cache(texts)
    addresses: dict[str, str | None] = {}
    problems: list[FileProblem] = []
    alike: defaultdict[str, list[str]] = defaultdict(list)
    for source, report_id, url in reports:
        others = alike[report_id]
        duplicate = next((other for other in others if share_in(texts(other), texts(source)) >= SAME_POST), None)
        if duplicate:
            problems.append(FileProblem(source, None, translatable('the same post as "{0}"; indexed once', duplicate)))
            continue
        others.append(source)
        addresses[source] = url
    ids = {source: report_id for report_id, posts in alike.items() for source in posts}
    for report_id, posts in alike.items():
        if len(posts) > 1:
            known = Counter(addresses[source] for source in posts)
            for source in posts:
                url = addresses[source]
                ids[source] = longer_id(report_id, url if url and known[url] == 1 else source)
    return RelatedReports({source: ids[source] for source in addresses}, tuple(problems))


def texts_of(report: Report) -> Texts:
    """Return what a report is compared by."""
    return Counter(normalized(note.text) for note in report.notes)


def share_in(other: Texts, dropped: Texts) -> float:
    """Return which share of a report that is to be dropped another has too: 1.0 for a copy, and for nothing."""
    return (other & dropped).total() / dropped.total() if dropped else 1.0


def with_talks_met(entries: Iterable[ReportEntry]) -> tuple[ReportEntry, ...]:
    """Return reports, each talk that several of one event tell of under one id."""
    entries = tuple(entries)
    by_event: defaultdict[str, list[ReportEntry]] = defaultdict(list)
    for entry in entries:
        if entry.event:
            by_event[slug(entry.event)].append(entry)
    ids: dict[str, str] = {}
    for some in by_event.values():
        if len(some) > 1:  # by itself each talk has its own id
            ids |= match_talks([ReportTalks(entry.talks, entry.held_on) for entry in some])
    return tuple(
        replace(entry, talks=tuple(replace(talk, id=ids.get(talk.id, talk.id)) for talk in entry.talks))
        for entry in entries
    )


def with_own_talks(entry: ReportEntry) -> ReportEntry:
    """Return a report as it is by itself, each talk under the id that it has alone."""
    return replace(entry, talks=tuple(replace(talk, id=talk_id(entry.event, talk.title)) for talk in entry.talks))


def with_ids_of(report: Report, entry: ReportEntry) -> Report:
    """Return a report under the ids that its entry has, those of its talks too."""
    talks, old, new = dict(zip(report.talks, entry.talks, strict=True)), report.id, entry.id

    def moved(note_id: str | None) -> str | None:
        return note_id and new + note_id.removeprefix(old)

    def renamed(note: Note) -> Note:
        if note.talk:
            note = replace(note, talk=talks[note.talk])
        if old == new:
            return note
        return replace(
            note,
            id=new + note.id.removeprefix(old),
            report=new,
            trail=tuple(replace(crumb, note=moved(crumb.note)) for crumb in note.trail),
            remedy_of=moved(note.remedy_of),
            answers=moved(note.answers),
        )

    return replace(report, id=new, talks=entry.talks, notes=tuple(map(renamed, report.notes)))
