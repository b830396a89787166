"""Notes as they are taken away: one as a quotation in Markdown, many as CSV or Markdown."""

import csv
import io
import unicodedata
from collections.abc import Iterable
from urllib.parse import urljoin

from kb.report.model import Note
from kb.search.quotation import Quoting
from kb.services import Catalogue, Domain
from webui.address import page_address
from webui.texts import texts

_FORMULA = frozenset("=+-@\u2212")  # how a cell begins that a spreadsheet would run, whatever the width
_UNSEEN = frozenset(("Cc", "Cf", "Mn", "Me", "Zs", "Zl", "Zp"))  # categories of what nobody sees before that
_FILLERS = frozenset("\u115f\u1160\u3164\uffa0")  # letters, by their category, that are blank


def quoting(domain: Domain, root: str) -> Quoting:
    """Return how notes are quoted in the language of the page, with addresses below `root`."""
    return Quoting(texts.shared, domain, lambda note: _url(note, root))


def table(notes: Iterable[Note], catalogue: Catalogue, root: str) -> str:
    """Return notes as CSV, a line each, with no cell that a spreadsheet would take for a formula."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(texts.COLUMNS)
    for note in notes:
        cells = (
            note.text,
            texts.shared.KINDS[note.kind],
            "、".join(catalogue.name(mention.service) for mention in note.services),
            " › ".join(crumb.text for crumb in note.trail),
            note.place_title,
            "、".join(note.talk.speakers) if note.talk else "",
            note.event or "",
            note.held_on or "",
            note.source,
            str(note.line),
            _url(note, root),
        )
        writer.writerow(f"'{cell}" if _is_formula(cell) else cell for cell in cells)
    return text.getvalue()


def _is_formula(cell: str) -> bool:
    """Return whether a spreadsheet might run a cell: it may take away what it does not show, and fold widths."""
    seen = (char for char in cell if unicodedata.category(char) not in _UNSEEN and char not in _FILLERS)
    return cell[:1] in set("\t\r\n") or unicodedata.normalize("NFKC", next(seen, ""))[:1] in _FORMULA


def _url(note: Note, root: str) -> str:
    return urljoin(root, page_address("note", note.id))
