"""The difference between two generations of an index, and the news in it.

`PROPERTIES` lists the properties of a note that are compared: a new sort of property is one row there.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import chain

from msgspec.structs import replace

from index.engine import SearchIndexError
from index.query import Query
from kb.library.contents import Contents, ReportEntry
from kb.report.difference import Difference, Fate, Item, ItemSort, News, ReportDifference, counted
from kb.report.identity import own_part
from kb.report.model import Note
from kb.search.collection import Snapshot
from kb.search.documents import load_overtaken
from kb.services import Domain

REPORT_FIELDS = ("id", "title", "event", "held_on", "published", "url", "source", "talks")
"""The fields of a report whose changes readers are shown."""

# A note is an edit of another if they share this much of their characters: below are notes of one form (「〜を使う」).
_MIN_SIMILARITY = 0.6
_MAX_EDITS = 100  # new or removed notes of a report; with more, edits are not searched, because every pair is compared


class UnreadableNotesError(Exception):
    """The notes of the generation before are damaged, or another version of kb wrote them."""


@dataclass(frozen=True, slots=True)
class MarkedNote:
    """A note with the ids of the dated changes that have overtaken it."""

    note: Note
    overtaken: tuple[str, ...] = ()

    @property
    def own(self) -> str:
        """The part of its id that does not come from its report, whose id may change."""
        return own_part(self.note.id)


PROPERTIES: Mapping[ItemSort, Callable[[MarkedNote], Mapping[str, str]]] = {
    "tag": lambda one: {mention.service: mention.via for mention in one.note.services},
    "kind": lambda one: {"": one.note.kind},
    "pair": lambda one: _pairs(one.note),
    "mark": lambda one: dict.fromkeys(one.overtaken, ""),
}


class GenerationComparison:
    """Compares the reports of a generation with those of the next, one report after the other.

    Call `changed` for each report that is new or changed, then `gone`, then `news`. The first two raise
    UnreadableNotesError.
    """

    def __init__(self, before: Snapshot, after: Contents, domain: Domain) -> None:
        self._before, self._domain = before, domain
        remaining = {entry.source for entry in after.reports}
        self._gone = {source: one for source, one in before.contents.by_source.items() if source not in remaining}
        self._moved = {entry.id: entry for entry in self._gone.values()}
        self._unsolved: set[str] = set()  # problems without a remedy before, in the reports compared so far

    def changed(self, entry: ReportEntry, notes: Iterable[Note]) -> ReportDifference:
        """Return the difference of a report that is new or changed, with its notes in the next generation."""
        before = self._before.contents.by_source.get(entry.source) or self._moved.get(entry.id)
        old = self._stored_notes(before) if before else ()
        if before:
            self._gone.pop(before.source, None)
        self._unsolved |= {f"{entry.id}/{one.own}" for one in old if "unsolved" in one.note.states}
        new = [MarkedNote(note, self._domain.overtaking(note)) for note in notes]
        return compared(before, entry, old, new)

    def gone(self) -> Iterator[ReportDifference]:
        """Yield the differences of the reports that are gone."""
        for entry in self._gone.values():
            yield compared(entry, None, self._stored_notes(entry), ())

    def news(self, reports: Iterable[ReportDifference], at: str) -> Iterator[News]:
        """Yield the news in the differences of reports; `at` is the moment of the sync."""
        overtaken: defaultdict[str, list[str]] = defaultdict(list)
        for report in reports:
            # An edited note is new, too: its text decides its id.
            notes = [item for item in report.items if item.sort == "note"]
            new = [one.note for one in notes if one.fate == "came" or (one.fate, one.value) == ("changed", "text")]
            if new:
                yield News(at, "note", report.report, tuple(new))
            for item in report.items:
                problem = f"{report.report}/{own_part(item.after)}"
                is_remedy = (item.sort, item.value) == ("pair", "remedy_of") and item.fate != "went"
                if is_remedy and problem in self._unsolved:
                    yield News(at, "remedy", problem, (item.note,))
                if (item.sort, item.fate) == ("mark", "came"):
                    overtaken[item.value].append(item.note)
        yield from (News(at, "fact", change, tuple(notes)) for change, notes in overtaken.items())

    def _stored_notes(self, entry: ReportEntry) -> Sequence[MarkedNote]:
        query = Query(sort="position", limit=None).select("report", entry.id)
        try:
            stored = [hit.stored for hit in self._before.reader.search(query).hits]
            return [MarkedNote(self._before.note(one), load_overtaken(one)) for one in stored]
        except (SearchIndexError, ValueError, LookupError) as error:
            raise UnreadableNotesError from error


def difference(reports: Iterable[ReportDifference], at: str) -> Difference | None:
    """Return the difference of a whole sync, None if nothing differs."""
    differing = tuple(one for one in reports if one.fate != "changed" or one.changed or one.items)
    return Difference(at, differing, counted(differing)) if differing else None


def first_difference(contents: Contents, at: str) -> Difference:
    """Return the difference that the first generation of an index makes, as counts alone."""
    notes = sum(entry.notes for entry in contents.reports)
    return Difference(at, (), {"report": {"came": len(contents.reports)}, "note": {"came": notes}}, first=True)


def reading_difference(found: Difference, earlier: Difference | None) -> Difference:
    """Return the difference that the sentence model's reading made, as counts alone, with the `earlier` part of it."""
    counts: dict[ItemSort, Counter[Fate]] = defaultdict(Counter)
    for sort, fates in chain(earlier.counts.items() if earlier else (), found.counts.items()):
        if sort != "report":
            counts[sort].update(fates)
    read = sum(report.notes for report in found.reports) + (earlier.read if earlier else 0)
    return Difference(found.at, (), {sort: dict(fates) for sort, fates in counts.items()}, read=read)


def compared(
    before: ReportEntry | None, after: ReportEntry | None, old: Sequence[MarkedNote], new: Sequence[MarkedNote]
) -> ReportDifference:
    """Return the difference between two states of a report and their notes. Raises ValueError if both are None."""
    entry = after or before
    if entry is None:
        raise ValueError("a report needs at least one of two states")
    return ReportDifference(
        report=entry.id,
        title=entry.title,
        source=entry.source,
        fate="changed" if before and after else "came" if after else "went",
        notes=entry.notes,
        changed=_changed_fields(before, after) if before and after else (),
        items=tuple(_items(old, new)),
    )


def _changed_fields(before: ReportEntry, after: ReportEntry) -> tuple[str, ...]:
    """Return the changed fields of a report that readers know; lines of talks are none of these."""
    old, new = (replace(one, talks=tuple(replace(talk, line=0) for talk in one.talks)) for one in (before, after))
    return tuple(field for field in REPORT_FIELDS if getattr(old, field) != getattr(new, field))


def _items(old: Sequence[MarkedNote], new: Sequence[MarkedNote]) -> Iterator[Item]:
    """Yield the changes to notes in reading order, then the notes that went."""
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
            yield from _changed_properties(earlier, one)
    replaced = {one.own for one in edited.values()}
    for one in old:
        if one.own not in after and one.own not in replaced:
            yield Item("note", "went", one.note.id, one.note.text)
            for pair, other in _pairs(one.note).items():
                if other in stayed:
                    yield Item("pair", "went", one.note.id, one.note.text, pair, before=other)


def _changed_properties(old: MarkedNote, new: MarkedNote) -> Iterator[Item]:
    note, was, now = new.note, _place(old.note), _place(new.note)
    for key in now:
        if was[key] != now[key]:
            yield Item("note", "changed", note.id, note.text, key, was[key], now[key])
    for sort, values in PROPERTIES.items():
        earlier, later = values(old), values(new)
        for value in dict.fromkeys((*later, *earlier)):
            first, last = earlier.get(value), later.get(value)
            if first != last:
                fate: Fate = "came" if first is None else "went" if last is None else "changed"
                yield Item(sort, fate, note.id, note.text, value, first or "", last or "")


def _pairs(note: Note) -> Mapping[str, str]:
    """Return the notes that a note remedies or answers, by the own parts of their ids."""
    pairs = {"remedy_of": note.remedy_of, "answers": note.answers}
    return {pair: own_part(other) for pair, other in pairs.items() if other}


def _place(note: Note) -> Mapping[str, str]:
    """Return the trail, talk and attachments of a note as its report has them, without line numbers and inferences."""
    return {
        "trail": " › ".join(crumb.text for crumb in note.trail),
        "talk": note.talk.title if note.talk else "",
        "attached": "\n".join(note.attached),
    }


def _edits(gone: Sequence[MarkedNote], new: Sequence[MarkedNote]) -> Mapping[str, MarkedNote]:
    """Return the earlier states of edited notes, by the own part of each edited note's new id."""
    edited: dict[str, MarkedNote] = {}
    if max(len(gone), len(new)) > _MAX_EDITS:
        return edited
    left = list(gone)
    for one in new:
        similar = []
        for place, other in enumerate(left):
            matcher = SequenceMatcher(None, other.note.text, one.note.text, autojunk=False)
            # The quick ratios are upper bounds of the slow one.
            if matcher.real_quick_ratio() >= _MIN_SIMILARITY <= matcher.quick_ratio():
                similar.append((matcher.ratio(), -place))
        if similar and max(similar)[0] >= _MIN_SIMILARITY:
            edited[one.own] = left.pop(-max(similar)[1])
    return edited
