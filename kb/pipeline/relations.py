"""What only the whole library decides about a report: whether it is a copy, its id, and which talks it shares."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from msgspec.structs import replace

from index.messages import translatable
from kb.library.configuration import Configuration
from kb.library.contents import ReportEntry
from kb.report.identity import event_key, longer_id, normalized, talk_id
from kb.report.model import Note, Report, Talk
from kb.report.names import SameNames
from kb.report.problems import FileProblem
from kb.talks import ReportTalks, match_talks

# Of two files with one event and title, the second is a copy of the first if the first has this share of its notes,
# even as Markdown and as a page;
SAME_POST = 0.9
# and one is an edited version of the other, not somebody else's report, from this share on.
SAME_REPORT = 0.3

Texts: TypeAlias = Counter[str]
"""The normalised texts of a report's notes, with the number of each."""


@dataclass(frozen=True, slots=True)
class RelatedReports:
    """The id of each post of a library by source, in library order, and a problem for each copy."""

    ids: Mapping[str, str]
    problems: tuple[FileProblem, ...]


def sources_with_shared_ids(entries: Sequence[ReportEntry]) -> Sequence[str]:
    """Return the sources of reports that share their id with another; their texts show which are copies."""
    counts = Counter(entry.id for entry in entries)
    return [entry.source for entry in entries if counts[entry.id] > 1]


def relate(entries: Iterable[ReportEntry], texts: Mapping[str, Texts]) -> RelatedReports:
    """Return the final ids of reports, and the copies; `entries` have their own ids, in library order.

    `texts` are those of `sources_with_shared_ids`. Posts that share an id all get longer ones: if one of them kept it,
    a newcomer could take it over.
    """
    urls: dict[str, str | None] = {}
    problems: list[FileProblem] = []
    by_id: defaultdict[str, list[str]] = defaultdict(list)
    for entry in entries:
        posts = by_id[entry.id]
        original = next((post for post in posts if share_in(texts[post], texts[entry.source]) >= SAME_POST), None)
        if original:
            message = translatable('the same post as "{0}"; indexed once', original)
            problems.append(FileProblem(entry.source, None, message))
            continue
        posts.append(entry.source)
        urls[entry.source] = entry.url
    ids: dict[str, str] = {}
    for report_id, posts in by_id.items():
        counts = Counter(urls[source] for source in posts)
        for source in posts:
            url = urls[source]
            mark = url if url and counts[url] == 1 else source
            ids[source] = longer_id(report_id, mark) if len(posts) > 1 else report_id
    return RelatedReports({source: ids[source] for source in urls}, tuple(problems))


def texts_of(report: Report) -> Texts:
    """Return the texts by which a report is compared with others."""
    return Counter(normalized(note.text) for note in report.notes)


def share_in(other: Texts, dropped: Texts) -> float:
    """Return the share of `dropped` that `other` has, too: 1.0 for a copy, and if `dropped` is empty."""
    return (other & dropped).total() / dropped.total() if dropped else 1.0


def with_shared_talks(entries: Sequence[ReportEntry], configuration: Configuration) -> tuple[ReportEntry, ...]:
    """Return the reports with one name for each event and person, and one id for each talk of several reports.

    An event has the name that kb.toml gives it, else its commonest spelling; of equally common ones the first.
    """
    events, people = configuration.events, configuration.people

    def key(event: str) -> str:
        return event_key(events.shown(event))

    by_event: defaultdict[str, list[ReportEntry]] = defaultdict(list)
    for entry in entries:
        if entry.event:
            by_event[key(entry.event)].append(entry)
    ids: dict[str, str] = {}
    names: dict[str, str] = {}
    for one_event, same_event in by_event.items():
        if len(same_event) > 1:  # the talks of a single report keep their own ids
            ids |= match_talks([ReportTalks(entry.talks, entry.held_on) for entry in same_event])
        own = [entry.event or "" for entry in same_event]
        said = (events.shown(name) for name in own if events.shown(name) != name)
        names[one_event] = next(said, None) or Counter(own).most_common(1)[0][0]
    return tuple(
        replace(
            _with_event(entry, names[key(entry.event)] if entry.event else entry.event),
            talks=tuple(_with_people(replace(talk, id=ids.get(talk.id, talk.id)), people) for talk in entry.talks),
        )
        for entry in entries
    )


def _with_event(entry: ReportEntry, name: str | None) -> ReportEntry:
    return entry if name == entry.event else replace(entry, event=name, own_event=entry.event or "")


def _with_people(talk: Talk, people: SameNames) -> Talk:
    """Return a talk with the names that its speakers are shown under; their own names find it, too."""
    speakers = tuple(dict.fromkeys(map(people.shown, talk.speakers)))
    if speakers == talk.speakers:
        return talk
    own = (name for name in talk.speakers if name not in f"{talk.title} {talk.byline}")
    return replace(talk, speakers=speakers, byline=" ".join(filter(None, (talk.byline, *own))))


def with_own_talks(entry: ReportEntry) -> ReportEntry:
    """Return a report with the event's name as it has it, and the id that each talk has in this report alone.

    Speakers keep the names that they are shown under: a report is read again if these change.
    """
    event = entry.own_event or entry.event
    talks = tuple(replace(talk, id=talk_id(event, talk.written_title)) for talk in entry.talks)
    return replace(entry, event=event, own_event="", talks=talks)


def with_ids_of(report: Report, entry: ReportEntry) -> Report:
    """Return a report with the id, the event and the talks of its entry; the ids of its notes follow."""
    talks, old, new = dict(zip(report.talks, entry.talks, strict=True)), report.id, entry.id

    def moved(note_id: str | None) -> str | None:
        return note_id and new + note_id.removeprefix(old)

    def renamed(note: Note) -> Note:
        if note.talk:
            note = replace(note, talk=talks[note.talk])
        if note.event != entry.event:
            note = replace(note, event=entry.event)
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

    return replace(report, id=new, event=entry.event, talks=entry.talks, notes=tuple(map(renamed, report.notes)))
