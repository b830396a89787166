"""What the sentence model reads in notes, seen in context.

Input: the scores of each note's passage (`index.embedding.PassageReader`).
Output: the scores of the notes around it beside its own, for `kb.kinds.classify`.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kb.kinds.features import NoteTree
from kb.report.model import Note

Scores = NDArray[np.float32]

READ = ("advice", "problem", "question", "experience", "fact", "impression", "label", "own", "remedy", "answer")
"""What the scores of a reading stand for: seven kinds, of which one is true, and three that may be true besides."""

_KINDS = READ.index("own")  # the first scores exclude one another
_MAX_SCORE = 8.0  # a log-probability beyond it says nothing more


def in_context(notes: Sequence[Note], scores: Scores) -> Scores:
    """Return the scores of each note, then those of its parent, of the notes before and after it and the first below.

    `scores` are (notes, READ); the result is (notes, 5 · READ), with zeros for a note that is missing.
    """
    own = np.clip(np.hstack([_log_shares(scores), scores[:, _KINDS:]]), -_MAX_SCORE, _MAX_SCORE)
    tree, rows = NoteTree(notes), {note.id: row for row, note in enumerate(notes)}
    missing = len(notes)
    own = np.vstack([own, np.zeros((1, len(READ)), np.float32)])
    around = []
    for note in notes:
        below = next(iter(tree.children(note)), None)
        near = (tree.parent(note), tree.previous(note), tree.next(note), below)
        around.append([rows[note.id], *(rows[other.id] if other else missing for other in near)])
    return np.asarray(own[np.array(around, int).reshape(-1, 5)].reshape(len(notes), -1), np.float32)


def kind_shares(scores: Scores) -> Scores:
    """Return the probabilities of the seven kinds, (notes, 7)."""
    return np.asarray(np.exp(_log_shares(scores)), np.float32)


def _log_shares(scores: Scores) -> Scores:
    kinds = scores[:, :_KINDS]
    return np.asarray(kinds - np.logaddexp.reduce(kinds, axis=1, keepdims=True), np.float32)
