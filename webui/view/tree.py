"""Notes as they stood in their report: each under its headings and parent bullets."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from msgspec import structs

from kb.report.model import Crumb, Note

_Path = tuple[tuple[Crumb, ...], Note]  # what is left of the way to a note, itself last


@dataclass(frozen=True, slots=True)
class Branch:
    """One line of the tree and what stands under it.

    `note` is the note of the line; None where it only leads to notes: then `crumbs` are the steps that lead there.
    """

    crumbs: tuple[Crumb, ...]
    note: Note | None
    branches: tuple["Branch", ...]


def tree(notes: Iterable[Note]) -> tuple[Branch, ...]:
    """Return the tree of notes given in reading order; the part of their trails that neighbours share is one branch."""
    return _grown([((*note.trail, Crumb(note.text, note.line, note.id)), note) for note in notes])


def below(note: Note, notes: Iterable[Note]) -> tuple[Branch, ...]:
    """Return the tree of those of the notes that stand under a note."""
    depth = len(note.trail) + 1
    under = [other for other in notes if any(crumb.note == note.id for crumb in other.trail)]
    return tree(structs.replace(other, trail=other.trail[depth:]) for other in under)


def notes_in(branches: Iterable[Branch]) -> int:
    """Return how many notes a tree holds."""
    return sum((branch.note is not None) + notes_in(branch.branches) for branch in branches)


def _grown(paths: Sequence[_Path]) -> tuple[Branch, ...]:
    return tuple(_branch(crumb, list(below)) for crumb, below in groupby(paths, key=lambda path: path[0][0]))


def _branch(crumb: Crumb, paths: Sequence[_Path]) -> Branch:
    own = next((note for rest, note in paths if len(rest) == 1), None)
    branches = _grown([(rest[1:], note) for rest, note in paths if len(rest) > 1])
    if own is None and len(branches) == 1 and branches[0].note is None:
        return replace(branches[0], crumbs=(crumb, *branches[0].crumbs))
    return Branch((crumb,), own, branches)
