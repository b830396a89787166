"""Generations of an index: each a folder, written whole beside the others, then made the current one by a rename.

    CURRENT           the name of the newest whole generation
    gen-000012/       Whoosh's files, and MANIFEST: what it was written with
    WRITER.lock       held by the process that writes

A generation never changes once CURRENT has named it. A crash before the rename leaves the old one current.
"""

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from index.engine import SearchIndexError, WriterBusyError
from index.whoosh_engine.storage import WriteLock, damaged

_NAME = re.compile(r"gen-\d{6,}")
_CURRENT, _MANIFEST, _LOCK = "CURRENT", "MANIFEST", "WRITER.lock"


@dataclass(frozen=True, slots=True)
class Generation:
    """A whole generation: its folder and the JSON object it was written with."""

    folder: Path
    meta: Mapping[str, object]


def stamp(folder: Path) -> tuple[int, ...] | None:
    """Return a value that is another whenever another generation became current, None while there is none."""
    try:
        stat = (folder / _CURRENT).stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return stat.st_ino, stat.st_mtime_ns, stat.st_size


def current(folder: Path) -> Generation | None:
    """Return the newest whole generation, None before the first. Raises SearchIndexError on damage."""
    try:
        name = (folder / _CURRENT).read_bytes().decode("ascii").strip()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except UnicodeDecodeError as error:
        raise damaged(folder, f"{_CURRENT} is no text") from error
    if not _NAME.fullmatch(name):
        raise damaged(folder, f"{_CURRENT} names {name[:40]!r}")
    try:
        manifest = json.loads((folder / name / _MANIFEST).read_bytes())
        return Generation(folder / name, manifest["meta"])
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise damaged(folder, f"{name}/{_MANIFEST} cannot be read: {error}") from error


def publish(folder: Path, meta: Mapping[str, object], fill: Callable[[Path], int]) -> None:
    """Let `fill` write a new generation's folder and make it the current one; the one before is kept for its readers.

    Raises WriterBusyError while another process writes, SearchIndexError if the folder holds anything else.
    """
    _refuse_foreign(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder):
        numbers = [int(path.name[4:]) for path in folder.glob("gen-*") if _NAME.fullmatch(path.name)]
        generation = folder / f"gen-{max(numbers, default=0) + 1:06}"
        generation.mkdir()
        try:
            documents = fill(generation)
            _write(generation / _MANIFEST, json.dumps({"documents": documents, "meta": meta}, ensure_ascii=False))
            _sync(generation)
        except BaseException:
            shutil.rmtree(generation, ignore_errors=True)
            raise
        before = _named(folder)
        _write(folder / f"{_CURRENT}.new", f"{generation.name}\n")
        (folder / f"{_CURRENT}.new").replace(folder / _CURRENT)
        _sync_file(folder)
        _prune(folder, {generation.name, before})


def _refuse_foreign(folder: Path) -> None:
    """Refuse a folder that holds what no index holds: another's files must not be mixed with ours."""
    if not folder.exists():
        return
    try:
        strange = sorted(path.name for path in folder.iterdir() if not _is_ours(path.name))
    except NotADirectoryError as error:
        raise SearchIndexError(f"{folder}: is a file, not a folder for an index; name another with --index") from error
    if strange:
        raise SearchIndexError(f"{folder}: is no index (it holds {strange[0]}); name another folder with --index")


def _is_ours(name: str) -> bool:
    return name in {_CURRENT, f"{_CURRENT}.new", _LOCK} or bool(_NAME.fullmatch(name))


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    lock = WriteLock(folder / _LOCK)
    if not lock.acquire():
        raise WriterBusyError(folder)
    try:
        yield
    finally:
        lock.release()


def _named(folder: Path) -> str | None:
    try:
        return (folder / _CURRENT).read_text("ascii", errors="replace").strip()
    except FileNotFoundError:
        return None


def _prune(folder: Path, keep: set[str | None]) -> None:
    for path in folder.glob("gen-*"):
        if _NAME.fullmatch(path.name) and path.name not in keep:
            shutil.rmtree(
                path, ignore_errors=True
            )  # where a reader holds it open (Windows), the next writer removes it


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", errors="surrogatepass", newline="\n")
    _sync_file(path)


def _sync(folder: Path) -> None:
    for path in folder.iterdir():
        _sync_file(path)
    _sync_file(folder)
    _sync_file(folder.parent)


def _sync_file(path: Path) -> None:
    """Have the system write a file or folder to disk; Windows cannot do this for folders and need not."""
    if os.name == "nt" and path.is_dir():
        return
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
