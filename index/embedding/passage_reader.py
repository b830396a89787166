"""The bundled model as an Embedder that also reads passages, and compares them with queries.

What it read is kept in a folder. Vectors and scores of some passages are shipped in a file (`precompute`).
"""

import hashlib
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing, suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.embedder import BATCH, EmbeddingError
from index.embedding.bundled_model import read_arrays

if TYPE_CHECKING:  # as in functions below: `kb status` only counts (tests/kb/cli/test_starts.py)
    from numpy.typing import NDArray

    from index.embedder import Vectors
    from index.embedding.bundled_model import Bundled
    from index.embedding.e5_weights import Floats

_SUFFIX = ".readings"
_TABLE = "CREATE TABLE IF NOT EXISTS readings (passage BLOB PRIMARY KEY, scores BLOB NOT NULL) WITHOUT ROWID"
_INSERT = "INSERT OR REPLACE INTO readings VALUES (?, ?)"
_CHECKSUM = 4  # bytes after the scores
_FIND = "SELECT scores FROM readings WHERE passage = ?"


class PassageReader:
    """An Embedder that also reads, if its model does. It keeps what it read, so that no passage is read twice.

    `reading` names the model, empty if it does not read. Without a `folder` nothing is kept. The file `precomputed` may
    be missing. Threads and processes share a reader; it can be pickled.
    """

    def __init__(self, model: "Bundled", folder: Path | None, precomputed: Path | None = None) -> None:
        self.name, self.runtime, self.dimensions = model.name, model.runtime, model.dimensions
        self.queries, self.reading = model.queries, model.reading
        self._model = model
        self._precomputed = Precomputed(model.name, model.reading, precomputed)
        digest = hashlib.sha256(model.reading.encode()).hexdigest()[:16]
        self._file = folder and folder / f"{digest}{_SUFFIX}"

    def passages(self, texts: Sequence[str]) -> "Vectors":
        """Embed passages, and read them unless they were read already. Raises EmbeddingError."""
        import numpy as np

        vectors = self._precomputed.vectors_of(texts)
        unread = self.unread(texts) if self.reading else []
        new = list(dict.fromkeys((*unread, *(text for text in texts if text not in vectors))))
        if unread:
            made, scores = self._model.read(new)
            self._keep(new, scores)
            vectors |= zip(new, made, strict=True)
        elif new:
            vectors |= zip(new, self._model.passages(new), strict=True)
        return np.stack([vectors[text] for text in texts])

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
        """Return the scores of the passages that were read on this machine, or are shipped."""
        kept = self._kept(passages)
        missing = [passage for passage in passages if passage not in kept]
        return kept | self._precomputed.scores_of(missing) if missing else kept

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


class Precomputed:
    """The shipped vectors and scores of a model; none if the file is missing or of another model."""

    def __init__(self, model: str, reading: str, file: Path | None) -> None:
        self._model, self._reading, self._file = model, reading, file

    def vectors_of(self, texts: Iterable[str]) -> "dict[str, Floats]":
        """Return the vectors of the texts that are in the file."""
        return self._rows(texts, self._vectors)

    def scores_of(self, texts: Iterable[str]) -> "dict[str, Floats]":
        """Return the scores of the texts that are in the file."""
        return self._rows(texts, self._scores)

    def _rows(self, texts: Iterable[str], known: "Mapping[bytes, Floats]") -> "dict[str, Floats]":
        keys = {text: _key_in_file(self._model, text) for text in texts} if known else {}
        return {text: known[key] for text, key in keys.items() if key in known}

    @cached_property
    def _arrays(self) -> "Mapping[str, NDArray[Any]]":
        try:
            arrays = read_arrays(self._file) if self._file else {}
        except EmbeddingError:
            return {}  # the model makes all
        return arrays if {"keys", "numbers", "scales"} <= arrays.keys() else {}

    @cached_property
    def _vectors(self) -> "Mapping[bytes, Floats]":
        if not self._arrays:
            return {}
        keys, numbers, scales = (self._arrays[name] for name in ("keys", "numbers", "scales"))
        vectors = numbers.astype("float32") * scales[:, None]
        return {key.tobytes(): vector for key, vector in zip(keys, vectors, strict=True)}

    @cached_property
    def _scores(self) -> "Mapping[bytes, Floats]":
        if not self._reading or self._arrays.get("reading") != self._reading:
            return {}
        return dict(zip(self._vectors, self._arrays["scores"].astype("float32"), strict=True))


def precompute(model: "Bundled", texts: Iterable[str], file: Path) -> None:
    """Write the vectors of texts, and their scores if the model reads, for `PassageReader`. Raises EmbeddingError."""
    import numpy as np

    from index.similarity import quantised

    distinct = list(dict.fromkeys(texts))
    vectors, scores = model.read(distinct) if model.reading else (model.passages(distinct), None)
    made = quantised(vectors)  # engines store them quantised too, so nothing is lost
    arrays: dict[str, Any] = {"numbers": made.numbers, "scales": made.scales.astype(np.float32)}
    if scores is not None:
        arrays |= {"reading": np.array(model.reading), "scores": scores.astype(np.float16)}
    keys = np.array([np.frombuffer(_key_in_file(model.name, text), np.uint8) for text in distinct])
    np.savez_compressed(file, keys=keys, **arrays)


def _key_in_file(model: str, text: str) -> bytes:
    return hashlib.sha256(f"{model}\0{text}".encode("utf-8", "surrogatepass")).digest()[:16]


def _insert(path: Path, rows: Sequence[tuple[bytes, bytes]]) -> None:
    with closing(sqlite3.connect(path)) as file, file:
        file.execute(_TABLE)
        file.executemany(_INSERT, rows)


def _with_checksum(scores: bytes) -> bytes:
    return scores + zlib.crc32(scores).to_bytes(_CHECKSUM, "little")


def _key(passage: str) -> bytes:
    return hashlib.sha256(passage.encode("utf-8", "surrogatepass")).digest()[:16]
