"""Finished reports of files: loaded from the cache in the index folder, or made and cached.

A cached report is used as it is, classified again, or read again:

- read again: its file, what assistants read in it, its part of kb.toml, or kb itself differs (`ReportFingerprint`)
- classified again: the lesson differs, or the model has read its notes since they were classified by their words

Each cache file begins with the SHA-256 of its content. A damaged file, or one of another version of kb, is ignored.
"""

import hashlib
import os
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import get_args

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from index.embedding import PassageReader
from kb.kinds import MAX_LESSON, READING_WEIGHT, Lesson, lesson_features, lesson_labels
from kb.learning import Example
from kb.library.contents import Contents, ReportEntry, Strengths
from kb.library.files import ReportFile, Scan
from kb.library.line_readings import kind_readings, readings_in
from kb.library.places import CACHE_FOLDER, REPORT_SUFFIX, may_cache
from kb.pipeline.reports import (
    AnalysedTexts,
    ClassifiedReport,
    FinishedReport,
    Morphemes,
    Tools,
    all_texts,
    corrections_for,
    finish_report,
    morphemes_of,
    talk_corrections,
    with_kinds,
)
from kb.readers.formats import read_outline
from kb.report.identity import own_part, report_part
from kb.report.model import Claim, Correction, Kind, MetadataOverride, Report, TalkCorrection
from kb.report.problems import FileProblem, UnreadableError
from kb.services import names_in
from kb.storage.caches import code_digest, read_sealed, sealed

_NO_LESSON = Lesson()
_NO_CORRECTION = Correction()
_MAX_KEPT = 200_000  # morphemes kept until documents are made of them, 25 MB: those of 15,000 notes


class ReportSummary(Struct, frozen=True):
    """The entry of a report as its own file gives it, and the warnings of its reader.

    Its id, and those of its talks, do not depend on the other reports of the library.
    """

    entry: ReportEntry
    problems: tuple[FileProblem, ...]

    @classmethod
    def of(cls, classified: ClassifiedReport, file: ReportFile) -> "ReportSummary":
        """Return the summary of a file's report."""
        report = classified.report
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
            findings=classified.findings,
            former=report.former,
            applied=classified.applied,
            read_by=Counter(one.by for one in readings_in(file.read).values() if not one.undone),
            reading=classified.reading,
            claims={
                claim: Strengths(
                    sum(note.kind == claim for note in report.notes), sum(note.likely == claim for note in report.notes)
                )
                for claim in get_args(Claim)
            },
        )
        problems = (FileProblem(file.source, warning.line, warning.message) for warning in classified.warnings)
        return cls(entry, tuple(problems))


class ReportFingerprint(Struct, frozen=True):
    """Everything that decides a finished report: a cached report with another fingerprint is made again.

    `file` is the version of its `ReportFile`, `code` and `domain` are digests, the others are the entries of kb.toml
    about the report. The model and the lesson that classified its notes do not count: notes are classified again alone.
    """

    file: str
    code: str
    domain: str
    override: MetadataOverride
    corrections: Mapping[str, Correction]
    talks: Mapping[str, TalkCorrection]


class CachedReport(Struct, frozen=True):
    """A classified report with its fingerprint.

    `folded_text` is all its text, as `kb.services.names_in` folds it to look for names.
    """

    fingerprint: ReportFingerprint
    folded_text: str
    classified: ClassifiedReport


class _CachedText(Struct, frozen=True):
    """The first fields of a `CachedReport`, which decode ten times faster than all of it."""

    fingerprint: ReportFingerprint
    folded_text: str


class ReportCache:
    """The cached reports of an index by source. With `in_memory`, new ones are not written to the disk."""

    def __init__(self, index: Path, *, in_memory: bool = False) -> None:
        self._index = index
        self._folder = index / CACHE_FOLDER
        self._memory: dict[str, CachedReport] | None = {} if in_memory else None

    def find(self, source: str) -> CachedReport | None:
        """Return the cached report of a source, None if it is missing or damaged."""
        new = self._memory.get(source) if self._memory else None
        return new or read_sealed(self._path(source), CachedReport)

    def folded_text(self, source: str, digest: str) -> str | None:
        """Return the folded text of the report of a file with this SHA-256, None if it is not cached."""
        new = self._memory.get(source) if self._memory else None
        for cached in (new, read_sealed(self._path(source), _CachedText)):  # the disk may have an older state
            if cached and cached.fingerprint.file == digest:
                return cached.folded_text
        return None

    def store(self, cached: CachedReport) -> None:
        """Store a report in place of the cached one of its source, unless the index folder belongs to somebody else."""
        if self._memory is not None:
            self._memory[cached.classified.report.source] = cached
            return
        if not may_cache(self._index):
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._path(cached.classified.report.source)
        scratch = path.with_suffix(f".{os.getpid()}.tmp")
        scratch.write_bytes(sealed(msgspec.json.encode(cached)))
        with suppress(FileNotFoundError):  # another process, which does not know this report, has removed the file
            scratch.replace(path)

    def keep_only(self, sources: Collection[str]) -> None:
        """Delete the cached reports of all other sources, and the scratch files of killed processes."""
        kept = {self._path(source).name for source in sources}
        for path in self._folder.glob("*"):
            is_scratch = path.suffix == ".tmp" and not path.name.startswith(".")  # names with a dot belong to updates
            if (is_scratch or path.suffix == REPORT_SUFFIX) and path.name not in kept:
                path.unlink(missing_ok=True)

    def _path(self, source: str) -> Path:
        return self._folder / f"{hashlib.sha256(source.encode()).hexdigest()[:32]}{REPORT_SUFFIX}"


class ReportLoader:
    """Loads the finished reports of files under the configuration of `tools` and a lesson, and caches them."""

    def __init__(
        self, tools: Tools, cache: ReportCache, reader: PassageReader | None = None, lesson: Lesson = _NO_LESSON
    ) -> None:
        self.cache = cache
        self.tools = tools
        self._reader = reader
        self.lesson = lesson
        self._domain = tools.configuration.domain_digest
        self._kept: dict[str, Morphemes] = {}  # of reports that were analysed, by source
        self._room = _MAX_KEPT

    def load(self, file: ReportFile) -> ClassifiedReport:
        """Return the report of a file. Raises UnreadableError."""
        finished = self._current(file)
        count = sum(map(len, finished.morphemes.values()))
        if 0 < count <= self._room:
            self._kept[file.source] = finished.morphemes
            self._room -= count
        return finished.classified

    def load_analysed(self, file: ReportFile) -> FinishedReport:
        """Return the report of a file with the morphemes of its texts. Raises UnreadableError."""
        finished = self._current(file)
        known = finished.morphemes or self._known_morphemes(file)
        return replace(finished, morphemes=morphemes_of(finished.report, known))

    def load_for_any_domain(self, file: ReportFile) -> Report:
        """Return the report of a file, possibly with the services of an older domain: its texts are current."""
        return (self._cached(file, any_domain=True) or self.load(file)).report

    def training_features(self, file: ReportFile, notes: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        """Return the features of notes that teach, by the keys of `kb.kinds.lesson_features`. Raises UnreadableError.

        They do not depend on any lesson. Notes that are gone are missing. Those of notes that an assistant read are
        cached when they are first asked for: most of what assistants read is not among the latest.
        """
        cached, made_from = self.cache.find(file.source), (file.version, code_digest())
        is_current = cached and (cached.fingerprint.file, cached.fingerprint.code) == made_from
        known = cached.classified.training_features if cached and is_current else {}
        if not all(note in known for note in notes):
            classified = self._cached(file) or self.load(file)
            known = classified.training_features
            corrections = self._fingerprint(file, classified).corrections
            read = {
                note: one
                for note, one in classified.assisted.items()
                if one.of in notes and one.of not in known and not corrections.get(note, _NO_CORRECTION).of_kind
            }
            if read:
                morphemes = morphemes_of(classified.report, self._known_morphemes(file))
                known = {**known, **lesson_features(classified.report, morphemes, {}, read)}
                self._store(file, replace(classified, training_features=known))
        return {note: known[note] for note in notes if note in known}

    def lacks_reading(self, entry: ReportEntry) -> bool:
        """Return whether the notes of a report were classified without the reader, which reads them now."""
        return bool(self._reader and entry.notes and entry.reading != self._reader.reading)

    def unread(self, file: ReportFile) -> list[str]:
        """Return the passages of a file's report that the reader has not read. Raises UnreadableError."""
        notes = self.load_for_any_domain(file).notes
        return self._reader.unread(note.passage for note in notes) if self._reader else []

    def _current(self, file: ReportFile) -> FinishedReport:
        """Return the finished report of a file, with its morphemes only if they were needed for that."""
        cached = self._cached(file)
        if cached is None:
            outline, read = read_outline(file.data, file.source), readings_in(file.read)
            finished = finish_report(outline, self.tools, reader=self._reader, lesson=self.lesson, read=read)
        elif cached.lesson != self.lesson.key or self._has_new_readings(cached):
            finished = FinishedReport(cached, self._known_morphemes(file))
            corrections = {**cached.moved, **self._fingerprint(file, cached).corrections}
            finished = with_kinds(finished, corrections, self._reader, self.lesson)
        else:
            return FinishedReport(cached, {})
        self._store(file, finished.classified)
        return finished

    def _known_morphemes(self, file: ReportFile) -> Morphemes:
        """Return the morphemes of a file's report that are kept, and keep them no longer; else analyse each text."""
        kept = self._kept.pop(file.source, None)
        if kept is None:
            return AnalysedTexts(self.tools)
        self._room += sum(map(len, kept.values()))
        return kept

    def _cached(self, file: ReportFile, *, any_domain: bool = False) -> ClassifiedReport | None:
        """Return the cached report of a file, whatever classified its notes; None if it must be read again."""
        cached = self.cache.find(file.source)
        if cached is None:
            return None
        known, current = cached.fingerprint, self._fingerprint(file, cached.classified)
        is_current = known == (replace(current, domain=known.domain) if any_domain else current)
        return cached.classified if is_current else None

    def _has_new_readings(self, classified: ClassifiedReport) -> bool:
        """Return whether a report whose notes the model had not read is read now."""
        if self._reader is None or classified.reading == self._reader.reading:
            return False
        return self._reader.of([note.passage for note in classified.report.notes]) is not None

    def _store(self, file: ReportFile, classified: ClassifiedReport) -> None:
        text = names_in((classified.report.title, *all_texts(classified.report)))
        self.cache.store(CachedReport(self._fingerprint(file, classified), text, classified))

    def _fingerprint(self, file: ReportFile, classified: ClassifiedReport) -> ReportFingerprint:
        """Return the fingerprint that the report of a file has now."""
        report = classified.report
        override = self.tools.configuration.override(file.source)
        corrections = corrections_for(report, self.tools.corrections)
        talks = talk_corrections(report, self.tools)
        return ReportFingerprint(file.version, code_digest(), self._domain, override, corrections, talks)


def lesson_of(scan: Scan, contents: Contents | None, loader: ReportLoader) -> Lesson:
    """Return the lesson that the corrections in kb.toml and what assistants read teach about all other notes.

    The latest corrections come first, then the latest readings. A note teaches nothing while the index lacks its
    report, or while its file is unreadable.
    """
    if contents is None:
        return _NO_LESSON
    files = {file.source: file for file in scan.files if file.source in contents.files}
    learned, examples = scan.configuration.lesson, []
    corrected = lesson_labels(scan.configuration.corrections, learned.corrections)
    for note, kinds in corrected.items():
        for entry in contents.reports_of_id(report_part(note)):
            with suppress(UnreadableError):
                if file := files.get(entry.source):
                    features = loader.training_features(file, [own_part(note)])
                    examples += [Example(own, kinds) for own in features.values()]
    for source, read in _learned_readings(files.values(), learned.readings_until, MAX_LESSON - len(corrected)).items():
        with suppress(UnreadableError):
            features = loader.training_features(files[source], [*read])
            examples += [Example(own, (read[of],), READING_WEIGHT) for of, own in features.items()]
    return Lesson(tuple(examples), learned.strength)


def _learned_readings(files: Iterable[ReportFile], until: str, most: int) -> Mapping[str, Mapping[str, Kind]]:
    """Return the kinds in the latest readings until a time, by the source and the key of the line."""
    found = sorted(
        (one.at, file.source, one.of, one.kind)
        for file in files
        for one in kind_readings(file.read)
        if one.kind and one.at <= until
    )
    by_source: defaultdict[str, dict[str, Kind]] = defaultdict(dict)
    for _, source, of, kind in found[max(0, len(found) - most) :]:
        by_source[source][of] = kind
    return by_source
