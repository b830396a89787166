"""The way of one file to a finished report: read, cut into talks and notes, tagged, classified, paired."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from index.analysis import Analyzer, Morpheme
from kb.kinds import classify, pair
from kb.library.configuration import Configuration
from kb.library.places import dictionary_folder
from kb.readers.formats import read_outline
from kb.report.model import Given, Report
from kb.report.outline import ReadingWarning
from kb.services import Catalogue, Domain, tag
from kb.talks import report_of


@dataclass(frozen=True, slots=True)
class Reading:
    """A finished report, the analysis of each text in it (made once, handed on to the index), and what was odd."""

    report: Report
    morphemes: Mapping[str, tuple[Morpheme, ...]] = field(repr=False)
    warnings: tuple[ReadingWarning, ...] = ()


@dataclass(frozen=True, slots=True)
class Tools:
    """What reading needs besides the file: what was told by hand, and the analysis that knows all names."""

    configuration: Configuration
    analyzer: Analyzer

    @classmethod
    def of(cls, configuration: Configuration | None = None) -> "Tools":
        """Return the tools for a library that is configured so."""
        configuration = configuration or Configuration()
        return cls(configuration, Analyzer(configuration.domain.words(), dictionary_folder()))

    @property
    def domain(self) -> Domain:
        """What notes can be about."""
        return self.configuration.domain

    @property
    def catalogue(self) -> Catalogue:
        """The services that are known."""
        return self.domain.catalogue


def read_report(data: bytes, source: str, tools: Tools, given: Given | None = None) -> Reading:
    """Return the report that a file's bytes hold; `given` is told by hand, else kb.toml's. Raises UnreadableError."""
    told = tools.configuration
    outline = read_outline(data, source)
    report = tag(report_of(outline, given or told.given.get(source)), told.domain, told.corrections)
    morphemes = {text: tools.analyzer.morphemes(text) for text in _texts(report)}
    return Reading(pair(classify(report, morphemes), morphemes), morphemes, outline.warnings)


def _texts(report: Report) -> set[str]:
    notes = report.notes
    titles = {talk.title for talk in report.talks}
    attached = {text for note in notes for text in note.attached}
    return titles | attached | {note.text for note in notes} | {crumb.text for note in notes for crumb in note.trail}


def with_id(reading: Reading, report_id: str) -> Reading:
    """Return a reading under another report id, where two reports would have the same."""
    old = reading.report.id

    def moved(note_id: str | None) -> str | None:
        return note_id and report_id + note_id.removeprefix(old)

    notes = tuple(
        replace(
            note,
            id=moved(note.id) or note.id,
            report=report_id,
            trail=tuple(replace(crumb, note=moved(crumb.note)) for crumb in note.trail),
            remedy_of=moved(note.remedy_of),
            answers=moved(note.answers),
        )
        for note in reading.report.notes
    )
    return replace(reading, report=replace(reading.report, id=report_id, notes=notes))
