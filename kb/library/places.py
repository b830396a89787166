"""Which folder is the library, which one has its index, and the cache in the index folder."""

import hashlib
import os
import time
from contextlib import suppress
from pathlib import Path

import msgspec

from index.messages import os_message
from kb.library.files import Library, Listing
from kb.report.problems import LibraryError
from kb.storage.caches import cache_folder, code_digest, read_sealed, sealed, unsealed
from kb.storage.safe_files import make_folder, write_whole
from kb.storage.walk import files_below

# In a checkout `data` is next to `kb`, in an installed wheel inside it (`force-include` in pyproject.toml).
_KB = Path(__file__).resolve().parents[1]
_DATA = _KB / "data" if (_KB / "data").is_dir() else _KB.parent / "data"
SAMPLES = _DATA / "samples"
EVALUATION = _DATA / "evaluation"
SAMPLE_VECTORS = _DATA / "sample_vectors.npz"  # by the bundled model; making them takes half a minute
OWN_LIBRARY = Path("data", "reports")

CACHE_FOLDER = "kept"  # the folder inside an index folder that the engine leaves alone
REPORT_SUFFIX, UPDATE_SUFFIX = ".json", ".update"  # of finished reports and of updates
_LISTING = "seen"  # the file of the cached listing
# A file may change twice within one tick of the file system's clock and keep its size. A listing made less than a tick
# after a change is therefore not cached (git: "racy" files). FAT has the
# coarsest clock, two seconds.
_TICK = 2 * 10**9  # nanoseconds


def find_library(chosen: Path | None) -> tuple[Library, bool]:
    """Return the library, and whether it is the bundled samples.

    The library is the chosen folder, else KB_LIBRARY, else data/reports of the current folder, else, while that has no
    report, the samples. Raises LibraryError if the chosen folder does not exist.
    """
    if named := chosen or os.environ.get("KB_LIBRARY"):
        return Library(Path(named)), False
    if not SAMPLES.is_dir() or (OWN_LIBRARY.is_dir() and Library(OWN_LIBRARY).holds_reports()):
        return Library(OWN_LIBRARY), False
    return Library(SAMPLES), True


def own_library() -> Library:
    """Return the user's own library below the current folder, and make it if it is missing. Raises LibraryError."""
    try:
        make_folder(OWN_LIBRARY)
    except OSError as error:
        raise LibraryError(
            "{0}: cannot be made ({1}); name another with --library", OWN_LIBRARY, os_message(error)
        ) from error
    return Library(OWN_LIBRARY)


def index_folder(library: Library, chosen: Path | None) -> Path:
    """Return the folder of a library's index: the chosen one, else KB_INDEX, else one in the user's cache folder."""
    if chosen is not None:
        return chosen
    if configured := os.environ.get("KB_INDEX"):
        return Path(configured)
    digest = hashlib.sha256(str(library.path).encode("utf-8", "surrogateescape")).hexdigest()[:12]
    return cache_folder() / f"{library.path.name}-{digest}"


def may_cache(index: Path) -> bool:
    """Return whether an index folder is empty, missing or the engine's.

    Otherwise it belongs to somebody else, and no file may be left there: the engine refuses it.
    """
    if (index / CACHE_FOLDER).exists() or not index.exists() or not any(index.iterdir()):
        return True
    # The engine has taken the folder, with or without a generation.
    return any((index / name).exists() for name in ("CURRENT", "DRAFTS.lock")) or any(index.glob("gen-*"))


def damaged_files(index: Path) -> tuple[Path, ...]:
    """Return the cached reports and updates of an index that are not as they were written."""
    paths = sorted((index / CACHE_FOLDER).glob("*"), key=lambda path: (path.suffix, path))
    return tuple(path for path in paths if path.suffix in (REPORT_SUFFIX, UPDATE_SUFFIX) and unsealed(path) is None)


class _CachedListing(msgspec.Struct, frozen=True):
    """A listing of a library, and the digest of its files' sizes and times."""

    looks: str
    listing: Listing


def listing(library: Library, index: Path) -> Listing:
    """Return the listing of a library, from the cache unless a file was touched: then all files are read.

    Only the status relies on it. A sync reads the files (`Library.scan`).
    """
    path = index / CACHE_FOLDER / _LISTING
    began, (looks, changed) = time.time_ns(), _looks(library)  # before its files are read
    if (cached := read_sealed(path, _CachedListing)) and cached.looks == looks:
        return cached.listing
    found = library.scan().listing
    if looks and changed < began - _TICK and index.is_dir() and may_cache(index):
        with suppress(OSError):  # in a read-only folder, files are read each time
            path.parent.mkdir(exist_ok=True)
            write_whole(path, sealed(msgspec.json.encode(_CachedListing(looks, found))))
    return found


def _looks(library: Library) -> tuple[str, int]:
    """Return a digest of the sizes and times of a library's files, and its latest change in nanoseconds since 1970.

    The digest is empty if a file or folder cannot be looked at.
    """
    unreadable: list[OSError] = []
    digest = hashlib.sha256(f"{code_digest()} {library.configuration()[1]}\n".encode())
    latest = 0
    try:
        for path in files_below(library.path, unreadable.append):
            stat = path.stat()
            latest = max(latest, stat.st_mtime_ns, stat.st_ctime_ns)
            looks = (stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino, stat.st_dev)
            digest.update(os.fsencode(path) + repr(looks).encode())
    except OSError:
        return "", latest
    return "" if unreadable else digest.hexdigest(), latest
