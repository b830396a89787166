"""The files of a library that a sync does not read again.

A file is unchanged if nothing that decides its own report differs from the generation before:

- the code, data and libraries of kb (`code_digest`)
- its content, and what assistants read in it (`ReportFile.version`)
- its metadata, and the corrections of its talks, lines and notes, in kb.toml
- the lesson, and the names of its speakers, in kb.toml
- the services of the domain that its text may name
- after the model read notes: whether it read all notes of the report

The index already holds the report of an unchanged file, but the other reports may have changed its id and its talks
(`kb.pipeline.relations`). Then its documents are written again (`UnchangedFiles.are_documents_current`).
"""

from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property

from msgspec.structs import replace

from kb.indexing.report_cache import ReportLoader, ReportSummary
from kb.indexing.staging import FileResult
from kb.library.contents import NO_CONTENTS, Contents, ReportEntry
from kb.library.files import ReportFile, Scan
from kb.pipeline import relations
from kb.pipeline.reports import Tools, corrections_for, talk_corrections
from kb.report.model import Correction
from kb.report.names import person_key
from kb.report.problems import FileProblem
from kb.services import KeywordSet, changed_names, changed_services
from kb.storage.caches import code_digest


class UnchangedFiles:
    """The unchanged files of a scan by source (`sources`), compared with the contents of the generation before.

    The loader has the present kb.toml and lesson. With `after_reading`, a file whose notes the model has read since
    counts as changed.
    """

    def __init__(self, before: Contents | None, scan: Scan, loader: ReportLoader, *, after_reading: bool) -> None:
        self._before = before if before and before.code == code_digest() else NO_CONTENTS
        self._loader, self._after_reading = loader, after_reading
        self._old, self._new = Tools(self._before.parsed_configuration), loader.tools
        old, new = self._old.configuration, self._new.configuration
        self._renamed = new.people.changed(old.people)
        self._has_other_domain = old.domain_digest != new.domain_digest
        self.sources = frozenset(file.source for file in scan.files if self._is_unchanged(file))

    def are_documents_current(self, entry: ReportEntry) -> bool:
        """Return whether the index holds the documents of a report just as its entry in the next generation has it."""
        return entry.source in self.sources and self._before.by_source[entry.source] == entry

    def results(self) -> dict[str, FileResult]:
        """Return the summaries of the unchanged files, and the problems of unreadable ones, by source."""
        problems = defaultdict[str, list[FileProblem]](list)
        for problem in self._before.problems:
            problems[problem.source].append(problem)
        results = dict[str, FileResult]()
        for source in self.sources:
            if entry := self._before.by_source.get(source):
                results[source] = ReportSummary(self._own(entry), tuple(problems[source]))
            elif problems[source]:
                results[source] = problems[source][0]
        return results

    def _is_unchanged(self, file: ReportFile) -> bool:
        before, old, new = self._before, self._old, self._new
        if before.files.get(file.source) != file.version:
            return False
        if old.configuration.override(file.source) != new.configuration.override(file.source):
            return False
        entry = before.by_source.get(file.source)
        if entry is None:  # unreadable, or a copy of another report
            return file.source not in before.ids
        own, loader = self._own(entry), self._loader
        corrections = corrections_for(own, old.corrections)
        return (
            before.lesson == loader.lesson.key
            and self._renamed.isdisjoint(person_key(name) for talk in entry.talks for name in talk.speakers)
            and not (self._after_reading and loader.lacks_reading(entry) and not loader.unread(file))
            and talk_corrections(own, old) == talk_corrections(own, new)
            and corrections == corrections_for(own, new.corrections)
            and not (self._has_other_domain and self._may_have_other_services(file, corrections.values()))
        )

    def _own(self, entry: ReportEntry) -> ReportEntry:
        """Return the entry of a report as its file alone gives it."""
        return replace(relations.with_own_talks(entry), id=self._before.ids[entry.source])

    def _may_have_other_services(self, file: ReportFile, corrections: Iterable[Correction]) -> bool:
        """Return whether a changed service was added to a note by hand, or the text may have a changed name."""
        services, names = self._changed_services_and_names
        if not services.isdisjoint(slug for correction in corrections for slug in correction.adds):
            return True
        if not names:
            return names is None
        text = self._loader.cache.folded_text(file.source, file.version)
        return text is None or names.is_in(text)

    @cached_property
    def _changed_services_and_names(self) -> tuple[frozenset[str], KeywordSet | None]:
        """The slugs of the changed services, and the changed names, None for any name."""
        old, new = self._old.domain, self._new.domain
        return changed_services(old, new), changed_names(old, new)
