"""What a sync changes: the reports that differ between two generations of an index, and what of that is news.

`ASPECTS` is the table of what is compared: a sort of thing that notes have, as the values of a note by their keys.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from msgspec.structs import replace

from index.query import Query
from kb.indexing.causes import Causes
from kb.library.contents import Contents, ReportEntry
from kb.report.difference import Cause, Difference, Fate, Item, News, ReportDifference, Sort, counted
from kb.report.identity import own_part
from kb.report.model import Note
from kb.search.collection import Snapshot
from kb.search.documents import load_overtaken
from kb.services import Domain

# A text is another's edit if they share so much of their characters: below are notes of one form (「〜を使う」).
_SAME_NOTE = 0.6
_MOST_EDITS = 100  # notes that came or went at once; of more, which was edited into which is not asked


@dataclass(frozen=True, slots=True)
class MarkedNote:
    """A note with the ids of the dated changes that have overtaken it."""

    note: Note
    overtaken: tuple[str, ...] = ()

    @property
    def own(self) -> str:
        """The part of its id that is its own: the rest is its report's, which may go by another."""
        return own_part(self.note.id)


ASPECTS: Mapping[Sort, Callable[[MarkedNote], Mapping[str, str]]] = {
    "tag": lambda one: {mention.service: mention.via for mention in one.note.services},
    "kind": lambda one: {"": one.note.kind},
    "pair": lambda one: _pairs(one.note),
    "mark": lambda one: dict.fromkeys(one.overtaken, ""),
}


class Comparison:
    """What an index holds beside what its next generation is to hold.

    `notes` gives the notes of a report as they will be.
    """

    def __init__(
        self, before: Snapshot, after: Contents, notes: Callable[[ReportEntry], Iterable[Note]], causes: Causes
    ) -> None:
        self._before, self._after, self._notes, self._causes = before, after, notes, causes
        self._open: set[str] = set()  # the problems that were open before, of the reports compared so far

    def can_read(self) -> bool:
        """Return whether the notes that the index holds can be read, all of which another version may have written.

        Nobody can tell beforehand how that fails. Only to read them is tried: what fails beyond it is a fault of ours.
        """
        try:
            for entry in self._before.contents.reports:
                self._notes_before(entry)
        except Exception:  # noqa: BLE001  # another version wrote them: nobody can tell how reading that fails
            return False
        return True

    def reports(self, changed: Iterable[ReportEntry], domain: Domain) -> Iterator[ReportDifference]:
        """Yield what differs of those reports that will be held otherwise, and of those that will be gone."""
        by_source = self._before.contents.by_source
        still = {entry.source for entry in self._after.reports}
        gone = {source: entry for source, entry in by_source.items() if source not in still}
        moved = {entry.id: entry for entry in gone.values()}
        for entry in changed:
            before = by_source.get(entry.source) or moved.get(entry.id)
            if before:
                gone.pop(before.source, None)
            new = [MarkedNote(note, domain.overtaking(note)) for note in self._notes(entry)]
            yield self._compared(before, entry, new)
        for entry in gone.values():
            yield self._compared(entry, None, ())

    def _compared(
        self, before: ReportEntry | None, after: ReportEntry | None, new: Sequence[MarkedNote]
    ) -> ReportDifference:
        old = self._notes_before(before) if before else ()
        self._open |= {f"{after.id}/{one.own}" for one in old if after and "unsolved" in one.note.states}
        return compared(before, after, old, new, self._causes.of(before, after))

    def _notes_before(self, entry: ReportEntry) -> Sequence[MarkedNote]:
        """Return the notes of a report as the index holds them."""
        query = Query(sort="position", limit=None).select("report", entry.id)
        stored = [hit.stored for hit in self._before.reader.search(query).hits]
        return [MarkedNote(self._before.note(one), load_overtaken(one)) for one in stored]

    def news(self, reports: Iterable[ReportDifference], at: str) -> Iterator[News]:
        """Yield what of the reports that were compared is news, `at` a moment, to who follows a search."""
        overtaken: defaultdict[str, list[str]] = defaultdict(list)
        for report in reports:
            # A note is new as well that one was edited into: it goes by another id then.
            notes = [item for item in report.items if item.sort == "note"]
            new = [one.note for one in notes if one.fate == "came" or (one.fate, one.value) == ("changed", "text")]
            if new:
                yield News(at, "note", report.report, tuple(new))
            for item in report.items:
                problem = f"{report.report}/{own_part(item.after)}"
                if (item.sort, item.value) == ("pair", "remedy_of") and item.fate != "went" and problem in self._open:
                    yield News(at, "remedy", problem, (item.note,))
                if (item.sort, item.fate) == ("mark", "came"):
                    overtaken[item.value].append(item.note)
        yield from (News(at, "fact", change, tuple(notes)) for change, notes in overtaken.items())


def difference(reports: Iterable[ReportDifference], at: str) -> Difference | None:
    """Return the difference that reports make, None where nothing differs."""
    differing = tuple(report for report in reports if report.is_something)
    return Difference(at, differing, counted(differing)) if differing else None


def first_difference(contents: Contents, at: str) -> Difference:
    """Return the difference that the first generation of an index makes, all of which is new, as a number."""
    notes = sum(entry.notes for entry in contents.reports)
    return Difference(at, (), {"report": {"came": len(contents.reports)}, "note": {"came": notes}}, first=True)


def compared(
    before: ReportEntry | None,
    after: ReportEntry | None,
    old: Sequence[MarkedNote],
    new: Sequence[MarkedNote],
    causes: tuple[Cause, ...],
) -> ReportDifference:
    """Return what differs between two states of a report and their notes; `causes` is what did it.

    Raises ValueError where neither state is there.
    """
    entry = after or before
    if entry is None:
        raise ValueError("one of the two states must be there")
    return ReportDifference(
        report=entry.id,
        title=entry.title,
        source=entry.source,
        fate="changed" if before and after else "came" if after else "went",
        causes=causes,
        notes=entry.notes,
        changed=tuple(_changed_fields(before, after)) if before and after else (),
        items=tuple(_items(old, new)),
    )


def _changed_fields(before: ReportEntry, after: ReportEntry) -> Iterator[str]:
    """Yield the fields of a report that readers know and that are others now."""
    for field in ("id", "title", "event", "held_on", "published", "url", "source"):
        if getattr(before, field) != getattr(after, field):
            yield field
    old, new = ([replace(talk, line=0) for talk in entry.talks] for entry in (before, after))
    if old != new:
        yield "talks"


def _items(old: Sequence[MarkedNote], new: Sequence[MarkedNote]) -> Iterator[Item]:
    """Yield what came, went and changed, in reading order; what went last."""
    before, after = {one.own: one for one in old}, {one.own: one for one in new}
    stayed = before.keys() & after.keys()
    edited = _edits([one for one in old if one.own not in after], [one for one in new if one.own not in before])
    for one in new:
        earlier = before.get(one.own)
        if earlier is None and one.own in edited:
            earlier = edited[one.own]
            yield Item("note", "changed", one.note.id, one.note.text, "text", earlier.note.text, one.note.text)
        if earlier is None:
            yield Item("note", "came", one.note.id, one.note.text)
            for pair, other in _pairs(one.note).items():
                if other in stayed:
                    yield Item("pair", "came", one.note.id, one.note.text, pair, after=other)
        else:
            yield from _changed(earlier, one)
    gone = {one.own for one in edited.values()}
    for one in old:
        if one.own not in after and one.own not in gone:
            yield Item("note", "went", one.note.id, one.note.text)
            for pair, other in _pairs(one.note).items():
                if other in stayed:
                    yield Item("pair", "went", one.note.id, one.note.text, pair, before=other)


def _changed(old: MarkedNote, new: MarkedNote) -> Iterator[Item]:
    """Yield what of a note is otherwise than it was."""
    was, now = _content(old.note), _content(new.note)
    for key in now:
        if was[key] != now[key]:
            yield Item("note", "changed", new.note.id, new.note.text, key, was[key], now[key])
    for sort, values in ASPECTS.items():
        earlier, later = values(old), values(new)
        for value in dict.fromkeys((*later, *earlier)):
            first, last = earlier.get(value), later.get(value)
            if first != last:
                fate: Fate = "came" if first is None else "went" if last is None else "changed"
                yield Item(sort, fate, new.note.id, new.note.text, value, first or "", last or "")


def _pairs(note: Note) -> Mapping[str, str]:
    """Return the notes that a note remedies or answers, by their own parts."""
    pairs = {"remedy_of": note.remedy_of, "answers": note.answers}
    return {what: own_part(other) for what, other in pairs.items() if other}


def _content(note: Note) -> Mapping[str, str]:
    """Return what a note says and where, as its report tells it: no place in a file, nothing that is weighed."""
    return {
        "trail": " › ".join(crumb.text for crumb in note.trail),
        "talk": note.talk.title if note.talk else "",
        "attached": "\n".join(note.attached),
    }


def _edits(gone: Sequence[MarkedNote], come: Sequence[MarkedNote]) -> Mapping[str, MarkedNote]:
    """Return the notes that were edited, as they were, by the own part of what each became."""
    edited: dict[str, MarkedNote] = {}
    if max(len(gone), len(come)) > _MOST_EDITS:
        return edited
    left = list(gone)
    for one in come:
        alike = [(_common_share(other.note.text, one.note.text), -place) for place, other in enumerate(left)]
        if alike and max(alike)[0] >= _SAME_NOTE:
            edited[one.own] = left.pop(-max(alike)[1])
    return edited


def _common_share(one: str, other: str) -> float:
    """Return how much of two texts is the same, from 0 to 1; 0 where that is surely below `_SAME_NOTE`."""
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    return matcher.ratio() if matcher.real_quick_ratio() >= _SAME_NOTE <= matcher.quick_ratio() else 0.0
