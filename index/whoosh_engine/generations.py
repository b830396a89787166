"""Generations of an index: each a folder, written whole beside the others, then made the current one by a rename.

    CURRENT           the name of the newest whole generation
    gen-000012/       MANIFEST: its segments, the order of its sources, and what it was written with
        seg-000009/   Whoosh's files of the documents that generation 9 wrote; the same files (links) in all since
    WRITER.lock       held by the process that writes, whose number and beginning stand in it
    vectors/          what is kept of the texts of all of them (`vectors`)
    merging/          a segment that is being made of several, under MERGER.lock
    drafts/           segments that are being written for the next generation, under DRAFTS.lock
    kept/             what is not the engine's: whoever writes the index may keep something here

Neither a generation nor a segment changes once it is sealed: what is no longer live of a segment stands in the
manifests. Every manifest is checked before its generation answers; the newest that is as it was written does. By
CURRENT readers notice that there is another, and which should answer.
"""

import os
import re
import shutil
from collections.abc import Callable, Container, Iterator, Mapping
from contextlib import suppress
from itertools import accumulate
from pathlib import Path
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from index.engine import OutdatedError, SearchIndexError
from index.messages import Message, translatable
from index.whoosh_engine import manifest
from index.whoosh_engine.manifest import DamageError
from index.whoosh_engine.rows import COLUMNS_FILE
from index.whoosh_engine.write_lock import locked

_NAME = re.compile(r"gen-\d{6,}")
_CURRENT, _LOCK, _KEPT, VECTORS = "CURRENT", "WRITER.lock", "kept", "vectors"
MERGING, MERGER_LOCK = "merging", "MERGER.lock"
STAGED, STAGED_LOCK = "drafts", "DRAFTS.lock"
_OURS = {_CURRENT, f"{_CURRENT}.new", _LOCK, _KEPT, VECTORS, MERGING, MERGER_LOCK, STAGED, STAGED_LOCK}
# Bytes of terms and of lists of documents that a snapshot keeps: of 100,000 documents forty terms that each has.
MOST_KEPT = 64 * 1024 * 1024
_A_DOCUMENT = 250  # bytes: its signature, its places in both orders, its boost and norms, ends and documents of facets


class Segment(Struct, frozen=True):
    """Documents that were written together, in a folder of their own.

    `runs` gives their sources, in the order in which they lie there, each with how many documents it has. None stands
    for a source whose documents are no longer live: a tombstone.
    """

    folder: Path
    runs: tuple[tuple[str | None, int], ...]

    @property
    def size(self) -> int:
        """How many documents lie here."""
        return sum(count for _, count in self.runs)

    @property
    def documents(self) -> int:
        """How many documents are live."""
        return sum(count for source, count in self.runs if source is not None)

    @property
    def sources(self) -> tuple[str, ...]:
        """The sources whose documents are live."""
        return tuple(source for source, _ in self.runs if source is not None)

    @property
    def dead(self) -> Iterator[int]:
        """The numbers of the documents under tombstones."""
        begins = accumulate((count for _, count in self.runs), initial=0)
        for begin, (source, count) in zip(begins, self.runs, strict=False):  # the last begin is the end
            if source is None:
                yield from range(begin, begin + count)

    def only(self, sources: Container[str]) -> "Segment":
        """Return the segment with tombstones for all other sources."""
        return replace(self, runs=tuple((source if source in sources else None, count) for source, count in self.runs))


class Generation(Struct, frozen=True):
    """A whole generation: its segments, the order of its sources, and the JSON object it was written with.

    `damage` tells why a newer one does not answer in its place.
    """

    name: str
    segments: tuple[Segment, ...]
    order: tuple[str, ...]
    meta: Mapping[str, object]
    damage: str | None = None

    @property
    def memory(self) -> int:
        """The bytes that a snapshot takes at most: columns as read and joined, terms, and places."""
        columns = sum((segment.folder / COLUMNS_FILE).stat().st_size for segment in self.segments)
        return MOST_KEPT + 2 * columns + _A_DOCUMENT * sum(segment.size for segment in self.segments)


Stamp: TypeAlias = tuple[int, ...]


def stamp(folder: Path) -> Stamp:
    """Return a value that is another whenever another generation became current."""
    try:
        stat = os.stat(f"{folder}/{_CURRENT}")  # noqa: PTH116  # each query asks; a Path takes longer than the system
    except (FileNotFoundError, NotADirectoryError):
        return ()
    return stat.st_ino, stat.st_mtime_ns, stat.st_size


def current(folder: Path) -> Generation | None:
    """Return the newest generation that is as it was written, None before the first.

    Raises SearchIndexError where there are some and none is whole.
    """
    pointer = _pointer(folder)
    try:
        return _newest_whole(folder, *pointer)
    except DamageError as error:
        if _pointer(folder) != pointer:  # two were published meanwhile, and what was looked at is gone
            return current(folder)
        raise SearchIndexError(
            translatable("{0}: the index is damaged ({1}); delete this folder, or make it anew: kb sync", folder, error)
        ) from error


def _pointer(folder: Path) -> tuple[int | None, Message | None]:
    """Return the number of the generation that CURRENT names, and what is wrong where it names none."""
    try:
        name = (folder / _CURRENT).read_bytes().decode("ascii", "replace").strip()
    except (FileNotFoundError, NotADirectoryError):
        return None, translatable("{0} is missing", _CURRENT)
    return (
        (int(name[4:]), None) if _NAME.fullmatch(name) else (None, translatable("{0} names {1!r}", _CURRENT, name[:40]))
    )


def _newest_whole(folder: Path, named: int | None, damage: Message | None) -> Generation | None:
    """Return the newest whole generation. What is newer than the one named and not whole was never published."""
    numbers = {*_numbers(folder), *([named] if named else [])}
    for number in sorted(numbers, reverse=True):
        name = f"gen-{number:06}"
        try:
            content = manifest.read(folder / name)
        except DamageError as error:
            if named is None or number <= named:
                damage = damage or translatable("{0}: {1}", name, error)
        else:
            segments = [
                Segment(folder / name / one["name"], tuple(map(tuple, one["runs"]))) for one in content["segments"]
            ]
            return Generation(
                name, tuple(segments), tuple(content["order"]), content["meta"], str(damage) if damage else None
            )
    if named is None and max(numbers, default=1) == 1 and not (folder / _CURRENT).exists():
        return None  # or the first is being written
    raise DamageError(damage)


Fill: TypeAlias = Callable[[Path, Generation | None], Generation]
"""Writes a new generation to its folder, given the one before, and returns it."""


def publish(folder: Path, since: object, fill: Fill) -> None:
    """Make a new generation that `fill` has written the current one; the one before is kept for its readers.

    Raises WriterBusyError while another process writes, SearchIndexError if the folder holds anything else, and
    OutdatedError where a stamp is given that is no longer that of the folder.
    """
    begin(folder)
    with locked(folder / _LOCK):
        if since is not None and since != stamp(folder):
            raise OutdatedError(folder)
        generation = folder / f"gen-{max(_numbers(folder), default=0) + 1:06}"
        before = None
        with suppress(SearchIndexError):  # of a damaged one all that it held must be written anew
            before = current(folder)
        generation.mkdir()
        try:
            filled = fill(generation, before)
            segments = [{"name": segment.folder.name, "runs": segment.runs} for segment in filled.segments]
            manifest.write(generation, {"segments": segments, "order": filled.order, "meta": filled.meta})
            for path in (*generation.rglob("*"), generation, folder):
                _sync_file(path)
            new = folder / f"{_CURRENT}.new"
            new.write_bytes(f"{generation.name}\n".encode())
            _sync_file(new)
            new.replace(folder / _CURRENT)
        except BaseException:
            shutil.rmtree(generation, ignore_errors=True)
            raise
        _sync_file(folder)
        for path in folder.glob("gen-*"):
            if _NAME.fullmatch(path.name) and path.name not in (generation.name, before.name if before else ""):
                # Where a reader holds it open (Windows), the next writer removes it.
                shutil.rmtree(path, ignore_errors=True)


def segment_name(generation: Path, stage: int = 0) -> str:
    """Return the name of the segment that is written for a generation, or of a staged one, from 1."""
    return f"seg-{generation.name.removeprefix('gen-')}{f'-{stage}' if stage else ''}"


def linked(segment: Segment, generation: Path) -> Segment:
    """Return a segment under a second name in a generation, copied where files cannot have two (FAT, some shares)."""
    to = generation / segment.folder.name
    to.mkdir()
    for file in segment.folder.iterdir():
        try:
            os.link(file, to / file.name)
        except OSError:
            shutil.copyfile(file, to / file.name)
    return replace(segment, folder=to)


def _numbers(folder: Path) -> list[int]:
    return [int(path.name[4:]) for path in folder.glob("gen-*") if _NAME.fullmatch(path.name)]


def begin(folder: Path) -> None:
    """Make the folder of an index where there is none.

    Raises SearchIndexError where it holds what no index holds: another's files must not be mixed with ours.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        folder.mkdir(exist_ok=True)
        names = sorted(path.name for path in folder.iterdir())
        strange = [name for name in names if name not in _OURS and not _NAME.fullmatch(name)]
    except NotADirectoryError as error:
        raise SearchIndexError(
            translatable("{0}: is a file, not a folder for an index; name another with --index", folder)
        ) from error
    if strange:
        raise SearchIndexError(
            translatable("{0}: is no index (it holds {1}); name another folder with --index", folder, strange[0])
        )


def _sync_file(path: Path) -> None:
    """Have the system write a file or folder to disk; Windows cannot do this for folders and need not."""
    if os.name == "nt" and path.is_dir():
        return
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
