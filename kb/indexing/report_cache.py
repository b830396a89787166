"""Files to finished reports: kept from before, or understood now, by what corrections of other notes teach too."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from index.embedder import KeptVectors
from kb.kinds import Lesson, lesson_labels
from kb.learning import Example
from kb.library.contents import Contents, ReportEntry
from kb.library.files import ReportFile, Scan
from kb.library.kept import Grounds, KeptReport, KeptReports
from kb.pipeline.reports import FinishedReport, Tools, all_texts, analyse, corrections_for, read_report
from kb.report.identity import own_part, report_part
from kb.report.model import MetadataOverride, Report
from kb.report.problems import FileProblem, UnreadableError
from kb.services import names_in
from kb.storage.caches import code_digest

_NOTHING_TAUGHT = Lesson()


@dataclass(frozen=True, slots=True)
class ReportSummary:
    """A report before it is related to the others of its library: its entry, and what was odd in its file.

    Its id is the one that it tells itself, and so are those of its talks.
    """

    entry: ReportEntry
    problems: tuple[FileProblem, ...]

    @classmethod
    def of(cls, finished: FinishedReport, file: ReportFile) -> "ReportSummary":
        """Return what an index is to know of the report that a file holds."""
        report = finished.report
        entry = ReportEntry(
            id=report.id,
            source=report.source,
            digest=file.digest,
            title=report.title,
            event=report.event,
            held_on=report.held_on,
            published=report.published,
            url=report.url,
            talks=report.talks,
            notes=len(report.notes),
            findings=finished.findings,
            asked=report.asked,
            vectors=finished.vectors,
        )
        problems = (FileProblem(file.source, warning.line, warning.message) for warning in finished.warnings)
        return cls(entry, tuple(problems))


class ReportLoader:
    """Finishes reports with some tools, and keeps them in the folder of an index, or for this once in `aside`.

    With `vectors` those that words alone told the kinds of are finished anew, and so are those of another `lesson`.
    """

    def __init__(
        self,
        index: Path,
        tools: Tools,
        aside: KeptReports | None = None,
        vectors: KeptVectors | None = None,
        lesson: Lesson = _NOTHING_TAUGHT,
    ) -> None:
        self._tools = tools
        self._vectors = vectors
        self._lesson = lesson
        self.kept = aside or KeptReports(index)
        self._domain = tools.configuration.domain_digest

    def analysed(self, file: ReportFile) -> FinishedReport:
        """Return what a file is understood as, kept from before or understood now. Raises UnreadableError."""
        kept = self._kept(file)
        if kept:
            analysed = analyse(kept.report, self._tools)
            return replace(analysed, warnings=kept.warnings, findings=kept.findings, vectors=kept.grounds.vectors)
        return self._understood(file)

    def finished(self, file: ReportFile) -> FinishedReport:
        """Return the same without the analysis of its texts."""
        kept = self._kept(file)
        if kept:
            return FinishedReport(kept.report, {}, kept.warnings, kept.findings, kept.grounds.vectors)
        return replace(self._understood(file), morphemes={})

    def report_of_any_domain(self, file: ReportFile) -> Report:
        """Return its report but for what a domain decides: its texts can be relied on, its services cannot."""
        kept = self.kept.find(file.source)
        grounds = kept and replace(kept.grounds, domain=self._domain, vectors="", lesson=self._lesson.key)
        return kept.report if kept and grounds == self._grounds(file, kept.report) else self.finished(file).report

    def taught(self, file: ReportFile, note: str) -> tuple[str, ...] | None:
        """Return what is true of a note whose kind is corrected, by its own part of its id, whatever is taught.

        None where it is gone. Raises UnreadableError.
        """
        kept = self.kept.find(file.source)
        if kept and (kept.grounds.file, kept.grounds.code) == (file.digest, code_digest()) and note in kept.taught:
            return kept.taught[note]
        return self._understood(file).taught.get(note)

    def _kept(self, file: ReportFile) -> KeptReport | None:
        kept = self.kept.find(file.source)
        if kept is None or (self._vectors and kept.grounds.vectors != self._vectors.name):
            return None
        return kept if replace(kept.grounds, vectors="") == self._grounds(file, kept.report) else None

    def _understood(self, file: ReportFile) -> FinishedReport:
        one = read_report(file.data, file.source, self._tools, vectors=self._vectors, lesson=self._lesson)
        names = names_in((one.report.title, *all_texts(one.report)))
        grounds = replace(self._grounds(file, one.report), vectors=one.vectors)
        self.kept.keep(KeptReport(grounds, names, one.warnings, one.findings, one.report, one.taught))
        return one

    def _grounds(self, file: ReportFile, report: Report) -> Grounds:
        given = self._tools.configuration.overrides.get(file.source, MetadataOverride())
        corrections = corrections_for(report.id, file.source, given, self._tools.corrections)
        configured = self._tools.configuration.talks
        talks = {asked: configured[asked] for asked in report.asked if asked in configured}
        return Grounds(file.digest, code_digest(), self._domain, given, corrections, talks, lesson=self._lesson.key)


def lesson_of(scan: Scan, held: Contents | None, finisher: ReportLoader) -> Lesson:
    """Return what the corrections in the kb.toml of a library teach, out of the reports that hold the corrected notes.

    Notes of reports that the index does not hold, or whose file cannot be read, teach nothing yet.
    """
    files = {file.source: file for file in scan.files}
    examples = []
    for note, kinds in lesson_labels(scan.configuration.corrections).items():
        for entry in held.reports_of_id(report_part(note)) if held else ():
            with suppress(UnreadableError):
                features = finisher.taught(files[entry.source], own_part(note)) if entry.source in files else None
                if features:
                    examples.append(Example(features, kinds))
    return Lesson(tuple(examples))
