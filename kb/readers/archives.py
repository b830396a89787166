"""Archives: the files in a zip or tar, unpacked only in memory. A hostile archive is refused whole."""

import gzip
import re
import struct
import tarfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from itertools import pairwise
from pathlib import PurePosixPath
from stat import S_ISLNK

from index.messages import Message, MessageError, translatable
from kb.readers.decoding import binary_refusal
from kb.storage.walk import is_backup

# Also the limit of an upload. The longest real report has a tenth of this; a longer file is not a report but, say, a
# film under a wrong name, and would fill the memory.
MAX_REPORT_BYTES = 10 * 1024 * 1024
# Limits an archive packed and unpacked. At 20 kB a report, all that one person ever wrote fits, and unpacks quickly.
MAX_ARCHIVE_BYTES = 64 * 1024 * 1024
MAX_FILES = 10_000  # of one archive
# Notes pack to a third and a page of similar lines to a thirtieth of their size; bombs pack to a thousandth.
_MAX_RATIO = 100
_HARMLESS = 1024 * 1024  # bytes; a smaller file may have any ratio
# Files next to reports in exports of notes apps and in saved pages. They are skipped without a message.
_ATTACHED = frozenset((
    ".avif", ".bmp", ".css", ".csv", ".eot", ".gif", ".heic", ".ico", ".jpeg", ".jpg", ".js", ".m4a", ".map", ".mov",
    ".mp3", ".mp4", ".otf", ".png", ".svg", ".ttf", ".wav", ".webm", ".webp", ".woff", ".woff2",
))  # fmt: skip
# Notion adds an id to each name. It is removed, except where two names differ only by it.
_NOTION_ID = re.compile(r"[ -][0-9a-f]{32}(?=\.\w+\Z|\Z)")
_DRIVE = re.compile(r"[A-Za-z]:")
_DAMAGED = translatable("is damaged; pack it again")
_DAMAGE = (  # the errors of zipfile, tarfile and gzip for a damaged archive
    zipfile.BadZipFile, tarfile.TarError, RuntimeError, zlib.error, EOFError, ValueError, OSError, struct.error,
    OverflowError,
)  # fmt: skip

Content = bytes | Message
"""The bytes of a file in an archive, or why it is left out."""


class TooManyError(MessageError, ValueError):
    """A container that is too large, damaged or hostile; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Archive:
    """One kind of archive: its names, how to recognise it, and how to read its files."""

    label: str
    endings: tuple[str, ...]
    media_types: tuple[str, ...]
    recognises: Callable[[bytes], bool]
    files: Callable[[bytes, "Budget"], Iterator[tuple[str, Content]]]


@dataclass(slots=True)
class Budget:
    """The number of files and bytes that may still be unpacked from an archive and the archives in it."""

    files: int = MAX_FILES
    bytes: int = MAX_ARCHIVE_BYTES

    def take(self, *, files: int = 0, size: int = 0) -> None:
        """Subtract unpacked files and bytes. Raises TooManyError if there are too many."""
        self.files -= files
        self.bytes -= size
        if self.files < 0:
            raise TooManyError("an archive of more than {0:,} files; divide it", MAX_FILES)
        if self.bytes < 0:
            megabytes = MAX_ARCHIVE_BYTES >> 20
            raise TooManyError("an archive of more than {0} MB; divide it, or remove all but its text", megabytes)


def archive_of(data: bytes) -> Archive | None:
    """Return the kind of an archive, None for any other file."""
    return next((archive for archive in ARCHIVES if archive.recognises(data)), None)


def unpacked(archive: Archive, data: bytes, budget: Budget) -> Iterator[tuple[str, Content]]:
    """Yield the name and content of each file in an archive. Raises TooManyError for a too large or hostile one."""
    files = list(archive.files(data, budget))
    short = ["/".join(_NOTION_ID.sub("", part) for part in name.split("/")) for name, _ in files]
    counts = Counter(short)
    names: set[str] = set()
    for (name, content), plain in zip(files, short, strict=True):
        shown = plain if counts[plain] == 1 else name
        twice = translatable("this name occurs twice in the archive; the first is read")
        yield shown, twice if shown in names else content
        names.add(shown)


def _zip_files(data: bytes, budget: Budget) -> Iterator[tuple[str, Content]]:
    budget.take(files=data.count(b"PK\x01\x02"))  # before time is spent on each
    try:
        archive = zipfile.ZipFile(BytesIO(data))
    except _DAMAGE as error:
        raise TooManyError("a zip that {0}", _DAMAGED) from error
    with archive:
        entries = sorted(archive.infolist(), key=lambda entry: entry.header_offset)
        if any(one.header_offset + one.compress_size > other.header_offset for one, other in pairwise(entries)):
            raise TooManyError("a zip whose files overlap, as in hostile archives; pack it again")
        for entry in archive.infolist():
            name = entry.orig_filename
            with suppress(UnicodeEncodeError):
                # Python decodes a name that is not marked as UTF-8 by IBM's code page.
                name = _name(name.encode("utf-8" if entry.flag_bits & 0x800 else "cp437"))
            is_plain = not (name.endswith("/") or S_ISLNK(entry.external_attr >> 16))
            if is_plain and not _is_ignored(name):
                yield name, _refusal(name, entry.file_size) or _zip_content(archive, entry, budget)


def _zip_content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, budget: Budget) -> Content:
    if entry.flag_bits & 1:
        return translatable("is locked with a password; unpack the archive")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return translatable("is compressed by a rare method; pack the archive again")
    _refuse_bomb(entry.file_size, entry.compress_size)
    budget.take(size=entry.file_size)
    try:
        with archive.open(entry) as file:
            return file.read(MAX_REPORT_BYTES)
    except _DAMAGE:
        return _DAMAGED


def _tar_files(data: bytes, budget: Budget) -> Iterator[tuple[str, Content]]:
    count = 0
    try:
        with tarfile.open(fileobj=BytesIO(data), mode="r:", encoding="utf-8", errors="surrogateescape") as archive:
            for entry in archive:
                budget.take(files=1)
                count += 1
                name = _name(entry.name.encode("utf-8", "surrogateescape"))
                if entry.isreg() and not entry.issparse() and not _is_ignored(name):
                    file = archive.extractfile(entry)
                    refusal = _refusal(name, entry.size)
                    budget.take(size=0 if refusal else entry.size)
                    yield name, refusal or (file.read(MAX_REPORT_BYTES) if file else b"")
            rest = data[archive.offset :]
    except TooManyError:
        raise
    except _DAMAGE as error:
        raise TooManyError("a tar that {0}", _DAMAGED) from error
    if rest.strip(b"\0"):
        yield f"({count + 1})", translatable("the tar {0}: the files from here on are not read", _DAMAGED)


def _gzip_files(data: bytes, budget: Budget) -> Iterator[tuple[str, Content]]:
    try:
        with gzip.GzipFile(fileobj=BytesIO(data)) as file:
            whole = file.read(budget.bytes + 1)
    except _DAMAGE as error:
        raise TooManyError("a gzip that {0}", _DAMAGED) from error
    _refuse_bomb(len(whole), len(data))
    if len(whole) > budget.bytes:
        budget.take(size=len(whole))
    if not _is_tar(whole):
        raise TooManyError("a gzip that holds no tar; unpack it, and add what is in it")
    return _tar_files(whole, budget)


def _refuse_bomb(size: int, packed: int) -> None:
    if size > _HARMLESS and size > _MAX_RATIO * packed:
        raise TooManyError(
            "an archive packed to less than 1:{0}, as hostile archives are; unpack it yourself", _MAX_RATIO
        )


def _refusal(name: str, size: int) -> Message | None:
    """Return why a file with this name or size is not read, None for any other file."""
    if name.startswith("/") or _DRIVE.match(name) or ".." in name.split("/"):
        return translatable("has a name that leads out of the archive; it is left out")
    if size > MAX_REPORT_BYTES:
        return translatable("longer than {0} MB; divide it, or remove all but its text", MAX_REPORT_BYTES >> 20)
    return None


def _is_ignored(name: str) -> bool:
    parts = name.split("/")
    hidden = any(part.startswith(".") and part.strip(".") for part in parts) or parts[0] == "__MACOSX"
    return hidden or is_backup(parts[-1]) or PurePosixPath(name).suffix.lower() in _ATTACHED


def _name(raw: bytes) -> str:
    for encoding in ("utf-8", "cp932"):
        with suppress(UnicodeDecodeError):
            return raw.decode(encoding).replace("\\", "/")
    return raw.decode("utf-8", "backslashreplace").replace("\\", "/")


def _is_tar(data: bytes) -> bool:
    return data[257:262] == b"ustar"


ARCHIVES = (
    Archive(
        "zip", (".zip",), ("application/zip", "application/x-zip-compressed"),
        lambda data: data.startswith((b"PK\x03\x04", b"PK\x05\x06")) and binary_refusal(data) is None, _zip_files,
    ),
    Archive(
        "tar.gz", (".tar.gz", ".tgz", ".gz"), ("application/gzip", "application/x-gzip"),
        lambda data: data.startswith(b"\x1f\x8b"), _gzip_files,
    ),
    Archive("tar", (".tar",), ("application/x-tar",), _is_tar, _tar_files),
)  # fmt: skip
