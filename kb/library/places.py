"""Where things live: which folder is the library, and where its index lies."""

import hashlib
import os
from pathlib import Path

from index.messages import os_message, translatable
from kb.library.files import Library
from kb.report.problems import LibraryError
from kb.storage.caches import cache_folder
from kb.storage.safe_files import make_folder

# In a checkout `data` lies beside the code, in an installed wheel inside it (`force-include` in pyproject.toml).
_KB = Path(__file__).resolve().parents[1]
_DATA = _KB / "data" if (_KB / "data").is_dir() else _KB.parent / "data"
SAMPLES = _DATA / "samples"
EVALUATION = _DATA / "evaluation"
SAMPLE_VECTORS = _DATA / "sample_vectors.npz"  # by the model that comes along: half a minute that nobody has to wait
OWN_LIBRARY = Path("data", "reports")


def find_library(chosen: Path | None) -> tuple[Library, bool]:
    """Return the library and whether it is the bundled samples.

    It is the chosen folder, else KB_LIBRARY, else data/reports of the current folder; while that default holds no
    report, the samples. Raises LibraryError for a chosen folder that is none.
    """
    named = chosen or (Path(os.environ["KB_LIBRARY"]) if os.environ.get("KB_LIBRARY") else None)
    if named is not None:
        return Library(named), False
    if OWN_LIBRARY.is_dir():
        own = Library(OWN_LIBRARY)
        if own.holds_reports() or not SAMPLES.is_dir():
            return own, False
    if not SAMPLES.is_dir():
        raise LibraryError(
            translatable("{0}: no such folder; make it, or name another with --library or KB_LIBRARY", OWN_LIBRARY)
        )
    return Library(SAMPLES), True


def own_library() -> Library:
    """Return the user's own library below the current folder, made if need be: where reports are added by default.

    Raises LibraryError where it cannot be made.
    """
    try:
        make_folder(OWN_LIBRARY)
    except OSError as error:
        raise LibraryError(
            translatable("{0}: cannot be made ({1}); name another with --library", OWN_LIBRARY, os_message(error))
        ) from error
    return Library(OWN_LIBRARY)


def index_folder(library: Library, chosen: Path | None) -> Path:
    """Return the folder of a library's index: the chosen one, else KB_INDEX, else one in the user's cache folder."""
    if chosen is not None:
        return chosen
    if os.environ.get("KB_INDEX"):
        return Path(os.environ["KB_INDEX"])
    mark = hashlib.sha256(str(library.path).encode("utf-8", "surrogateescape")).hexdigest()[:12]
    return cache_folder() / f"{library.path.name}-{mark}"
