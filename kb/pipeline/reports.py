"""The way of one file to a finished report: read, cut into talks and notes, tagged, classified."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import cached_property, lru_cache
from itertools import islice
from typing import TYPE_CHECKING, TypeAlias, TypeVar, get_args
from weakref import WeakValueDictionary

from msgspec import Struct
from msgspec.structs import replace

from index.embedder import EmbeddingError
from kb.library.configuration import Configuration, parse
from kb.library.tables import ConfigurationError
from kb.report.identity import digest, event_slugs, ids_of, own_part, report_id, report_part, talk_id_at
from kb.report.model import Claim, Correction, LineReading, MetadataOverride, Note, Report, Talk, TalkCorrection
from kb.report.outline import Outline, ReadingWarning
from kb.report.problems import Finding
from kb.storage.caches import cache_folder

if TYPE_CHECKING:  # as in functions below: a search must not load what reads reports (tests/kb/cli/test_starts.py)
    from index.analysis import Analyzer, LexiconEntry, Morpheme
    from index.embedding import PassageReader
    from kb.kinds import Lesson
    from kb.library.contents import ReportEntry
    from kb.services import Catalogue, Domain
    from kb.talks import Candidates, TalkOverrides

Morphemes: TypeAlias = "Mapping[str, tuple[Morpheme, ...]]"
"""The morphemes of each text of a report."""
Corrections: TypeAlias = Mapping[str, Mapping[str, Correction]]
"""Corrections by note, grouped by the report id that kb.toml has in the note's id: it may be a former one."""
LineReadings: TypeAlias = Mapping[str, LineReading]
"""Readings by assistants: in a file by the keys of lines, in a report by note id, with the ids of other notes."""
T = TypeVar("T")
Progress: TypeAlias = Callable[[str, int, int], None]
"""Called during long work with the step, the number done, and the total."""

# New notes of a sync or preview that the model reads before they are shown, in ten seconds on two cores. No report has
# as many, so that only the notes of an import are read in the background.
MAX_UNREAD = 1_000
_MAX_FINDINGS = 50  # of a report that are stored; an author with more would rather rewrite it


def ignore_progress(_step: str, _done: int, _total: int) -> None:
    """Ignore progress."""


class ClassifiedReport(Struct, frozen=True):
    """A report with tags and kinds, before it is related to the other reports of its library: what is cached of it.

    `findings` list missing metadata and likely kinds of notes. `reading` is the model that read the notes,
    empty if only their words classify them; `lesson` is the key of the lesson. `training_features` are the features of
    the notes whose kind is corrected, by the note's own part of its id. `marked_answers` are the questions of the notes
    that their author marked as answers, by note id. `assisted` is what assistants read in the notes. `moved` are the
    corrections of notes that have another id since a person or an assistant changed their talk. `applied` are the own
    parts of the ids in kb.toml that correct a note, a talk or a line of the report.
    """

    report: Report
    warnings: tuple[ReadingWarning, ...] = ()
    findings: tuple[Finding, ...] = ()
    reading: str = ""
    lesson: str = ""
    training_features: Mapping[str, tuple[str, ...]] = {}
    marked_answers: Mapping[str, str] = {}
    scores: tuple[bytes, ...] = ()
    assisted: LineReadings = {}
    moved: Mapping[str, Correction] = {}
    applied: tuple[str, ...] = ()


class FinishedReport(Struct, frozen=True):
    """A classified report with the morphemes of its texts."""

    classified: ClassifiedReport
    morphemes: Morphemes

    @property
    def report(self) -> Report:
        """The report."""
        return self.classified.report


class Tools(Struct, frozen=True, dict=True, weakref=True):
    """The configuration of a library, and the analyzer and tables that follow from it."""

    configuration: Configuration = Configuration()

    @cached_property
    def analyzer(self) -> "Analyzer":
        """The analyzer with the names and words of the domain in its dictionary."""
        return _analyzer(self.domain.words)

    @cached_property
    def corrections(self) -> Corrections:
        """The corrections of notes, by report."""
        return _by_first_part(self.configuration.corrections)

    @cached_property
    def talks(self) -> Mapping[str, Mapping[str, TalkCorrection]]:
        """The corrections of talks and lines, by the slug of the event in their ids."""
        return _by_first_part(self.configuration.talks)

    @property
    def domain(self) -> "Domain":
        """The domain of the library."""
        return self.configuration.domain

    @property
    def catalogue(self) -> "Catalogue":
        """The services of the domain."""
        return self.domain.catalogue


def _by_first_part(corrections: Mapping[str, T]) -> Mapping[str, Mapping[str, T]]:
    """Return corrections, which are by id, grouped by the report or event in the id."""
    grouped: defaultdict[str, dict[str, T]] = defaultdict(dict)
    for some_id, correction in corrections.items():
        grouped[report_part(some_id)][some_id] = correction
    return grouped


_tools: WeakValueDictionary[str, Tools] = WeakValueDictionary()  # those of a generation stay while it is in use


def tools_of(text: str) -> Tools:
    """Return the tools of a kb.toml with this text; those of an empty one if this version of kb refuses it."""
    if tools := _tools.get(text):
        return tools
    try:
        configuration = parse(text.encode())
    except ConfigurationError:  # for one, of a service that kb has had since
        configuration = Configuration()
    return _tools.setdefault(text, Tools(configuration))


@lru_cache(1)  # a kb.toml with the same words has the same analyzer
def _analyzer(words: "tuple[LexiconEntry, ...]") -> "Analyzer":
    from index.analysis import Analyzer

    return Analyzer(words, cache_folder("dictionary"))


def finish_report(
    outline: Outline,
    tools: Tools,
    override: MetadataOverride | None = None,
    *,
    reader: "PassageReader | None" = None,
    lesson: "Lesson | None" = None,
    most_unread: int = 0,
    read: Mapping[str, LineReading] = {},
) -> FinishedReport:
    """Return the finished report of an outline; the metadata override defaults to the one in kb.toml.

    Notes are classified by their words, by what the `reader` reads in them, and by the library's lesson. It reads
    `most_unread` notes that it has not read yet; if there are more of them, words alone classify all. What assistants
    `read`, by the keys of lines, wins over both, and a person's corrections over that.
    """
    from kb.kinds import lesson_features
    from kb.pipeline.lint import findings
    from kb.services.tagger import tag
    from kb.talks import with_own_id

    override = with_own_id(outline, override or tools.configuration.override(outline.source))
    read = {key: one for key, one in read.items() if not one.undone}
    report, candidates, corrections, own_notes = _cut(outline, override, tools, read)
    report, assisted = _assisted_notes(outline, report, tools, read) if read else (report, {})
    by_person = talk_corrections(report, tools)
    report = _with_talks(report, {talk: (by_person[talk.id], "") for talk in report.talks if talk.id in by_person})
    direct = corrections_for(report, tools.corrections)
    applied = own_notes & set(map(own_part, direct)) | _own_parts(report.talks) & set(map(own_part, by_person))
    tagged = tag(report, tools.domain, corrections, assisted)
    morphemes = morphemes_of(tagged, AnalysedTexts(tools))
    without_kinds = ClassifiedReport(
        tagged,
        outline.warnings,
        tuple(islice(findings(outline, tagged, tools.domain, candidates), _MAX_FINDINGS)),
        training_features=lesson_features(tagged, morphemes, corrections),
        marked_answers={note.id: note.answers for note in tagged.notes if note.answers},
        assisted=assisted,
        moved={note: one for note, one in corrections.items() if note not in direct},
        applied=tuple(sorted(applied | set(map(own_part, candidates.overridden)))),
    )
    return with_kinds(FinishedReport(without_kinds, morphemes), corrections, reader, lesson, most_unread)


def _own_parts(parts: "Iterable[Note | Talk]") -> set[str]:
    return {own_part(one.id) for one in parts}


def with_kinds(
    finished: FinishedReport,
    corrections: Mapping[str, Correction],
    reader: "PassageReader | None",
    lesson: "Lesson | None",
    most_unread: int = 0,
) -> FinishedReport:
    """Return a report with the kinds of its notes, whether or not it has kinds already.

    Notes are classified by their words alone if the `reader` returns nothing or fails.
    """
    from kb.kinds import classify, likely_claims, word_scores

    before, morphemes = finished.classified, finished.morphemes
    report, marked, lesson_key = before.report, before.marked_answers, lesson.key if lesson else ""
    notes = [replace(note, answers=marked.get(note.id)) if note.answers else note for note in report.notes]
    report = replace(report, notes=tuple(notes))
    readings = None
    if reader and notes:
        with suppress(EmbeddingError):  # making the vectors will fail, too, and report it
            readings = reader.of([note.passage for note in notes], most_unread)
    scores = before.scores if before.lesson == lesson_key else ()
    adaptation = lesson.adaptation if lesson else None
    if not scores and (readings is None or adaptation):
        scores = word_scores(report, morphemes, adaptation)
    report = classify(report, morphemes, corrections, readings, scores, assisted=before.assisted)
    missing = (finding for finding in before.findings if finding.what not in get_args(Claim))
    classified = replace(
        before,
        report=report,
        findings=(*missing, *likely_claims(report)),
        reading=reader.reading if reader and readings is not None else "",
        lesson=lesson_key,
        scores=scores,
    )
    return FinishedReport(classified, morphemes)


def report_key(title: str) -> str:
    """Return the key of the reading of a report as a whole; another report in the same file has another one."""
    return f"report-{digest(title, length=8)}"


def _cut(
    outline: Outline, override: MetadataOverride, tools: Tools, read: LineReadings
) -> "tuple[Report, Candidates, Mapping[str, Correction], set[str]]":
    """Return the talks and notes of an outline, its candidates for talks, and the corrections of its notes.

    Rules find the talks. What kb.toml says of lines changes them, and then what assistants read does. Both change the
    ids of notes, which have the titles of their talks: the corrections of such notes follow them. The last value has
    the own parts of all ids that the notes have on this way.
    """
    from kb.talks import report_with_candidates

    lines = line_overrides(tools, override)
    report, candidates = report_with_candidates(outline, override, lines)
    corrections, own_notes = corrections_for(report, tools.corrections), _own_parts(report.notes)
    if corrections and lines:
        by_rules = report_with_candidates(outline, override)[0]
        own_notes |= _own_parts(by_rules.notes)
        corrections = _by_line(report, by_rules, corrections, corrections)
    if read:
        own = report
        report, candidates = _assisted_report(outline, own, override, tools, read)
        corrections = _by_line(report, own, corrections, corrections_for(report, tools.corrections))
        own_notes |= _own_parts(report.notes)
    return report, candidates, corrections, own_notes


def _assisted_report(
    outline: Outline, own: Report, override: MetadataOverride, tools: Tools, read: LineReadings
) -> "tuple[Report, Candidates]":
    """Return the report with the event, the day and the talks that an assistant read; `own` is that without them."""
    from kb.talks import report_with_candidates

    said = read.get(report_key(outline.title or ""))
    if said:
        event, held_on = (
            theirs if persons is None else persons
            for persons, theirs in ((override.event, said.event), (override.held_on, said.held_on))
        )
        is_other = event is not None and report_id(event or None, own.title) != own.id
        former = (*override.former, *((own.id,) if is_other else ()))
        override = replace(override, event=event, held_on=held_on, former=former)
    roles = {key: one.role for key, one in read.items() if one.role}
    return report_with_candidates(outline, override, line_overrides(tools, override), roles)


def _by_line(
    report: Report, own: Report, of_own: Mapping[str, Correction], corrections: Mapping[str, Correction]
) -> Mapping[str, Correction]:
    """Return the corrections of a report's notes, also those of notes whose id changed with their talk."""
    former = {(note.line, note.text): of_own[note.id] for note in own.notes if note.id in of_own}
    moved = {note.id: former[place] for note in report.notes if (place := (note.line, note.text)) in former}
    return {**moved, **corrections}


def _assisted_notes(outline: Outline, report: Report, tools: Tools, read: LineReadings) -> tuple[Report, LineReadings]:
    """Return the report with the titles and speakers that an assistant read, and what it read in each note."""
    from kb.talks import line_keys, lines_of

    lines = lines_of(outline.blocks)
    keys = dict[int, str]()
    for line, key in zip(lines, line_keys(lines), strict=True):
        keys.setdefault(line.number, key)
    notes = {keys[note.line]: note.id for note in reversed(report.notes) if note.line in keys}

    def with_ids(reading: LineReading) -> LineReading:
        """Return a reading with the notes that it names by their ids, without notes and services that are gone."""
        remedy_of, answers = (other and notes.get(other) for other in (reading.remedy_of, reading.answers))
        add = tuple(service for service in reading.add if service in tools.catalogue.by_slug)
        return replace(reading, remedy_of=remedy_of, answers=answers, add=add)

    assisted = {note: with_ids(read[key]) for key, note in notes.items() if key in read}
    said = {talk: (one, one.by) for talk in report.talks if (one := read.get(keys.get(talk.line, "")))}
    return _with_talks(report, said), assisted


def talk_corrections(report: "Report | ReportEntry", tools: Tools) -> Mapping[str, TalkCorrection]:
    """Return a person's corrections of the talks and lines of a report by current id."""
    return _talks_at(report.event, report.former, tools)


def line_overrides(tools: Tools, override: MetadataOverride) -> "TalkOverrides":
    """Return what kb.toml says of the lines of a report: whether they are talks or end one, by id."""
    talks = {
        **tools.configuration.talks,
        **(_talks_at(override.event, override.former, tools) if override.event else {}),
    }
    return {line: talk.talk for line, talk in talks.items() if talk.talk is not None}


def _talks_at(event: str | None, former: Iterable[str], tools: Tools) -> Mapping[str, TalkCorrection]:
    """Return the corrections of an event's talks by current id; kb.toml may have them under a former event or none."""
    return {
        talk_id_at(talk, event): correction
        for each in event_slugs(event, former)
        for talk, correction in tools.talks.get(each, {}).items()
    }


def _with_talks(report: Report, said: "Mapping[Talk, tuple[TalkCorrection | LineReading, str]]") -> Report:
    """Return a report with the titles and speakers of some talks, and who read them. Ids of talks and notes stay."""

    def corrected(talk: Talk) -> Talk:
        if talk not in said:
            return talk
        one, read_by = said[talk]
        if one.title and one.title != talk.title:
            talk = replace(talk, title=one.title, written=talk.written_title)
        return replace(talk, speakers=talk.speakers if one.speakers is None else one.speakers, read_by=read_by)

    talks = {talk: corrected(talk) for talk in report.talks}
    notes = (replace(note, talk=talks[note.talk]) if note.talk else note for note in report.notes)
    return replace(report, talks=tuple(talks.values()), notes=tuple(notes))


def corrections_for(report: "Report | ReportEntry", corrections: Corrections) -> Mapping[str, Correction]:
    """Return the corrections of a report's notes by current note id; kb.toml may have former ids of the report."""
    return {
        report.id + note.removeprefix(known): correction
        for known in ids_of(report.id, report.source, report.url, report.former)
        for note, correction in corrections.get(known, {}).items()
    }


class AnalysedTexts(dict[str, "tuple[Morpheme, ...]"]):
    """The morphemes of texts, each analysed when it is first asked for."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    def __missing__(self, text: str) -> "tuple[Morpheme, ...]":
        self[text] = morphemes = self._tools.analyzer.morphemes(text)
        return morphemes


def morphemes_of(report: Report, analysis: Morphemes) -> Morphemes:
    """Return the morphemes of each text of a report."""
    return {text: analysis[text] for text in all_texts(report)}


def all_texts(report: Report) -> set[str]:
    """Return every text of a report that is analysed."""
    notes = report.notes
    headings = {talk.heading for talk in report.talks}
    attached = {text for note in notes for text in note.attached}
    return headings | attached | {note.text for note in notes} | {crumb.text for note in notes for crumb in note.trail}
