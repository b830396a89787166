"""The table of rules, read from `rules.toml`, where they are written and explained."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Annotated, get_args

from msgspec import Meta, Struct

from index import datafiles
from index.tables import Text, Texts
from kb.kinds.patterns import PatternBook, pattern
from kb.kinds.sentences import READ_SO_FAR
from kb.report.model import Kind, Note

PLACES = (
    *("wordless", "aside", "bare", "title", "children", "only child", "under a name"),
    *("figure", "defined", "flow", "aside statement", "marked Q", "page title", "coded", "who speaks"),
    *("last", "asked", "noun phrase", "object", "subject", "beside a problem", "after a problem"),
    *(f"under {kind}" for kind in get_args(Kind)),
)
Place = Annotated[
    str,
    Meta(pattern=rf"\A(?:not )?(?:{'|'.join(PLACES)})\Z", description=f"(not) one of {', '.join(PLACES)}"),
]
"""Where a note or a sentence may stand; `rules.toml` says what each means."""

SAYS = "says "
"""What the names of patterns begin with that are no rule's, but evidence of their own (`evidence.toml`)."""


class RuleTable(Struct, frozen=True, forbid_unknown_fields=True):
    """A rule as `rules.toml` tells it, and explains it."""

    name: Text
    kind: Kind
    example: str
    starts: Texts = ()
    has: Texts = ()
    ends: Texts = ()
    unless: Texts = ()
    where: tuple[Place, ...] = ()
    under: Texts = ()
    section: Texts = ()


class RulesFile(Struct, frozen=True, forbid_unknown_fields=True):
    """All of `rules.toml`."""

    words: dict[Text, str]
    rule: tuple[RuleTable, ...]


class EvidenceFile(Struct, frozen=True, forbid_unknown_fields=True):
    """All of `evidence.toml`."""

    says: dict[Text, Texts]
    looks: dict[Text, str]
    under: dict[Text, str]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `needs` and `unless` are names in the pattern book, `where` and `nowhere` places.

    The rule of the least number is tried first.
    """

    number: int
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
            or any(_has_any(crumb.text[:READ_SO_FAR], self.section) for crumb in note.trail)
            or (note.talk is not None and note.talk.title.endswith(self.section))
        )

    def fits(self, places: set[str]) -> bool:
        """Tell whether a sentence that stands at these places is where the rule asks for it."""
        return self.where <= places and self.nowhere.isdisjoint(places)

    @property
    def fits_alone(self) -> bool:
        """Whether a sentence by itself can be what the rule asks for."""
        return bool(self.needs) and not (self.section or self.under)


@lru_cache(4096)  # a heading stands above many notes
def _has_any(text: str, words: tuple[str, ...]) -> bool:
    return any(word in text for word in words)


@dataclass(frozen=True, slots=True)
class Table:
    """The rules, the first to be tried first, and the book of the patterns that they ask for, and of others."""

    rules: tuple[Rule, ...]
    asked: frozenset[str]
    book: PatternBook


def rules_on(patterns: frozenset[str]) -> tuple[Rule, ...]:
    """Return the rules that a sentence may fit which has these patterns and no others, in their order."""
    return _rules_on(patterns & table().asked)


@lru_cache(4096)  # of eighty rules a sentence may fit some twenty, and sentences have the same few patterns
def _rules_on(patterns: frozenset[str]) -> tuple[Rule, ...]:
    return tuple(rule for rule in table().rules if rule.needs <= patterns and rule.unless.isdisjoint(patterns))


@cache
def table() -> Table:
    """Return the table that ships with kb."""
    data = datafiles.table("kb.kinds", "rules.toml", RulesFile)
    book = PatternBook()
    rules = tuple(_rule(number, row, data.words, book) for number, row in enumerate(data.rule))
    for name, patterns in evidence_file().says.items():
        book.add(f"{SAYS}{name}", "has", map(pattern, patterns))
    return Table(rules, frozenset[str]().union(*(rule.needs | rule.unless for rule in rules)), book)


@cache
def evidence_file() -> EvidenceFile:
    """Return what speaks for a kind beside the rules."""
    return datafiles.table("kb.kinds", "evidence.toml", EvidenceFile)


def _rule(number: int, row: RuleTable, words: Mapping[str, str], book: PatternBook) -> Rule:
    named = {}
    for part, texts in (("starts", row.starts), ("has", row.has), ("ends", row.ends), ("unless", row.unless)):
        if texts:
            named[part] = f"{row.name}: {part}"
            patterns = [pattern(text.format_map(words)) for text in texts]
            book.add(named[part], "has" if part == "unless" else part, patterns)  # type: ignore[arg-type]
    unless = named.pop("unless", None)
    return Rule(
        number=number,
        name=row.name,
        kind=row.kind,
        example=row.example,
        needs=frozenset(named.values()),
        unless=frozenset((unless,) if unless else ()),
        where=frozenset(place for place in row.where if not place.startswith("not ")),
        nowhere=frozenset(place.removeprefix("not ") for place in row.where if place.startswith("not ")),
        under=row.under,
        section=row.section,
    )
