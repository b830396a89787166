"""Notes as they stood in their report: each under its headings and parent bullets."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from kb.model import Crumb, Note

_Path = tuple[tuple[Crumb, ...], Note]  # what is left of the way to a note, itself last


@dataclass(frozen=True, slots=True)
class Branch:
    """One line of the tree and what stands under it. `note` is None where it only leads to notes."""

    crumb: Crumb
    note: Note | None
    branches: tuple["Branch", ...]

    @property
    def notes_below(self) -> int:
        """How many notes stand under it, at any depth."""
        return sum((branch.note is not None) + branch.notes_below for branch in self.branches)


def tree(notes: Iterable[Note]) -> tuple[Branch, ...]:
    """Return the tree of notes given in reading order; the part of their trails that neighbours share is one branch."""
    return _grown([((*note.trail, Crumb(note.text, note.line, note.id)), note) for note in notes])


def _grown(paths: Sequence[_Path]) -> tuple[Branch, ...]:
    return tuple(_branch(crumb, list(below)) for crumb, below in groupby(paths, key=lambda path: path[0][0]))


def _branch(crumb: Crumb, paths: Sequence[_Path]) -> Branch:
    own = next((note for rest, note in paths if len(rest) == 1), None)
    return Branch(crumb, own, _grown([(rest[1:], note) for rest, note in paths if len(rest) > 1]))
