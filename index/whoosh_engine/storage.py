"""Terms, postings and stored documents in Whoosh's files: the one module that imports whoosh.

Whoosh is given terms, never text: none of its analyzers, parsers and scorers is used, and nothing of ours is pickled
but the name of one field type. What it unpickles runs no code (`unpickling`).
"""

import os
import shutil
import sys
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.engine import SearchIndexError
from index.whoosh_engine.unpickling import confine

with warnings.catch_warnings():
    # Compiling Whoosh warns of its regular expressions and of `is` with a literal; the last two it would import late.
    warnings.simplefilter("ignore", SyntaxWarning)
    warnings.simplefilter("ignore", DeprecationWarning)
    import whoosh.codec.whoosh3
    import whoosh.fields
    import whoosh.formats
    import whoosh.index
    import whoosh.lang.porter2
    import whoosh.legacy
    from whoosh.util.filelock import FileLock

confine(module for name, module in list(sys.modules.items()) if name.partition(".")[0] == "whoosh")
whoosh.legacy.toc_loaders.clear()  # older tables of contents are unpickled in a way of their own; ours are never old

Docs = NDArray[np.int32]
Weights = NDArray[np.float32]

_ONE_BLOCK = 1 << 20  # a posting list is read whole, so it is written whole


@dataclass(frozen=True, slots=True)
class Postings:
    """The documents that have a term, in order, and the weight it has in each."""

    docs: Docs
    weights: Weights


@dataclass(frozen=True, slots=True)
class Row:
    """A document as it is written: for each field its terms with their weights, and what is given back."""

    fields: Mapping[str, Mapping[str, float]]
    stored: Mapping[str, str]


class TermField(whoosh.fields.FieldType):  # type: ignore[misc]  # whoosh is untyped
    """A Whoosh field that takes terms and their weights as they are."""

    def __init__(self) -> None:
        super().__init__(format=whoosh.formats.Existence(), analyzer=None)

    def index(self, value: Mapping[str, float], **_: object) -> Iterator[tuple[bytes, int, float, bytes]]:
        """Yield what Whoosh writes of each term: its bytes, frequency, weight and value."""
        return ((_encoded(term), 1, float(weight), b"") for term, weight in value.items())


class SegmentWriter:
    """Writes rows, one after the other, to a folder."""

    def __init__(self, writer: Any) -> None:  # noqa: ANN401  # whoosh is untyped
        self._writer = writer

    def add(self, row: Row) -> None:
        """Write a row."""
        self._writer.add_document(**row.fields, **row.stored)

    def take_in(self, folder: Path, dead: Iterable[int]) -> None:
        """Write the rows of another folder without those of these numbers. Raises SearchIndexError on damage."""
        try:
            with closing(whoosh.index.open_dir(str(folder)).reader()) as reader:
                for doc in dead:
                    reader.segment().delete_document(doc)  # of what is open here: the file stays as it is
                self._writer.add_reader(reader)
        except Exception as error:
            raise damaged(folder, error) from error


@contextmanager
def writing(folder: Path, field_names: Iterable[str], stored_names: Iterable[str]) -> Iterator[SegmentWriter]:
    """Make a folder and write to it what is written within; on any failure its content is of no use."""
    schema = whoosh.fields.Schema(
        **{name: TermField() for name in field_names}, **{name: whoosh.fields.STORED() for name in stored_names}
    )
    codec = whoosh.codec.whoosh3.W3Codec(blocklimit=_ONE_BLOCK)
    codec.length_stats = False  # else it looks on disk for the length of the field at every posting, half of the time
    folder.mkdir()
    writer = whoosh.index.create_in(str(folder), schema).writer(codec=codec)
    try:
        yield SegmentWriter(writer)
    except BaseException:
        writer.cancel()
        raise
    writer.commit()
    (folder / "MAIN_WRITELOCK").unlink(missing_ok=True)  # Whoosh's own, which nobody will take again


def link(folder: Path, to: Path) -> None:
    """Give what was written to a folder a second name, by copies where files cannot have two (FAT, some shares)."""
    to.mkdir()
    for file in folder.iterdir():
        try:
            os.link(file, to / file.name)
        except OSError:
            shutil.copyfile(file, to / file.name)


class TermStore:
    """What was written to a folder, open for reading by any number of threads.

    Anything that Whoosh raises, which may be any exception, comes out as SearchIndexError.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = Lock()  # a Whoosh reader seeks in its files: shared by threads it gives wrong answers
        with self._reading():
            self._reader = whoosh.index.open_dir(str(folder)).reader()
            self.count: int = self._reader.doc_count_all()

    def terms(self, field: str) -> tuple[str, ...]:
        """Return all terms of a field, sorted by their bytes."""
        with self._reading():
            return tuple(term.decode("utf-8", "surrogatepass") for term in self._reader.lexicon(field))

    def postings(self, field: str, term: str) -> Postings:
        """Return the postings of a term, empty ones if it has none."""
        key = (field, _encoded(term))
        with self._reading():
            lists = [_postings(leaf, key, base) for leaf, base in self._reader.leaf_readers() if key in leaf]
        if not lists:
            return Postings(np.empty(0, np.int32), np.empty(0, np.float32))
        return Postings(
            np.concatenate([postings.docs for postings in lists]),
            np.concatenate([postings.weights for postings in lists]),
        )

    def stored(self, doc: int) -> Mapping[str, str]:
        """Return what was stored of a document."""
        with self._reading():
            fields: dict[str, str] = self._reader.stored_fields(doc)
        return fields

    def close(self) -> None:
        """Close the files."""
        with self._lock:
            self._reader.close()

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with self._lock:
            try:
                yield
            except Exception as error:  # whoosh raises bare Exception, and whatever unpickling damaged bytes raises
                raise damaged(self._folder, error) from error


class WriteLock:
    """The right to write to a folder, held by one process at a time and given back when it ends, however it ends."""

    def __init__(self, file: Path) -> None:
        self._lock = FileLock(str(file))

    def acquire(self) -> bool:
        """Take the lock at once; return whether it could be had."""
        return bool(self._lock.acquire(blocking=False))

    def release(self) -> None:
        """Give the lock back."""
        self._lock.release()


def damaged(folder: Path, reason: object) -> SearchIndexError:
    """Return the error of an index that cannot be read."""
    return SearchIndexError(f"{folder}: the index is damaged ({reason}); delete this folder, or make it anew: kb sync")


def _encoded(term: str) -> bytes:
    return term.encode("utf-8", "surrogatepass")


def _postings(leaf: Any, key: tuple[str, bytes], base: int) -> Postings:  # noqa: ANN401  # whoosh is untyped
    """Read the postings of a term block by block.

    Whoosh's own way costs two microseconds a posting. A block is (differences of document numbers, weights or one
    weight or None for 1.0, values); whoosh is pinned, so the private names stay.
    """
    matcher = leaf.postings(*key)
    docs, weights = [], []
    while matcher.is_active():
        matcher._read_data()  # noqa: SLF001
        differences, block_weights, _ = matcher._data  # noqa: SLF001
        docs.append(np.cumsum(np.array(differences, np.int32), dtype=np.int32))
        weights.append(
            np.ones(len(differences), np.float32) * np.float32(1 if block_weights is None else block_weights)
        )
        matcher._next_block()  # noqa: SLF001
    return Postings(np.concatenate(docs) + np.int32(base), np.concatenate(weights))
