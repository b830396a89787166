"""The way of one file to a finished report: read, cut into talks and notes, tagged, classified, paired."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from kb.library.configuration import Configuration
from kb.report.identity import ids_of, report_part
from kb.report.model import Correction, MetadataOverride, Report, Talk, TalkCorrection
from kb.report.outline import Outline, ReadingWarning
from kb.report.problems import Finding
from kb.storage.caches import cache_folder

if TYPE_CHECKING:  # and imports within functions: who only asks waits for none of these (tests/kb/cli/test_starts.py)
    from index.analysis import Analyzer, Morpheme
    from index.embedder import KeptVectors
    from kb.kinds import Lesson
    from kb.services import Catalogue, Domain
    from kb.talks import TalkOverrides

Corrections: TypeAlias = Mapping[str, Mapping[str, Correction]]
"""Corrections of notes by the report, under whichever of its ids they stand in kb.toml, and by the note."""
Progress: TypeAlias = Callable[[str, int, int], None]
"""What is called as long work goes on: with its step, how much is done, and the total."""

_MOST_FINDINGS = 50  # of a report that are remembered; one that has more is best written anew


def silent(_step: str, _done: int, _total: int) -> None:
    """Show nobody how far the work is."""


class FinishedReport(Struct, frozen=True):
    """A report as one file tells it, the analysis of each text in it, and what was odd."""

    report: Report
    morphemes: "Mapping[str, tuple[Morpheme, ...]]"
    warnings: tuple[ReadingWarning, ...] = ()
    findings: tuple[Finding, ...] = ()  # the first of what is missing, and what may be claimed of notes
    vectors: str = ""  # the model whose vectors its notes were classified by
    # What is true of notes whose kind is corrected, by their own part of the id:
    taught: Mapping[str, tuple[str, ...]] = {}


class Tools(Struct, frozen=True, dict=True):
    """What reading needs besides the file: what kb.toml says, and the analysis that knows all names."""

    configuration: Configuration = Configuration()

    @cached_property
    def analyzer(self) -> "Analyzer":
        """The analysis that knows the names and words of the domain."""
        from index.analysis import Analyzer

        return Analyzer(self.domain.words, cache_folder("dictionary"))

    @cached_property
    def corrections(self) -> Corrections:
        """The corrections of the configuration, by report."""
        return corrections_of(self.configuration)

    @cached_property
    def lines(self) -> "TalkOverrides":
        """Which lines are talks and which are none, as the configuration says."""
        return {line: talk.talk for line, talk in self.configuration.talks.items() if talk.talk is not None}

    @property
    def domain(self) -> "Domain":
        """What notes can be about."""
        return self.configuration.domain

    @property
    def catalogue(self) -> "Catalogue":
        """The services that are known."""
        return self.domain.catalogue


def read_report(
    data: bytes,
    source: str,
    tools: Tools,
    given: MetadataOverride | None = None,
    *,
    vectors: "KeptVectors | None" = None,
    lesson: "Lesson | None" = None,
) -> FinishedReport:
    """Return the report that a file's bytes hold; without `given` kb.toml overrides it. Raises UnreadableError."""
    from kb.readers.formats import read_outline

    return finish_report(read_outline(data, source), tools, given, vectors=vectors, lesson=lesson)


def finish_report(
    outline: Outline,
    tools: Tools,
    given: MetadataOverride | None = None,
    *,
    vectors: "KeptVectors | None" = None,
    lesson: "Lesson | None" = None,
) -> FinishedReport:
    """Return the report that an outline holds, finished.

    Where all its notes have `vectors`, they classify them too, and so does the `lesson` of the library's corrections.
    """
    from kb.kinds import classify, lesson_features, uncertain_claims
    from kb.pipeline.lint import findings
    from kb.services.tagger import tag
    from kb.talks import report_with_candidates

    given = given or tools.configuration.overrides.get(outline.source, MetadataOverride())
    found, candidates = report_with_candidates(outline, given, tools.lines)
    found = _with_speakers(found, tools.configuration.talks)
    corrections = corrections_for(found.id, found.source, given, tools.corrections)
    report = tag(found, tools.domain, corrections)
    analysed = analyse(report, tools)
    morphemes = analysed.morphemes
    known = vectors.of([note.passage for note in report.notes]) if vectors else None
    classified = classify(report, morphemes, corrections, known, lesson.adaptation if lesson else None)
    missing = islice(findings(outline, report, tools.domain, candidates), _MOST_FINDINGS)
    return replace(
        analysed,
        report=classified,
        vectors=vectors.name if vectors and known is not None else "",
        taught=lesson_features(report, morphemes, corrections),
        warnings=outline.warnings,
        findings=(*missing, *uncertain_claims(classified)),
    )


def _with_speakers(report: Report, talks: Mapping[str, TalkCorrection]) -> Report:
    """Return a report in which those speak in its talks whom kb.toml names, by the talk's id."""
    speakers = {talk: one.speakers for talk, one in talks.items() if one.speakers is not None}
    if not speakers:
        return report

    def spoken(talk: Talk) -> Talk:
        return replace(talk, speakers=speakers[talk.id]) if talk.id in speakers else talk

    notes = (replace(note, talk=note.talk and spoken(note.talk)) for note in report.notes)
    return replace(report, talks=tuple(map(spoken, report.talks)), notes=tuple(notes))


def corrections_of(configuration: Configuration) -> Corrections:
    """Return the corrections of a kb.toml by report."""
    by_report: defaultdict[str, dict[str, Correction]] = defaultdict(dict)
    for note, correction in configuration.corrections.items():
        by_report[report_part(note)][note] = correction
    return by_report


def corrections_for(
    report_id: str, source: str, given: MetadataOverride, corrections: Corrections
) -> Mapping[str, Correction]:
    """Return the corrections of a report's notes, under any id that it has had, by the ids that they have now."""
    return {
        report_id + note.removeprefix(known): correction
        for known in ids_of(report_id, source, given.url, given.former)
        for note, correction in corrections.get(known, {}).items()
    }


def analyse(report: Report, tools: Tools) -> FinishedReport:
    """Return a report with the analysis of each text in it."""
    return FinishedReport(report, {text: tools.analyzer.morphemes(text) for text in all_texts(report)})


def all_texts(report: Report) -> set[str]:
    """Return every text of a report that is analysed."""
    notes = report.notes
    titles = {talk.title for talk in report.talks}
    attached = {text for note in notes for text in note.attached}
    return titles | attached | {note.text for note in notes} | {crumb.text for note in notes for crumb in note.trail}
