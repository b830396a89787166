"""What was last seen of a library, kept beside its index: of files that nobody touched since, none is read again.

It only answers whether an index is up to its library. What a sync does goes by what files hold.
"""

import hashlib
import os
import time
from contextlib import suppress
from pathlib import Path

import msgspec

from kb.library.files import Library, Seen
from kb.library.places import KEPT, may_keep
from kb.storage.fingerprint import code_digest
from kb.storage.safe_files import sealed, unsealed, write_whole
from kb.storage.walk import files_below

# A file that is changed twice within a tick of the file system's clock, and keeps its length, looks the same after the
# second time: what was changed so shortly before it was seen is not relied on (git calls such files racy). FAT counts
# two seconds, the coarsest.
_TICK = 2 * 10**9  # nanoseconds


class _Kept(msgspec.Struct, frozen=True):
    """What was seen, and how the files looked from outside, as a digest."""

    outside: str
    seen: Seen


def seen(library: Library, index: Path) -> Seen:
    """Return what a library holds, as far as that decides whether its index is up to date."""
    path = index / KEPT / "seen"
    began, (outside, changed) = time.time_ns(), _outside(library)  # before its files are read
    with suppress(ValueError):  # nothing is kept, or it is of another version
        kept = msgspec.json.decode(unsealed(path) or b"", type=_Kept)
        if kept.outside == outside:
            return kept.seen
    found = library.scan().seen
    if outside and changed < began - _TICK and index.is_dir() and may_keep(index):
        with suppress(OSError):  # where nothing can be written, files are read each time
            path.parent.mkdir(exist_ok=True)
            write_whole(path, sealed(msgspec.json.encode(_Kept(outside, found))))
    return found


def _outside(library: Library) -> tuple[str, int]:
    """Return how the files of a library look from outside, as a digest, empty where not all can be looked at.

    With it comes when the last of them was changed, in nanoseconds since 1970.
    """
    wrong: list[OSError] = []
    digest = hashlib.sha256(f"{code_digest()} {library.configuration()[1]}\n".encode())
    last = 0
    try:
        for path in files_below(library.path, wrong.append):
            told = path.stat()
            last = max(last, told.st_mtime_ns, told.st_ctime_ns)
            looks = (told.st_size, told.st_mtime_ns, told.st_ctime_ns, told.st_ino, told.st_dev)
            digest.update(os.fsencode(path) + repr(looks).encode())
    except OSError:
        return "", last
    return "" if wrong else digest.hexdigest(), last
