"""Files as they come: read no further than any report goes, and the reports in one that holds many of them.

An export is cut into its posts and an archive into its files, each under a source of its own, as if it were a file. A
post is `export.txt#3`, the third in it; a file of an archive `talks.zip!/2018/memo.md`; both may meet:
`talks.zip!/export.txt#3`. Lines are counted in the post or file itself.
"""

import errno
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from index.messages import Message, message_of, os_message, translatable
from kb.readers.archives import (
    LONGEST_ARCHIVE,
    LONGEST_REPORT,
    Budget,
    TooManyError,
    archive_of,
    unpacked,
)
from kb.report.problems import FileProblem

MOST_POSTS = 10_000  # twenty-seven years of a post a day
_DEEPEST = 1  # Notion packs its archive into another; deeper ones are made to do harm
_BEGINNING = 4000  # bytes in which a Movable Type export has come to its first body
_KEY = rb"(?:AUTHOR|TITLE|BASENAME|STATUS|ALLOW COMMENTS|CONVERT BREAKS|DATE|CATEGORY|PRIMARY CATEGORY|IMAGE|TAGS): ?"
_MOVABLE_TYPE = re.compile(
    rb"\A(?:\xef\xbb\xbf)?\s{0,99}" + _KEY + rb"[^\n]*\n(?:[^\n]*\n){0,50}?-----\r?\nBODY:", re.DOTALL
)
# Eight hyphens are a rule of Markdown too: they end a post where another begins, or nothing.
_POST_END = re.compile(rb"^--------[ \t]*\r?\n(?=\s*(?:\Z|" + _KEY + rb"))", re.MULTILINE)
_COMMENTS = re.compile(rb"^-----[ \t]*\r?\n(?:COMMENT|PING):[ \t]*\r?\n", re.MULTILINE)
_DRAFT = re.compile(rb"^STATUS: *Draft\b", re.MULTILINE | re.IGNORECASE)
_BODY = re.compile(rb"^-----[ \t]*\r?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Member:
    """One report that a file holds: the source that it goes by, and its bytes."""

    source: str
    data: bytes = field(repr=False)


class TooLongError(ValueError):
    """A file is longer than any report; the message says so, and leaves naming it to who knows its name."""


def file_bytes(path: Path) -> bytes:
    """Return the bytes of a file. Raises OSError, TooLongError."""
    with path.open("rb") as file:
        return bounded(file)


def bounded(file: BinaryIO) -> bytes:
    """Return what an open file holds, which may be a device that never ends. Raises OSError, TooLongError."""
    data, longest = file.read(LONGEST_REPORT + 1), LONGEST_REPORT
    if len(data) > LONGEST_REPORT and archive_of(data):
        data, longest = data + file.read(LONGEST_ARCHIVE + 1 - len(data)), LONGEST_ARCHIVE
    if len(data) > longest:
        raise TooLongError(translatable("longer than {0} MB; divide it, or take out what is no text", longest >> 20))
    return data


def unopened(path: Path, error: OSError) -> Message:
    """Return why a file cannot be opened, and what to do."""
    if path.is_symlink() and error.errno in (errno.ELOOP, errno.ENOENT):
        remedy = translatable("the link leads to no file; remove it, or let it lead to a report")
    else:
        remedy = (
            translatable("check its name") if error.errno == errno.ENOENT else translatable("check its permissions")
        )
    return translatable("cannot be opened ({0}); {1}", os_message(error), remedy)


def members_of(data: bytes, source: str) -> tuple[Member | FileProblem, ...]:
    """Return what a file holds: itself, or each report in it and what of it is not read, in the file's order.

    An archive that is damaged, too large or made to do harm is refused whole, as one problem.
    """
    try:
        return tuple(_members(data, source, Budget(), 0))
    except TooManyError as error:
        return (FileProblem(source, None, message_of(error)),)


def container_ending(data: bytes) -> str | None:
    """Return the ending that a file of its kind has where it is an export or archive, None for any other."""
    if archive := archive_of(data):
        return archive.endings[0]
    if _MOVABLE_TYPE.match(data[:_BEGINNING]):
        return ".txt"
    return None if _cosense_pages(data) is None else ".json"


def _members(data: bytes, source: str, budget: Budget, depth: int) -> Iterator[Member | FileProblem]:
    if archive := archive_of(data):
        if depth > _DEEPEST:
            yield FileProblem(source, None, translatable("an archive too deep in others; unpack it"))
            return
        for name, content in unpacked(archive, data, budget):
            inner = f"{source}!/{name}"
            if isinstance(content, bytes):
                yield from _members(content, inner, budget, depth + 1)
            else:
                yield FileProblem(inner, None, content)
    elif (posts := _posts(data)) is not None:
        for number, post in enumerate(posts, start=1):
            if number > MOST_POSTS:
                raise TooManyError(translatable("holds more than {0:,} posts; divide it", MOST_POSTS))
            inner = f"{source}#{number}"
            yield Member(inner, post) if isinstance(post, bytes) else FileProblem(inner, None, post)
    else:
        yield Member(source, data)


def _posts(data: bytes) -> Iterator[bytes | Message] | None:
    """Return the posts of an export, each as a file of its own would hold it or why not; None for any other file."""
    if _MOVABLE_TYPE.match(data[:_BEGINNING]):
        posts = [post for post in _POST_END.split(data) if post.strip(b"\xef\xbb\xbf \t\r\n")]
        return map(_movable_type_post, posts)
    pages = _cosense_pages(data)
    return None if pages is None else map(_cosense_page, pages)


def _movable_type_post(post: bytes) -> bytes | Message:
    """Return a post without the comments of its readers, which are not its author's words; why not for a draft."""
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
    """Return a page as its own JSON, of which line n is line n of the page."""
    lines = page["lines"] if isinstance(page["lines"], list) else []
    texts = [str(line.get("text", "")) if isinstance(line, dict) else str(line) for line in lines]
    created = f'"created": {json.dumps(page["created"])}, ' if isinstance(page.get("created"), int) else ""
    body = ",\n".join(json.dumps(text, ensure_ascii=False) for text in texts)
    return f'{{{created}"lines": [{body}]}}'.encode("utf-8", "replace")
