"""The generations of an index: which is current, how the next one is committed, and whether each is undamaged.

    CURRENT           the name of the newest whole generation
    gen-000012/       MANIFEST: its segments, the order of its sources, and the caller's metadata
        seg-000009/   the files of a segment, written by generation 9 and hard-linked into each generation since
    WRITER.lock       held by the process that writes; contains its number and start
    vectors/          the vectors of all generations' texts (`vectors`)
    merging/          a segment that is being merged from several, under MERGER.lock
    drafts/           staged segments for the next generation, under DRAFTS.lock
    kept/             left alone by the engine; callers keep files of their own here

A generation is a whole index, like a commit of Lucene: it is written in a new folder, then CURRENT is replaced by a
rename. Generations and segments never change afterwards; deleted documents are marked in the manifest alone. Every
manifest is checked before its generation answers. Readers compare `stamp` to notice a new generation.
"""

import fcntl
import hashlib
import json
import os
import re
import shutil
import time
from collections.abc import Callable, Container, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from itertools import accumulate
from pathlib import Path
from threading import Lock
from typing import Any, TypeAlias

from cachetools import LRUCache, cached
from msgspec import Struct
from msgspec.structs import replace

from index.engine import WRITER_TIMEOUT, OutdatedError, SearchIndexError, WriterBusyError
from index.messages import Message, translatable
from index.whoosh_engine.rows import COLUMNS_FILE

_GENERATION = re.compile(r"gen-\d{6,}")
_CURRENT, _LOCK, _KEPT, VECTORS = "CURRENT", "WRITER.lock", "kept", "vectors"
MERGING, MERGER_LOCK = "merging", "MERGER.lock"
STAGED, STAGED_LOCK = "drafts", "DRAFTS.lock"
_OURS = {_CURRENT, f"{_CURRENT}.new", _LOCK, _KEPT, VECTORS, MERGING, MERGER_LOCK, STAGED, STAGED_LOCK}
_MANIFEST = "MANIFEST"
_FORMAT = 5  # of the files of a segment; 2 added columns, 3 keys, 4 posting weights as bytes, 5 links
_SEAL_LENGTH = 64  # hexadecimal digits of a SHA-256
TERM_CACHE_SIZE = 64 * 1024 * 1024  # bytes a snapshot: forty terms that each of 100,000 documents has
_DOCUMENT_SIZE = 250  # bytes: trigram filter, two sort positions, boost, norms, and facet offsets
_MAX_DIGESTS = 1500  # files; a generation has a few, most of which the one before has too
_LOCK_PAUSE = 0.05  # seconds between two attempts


class DamageError(SearchIndexError):
    """A generation is not as it was written; the message names the file."""


class Segment(Struct, frozen=True):
    """Documents that were written together, in a folder of their own.

    `runs` lists the sources in the order in which their documents are stored, each with its number of documents. A
    source of None is a tombstone: its documents are deleted.
    """

    folder: Path
    runs: tuple[tuple[str | None, int], ...]

    @property
    def size(self) -> int:
        """The number of documents, including deleted ones."""
        return sum(count for _, count in self.runs)

    @property
    def live_size(self) -> int:
        """The number of documents that are not deleted."""
        return sum(count for source, count in self.runs if source is not None)

    @property
    def sources(self) -> tuple[str, ...]:
        """The sources that are not deleted."""
        return tuple(source for source, _ in self.runs if source is not None)

    @property
    def deleted(self) -> Iterator[int]:
        """The numbers of the deleted documents."""
        begins = accumulate((count for _, count in self.runs), initial=0)
        for begin, (source, count) in zip(begins, self.runs, strict=False):  # the last begin is the end
            if source is None:
                yield from range(begin, begin + count)

    def only(self, sources: Container[str]) -> "Segment":
        """Return the segment with tombstones in place of all other sources."""
        return replace(self, runs=tuple((source if source in sources else None, count) for source, count in self.runs))


class Generation(Struct, frozen=True):
    """A whole index: its segments, the order of its sources, and the JSON object it was written with.

    `damage` says why a newer generation does not answer in its place.
    """

    name: str
    segments: tuple[Segment, ...]
    order: tuple[str, ...]
    meta: Mapping[str, object]
    damage: str | None = None

    @property
    def memory(self) -> int:
        """The most memory of a snapshot, in bytes: columns as read and as joined, cached terms, and arrays."""
        columns = sum((segment.folder / COLUMNS_FILE).stat().st_size for segment in self.segments)
        return TERM_CACHE_SIZE + 2 * columns + _DOCUMENT_SIZE * sum(segment.size for segment in self.segments)


Stamp: TypeAlias = tuple[int, ...]


def stamp(folder: Path) -> Stamp:
    """Return a value that changes with each generation."""
    try:
        stat = os.stat(f"{folder}/{_CURRENT}")  # noqa: PTH116  # a Path takes longer than the system call of each query
    except (FileNotFoundError, NotADirectoryError):
        return ()
    return stat.st_ino, stat.st_mtime_ns, stat.st_size


def current(folder: Path) -> Generation | None:
    """Return the newest undamaged generation, or None before the first.

    Raises SearchIndexError if all are damaged.
    """
    pointer = _pointer(folder)
    try:
        return _newest_whole(folder, *pointer)
    except DamageError as error:
        if _pointer(folder) != pointer:  # two were published meanwhile, and the one being read was deleted
            return current(folder)
        raise SearchIndexError(
            "{0}: the index is damaged ({1}); delete this folder, or make it anew: kb sync", folder, error
        ) from error


def _pointer(folder: Path) -> tuple[int | None, Message | None]:
    """Return the number of the generation that CURRENT names, or the reason why it names none."""
    try:
        name = (folder / _CURRENT).read_bytes().decode("ascii", "replace").strip()
    except (FileNotFoundError, NotADirectoryError):
        return None, translatable("{0} is missing", _CURRENT)
    if not _GENERATION.fullmatch(name):
        return None, translatable("{0} names {1!r}", _CURRENT, name[:40])
    return int(name[4:]), None


def _newest_whole(folder: Path, named: int | None, damage: Message | None) -> Generation | None:
    """Return the newest undamaged generation. A damaged one newer than the named one was never published."""
    numbers = {*_numbers(folder), *([named] if named else [])}
    for number in sorted(numbers, reverse=True):
        path = folder / f"gen-{number:06}"
        try:
            content = read_manifest(path)
        except DamageError as error:
            if named is None or number <= named:
                damage = damage or translatable("{0}: {1}", path.name, error)
        else:
            segments = [Segment(path / each["name"], tuple(map(tuple, each["runs"]))) for each in content["segments"]]
            reason = str(damage) if damage else None
            return Generation(path.name, tuple(segments), tuple(content["order"]), content["meta"], reason)
    if named is None and max(numbers, default=1) == 1 and not (folder / _CURRENT).exists():
        return None  # or the first is being written
    raise DamageError("{0}", damage)


@contextmanager
def writing(folder: Path, since: object) -> Iterator[tuple[Path, Generation | None]]:
    """Give the new, empty folder of the next generation, to be filled and committed, and the current generation.

    The current generation is None before the first, or if all are damaged; the caller must then write every document.
    On failure the new folder is deleted. On success all generations before the previous one are deleted; readers may
    still use the previous one.
    Raises WriterBusyError while another process writes, SearchIndexError if the folder contains other files, and
    OutdatedError if `since` is neither None nor the stamp of the folder.
    """
    create(folder)
    with locked(folder / _LOCK):
        if since is not None and since != stamp(folder):
            raise OutdatedError(folder)
        generation = folder / f"gen-{max(_numbers(folder), default=0) + 1:06}"
        before = None
        with suppress(SearchIndexError):
            before = current(folder)
        generation.mkdir()
        try:
            yield generation, before
        except BaseException:
            shutil.rmtree(generation, ignore_errors=True)
            raise
        _sync_file(folder)
        for path in folder.glob("gen-*"):
            if _GENERATION.fullmatch(path.name) and path.name not in (generation.name, before.name if before else ""):
                shutil.rmtree(path, ignore_errors=True)


@contextmanager
def locked(file: Path, timeout: float | None = None, waiting: Callable[[], object] = lambda: None) -> Iterator[None]:
    """Hold the lock of a file; call `waiting` again and again while another process holds it.

    The lock ends with the process. Raises WriterBusyError after `timeout` seconds, by default WRITER_TIMEOUT.
    """
    with file.open("a+b", buffering=0) as lock:
        ends = time.monotonic() + (WRITER_TIMEOUT if timeout is None else timeout)
        while not _take(lock.fileno()):
            if time.monotonic() > ends:
                raise WriterBusyError(file.parent, _holder(file))
            waiting()
            time.sleep(_LOCK_PAUSE)
        lock.truncate(0)
        lock.write(f"{os.getpid()} {datetime.now().astimezone().isoformat(timespec='seconds')}\n".encode())
        yield  # closing the file releases the lock


def _take(descriptor: int) -> bool:
    with suppress(OSError):
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False


def _holder(file: Path) -> Message:
    match file.read_bytes().decode("ascii", "replace").split():
        case [process, since]:
            return translatable("process {0} since {1}", process, since)
    return translatable("another process")


def commit(folder: Path, generation: Generation) -> None:
    """Make a generation whose segments are written the current one: write its manifest, sync, swap CURRENT."""
    path = folder / generation.name
    segments = [{"name": segment.folder.name, "runs": segment.runs} for segment in generation.segments]
    write_manifest(path, {"segments": segments, "order": generation.order, "meta": generation.meta})
    for written in (*path.rglob("*"), path, folder):
        _sync_file(written)
    new = folder / f"{_CURRENT}.new"
    new.write_bytes(f"{generation.name}\n".encode())
    _sync_file(new)
    new.replace(folder / _CURRENT)


def segment_name(generation: Path, stage: int = 0) -> str:
    """Return the name of the segment that a generation writes; `stage` numbers staged segments from 1."""
    return f"seg-{generation.name.removeprefix('gen-')}{f'-{stage}' if stage else ''}"


def linked(segment: Segment, generation: Path) -> Segment:
    """Return the segment hard-linked into a generation, or copied if the file system has no links (FAT)."""
    to = generation / segment.folder.name
    to.mkdir()
    for file in segment.folder.iterdir():
        try:
            os.link(file, to / file.name)
        except OSError:
            shutil.copyfile(file, to / file.name)
    return replace(segment, folder=to)


def create(folder: Path) -> None:
    """Create the folder of an index if it is missing.

    Raises SearchIndexError if it contains anything that no index has: other files must not be mixed with ours.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        folder.mkdir(exist_ok=True)
        names = sorted(path.name for path in folder.iterdir())
    except NotADirectoryError as error:
        raise SearchIndexError(
            "{0}: is a file, not a folder for an index; name another with --index", folder
        ) from error
    unknown = [name for name in names if name not in _OURS and not _GENERATION.fullmatch(name)]
    if unknown:
        raise SearchIndexError("{0}: is no index (it holds {1}); name another folder with --index", folder, unknown[0])


def write_manifest(generation: Path, content: Mapping[str, object]) -> None:
    """Write the manifest of a generation whose other files are written.

    Its first line is the SHA-256 of the rest, a JSON object with the size and SHA-256 of every file.
    """
    files = {
        path.relative_to(generation).as_posix(): (path.stat().st_size, _digest_of(path))
        for path in generation.rglob("*")
        if path.is_file()
    }
    whole = {**content, "format": _FORMAT, "generation": generation.name, "files": files}
    body = json.dumps(whole, ensure_ascii=False).encode("utf-8", "surrogatepass")
    new = generation / f"{_MANIFEST}.new"
    new.write_bytes(hashlib.sha256(body).hexdigest().encode() + b"\n" + body)
    new.replace(generation / _MANIFEST)


def read_manifest(generation: Path) -> Mapping[str, Any]:
    """Return the content of a generation's manifest. Raises DamageError if any file is not as it was written.

    Each call compares the sizes. The digest of a file is compared once per process. If an older kb wrote the
    generation, only its
    `meta` is returned and no file is checked.
    """
    try:
        data = (generation / _MANIFEST).read_bytes()
        if data.startswith(b"{"):  # an older kb wrote it without a seal
            return {"segments": [], "order": [], "meta": json.loads(data)["meta"]}
        seal, body = data[:_SEAL_LENGTH], data[_SEAL_LENGTH + 1 :]
        if hashlib.sha256(body).hexdigest().encode() != seal:
            raise DamageError("{0} is not as it was written", _MANIFEST)
        content: Mapping[str, Any] = json.loads(body)
        if content["generation"] != generation.name:
            raise DamageError("{0} is that of {1}", _MANIFEST, content["generation"])
        if content.get("format") != _FORMAT:
            return {"segments": [], "order": [], "meta": content["meta"]}
        by_size = sorted(content["files"].items(), key=lambda item: item[1][0])  # damage to a small file shows soonest
        for name, (size, digest) in by_size:
            if (generation / name).stat().st_size != size or _digest_of(generation / name) != digest:
                raise DamageError("{0} is not as it was written", name)
    except FileNotFoundError as error:
        name = Path(error.filename).relative_to(generation).as_posix()
        raise DamageError("{0} is missing", name) from error
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise DamageError("{0} cannot be read: {1}", _MANIFEST, error) from error
    return content


def _identity(path: Path) -> tuple[int, ...]:
    """Return a value that changes with the file's content, and is the same for all hard links to it."""
    stat = path.stat()
    return stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns


@cached(LRUCache(_MAX_DIGESTS), key=_identity, lock=Lock())
def _digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _numbers(folder: Path) -> list[int]:
    return [int(path.name[4:]) for path in folder.glob("gen-*") if _GENERATION.fullmatch(path.name)]


def _sync_file(path: Path) -> None:
    """Flush a file or folder to the disk."""
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
