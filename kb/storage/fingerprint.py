"""What decides how reports are understood and indexed, as a digest: the format, data and library versions."""

import hashlib
import os
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from index.installed import versions

FORMAT = 2
"""It rises whenever code understands or indexes reports otherwise (tests/kb/library/golden.py tells)."""

_ROOMS = ("kb/domains", "kb/kinds", "kb/learning", "kb/readers", "kb/search", "kb/services", "kb/talks")
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
    told = "".join(f"{name} {digest}\n" for name, digest in deciding_digests().items())
    return hashlib.sha256(told.encode()).hexdigest()


@cache
def deciding_digests() -> Mapping[str, str]:
    """Return what decides how an index looks by its names, each with its version or the beginning of its digest.

    By that a later version tells which of them did it, where something is understood otherwise.
    """
    digests = {"kb": str(FORMAT), "Unicode": unicodedata.unidata_version, **versions(_LIBRARIES)}
    for path in deciding_files():
        name = path.removeprefix(_ROOT).replace("\\", "/").lstrip("/")
        digests[name] = hashlib.sha256(Path(path).read_bytes()).hexdigest()[:12]
    return digests


def deciding_files() -> Iterator[str]:
    """Yield the paths of the data that decide how an index looks, in a stable order."""
    for room in _ROOMS:
        for folder, folders, names in os.walk(f"{_ROOT}/{room}"):
            folders[:] = sorted(name for name in folders if name != "__pycache__")
            yield from (f"{folder}/{name}" for name in sorted(names) if not name.endswith((".py", ".md")))
