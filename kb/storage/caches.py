"""Where lies what can be made again: the user's cache folder, and the folders in it that all libraries share."""

import os
import stat
import tempfile
from pathlib import Path

import platformdirs

from index.sentences import said
from kb.report.problems import LibraryError


def dictionary_folder() -> Path:
    """Return the folder that keeps the compiled words of the analysis, of whatever library."""
    return cache_folder() / "dictionary"


def domain_folder() -> Path:
    """Return the folder that keeps what the tables of the domains say, read."""
    return cache_folder() / "domain"


def model_folder() -> Path:
    """Return the folder that keeps whether the model that comes along runs on this machine."""
    return cache_folder() / "model"


def cache_folder() -> Path:
    """Return the user's cache folder. Raises LibraryError where there can be none."""
    try:
        return platformdirs.user_cache_path("talk-notes-kb")
    except RuntimeError:  # no HOME, and nobody whom this machine knows, as in a container
        folder = Path(tempfile.gettempdir(), f"talk-notes-kb-{os.getuid()}")
    folder.mkdir(0o700, exist_ok=True)
    found = folder.lstat()
    if found.st_uid != os.getuid() or not stat.S_ISDIR(found.st_mode):  # where all may write, another was first
        raise LibraryError(said("{0}: belongs to somebody else; set HOME or XDG_CACHE_HOME", folder))
    return folder
