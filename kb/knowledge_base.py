"""The façade that every face uses: sync a library into an index, search it, browse it."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, get_args

from index.engine import Engine, FacetCount, Hit, SearchIndexError
from index.highlight import marks
from index.query import Query, StepName
from index.schema import Document
from index.whoosh_engine import WhooshEngine
from kb.kinds.pairs import Pair, problems, questions
from kb.library.configuration import Configuration
from kb.library.contents import Contents
from kb.library.files import Library, LibraryError
from kb.library.places import find_library, index_folder, own_library
from kb.readers.formats import ending_of, read_outline
from kb.relating import SAME_REPORT, Progress, Read, code_digest, contents_of, overlap, read_library
from kb.report.model import Correction, Given, Note, Report
from kb.report.outline import Outline
from kb.report.problems import FileProblem, UnreadableError
from kb.search.answers import (
    KINDS,
    VIAS,
    Added,
    Answer,
    FacetValue,
    Found,
    ReportEntry,
    ServiceCount,
    Status,
    SyncOutcome,
    UnknownIdError,
)
from kb.search.documents import SCHEMA, documents
from kb.search.records import load_note
from kb.search.search_box import language
from kb.search.suggestions import GROUPS, Suggestion, Suggestions
from kb.services.catalogue import Catalogue
from kb.services.vocabulary import field_words
from kb.talks import report_of
from kb.understanding import Reading, Tools, read_report

FACETS = ("service", "category", "kind", "event", "year", "talk")


@dataclass(frozen=True, slots=True)
class _Opened:
    """A library and its index, opened together."""

    library: Library
    is_samples: bool
    index: Path
    tools: Tools
    engine: Engine


class KnowledgeBase:
    """A library and its index, ready to be searched."""

    def __init__(self, library: Path | None = None, index: Path | None = None) -> None:
        self._chosen = (library, index)
        found, is_samples = find_library(library)
        self._at = self._open(found, found.configuration()[0], is_samples=is_samples)
        self._known: tuple[Mapping[str, object] | None, Contents | None] = (None, None)
        self._suggestions: tuple[Contents | None, Suggestions] | None = None

    @classmethod
    def open(cls, library: Path | None = None, index: Path | None = None) -> "KnowledgeBase":
        """Return the knowledge base of a library (else KB_LIBRARY, else data/reports here, else the samples)."""
        return cls(library, index)

    def _open(self, library: Library, configuration: Configuration, *, is_samples: bool) -> _Opened:
        index = index_folder(library, self._chosen[1])
        tools = Tools.of(configuration)
        return _Opened(library, is_samples, index, tools, WhooshEngine(index, SCHEMA, language(tools)))

    @property
    def library(self) -> Library:
        """The folder of reports."""
        return self._at.library

    @property
    def showing_samples(self) -> bool:
        """Whether the bundled samples stand in for an own library that holds no report yet."""
        return self._at.is_samples

    @property
    def index(self) -> Path:
        """Where the index lies."""
        return self._at.index

    @property
    def catalogue(self) -> Catalogue:
        """The services that are known here."""
        return self._at.tools.catalogue

    @property
    def tools(self) -> Tools:
        """What reads reports here."""
        return self._at.tools

    @property
    def _engine(self) -> Engine:
        return self._at.engine

    def sync(self, progress: Progress = lambda _step, _done, _total: None) -> SyncOutcome:
        """Bring the index up to the library; `progress` is told the step, what is done and the total.

        An unchanged library costs a look at its files. Raises LibraryError, SearchIndexError, WriterBusyError.
        """
        started = time.monotonic()
        library, is_samples = find_library(self._chosen[0])  # the first own report ends the showing of the samples
        scan = library.scan()
        if library.path != self.library.path or scan.configuration != self.tools.configuration:
            self._at = self._open(library, scan.configuration, is_samples=is_samples)
        before = self._contents_before()
        if not (before and before.is_current(self.library, scan, code_digest())):
            read = read_library(scan, self.tools, progress)
            after = contents_of(read, self.library, scan)
            self._engine.replace_all(self._documents(read, progress), after.as_meta())
        else:
            after = before
        old = before.by_id if before else {}
        kept = old.keys() & after.by_id.keys()
        unchanged = sum(old[report].digest == after.by_id[report].digest for report in kept)
        return SyncOutcome(
            new=len(after.by_id) - len(kept),
            changed=len(kept) - unchanged,
            gone=len(old) - len(kept),
            unchanged=unchanged,
            notes=sum(entry.notes for entry in after.reports),
            seconds=time.monotonic() - started,
            problems=(*scan.problems, *after.problems),
        )

    def _contents_before(self) -> Contents | None:
        """Return what the index holds; a damaged one holds nothing, for it is made again."""
        try:
            return self._contents()
        except SearchIndexError:
            return None

    def _documents(self, read: Read, progress: Progress) -> Iterator[Document]:
        total = sum(len(reading.report.notes) for reading, _ in read.readings)
        done = 0
        for reading, _ in read.readings:
            yield from documents(reading, self.tools.analyzer, self.catalogue)
            done += len(reading.report.notes)
            progress("writing", done, total)

    def add(self, data: bytes, name: str | None = None, given: Given | None = None) -> Added:
        """Put a report into the library, durably, in place of the same report if it is there already.

        Without a name it gets one from its event and title. Raises UnreadableError, LibraryError.
        """
        outline = read_outline(data, name or "standard input")
        report = report_of(outline, given)
        library = own_library() if self.showing_samples else self.library
        old = _same_report(library, report)
        source = library.put(data, name or report.id + ending_of(outline.format), replacing=old)
        if given is not None and given != Given():
            library.tell(source, given)
        return Added(report.id, str(library.path / source), old)

    def preview(self, data: bytes, name: str | None = None, given: Given | None = None) -> Reading:
        """Return what would be understood of a report, without keeping anything. Raises UnreadableError."""
        return read_report(data, name or "standard input", self.tools, given)

    def replaces(self, report: Report) -> str | None:
        """Return the source of the file that adding a report would take the place of, if any."""
        return None if self.showing_samples else _same_report(self.library, report)

    def correct(self, note_id: str, correction: Correction) -> None:
        """Keep in kb.toml which services a note is and is not about; it holds after the next sync.

        Raises UnknownIdError, and LibraryError for a sample or a broken kb.toml.
        """
        self.note(note_id)
        self._refuse_samples()
        self.library.correct(note_id, correction)

    def _refuse_samples(self) -> None:
        if self.showing_samples:
            raise LibraryError(f"{self.library.path}: these are the bundled samples; they stay as they are")

    def remove(self, report_id: str) -> str:
        """Take a report out of the library; return the name its file is kept under.

        Raises UnknownIdError, and LibraryError for a sample.
        """
        self._refuse_samples()
        entry, _ = self.report(report_id)
        return self.library.discard(entry.source)

    def search(self, query: Query) -> Answer:
        """Answer a query. Groups: `service`, `category`, `kind`, `event`, `year`, `talk`, `report`, and `via`.

        A selected `via` narrows `service` to the mentions of that sort: `explicit` to notes that name it themselves.
        """
        if self._contents() is None:
            return Answer(0, (), dict.fromkeys(query.facets, ()), loosened=False)
        asked, via = _narrowed(query)
        results = self._engine.search(asked)
        facets = {group: self._facet(group, results.facets[via.get(group, group)]) for group in query.facets}
        meant = {narrow: group for group, narrow in via.items()}
        return Answer(
            total=results.total,
            found=tuple(self._found(hit, results.terms) for hit in results.hits),
            facets=facets,
            loosened=results.loosened,
            steps=results.steps,
            notices=results.notices,
            freed={meant.get(group, group): count for group, count in results.freed.items()},
        )

    def _found(self, hit: Hit, terms: frozenset[str]) -> Found:
        note = load_note(hit.stored)
        return Found(note, hit.score, marks(note.text, terms, self.tools.analyzer), hit.reasons)

    def _facet(self, group: str, counts: tuple[FacetCount, ...]) -> tuple[FacetValue, ...]:
        labels = self._labels(group)
        values = tuple(FacetValue(c.value, labels.get(c.value, c.value), c.count, c.selected) for c in counts)
        if group == "year":
            return tuple(sorted(values, key=lambda value: value.value, reverse=True))
        if group in ("kind", "via"):
            order = list(labels)
            return tuple(sorted(values, key=lambda v: order.index(v.value) if v.value in labels else len(order)))
        return values

    def _labels(self, group: str) -> Mapping[str, str]:
        """Return what the values of a facet group are called, where that is not the value itself."""
        contents = self._contents()
        labels: dict[str, Mapping[str, str]] = {
            "service": {service.slug: service.name for service in self.catalogue.services},
            "category": self.catalogue.categories,
            "kind": KINDS,
            "via": VIAS,
            "event": contents.events if contents else {},
            "talk": {key: talk.title for key, talk in contents.talks.items()} if contents else {},
            "report": {entry.id: entry.title for entry in self.reports()},
        }
        return labels.get(group, {})

    def pairs(self, query: Query, kind: Literal["problem", "question"] = "problem") -> tuple[Pair, ...]:
        """Return the problems (or questions) that a query finds, each with its remedies (or answers) in its report."""
        found = self.search(replace(query, sort="position", offset=0, limit=None, facets=())).found
        chosen = {one.note.id for one in found}
        reports = dict.fromkeys(one.note.report for one in found)
        paired = problems if kind == "problem" else questions
        return tuple(
            pair for report in reports for pair in paired(self._all("report", report)) if pair.note.id in chosen
        )

    def note(self, note_id: str) -> Note:
        """Return a note. Raises UnknownIdError."""
        stored = self._engine.stored(note_id)
        if stored is not None:
            return load_note(stored)
        contents = self._contents()
        report = contents.by_id.get(note_id.rpartition("/")[0]) if contents else None
        where = f"; the report {report.id} is known, but holds no such note any more" if report else ""
        raise UnknownIdError(f"no note has the id {note_id}{where}", report)

    def talk(self, talk_id: str) -> tuple[Note, ...]:
        """Return all notes on a talk, report by report, in reading order. Raises UnknownIdError."""
        contents = self._contents()
        if contents is None or talk_id not in contents.talks:
            raise UnknownIdError(f"no talk has the id {talk_id}")
        return self._all("talk", talk_id)

    def report(self, report_id: str) -> tuple[ReportEntry, tuple[Note, ...]]:
        """Return a report and all its notes in reading order. Raises UnknownIdError."""
        contents = self._contents()
        if contents is None or report_id not in contents.by_id:
            raise UnknownIdError(f"no report has the id {report_id}")
        return contents.by_id[report_id], self._all("report", report_id)

    def outline(self, report_id: str) -> Outline:
        """Return what each line of a report's file is taken for. Raises UnknownIdError, UnreadableError, OSError."""
        source = self.report(report_id)[0].source
        return read_outline((self.library.path / source).read_bytes(), source)

    def _all(self, group: str, value: str) -> tuple[Note, ...]:
        results = self._engine.search(Query(sort="position", limit=None).select(group, value))
        return tuple(load_note(hit.stored) for hit in results.hits)

    def reports(self) -> tuple[ReportEntry, ...]:
        """Return all reports, newest event first, undated last."""
        contents = self._contents()
        return contents.newest_first if contents else ()

    def services(self) -> tuple[ServiceCount, ...]:
        """Return the whole catalogue, index or not, with the number of notes on each."""
        if self.needs_index():
            return tuple(ServiceCount(service, None) for service in self.catalogue.services)
        results = self._engine.search(Query(limit=0, facets=("service",)))
        counts = {count.value: count.count for count in results.facets["service"]}
        return tuple(ServiceCount(service, counts.get(service.slug, 0)) for service in self.catalogue.services)

    def needs_index(self) -> bool:
        """Return whether there is no index yet, or one that another version of kb made. Raises SearchIndexError."""
        meta = self._engine.meta()
        return meta is None or meta.get("code") != code_digest()

    def suggest(self, typed: str) -> tuple[Suggestion, ...]:
        """Return what may be meant by the beginning of a name: what notes are about, who spoke, the field's words."""
        contents = self._contents()
        if self._suggestions is None or self._suggestions[0] is not contents:
            everything = self.search(Query(limit=0, facets=GROUPS)).facets
            suggestions = Suggestions.of(self.catalogue, everything, self._words(), self._read_aloud)
            self._suggestions = (contents, suggestions)
        return self._suggestions[1].for_typed(typed)

    def _words(self) -> Iterator[tuple[FacetValue, tuple[str, ...]]]:
        """Yield the field's words that notes have, with their other spellings."""
        for word, others in field_words().items():
            count = self.search(Query(word, limit=0, without=get_args(StepName))).total
            if count:
                yield FacetValue(word, word, count, selected=False), others

    def _read_aloud(self, text: str) -> str:
        return "".join(morpheme.reading or morpheme.surface for morpheme in self.tools.analyzer.morphemes(text))

    def status(self) -> Status:
        """Return where things are and what is in them. Raises LibraryError for the index of another library."""
        scan = self.library.scan()
        unreadable: tuple[FileProblem, ...] = ()
        try:
            contents = self._contents()
        except SearchIndexError as error:
            contents, message = None, str(error).removeprefix(f"{self.index}: ")
            unreadable = (FileProblem(str(self.index), None, message),)
        reports = contents.reports if contents else ()
        return Status(
            library=self.library.path,
            index=self.index,
            showing_samples=self.showing_samples,
            reports=len(reports),
            talks=sum(len(entry.talks) for entry in reports),
            notes=sum(entry.notes for entry in reports),
            up_to_date=bool(contents and contents.is_current(self.library, scan, code_digest())),
            problems=(*unreadable, *scan.problems, *(contents.problems if contents else ())),
        )

    def _contents(self) -> Contents | None:
        """Return what the index holds, None while there is none; made once a generation."""
        meta = self._engine.meta()
        if meta is not self._known[0]:
            try:
                self._known = (meta, Contents.of(meta) if meta is not None else None)
            except (KeyError, TypeError) as error:
                raise SearchIndexError(f"{self.index}: another version of kb made it; run `kb sync`") from error
        return self._known[1]


def _narrowed(query: Query) -> tuple[Query, dict[str, str]]:
    """Return the query as the index shall answer it, and which group there stands for which here."""
    via = query.selected("via")
    if len(via) != 1:
        return query, {}
    narrow = f"service_{via[0]}"
    chosen = query.selected("service")
    asked = query.select("service").select(narrow, *chosen)
    facets = tuple(narrow if group == "service" else group for group in query.facets)
    every = tuple(narrow if group == "service" else group for group in query.every)
    return replace(asked, offset=query.offset, facets=facets, every=every), {"service": narrow}


def _same_report(library: Library, report: Report) -> str | None:
    """Return the source of the library's file that holds this report already, if any."""
    scan = library.scan()
    for file in scan.files:
        try:
            known = report_of(read_outline(file.data, file.source), scan.configuration.given.get(file.source))
        except UnreadableError:
            continue
        if known.id == report.id and overlap(known, report) >= SAME_REPORT:
            return file.source
    return None
