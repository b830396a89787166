"""Files that were moved or renamed within a library: corrections and readings under their old names follow them."""

from collections import Counter
from collections.abc import Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from kb.library.configuration import Configuration
from kb.library.contents import Contents
from kb.library.files import Library, Scan
from kb.library.rewriting import with_moved
from kb.report.identity import longer_id, report_part
from kb.report.model import MetadataOverride
from kb.storage.safe_files import make_folder, sync_folder
from kb.storage.walk import readings_path


class Move(Struct, frozen=True):
    """A report whose file has another name now. `former` is the id that followed from the old name, empty if none."""

    old: str
    new: str
    former: str = ""


def moves(before: Contents, scan: Scan) -> tuple[Move, ...]:
    """Return the reports whose file is gone since a generation while one new file, and no other, has its bytes."""
    now = {file.source: file.digest for file in scan.files}
    unread = (*scan.left_alone, *(problem.source for problem in scan.problems))
    gone = [source for source in before.files if source not in now and not is_below(source, unread)]
    if not gone:
        return ()  # as in most syncs
    digests = {**before.files, **{entry.source: entry.digest for entry in before.reports}}
    new = {source: digest for source, digest in now.items() if source not in before.files}
    times = Counter(new.values()) + Counter(digests[source] for source in gone)
    new_of = {digest: source for source, digest in new.items() if times[digest] == 2}  # noqa: PLR2004  # one of each
    return tuple(_move(source, new_of[digests[source]], before) for source in gone if digests[source] in new_of)


def is_below(source: str, others: Iterable[str]) -> bool:
    """Return whether a source is one of the others, or in a folder or container among them."""
    return any(source == other or source.startswith((f"{other}/", f"{other}!/", f"{other}#")) for other in others)


def _move(old: str, new: str, before: Contents) -> Move:
    entry = before.by_source.get(old)
    named_after_file = entry is not None and entry.id == longer_id(before.ids[old], old)
    return Move(old, new, entry.id if entry and named_after_file else "")


def follow(library: Library, moved: Iterable[Move]) -> Mapping[str, str]:
    """Move the readings of moved reports and their entries in kb.toml; return the new sources of those that had any.

    A killed process leaves each readings file, and kb.toml, as before or after; the next sync does the rest, because
    the index still has the old names. Raises LibraryError or OSError if the library cannot be written.
    """
    followed = {move.old: move.new for move in moved if _move_readings(library, move)}

    def changed(data: bytes, before: Configuration) -> bytes:
        for move in moved:
            after = with_move(data, before, move)
            if after != data:
                followed[move.old] = move.new
            data = after
        return data

    library.configure(changed)
    return followed


def with_move(data: bytes, before: Configuration, move: Move) -> bytes:
    """Return a kb.toml with the entry of a moved report under its new name, unless it has one there already.

    An id that followed from the old name is stored as a former one if notes are corrected under it.
    """
    known = before.override(move.old)
    if any(report_part(note) == move.former for note in before.corrections):
        known = replace(known, former=tuple(dict.fromkeys((*known.former, move.former))))
    if known == MetadataOverride() or move.new in before.overrides:
        return data
    return with_moved(data, move.old, move.new, known)


def _move_readings(library: Library, move: Move) -> bool:
    """Move what assistants read in a report, unless there is something under its new name; return whether it moved."""
    path, to = (library.path / readings_path(source) for source in (move.old, move.new))
    if not path.is_file() or path.is_symlink() or to.exists():
        return False
    make_folder(to.parent)
    path.replace(to)
    sync_folder(to.parent)
    sync_folder(path.parent)
    return True
