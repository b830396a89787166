"""What a library holds, for telling whether its index is up to date: kept beside the index while no file is touched."""

import hashlib
import os
import time
from contextlib import suppress
from pathlib import Path

import msgspec

from kb.library.files import Library, Listing
from kb.storage.caches import code_digest, read_sealed, sealed
from kb.storage.safe_files import write_whole
from kb.storage.walk import files_below

KEPT = "kept"  # the folder in that of an index which the engine leaves alone
# A file that is changed twice within a tick of the file system's clock, and keeps its length, looks the same after the
# second time: what was changed so shortly before it was listed is not relied on (git calls such files racy). FAT counts
# two seconds, the coarsest.
_TICK = 2 * 10**9  # nanoseconds


class _KeptListing(msgspec.Struct, frozen=True, rename={"listing": "seen"}):
    """What a library held, and how its files looked from outside, as a digest."""

    outside: str
    listing: Listing


def listing(library: Library, index: Path) -> Listing:
    """Return what a library holds; where no file was touched since it was last listed, none is read again.

    A sync goes by what files hold (`Library.scan`).
    """
    path = index / KEPT / "seen"
    began, (outside, changed) = time.time_ns(), _outside(library)  # before its files are read
    if (kept := read_sealed(path, _KeptListing)) and kept.outside == outside:
        return kept.listing
    found = library.scan().listing
    if outside and changed < began - _TICK and index.is_dir() and may_keep(index):
        with suppress(OSError):  # where nothing can be written, files are read each time
            path.parent.mkdir(exist_ok=True)
            write_whole(path, sealed(msgspec.json.encode(_KeptListing(outside, found))))
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
            stat = path.stat()
            last = max(last, stat.st_mtime_ns, stat.st_ctime_ns)
            looks = (stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino, stat.st_dev)
            digest.update(os.fsencode(path) + repr(looks).encode())
    except OSError:
        return "", last
    return "" if wrong else digest.hexdigest(), last


def may_keep(index: Path) -> bool:
    """Return whether something may be kept in the folder of an index.

    The engine refuses a folder that holds anything else, and then nothing may have been left there.
    """
    if (index / KEPT).exists() or not index.exists() or not any(index.iterdir()):
        return True
    # The engine has taken the folder, be it that it holds no generation yet.
    return any((index / name).exists() for name in ("CURRENT", "DRAFTS.lock")) or any(index.glob("gen-*"))
