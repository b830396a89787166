"""What decides how reports are read and indexed, as a digest: code, data and library versions."""

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

_ROOMS = ("index", "kb")
_LIBRARIES = ("sudachipy", "sudachidict-core", "whoosh", "markdown-it-py", "lxml", "readability-lxml")


@cache
def code_digest() -> str:
    """Return the SHA-256 over what decides how an index looks: code and data of kb and index, library versions."""
    digest = hashlib.sha256()
    for name in _LIBRARIES:
        digest.update(f"{name} {version(name)}\n".encode())
    root = Path(__file__).resolve().parents[2]
    for path in sorted(path for room in _ROOMS for path in (root / room).rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
