"""The difference that one sync made to an index, and the news for readers who follow a search."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, get_args

ItemSort: TypeAlias = Literal["report", "note", "tag", "kind", "pair", "mark"]
"""The type of a changed item. A `mark` is a dated change that outdates a note."""
Fate: TypeAlias = Literal["came", "went", "changed"]
SORTS: tuple[ItemSort, ...] = get_args(ItemSort)
FATES: tuple[Fate, ...] = get_args(Fate)

# Bounds of a stored difference: a rule that touches every note of a library stores its first notes and a number.
MAX_ITEMS = 2000
MAX_REPORTS = 500
_MAX_TEXT = 300  # characters of a stored text


@dataclass(frozen=True, slots=True)
class Item:
    """One change: a note or one of its properties was added, removed or changed.

    `note` is the id of the note now, or its last id; `text` is its text. `value` names the property: the slug of a
    tag's service, the id of a mark's change, `remedy_of` or `answers` of a pair, the changed field of a note.
    `before` and `after` are the two states: how a tag was inferred, a kind, the paired note, a text.
    """

    sort: ItemSort
    fate: Fate
    note: str
    text: str
    value: str = ""
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class ReportDifference:
    """The changes to one report, under its current id and title, or its last ones if it is gone.

    `notes` is its number of notes, `changed` are the fields of the report itself that changed.
    """

    report: str
    title: str
    source: str
    fate: Fate
    notes: int
    changed: tuple[str, ...] = ()
    items: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """The changes that one sync made, at a moment in UTC. The first sync of an index has nothing to compare with.

    `counts` has the number of changes by sort and fate. `left_out` items are counted but not listed. `read` is the
    number of notes in the changed reports if no edit made the difference, but that the sentence model read them later.
    """

    at: str
    reports: tuple[ReportDifference, ...]
    counts: Mapping[ItemSort, Mapping[Fate, int]]
    first: bool = False
    left_out: int = 0
    read: int = 0

    def bounded(self) -> "Difference":
        """Return the part that is stored, with the number of items left out."""
        reports, left = list[ReportDifference](), MAX_ITEMS
        for report in self.reports[:MAX_REPORTS]:
            items = tuple(
                replace(item, text=_cut(item.text), before=_cut(item.before), after=_cut(item.after))
                for item in report.items[:left]
            )
            left -= len(items)
            reports.append(replace(report, items=items))
        total = sum(len(report.items) for report in self.reports)
        return replace(self, reports=tuple(reports), left_out=total - (MAX_ITEMS - left))


@dataclass(frozen=True, slots=True)
class News:
    """A change that followers of a search see, with its time in UTC.

    `note`: notes came; `about` is their report. `remedy`: the unsolved problem `about` got a remedy.
    `fact`: the dated change `about` has overtaken notes. `notes` are the ids of the notes that came or are overtaken.
    """

    at: str
    what: Literal["note", "remedy", "fact"]
    about: str
    notes: tuple[str, ...]


def counted(reports: tuple[ReportDifference, ...]) -> Mapping[ItemSort, Mapping[Fate, int]]:
    """Return the number of changes by sort and fate, without zeros."""
    counts: Counter[tuple[ItemSort, Fate]] = Counter(("report", report.fate) for report in reports)
    counts.update((item.sort, item.fate) for report in reports for item in report.items)
    by_sort = {sort: {fate: counts[sort, fate] for fate in FATES if counts[sort, fate]} for sort in SORTS}
    return {sort: fates for sort, fates in by_sort.items() if fates}


def _cut(text: str) -> str:
    return text if len(text) <= _MAX_TEXT else f"{text[:_MAX_TEXT]}…"
