"""One sync: from the files of a library to the next generation of its index.

A report file becomes notes in eight steps:

    1 scan      `Library.scan` reads the files of the library (`kb.indexing.indexer`)
    2 read      `read_outline` turns the bytes of a file into blocks   ┐
    3 report    `report_of` cuts the outline into talks and notes      │ `kb.pipeline.reports`,
    4 tag       `tag` finds the services of each note                  │ through the report cache
    5 classify  `classify` finds the kind of each note                 ┘
    6 document  `documents` turns the notes into documents with terms and facets
    7 write     `Engine.publish` writes the documents as a segment of a new generation
    8 commit    `Engine.publish` makes the new generation the current one

Between 5 and 6, the whole library decides about copies, ids and shared talks (`kb.pipeline.relations`). Unchanged files
(`kb.indexing.unchanged`) skip steps 2 to 5, and the others too unless the library gives them another id or talk.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext, suppress
from functools import lru_cache
from itertools import accumulate

from msgspec import to_builtins
from msgspec.structs import replace

from index.embedder import EmbeddingError
from index.embedding import PassageReader
from index.engine import Publication
from index.schema import Document
from kb.indexing import staging
from kb.indexing.differences import (
    GenerationComparison,
    UnreadableNotesError,
    difference,
    first_difference,
    reading_difference,
)
from kb.indexing.news import MAX_UPDATES, Update, UpdateStore, moment_after, newest_news
from kb.indexing.report_cache import ReportCache, ReportLoader, ReportSummary, lesson_of
from kb.indexing.staging import FileResult, StagedReports
from kb.indexing.unchanged import UnchangedFiles
from kb.indexing.unused import UnusedCorrections
from kb.library.contents import Contents, ReportEntry
from kb.library.files import ReportFile, Scan
from kb.pipeline import relations
from kb.pipeline.reports import MAX_UNREAD, Progress, tools_of
from kb.report.difference import Difference
from kb.report.model import Note
from kb.report.problems import FileProblem, UnreadableError
from kb.search.collection import Collection, Snapshot
from kb.search.documents import documents
from kb.storage.caches import code_digest


class Sync:
    """One sync of a collection with a scan of its library.

    `before` is the generation that the index holds, None if it is missing or damaged, and `since` the engine's stamp
    from before it was read. The `reader` reads the notes of changed reports, unless they are too many. With
    `after_reading`, reports that only words classified are classified again if their notes have been read since.
    """

    def __init__(
        self,
        collection: Collection,
        scan: Scan,
        before: Snapshot | None,
        since: object,
        progress: Progress,
        *,
        cache: ReportCache,
        reader: PassageReader | None = None,
        after_reading: bool = False,
    ) -> None:
        self._collection, self._scan, self._before, self._since = collection, scan, before, since
        self._progress = progress
        self._files = {file.source: file for file in scan.files}
        contents = before.contents if before else None
        self._updates = contents.updates if contents else ()
        self._last = UpdateStore(collection.index).newest(self._updates)
        # The reading of a library is one update, although its kinds come in portions.
        self._earlier_reading = self._last.difference if self._last and after_reading else None
        if self._earlier_reading and not self._earlier_reading.read:
            self._earlier_reading = None
        self._tools = tools_of(scan.configuration.text)  # the collection has those of the generation before
        self._lesson = lesson_of(scan, contents, ReportLoader(self._tools, cache))
        self._reader, self._after_reading = reader, after_reading
        self._loader = ReportLoader(self._tools, cache, reader, self._lesson)
        self._unchanged = UnchangedFiles(contents, scan, self._loader, after_reading=after_reading)

    def run(self) -> tuple[Contents, Difference | None]:
        """Publish the next generation; return its contents and its difference, None if nothing differs.

        Raises OutdatedError if another process published a generation since.
        """
        files = [file for file in self._scan.files if file.source not in self._unchanged.sources]
        collection, configuration = self._collection, self._scan.configuration
        with collection.engine.staging() if len(files) >= staging.MIN_FILES else nullcontext() as writer:
            staged = StagedReports({}, ())
            if writer:  # steps 2–7 in worker processes, as if these were the only reports of their ids
                given = (files, writer, collection.index, configuration, self._progress)
                staged = staging.stage(*given, reader=self._reader, lesson=self._lesson)
            summaries, problems = self._read_reports(staged.results)
            contents = self._with_unused(self._relate(summaries, problems))
            update = self._compare(contents)
            self._publish(contents, staged, update)
        return contents, update.difference if update else None

    @property
    def is_needed(self) -> bool:
        """Whether any file has changed, or counts as changed."""
        return len(self._unchanged.sources) < len(self._files)

    def preview(self) -> Difference | None:
        """Return the difference that a sync would make, None if nothing differs; nothing is published."""
        update = self._compare(self._relate(*self._read_reports({})))
        return update.difference if update else None

    def _read_reports(
        self, staged: Mapping[str, FileResult]
    ) -> tuple[Mapping[str, ReportSummary], Sequence[FileProblem]]:
        """Take each changed file through steps 2–5; return all reports by source, and why other files are unreadable.

        `staged` are the results of the worker processes.
        """
        results = {**self._unchanged.results(), **staged}
        files = [file for file in self._scan.files if file.source not in results]
        for number, file in enumerate(files, start=1):
            try:
                results[file.source] = ReportSummary.of(self._loader.load(file), file)
            except UnreadableError as error:
                results[file.source] = error.problem
            self._progress("reading", number, len(files))
        self._read_notes(results)
        ordered = [(source, results[source]) for source in self._files]
        summaries = {source: result for source, result in ordered if isinstance(result, ReportSummary)}
        return summaries, [result for _, result in ordered if isinstance(result, FileProblem)]

    def _read_notes(self, results: dict[str, FileResult]) -> None:
        """Read the notes of changed reports by the model, if these are few, and classify the reports again."""
        if self._reader is None:
            return
        lacking, passages = list[ReportFile](), dict[str, None]()
        for file in self._scan.files:
            result = results[file.source]
            is_changed = file.source not in self._unchanged.sources
            if is_changed and isinstance(result, ReportSummary) and self._loader.lacks_reading(result.entry):
                lacking.append(file)
                passages |= dict.fromkeys(self._loader.unread(file))
                if len(passages) > MAX_UNREAD:
                    return  # an import: `Indexer.embed` reads them
        if not passages:
            return
        with suppress(EmbeddingError):  # `Indexer.embed` will fail, too, and report it
            self._reader.read(list(passages), lambda done, total: self._progress("classifying", done, total))
        for file in lacking:
            results[file.source] = ReportSummary.of(self._loader.load(file), file)

    def _relate(self, summaries: Mapping[str, ReportSummary], problems: Sequence[FileProblem]) -> Contents:
        """Return the contents of the next generation: the reports without copies, under their final ids."""
        own = [summary.entry for summary in summaries.values()]
        texts = {
            source: relations.texts_of(self._loader.load_for_any_domain(self._files[source]))
            for source in relations.sources_with_shared_ids(own)
        }
        related = relations.relate(own, texts)
        problems = [
            *problems,
            *(problem for source in related.ids for problem in summaries[source].problems),  # none of copies
            *related.problems,
        ]
        places = {source: place for place, source in enumerate(self._files)}
        return Contents(
            library=self._collection.library.name,
            code=code_digest(),
            configuration=self._scan.digest,
            configuration_text=self._scan.configuration.text,
            files={file.source: file.version for file in self._scan.files},
            ids={source: summary.entry.id for source, summary in summaries.items()},
            reports=relations.with_shared_talks(
                [replace(summaries[source].entry, id=report_id) for source, report_id in related.ids.items()],
                self._scan.configuration,
            ),
            problems=tuple(sorted(problems, key=lambda problem: places[problem.source])),
            lesson=self._lesson.key,
            learned=self._lesson.counts,
        )

    def _with_unused(self, contents: Contents) -> Contents:
        """Return the contents of the next generation with the corrections in kb.toml that apply to nothing."""

        @lru_cache(8)
        def notes_of(source: str) -> tuple[Note, ...]:
            report = self._loader.load(self._files[source]).report
            return relations.with_ids_of(report, contents.by_source[source]).notes

        return replace(contents, unused=UnusedCorrections(contents, self._scan, self._before, notes_of).all())

    def _compare(self, contents: Contents) -> Update | None:
        """Return the difference and the news of the next generation, None if nothing differs."""
        at, news = moment_after(self._last), self._last.news if self._last else ()
        if self._before is None:
            return Update(first_difference(contents, at), ())
        comparison, reports = GenerationComparison(self._before, contents, self._tools.domain), []
        try:
            for entry in self._changed_entries(contents.reports):
                report = self._loader.load(self._files[entry.source]).report
                reports.append(comparison.changed(entry, relations.with_ids_of(report, entry).notes))
            reports += comparison.gone()
        except UnreadableNotesError:
            return Update(first_difference(contents, at), news)
        found = difference(reports, at)
        if found and self._after_reading:
            return Update(reading_difference(found, self._earlier_reading), news)
        return Update(found, newest_news(news, tuple(comparison.news(reports, at)))) if found else None

    def _publish(
        self,
        contents: Contents,
        staged: StagedReports,
        update: Update | None,
    ) -> None:
        """Write and commit the next generation, with the update that it makes (steps 6–8)."""
        written = {source: staged.results[source] for segment in staged.segments for source, _ in segment.runs}
        entries = self._changed_entries(
            # A staged report is written again if the library changed its id or its talks, or its notes were read.
            entry
            for entry in contents.reports
            if not (isinstance(before := written.get(entry.source), ReportSummary) and before.entry == entry)
        )
        store = UpdateStore(self._collection.index)
        key = store.store(update) if update else None
        if key:
            earlier = self._updates[:-1] if self._earlier_reading else self._updates
            contents = replace(contents, updates=(*earlier, key)[-MAX_UPDATES:])
        else:
            contents = replace(contents, updates=self._updates)
        order = tuple(entry.source for entry in contents.reports)
        try:
            self._collection.engine.publish(
                Publication(self._documents(entries), order, to_builtins(contents), staged.segments), self._since
            )
        except BaseException:
            if key:
                store.delete(key)
            raise
        store.keep_only(contents.updates)
        self._loader.cache.keep_only(contents.ids.keys())

    def _documents(self, entries: Sequence[ReportEntry]) -> Mapping[str, Iterator[Document]]:
        """Return the documents of reports by source; each report is loaded when the engine writes it."""
        written = list(accumulate(entry.notes for entry in entries))

        def documents_of(entry: ReportEntry, done: int) -> Iterator[Document]:
            finished = self._loader.load_analysed(self._files[entry.source])
            report, analyzer = relations.with_ids_of(finished.report, entry), self._tools.analyzer
            renamed = {talk.heading for talk in report.talks} - finished.morphemes.keys()  # by the names of speakers
            morphemes = {**finished.morphemes, **{heading: analyzer.morphemes(heading) for heading in renamed}}
            yield from documents(report, morphemes, analyzer, self._tools.domain)
            self._progress("writing", done, written[-1])

        return {entry.source: documents_of(entry, done) for entry, done in zip(entries, written, strict=True)}

    def _changed_entries(self, entries: Iterable[ReportEntry]) -> list[ReportEntry]:
        """Return the entries of reports whose documents the index lacks or holds in another state."""
        return [entry for entry in entries if not self._unchanged.are_documents_current(entry)]
