"""Bringing an index up to its library: what has not changed is neither read, understood nor written again."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from index.embedder import KeptVectors
from index.schema import Document
from kb.indexing import staging
from kb.indexing.causes import Causes
from kb.indexing.differences import Comparison, difference, first_difference
from kb.indexing.report_cache import ReportLoader, ReportSummary, lesson_of
from kb.indexing.staging import FileResult, Staged
from kb.library.contents import Contents, ReportEntry
from kb.library.files import ReportFile, Scan
from kb.library.kept import MOST_UPDATES, KeptReports, Update, Updates, moment_after, newest_news
from kb.pipeline.relations import relate, texts_of, with_ids_of, with_own_talks, with_talks_met
from kb.pipeline.reports import Progress, corrections_for, corrections_of
from kb.report.difference import Difference
from kb.report.model import MetadataOverride, Note
from kb.report.problems import FileProblem, UnreadableError
from kb.search.collection import Collection, Snapshot
from kb.search.documents import documents
from kb.services import changed_names, changed_services
from kb.storage.caches import code_digest, deciding_digests


class Sync:
    """One sync of a collection with its library as it was found.

    `before` is what the index holds, if it is whole, and `since` the engine's stamp from before that was asked. What is
    understood is kept in the index, or for this once in `aside`. Those of a report that is read anew are classified by
    `vectors` too, where all its notes have some: of one that changed, of all where corrections teach another lesson
    than before, and with `anew` of those that words alone classified.
    """

    def __init__(
        self,
        collection: Collection,
        scan: Scan,
        before: Snapshot | None,
        since: object,
        progress: Progress,
        *,
        aside: KeptReports | None = None,
        vectors: KeptVectors | None = None,
        anew: bool = False,
    ) -> None:
        self._collection = collection
        self._scan = scan
        self._since = since
        self._progress = progress
        self._unclassified = vectors.name if vectors and anew else None
        self._held = before
        held = before.contents if before else None
        self._before = held if held and held.code == code_digest() else None
        finisher = ReportLoader(collection.index, collection.tools, aside)
        self._lesson = lesson_of(scan, held, finisher)
        self._finisher = ReportLoader(collection.index, collection.tools, aside, vectors, self._lesson)
        # Processes know no vectors: words alone classify what they read, until the vectors of its notes are made.
        taught = self._before is not None and self._before.lesson != self._lesson.key
        self._in_place = vectors is not None and (anew or taught)
        self._files = {file.source: file for file in scan.files}
        self._updates = held.updates if held else ()
        self._same = frozenset(self._unchanged(self._before)) if self._before else frozenset[str]()

    def run(self) -> tuple[Contents, Difference | None]:
        """Publish the next generation; return what it holds, and what that changes, None for nothing.

        Raises OutdatedError where another came since.
        """
        collection = self._collection
        changed = [file for file in self._scan.files if file.source not in self._same]
        if self._in_place or len(changed) < staging.WORTH_PROCESSES:
            return self._published(Staged({}, ()))
        with collection.engine.staging() as writer:
            configuration = collection.tools.configuration
            return self._published(
                staging.stage(changed, writer, collection.index, configuration, self._progress, lesson=self._lesson)
            )

    def preview(self) -> Difference | None:
        """Return what a sync would change, None for nothing; nothing is published."""
        update = self._update(self._settled({})[0])
        return update.difference if update else None

    def _published(self, staged: Staged) -> tuple[Contents, Difference | None]:
        """Settle what the library as a whole decides, and publish."""
        contents, standalone = self._settled(staged.results)
        written = {source for segment in staged.segments for source, _ in segment.runs}
        replaced = self._replaced(
            [one for one in contents.reports if one.source not in written or standalone[one.source].entry != one]
        )
        update, updates = self._update(contents), Updates(self._collection.index)
        key = updates.keep(update) if update else None
        contents = replace(contents, updates=((*self._updates, key) if key else self._updates)[-MOST_UPDATES:])
        order, meta = tuple(one.source for one in contents.reports), contents.as_meta()
        try:
            self._collection.engine.publish(replaced, (), order, meta, self._since, staged=staged.segments)
        except BaseException:
            updates.forget(filter(None, (key,)))
            raise
        updates.forget_others(contents.updates)
        self._finisher.kept.forget_others(standalone.keys())
        return contents, update.difference if update else None

    def _settled(self, results: Mapping[str, FileResult]) -> tuple[Contents, Mapping[str, ReportSummary]]:
        """Return what the next generation is to hold, and the reports of the library by themselves, by their files.

        `results` are those of files that were read already.
        """
        results = self._all_results(results)
        standalone = {source: one for source, one in results.items() if isinstance(one, ReportSummary)}
        related = relate(
            ((source, one.entry.id, one.entry.url) for source, one in standalone.items()),
            lambda source: texts_of(self._finisher.report_of_any_domain(self._files[source])),
        )
        # Of a copy nothing more is said than that it is one.
        problems = [one for one in results.values() if isinstance(one, FileProblem)]
        problems += (problem for source in related.ids for problem in standalone[source].problems)
        problems += related.problems
        scan, places = self._scan, {source: place for place, source in enumerate(self._files)}
        entries = (replace(standalone[source].entry, id=report) for source, report in related.ids.items())
        contents = Contents(
            library=self._collection.library.name,
            code=code_digest(),
            configuration=scan.digest,
            configuration_text=scan.configuration.text,
            files={file.source: file.digest for file in scan.files},
            ids={source: one.entry.id for source, one in standalone.items()},
            reports=with_talks_met(entries),
            problems=tuple(sorted(problems, key=lambda problem: places[problem.source])),
            rules=deciding_digests(),
            lesson=self._lesson.key,
            learned=self._lesson.counts,
        )
        return contents, standalone

    def _update(self, contents: Contents) -> Update | None:
        """Return what the next generation changes and what is news then, None where it changes nothing."""
        last = Updates(self._collection.index).newest(self._updates)
        at, news = moment_after(last), last.news if last else ()
        if self._held is None:
            return Update(first_difference(contents, at), ())

        def notes(entry: ReportEntry) -> Sequence[Note]:
            return with_ids_of(self._finisher.finished(self._files[entry.source]).report, entry).notes

        causes = Causes(self._held.contents, contents, self._finisher.kept.names)
        comparison = Comparison(self._held, contents, notes, causes)
        if self._before is None and not comparison.can_read():
            return Update(first_difference(contents, at), news)
        reports = tuple(comparison.reports(self._changed(contents.reports), self._collection.domain))
        found = difference(reports, at)
        return Update(found, newest_news(news, tuple(comparison.news(reports, at)))) if found else None

    def _changed(self, entries: Iterable[ReportEntry]) -> list[ReportEntry]:
        """Return the reports that the index holds otherwise."""
        held = self._before.by_source if self._before else {}
        return [entry for entry in entries if entry.source not in self._same or held[entry.source] != entry]

    def _unchanged(self, before: Contents) -> Iterator[str]:
        """Yield the files of which the index knows what they would be understood as now."""
        old, new = before.parsed_configuration, self._scan.configuration
        corrected, now, services = corrections_of(old), self._collection.tools.corrections, frozenset[str]()
        names: frozenset[str] | None = frozenset()
        if old.domain_digest != new.domain_digest:
            names, services = changed_names(old.domain, new.domain), changed_services(old.domain, new.domain)
        for file in self._scan.files:
            given = old.overrides.get(file.source, MetadataOverride())
            if (
                given != new.overrides.get(file.source, MetadataOverride())
                or before.files.get(file.source) != file.digest
            ):
                continue
            report = before.ids.get(file.source)
            if report is None:  # nobody could read it
                yield file.source
                continue
            entry = before.by_source.get(file.source)
            if before.lesson != self._lesson.key:
                continue
            if entry and self._unclassified and entry.vectors != self._unclassified:
                continue
            if entry is None or any(old.talks.get(asked) != new.talks.get(asked) for asked in entry.asked):
                continue
            was, is_now = (corrections_for(report, file.source, given, one) for one in (corrected, now))
            added = {slug for one in was.values() for slug in one.adds}
            if was == is_now and services.isdisjoint(added) and not self._holds(file, names):
                yield file.source

    def _holds(self, file: ReportFile, names: frozenset[str] | None) -> bool:
        """Tell whether a report holds one of these names, as far as is known."""
        if not names:
            return names is None
        texts = self._finisher.kept.names(file.source, file.digest)
        return texts is None or any(name in texts for name in names)

    def _all_results(self, results: Mapping[str, FileResult]) -> Mapping[str, FileResult]:
        """Return what each file of the library is understood as, in its order; those read already are given."""
        before = _results_before(self._before) if self._before else {}
        known = {**{source: one for source, one in before.items() if source in self._same}, **results}
        left = [file for file in self._scan.files if file.source not in known]
        for number, file in enumerate(left, start=1):
            try:
                known[file.source] = ReportSummary.of(self._finisher.finished(file), file)
            except UnreadableError as error:
                known[file.source] = error.problem
            self._progress("reading", number, len(left))
        return {file.source: known[file.source] for file in self._scan.files}

    def _replaced(self, entries: Iterable[ReportEntry]) -> Mapping[str, Iterator[Document]]:
        """Return the documents of those reports that the index holds otherwise, made as they are asked for."""
        changed = self._changed(entries)
        total, done = sum(entry.notes for entry in changed), 0

        def made(entry: ReportEntry) -> Iterator[Document]:
            nonlocal done
            analysed = self._finisher.analysed(self._files[entry.source])
            report = with_ids_of(analysed.report, entry)
            tools = self._collection.tools
            yield from documents(replace(analysed, report=report), tools.analyzer, tools.domain)
            done += entry.notes
            self._progress("writing", done, total)

        return {entry.source: made(entry) for entry in changed}


def _results_before(before: Contents) -> Mapping[str, FileResult]:
    """Return what an index knows of each file that it has documents of, or that could not be read."""
    problems: defaultdict[str, list[FileProblem]] = defaultdict(list)
    for problem in before.problems:
        problems[problem.source].append(problem)
    results: dict[str, FileResult] = {
        source: every[0] for source, every in problems.items() if source not in before.ids
    }
    for source, entry in before.by_source.items():
        own = replace(with_own_talks(entry), id=before.ids[source])
        results[source] = ReportSummary(own, tuple(problems[source]))
    return results
