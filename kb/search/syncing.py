"""Bringing an index up to its library: what has not changed is neither read, understood nor written again."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from index.schema import Document
from kb.library.configuration import parse
from kb.library.contents import Contents, ReportEntry
from kb.library.files import Library, ReportFile, Scan
from kb.library.fingerprint import code_digest
from kb.library.kept import KeptReport
from kb.relating import RelatedReports, relate, texts_of, with_id
from kb.report.problems import FileProblem, UnreadableError
from kb.search.collection import Collection
from kb.search.documents import documents
from kb.search.finishing import Finisher, corrections_of
from kb.services.concern import changed_names, changed_services
from kb.understanding import Progress, analyse


@dataclass(frozen=True, slots=True)
class _Standing:
    """A report of the library by itself: its entry, under the id that it tells itself, and what was odd in its file."""

    entry: ReportEntry
    problems: tuple[FileProblem, ...]


class Sync:
    """One sync of a collection with its library as it was found.

    `before` is what the index holds, if it is whole, and `since` the engine's stamp from before that was asked.
    """

    def __init__(
        self, collection: Collection, scan: Scan, before: Contents | None, since: object, progress: Progress
    ) -> None:
        self._collection = collection
        self._scan = scan
        self._since = since
        self._progress = progress
        self._finisher = Finisher(collection.index, collection.tools)
        self._files = {file.source: file for file in scan.files}
        self._before = before if before and before.code == code_digest() else None
        self._same = frozenset(self._unchanged(self._before)) if self._before else frozenset[str]()

    def run(self) -> Contents:
        """Publish the next generation and return what it holds. Raises OutdatedError where another came since."""
        standings, problems = self._standings()
        related = relate(
            ((source, one.entry.id) for source, one in standings.items()),
            lambda source: texts_of(self._finisher.of_any_domain(self._files[source]).report),
        )
        contents = _contents(self._collection.library, self._scan, standings, related, problems)
        replaced = self._replaced(contents)
        self._collection.engine.publish(replaced, (), tuple(related.ids), contents.as_meta(), self._since)
        self._finisher.kept.forget_others(standings.keys())
        return contents

    def _unchanged(self, before: Contents) -> Iterator[str]:
        """Yield the files of which the index knows what they would be understood as now."""
        old, new = parse(before.told.encode()), self._scan.configuration
        corrected, names = corrections_of(old), changed_names(old.domain, new.domain)
        services = changed_services(old.domain, new.domain)
        for file in self._scan.files:
            told = old.given.get(file.source) == new.given.get(file.source)
            if not told or before.files.get(file.source) != file.digest:
                continue
            report = before.ids.get(file.source)
            if report is None:  # nobody could read it
                yield file.source
            elif file.source in before.by_source and corrected.get(report) == self._finisher.corrections.get(report):
                added = {slug for one in corrected.get(report, {}).values() for slug in one.adds}
                if services.isdisjoint(added) and not self._holds(file, names):
                    yield file.source

    def _holds(self, file: ReportFile, names: frozenset[str] | None) -> bool:
        """Tell whether a report holds one of these names, as far as is known."""
        if not names:
            return names is None
        texts = self._finisher.kept.names(file.source, file.digest)
        return texts is None or any(name in texts for name in names)

    def _standings(self) -> tuple[Mapping[str, _Standing], tuple[FileProblem, ...]]:
        """Return the reports of the library by their files, and the files that cannot be read."""
        standings: dict[str, _Standing] = {}
        problems: list[FileProblem] = []
        known = _told_of(self._before) if self._before else {}
        self._finisher.finish_all([file for file in self._scan.files if file.source not in self._same], self._progress)
        for file in self._scan.files:
            if file.source not in self._same:
                try:
                    standings[file.source] = _standing(self._finisher.finished(file), file)
                except UnreadableError as error:
                    problems.append(error.problem)
            elif isinstance(same := known[file.source], _Standing):
                standings[file.source] = same
            else:
                problems.append(same)
        return standings, tuple(problems)

    def _replaced(self, contents: Contents) -> Mapping[str, Iterator[Document]]:
        """Return the documents of each report that the index does not hold as it is now, made as they are asked for."""
        held = self._before.by_source if self._before else {}
        changed = [entry for entry in contents.reports if entry.source not in self._same or held[entry.source] != entry]
        total, done = sum(entry.notes for entry in changed), 0

        def told(entry: ReportEntry) -> Iterator[Document]:
            nonlocal done
            report = with_id(self._finisher.finished(self._files[entry.source]).report, entry.id)
            tools = self._collection.tools
            yield from documents(analyse(report, tools), tools.analyzer, tools.catalogue)
            done += entry.notes
            self._progress("writing", done, total)

        return {entry.source: told(entry) for entry in changed}


def _told_of(before: Contents) -> Mapping[str, _Standing | FileProblem]:
    """Return what the index tells of each file that it has documents of, or that could not be read."""
    problems: defaultdict[str, list[FileProblem]] = defaultdict(list)
    for problem in before.problems:
        problems[problem.source].append(problem)
    told: dict[str, _Standing | FileProblem] = {
        source: every[0] for source, every in problems.items() if source not in before.ids
    }
    for source, entry in before.by_source.items():
        told[source] = _Standing(replace(entry, id=before.ids[source]), tuple(problems[source]))
    return told


def _standing(kept: KeptReport, file: ReportFile) -> _Standing:
    report = kept.report
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
    )
    problems = (FileProblem(file.source, warning.line, warning.message) for warning in kept.warnings)
    return _Standing(entry, tuple(problems))


def _contents(
    library: Library,
    scan: Scan,
    standings: Mapping[str, _Standing],
    related: RelatedReports,
    problems: tuple[FileProblem, ...],
) -> Contents:
    """Return what an index of these reports is to remember beside its documents."""
    odd = [problem for source in related.ids for problem in standings[source].problems]
    files = {file.source: file.digest for file in scan.files}
    places = {source: place for place, source in enumerate(files)}
    every = (*problems, *odd, *related.problems)  # of a copy nothing more is told than that it is one
    return Contents(
        library=library.name,
        code=code_digest(),
        configuration=scan.digest,
        told=scan.configuration.text,
        files=files,
        ids={source: one.entry.id for source, one in standings.items()},
        reports=tuple(replace(standings[source].entry, id=report) for source, report in related.ids.items()),
        problems=tuple(sorted(every, key=lambda problem: places[problem.source])),
    )
