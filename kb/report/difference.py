"""What a sync changed, as a value: what came, went and changed, in which report, and what did it; and what is news."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, get_args

Sort: TypeAlias = Literal["report", "note", "tag", "kind", "pair", "mark"]
"""What is compared; a mark is on a note that a dated change has overtaken."""
Fate: TypeAlias = Literal["came", "went", "changed"]

SORTS: tuple[Sort, ...] = get_args(Sort)
FATES: tuple[Fate, ...] = get_args(Fate)

# What is kept of a difference: of a rule that touches every note of a library the first notes, and a number.
MOST_ITEMS = 2000
MOST_REPORTS = 500
_LONGEST = 300  # characters of a text that are kept


@dataclass(frozen=True, slots=True)
class Cause:
    """What did it: a file that was added, edited, moved or removed, a table of kb.toml, a rule file, vectors.

    Or it was what corrections of other notes taught: `name` is how many, nothing where none do so any more.
    """

    what: Literal["added", "edited", "moved", "removed", "told", "rules", "vectors", "learned", "others"]
    name: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing of a note, or the note itself, that came, went or changed.

    `note` is the id that the note has now, or had; `text` what it says, or said. `value` is what came or went: of a tag
    the service's slug, of a mark the change's id, of a pair `remedy_of` or `answers`, of a note what of it changed.
    `before` and `after` are what it was and is: how a tag comes about, a kind, the other note of a pair, a text.
    """

    sort: Sort
    fate: Fate
    note: str
    text: str
    value: str = ""
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class ReportDifference:
    """What a sync changed of one report, under the id and title that it has now, or had; `notes` is how many it has.

    `changed` are the fields of the report itself that are others now.
    """

    report: str
    title: str
    source: str
    fate: Fate
    causes: tuple[Cause, ...]
    notes: int
    changed: tuple[str, ...] = ()
    items: tuple[Item, ...] = ()

    @property
    def is_something(self) -> bool:
        """Whether anything of it came, went or changed."""
        return self.fate != "changed" or bool(self.changed or self.items)


@dataclass(frozen=True, slots=True)
class Difference:
    """What one sync changed: `at` is when, in UTC; the `first` of an index has nothing to compare with.

    `counts` is how much came, went and changed of each sort. `left_out` items are counted and not listed.
    """

    at: str
    reports: tuple[ReportDifference, ...]
    counts: Mapping[Sort, Mapping[Fate, int]]
    first: bool = False
    left_out: int = 0

    @property
    def causes(self) -> tuple[Cause, ...]:
        """All that did it, once each."""
        return tuple(dict.fromkeys(cause for report in self.reports for cause in report.causes))

    def bounded(self) -> "Difference":
        """Return what of it is kept, the rest as a number."""
        kept, left = list[ReportDifference](), MOST_ITEMS
        for report in self.reports[:MOST_REPORTS]:
            items = tuple(
                replace(item, text=_cut(item.text), before=_cut(item.before), after=_cut(item.after))
                for item in report.items[:left]
            )
            left -= len(items)
            kept.append(replace(report, items=items))
        total = sum(len(report.items) for report in self.reports)
        return replace(self, reports=tuple(kept), left_out=total - (MOST_ITEMS - left))


@dataclass(frozen=True, slots=True)
class News:
    """Something that who follows a search wants to know, and when it was so: `at`, in UTC.

    `note`: notes came; `about` is their report. `remedy`: a problem that was open, `about`, found its remedy.
    `fact`: a dated change, `about`, has overtaken notes. `notes` are the ids of the notes that came, or are concerned.
    """

    at: str
    what: Literal["note", "remedy", "fact"]
    about: str
    notes: tuple[str, ...]


def counted(reports: tuple[ReportDifference, ...]) -> Mapping[Sort, Mapping[Fate, int]]:
    """Return how much came, went and changed of each sort."""
    counts: Counter[tuple[Sort, Fate]] = Counter(("report", report.fate) for report in reports)
    counts.update((item.sort, item.fate) for report in reports for item in report.items)
    return {
        sort: {fate: counts[sort, fate] for fate in FATES if counts[sort, fate]}
        for sort in SORTS
        if any(counts[sort, fate] for fate in FATES)
    }


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
