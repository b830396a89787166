"""Exports of notes: a quotation, CSV and Markdown files, and sheets of quotations."""

import csv
import io
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import urljoin

from flask import Blueprint, Response, request

from index.query import Query
from kb.knowledge_base import KnowledgeBase
from kb.report.dates import day_of
from kb.report.model import Note
from kb.search.citation import Quoting
from kb.search.facets import by_place, by_strength
from kb.search.records import note_record
from kb.services import Catalogue, Domain
from kb.translation import _
from kb.wording import KINDS, LIKELY, listed
from webui import wording
from webui.http.address import address_of, page_address, pairs_of, resolved
from webui.http.responses import respond, understood, wants_json
from webui.http.security import at_once
from webui.view.facets import conditions_of
from webui.view.listing import address

_MAX_EXPORTS = 2  # at once; each may be the whole library, and other requests need the processor too
_MAX_SHEET = 500  # notes, some forty printed pages
_CHOSEN = "note"  # the key of an address that selects notes by id
_MAX_CHOSEN = 200  # notes; an address may have 16 kB
_FORMULA = frozenset("=+-@\u2212")  # first characters of a cell that a spreadsheet evaluates, whatever their width
_INVISIBLE = frozenset(("Cc", "Cf", "Mn", "Me", "Zs", "Zl", "Zp"))  # categories that may come before them unseen
_FILLERS = frozenset("\u115f\u1160\u3164\uffa0")  # blank characters whose category is letter


@dataclass(frozen=True, slots=True)
class Sheet:
    """The notes of a search, or those `chosen` from it, with their title; `total` counts those left out too."""

    title: str
    notes: tuple[Note, ...]
    total: int
    query: Query
    chosen: bool = False

    @property
    def parts(self) -> dict[str, list[Note]]:
        """The notes by their strength: the sure ones under an empty heading, then those that only likely fit.

        In each part the newest event is first, and its notes are in the order of their files.
        """
        newest: dict[str | None, str] = {}  # by event: its reports may tell its day more or less precisely
        for note in self.notes:
            newest[note.event] = max(day_of(note) or "", newest.get(note.event, ""))
        by_line = sorted(self.notes, key=lambda note: (note.event or "", note.source, note.line))
        by_event = sorted(by_line, key=lambda note: newest[note.event], reverse=True)
        sure, likely = by_strength(self.query, by_event, lambda note: note)
        claims = dict.fromkeys(note.likely for note in likely if note.likely)
        heading = listed(_(LIKELY[claim]) for claim in claims)
        return {"": sure, **({heading: likely} if likely else {})}

    @property
    def places(self) -> list[tuple[str, list[Note]]]:
        """The notes by talk or report, each with the heading of its part."""
        return [
            (heading, own)
            for heading, notes in self.parts.items()
            for own in by_place(notes, lambda note: note).values()
        ]

    @property
    def bound(self) -> str:
        """The sentence that notes are left out, empty if none is."""
        if self.total <= len(self.notes):
            return ""
        text = _("These are the first {shown:,} of {total:,} notes. Markdown and CSV have all.")
        return text.format(shown=len(self.notes), total=self.total)

    def file(self, ending: str) -> str:
        """Return the address of all notes as a file."""
        if self.chosen:
            return address(f"/export.{ending}", *((_CHOSEN, note.id) for note in self.notes))
        return f"/export.{ending}{address_of(self.query)[1:]}"


def pages(knowledge_base: KnowledgeBase) -> Blueprint:
    """Return the exports of a knowledge base."""
    blueprint = Blueprint("export", __name__)
    whole_results = at_once(_MAX_EXPORTS)

    def requested(most: int | None = None) -> Sheet:
        pairs = [(key, value) for key, value in request.args.items(multi=True) if key != _CHOSEN]
        query = replace(resolved(understood(pairs), knowledge_base.collection.catalogue), offset=0)
        chosen = tuple(dict.fromkeys(request.args.getlist(_CHOSEN)))[:_MAX_CHOSEN]
        if chosen:
            notes = tuple(map(knowledge_base.browser.note, chosen))
            return Sheet(_("Chosen notes"), notes, len(notes), query, chosen=True)
        answer = knowledge_base.searcher.search(replace(query, limit=most))
        title = wording.with_conditions(
            wording.notes(answer.total, answer.likely), conditions_of(query, knowledge_base)
        )
        return Sheet(title, tuple(hit.note for hit in answer.hits), answer.total, query)

    def request_quoting() -> Quoting:
        return quoting(knowledge_base.collection.domain, request.host_url)

    @blueprint.get("/cite/<path:note_id>")
    def cite(note_id: str) -> Response:
        return Response(request_quoting().citation(knowledge_base.browser.note(note_id)), mimetype="text/markdown")

    @blueprint.get("/sheet")
    @whole_results
    def sheet() -> Response:
        shown, style = requested(None if wants_json() else _MAX_SHEET), request_quoting()
        domain = knowledge_base.collection.domain
        return respond(
            "sheet.html",
            lambda: {
                "title": shown.title,
                "quotations": [
                    {**note_record(note, domain), "quotation": style.citation(note)} for note in shown.notes
                ],
            },
            sheet=shown,
            fields=pairs_of(shown.query),  # the search again, if no note is chosen
            quoting=style,
        )

    @blueprint.get("/export.csv")
    @whole_results
    def as_csv() -> Response:
        rows = table(requested().notes, knowledge_base.collection.catalogue, request.host_url)
        return _download("\ufeff" + rows, "text/csv", "csv")

    @blueprint.get("/export.md")
    @whole_results
    def as_markdown() -> Response:
        sheet = requested()
        lines = [f"# {_('Quotation sheet')}: {sheet.title}\n"]
        for heading, notes in sheet.parts.items():
            lines += [*([f"# {heading}\n"] if heading else []), *request_quoting().sheet(notes)]
        body = "\n".join(lines)
        return _download(body, "text/markdown", "md")

    return blueprint


def _download(body: str, mimetype: str, ending: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="session-notes.{ending}"'}
    return Response(body, mimetype=mimetype, headers=headers)


def quoting(domain: Domain, root: str) -> Quoting:
    """Return the quoting of notes in the language of the page, with addresses below `root`."""
    return Quoting(domain, lambda note: _url(note, root))


def table(notes: Iterable[Note], catalogue: Catalogue, root: str) -> str:
    """Return notes as CSV; a cell that a spreadsheet could take for a formula begins with an apostrophe."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(
        (
            *(_("Note"), _("Kind"), _("Likely kind"), _("Services"), _("Trail"), _("Talk or report"), _("Speakers")),
            *(_("Event"), _("Date"), _("Published"), _("File"), _("Line"), _("Address")),
        )
    )
    for note in notes:
        cells = (
            note.text,
            _(KINDS[note.kind]),
            _(KINDS[note.likely]) if note.likely else "",
            "、".join(catalogue.name(mention.service) for mention in note.services),
            " › ".join(crumb.text for crumb in note.trail),
            note.place_title,
            "、".join(note.talk.speakers) if note.talk else "",
            note.event or "",
            note.held_on or "",
            note.published or "",
            note.source,
            str(note.line),
            _url(note, root),
        )
        writer.writerow(f"'{cell}" if _is_formula(cell) else cell for cell in cells)
    return text.getvalue()


def _is_formula(cell: str) -> bool:
    """Return whether a spreadsheet might evaluate a cell: some drop invisible characters and fold widths."""
    visible = (char for char in cell if unicodedata.category(char) not in _INVISIBLE and char not in _FILLERS)
    return cell[:1] in set("\t\r\n") or unicodedata.normalize("NFKC", next(visible, ""))[:1] in _FORMULA


def _url(note: Note, root: str) -> str:
    return urljoin(root, page_address("note", note.id))
