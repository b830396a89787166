"""Caches: the user's cache folder, files with a checksum, and the fingerprint of everything that decides an index."""

import hashlib
import os
import stat
import tempfile
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Literal, TypeVar

import msgspec
import platformdirs

from index.datafiles import versions
from kb.report.problems import LibraryError

FORMAT = 10
"""The format number of indexes. Raise it when a change of code changes them; test_fingerprint.py fails until then."""

_ROOMS = ("kb/domains", "kb/kinds", "kb/learning", "kb/readers", "kb/search", "kb/services", "kb/talks")
_ROOT = os.fspath(Path(__file__).resolve().parents[2])
_SEAL = 64  # hexadecimal digits of the SHA-256 before the content
_LIBRARIES = (
    "lxml", "markdown-it-py", "msgspec", "pyahocorasick", "pyyaml", "readability-lxml", "sudachidict-core", "sudachipy",
    "whoosh",
)  # fmt: skip
T = TypeVar("T")


def cache_folder(of: Literal["", "dictionary", "domain", "model"] = "") -> Path:
    """Return the user's cache folder, or a folder in it that all libraries share.

    The shared folders have compiled dictionaries, parsed tables of domains, and whether the bundled model runs on this
    machine. Raises LibraryError if the folder belongs to another user.
    """
    try:
        return platformdirs.user_cache_path("talk-notes-kb") / of
    except RuntimeError:  # no HOME, and no entry for the user, as in a container
        folder = Path(tempfile.gettempdir(), f"talk-notes-kb-{os.getuid()}")
    folder.mkdir(0o700, exist_ok=True)
    status = folder.lstat()
    if status.st_uid != os.getuid() or not stat.S_ISDIR(status.st_mode):  # anybody may have made it in a shared folder
        raise LibraryError("{0}: belongs to somebody else; set HOME or XDG_CACHE_HOME", folder)
    return folder / of


def sealed(body: bytes) -> bytes:
    """Return content with its SHA-256 in front, by which a damaged file is recognised."""
    return hashlib.sha256(body).hexdigest().encode() + body


def unsealed(path: Path) -> bytes | None:
    """Return the content of a sealed file, None if it is missing or damaged."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    body = data[_SEAL:]
    return body if hashlib.sha256(body).hexdigest().encode() == data[:_SEAL] else None


def read_sealed(path: Path, kind: type[T]) -> T | None:
    """Return the value in a sealed JSON file, None if it is missing, damaged, or of another version of kb."""
    body = unsealed(path)
    try:
        return None if body is None else msgspec.json.decode(body, type=kind)
    except ValueError:
        return None


@cache
def code_digest() -> str:
    """Return the SHA-256 of everything that decides an index besides the library: code, data and packages."""
    digests = {"kb": str(FORMAT), "Unicode": unicodedata.unidata_version, **versions(_LIBRARIES)}
    for path in deciding_files():
        name = path.removeprefix(_ROOT).replace("\\", "/").lstrip("/")
        digests[name] = hashlib.sha256(Path(path).read_bytes()).hexdigest()
    return hashlib.sha256("".join(f"{name} {digest}\n" for name, digest in digests.items()).encode()).hexdigest()


def deciding_files() -> Iterator[str]:
    """Yield the paths of the data files that decide an index, in a stable order."""
    for room in _ROOMS:
        for folder, folders, names in os.walk(f"{_ROOT}/{room}"):
            folders[:] = sorted(name for name in folders if name != "__pycache__")
            yield from (f"{folder}/{name}" for name in sorted(names) if not name.endswith((".py", ".md")))
