"""The manifest of a generation: what it holds, with the size and SHA-256 of every file, sealed by a SHA-256 of its own.

The first line is the SHA-256 of all that follows, a JSON object. Sizes are compared whenever a manifest is read,
digests once a process for each file as it is.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from index.cache import Cache
from index.engine import SearchIndexError
from index.messages import translatable

_NAME = "MANIFEST"
_FORMAT = 5  # of the files of a segment; with 1 there were no columns, with 2 no keys, with 3 no bytes, with 4 no links
_SEAL = 64  # hexadecimal digits of a SHA-256

# A thousand or two; a generation has a few files, and those of the one before stay.
_digests = Cache[str](1 << 19, len)


class DamageError(SearchIndexError):
    """A generation is not as it was written; the message says what of it."""


def write(generation: Path, content: Mapping[str, object]) -> None:
    """Seal a generation whose other files are written."""
    files = {
        path.relative_to(generation).as_posix(): _measures(path) for path in generation.rglob("*") if path.is_file()
    }
    whole = {**content, "format": _FORMAT, "generation": generation.name, "files": files}
    body = json.dumps(whole, ensure_ascii=False).encode("utf-8", "surrogatepass")
    (generation / f"{_NAME}.new").write_bytes(hashlib.sha256(body).hexdigest().encode() + b"\n" + body)
    (generation / f"{_NAME}.new").replace(generation / _NAME)


def read(generation: Path) -> Mapping[str, Any]:
    """Return what a generation was written with. Raises DamageError where anything is not as it was.

    One of an older kb tells so by its `meta`; its files are not looked at.
    """
    try:
        data = (generation / _NAME).read_bytes()
        if data.startswith(b"{"):
            return {"segments": [], "order": [], "meta": json.loads(data)["meta"]}
        seal, body = data[:_SEAL], data[_SEAL + 1 :]
        if hashlib.sha256(body).hexdigest().encode() != seal:
            raise DamageError(translatable("{0} is not as it was written", _NAME))
        content: Mapping[str, Any] = json.loads(body)
        if content["generation"] != generation.name:
            raise DamageError(translatable("{0} is that of {1}", _NAME, content["generation"]))
        if content.get("format") != _FORMAT:
            return {"segments": [], "order": [], "meta": content["meta"]}
        for name, (size, digest) in sorted(content["files"].items(), key=lambda item: item[1][0]):  # small ones first
            if (generation / name).stat().st_size != size or _measures(generation / name)[1] != digest:
                raise DamageError(translatable("{0} is not as it was written", name))
    except FileNotFoundError as error:
        name = Path(error.filename).relative_to(generation).as_posix()
        raise DamageError(translatable("{0} is missing", name)) from error
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise DamageError(translatable("{0} cannot be read: {1}", _NAME, error)) from error
    return content


def _measures(path: Path) -> tuple[int, str]:
    """Return the size and the SHA-256 of a file, which is read again only where it may have changed."""
    stat = path.stat()
    identity = (stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns)

    def digest() -> str:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    return stat.st_size, _digests.get(identity, digest)
