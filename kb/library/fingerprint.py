"""What decides how reports are understood and indexed, as a digest: code, data and library versions."""

import hashlib
import unicodedata
from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from pathlib import Path

# The code and data that a report meets between its file and the index. A comment in any other room costs no rebuild; a
# test holds this list against what is imported on the way.
_ROOMS = (
    "index/__init__.py",
    "index/analysis",
    "index/datafiles.py",
    "index/likeness.py",
    "index/schema.py",
    "index/text.py",
    "index/whoosh_engine",
    "kb/domains",
    "kb/kinds",
    "kb/library/configuration.py",
    "kb/library/contents.py",
    "kb/library/kept.py",
    "kb/readers",
    "kb/relating.py",
    "kb/report",
    "kb/search/documents.py",
    "kb/search/facets.py",
    "kb/search/records.py",
    "kb/services",
    "kb/talks",
    "kb/understanding.py",
)
_LIBRARIES = (
    "docutils",
    "lxml",
    "markdown-it-py",
    "msgspec",
    "pyahocorasick",
    "pyyaml",
    "readability-lxml",
    "sudachidict-core",
    "sudachipy",
    "whoosh",
)


@cache
def code_digest() -> str:
    """Return the SHA-256 over what decides how an index looks, beside the library itself."""
    digest = hashlib.sha256(f"Unicode {unicodedata.unidata_version}\n".encode())
    for name in _LIBRARIES:
        digest.update(f"{name} {version(name)}\n".encode())
    root = Path(__file__).resolve().parents[2]
    for path in deciding_files():
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def deciding_files() -> Iterator[Path]:
    """Yield the files of code and data that decide how an index looks, in a stable order."""
    root = Path(__file__).resolve().parents[2]
    for room in map(root.joinpath, _ROOMS):
        every = sorted(room.rglob("*")) if room.is_dir() else [room]
        yield from (path for path in every if path.is_file() and path.suffix != ".pyc")
