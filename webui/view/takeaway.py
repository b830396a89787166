"""Notes as they are taken away: one as a quotation in Markdown, many as CSV or Markdown."""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import groupby
from urllib.parse import urljoin

from kb.report.model import Note
from kb.services import Catalogue
from webui.address import page_address
from webui.texts import texts

_FORMULA = frozenset("=+-@\u2212")  # how a cell begins that a spreadsheet would run, whatever the width
_UNSEEN = frozenset(("Cc", "Cf", "Mn", "Me", "Zs", "Zl", "Zp"))  # categories of what nobody sees before that
_FILLERS = frozenset("\u115f\u1160\u3164\uffa0")  # letters, by their category, that are blank
_MARKDOWN = re.compile(r"[\\`*\[\]<]")  # what would be read as Markdown inside a line


def citation(note: Note, root: str) -> str:
    """Return a note as a quotation in Markdown: its words, talk, event, date and address below `root`."""
    place = "、".join(filter(None, (note.talk.title if note.talk else None, note.event)))
    told = f"{_escaped(place)}（{texts.day(note.held_on)}）" if place else texts.day(note.held_on)
    return f"> {_escaped(note.text)}\n>\n> — {told} <{_url(note, root)}>\n"


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
            note.talk.title if note.talk else "",
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


def lines(notes: Iterable[Note], root: str) -> Iterator[str]:
    """Yield notes as Markdown: a heading for each talk, a bullet for each note with its trail before it."""
    by_talk = groupby(sorted(notes, key=_place), key=_place)
    for (talk, event, held_on), own in by_talk:
        yield f"## {_escaped(talk or texts.NO_TALK)}\n\n{_escaped(event)}（{texts.day(held_on)}）\n"
        for note in own:
            trail = "".join(f"{_escaped(crumb.text)} › " for crumb in note.trail)
            yield f"- {trail}{_escaped(note.text)} [#]({_url(note, root)})"
        yield ""


def _place(note: Note) -> tuple[str, str, str]:
    return (note.talk.title if note.talk else "", note.event or texts.NO_EVENT, note.held_on or "")


def _url(note: Note, root: str) -> str:
    return urljoin(root, page_address("note", note.id))


def _escaped(text: str) -> str:
    return _MARKDOWN.sub(r"\\\g<0>", text)
