"""What the next generation of an index changes: the reports that differ, before and after, and what of that is news."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

from index.query import Query
from kb.library.contents import Contents, ReportEntry
from kb.pipeline.comparing import MarkedNote, compared, own_part
from kb.report.difference import Difference, Item, News, ReportDifference, counted
from kb.report.model import Note
from kb.search.causes import Causes
from kb.search.collection import Snapshot
from kb.search.records import load_overtaken
from kb.services import Domain


class Differ:
    """Compares what an index holds with what its next generation is to hold.

    `notes` gives the notes of a report as they will be.
    """

    def __init__(
        self, before: Snapshot, after: Contents, notes: Callable[[ReportEntry], Iterable[Note]], causes: Causes
    ) -> None:
        self._before, self._after, self._notes, self._causes = before, after, notes, causes
        self._open: set[str] = set()

    def can_read(self) -> bool:
        """Tell whether the notes that the index holds can be read, all of which another version of kb may have written.

        Nobody can tell beforehand how that fails. Only to read them is tried: what fails beyond it is a fault of ours.
        """
        try:
            for entry in self._before.contents.reports:
                self._held(entry)
        except Exception:  # noqa: BLE001  # above is why
            return False
        return True

    def reports(self, changed: Iterable[ReportEntry], domain: Domain) -> Iterator[ReportDifference]:
        """Yield what differs of those reports that will be held otherwise, and of those that will be gone."""
        held, left = self._before.contents, dict(self._before.contents.by_source)
        for entry in self._after.reports:
            left.pop(entry.source, None)
        moved = {entry.id: entry for entry in left.values()}
        for entry in changed:
            before = held.by_source.get(entry.source) or moved.get(entry.id)
            if before:
                left.pop(before.source, None)
            new = [MarkedNote(note, domain.overtaking(note)) for note in self._notes(entry)]
            yield self._compared(before, entry, new)
        for entry in left.values():
            yield self._compared(entry, None, ())

    def _compared(
        self, before: ReportEntry | None, after: ReportEntry | None, new: Sequence[MarkedNote]
    ) -> ReportDifference:
        old = self._held(before) if before else ()
        self._open |= {f"{after.id}/{one.own}" for one in old if after and "unsolved" in one.note.states}
        return compared(before, after, old, new, self._causes.of(before, after))

    def _held(self, entry: ReportEntry) -> Sequence[MarkedNote]:
        """Return the notes of a report as the index holds them."""
        query = Query(sort="position", limit=None).select("report", entry.id)
        stored = [hit.stored for hit in self._before.reader.search(query).hits]
        return [MarkedNote(self._before.note(one), load_overtaken(one)) for one in stored]

    def news(self, reports: Iterable[ReportDifference], at: str) -> Iterator[News]:
        """Yield what of a difference is news to who follows a search."""
        overtaken: defaultdict[str, list[str]] = defaultdict(list)
        for report in reports:
            new = [item.note for item in report.items if is_new(item)]
            if new:
                yield News(at, "note", report.report, tuple(new))
            for item in report.items:
                problem = f"{report.report}/{own_part(item.after)}"
                if (item.sort, item.value) == ("pair", "remedy_of") and item.fate != "went" and problem in self._open:
                    yield News(at, "remedy", problem, (item.note,))
                if (item.sort, item.fate) == ("mark", "came"):
                    overtaken[item.value].append(item.note)
        yield from (News(at, "fact", change, tuple(notes)) for change, notes in overtaken.items())


def is_new(item: Item) -> bool:
    """Tell whether a note came, be it that one was edited into it: it goes by another id then."""
    return item.sort == "note" and (item.fate == "came" or (item.fate, item.value) == ("changed", "text"))


def difference(reports: Iterable[ReportDifference], at: str) -> Difference | None:
    """Return the difference that reports make, None where nothing differs."""
    differing = tuple(report for report in reports if report.is_something)
    return Difference(at, differing, counted(differing)) if differing else None


def first_difference(contents: Contents, at: str) -> Difference:
    """Return the difference that the first generation of an index makes, all of which is new, as a number."""
    notes = sum(entry.notes for entry in contents.reports)
    return Difference(at, (), {"report": {"came": len(contents.reports)}, "note": {"came": notes}}, first=True)
