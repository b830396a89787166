"""An Embedder that also reads passages and compares them with queries. It keeps what it read."""

import hashlib
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.embedder import BATCH

if TYPE_CHECKING:  # as in functions below: `kb status` only counts (tests/kb/cli/test_starts.py)
    from numpy.typing import NDArray

    from index.embedder import Vectors
    from index.embedding.bundled_model import Precomputed
    from index.embedding.e5_weights import Floats

_SUFFIX = ".readings"
_TABLE = "CREATE TABLE IF NOT EXISTS readings (passage BLOB PRIMARY KEY, scores BLOB NOT NULL) WITHOUT ROWID"
_INSERT = "INSERT OR REPLACE INTO readings VALUES (?, ?)"
_CHECKSUM = 4  # bytes after the scores
_FIND = "SELECT scores FROM readings WHERE passage = ?"


class PassageReader:
    """An Embedder that also reads. It keeps what it read, so that no passage is read twice.

    `reading` names the model. Without a `folder` it keeps nothing. Threads and processes share it; it can be pickled.
    """

    def __init__(self, model: "Precomputed", folder: Path | None) -> None:
        self.name, self.runtime, self.dimensions = model.name, model.runtime, model.dimensions
        self.queries, self.reading = model.queries, model.reading
        self._model = model
        digest = hashlib.sha256(model.reading.encode()).hexdigest()[:16]
        self._file = folder and folder / f"{digest}{_SUFFIX}"

    def passages(self, texts: Sequence[str]) -> "Vectors":
        """Embed passages, and read them unless they were read already. Raises EmbeddingError."""
        if not self.unread(texts):
            return self._model.passages(texts)
        vectors, scores = self._model.read(texts)
        self._keep(texts, scores)
        return vectors

    def compare(self, query: str, passages: Sequence[str]) -> "Floats":
        """Compare a query with passages piece by piece (`OnnxModel.compare`)."""
        return self._model.compare(query, passages)

    def unread(self, passages: Iterable[str]) -> list[str]:
        """Return the distinct passages that were not read yet."""
        distinct = list(dict.fromkeys(passages))
        known = self._known(distinct)
        return [passage for passage in distinct if passage not in known]

    def of(self, passages: Sequence[str], most_unread: int = 0) -> "Floats | None":
        """Return the scores of passages, (passages, scores), or None if more were not read yet than may be read now.

        Raises EmbeddingError if any is read now.
        """
        import numpy as np

        known = self._known(dict.fromkeys(passages))
        missing = [passage for passage in dict.fromkeys(passages) if passage not in known]
        if len(missing) > most_unread:
            return None
        if missing:
            known |= zip(missing, self.read(missing), strict=True)
        return np.array([known[passage] for passage in passages], np.float32)

    def read(
        self, passages: Sequence[str], progress: Callable[[int, int], object] = lambda _done, _total: None
    ) -> "NDArray[Any]":
        """Read passages and return their scores, (passages, scores); keep each batch. Raises EmbeddingError."""
        import numpy as np

        scores = []
        for begin in range(0, len(passages), BATCH):
            batch = passages[begin : begin + BATCH]
            scores.append(self._model.read(batch)[1].astype(np.float16))
            self._keep(batch, scores[-1])
            progress(begin + len(batch), len(passages))
        return np.concatenate(scores)

    def forget_others(self) -> None:
        """Delete what other models have read, as versions of kb before this one."""
        for path in self._file.parent.glob(f"*{_SUFFIX}") if self._file else ():
            if path != self._file:
                with suppress(OSError):
                    path.unlink()

    def _known(self, passages: Iterable[str]) -> "dict[str, NDArray[Any]]":
        """Return the scores of the passages that were read on this machine, or came along."""
        kept = self._kept(passages)
        missing = [passage for passage in passages if passage not in kept]
        return kept | self._model.scores_of(missing) if missing else kept

    def _kept(self, passages: Iterable[str]) -> "dict[str, NDArray[Any]]":
        """Return the kept scores of passages."""
        if self._file is None or not self._file.exists():
            return {}
        import numpy as np

        keys = {_key(passage): passage for passage in passages}
        with suppress(sqlite3.Error), closing(sqlite3.connect(self._file)) as file:
            rows = (file.execute(_FIND, (key,)).fetchone() for key in keys)
            found = {passage: row[0] for passage, row in zip(keys.values(), rows, strict=True) if row}
            return {
                passage: np.frombuffer(row[:-_CHECKSUM], np.float16)
                for passage, row in found.items()
                if isinstance(row, bytes) and row == _with_checksum(row[:-_CHECKSUM])  # a damaged one is made again
            }
        return {}

    def _keep(self, passages: Sequence[str], scores: "NDArray[Any]") -> None:
        """Keep the scores of passages. A damaged file is deleted; without the right to write, nothing is kept."""
        if self._file is None:
            return
        import numpy as np

        rows = [
            (_key(passage), _with_checksum(row.tobytes()))
            for passage, row in zip(passages, scores.astype(np.float16), strict=True)
        ]
        with suppress(sqlite3.OperationalError, OSError):  # a read-only folder, or another process writes for long
            self._file.parent.mkdir(parents=True, exist_ok=True)
            try:
                _insert(self._file, rows)
            except sqlite3.OperationalError:
                raise
            except sqlite3.DatabaseError:
                self._file.unlink(missing_ok=True)
                _insert(self._file, rows)


def _insert(path: Path, rows: Sequence[tuple[bytes, bytes]]) -> None:
    with closing(sqlite3.connect(path)) as file, file:
        file.execute(_TABLE)
        file.executemany(_INSERT, rows)


def _with_checksum(scores: bytes) -> bytes:
    return scores + zlib.crc32(scores).to_bytes(_CHECKSUM, "little")


def _key(passage: str) -> bytes:
    return hashlib.sha256(passage.encode("utf-8", "surrogatepass")).digest()[:16]
