"""The notes of a report under its talks, and where in its pages each stands."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from urllib.parse import quote

from kb.report.model import Note, Talk
from webui.address import page_address
from webui.view.tree import Branch, tree

NOTES = 200
"""How many of a report or talk a page shows."""


@dataclass(frozen=True, slots=True)
class Section:
    """The notes of a report on one talk, or outside of talks, in their tree."""

    talk: Talk | None
    branches: tuple[Branch, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """A line of the list of contents: a section, its address, and how many notes it has."""

    title: str
    url: str
    notes: int


def report_url(note: Note, number: int) -> str:
    """Return the address of a note, which has a number from 1, in the whole of its report."""
    page = (number - 1) // NOTES + 1
    return f"{page_address('report', note.report)}{f'?page={page}' if page > 1 else ''}#{quote(note.id)}"


def sections(notes: Sequence[Note]) -> Iterator[Section]:
    """Yield the notes of a report, in reading order, in the trees of its talks."""
    for talk, group in groupby(notes, lambda note: note.talk):
        yield Section(talk, tree(group))


def steps(notes: Sequence[Note]) -> Iterator[Step]:
    """Yield the sections of a whole report, each with the address where it begins."""
    number = 1
    for _, group in groupby(notes, lambda note: note.talk):
        own = tuple(group)
        yield Step(own[0].place_title, report_url(own[0], number), len(own))
        number += len(own)
