"""What can be made again: where it is kept, under a seal, and the fingerprint of what decides how it looks."""

import hashlib
import os
import stat
import tempfile
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Literal, TypeVar

import msgspec
import platformdirs

from index.datafiles import versions
from index.messages import translatable
from kb.report.problems import LibraryError

FORMAT = 4
"""It rises whenever code understands or indexes reports otherwise; tests/kb/library/test_fingerprint.py demands it."""

_ROOMS = ("kb/domains", "kb/kinds", "kb/learning", "kb/readers", "kb/search", "kb/services", "kb/talks")
_ROOT = os.fspath(Path(__file__).resolve().parents[2])
_SEAL = 64  # hexadecimal digits of a SHA-256
_LIBRARIES = (
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
T = TypeVar("T")


def cache_folder(of: Literal["", "dictionary", "domain", "model"] = "") -> Path:
    """Return the user's cache folder, or the one in it that all libraries share for some purpose.

    These are the compiled words of the analysis, the tables of the domains as they were read, and whether the bundled
    model runs on this machine. Raises LibraryError where there can be none.
    """
    try:
        return platformdirs.user_cache_path("talk-notes-kb") / of
    except RuntimeError:  # no HOME, and nobody whom this machine knows, as in a container
        folder = Path(tempfile.gettempdir(), f"talk-notes-kb-{os.getuid()}")
    folder.mkdir(0o700, exist_ok=True)
    found = folder.lstat()
    if found.st_uid != os.getuid() or not stat.S_ISDIR(found.st_mode):  # where all may write, another was first
        raise LibraryError(translatable("{0}: belongs to somebody else; set HOME or XDG_CACHE_HOME", folder))
    return folder / of


def sealed(body: bytes) -> bytes:
    """Return what a file shall keep after its SHA-256, by which one that is not as it was written is recognised."""
    return hashlib.sha256(body).hexdigest().encode() + body


def unsealed(path: Path) -> bytes | None:
    """Return what a file keeps, None where there is none or it is not as it was written."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    body = data[_SEAL:]
    return body if hashlib.sha256(body).hexdigest().encode() == data[:_SEAL] else None


def read_sealed(path: Path, kind: type[T]) -> T | None:
    """Return the value that a file keeps as JSON; None for no file, a damaged one, and one of another version of kb."""
    body = unsealed(path)
    try:
        return None if body is None else msgspec.json.decode(body, type=kind)
    except ValueError:
        return None


@cache
def code_digest() -> str:
    """Return the SHA-256 over what decides how an index looks, beside the library itself."""
    lines = "".join(f"{name} {digest}\n" for name, digest in deciding_digests().items())
    return hashlib.sha256(lines.encode()).hexdigest()


@cache
def deciding_digests() -> Mapping[str, str]:
    """Return what decides how an index looks by its names, each with its version or the beginning of its digest.

    Where something is understood otherwise, a later version can say which of them did it.
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
