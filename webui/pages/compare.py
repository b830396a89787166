"""The page of two values of a facet beside each other, such as two years, services or events, also as Markdown."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, NoReturn

from flask import Blueprint, Response, abort, request
from werkzeug.exceptions import BadRequest, HTTPException, NotFound, UnprocessableEntity

from index.engine import FacetCount
from index.query import Query
from kb.kinds.pairs import Pair
from kb.knowledge_base import KnowledgeBase
from kb.search.citation import escaped
from kb.search.comparison import PARTS, Comparison, Group, Side, Value, compared, compared_facet
from kb.search.records import facet_record, pair_record
from kb.search.searcher import current
from kb.services import Domain
from kb.translation import _
from kb.wording import KINDS
from webui import wording
from webui.http.address import address_of, resolved
from webui.http.responses import problem, respond, understood, wants_json
from webui.pages.export import quoting
from webui.pages.indexes import listed
from webui.view.facets import conditions_of
from webui.view.listing import address

_STATES = ("solved", "unsolved")


@dataclass(frozen=True, slots=True)
class Cell:
    """A number on one side, the address that lists it, and its bar in percent; `likely` are only likely of a kind."""

    number: int
    url: str
    likely: int = 0
    width: float = 0


@dataclass(frozen=True, slots=True)
class Row:
    """A name with its number on each side; `more` is the side with clearly more, None if neither has."""

    name: str
    cells: tuple[Cell, ...]
    more: int | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of both sides, then those of each side alone. `is_data`: the names are in the notes' language."""

    label: str
    shared: tuple[Row, ...]
    own: tuple[tuple[Row, ...], tuple[Row, ...]] = ((), ())
    left_out: tuple[int, int, int] = (0, 0, 0)
    is_data: bool = False


@dataclass(frozen=True, slots=True)
class Compared:
    """A comparison as the page shows it: the names of its sides, its other conditions, its tables and notes.

    `notes` are by part: on each side the number of all, and the first ones. `address` is the query of its address.
    """

    comparison: Comparison
    names: tuple[str, str]
    conditions: str
    counts: Table
    tables: tuple[Table, ...]
    notes: Mapping[str, tuple[tuple[Cell, tuple[Pair, ...]], ...]]
    address: str

    @property
    def title(self) -> str:
        """The names of both sides."""
        return _("{first} and {second}", first=self.names[0], second=self.names[1])

    @property
    def has_notes(self) -> bool:
        """Whether any note fits the conditions."""
        return any(side.answer.total for side in self.comparison.sides)

    @property
    def sheet(self) -> str:
        """The address of a sheet of all notes that are shown."""
        notes = (pair.note for part in self.notes.values() for _cell, pairs in part for pair in pairs)
        return address("/sheet", *(("note", note.id) for note in notes))


def pages(knowledge_base: KnowledgeBase) -> Blueprint:
    """Return the page of /compare, whose address is that of a search with two values of one facet."""
    blueprint = Blueprint("compare", __name__)

    @blueprint.get("/compare")
    def compare() -> Response:
        shown = _compared(knowledge_base)
        record = partial(_record, shown, knowledge_base.collection.domain)
        return respond("compare.html", record, shown=shown)

    @blueprint.get("/compare.md")
    def as_markdown() -> Response:
        lines = _markdown(_compared(knowledge_base), knowledge_base.collection.domain)
        return Response("\n".join((*lines, "")), mimetype="text/markdown")

    return blueprint


def _compared(knowledge_base: KnowledgeBase) -> Compared:
    """Return the comparison of the address. Aborts if it does not have two values of one facet that notes have."""
    collection = knowledge_base.collection
    query = resolved(understood(request.args.items(multi=True)), collection.catalogue)
    query = current(query, collection.contents())  # names that are merged are one value
    facet = compared_facet(query)
    if facet is None:
        _refuse(
            UnprocessableEntity(),
            _("A comparison needs two different values of one filter, such as ?year=2018&year=2019."),
        )
    comparison = compared(knowledge_base.searcher, query, facet)
    unknown = dict.fromkeys(one for side in comparison.sides for one in side.answer.unknown)
    if unknown and knowledge_base.browser.reports():  # an empty library leads to its first report instead
        _refuse(NotFound(), wording.unread([*unknown]))
    return _shown(comparison, knowledge_base)


def _refuse(error: HTTPException, detail: str) -> NoReturn:
    """Abort with a sentence; programs get 400, as for any address that cannot be understood."""
    abort(problem(BadRequest() if wants_json() else error, detail))


def _shown(comparison: Comparison, knowledge_base: KnowledgeBase) -> Compared:
    first, second = comparison.sides
    kept = first.query.select(comparison.facet)
    (first_name,), (second_name,) = (
        conditions_of(Query().select(comparison.facet, side.value), knowledge_base) for side in comparison.sides
    )
    return Compared(
        comparison=comparison,
        names=(first_name, second_name),
        conditions=wording.listed(conditions_of(kept, knowledge_base)),
        counts=Table(_("Numbers"), tuple(_counts(comparison, knowledge_base))),
        tables=tuple(_table(group, comparison, knowledge_base) for group in comparison.groups),
        notes={
            part: tuple((_cell(side, group, value), side.parts.get(part, ())) for side in comparison.sides)
            for part, (group, value, _sort) in PARTS.items()
            if any(side.parts.get(part) for side in comparison.sides)
        },
        address=address_of(kept.select(comparison.facet, first.value, second.value)).removeprefix("/?"),
    )


def _counts(comparison: Comparison, knowledge_base: KnowledgeBase) -> Iterator[Row]:
    """Yield the numbers of notes, also by kind and state, of reports and of talks, without empty rows."""
    sides = comparison.sides
    yield Row(_("Notes"), tuple(Cell(side.answer.total, address_of(side.query)) for side in sides))
    for facet, values in (("kind", KINDS), ("state", _STATES)):
        for value in values if comparison.facet != facet else ():
            cells = tuple(_cell(side, facet, value) for side in sides)
            if any(cell.number for cell in cells):
                yield Row(wording.value_name(facet, value, value), cells)
    for path in ("reports", "talks"):
        lists = [listed(path, side.query, knowledge_base) for side in sides]
        if cells := tuple(Cell(number, url) for url, number in filter(None, lists)):
            yield Row(_(wording.COLUMNS[path]), cells)


def _cell(side: Side, facet: str, value: str) -> Cell:
    """Return the number of a side's notes with a value of a facet that is counted for it."""
    found = (one for one in side.answer.facets[facet] if one.value == value)
    one = next(found, FacetCount(value, 0, selected=False))
    return Cell(one.count, address_of(side.query.select(facet, value)), one.likely)


def _table(group: Group, comparison: Comparison, knowledge_base: KnowledgeBase) -> Table:
    """Return a group with bars of the share of each side's notes."""
    totals = [max(side.answer.total, 1) for side in comparison.sides]
    values = (*group.shared, *group.own[0], *group.own[1])
    most = max(notes / total for value in values for notes, total in zip(value.notes, totals, strict=True))

    def row(value: Value) -> Row:
        cells = (
            Cell(notes, address_of(query), width=round(100 * notes / total / most, 2))
            for notes, query, total in zip(value.notes, value.queries, totals, strict=True)
        )
        return Row(name(value), tuple(cells), value.more)

    def name(value: Value) -> str:
        if group.key == "service":
            return knowledge_base.collection.catalogue.short_name(value.value)
        return value.label if group.key == "series" else wording.value_name(group.key, value.value, value.label)

    if group.key == "series":
        label = _("Series of events")
    else:
        label = _("Named together with") if group.key == comparison.facet else wording.facet_label(group.key)
    return Table(
        label=label,
        shared=tuple(map(row, group.shared)),
        own=(tuple(map(row, group.own[0])), tuple(map(row, group.own[1]))),
        left_out=group.left_out,
        is_data=group.key in ("series", "event", "speaker"),
    )


def _record(shown: Compared, domain: Domain) -> dict[str, Any]:
    """Return a comparison as JSON: each side with its numbers and notes, and the values of each group."""

    def values(listed: tuple[Value, ...]) -> list[dict[str, Any]]:
        return [{"value": one.value, "label": one.label, "notes": one.notes, "more": one.more} for one in listed]

    return {
        "facet": shown.comparison.facet,
        "sides": [
            {
                "value": side.value,
                "label": name,
                "total": side.answer.total,
                **{facet: [facet_record(one) for one in side.answer.facets[facet]] for facet in ("kind", "state")},
                **{part: [pair_record(pair, domain) for pair in pairs] for part, pairs in side.parts.items()},
            }
            for name, side in zip(shown.names, shown.comparison.sides, strict=True)
        ],
        "groups": [
            {"key": group.key, "shared": values(group.shared), "own": [*map(values, group.own)]}
            for group in shown.comparison.groups
        ],
    }


def _markdown(shown: Compared, domain: Domain) -> Iterator[str]:
    """Yield the lines of a comparison: its tables, then the notes of each part by side."""
    style = quoting(domain, request.host_url)
    yield f"# {escaped(shown.title)}\n"
    if shown.conditions:
        yield f"{escaped(shown.conditions)}\n"
    for table in (shown.counts, *shown.tables):
        yield f"## {table.label}\n"
        yield f"| | {' | '.join(_in_table(name) for name in shown.names)} |\n|---|---:|---:|"
        for row in (*table.shared, *table.own[0], *table.own[1]):
            numbers = [wording.tally(cell.number, cell.likely) for cell in row.cells]
            if row.more is not None:
                numbers[row.more] = f"**{numbers[row.more]}**"
            yield f"| {_in_table(row.name)} | {' | '.join(numbers)} |"
        yield ""
    for part, sides in shown.notes.items():
        for name, (_number, pairs) in zip(shown.names, sides, strict=True):
            if pairs:
                yield f"## {_(wording.GUIDE_PARTS[part])}: {escaped(name)}\n"
                yield from (line for pair in pairs for line in style.item(pair.note, pair.replies))
                yield ""


def _in_table(text: str) -> str:
    return escaped(text).replace("|", "\\|")
