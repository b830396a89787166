"""What decides how reports are understood and indexed, as a digest: code, data and library versions."""

import hashlib
import os
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from index.installed import versions

# The code and data that a report meets between its file and the index. A comment in any other room costs no rebuild; a
# test holds this list against what is imported on the way.
_ROOMS = (
    "index/__init__.py",
    "index/analysis",
    "index/datafiles.py",
    "index/likeness.py",
    "index/schema.py",
    "index/sentences.py",
    "index/sides.py",
    "index/tables.py",
    "index/text.py",
    "index/urls.py",
    "index/whoosh_engine",
    "kb/domains",
    "kb/kinds",
    "kb/learning",
    "kb/library/configuration.py",
    "kb/library/contents.py",
    "kb/library/kept.py",
    "kb/library/own_domain.py",
    "kb/library/searches.py",
    "kb/library/tables.py",
    "kb/learning",
    "kb/lint.py",
    "kb/readers",
    "kb/relating.py",
    "kb/report",
    "kb/search/documents.py",
    "kb/search/facets.py",
    "kb/search/records.py",
    "kb/search/schema.py",
    "kb/services",
    "kb/talks",
    "kb/understanding.py",
)
_ROOT = os.fspath(Path(__file__).resolve().parents[2])
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
    for name, version in versions(_LIBRARIES).items():
        digest.update(f"{name} {version}\n".encode())
    for path in deciding_files():
        with open(path, "rb") as file:  # noqa: PTH123  # two hundred files: a Path takes longer than reading one
            digest.update(path.removeprefix(_ROOT).replace("\\", "/").encode() + b"\0" + file.read())
    return digest.hexdigest()


@cache
def deciding_digests() -> Mapping[str, str]:
    """Return what decides how an index looks by its names, files and libraries, each with the beginning of its digest.

    By that a later version tells which of them did it, where something is understood otherwise.
    """
    digests = dict(versions(_LIBRARIES))
    for path in deciding_files():
        name = path.removeprefix(_ROOT).replace("\\", "/").lstrip("/")
        digests[name] = hashlib.sha256(Path(path).read_bytes()).hexdigest()[:12]
    return digests


def deciding_files() -> Iterator[str]:
    """Yield the paths of the files of code and data that decide how an index looks, in a stable order."""
    for room in _ROOMS:
        if room.endswith(".py"):
            yield f"{_ROOT}/{room}"
        for folder, folders, names in os.walk(f"{_ROOT}/{room}"):
            folders[:] = sorted(name for name in folders if name != "__pycache__")
            yield from (f"{folder}/{name}" for name in sorted(names))
