"""Whoosh itself: its pickles confined, its files read and never mapped. The one module that imports whoosh.

Whoosh is given terms, never text: none of its analyzers, parsers and scorers is used, and nothing of ours is pickled.
What is unpickled runs no code (`unpickling`). Whoosh as published reads what is written here.
"""

import io
import sys
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from index.whoosh_engine.unpickling import confine

with warnings.catch_warnings():
    # Compiling Whoosh warns of its regular expressions and of `is` with a literal; the last two it would import late.
    warnings.simplefilter("ignore", SyntaxWarning)
    warnings.simplefilter("ignore", DeprecationWarning)
    import whoosh.fields
    import whoosh.filedb.filestore
    import whoosh.formats
    import whoosh.index
    import whoosh.lang.porter2
    import whoosh.legacy
    from whoosh.codec import whoosh3
    from whoosh.filedb.structfile import StructFile
    from whoosh.system import pack_int, pack_long, pack_ushort

__all__ = ["create", "open_reader", "pack_int", "pack_long", "pack_ushort", "whoosh3"]

confine(module for name, module in list(sys.modules.items()) if name.partition(".")[0] == "whoosh")
whoosh.legacy.toc_loaders.clear()  # older tables of contents are unpickled in a way of their own; ours are never old


def create(folder: Path, field_names: Iterable[str], stored_names: Iterable[str]) -> Any:  # noqa: ANN401  # untyped
    """Make an index in an empty folder, and return what writes to it."""
    schema = whoosh.fields.Schema(
        **{name: whoosh.fields.FieldType(whoosh.formats.Existence(), None) for name in field_names},
        **{name: whoosh.fields.STORED() for name in stored_names},
    )
    codec = whoosh3.W3Codec()
    codec.length_stats = False  # nothing asks Whoosh for lengths
    return whoosh.index.create_in(str(folder), schema).writer(codec=codec)


def open_reader(folder: Path) -> Any:  # noqa: ANN401  # whoosh is untyped
    """Return what reads an index, for one thread at a time."""
    return _Storage(str(folder), supports_mmap=False).open_index().reader()


class _Storage(whoosh.filedb.filestore.FileStorage):  # type: ignore[misc]  # whoosh is untyped
    """Opens files of which parts can be read. Whoosh maps them, and copies each part whole into memory."""

    def open_file(self, name: str, **_: object) -> "_Part":
        path = Path(self.folder) / name
        return _Part(_File(path), 0, path.stat().st_size, name)


class _Part(StructFile):  # type: ignore[misc]  # whoosh is untyped
    """A part of an open file, read where it is asked for."""

    def __init__(self, file: io.FileIO, begin: int, size: int, name: str) -> None:
        super().__init__(io.BufferedReader(_RawPart(file, begin, size)), name=name)
        self._whole, self._begin, self._size = file, begin, size

    def subset(self, position: int, length: int, name: str) -> "_Part":
        return _Part(self._whole, self._begin + position, length, name)

    def get(self, position: int, length: int) -> bytes:
        """Return some bytes of it, past the buffer: who asks for them knows how many there are."""
        self._whole.seek(self._begin + position)
        return self._whole.read(min(length, max(self._size - position, 0)))

    def close(self) -> None:
        """Close the whole file."""
        super().close()
        self._whole.close()


class _File(io.FileIO):
    """An open file that closes when the last reader of a generation let go of it."""

    def __del__(self) -> None:
        self.close()


class _RawPart(io.RawIOBase):
    def __init__(self, file: io.FileIO, begin: int, size: int) -> None:
        self._file, self._begin, self._size, self._place = file, begin, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._place = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._size}[whence]
        return self._place

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401  # any buffer
        view = memoryview(buffer)[: max(self._size - self._place, 0)]
        self._file.seek(self._begin + self._place)
        count = self._file.readinto(view) or 0
        self._place += count
        return count
