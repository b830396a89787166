"""The way of one file to a finished report: read, cut into talks and notes, tagged, classified."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cached_property, lru_cache
from itertools import islice
from typing import TYPE_CHECKING, TypeAlias, get_args
from weakref import WeakValueDictionary

from msgspec import Struct
from msgspec.structs import replace

from index.embedder import EmbeddingError
from kb.library.configuration import Configuration, parse
from kb.library.tables import ConfigurationError
from kb.report.identity import ids_of, report_part
from kb.report.model import Claim, Correction, MetadataOverride, Report, Talk, TalkCorrection
from kb.report.outline import Outline, ReadingWarning
from kb.report.problems import Finding
from kb.storage.caches import cache_folder

if TYPE_CHECKING:  # as in functions below: a search must not load what reads reports (tests/kb/cli/test_starts.py)
    from index.analysis import Analyzer, LexiconEntry, Morpheme
    from index.embedding import PassageReader
    from kb.kinds import Lesson
    from kb.services import Catalogue, Domain
    from kb.talks import TalkOverrides

Morphemes: TypeAlias = "Mapping[str, tuple[Morpheme, ...]]"
"""The morphemes of each text of a report."""
Corrections: TypeAlias = Mapping[str, Mapping[str, Correction]]
"""Corrections by note, grouped by the report id that kb.toml has in the note's id: it may be a former one."""
Progress: TypeAlias = Callable[[str, int, int], None]
"""Called during long work with the step, the number done, and the total."""

# New notes of a sync or preview that the model reads before they are shown, in ten seconds on two cores. No report has
# as many, so that only the notes of an import are read in the background.
MAX_UNREAD = 1_000
_MAX_FINDINGS = 50  # of a report that are stored; an author with more would rather rewrite it


def ignore_progress(_step: str, _done: int, _total: int) -> None:
    """Ignore progress."""


class FinishedReport(Struct, frozen=True):
    """A report with tags and kinds, before it is related to the other reports of its library.

    `findings` list missing metadata and likely kinds of notes. `reading` is the model that read the notes,
    empty if only their words classify them; `lesson` is the key of the lesson. `training_features` are the features of
    the notes whose kind is corrected, by the note's own part of its id. `marked_answers` are the questions of the notes
    that their author marked as answers, by note id.
    """

    report: Report
    morphemes: Morphemes
    warnings: tuple[ReadingWarning, ...] = ()
    findings: tuple[Finding, ...] = ()
    reading: str = ""
    lesson: str = ""
    training_features: Mapping[str, tuple[str, ...]] = {}
    marked_answers: Mapping[str, str] = {}
    scores: tuple[bytes, ...] = ()


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
        return corrections_of(self.configuration)

    @cached_property
    def lines(self) -> "TalkOverrides":
        """The lines that kb.toml marks as a talk (True) or as no talk (False)."""
        return {line: talk.talk for line, talk in self.configuration.talks.items() if talk.talk is not None}

    @property
    def domain(self) -> "Domain":
        """The domain of the library."""
        return self.configuration.domain

    @property
    def catalogue(self) -> "Catalogue":
        """The services of the domain."""
        return self.domain.catalogue


_tools: WeakValueDictionary[str, Tools] = WeakValueDictionary()  # those of a generation stay while it is in use


def tools_of(text: str) -> Tools:
    """Return the tools of a kb.toml with this text; those of an empty one if this version of kb refuses it."""
    if tools := _tools.get(text):
        return tools
    try:
        configuration = parse(text.encode()) if text else Configuration()  # tomllib takes time to load
    except ConfigurationError:  # for one, of a service that kb has had since
        configuration = Configuration()
    return _tools.setdefault(text, Tools(configuration))


@lru_cache(1)  # a kb.toml with the same words has the same analyzer
def _analyzer(words: "tuple[LexiconEntry, ...]") -> "Analyzer":
    from index.analysis import Analyzer

    return Analyzer(words, cache_folder("dictionary"))


def read_report(
    data: bytes,
    source: str,
    tools: Tools,
    override: MetadataOverride | None = None,
    *,
    reader: "PassageReader | None" = None,
    lesson: "Lesson | None" = None,
    most_unread: int = 0,
) -> FinishedReport:
    """Read the bytes of a file and finish its report, as `finish_report` does. Raises UnreadableError."""
    from kb.readers.formats import read_outline

    outline = read_outline(data, source)
    return finish_report(outline, tools, override, reader=reader, lesson=lesson, most_unread=most_unread)


def finish_report(
    outline: Outline,
    tools: Tools,
    override: MetadataOverride | None = None,
    *,
    reader: "PassageReader | None" = None,
    lesson: "Lesson | None" = None,
    most_unread: int = 0,
) -> FinishedReport:
    """Return the finished report of an outline; the metadata override defaults to the one in kb.toml.

    Notes are classified by their words, by what the `reader` reads in them, and by the library's lesson. It reads
    `most_unread` notes that it has not read yet; if there are more of them, words alone classify all.
    """
    from kb.kinds import lesson_features
    from kb.pipeline.lint import findings
    from kb.services.tagger import tag
    from kb.talks import report_with_candidates

    override = override or tools.configuration.overrides.get(outline.source, MetadataOverride())
    report, candidates = report_with_candidates(outline, override, tools.lines)
    report = _with_speakers(report, tools.configuration.talks)
    corrections = corrections_for(report.id, report.source, override, tools.corrections)
    tagged = tag(report, tools.domain, corrections)
    morphemes = morphemes_of(tagged, AnalysedTexts(tools))
    finished = FinishedReport(
        tagged,
        morphemes,
        outline.warnings,
        tuple(islice(findings(outline, tagged, tools.domain, candidates), _MAX_FINDINGS)),
        training_features=lesson_features(tagged, morphemes, corrections),
        marked_answers={note.id: note.answers for note in tagged.notes if note.answers},
    )
    return classified(finished, corrections, reader, lesson, most_unread)


def classified(
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

    report, marked, lesson_key = finished.report, finished.marked_answers, lesson.key if lesson else ""
    notes = [replace(note, answers=marked.get(note.id)) if note.answers else note for note in report.notes]
    report = replace(report, notes=tuple(notes))
    readings = None
    if reader and notes:
        with suppress(EmbeddingError):  # making the vectors will fail too, and tells it
            readings = reader.of([note.passage for note in notes], most_unread)
    scores = finished.scores if finished.lesson == lesson_key else ()
    adaptation = lesson.adaptation if lesson else None
    if not scores and (readings is None or adaptation):
        scores = word_scores(report, finished.morphemes, adaptation)
    report = classify(report, finished.morphemes, corrections, readings, scores)
    missing = (finding for finding in finished.findings if finding.what not in get_args(Claim))
    return replace(
        finished,
        report=report,
        findings=(*missing, *likely_claims(report)),
        reading=reader.reading if reader and readings is not None else "",
        lesson=lesson_key,
        scores=scores,
    )


def _with_speakers(report: Report, talks: Mapping[str, TalkCorrection]) -> Report:
    speakers = {talk: correction.speakers for talk, correction in talks.items() if correction.speakers is not None}
    if not speakers:
        return report

    def corrected(talk: Talk) -> Talk:
        return replace(talk, speakers=speakers[talk.id]) if talk.id in speakers else talk

    notes = (replace(note, talk=note.talk and corrected(note.talk)) for note in report.notes)
    return replace(report, talks=tuple(map(corrected, report.talks)), notes=tuple(notes))


def corrections_of(configuration: Configuration) -> Corrections:
    """Return the corrections of a kb.toml by report."""
    by_report: defaultdict[str, dict[str, Correction]] = defaultdict(dict)
    for note, correction in configuration.corrections.items():
        by_report[report_part(note)][note] = correction
    return by_report


def corrections_for(
    report_id: str, source: str, override: MetadataOverride, corrections: Corrections
) -> Mapping[str, Correction]:
    """Return the corrections of a report's notes by current note id; kb.toml may have former ids of the report."""
    return {
        report_id + note.removeprefix(known): correction
        for known in ids_of(report_id, source, override.url, override.former)
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
