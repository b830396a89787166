"""The page of two texts or values of a facet beside each other, such as two years or services, also as Markdown."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, NoReturn

from flask import Blueprint, Response, abort, render_template, request
from werkzeug.exceptions import BadRequest, HTTPException, NotFound, UnprocessableEntity

from index.query import Query
from kb.kinds.pairs import Pair
from kb.knowledge_base import KnowledgeBase
from kb.search.citation import escaped
from kb.search.comparison import PARTS, TEXT, Cell, Comparison, ComparisonRow, Group, compared, compared_facet
from kb.search.records import facet_record, pair_record
from kb.search.searcher import current
from kb.services import Domain
from kb.translation import _
from kb.wording import GUIDE_PARTS, KINDS, listed
from webui import wording
from webui.http.address import resolved
from webui.http.responses import problem, respond, understood, wants_json
from webui.pages.export import quoting
from webui.pages.indexes import list_link
from webui.view.facets import conditions_of
from webui.view.listing import address

_STATES = ("solved", "unsolved")


@dataclass(frozen=True, slots=True)
class ComparisonPage:
    """A comparison as the page shows it: the names of its sides, its other conditions, its numbers and notes.

    `lists` are the address and length of each list of a side's reports and talks, by their label. `notes` are by part:
    on each side the number of all, and the first ones.
    """

    comparison: Comparison
    names: tuple[str, ...]
    conditions: str
    numbers: Group
    lists: Mapping[str, tuple[tuple[str, int], ...]]
    notes: Mapping[str, tuple[tuple[Cell, tuple[Pair, ...]], ...]]

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

    def label(self, group: Group) -> str:
        """Return the heading of a group."""
        match group.key:
            case "":
                return _("Numbers")
            case "series":
                return _("Series of events")
            case self.comparison.facet:
                return _("Named together with")
        return wording.facet_label(group.key)


def pages(knowledge_base: KnowledgeBase) -> Blueprint:
    """Return the page of /compare, whose address is that of a search with two texts or two values of one facet."""
    blueprint = Blueprint("compare", __name__)
    domain = knowledge_base.collection.domain

    @blueprint.get("/compare")
    def compare() -> Response:
        shown = _shown(knowledge_base)
        return respond("compare.html", lambda: _record(shown, domain), shown=shown, name=_name)

    @blueprint.get("/compare.md")
    def as_markdown() -> Response:
        lines = _markdown(_shown(knowledge_base), domain)
        return Response("\n".join((*lines, "")), mimetype="text/markdown")

    return blueprint


def _shown(knowledge_base: KnowledgeBase) -> ComparisonPage:
    """Return the comparison of the address. Aborts if it does not have two texts or values that notes have."""
    collection = knowledge_base.collection
    query = resolved(understood(request.args.items(multi=True)), collection.catalogue)
    query = current(query, collection.contents())  # names that are merged are one value
    texts = [*dict.fromkeys(filter(None, map(str.strip, request.args.getlist(TEXT))))]
    is_single = not any(values[1:] for _, values in query.selections)
    facet = compared_facet(query)
    if len(texts) > 1:
        facet = TEXT if is_single and not texts[2:] else None
    if facet is None:
        _refuse_sides(query, texts)
    values = texts if facet == TEXT else sorted(query.selected(facet))
    comparison = compared(knowledge_base.searcher, query, facet, values)
    unknown = dict.fromkeys(one for side in comparison.sides for one in side.answer.unknown)
    if unknown and knowledge_base.browser.reports():  # an empty library leads to its first report instead
        _refuse(NotFound(), wording.unread([*unknown]))
    sides, kept = comparison.sides, replace(query, text="") if facet == TEXT else query.select(facet)
    lists = {path: [list_link(path, side.query, knowledge_base) for side in sides] for path in ("reports", "talks")}
    return ComparisonPage(
        comparison=comparison,
        names=tuple(texts if facet == TEXT else conditions_of(Query().select(facet, *values), knowledge_base)),
        conditions=listed(conditions_of(kept, knowledge_base)),
        numbers=Group("", tuple(_numbers(comparison))),
        lists={_(wording.COLUMNS[path]): tuple(filter(None, own)) for path, own in lists.items() if all(own)},
        notes={
            part: tuple((side.cell(group, value), side.parts.get(part, ())) for side in sides)
            for part, (group, value, _sort) in PARTS.items()
            if any(side.parts.get(part) for side in sides)
        },
    )


def _refuse_sides(query: Query, texts: list[str]) -> NoReturn:
    """Abort with a form that asks for two texts, filled with the first ones, under the conditions of a query."""
    detail = _("A comparison needs two different values of one filter, such as ?year=2018&year=2019, or two texts.")
    if wants_json() or request.path != "/compare":
        _refuse(UnprocessableEntity(), detail)
    page = render_template("compare.html", shown=None, detail=detail, query=query, texts=[*texts, "", ""][:2])
    abort(Response(page, 422))


def _refuse(error: HTTPException, detail: str) -> NoReturn:
    """Abort with a sentence; programs get 400, as for any address that cannot be understood."""
    abort(problem(BadRequest() if wants_json() else error, detail))


def _numbers(comparison: Comparison) -> Iterator[ComparisonRow]:
    """Yield the numbers of notes, also by kind and state, without empty rows."""
    first, second = comparison.sides
    yield ComparisonRow(
        "notes", _("Notes"), (Cell(first.answer.total, first.query), Cell(second.answer.total, second.query))
    )
    for facet, values in (("kind", KINDS), ("state", _STATES)):
        for value in values if comparison.facet != facet else ():
            cells = first.cell(facet, value), second.cell(facet, value)
            if cells[0].number or cells[1].number:
                yield ComparisonRow(value, wording.value_name(facet, value, value), cells)


def _name(key: str, row: ComparisonRow, domain: Domain) -> str:
    """Return the name of a row in the group with a key."""
    if key == "service":
        return domain.catalogue.short_name(row.value)
    return row.label if key in ("", "series") else wording.value_name(key, row.value, row.label)


def _record(shown: ComparisonPage, domain: Domain) -> dict[str, Any]:
    """Return a comparison as JSON: each side with its numbers and notes, and the values of each group."""

    def values(rows: tuple[ComparisonRow, ...]) -> list[dict[str, Any]]:
        return [
            {"value": row.value, "label": row.label, "notes": [cell.number for cell in row.cells], "more": row.more}
            for row in rows
        ]

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


def _markdown(shown: ComparisonPage, domain: Domain) -> Iterator[str]:
    """Yield the lines of a comparison: its tables, then the notes of each part by side."""
    style = quoting(domain, request.host_url)
    yield f"# {escaped(shown.title)}\n"
    if shown.conditions:
        yield f"{escaped(shown.conditions)}\n"
    for group in (shown.numbers, *shown.comparison.groups):
        yield f"## {shown.label(group)}\n"
        yield f"| | {' | '.join(_in_table(name) for name in shown.names)} |\n|---|---:|---:|"
        for row in (*group.shared, *group.own[0], *group.own[1]):
            numbers = [wording.tally(cell.number, cell.likely) for cell in row.cells]
            if row.more is not None:
                numbers[row.more] = f"**{numbers[row.more]}**"
            yield f"| {_in_table(_name(group.key, row, domain))} | {' | '.join(numbers)} |"
        for label, lists in shown.lists.items() if group is shown.numbers else ():
            yield f"| {label} | {' | '.join(wording.tally(number) for _url, number in lists)} |"
        yield ""
    for part, sides in shown.notes.items():
        for name, (_number, pairs) in zip(shown.names, sides, strict=True):
            if pairs:
                yield f"## {_(GUIDE_PARTS[part])}: {escaped(name)}\n"
                yield from (line for pair in pairs for line in style.item(pair.note, pair.replies))
                yield ""


def _in_table(text: str) -> str:
    return escaped(text).replace("|", "\\|")
