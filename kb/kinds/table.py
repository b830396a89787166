"""The table of rules, read from `rules.toml`, where they are written and explained."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, get_args

from index import datafiles
from kb.kinds.patterns import PatternBook, pattern
from kb.kinds.sentences import READ_SO_FAR
from kb.report.model import Kind, Note

PLACES = frozenset(
    (
        *("wordless", "aside", "bare", "title", "children", "only child", "under a name"),
        *("figure", "defined", "flow", "aside statement", "marked Q", "page title", "coded", "who speaks"),
        *("last", "asked", "noun phrase", "object", "subject", "beside a problem", "after a problem"),
        *(f"under {kind}" for kind in get_args(Kind)),
    )
)
"""Where a note or a sentence may stand; `rules.toml` says what each means."""

SAYS = "says "
"""What the names of patterns begin with that are no rule's, but evidence of their own (`evidence.toml`)."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `needs` and `unless` are names in the pattern book, `where` and `nowhere` places."""

    name: str
    kind: Kind
    example: str
    needs: frozenset[str]
    unless: frozenset[str]
    where: frozenset[str]
    nowhere: frozenset[str]
    under: tuple[str, ...]
    section: tuple[str, ...]

    def allows(self, note: Note) -> bool:
        """Tell whether what stands above a note is what the rule asks for."""
        if self.under and not (note.parent and note.trail[-1].text.endswith(self.under)):
            return False
        return (
            not self.section
            or any(word in crumb.text[:READ_SO_FAR] for crumb in note.trail for word in self.section)
            or (note.talk is not None and note.talk.title.endswith(self.section))
        )

    def fits(self, places: set[str], found: set[str]) -> bool:
        """Tell whether a sentence that stands at these places, with these patterns in it, is one of the rule's."""
        return (
            self.needs <= found
            and self.where <= places
            and self.unless.isdisjoint(found)
            and self.nowhere.isdisjoint(places)
        )


@dataclass(frozen=True, slots=True)
class Table:
    """The rules, the first to be tried first, and the book of their patterns.

    `alone` are those that a sentence by itself can fit.
    """

    rules: tuple[Rule, ...]
    alone: tuple[Rule, ...]
    book: PatternBook


@cache
def table() -> Table:
    """Return the table that ships with kb."""
    data = datafiles.table("kb.kinds", "rules.toml")
    book = PatternBook()
    rules = tuple(_rule(row, data["words"], book) for row in data["rule"])
    for name, patterns in datafiles.table("kb.kinds", "evidence.toml")["says"].items():
        book.add(f"{SAYS}{name}", "has", map(pattern, patterns))
    return Table(rules, tuple(rule for rule in rules if rule.needs and not (rule.section or rule.under)), book)


def _rule(row: Mapping[str, Any], words: Mapping[str, str], book: PatternBook) -> Rule:
    named = {}
    for part in ("starts", "has", "ends", "unless"):
        if part in row:
            named[part] = f"{row['name']}: {part}"
            patterns = [pattern(text.format_map(words)) for text in row[part]]
            book.add(named[part], "has" if part == "unless" else part, patterns)  # type: ignore[arg-type]
    unless = named.pop("unless", None)
    where = set(row.get("where", ()))
    nowhere = {place.removeprefix("not ") for place in where if place.startswith("not ")}
    where = {place for place in where if not place.startswith("not ")}
    if unknown := (where | nowhere) - PLACES:
        raise ValueError(f"rules.toml: {row['name']}: unknown place {', '.join(unknown)}")
    return Rule(
        name=row["name"],
        kind=row["kind"],
        example=row["example"],
        needs=frozenset(named.values()),
        unless=frozenset((unless,) if unless else ()),
        where=frozenset(where),
        nowhere=frozenset(nowhere),
        under=tuple(row.get("under", ())),
        section=tuple(row.get("section", ())),
    )
