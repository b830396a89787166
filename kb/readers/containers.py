"""Reading files within a size limit, and splitting exports and archives into the reports in them.

Each post of an export and each file of an archive is a member with a source of its own: `export.txt#3` for the third
post, `talks.zip!/2018/memo.md` for a file, `talks.zip!/export.txt#3` for a post in one. Lines are counted from the
beginning of the member.
"""

import errno
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from index.messages import Message, MessageError, message_of, os_message, translatable
from kb.readers.archives import MAX_ARCHIVE_BYTES, MAX_REPORT_BYTES, Budget, TooManyError, archive_of, unpacked
from kb.report.problems import FileProblem
from kb.storage.safe_files import NotRegularError, open_regular

MAX_POSTS = 10_000  # of one export: twenty-seven years of a post a day
_DEEPEST = 1  # Notion packs its archive into another one; deeper archives are hostile
_BEGINNING = 4000  # bytes; a Movable Type export has reached its first body by then
_KEY = rb"(?:AUTHOR|TITLE|BASENAME|STATUS|ALLOW COMMENTS|CONVERT BREAKS|DATE|CATEGORY|PRIMARY CATEGORY|IMAGE|TAGS): ?"
_MOVABLE_TYPE = re.compile(
    rb"\A(?:\xef\xbb\xbf)?\s{0,99}" + _KEY + rb"[^\n]*\n(?:[^\n]*\n){0,50}?-----\r?\nBODY:", re.DOTALL
)
# Eight hyphens are also a rule of Markdown: they end a post only if another post or the end of the file follows.
_POST_END = re.compile(rb"^--------[ \t]*\r?\n(?=\s*(?:\Z|" + _KEY + rb"))", re.MULTILINE)
_COMMENTS = re.compile(rb"^-----[ \t]*\r?\n(?:COMMENT|PING):[ \t]*\r?\n", re.MULTILINE)
_DRAFT = re.compile(rb"^STATUS: *Draft\b", re.MULTILINE | re.IGNORECASE)
_BODY = re.compile(rb"^-----[ \t]*\r?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Member:
    """One report in a file: its source and its bytes."""

    source: str
    data: bytes = field(repr=False)


class TooLongError(MessageError, ValueError):
    """A file is longer than any report. The caller adds the file name to the message."""


def file_bytes(path: Path) -> bytes:
    """Return the bytes of a file in a library. Raises OSError, NotRegularError, TooLongError."""
    with open_regular(path) as file:
        return bounded(file)


def bounded(file: BinaryIO) -> bytes:
    """Return the content of an open file, which may be an endless device. Raises OSError, TooLongError."""
    data, limit = file.read(MAX_REPORT_BYTES + 1), MAX_REPORT_BYTES
    if len(data) > MAX_REPORT_BYTES and archive_of(data):
        data, limit = data + file.read(MAX_ARCHIVE_BYTES + 1 - len(data)), MAX_ARCHIVE_BYTES
    if len(data) > limit:
        raise TooLongError("longer than {0} MB; divide it, or remove all but its text", limit >> 20)
    return data


def unopened(path: Path, error: OSError) -> Message:
    """Return the message that a file cannot be opened: why, and what to do."""
    if path.is_symlink() and error.errno in (errno.ELOOP, errno.ENOENT):
        remedy = translatable("the link leads to no file; remove it, or let it lead to a report")
    elif error.errno == errno.ENOENT:
        remedy = translatable("check its name")
    elif isinstance(error, IsADirectoryError | NotRegularError):
        remedy = translatable("put a file in its place")
    else:
        remedy = translatable("check its permissions")
    return translatable("cannot be opened ({0}); {1}", os_message(error), remedy)


def members_of(data: bytes, source: str) -> tuple[Member | FileProblem, ...]:
    """Return the reports in a file, and the problems of its unreadable parts, in the order of the file.

    A file that is no container has one member, itself. A damaged, too large or hostile archive is one problem.
    """
    try:
        return tuple(_members(data, source, Budget(), 0))
    except TooManyError as error:
        return (FileProblem(source, None, message_of(error)),)


def container_ending(data: bytes) -> str | None:
    """Return the usual ending of an export or archive, None for any other file."""
    if archive := archive_of(data):
        return archive.endings[0]
    if _MOVABLE_TYPE.match(data[:_BEGINNING]):
        return ".txt"
    return None if _cosense_pages(data) is None else ".json"


def _members(data: bytes, source: str, budget: Budget, depth: int) -> Iterator[Member | FileProblem]:
    if archive := archive_of(data):
        if depth > _DEEPEST:
            yield FileProblem(source, None, translatable("an archive nested too deep; unpack it"))
            return
        for name, content in unpacked(archive, data, budget):
            member = f"{source}!/{name}"
            if isinstance(content, bytes):
                yield from _members(content, member, budget, depth + 1)
            else:
                yield FileProblem(member, None, content)
    elif (posts := _posts(data)) is not None:
        for number, post in enumerate(posts, start=1):
            if number > MAX_POSTS:
                raise TooManyError("holds more than {0:,} posts; divide it", MAX_POSTS)
            member = f"{source}#{number}"
            yield Member(member, post) if isinstance(post, bytes) else FileProblem(member, None, post)
    else:
        yield Member(source, data)


def _posts(data: bytes) -> Iterator[bytes | Message] | None:
    """Return the posts of an export as files of their own, or why one is left out; None for any other file."""
    if _MOVABLE_TYPE.match(data[:_BEGINNING]):
        posts = [post for post in _POST_END.split(data) if post.strip(b"\xef\xbb\xbf \t\r\n")]
        return map(_movable_type_post, posts)
    pages = _cosense_pages(data)
    return None if pages is None else map(_cosense_page, pages)


def _movable_type_post(post: bytes) -> bytes | Message:
    """Return a post without its readers' comments, or the reason why a draft is left out."""
    body = _BODY.search(post)
    if _DRAFT.search(post, 0, body.start() if body else len(post)):
        return translatable("is a draft; it is read when it is published and exported again")
    return _COMMENTS.split(post, maxsplit=1)[0]


def _cosense_pages(data: bytes) -> list[dict[str, Any]] | None:
    if b'"pages"' not in data or not data[:_BEGINNING].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return None
    try:
        export = json.loads(data)
    except (ValueError, RecursionError):
        return None
    pages = export.get("pages") if isinstance(export, dict) else None
    known = isinstance(pages, list) and all(isinstance(page, dict) and "lines" in page for page in pages)
    return pages if known else None


def _cosense_page(page: Mapping[str, Any]) -> bytes:
    """Return a page as JSON whose line n is line n of the page."""
    lines = page["lines"] if isinstance(page["lines"], list) else []
    texts = [str(line.get("text", "")) if isinstance(line, dict) else str(line) for line in lines]
    created = f'"created": {json.dumps(page["created"])}, ' if isinstance(page.get("created"), int) else ""
    body = ",\n".join(json.dumps(text, ensure_ascii=False) for text in texts)
    return f'{{{created}"lines": [{body}]}}'.encode("utf-8", "replace")
