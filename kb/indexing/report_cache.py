"""Finished reports of files: loaded from the cache in the index folder, or made and cached.

Each cache file begins with the SHA-256 of its content. A damaged file, or one of another version of kb, is ignored.
"""

import hashlib
import os
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from index.embedder import StoredVectors
from kb.kinds import Lesson, lesson_labels
from kb.learning import Example
from kb.library.contents import Contents, ReportEntry
from kb.library.files import ReportFile, Scan
from kb.library.places import CACHE_FOLDER, REPORT_SUFFIX, may_cache
from kb.pipeline.reports import FinishedReport, Tools, all_texts, corrections_for, morphemes_of, read_report
from kb.report.identity import own_part, report_part
from kb.report.model import Correction, MetadataOverride, Report, TalkCorrection
from kb.report.outline import ReadingWarning
from kb.report.problems import FileProblem, Finding, UnreadableError
from kb.services import names_in
from kb.storage.caches import code_digest, read_sealed, sealed

_NO_LESSON = Lesson()


class ReportSummary(Struct, frozen=True):
    """The entry of a report as its own file gives it, and the warnings of its reader.

    Its id, and those of its talks, do not depend on the other reports of the library.
    """

    entry: ReportEntry
    problems: tuple[FileProblem, ...]

    @classmethod
    def of(cls, finished: FinishedReport, file: ReportFile) -> "ReportSummary":
        """Return the summary of a file's finished report."""
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


class ReportFingerprint(Struct, frozen=True):
    """Everything that decides a finished report: a cached report with another fingerprint is made again.

    `file`, `code` and `domain` are digests, the next three are the entries of kb.toml about the report. `vectors` is
    the model that classified the notes, empty where only their words did. `lesson` is the key of the library's lesson.
    """

    file: str
    code: str
    domain: str
    override: MetadataOverride
    corrections: Mapping[str, Correction]
    talks: Mapping[str, TalkCorrection]
    vectors: str = ""
    lesson: str = ""


class CachedReport(Struct, frozen=True):
    """A finished report with its fingerprint.

    `folded_text` is all its text, as `kb.services.names_in` folds it to look for names. `training_features` are the
    features of the notes whose kind is corrected: the lesson for other notes is learned from them.
    """

    fingerprint: ReportFingerprint
    folded_text: str
    warnings: tuple[ReadingWarning, ...]
    findings: tuple[Finding, ...]
    report: Report
    training_features: Mapping[str, tuple[str, ...]] = {}


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
            self._memory[cached.report.source] = cached
            return
        if not may_cache(self._index):
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._path(cached.report.source)
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
    """Loads the finished report of a file, from the cache if its fingerprint is current.

    With `vectors`, reports that only words classified are made again, and so are those made with another `lesson`.
    """

    def __init__(
        self, tools: Tools, cache: ReportCache, vectors: StoredVectors | None = None, lesson: Lesson = _NO_LESSON
    ) -> None:
        self.cache = cache
        self._tools = tools
        self._vectors = vectors
        self._lesson = lesson
        self._domain = tools.configuration.domain_digest

    def load(self, file: ReportFile) -> FinishedReport:
        """Return the finished report of a file, without its morphemes. Raises UnreadableError."""
        cached = self._current(file)
        return _finished(cached) if cached else replace(self._make(file), morphemes={})

    def load_analysed(self, file: ReportFile) -> FinishedReport:
        """Return the finished report of a file with the morphemes of its texts. Raises UnreadableError."""
        cached = self._current(file)
        if cached is None:
            return self._make(file)
        return replace(_finished(cached), morphemes=morphemes_of(cached.report, self._tools))

    def load_for_any_domain(self, file: ReportFile) -> Report:
        """Return the report of a file, possibly with the services of an older domain: its texts are current."""
        if cached := self.cache.find(file.source):
            known = replace(cached.fingerprint, domain=self._domain, vectors="", lesson=self._lesson.key)
            if known == self._fingerprint(file, cached.report):
                return cached.report
        return self.load(file).report

    def training_features(self, file: ReportFile, note: str) -> tuple[str, ...] | None:
        """Return the features of a note whose kind is corrected, by its own part of its id. Raises UnreadableError.

        They do not depend on any lesson. None if the note is gone.
        """
        cached = self.cache.find(file.source)
        if cached and note in cached.training_features:
            known = cached.fingerprint
            if (known.file, known.code) == (file.digest, code_digest()):
                return cached.training_features[note]
        return self._make(file).training_features.get(note)

    def _current(self, file: ReportFile) -> CachedReport | None:
        cached = self.cache.find(file.source)
        if cached is None or (self._vectors and cached.fingerprint.vectors != self._vectors.name):
            return None
        return cached if replace(cached.fingerprint, vectors="") == self._fingerprint(file, cached.report) else None

    def _make(self, file: ReportFile) -> FinishedReport:
        finished = read_report(file.data, file.source, self._tools, vectors=self._vectors, lesson=self._lesson)
        report = finished.report
        fingerprint = replace(self._fingerprint(file, report), vectors=finished.vectors)
        text = names_in((report.title, *all_texts(report)))
        self.cache.store(
            CachedReport(fingerprint, text, finished.warnings, finished.findings, report, finished.training_features)
        )
        return finished

    def _fingerprint(self, file: ReportFile, report: Report) -> ReportFingerprint:
        override = self._tools.configuration.overrides.get(file.source, MetadataOverride())
        corrections = corrections_for(report.id, file.source, override, self._tools.corrections)
        configured = self._tools.configuration.talks
        talks = {talk: configured[talk] for talk in report.asked if talk in configured}
        return ReportFingerprint(
            file.digest, code_digest(), self._domain, override, corrections, talks, lesson=self._lesson.key
        )


def _finished(cached: CachedReport) -> FinishedReport:
    return FinishedReport(cached.report, {}, cached.warnings, cached.findings, vectors=cached.fingerprint.vectors)


def lesson_of(scan: Scan, contents: Contents | None, loader: ReportLoader) -> Lesson:
    """Return the lesson that the corrections in kb.toml teach about all other notes.

    A corrected note teaches nothing while the index lacks its report, or while its file is unreadable.
    """
    files = {file.source: file for file in scan.files}
    examples = []
    for note, kinds in lesson_labels(scan.configuration.corrections).items():
        for entry in contents.reports_of_id(report_part(note)) if contents else ():
            with suppress(UnreadableError):
                file = files.get(entry.source)
                if file and (features := loader.training_features(file, own_part(note))):
                    examples.append(Example(features, kinds))
    return Lesson(tuple(examples))
