"""What the sentence model reads in notes: made once for each passage, kept in the index folder, seen in context.

Input: the passages of a report's notes (`Note.passage`). Model: `index.embedding`, the graph of readings.
Output: numbers for `kb.kinds.classify`, which sees those of the notes around a note beside its own.
"""

import hashlib
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from kb.kinds.features import NoteTree
from kb.report.model import Note

if TYPE_CHECKING:
    from index.embedder import Vectors
    from index.embedding import Precomputed

Scores = NDArray[np.float32]

READ = ("advice", "problem", "question", "experience", "fact", "impression", "label", "own", "remedy", "answer")
"""What the scores of a reading stand for: seven kinds, of which one is true, and three that may be true besides."""

_KINDS = READ.index("own")  # the first scores exclude one another
_MAX_SCORE = 8.0  # a log-probability beyond it says nothing more
_SCHEMA = "CREATE TABLE IF NOT EXISTS readings (passage BLOB PRIMARY KEY, scores BLOB NOT NULL) WITHOUT ROWID"
_AT_ONCE = 500  # passages in one query


def in_context(notes: Sequence[Note], scores: Scores) -> Scores:
    """Return the scores of each note, then those of its parent, of the notes before and after it and the first below.

    `scores` are (notes, READ); the result is (notes, 5 · READ), with zeros for a note that is missing.
    """
    kinds = scores[:, :_KINDS] - np.logaddexp.reduce(scores[:, :_KINDS], axis=1, keepdims=True)
    own = np.clip(np.hstack([kinds, scores[:, _KINDS:]]), -_MAX_SCORE, _MAX_SCORE)
    tree, rows = NoteTree(notes), {note.id: row for row, note in enumerate(notes)}
    missing = len(notes)
    own = np.vstack([own, np.zeros((1, len(READ)), np.float32)])
    around = []
    for note in notes:
        siblings, position = tree.place(note)
        near = (tree.parent(note), *siblings_around(siblings, position), next(iter(tree.children(note)), None))
        around.append([rows[note.id], *(rows[other.id] if other else missing for other in near)])
    return own[np.array(around, int).reshape(-1, 5)].reshape(len(notes), -1)


def siblings_around(siblings: Sequence[Note], position: int) -> tuple[Note | None, Note | None]:
    """Return the notes directly before and after a place in a list."""
    before = siblings[position - 1] if position else None
    after = siblings[position + 1] if position + 1 < len(siblings) else None
    return before, after


class Reader:
    """An Embedder that also reads: it keeps the scores of each passage in a file, so that none is read twice.

    `file` may be missing; a damaged one is deleted. Shared by threads and processes.
    """

    def __init__(self, model: "Precomputed", file: Path) -> None:
        self.name, self.runtime, self.dimensions = model.name, model.runtime, model.dimensions
        self.earlier, self.queries = model.earlier, model.queries
        self._model = model
        self._file = file

    def passages(self, texts: Sequence[str]) -> "Vectors":
        """Embed and read passages; keep the scores. Raises EmbeddingError."""
        vectors, scores = self._model.read(texts)
        self._keep(texts, scores)
        return vectors

    def of(self, passages: Sequence[str]) -> Scores | None:
        """Return the kept scores of passages, (passages, READ), or None if any is missing."""
        kept = self._kept(passages)
        if not all(passage in kept for passage in passages):
            return None
        return np.array([kept[passage] for passage in passages], np.float32).reshape(-1, len(READ))

    def read(self, passages: Sequence[str]) -> Scores:
        """Return the scores of passages, (passages, READ); read and keep the missing ones. Raises EmbeddingError."""
        kept = self._kept(passages)
        missing = [passage for passage in dict.fromkeys(passages) if passage not in kept]
        if missing:
            scores = self._model.read(missing)[1]
            self._keep(missing, scores)
            kept |= dict(zip(missing, scores, strict=True))
        return np.array([kept[passage] for passage in passages], np.float32).reshape(-1, len(READ))

    def _kept(self, passages: Sequence[str]) -> dict[str, Scores]:
        """Return the kept scores of passages, without those that are missing."""
        found: dict[bytes, bytes] = {}
        keys = {_key(passage): passage for passage in passages}
        known = [*keys]
        with suppress(sqlite3.Error), closing(self._connected()) as file:
            for begin in range(0, len(known), _AT_ONCE):
                some = known[begin : begin + _AT_ONCE]
                marks = ",".join("?" * len(some))
                found |= file.execute(f"SELECT passage, scores FROM readings WHERE passage IN ({marks})", some)  # noqa: S608
        rows = ((keys[key], np.frombuffer(scores, np.float16)) for key, scores in found.items())
        return {passage: row.astype(np.float32) for passage, row in rows if len(row) == len(READ)}

    def _keep(self, passages: Sequence[str], scores: Scores) -> None:
        """Keep the scores of passages, unless the folder belongs to somebody else or another process has the file."""
        rows = ((_key(passage), row.tobytes()) for passage, row in zip(passages, scores.astype(np.float16), strict=True))
        with suppress(sqlite3.Error, OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            try:
                self._write(rows)
            except sqlite3.DatabaseError as error:
                if isinstance(error, sqlite3.OperationalError):
                    raise
                self._file.unlink(missing_ok=True)
                self._write(zip(map(_key, passages), scores.astype(np.float16), strict=True))

    def _connected(self) -> sqlite3.Connection:
        return sqlite3.connect(self._file)


def _key(passage: str) -> bytes:
    return hashlib.sha256(passage.encode("utf-8", "surrogatepass")).digest()[:16]
